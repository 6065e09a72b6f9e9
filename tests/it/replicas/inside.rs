//! Servers over one store in the process of the test, which moves their clocks and begins their sweeps itself.

use std::sync::Arc;
use std::time::Duration;

use sandtill::providers;
use sandtill::sandbox::Options;
use sandtill::sandbox::log::redis::RedisLog;
use sandtill::sandbox::log::store::Store;
use sandtill::sandbox::spaces::Spaces;
use tokio::sync::watch;

use super::redis_server::RedisServer;
use crate::support::frozen;

/// The way of a server to this store.
pub(crate) fn way(store: &RedisServer) -> Arc<RedisLog> {
    Arc::new(RedisLog::at(&store.url(), None).unwrap())
}

/// The spaces of a server that has reached its store. Two with the same way do not hear of each other, because
/// each takes what the other has done for its own: only a question to the store tells them.
pub(crate) async fn spaces(way: &Arc<RedisLog>, options: Options, staleness: Duration) -> Spaces {
    let scenario = Arc::new(frozen("empty", "2026-03-14T12:00:00Z"));
    let store: Arc<dyn Store> = Arc::<RedisLog>::clone(way);
    let more = (providers::vocabulary(), staleness);
    let spaces = Spaces::shared_through(scenario, options, store, more);
    spaces.follow_others(watch::channel(None).0);
    spaces.working().await;
    spaces
}

/// The names of the spaces that a server has.
pub(crate) fn names(spaces: &Spaces) -> Vec<String> {
    spaces.all().iter().map(|space| space.name().to_owned()).collect()
}
