//! What the vendor's page shows.

use super::sample_rows::SAMPLES;
use super::{TERMINAL_1, ask};
use crate::support::{NOON, Server};

/// Dates that truly select the row of a sample; those of the page miss some of their own rows.
fn dates(report: &str) -> (&'static str, &'static str) {
    match report {
        "batches" => ("2017-08-05", "2017-08-15"),
        "achrejects" => ("2017-08-11", "2017-08-22"),
        "deposits" | "deposits-detail" => ("2017-08-07", "2017-08-22"),
        _ => ("2018-04-01", "2018-04-30"),
    }
}

#[tokio::test]
async fn the_sample_requests_get_the_sample_rows() {
    let server = Server::frozen("docs-samples", NOON).await;
    for (report, row) in SAMPLES {
        let (start, end) = dates(report);
        let answer = ask(&server, TERMINAL_1, report, start, end).await;
        let expected = format!(
            r#"{{"result":{{"filters":{{"start_date":"{start}","end_date":"{end}"}},"record_count":1,"data":[{row}]}},"status":{{"response_code":"Received","reason_code":"","reason_text":""}}}}"#
        );
        assert_eq!(answer.text(), expected, "{report}");
    }
}

#[tokio::test]
async fn samples_outside_their_own_filters_are_not_shown() {
    let server = Server::frozen("docs-samples", NOON).await;
    for report in ["achrejects", "deposits", "deposits-detail"] {
        let answer = ask(&server, TERMINAL_1, report, "2017-08-12", "2017-08-22").await;
        let expected = r#"{"result":{"filters":{"start_date":"2017-08-12","end_date":"2017-08-22"},"record_count":0,"data":[]},"status":{"response_code":"Received","reason_code":"","reason_text":""}}"#;
        assert_eq!(answer.text(), expected, "{report}");
    }
}
