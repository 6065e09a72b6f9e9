//! The spaces of a server that shares them with others through a store: found, made and dropped there.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use futures_util::StreamExt;
use jiff::Timestamp;
use tokio::sync::watch;

use super::super::callbacks;
use super::super::clock::{Stopwatch, real_now, real_sleep};
use super::super::log::line::{Codec, hole};
use super::super::log::store::{Counts, Look, Mark, Replica, Wants};
use super::super::log::{Log, LogError};
use super::super::recovery;
use super::super::space::{NotMade, Space};
use super::{DEFAULT, SpaceError, Spaces};

/// How often the store is asked whether it is there, while it is and while it is not: 1 and 0.2 seconds.
const PROBE: Duration = Duration::from_secs(1);
const RETRY: Duration = Duration::from_millis(200);

/// Why a request cannot be answered from what all servers have.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Unreached(pub String);

impl Spaces {
    /// Learns what other servers have done in a space, before a request is answered from it; nothing without
    /// a store. Returns the number of a new journal entry if one was wanted and the space exists.
    ///
    /// # Errors
    ///
    /// The store does not work, or lacks events of the space. Nothing was done.
    pub async fn reach(&self, name: &str, wants_entry: bool) -> Result<Option<u64>, Unreached> {
        let Some(replica) = self.replica() else { return Ok(None) };
        if let Some(why) = replica.trouble() {
            return Err(Unreached(why));
        }
        let known = self.find(name);
        if !wants_entry && known.as_ref().is_some_and(|it| it.is_fresh()) {
            return Ok(None);
        }
        let is_known = known.is_some_and(|it| it.incarnation().is_some());
        let used = is_known.then(|| real_now().as_second());
        let wants = Wants { entry: wants_entry && is_known, used };
        self.look(replica, name, wants).await.map_err(unreached)
    }

    /// Asks the store about a space, and brings what this server has of it to what the store has.
    async fn look(
        &self,
        replica: &Replica,
        name: &str,
        wants: Wants,
    ) -> Result<Option<u64>, LogError> {
        let since_request = Stopwatch::start();
        let look = replica.store.look(name, wants).await;
        replica.note(&look);
        let look = look?;
        self.pulse().spaces_moved_to(look.listed);
        self.follow(name, &look, since_request).await?;
        Ok(look.entry)
    }

    /// Brings what this server has of a space to what the store has.
    async fn follow(
        &self,
        name: &str,
        look: &Look,
        since_request: Stopwatch,
    ) -> Result<(), LogError> {
        let known = self.find(name);
        match (&look.mark, known) {
            (Some(mark), Some(space)) if space.is_incarnation(mark) => {
                space.follow_to(look, since_request).await?;
                callbacks::start(&space);
                Ok(())
            }
            (None, None) => Ok(()),
            (Some(mark), _) => {
                self.load(name).await?;
                match self.find(name).filter(|space| space.is_incarnation(mark)) {
                    // Its journal too.
                    Some(space) => space.follow_to(look, since_request).await,
                    None => Ok(()),
                }
            }
            (None, Some(space)) => {
                // Another server has dropped it, or nobody has made the default space yet.
                self.forget(&space);
                match name == DEFAULT {
                    true => self.begin_default_shared(),
                    false => Ok(()),
                }
            }
        }
    }

    /// Reads a space from the store that this server does not have, or has in another incarnation.
    async fn load(&self, name: &str) -> Result<(), LogError> {
        let (spaces, name) = (self.clone(), name.to_owned());
        let loaded = tokio::task::spawn_blocking(move || spaces.load_now(&name)).await;
        loaded.map_err(|err| LogError::Unavailable(err.to_string()))?.map(drop)
    }

    /// Reads a space from the store, on this thread; `None` when it has none of this name.
    pub(super) fn load_now(&self, name: &str) -> Result<Option<Arc<Space>>, LogError> {
        let Some(replica) = self.replica() else { return Ok(None) };
        let _turn = self.making();
        let loaded = self.loaded(replica, name);
        replica.note(&loaded);
        loaded
    }

