//! The dispatcher delivers due callbacks: by itself while the clock runs, during an `advance` of the clock,
//! or on request (`redeliver`).

use std::sync::atomic::Ordering;
use std::sync::{Arc, Weak};
use std::time::Duration;

use jiff::Timestamp;
use tokio::task::JoinSet;

use super::release::Delivery;
use super::{delivery, lease};
use crate::sandbox::clock::{Mode, Stopwatch, real_now, real_sleep};
use crate::sandbox::facts::Named;
use crate::sandbox::space::Space;
use crate::sandbox::state::clock::Clock;
use crate::sandbox::state::outbox::{Attempt, Callback, How, Message, Outbox, Reply, Standing};

/// The maximum number of deliveries at the same time in one space.
pub(super) const AT_ONCE: usize = 64;

/// Pause before the result of an attempt is recorded again that the store did not take.
const RETRY: Duration = Duration::from_millis(200);

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

/// Real time until the sandbox instant `at` under a running clock: zero or more, at most `LONGEST_SLEEP`.
pub(super) fn time_until(at: Timestamp, clock: Clock) -> Duration {
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
        let has_room = send_due(&current, &mut under_way).await;
        let wait = match has_room {
            // Another server sends, or the store is away.
            true if current.has_to_leave() => Some(lease::PAUSE),
            true => current.time_to_next(),
            false => None,
        };
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

/// Sends what has to leave now, if it is this server that sends. Whether there is room for more.
async fn send_due(space: &Arc<Space>, under_way: &mut JoinSet<Option<Occurrence>>) -> bool {
    if !space.has_to_leave() {
        return under_way.len() < AT_ONCE;
    }
    let Some(lease) = lease::take(space).await else { return true };
    while under_way.len() < AT_ONCE
        && let Some(delivery) = space.release_next()
    {
        let (now, weak, lease) = (space.moment().now, Arc::downgrade(space), Arc::clone(&lease));
        under_way.spawn(async move {
            let occurrence = attempt(weak, delivery, now).await;
            drop(lease);
            occurrence
        });
    }
    under_way.len() < AT_ONCE
}

/// Makes one attempt and records its result. Returns `None` and records nothing if the world is gone.
pub(super) async fn attempt(
    space: Weak<Space>,
    delivery: Delivery,
    at: Timestamp,
) -> Option<Occurrence> {
    let (options, policy, number) = {
        let space = space.upgrade()?;
        let world = space.world();
        let policy = world.scenario.policy(&delivery.message.provider)?;
        let made = world.state.outbox.get(delivery.id).map_or(0, |it| it.attempts.len());
        (Arc::clone(&space.options), policy, made + 1)
    };
    // A receiver never hears of what a crash could undo.
    space.upgrade()?.durable().await;
    let (real_at, watch) = (real_now(), Stopwatch::start());
    let reply = delivery::send(&options, policy, (&delivery.message, number)).await;
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
    let weak = Arc::downgrade(&space);
    drop(space);
    loop {
        // While the store is away, the result is kept: the receiver has had the message.
        match weak.upgrade()?.finish(&delivery, &attempt) {
            Ok(is_recorded) => return is_recorded.then_some(Occurrence { at, text }),
            Err(_) => real_sleep(RETRY).await,
        }
    }
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

/// Like [`answer`], while no other server sends callbacks of the space: the receiver of this one may have it
/// already.
///
/// # Errors
///
/// A sentence for the user: like [`answer`], or another server sends.
pub async fn answer_alone(
    space: &Arc<Space>,
    id: u64,
    status: u16,
) -> Result<Arc<Callback>, String> {
    let Ok(lease) = tokio::time::timeout(lease::PATIENCE, lease::wait(space)).await else {
        return Err(format!(
            "another server sends callbacks of this space, and callback {id} may be among them; \
             nothing was recorded, try again"
        ));
    };
    let Some(_lease) = lease else {
        return Err("the store is away, so nothing was recorded; try later".to_owned());
    };
    answer(space, id, status)
}

/// Sends a callback once more, whatever its standing, and returns after the receiver has answered or timed
/// out. A failure does not change the retry schedule of the callback.
///
/// # Errors
///
/// A sentence for the user: the callback does not exist, is being sent already, or was removed during the
/// delivery.
pub async fn redeliver(space: &Arc<Space>, id: u64) -> Result<Arc<Callback>, String> {
    let Some(lease) = lease::wait(space).await else {
        return Err("the store is away, so nothing was sent; try later".to_owned());
    };
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
    let weak = Arc::downgrade(space);
    let sending = tokio::spawn(async move {
        let _ = attempt(weak, delivery, now).await;
        drop(lease);
    });
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
