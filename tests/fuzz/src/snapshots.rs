//! Snapshots whose checksum is right: whatever is taken can be used and taken anew.

use axum::http::Uri;
use sandtill::sandbox::digest;
use serde_json::{Value, json};

use super::bench::{Bench, is_too_large};
use super::oracle;

/// What is asked of a restored space.
const ASKED: &[&str] = &[
    "clock",
    "transactions?limit=3",
    "deposits?limit=3",
    "reports",
    "callbacks",
    "faults",
    "history?limit=3",
    "ui/clock",
];

/// The state of a snapshot, as JSON.
pub(crate) fn run(data: &[u8]) {
    let Ok(state) = serde_json::from_slice::<Value>(data) else { return };
    let whole = state.to_string();
    if is_too_large(whole.replace("\"volume\":5,", "").as_bytes()) {
        return;
    }
    let checksum = digest::sha256(whole.as_bytes());
    let document = json!({"sandtill_snapshot": 3, "checksum": checksum, "state": state});
    Bench::run(|bench| {
        let put = |body: String| bench.send("PUT", "/@s/_admin/snapshot", &[], body);
        let answer = put(document.to_string());
        oracle::judge(bench, &Uri::from_static("/_admin/snapshot"), &answer);
        if answer.status != 200 {
            return;
        }
        for path in ASKED {
            let path = format!("/@s/_admin/{path}");
            let answer = bench.send("GET", &path, &[], "");
            assert_eq!(answer.status, 200, "{path}: {}", answer.text());
            oracle::judge(bench, &Uri::try_from(path).expect("a path"), &answer);
        }
        let advanced =
            bench.send("POST", "/@s/_admin/clock/advance", &[], r#"{"by":"36h"}"#.to_owned());
        oracle::judge(bench, &Uri::from_static("/_admin/clock/advance"), &advanced);
        let taken = bench.send("GET", "/@s/_admin/snapshot", &[], "");
        assert_eq!(taken.status, 200, "{}", taken.text());
        let again = put(taken.text());
        assert_eq!(again.status, 200, "a snapshot of what was restored: {}", again.text());
    });
}
