//! What has to hold behind every step: numbers rise without a gap, callbacks have arrived, memory is bounded.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};

use serde_json::Value;

use super::post::Arrival;
use super::team::{Checked, ensure};
use crate::support::{Record, Server};

/// The bounds that a simulation sets, small enough to be met.
pub(super) const MAX_ENTRIES: usize = 300;
pub(super) const MAX_EVENTS: usize = 400;

/// What a team has seen of the numbers of its space.
#[derive(Debug, Default)]
pub(super) struct Watch {
    /// The number of the newest entry of the journal, and of the newest event.
    entry: u64,
    event: u64,
    /// Requests of the team that are in the journal.
    journaled: u64,
    /// The callbacks that have arrived since the last look.
    pub(super) arrived: Arc<Mutex<Vec<Arrival>>>,
}

impl Watch {
    /// The number of the newest event.
    pub(super) fn events(&self) -> u64 {
        self.event
    }

    /// Looks at everything behind a step in which these callbacks had to arrive, sorted.
    pub(super) async fn look(
        &mut self,
        server: &Server,
        record: &Record,
        expected: Vec<Arrival>,
    ) -> Checked {
        let mut arrived = std::mem::take(&mut *self.arrived.lock().unwrap());
        arrived.sort();
        ensure(arrived == expected, || {
            format!("callbacks that arrived: {arrived:?}; that had to: {expected:?}")
        })?;
        self.journal(server, record).await?;
        self.history(server).await
    }

    /// Every request has one entry, and the numbers of entries have no gap.
    async fn journal(&mut self, server: &Server, record: &Record) -> Checked {
        let sent = record.journaled.load(Ordering::SeqCst);
        let page = page(server, &format!("/journal?since={}&limit=1000", self.entry)).await?;
        let mut ids = ids(&page, "entries");
        ids.sort_unstable();
        let last = self.entry + (sent - self.journaled);
        let wanted: Vec<u64> = (self.entry + 1..=last).collect();
        ensure(ids == wanted && page["truncated"] == false, || {
            format!("entries {ids:?} of the journal instead of {wanted:?}")
        })?;
        let all = page_of(server, "/journal?limit=1000", "entries").await?.len();
        ensure(all <= MAX_ENTRIES, || format!("{all} entries are kept"))?;
        (self.entry, self.journaled) = (last, sent);
        Ok(())
    }

    /// Events are numbered without a gap, and so many are kept.
    async fn history(&mut self, server: &Server) -> Checked {
        let path = format!("/history?since={}&limit=1000", self.event);
        let page = page(server, &path).await?;
        let last = page["last"].as_u64().ok_or("no last event")?;
        let (ids, wanted) = (ids(&page, "events"), (self.event + 1..=last).collect::<Vec<_>>());
        ensure(ids == wanted && last >= self.event, || {
            format!("events {ids:?} of the history instead of {wanted:?}")
        })?;
        let all = page_of(server, "/history?since=0&limit=1000", "events").await?.len();
        ensure(all <= MAX_EVENTS, || format!("{all} events are kept"))?;
        self.event = last;
        Ok(())
    }

    /// After a restart the journal is empty, and its numbers go on somewhere above.
    pub(super) async fn resume(&mut self, server: &Server) -> Checked {
        let page = page(server, "/journal?limit=1").await?;
        let last = page["last"].as_u64().ok_or("no last entry")?;
        ensure(last >= self.entry && page["entries"] == serde_json::json!([]), || {
            format!("the journal goes on behind {last}, and had {}", self.entry)
        })?;
        self.entry = last;
        Ok(())
    }
}

async fn page(server: &Server, path: &str) -> Result<Value, String> {
    let answer = server.admin("GET", path, "").await;
    ensure(answer.status == 200, || format!("{path}: {} {}", answer.status, answer.text()))?;
    Ok(answer.json())
}

async fn page_of(server: &Server, path: &str, list: &str) -> Result<Vec<Value>, String> {
    Ok(page(server, path).await?[list].as_array().ok_or("no list")?.clone())
}

fn ids(page: &Value, list: &str) -> Vec<u64> {
    let items = page[list].as_array().map(Vec::as_slice).unwrap_or_default();
    items.iter().filter_map(|it| it["id"].as_u64()).collect()
}
