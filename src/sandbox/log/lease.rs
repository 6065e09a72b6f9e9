//! The right to send the callbacks of a space: where several servers share it, one of them has it at a time.

use std::sync::{Arc, Weak};
use std::time::Duration;

use tokio::task::AbortHandle;

use super::LogError;
use super::store::Replica;
use crate::sandbox::clock::real_sleep;

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
    /// Held until the last clone is dropped.
    _held: Option<Held>,
}

impl Lease {
    /// The lease of somebody without a store.
    #[must_use]
    pub fn alone() -> Arc<Self> {
        Arc::new(Self { _held: None })
    }

    /// Takes the lease of a space, and renews it from then on; `None` while another server has it.
    ///
    /// # Errors
    ///
    /// The store does not work.
    pub async fn take(replica: &Arc<Replica>, space: &str) -> Result<Option<Arc<Self>>, LogError> {
        if !replica.store.hold(space, HOLDS).await? {
            return Ok(None);
        }
        let (own, name) = (Arc::clone(replica), space.to_owned());
        let renewing = tokio::spawn(async move {
            loop {
                real_sleep(RENEWED).await;
                let renewed = own.store.hold(&name, HOLDS).await;
                own.note(&renewed);
            }
        });
        let (replica, space) = (Arc::clone(replica), space.to_owned());
        let renewing = renewing.abort_handle();
        let held = Held { replica, space, renewing };
        Ok(Some(Arc::new(Self { _held: Some(held) })))
    }
}

#[derive(Debug)]
struct Held {
    replica: Arc<Replica>,
    space: String,
    renewing: AbortHandle,
}

impl Drop for Held {
    fn drop(&mut self) {
        self.renewing.abort();
        let given_back = self.replica.store.give_back(&self.space);
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            // One that is not given back ends by itself.
            runtime.spawn(async move { drop(given_back.await) });
        }
    }
}
