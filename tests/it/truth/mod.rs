//! Tests of the truth, of reconciliation and of coverage, each with importers that read the wire alone.

mod certify;
mod command;
mod coverage;
pub(crate) mod importers;
mod lagging;
mod mistakes;
mod outside;
mod packs;
mod reading;
mod sums;

use jiff::civil::{Date, date};
use sandtill::providers;

use self::importers::{import, reconcile};
use crate::support::{NOON, Server, frozen};

/// Days of the default window whose rows are all visible.
pub(crate) const DAYS: (Date, Date) = (date(2026, 3, 1), date(2026, 3, 13));

#[tokio::test]
async fn right_imports_of_the_built_in_scenarios_have_nothing_wrong() {
    for name in ["default", "empty", "paging", "settlement", "unicode"] {
        for provider in providers::ALL {
            for merchant in [provider.slug, "everywhere"] {
                let mut scenario = frozen(name, NOON);
                let latency =
                    sandtill::sandbox::scenario::SettingValue::Duration(Default::default());
                scenario.settings.insert("wepay.latency_transactions".to_owned(), latency);
                let server = Server::with(scenario).await;
                let now = server.space().moment().now.to_zoned(jiff::tz::TimeZone::UTC).date();
                let days =
                    (now.saturating_sub(jiff::Span::new().days(40)), now.yesterday().unwrap());
                let rows = import(&server, provider.slug, merchant, days).await;
                let found = reconcile(&server, provider.slug, merchant, (days, &rows)).await;
                assert_eq!(found["findings"], serde_json::json!([]), "{name} {merchant}: {found}");
                assert_eq!(found["ok"], true);
                assert_eq!(found["rows"], found["expected_rows"]);
                assert!(name == "empty" || rows.len() > 20, "{name} {merchant}: {}", rows.len());
            }
        }
    }
}