    fn loaded(&self, replica: &Replica, name: &str) -> Result<Option<Arc<Space>>, LogError> {
        let Some(mark) = replica.store.look_now(name)?.mark else { return Ok(None) };
        if let Some(space) = self.find(name).filter(|it| it.is_incarnation(&mark)) {
            return Ok(Some(space));
        }
        let shared = self.shared().clone();
        let space = recovery::space(&*replica.store, &replica.codec, name, shared)?;
        if space.revision() < mark.last {
            return Err(hole(name, space.revision() + 1));
        }
        space.found_as(&mark);
        self.put(name, &space);
        callbacks::start(&space);
        Ok(Some(space))
    }

    /// Makes the default space in the store, unless another server has made it meanwhile.
    fn begin_default_shared(&self) -> Result<(), LogError> {
        let Some(replica) = self.replica() else { return Ok(()) };
        let _turn = self.making();
        if self.loaded(replica, DEFAULT)?.is_some() {
            return Ok(());
        }
        // A store that somebody has emptied has no header either.
        recovery::begin_again(&*replica.store, &replica.codec)?;
        let space = self.new_space(DEFAULT, self.scenario());
        match space.publish() {
            Ok(()) => {
                self.put(DEFAULT, &space);
                Ok(())
            }
            Err(LogError::Conflict { .. }) => self.loaded(replica, DEFAULT).map(drop),
            Err(error) => Err(error),
        }
    }

    /// Learns which spaces there are, before they are listed.
    ///
    /// # Errors
    ///
    /// The store does not work.
    pub async fn reach_all(&self) -> Result<(), Unreached> {
        let Some(replica) = self.replica() else { return Ok(()) };
        let since_request = Stopwatch::start();
        let marks = replica.store.marks().await;
        replica.note(&marks);
        let marks: Vec<(String, Mark)> = marks.map_err(unreached)?;
        for space in self.all() {
            let is_there = marks.iter().any(|(name, _)| name == space.name());
            if !is_there && space.incarnation().is_some() && space.name() != DEFAULT {
                self.forget(&space);
            }
        }
        for (name, mark) in marks {
            let look = Look { mark: Some(mark), ..Look::default() };
            if let Err(error) = self.follow(&name, &look, since_request).await {
                // The others are shown all the same; a request to this one tells why.
                tracing::warn!(space = name, %error, "a space cannot be read from the store");
            }
        }
        Ok(())
    }

    /// Whether other servers have used a space so lately that it is not idle; also when that is not known.
    pub(super) fn is_used_elsewhere(&self, space: &Space, now: Timestamp) -> bool {
        let Some(replica) = self.replica() else { return false };
        let used = replica.store.used(space.name());
        replica.note(&used);
        let Ok(used) = used else { return true };
        if let Ok(used) = Timestamp::from_second(used)
            && used > space.used_at()
        {
            space.mark_used(used);
        }
        !self.is_idle(space, now)
    }

    /// What the servers of the store have done, for metrics: appends, conflicts, and events of others that
    /// were read. `None` without a store.
    #[must_use]
    pub fn shared_counts(&self) -> Option<[u64; 3]> {
        let Counts { appends, conflicts, followed } = self.replica()?.counts();
        Some([appends, conflicts, followed].map(|count| count.load(Ordering::Relaxed)))
    }

    /// Drops spaces for all servers. One whose last event is not `last` stays in the store, and is read from there
    /// again when it is used.
    pub(super) fn drop_shared(
        &self,
        is_dropped: impl Fn(&Arc<Space>) -> bool,
        last: impl Fn(&Space) -> Option<u64>,
    ) {
        for space in self.all().iter().filter(|it| is_dropped(it)) {
            if self.remove_shared(space, last(space)).is_ok() {
                self.forget(space);
            }
        }
    }

