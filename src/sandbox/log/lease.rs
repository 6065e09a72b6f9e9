//! The right to send the callbacks of a space: where several servers share it, one of them has it at a time.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use tokio::task::AbortHandle;

use super::LogError;
use super::store::Replica;
use crate::sandbox::clock::{Stopwatch, real_sleep};

/// For how long a lease holds unless it is renewed: 3 seconds. After the end of its holder another server goes
/// on within that time and a short pause.
const HOLDS: Duration = Duration::from_secs(3);

/// Pause between renewals: 1 second.
const RENEWED: Duration = Duration::from_secs(1);

/// Where a space keeps the lease that this server has.
pub type Known = tokio::sync::Mutex<Weak<Lease>>;

/// The right to send; it ends when the last clone of the value is dropped. Without a store there is nothing
/// to hold.
#[derive(Debug)]
pub struct Lease {
    held: Option<Held>,
}

impl Lease {
    /// The lease of somebody without a store.
    #[must_use]
    pub fn alone() -> Arc<Self> {
        Arc::new(Self { held: None })
    }

    /// Takes the lease of a space, and renews it from then on; `None` while another server has it.
    ///
    /// # Errors
    ///
    /// The store does not work.
    pub async fn take(replica: &Arc<Replica>, space: &str) -> Result<Option<Arc<Self>>, LogError> {
        let since_request = Stopwatch::start();
        if !replica.store.hold(space, HOLDS).await? {
            return Ok(None);
        }
        let since = Since::default();
        *since.get() = Some(since_request);
        let (own, name, renewed_since) = (Arc::clone(replica), space.to_owned(), since.clone());
        let renewing = tokio::spawn(async move {
            loop {
                real_sleep(RENEWED).await;
                if renewed_since.is_over() {
                    return;
                }
                let since_request = Stopwatch::start();
                let renewed = own.store.hold(&name, HOLDS).await;
                own.note(&renewed);
                match renewed {
                    Ok(true) => *renewed_since.get() = Some(since_request),
                    Ok(false) => *renewed_since.get() = None,
                    Err(_) => {}
                }
            }
        });
        let (replica, space) = (Arc::clone(replica), space.to_owned());
        let renewing = renewing.abort_handle();
        let held = Held { replica, space, renewing, since };
        Ok(Some(Arc::new(Self { held: Some(held) })))
    }

    /// Whether it still holds. It does not when it could not be renewed in time, as after a pause of the process:
    /// then another server may have it.
    #[must_use]
    pub fn is_held(&self) -> bool {
        self.held.as_ref().is_none_or(|held| !held.since.is_over())
    }
}

/// When the store was asked for the lease last, of the times that it has said yes; `None` when another server
/// has it. Clones share it.
#[derive(Clone, Debug, Default)]
struct Since(Arc<Mutex<Option<Stopwatch>>>);

impl Since {
    fn get(&self) -> MutexGuard<'_, Option<Stopwatch>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_over(&self) -> bool {
        self.get().is_none_or(|since| since.elapsed() >= HOLDS)
    }
}

#[derive(Debug)]
struct Held {
    replica: Arc<Replica>,
    space: String,
    renewing: AbortHandle,
    since: Since,
}

impl Drop for Held {
    fn drop(&mut self) {
        self.renewing.abort();
        if self.since.is_over() {
            // What the store has under this name may be a later lease of this server.
            return;
        }
        let given_back = self.replica.store.give_back(&self.space);
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            // One that is not given back ends by itself.
            runtime.spawn(async move { drop(given_back.await) });
        }
    }
}
