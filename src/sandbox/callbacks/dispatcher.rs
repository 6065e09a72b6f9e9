//! Sends what is due: by itself while the clock runs, on the way of an `advance`, or on request.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Weak};
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream;
use jiff::Timestamp;
use tokio::task::JoinSet;

use super::delivery;
use crate::sandbox::clock::{Mode, Stopwatch, real_now};
use crate::sandbox::facts::Named;
use crate::sandbox::space::{Held, Space};
use crate::sandbox::state::clock::Clock;
use crate::sandbox::state::event::{Event, Topic};
use crate::sandbox::state::outbox::{
    Attempt, Callback, How, Message, Outbox, Release, Reply, Standing,
};

/// Deliveries under way at once.
const AT_ONCE: usize = 64;

/// The longest that a dispatcher sleeps before it looks again.
const LONGEST_SLEEP: Duration = Duration::from_secs(86_400);

/// Something that happened while the clock was moved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Occurrence {
    /// The instant it happened, sandbox time.
    pub at: Timestamp,
    /// What it was, in a sentence.
    pub text: String,
}

/// A callback that has left its queue.
#[derive(Clone, Debug)]
struct Delivery {
    id: u64,
    message: Arc<Message>,
    due: Timestamp,
    how: How,
    /// Of the world that it belongs to.
    generation: u64,
}

impl Space {
    /// Takes a callback out of its queue, unless faults do something else with it.
    fn release(&self, held: &mut Held, id: u64) -> Option<Delivery> {
        let callback = Arc::clone(held.world.state.outbox.get(id)?);
        if !callback.altered {
            let state = &held.world.state;
            let (hit, counted) = state.faults.evaluate_callback(&callback.message.provider);
            let is_sending = |id| held.sending.contains(&id);
            let released = state.outbox.apply_fault(&callback, hit, is_sending);
            let is_sent = matches!(
                released,
                Event::CallbackReleased { becomes: Release::Sent | Release::SentTwice, .. }
            );
            self.happen(held, counted.into_iter().chain([released]).collect());
            if !is_sent {
                return None;
            }
        }
        held.sending.insert(id);
        Some(Delivery {
            id,
            message: Arc::clone(&callback.message),
            due: callback.next?,
            how: How::Scheduled,
            generation: held.generation,
        })
    }

    /// Takes the next callback that leaves by itself.
    fn release_next(&self) -> Option<Delivery> {
        let mut held = self.write();
        loop {
            let id = Self::next_to_leave(&held, real_now())?;
            if let Some(delivery) = self.release(&mut held, id) {
                return Some(delivery);
            }
        }
    }

    /// The callback that leaves by itself now: one that is due, or under a clock that stands one that was
    /// due when it was planned.
    fn next_to_leave(held: &Held, real_now: Timestamp) -> Option<u64> {
        let (clock, outbox) = (held.world.state.clock, &held.world.state.outbox);
        let runs = clock.mode() == Mode::Running;
        if held.is_driven || !(runs || outbox.has_due_when_planned()) {
            return None;
        }
        let leaves =
            |it: &&Arc<Callback>| (runs || it.due_when_planned) && !held.sending.contains(&it.id);
        outbox.to_send(clock.at(real_now)).find(leaves).map(|it| it.id)
    }

    /// How long it is until a callback leaves by itself, if only time has to pass.
    fn time_to_next(&self) -> Option<Duration> {
        let held = self.read();
        let clock = held.world.state.clock;
        if held.is_driven || clock.mode() == Mode::Frozen {
            return None;
        }
        let mut open = held.world.state.outbox.open();
        let next = open.find(|it| !held.sending.contains(&it.id))?.next?;
        Some(time_until(next, clock))
    }

    /// Moves the clock to the earliest instant up to `to` at which a callback is planned, and takes
    /// everything that is planned for it.
    fn release_together(
        &self,
        to: Timestamp,
        generation: u64,
    ) -> Option<(Timestamp, Vec<Delivery>)> {
        let mut held = self.write();
        if held.generation != generation {
            return None;
        }
        let world = Arc::clone(&held.world);
        let is_free = |it: &&Arc<Callback>| !held.sending.contains(&it.id);
        let due = world.state.outbox.to_send(to).find(is_free)?.next?;
        let together = world.state.outbox.to_send(due).filter(is_free);
        let ids: Vec<u64> = together.map(|it| it.id).collect();
        // What a jump has passed over is late; time does not go back for it.
        let at = due.max(world.state.clock.at(real_now()));
        self.set_driven_clock(&mut held, Clock::Frozen(at));
        let released = ids.into_iter().filter_map(|id| self.release(&mut held, id));
        Some((at, released.collect()))
    }

    fn set_driven_clock(&self, held: &mut Held, clock: Clock) {
        self.happen(held, vec![Event::ClockSet { clock }]);
    }