    /// Removes a space from the store: this incarnation, with `last` as its last event unless that is `None`.
    pub(super) fn remove_shared(&self, space: &Space, last: Option<u64>) -> Result<(), NotMade> {
        let (Some(replica), Some(incarnation)) = (self.replica(), space.incarnation()) else {
            return Ok(());
        };
        let removed = match replica.is_away() {
            true => Err(LogError::Unavailable("the store is away".to_owned())),
            false => replica.store.remove(space.name(), incarnation, last),
        };
        replica.note(&removed);
        removed.map_err(|error| {
            let is_unknown = matches!(error, LogError::Uncertain(_));
            let why = if is_unknown { NotMade::Unknown } else { NotMade::Nothing };
            self.note_failure(why);
            why
        })
    }

    /// Follows the other servers until the server ends, and finds out when the store is away and when it is
    /// back. `wrong` gets a sentence when the store turns out to be that of other servers.
    pub fn follow_others(&self, wrong: watch::Sender<Option<String>>) {
        let spaces = self.clone();
        tokio::spawn(async move {
            while let Some(replica) = spaces.replica() {
                if let Err(error) = spaces.listened(replica, &wrong).await {
                    replica.note(&Err::<(), _>(error));
                }
                if wrong.borrow().is_some() {
                    return;
                }
                real_sleep(RETRY).await;
            }
        });
    }

    /// Listens to what the others do, until the store is away.
    async fn listened(
        &self,
        replica: &Arc<Replica>,
        wrong: &watch::Sender<Option<String>>,
    ) -> Result<(), LogError> {
        let mut moved = replica.store.listen().await?;
        replica.store.ping().await?;
        if !Self::meet(replica, recovery::begin, wrong).await? {
            return Ok(());
        }
        match self.look(replica, DEFAULT, Wants::default()).await {
            // Requests to the default space tell it.
            Err(LogError::Damaged(why)) => tracing::warn!(why, "the default space cannot be read"),
            looked => drop(looked?),
        }
        replica.works();
        // What was told while nobody listened.
        let _ = self.reach_all().await;
        loop {
            let pause = if replica.is_away() { RETRY } else { PROBE };
            tokio::select! {
                name = moved.next() => match name {
                    Some(name) => self.hear(replica, &name).await,
                    None => return Err(LogError::Unavailable("the store has hung up".to_owned())),
                },
                () = real_sleep(pause) => {
                    // Somebody may have emptied it, and servers with another scenario may have begun it anew.
                    if !Self::meet(replica, recovery::begin_again, wrong).await? {
                        return Ok(());
                    }
                    replica.works();
                }
            }
        }
    }

    /// Checks that the store is one of servers with this scenario; a new one becomes so. `false` when it is that of
    /// others, which `wrong` is told.
    async fn meet(
        replica: &Arc<Replica>,
        begin: fn(&dyn Log, &Codec) -> Result<(), LogError>,
        wrong: &watch::Sender<Option<String>>,
    ) -> Result<bool, LogError> {
        let own = Arc::clone(replica);
        let met = tokio::task::spawn_blocking(move || begin(&*own.store, &own.codec));
        match met.await.map_err(|err| LogError::Unavailable(err.to_string()))? {
            Err(LogError::Damaged(why)) => {
                wrong.send_replace(Some(why));
                Ok(false)
            }
            met => met.map(|()| true),
        }
    }

    /// Another server has changed this space.
    async fn hear(&self, replica: &Replica, name: &str) {
        if let Err(error) = self.look(replica, name, Wants::default()).await {
            tracing::debug!(space = name, %error, "a change of another server cannot be read");
        }
    }
}

fn unreached(error: LogError) -> Unreached {
    Unreached(error.to_string())
}

impl From<LogError> for SpaceError {
    fn from(error: LogError) -> Self {
        match error {
            LogError::Conflict { .. } => Self::Taken,
            LogError::Uncertain(_) => Self::Away(NotMade::Unknown),
            LogError::Unavailable(_) | LogError::Damaged(_) | LogError::Gone => {
                Self::Away(NotMade::Nothing)
            }
        }
    }
}
