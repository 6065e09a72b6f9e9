//! Sends what is due: by itself while the clock runs, on the way of an `advance`, or on request.

use std::sync::{Arc, Weak};
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream;
use jiff::Timestamp;
use tokio::task::JoinSet;

use super::desk::Parcel;
use super::{Attempt, Callback, How, Message, Reply, delivery, reach};
use crate::sandbox::clock::{Mode, Stopwatch, real_now};
use crate::sandbox::{Sandbox, World};

/// Deliveries under way at once.
const AT_ONCE: usize = 64;

/// Something that happened while the clock was driven.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// The instant it happened, sandbox time.
    pub at: Timestamp,
    /// What it was, in a sentence.
    pub text: String,
}

impl super::Callbacks {
    /// Plans a message for an instant; the callback's id, or `None` when the outbox is full of
    /// callbacks that wait or the message is too large. What is due already leaves at once, also
    /// while the clock stands.
    pub fn plan(sandbox: &Sandbox, message: Message, due: Timestamp) -> Option<u64> {
        let callbacks = &sandbox.callbacks;
        let held = sandbox.options.hold_callbacks || reach::is_unreachable(&message.url);
        let id = callbacks.add(message, due, sandbox.clock.now(), held);
        if id.is_none() {
            tracing::warn!(space = %sandbox.space, "the outbox is full; a callback was not planned");
        }
        set_off(sandbox);
        id
    }

    /// Plays the receiver of a callback that is due: its answer had this status.
    ///
    /// # Errors
    ///
    /// Why it cannot be answered now, in a sentence.
    pub fn answer(sandbox: &Sandbox, id: u64, status: u16) -> Result<Callback, String> {
        let now = sandbox.clock.now();
        let callbacks = &sandbox.callbacks;
        let callback = callbacks.get(id).ok_or_else(|| format!("there is no callback {id}"))?;
        let state = callback.state(now);
        let parcel = Some(()).filter(|()| state == super::State::Due);
        let parcel = parcel.and_then(|()| callbacks.take_one(id, How::Answered, now));
        let Some(parcel) = parcel else {
            return Err(format!("callback {id} is {} and not due", state.word()));
        };
        let reply = Reply { status: Ok(status), body: Vec::new() };
        let attempt = Attempt {
            due: parcel.due,
            at: now,
            real_at: real_now(),
            how: How::Answered,
            reply,
            duration: Duration::ZERO,
        };
        callbacks.finish(id, attempt);
        callbacks.get(id).ok_or_else(|| format!("callback {id} has made room for others"))
    }
}

/// Lets callbacks leave by themselves from now on, if they do not yet.
pub fn set_off(sandbox: &Sandbox) {
    // Without a runtime (a world that is only looked at) nothing can leave by itself.
    if let Ok(runtime) = tokio::runtime::Handle::try_current()
        && sandbox.callbacks.claim_driver()
    {
        runtime.spawn(drive(sandbox.downgrade()));
    }
}

/// Sends what is due as the clock runs, until the world is gone. It holds no world while it waits.
async fn drive(world: Weak<World>) {
    let mut under_way = JoinSet::new();
    while let Some(sandbox) = Sandbox::upgrade(&world) {
        let (callbacks, clock) = (&sandbox.callbacks, sandbox.clock.clone());
        // Subscribed before looking, so that no change falls in between.
        let (mut changes, mut moves) = (callbacks.changes(), clock.moves());
        if callbacks.is_closed() {
            return;
        }
        let runs = clock.mode() == Mode::Running;
        while under_way.len() < AT_ONCE
            && let Some(parcel) = callbacks.take(clock.now(), runs)
        {
            under_way.spawn(attempt(sandbox.downgrade(), parcel, sandbox.clock.now()));
        }
        let has_room = runs && under_way.len() < AT_ONCE;
        let next = if has_room { callbacks.next_to_leave() } else { None };
        drop(sandbox);
        tokio::select! {
            Some(_) = under_way.join_next() => {}
            () = clock.sleep_until(next.unwrap_or(Timestamp::MAX)), if next.is_some() => {}
            _ = moves.changed() => {}
            changed = changes.changed() => {
                if changed.is_err() {
                    return;
                }
            }
        }
    }
}

