//! Finds the space of a request, with what other servers have done in it.

use std::sync::Arc;

use super::{Recorder, target};
use crate::sandbox::space::Space;
use crate::sandbox::spaces::SpaceError;
use crate::wire::body::TransportError;
use crate::wire::problem::Problem;

/// Why there is no space for a request.
pub(super) enum Lost {
    Refused(Problem),
    /// The store does not work.
    Away(TransportError),
}

impl Recorder {
    /// The space of this name as all servers know it, and the number of the journal entry if they share one.
    pub(super) async fn found(&self, name: &str) -> Result<(Arc<Space>, Option<u64>), Lost> {
        let away = |_| Lost::Away(TransportError::Unavailable);
        let wants_entry = self.spaces.options().journal_entries != Some(0);
        let number = self.spaces.reach(name, wants_entry).await.map_err(away)?;
        let (space, _) = self.spaces.space(name).map_err(|err| match err {
            SpaceError::Away(why) => Lost::Away(target::away(why)),
            err => Lost::Refused(target::problem(name, err)),
        })?;
        if number.is_some() || !space.is_shared() || !wants_entry {
            return Ok((space, number));
        }
        // The space is new here.
        let number = self.spaces.reach(name, true).await.map_err(away)?;
        Ok((space, number))
    }
}
