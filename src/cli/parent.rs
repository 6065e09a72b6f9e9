//! The end of the process that started the server, for helpers of test runners: a server whose runner was
//! killed would otherwise keep its port for ever.

use std::time::Duration;

use crate::sandbox::clock::real_sleep;

/// Pause between two looks at the parent: 200 milliseconds, real time.
const BETWEEN: Duration = Duration::from_millis(200);

/// The number of the process that started this one. Taken early, it is that of the real parent.
#[cfg(unix)]
pub(super) fn id() -> u32 {
    std::os::unix::process::parent_id()
}

/// Only Unix tells who the parent is.
#[cfg(not(unix))]
pub(super) fn id() -> u32 {
    0
}

/// Completes when the process with this number is not the parent any more.
pub(super) async fn ended(parent: u32) {
    while id() == parent {
        real_sleep(BETWEEN).await;
    }
}