/// One attempt, written down when it is over. Nothing is written for a world that is gone.
async fn attempt(world: Weak<World>, parcel: Parcel, at: Timestamp) -> Option<Event> {
    let options = Sandbox::upgrade(&world).map(|sandbox| Arc::clone(&sandbox.options))?;
    let (real_at, watch) = (real_now(), Stopwatch::start());
    let reply = delivery::send(&options, &parcel.message).await;
    let sandbox = Sandbox::upgrade(&world).filter(|sandbox| !sandbox.callbacks.is_closed())?;
    let came = match &reply.status {
        Ok(status) => format!("answered {status}"),
        Err(problem) => problem.clone(),
    };
    let Message { policy, event, url, .. } = &*parcel.message;
    let provider = policy.provider;
    let text = format!("{provider} callback {} ({event}) to {url}: {came}", parcel.id);
    let Parcel { id, due, how, .. } = parcel;
    let duration = watch.elapsed();
    sandbox.callbacks.finish(id, Attempt { due, at, real_at, how, reply, duration });
    Some(Event { at, text })
}

/// Sets the clock to the planned instant of each callback in turn and delivers it; ends at `to`.
///
/// Retries that fall due on the way are made too. It answers when all receivers have, with what
/// happened. The clock stands while a receiver is asked, then goes on as before.
pub async fn advance(sandbox: &Sandbox, to: Timestamp) -> Vec<Event> {
    // On a task of its own: whoever asked may go away, and half an advance would be none.
    let driving = tokio::spawn(drive_to(sandbox.clone(), to));
    driving.await.unwrap_or_default()
}

async fn drive_to(sandbox: Sandbox, to: Timestamp) -> Vec<Event> {
    let (callbacks, clock) = (&sandbox.callbacks, &sandbox.clock);
    let _turn = callbacks.turn.lock().await;
    callbacks.set_advancing(true);
    let mut changes = callbacks.changes();
    while callbacks.under_way() > 0 && !*changes.borrow() {
        let _ = changes.changed().await;
    }
    let (mode, to) = (clock.mode(), to.max(clock.now()));
    let mut events = Vec::new();
    while !callbacks.is_closed()
        && let Some((due, parcels)) = callbacks.take_together(to)
    {
        // What a jump has passed over is late; time does not go back for it.
        let at = due.max(clock.now());
        clock.set(Mode::Frozen, at);
        let attempts = parcels.into_iter().map(|it| attempt(sandbox.downgrade(), it, at));
        let mut answers = stream::iter(attempts).buffered(AT_ONCE);
        loop {
            let event = tokio::select! {
                event = answers.next() => event,
                _ = changes.wait_for(|closed| *closed) => None,
            };
            let Some(event) = event else { break };
            events.extend(event);
        }
    }
    clock.set(mode, to);
    callbacks.set_advancing(false);
    events
}

/// Sends a callback once more, whatever became of it, and answers when the receiver has. A failure
/// does not change its schedule.
///
/// # Errors
///
/// Why it cannot be sent now, in a sentence.
pub async fn redeliver(sandbox: &Sandbox, id: u64) -> Result<Callback, String> {
    let now = sandbox.clock.now();
    if sandbox.callbacks.get(id).is_none() {
        return Err(format!("there is no callback {id}"));
    }
    let Some(parcel) = sandbox.callbacks.take_one(id, How::Redelivered, now) else {
        return Err(format!("callback {id} is under way already"));
    };
    // On a task of its own: whoever asked may go away, and the callback would stay under way.
    let sending = tokio::spawn(attempt(sandbox.downgrade(), parcel, now));
    let _ = sending.await;
    let gone = || format!("callback {id} has made room for others");
    sandbox.callbacks.get(id).ok_or_else(gone)
}

/// Lets what is under way finish and nothing more leave; for the end of the server.
pub async fn drain(sandbox: &Sandbox) {
    let callbacks = &sandbox.callbacks;
    let mut changes = callbacks.changes();
    callbacks.set_advancing(true);
    while callbacks.under_way() > 0 && changes.changed().await.is_ok() {}
}

/// The callbacks that are due and wanted, as soon as there are any, or none after `patience` of real
/// time.
pub async fn wait_due(
    sandbox: &Sandbox,
    patience: Duration,
    wanted: impl Fn(&Callback) -> bool,
) -> Vec<Callback> {
    let (callbacks, clock) = (&sandbox.callbacks, &sandbox.clock);
    let mut changes = callbacks.changes();
    let waiting = async {
        loop {
            changes.mark_unchanged();
            let mut moves = clock.moves();
            let now = clock.now();
            let mut due = callbacks.due(now);
            due.retain(&wanted);
            if !due.is_empty() || callbacks.is_closed() {
                return due;
            }
            // What is due and not wanted must not wake it over and over.
            let next = callbacks.next_after(now).unwrap_or(Timestamp::MAX);
            tokio::select! {
                () = clock.sleep_until(next) => {}
                _ = moves.changed() => {}
                _ = changes.changed() => {}
            }
        }
    };
    tokio::time::timeout(patience, waiting).await.unwrap_or_default()
}
