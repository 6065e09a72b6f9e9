//! Checks that a right importer of any provider has nothing wrong, in any world and whatever is done by hand.

use jiff::ToSpan;
use jiff::civil::Date;
use sandtill::providers;
use serde_json::json;

use super::always;
use super::world::world;
use crate::support::Server;
use crate::truth::importers::{import, reconcile};

/// Imports from every provider what has happened before today, and has it compared with the truth.
pub(super) async fn nothing_is_wrong(server: &Server, merchant: &str, first: Date) {
    for provider in providers::ALL {
        let now = server.space().moment().now.to_zoned(jiff::tz::TimeZone::UTC).date();
        let days = (first - 3.days(), now - 1.day());
        if days.0 > days.1 {
            continue;
        }
        let rows = import(server, provider.slug, merchant, days).await;
        let found = reconcile(server, provider.slug, merchant, (days, &rows)).await;
        assert_eq!(found["findings"], json!([]), "{} {days:?}", provider.slug);
        assert_eq!((&found["rows"], &found["ok"]), (&found["expected_rows"], &json!(true)));
        assert_eq!(found["rows"], rows.len());
    }
}

#[test]
fn right_importers_of_two_hundred_worlds_have_nothing_wrong() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    always(200, &world(), |world| {
        runtime.block_on(async {
            let server = world.serve().await;
            nothing_is_wrong(&server, "everywhere", world.first()).await;
        });
    });
}
