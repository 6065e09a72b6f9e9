//! Moves the clock and delivers the callbacks that become due on the way.

use std::sync::Arc;

use futures_util::{StreamExt, stream};
use jiff::{SignedDuration, Timestamp};

use super::dispatcher::{AT_ONCE, Occurrence, attempt};
use super::lease;
use crate::sandbox::clock::{LATEST, Mode, real_now};
use crate::sandbox::space::Space;
use crate::sandbox::state::clock::Clock;
use crate::sandbox::state::event::{Event, Topic};

/// Moves the clock to `to`, stopping at the planned instant of each callback to deliver it.
///
/// Retries that become due before `to` are made too. The function returns after all receivers have answered
/// or timed out, with all attempts in order. The clock stands still during each delivery and gets its
/// previous mode back at the end.
pub async fn advance(space: &Arc<Space>, to: Timestamp) -> Vec<Occurrence> {
    drive(space, move |_| to).await
}

/// Moves the clock like [`advance`], by a length of time. It counts from the instant at which no other
/// advance is under way, so that several at once add up.
pub async fn advance_by(space: &Arc<Space>, by: SignedDuration) -> Vec<Occurrence> {
    drive(space, move |now| now.saturating_add(by).unwrap_or(LATEST).min(LATEST)).await
}

/// Drives in a task of its own: if the caller is cancelled (a closed connection), a half-finished advance
/// would leave the clock driven for ever.
async fn drive<F>(space: &Arc<Space>, target: F) -> Vec<Occurrence>
where
    F: FnOnce(Timestamp) -> Timestamp + Send + 'static,
{
    tokio::spawn(drive_to(Arc::clone(space), target)).await.unwrap_or_default()
}

async fn drive_to(
    space: Arc<Space>,
    target: impl FnOnce(Timestamp) -> Timestamp,
) -> Vec<Occurrence> {
    let _turn = space.driving.lock().await;
    let Some(_lease) = lease::wait(&space).await else {
        space.note_not_made();
        return Vec::new();
    };
    let generation = {
        let mut held = space.write();
        held.is_driven = true;
        held.generation
    };
    let is_over = || space.is_closed() || space.read().generation != generation;
    let mut agenda = space.pulse.agenda();
    // `wait_for` fails only when the space is gone, and `is_over` covers that case.
    let _ = agenda.wait_for(|()| space.under_way() == 0 || is_over()).await;
    let (mode, to) = {
        let (clock, now) = (space.world().state.clock, space.moment().now);
        (clock.mode(), target(now).max(now))
    };
    let mut occurrences = Vec::new();
    while !is_over()
        && let Some((at, deliveries)) = space.release_together(to, (generation, mode))
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
    end(&space, generation, (mode, to));
    // The dispatcher was not allowed to send during the advance; this wakes it.
    space.pulse.ring_for(&[Topic::Clock]);
    let count = occurrences.len();
    tracing::info!(
        space = space.name(),
        %to,
        happened = count,
        "{}clock → advanced to {to}, callbacks sent: {count}",
        space.mark(),
    );
    occurrences
}

/// Gives the clock its mode back, at the end of an advance.
fn end(space: &Arc<Space>, generation: u64, (mode, to): (Mode, Timestamp)) {
    let ended = space.try_make(
        |held| {
            if held.generation != generation {
                return Err(());
            }
            let real_now = real_now();
            let now = held.world.state.clock.at(real_now);
            let event = Event::ClockSet { clock: Clock::new(mode, to, real_now), resumes: None };
            space.drafted(held, (now, real_now), |draft| {
                draft.push(event);
                Ok(())
            })
        },
        |held, ()| held.is_driven = false,
    );
    if ended.is_err() {
        // The store is away: the clock stays where the advance has brought it, until somebody sets it or
        // advances it again.
        let mut held = space.write();
        if held.generation == generation {
            held.is_driven = false;
        }
    }
}
