//! `sandtill wait`: asks a server again and again, and returns as soon as it is ready.

use std::time::Duration;

use clap::Args;

use super::{Failure, ServerArgs, block_on, client, values};
use crate::sandbox::clock::{Stopwatch, real_sleep};

/// Pause before a server that is not ready is asked again: 20 milliseconds, real time.
const BETWEEN: Duration = Duration::from_millis(20);

#[derive(Clone, Debug, Args)]
pub(super) struct WaitArgs {
    #[command(flatten)]
    server: ServerArgs,
    /// Longest wait, such as `10s` or `2m`.
    #[arg(long, env = "SANDTILL_TIMEOUT", default_value = "10s", value_parser = values::length)]
    timeout: Duration,
}

pub(super) fn run(args: &WaitArgs) -> Result<(), Failure> {
    let url = args.server.base_url();
    let watch = Stopwatch::start();
    block_on(async {
        loop {
            let why = match client::get(&url, "/readyz", None).await {
                Ok((200, _)) => return Ok(()),
                Ok((status, _)) => format!("answered {status}"),
                Err(why) => why,
            };
            if watch.elapsed() >= args.timeout {
                let message = format!("{url} was not ready within {:?}: {why}", args.timeout);
                return Err(Failure::new(124, message));
            }
            real_sleep(BETWEEN).await;
        }
    })?
}
