//! An answer without rows says in its journal entry why it has none.

use jiff::civil::{Date, date};
use serde_json::json;

use super::{SLUGS, days, lag, reported, serve};
use crate::support::Server;

/// The notes of the answers of a provider to a query for these days, which has no rows.
async fn notes(server: &Server, slug: &str, first: Date, last: Date) -> Vec<String> {
    server.did("DELETE", "/journal", "").await;
    assert_eq!(reported(server, slug, days(first, last)).await, [], "{slug}");
    let journal = server.did("GET", &format!("/journal?provider={slug}"), "").await;
    let entries = journal["entries"].as_array().unwrap();
    entries.iter().filter_map(|it| it["note"].as_str().map(str::to_owned)).collect()
}

#[tokio::test]
async fn a_range_outside_the_ledger_is_named_at_every_provider() {
    let server = serve().await;
    for slug in SLUGS {
        let before = notes(&server, slug, date(2025, 3, 1), date(2025, 3, 2)).await;
        // The window of the scenario is 90 days.
        let named = |note: &String| note.contains("the ledger begins at 2025-12-14");
        assert!(!before.is_empty() && before.iter().all(named), "{slug}: {before:?}");
        if slug == "wepay" {
            // A report of the future is prepared once its end has come.
            continue;
        }
        let after = notes(&server, slug, date(2026, 5, 1), date(2026, 5, 2)).await;
        let named = |note: &String| note.contains("the clock of the space is at 2026-03-14");
        assert!(!after.is_empty() && after.iter().all(named), "{slug}: {after:?}");
    }
}

#[tokio::test]
async fn a_range_that_the_lag_covers_is_named_at_every_provider() {
    let server = serve().await;
    for slug in SLUGS {
        let query = (date(2026, 3, 12), date(2026, 3, 13));
        lag(&server, slug, &json!({"lag": "200h", "jitter": "30m"})).await;
        let late = notes(&server, slug, query.0, query.1).await;
        let named = |note: &String| {
            note.contains(&format!("the reports of {slug} are late: lag 200h, jitter 30m"))
        };
        assert!(!late.is_empty() && late.iter().all(named), "{slug}: {late:?}");
    }
}
