//! `sandtill healthcheck`: the command of the container's HEALTHCHECK; asks `GET /readyz`.

use super::{Failure, ServerArgs, block_on, client};

pub(super) fn run(args: &ServerArgs) -> Result<(), Failure> {
    let url = args.base_url();
    match block_on(client::get(&url, "/readyz", None))? {
        Ok((200, _)) => Ok(()),
        Ok((status, _)) => Err(Failure::failed(format!("{url} answered {status}"))),
        Err(why) => Err(Failure::failed(format!("{url} does not answer: {why}"))),
    }
}