    /// Writes down what became of an attempt, unless the world it belongs to is gone.
    fn finish(&self, delivery: &Delivery, attempt: Attempt) -> bool {
        let mut held = self.write();
        if held.generation != delivery.generation || self.is_closed() {
            return false;
        }
        held.sending.remove(&delivery.id);
        if let Some(callback) = held.world.state.outbox.get(delivery.id).cloned()
            && let Some(policy) = held.world.scenario.policy(&callback.message.provider)
        {
            let event = Outbox::attempted(&callback, attempt, policy);
            self.happen(&mut held, vec![event]);
        } else {
            // It has made room meanwhile; that it is no longer under way is a move all the same.
            self.pulse.moved(&[Topic::Callbacks]);
        }
        true
    }
}

/// Real time until an instant, as a clock goes that runs.
fn time_until(at: Timestamp, clock: Clock) -> Duration {
    let left = at.duration_since(clock.at(real_now()));
    Duration::try_from(left).unwrap_or(Duration::ZERO).min(LONGEST_SLEEP)
}

/// Lets callbacks leave by themselves from now on, if there are any and they do not yet.
pub fn start(space: &Arc<Space>) {
    if space.has_dispatcher.load(Ordering::Relaxed) || !space.world().state.outbox.has_open() {
        return;
    }
    // Without a runtime (a world that is only looked at) nothing can leave by itself.
    if let Ok(runtime) = tokio::runtime::Handle::try_current()
        && !space.has_dispatcher.swap(true, Ordering::SeqCst)
    {
        runtime.spawn(dispatch(Arc::downgrade(space)));
    }
}

