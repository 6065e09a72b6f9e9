//! Which callback leaves when, and what is recorded of its attempt.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use super::dispatcher::time_until;
use crate::sandbox::clock::{Mode, real_now};
use crate::sandbox::space::{Decided, Held, NotMade, Space};
use crate::sandbox::state::clock::Clock;
use crate::sandbox::state::event::{Event, Topic};
use crate::sandbox::state::outbox::{Attempt, Callback, How, Message, Outbox, Release};
use crate::sandbox::truth::coverage::{Hard, HardSet};

/// A callback that was taken out of its queue and is being delivered.
#[derive(Clone, Debug)]
pub(super) struct Delivery {
    pub(super) id: u64,
    pub(super) message: Arc<Message>,
    pub(super) due: Timestamp,
    pub(super) how: How,
    /// The generation of the world at the start of the delivery; the result is discarded if it has changed.
    pub(super) generation: u64,
}

/// A callback that is to leave, and whether it does: a fault can drop, delay or reorder it instead.
type Released = Option<(Arc<Callback>, bool)>;

/// What becomes of a callback that was chosen to leave.
enum Leaving {
    /// None was chosen, or the store is away: nothing leaves before it is back.
    Nobody,
    /// A fault keeps it, or somebody sends it already.
    Stays,
    Leaves(Delivery),
}

impl Space {
    /// Takes a callback out of its queue. Before the first attempt, fault rules are evaluated.
    fn released(&self, held: &Held, id: u64) -> Decided<Released> {
        let Some(callback) = held.world.state.outbox.get(id).cloned() else {
            return held.nothing(None);
        };
        if callback.altered {
            return held.nothing(Some((callback, true)));
        }
        let real_now = real_now();
        let state = &held.world.state;
        let now = state.clock.at(real_now);
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
        let Ok(decided) = self.drafted(held, (now, real_now), |draft| {
            counted.into_iter().chain([released]).for_each(|event| draft.push(event));
            Ok::<_, Infallible>(Some((callback, is_sent)))
        });
        decided
    }

    /// Releases the callback that `choose` names, and marks it as being sent.
    fn release(self: &Arc<Self>, choose: impl Fn(&Held) -> Option<u64>) -> Leaving {
        let mut leaving = Leaving::Stays;
        let released = self.try_make(
            |held| {
                let chosen = choose(held).map(|id| self.released(held, id));
                Ok::<_, Infallible>(chosen.unwrap_or_else(|| held.nothing(None)))
            },
            |held, released| {
                let Some((callback, true)) = released else { return };
                let Some(due) = callback.next.filter(|_| held.sending.insert(callback.id)) else {
                    return;
                };
                let (id, message) = (callback.id, Arc::clone(&callback.message));
                let (how, generation) = (How::Scheduled, held.generation);
                leaving = Leaving::Leaves(Delivery { id, message, due, how, generation });
            },
        );
        match released {
            Ok(Ok((Some(_), _))) => leaving,
            _ => Leaving::Nobody,
        }
    }

    /// Takes the next callback that has to be sent without a request from outside; `None` when there is none.
    pub(super) fn release_next(self: &Arc<Self>) -> Option<Delivery> {
        loop {
            match self.release(|held| Self::next_to_leave(held, real_now())) {
                Leaving::Nobody => return None,
                Leaving::Stays => {}
                Leaving::Leaves(delivery) => return Some(delivery),
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

    /// Whether a callback has to leave now, or an advance that was cut short has to be ended.
    pub(super) fn has_to_leave(&self) -> bool {
        Self::next_to_leave(&self.read(), real_now()).is_some() || self.is_left_driven()
    }

    /// Real time until the next callback is due; `None` when the clock is frozen or driven, or no callback is
    /// open.
    pub(super) fn time_to_next(&self) -> Option<Duration> {
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
        self: &Arc<Self>,
        to: Timestamp,
        (generation, mode): (u64, Mode),
    ) -> Option<(Timestamp, Vec<Delivery>)> {
        let moved = self.try_make(
            |held| {
                let is_free = |it: &&Arc<Callback>| !held.sending.contains(&it.id);
                let outbox = &held.world.state.outbox;
                let due = outbox.to_send(to).find(is_free).and_then(|it| it.next);
                let Some(due) = due.filter(|_| held.generation == generation) else {
                    return Ok(held.nothing(None));
                };
                let together = outbox.to_send(due).filter(is_free);
                let ids: Vec<u64> = together.map(|it| it.id).collect();
                let real_now = real_now();
                let now = held.world.state.clock.at(real_now);
                // If the clock has already jumped past the planned instant, the callback is late: the clock
                // never goes back.
                let at = due.max(now);
                let set = Event::ClockSet { clock: Clock::Frozen(at), resumes: Some(mode) };
                self.drafted(held, (now, real_now), |draft| {
                    draft.push(set);
                    Ok::<_, Infallible>(Some((at, ids)))
                })
            },
            |_, _| {},
        );
        let Ok(Ok((Some((at, ids)), _))) = moved else { return None };
        let is_same = |held: &Held| held.generation == generation;
        let is_open = |held: &Held, id: u64| !held.sending.contains(&id) && is_same(held);
        let release = |id: u64| match self.release(|held| is_open(held, id).then_some(id)) {
            Leaving::Leaves(delivery) => Some(delivery),
            Leaving::Nobody | Leaving::Stays => None,
        };
        Some((at, ids.into_iter().filter_map(release).collect()))
    }

    /// Records the result of an attempt; `Ok(false)` when the world of the delivery was replaced or the space
    /// is closed.
    pub(super) fn finish(
        self: &Arc<Self>,
        delivery: &Delivery,
        attempt: &Attempt,
    ) -> Result<bool, NotMade> {
        let id = delivery.id;
        let finished = self.try_make(
            |held| {
                if held.generation != delivery.generation || self.is_closed() {
                    return Err(());
                }
                let callback = held.world.state.outbox.get(id).cloned();
                let policy = callback
                    .as_ref()
                    .and_then(|callback| held.world.scenario.policy(&callback.message.provider));
                // The outbox may have removed the callback to make room.
                let (Some(callback), Some(policy)) = (callback, policy) else {
                    return Ok(held.nothing(None));
                };
                let event = Outbox::attempted(&callback, attempt.clone(), policy);
                let real_now = real_now();
                let now = held.world.state.clock.at(real_now);
                self.drafted(held, (now, real_now), |draft| {
                    draft.push(event);
                    Ok(Some(callback))
                })
            },
            |held, _| {
                held.sending.remove(&id);
            },
        );
        let Ok((callback, _)) = finished.map_err(|failed| failed.why)? else { return Ok(false) };
        if let Some(callback) = callback {
            let mut hard = HardSet::default();
            hard.add(Hard::DuplicateNotification, callback.copy_of.is_some());
            hard.add(Hard::RepeatedNotification, !callback.attempts.is_empty());
            self.coverage.meet(hard, None);
        }
        // The end of the delivery has to wake the tasks that wait until none is under way.
        self.pulse.ring_for(&[Topic::Callbacks]);
        Ok(true)
    }
}
