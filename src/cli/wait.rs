//! `sandtill wait`: asks a server again and again, and returns as soon as it is ready.

use std::time::Duration;

use clap::Args;

use super::{Failure, ServerArgs, block_on, client};
use crate::sandbox::clock::{Stopwatch, real_sleep};
use crate::sandbox::scenario::duration;

/// Pause before a server that is not ready is asked again: 20 milliseconds, real time.
const BETWEEN: Duration = Duration::from_millis(20);

#[derive(Clone, Debug, Args)]
pub(super) struct WaitArgs {
    #[command(flatten)]
    server: ServerArgs,
    /// Longest wait, such as `10s` or `2m`.
    #[arg(long, env = "SANDTILL_TIMEOUT", default_value = "10s")]
    timeout: String,
}

pub(super) fn run(args: &WaitArgs) -> Result<(), Failure> {
    let timeout = duration(&args.timeout)
        .and_then(|length| Duration::try_from(length).ok())
        .ok_or_else(|| {
            Failure::usage(format!("--timeout `{}` is no length of time like `10s`", args.timeout))
        })?;
    let url = args.server.base_url();
    let watch = Stopwatch::start();
    block_on(async {
        loop {
            let why = match client::get(&url, "/readyz", None).await {
                Ok((200, _)) => return Ok(()),
                Ok((status, _)) => format!("answered {status}"),
                Err(why) => why,
            };
            if watch.elapsed() >= timeout {
                let message = format!("{url} was not ready within {}: {why}", args.timeout);
                return Err(Failure { code: 124, message });
            }
            real_sleep(BETWEEN).await;
        }
    })?
}