/// Sends what is due as the clock runs, until the space is gone. It keeps no space alive while it waits.
async fn dispatch(space: Weak<Space>) {
    let mut under_way = JoinSet::new();
    while let Some(current) = space.upgrade() {
        // Subscribed before looking, so that no change falls in between.
        let mut agenda = current.pulse.agenda();
        if current.is_closed() {
            return;
        }
        while under_way.len() < AT_ONCE
            && let Some(delivery) = current.release_next()
        {
            let now = current.moment().now;
            under_way.spawn(attempt(space.clone(), delivery, now));
        }
        let has_room = under_way.len() < AT_ONCE;
        let wait = if has_room { current.time_to_next() } else { None };
        drop(current);
        let sleep = async {
            match wait {
                Some(wait) => crate::sandbox::clock::real_sleep(wait).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            Some(_) = under_way.join_next() => {}
            () = sleep => {}
            changed = agenda.changed() => {
                if changed.is_err() {
                    return;
                }
            }
        }
    }
}

/// One attempt, written down when it is over. Nothing is written for a world that is gone.
async fn attempt(space: Weak<Space>, delivery: Delivery, at: Timestamp) -> Option<Occurrence> {
    let (options, policy) = {
        let space = space.upgrade()?;
        let policy = space.world().scenario.policy(&delivery.message.provider)?;
        (Arc::clone(&space.options), policy)
    };
    let (real_at, watch) = (real_now(), Stopwatch::start());
    let reply = delivery::send(&options, policy, &delivery.message).await;
    let came = match &reply.status {
        Ok(status) => format!("answered {status}"),
        Err(problem) => problem.clone(),
    };
    let Delivery { id, due, how, .. } = delivery;
    let Message { provider, event, url, .. } = &*delivery.message;
    let text = format!("{provider} callback {id} ({event}) to {url}: {came}");
    let duration = watch.elapsed();
    let attempt = Attempt { due, at, real_at, how, reply, duration };
    space.upgrade()?.finish(&delivery, attempt).then_some(Occurrence { at, text })
}

/// Sets the clock to the planned instant of each callback in turn and delivers it; ends at `to`.
///
/// Retries that fall due on the way are made too. It answers when all receivers have, with what
/// happened. The clock stands while a receiver is asked, then goes on as before.
pub async fn advance(space: &Arc<Space>, to: Timestamp) -> Vec<Occurrence> {
    // On a task of its own: whoever asked may go away, and half an advance would be none.
    let driving = tokio::spawn(drive_to(Arc::clone(space), to));
    driving.await.unwrap_or_default()
}

async fn drive_to(space: Arc<Space>, to: Timestamp) -> Vec<Occurrence> {
    let _turn = space.driving.lock().await;
    let generation = {
        let mut held = space.write();
        held.is_driven = true;
        held.generation
    };
    let is_over = || space.is_closed() || space.read().generation != generation;
    let mut agenda = space.pulse.agenda();
    // An error of the wait would mean that the space is gone, which `is_over` tells as well.
    let _ = agenda.wait_for(|()| space.under_way() == 0 || is_over()).await;
    let (mode, to) = {
        let (clock, now) = (space.world().state.clock, space.moment().now);
        (clock.mode(), to.max(now))
    };
    let mut occurrences = Vec::new();
    while !is_over()
        && let Some((at, deliveries)) = space.release_together(to, generation)
    {
        let attempts = deliveries.into_iter().map(|it| attempt(Arc::downgrade(&space), it, at));
        let mut answers = stream::iter(attempts).buffered(AT_ONCE);
        loop {
            let occurrence = tokio::select! {
                occurrence = answers.next() => occurrence,
                _ = agenda.wait_for(|()| is_over()) => None,
            };
            let Some(occurrence) = occurrence else { break };
            occurrences.extend(occurrence);
        }
    }
    let mut held = space.write();
    if held.generation == generation {
        held.is_driven = false;
        space.set_driven_clock(&mut held, Clock::new(mode, to, real_now()));
    }
    drop(held);
    // Whoever was kept from sending looks again.
    space.pulse.moved(&[Topic::Clock]);
    occurrences
}

/// Plays the receiver of a callback that is due: its answer had this status.
///
/// # Errors
///
/// Why it cannot be answered now, in a sentence.
pub fn answer(space: &Arc<Space>, id: u64, status: u16) -> Result<Arc<Callback>, String> {
    let answered = space.change(|draft| {
        let callback = draft.state().outbox.get(id).cloned();
        let callback = callback.ok_or_else(|| format!("there is no callback {id}"))?;
        let is_sending = draft.is_sending(id);
        let standing = if is_sending { Standing::Sending } else { callback.standing(draft.now) };
        let policy = draft.world().scenario.policy(&callback.message.provider);
        let (Standing::Due, Some(policy)) = (standing, policy) else {
            return Err(format!("callback {id} is {} and not due", standing.name()));
        };
        let attempt = Attempt {
            due: callback.next.unwrap_or(draft.now),
            at: draft.now,
            real_at: draft.real_now,
            how: How::Answered,
            reply: Reply { status: Ok(status), body: Vec::new() },
            duration: Duration::ZERO,
        };
        draft.push(Outbox::attempted(&callback, attempt, policy));
        Ok(())
    });
    let ((), moment) = answered?;
    let callback = moment.state().outbox.get(id).cloned();
    callback.ok_or_else(|| format!("callback {id} has made room for others"))
}

/// Sends a callback once more, whatever became of it, and answers when the receiver has. A failure
/// does not change its schedule.
///
/// # Errors
///
/// Why it cannot be sent now, in a sentence.
pub async fn redeliver(space: &Arc<Space>, id: u64) -> Result<Arc<Callback>, String> {
    let (delivery, now) = {
        let mut held = space.write();
        let state = &held.world.state;
        let now = state.clock.at(real_now());
        let callback = state.outbox.get(id).ok_or_else(|| format!("there is no callback {id}"))?;
        let (message, generation) = (Arc::clone(&callback.message), held.generation);
        if !held.sending.insert(id) {
            return Err(format!("callback {id} is under way already"));
        }
        (Delivery { id, message, due: now, how: How::Redelivered, generation }, now)
    };
    // On a task of its own: whoever asked may go away, and the callback would stay under way.
    let sending = tokio::spawn(attempt(Arc::downgrade(space), delivery, now));
    let _ = sending.await;
    let callback = space.world().state.outbox.get(id).cloned();
    callback.ok_or_else(|| format!("callback {id} has made room for others"))
}

/// Lets what is under way finish and nothing more leave; for the end of the server.
pub async fn drain(space: &Arc<Space>) {
    space.write().is_driven = true;
    let mut agenda = space.pulse.agenda();
    // An error would mean that the space is gone.
    let _ = agenda.wait_for(|()| space.under_way() == 0).await;
}

/// The callbacks that are due and wanted, as soon as there are any, or none after `patience` of real
/// time.
pub async fn wait_due(
    space: &Arc<Space>,
    patience: Duration,
    wanted: impl Fn(&Callback) -> bool,
) -> Vec<Arc<Callback>> {
    let waiting = async {
        let mut agenda = space.pulse.agenda();
        loop {
            agenda.mark_unchanged();
            let moment = space.moment();
            let (outbox, now) = (&moment.state().outbox, moment.now);
            let mut due = outbox.due(now);
            due.retain(|it| wanted(it) && space.standing(it, now) == Standing::Due);
            if !due.is_empty() || space.is_closed() {
                return due;
            }
            // What is due and not wanted must not wake it over and over.
            let clock = moment.state().clock;
            let next = outbox.next_after(now).filter(|_| clock.mode() == Mode::Running);
            let wait = next.map_or(LONGEST_SLEEP, |next| time_until(next, clock));
            // The end of the sleep is as good as a change.
            let _ = tokio::time::timeout(wait, agenda.changed()).await;
        }
    };
    tokio::time::timeout(patience, waiting).await.unwrap_or_default()
}
