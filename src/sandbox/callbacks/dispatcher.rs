//! The dispatcher delivers due callbacks: by itself while the clock runs, during an `advance` of the clock,
//! or on request (`redeliver`).

use std::sync::atomic::Ordering;
use std::sync::{Arc, Weak};
use std::time::Duration;

use jiff::Timestamp;
use tokio::task::JoinSet;

use super::delivery;
use crate::sandbox::clock::{Mode, Stopwatch, real_now, real_sleep};
use crate::sandbox::facts::Named;
use crate::sandbox::space::{Held, Space};
use crate::sandbox::state::clock::Clock;
use crate::sandbox::state::event::{Event, Topic};
use crate::sandbox::state::outbox::{
    Attempt, Callback, How, Message, Outbox, Release, Reply, Standing,
};
use crate::sandbox::truth::coverage::{Hard, HardSet};

/// The maximum number of deliveries at the same time in one space.
pub(super) const AT_ONCE: usize = 64;

/// The longest real time for which a dispatcher sleeps before it looks at the outbox again (one day).
const LONGEST_SLEEP: Duration = Duration::from_secs(86_400);

/// One delivery attempt that was made while `advance` moved the clock; part of the answer of `advance`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Occurrence {
    /// The instant of the attempt, in sandbox time.
    pub at: Timestamp,
    /// The callback, its URL and the result of the attempt, as one English sentence.
    pub text: String,
}

/// A callback that was taken out of its queue and is being delivered.
#[derive(Clone, Debug)]
pub(super) struct Delivery {
    id: u64,
    message: Arc<Message>,
    due: Timestamp,
    how: How,
    /// The generation of the world at the start of the delivery; the result is discarded if it has changed.
    generation: u64,
}

