//! Who sends the callbacks of a space that several servers share: the one that has its lease, for as long as
//! something is to be sent.

use std::sync::Arc;
use std::time::Duration;

use crate::sandbox::clock::real_sleep;
use crate::sandbox::log::lease::Lease;
use crate::sandbox::space::Space;

/// Pause before a lease is asked for again that another server has: 0.2 seconds.
pub(super) const PAUSE: Duration = Duration::from_millis(200);

/// Longest time that a call which only records something waits for a lease: 3.5 seconds. The lease of a server that
/// has ended is free before that.
pub(super) const PATIENCE: Duration = Duration::from_millis(3500);

/// The lease of a space, and what others have done before; `None` while another server has it, or the store
/// is away.
pub(super) async fn take(space: &Arc<Space>) -> Option<Arc<Lease>> {
    let Some((replica, known)) = space.lease() else { return Some(Lease::alone()) };
    let mut known = known.lock().await;
    if let Some(lease) = known.upgrade().filter(|lease| lease.is_held()) {
        return Some(lease);
    }
    if replica.is_away() {
        return None;
    }
    let lease = Lease::take(replica, space.name()).await;
    replica.note(&lease);
    let lease = lease.ok()??;
    // What the last holder has sent must not be sent again.
    space.refresh().await.ok()?;
    if space.is_left_driven() {
        // Its holder has ended in the middle of an advance.
        space.end_advance();
    }
    *known = Arc::downgrade(&lease);
    Some(lease)
}

/// Waits for the lease of a space; `None` when the space is closed or the store is away.
pub(super) async fn wait(space: &Arc<Space>) -> Option<Arc<Lease>> {
    loop {
        if let Some(lease) = take(space).await {
            return Some(lease);
        }
        if space.is_closed() || space.lease().is_some_and(|(replica, _)| replica.is_away()) {
            return None;
        }
        real_sleep(PAUSE / 10).await;
    }
}