impl Space {
    /// Takes a callback out of its queue and marks it as being sent. Before the first attempt, fault rules
    /// are evaluated; `None` means that a fault drops, delays or reorders the callback instead.
    fn release(&self, held: &mut Held, id: u64) -> Option<Delivery> {
        let callback = Arc::clone(held.world.state.outbox.get(id)?);
        if !callback.altered {
            let state = &held.world.state;
            let now = state.clock.at(real_now());
            let (hit, counted) = state.faults.evaluate_callback(&callback.message, now);
            let is_sending = |id| held.sending.contains(&id);
            let released = state.outbox.apply_fault(&callback, hit, is_sending);
            let is_sent = matches!(
                released,
                Event::CallbackReleased {
                    becomes: Release::Sent | Release::SentTwice | Release::SentTimes { .. },
                    ..
                }
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

    /// Takes the next callback that has to be sent without a request from outside; `None` when there is none.
    fn release_next(&self) -> Option<Delivery> {
        let mut held = self.write();
        loop {
            let id = Self::next_to_leave(&held, real_now())?;
            if let Some(delivery) = self.release(&mut held, id) {
                return Some(delivery);
            }
        }
    }

    /// The id of the next callback to be sent now. Under a running clock: the first that is due. Under a
    /// frozen clock: the first that was already due when it was planned. `None` while an `advance` drives the
    /// clock.
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

    /// Real time until the next callback is due; `None` when the clock is frozen or driven, or no callback is
    /// open.
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

    /// Moves the clock to the earliest instant up to `to` for which a callback is planned, and takes all
    /// callbacks that are planned for that instant. `mode` is what the clock gets back at the end.
    pub(super) fn release_together(
        &self,
        to: Timestamp,
        (generation, mode): (u64, Mode),
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
        // If the clock has already jumped past the planned instant, the callback is late: the clock never
        // goes back.
        let at = due.max(world.state.clock.at(real_now()));
        self.set_driven_clock(&mut held, Clock::Frozen(at), Some(mode));
        let released = ids.into_iter().filter_map(|id| self.release(&mut held, id));
        Some((at, released.collect()))
    }

    pub(super) fn set_driven_clock(&self, held: &mut Held, clock: Clock, resumes: Option<Mode>) {
        self.happen(held, vec![Event::ClockSet { clock, resumes }]);
    }

    /// Records the result of an attempt; `false` when the world of the delivery was replaced or the space is
    /// closed.
    fn finish(&self, delivery: &Delivery, attempt: Attempt) -> bool {
        let mut held = self.write();
        if held.generation != delivery.generation || self.is_closed() {
            return false;
        }
        held.sending.remove(&delivery.id);
        if let Some(callback) = held.world.state.outbox.get(delivery.id).cloned()
            && let Some(policy) = held.world.scenario.policy(&callback.message.provider)
        {
            let mut hard = HardSet::default();
            hard.add(Hard::DuplicateNotification, callback.copy_of.is_some());
            hard.add(Hard::RepeatedNotification, !callback.attempts.is_empty());
            self.coverage.meet(hard, None);
            let event = Outbox::attempted(&callback, attempt, policy);
            self.happen(&mut held, vec![event]);
        } else {
            // The outbox may have removed the callback to make room. The end of the delivery still has to
            // wake the tasks that wait until no delivery is under way.
            self.pulse.moved(&[Topic::Callbacks]);
        }
        true
    }
}

/// Real time until the sandbox instant `at` under a running clock: zero or more, at most `LONGEST_SLEEP`.
fn time_until(at: Timestamp, clock: Clock) -> Duration {
    let left = at.duration_since(clock.at(real_now()));
    Duration::try_from(left).unwrap_or(Duration::ZERO).min(LONGEST_SLEEP)
}

/// Starts the dispatcher task of a space, if the outbox has callbacks to send and no dispatcher runs yet.
pub fn start(space: &Arc<Space>) {
    if space.has_dispatcher.load(Ordering::Relaxed) || !space.world().state.outbox.has_open() {
        return;
    }
    // Without a Tokio runtime (a space that is only inspected), no task can be started.
    if let Ok(runtime) = tokio::runtime::Handle::try_current()
        && !space.has_dispatcher.swap(true, Ordering::SeqCst)
    {
        runtime.spawn(dispatch(Arc::downgrade(space)));
    }
}

/// The task of a dispatcher: sends due callbacks until the space is gone. It holds only a weak reference
/// while it waits, so that it does not keep the space alive.
async fn dispatch(space: Weak<Space>) {
    let mut under_way = JoinSet::new();
    while let Some(current) = space.upgrade() {
        // The subscription has to come before the look at the outbox; otherwise a change between the two is
        // missed.
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
                Some(wait) => real_sleep(wait).await,
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

/// Makes one attempt and records its result. Returns `None` and records nothing if the world is gone.
pub(super) async fn attempt(
    space: Weak<Space>,
    delivery: Delivery,
    at: Timestamp,
) -> Option<Occurrence> {
    let (options, policy) = {
        let space = space.upgrade()?;
        let policy = space.world().scenario.policy(&delivery.message.provider)?;
        (Arc::clone(&space.options), policy)
    };
    // A receiver never hears of what a crash could undo.
    space.upgrade()?.durable().await;
    let (real_at, watch) = (real_now(), Stopwatch::start());
    let reply = delivery::send(&options, policy, &delivery.message).await;
    let came = match &reply.status {
        Ok(status) => format!("answered {status}"),
        Err(problem) => problem.clone(),
    };
    let Delivery { id, due, how, .. } = delivery;
    let Message { provider, event, url, .. } = &*delivery.message;
    let text = format!("{provider} callback {id} ({event}) to {url}: {came}");
    // As precisely as it is written down.
    let duration = Duration::from_micros(micros(watch.elapsed()));
    let space = space.upgrade()?;
    tracing::info!(
        space = space.name(),
        provider,
        callback = id,
        event,
        came,
        duration_us = micros(duration),
        "{}{provider} callback {id} ({event}) → {came}",
        space.mark(),
    );
    let attempt = Attempt { due, at, real_at, how, reply, duration };
    space.finish(&delivery, attempt).then_some(Occurrence { at, text })
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

/// Records an answer with this HTTP status for a callback that is due, as if its receiver had sent it.
///
/// # Errors
///
/// A sentence for the user: the callback does not exist, or is not due.
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

/// Sends a callback once more, whatever its standing, and returns after the receiver has answered or timed
/// out. A failure does not change the retry schedule of the callback.
///
/// # Errors
///
/// A sentence for the user: the callback does not exist, is being sent already, or was removed during the
/// delivery.
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
    // The work runs in its own task: if the caller is cancelled, the callback would be marked as being sent
    // for ever.
    let sending = tokio::spawn(attempt(Arc::downgrade(space), delivery, now));
    let _ = sending.await;
    let callback = space.world().state.outbox.get(id).cloned();
    callback.ok_or_else(|| format!("callback {id} has made room for others"))
}

/// Prevents further deliveries and waits until those under way are finished. Used when the server shuts down.
pub async fn drain(space: &Arc<Space>) {
    space.write().is_driven = true;
    let mut agenda = space.pulse.agenda();
    // An error would mean that the space is gone, so there is nothing to wait for.
    let _ = agenda.wait_for(|()| space.under_way() == 0).await;
}

/// Waits until callbacks accepted by `wanted` are due, and returns them; returns an empty list after
/// `patience` of real time.
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
            // The next instant is looked up after `now`: a callback that is due but not wanted must not wake
            // this loop repeatedly.
            let clock = moment.state().clock;
            let next = outbox.next_after(now).filter(|_| clock.mode() == Mode::Running);
            let wait = next.map_or(LONGEST_SLEEP, |next| time_until(next, clock));
            // A timeout is treated like a change: in both cases the outbox is read again.
            let _ = tokio::time::timeout(wait, agenda.changed()).await;
        }
    };
    tokio::select! {
        due = waiting => due,
        () = real_sleep(patience) => Vec::new(),
        () = space.pulse.ending() => Vec::new(),
    }
}
