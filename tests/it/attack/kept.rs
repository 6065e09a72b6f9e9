//! What spaces keep: every bound counts all that is kept, and says so when it is met.

use std::sync::Arc;

use reqwest::Method;
use sandtill::sandbox::Options;
use sandtill::sandbox::journal::{Entry, Journal, MAX_TEXT};
use serde_json::json;

use crate::support::{NOON, Server, frozen};

/// Bytes of all texts and bodies that an entry keeps.
fn kept(entry: &Entry) -> usize {
    let note = &entry.note;
    let texts = note.explanation.clone().map(|mut it| it.texts_mut().map(|it| it.len()).sum());
    let explanation: usize = texts.unwrap_or(0);
    let headers = entry.head.request().iter().chain(entry.head.answer().iter());
    entry.method.len()
        + entry.fault.as_ref().map_or(0, String::len)
        + note.merchant.iter().chain(&note.reason).map(String::len).sum::<usize>()
        + explanation
        + entry.head.target().len()
        + headers.map(|(name, value)| name.len() + value.len()).sum::<usize>()
        + entry.request_body.bytes.len()
        + entry.answer_body.body().bytes.len()
}

fn sum_of(journal: &Journal) -> usize {
    journal.entries().iter().map(|entry: &Arc<Entry>| kept(entry)).sum()
}

/// F9: the texts of a note and the method count, and are cut.
#[tokio::test]
async fn a_journal_counts_everything_that_it_keeps() {
    let server = Server::frozen("default", NOON).await;
    let long = "1".repeat(1_000_000);
    let token = "/authorizer/token/application/get";
    for name in ["date", "signature", "application_id"] {
        let mut body = json!({"application_id": "1019", "date": "x", "signature": "y"});
        body[name] = json!(long);
        for _ in 0..20 {
            server.send("POST", token, &[], body.to_string()).await;
        }
        let entry = server.last_entry();
        let note = &entry.note;
        let mut explanation = note.explanation.as_deref().cloned().unwrap_or_default();
        let texts = explanation.texts_mut().map(|it| it.len());
        let all = texts.chain(note.reason.as_ref().map(String::len));
        assert!(all.into_iter().all(|it| it <= MAX_TEXT + 64), "{name}");
    }
    let method = Method::from_bytes("M".repeat(10_000).as_bytes()).unwrap();
    server.send(method.as_str(), token, &[], "").await;
    assert!(server.last_entry().method.ends_with("(cut; 10000 bytes in all)"));
    let (entries, bytes) = server.space().journal.size();
    let sum = sum_of(&server.space().journal);
    assert_eq!(entries, 61);
    assert!(sum <= bytes && bytes <= sum + entries * 2048, "{sum} of {bytes}");
    assert!(bytes <= 8 * 1024 * 1024, "{bytes}");
}

/// The texts of an added row are bounded.
#[tokio::test]
async fn a_row_with_a_text_that_is_too_long_is_refused() {
    let server = Server::frozen("default", NOON).await;
    let wire = |length: usize| format!(r#"{{"x":"{}"}}"#, "x".repeat(length - 8));
    for (length, status) in [(4096, 201), (4097, 400)] {
        for member in [
            json!({"description": "é".repeat(length)}),
            json!({"order": "é".repeat(length)}),
            json!({"customer": {"first_name": "é".repeat(length)}}),
            json!({"customer": {"last_name": "é".repeat(length)}}),
            json!({"customer": {"email": "é".repeat(length)}}),
            json!({"wire": {"flitt": wire(4 * length)}}),
        ] {
            let mut row = json!({"merchant": "flitt", "amount": 100});
            row.as_object_mut().unwrap().extend(member.as_object().unwrap().clone());
            let answer = server.send("POST", "/_admin/transactions", &[], row.to_string()).await;
            assert_eq!(answer.status, status, "{}", answer.text());
            if status == 400 {
                let detail = answer.json()["detail"].to_string();
                assert!(detail.contains("characters; it must have at most"), "{detail}");
            }
        }
    }
}

/// F15: the journals of all spaces share one budget; a new space has room in it.
#[tokio::test]
async fn the_journals_of_all_spaces_have_one_bound() {
    let bound = 100_000;
    let options = Options { journal_bytes: Some(bound), ..Options::default() };
    let server = Server::started(frozen("empty", NOON), options).await;
    for space in 0..10 {
        for _ in 0..30 {
            server.send("GET", &format!("/@s{space}/v2/user"), &[], "").await;
        }
        let newest = server.spaces.find(&format!("s{space}")).unwrap();
        assert!(newest.journal.size().0 > 1);
        let total: usize = server.spaces.all().iter().map(|it| it.journal.size().1).sum();
        assert!(total <= bound, "{total}");
    }
    let sizes: Vec<usize> = server.spaces.all().iter().map(|it| it.journal.size().1).collect();
    assert!(sizes.iter().sum::<usize>() > bound - 4096, "{sizes:?}");
    server.spaces.drop_all();
    server.send("GET", "/v2/user", &[], "").await;
    assert_eq!(server.space().journal.size().0, 1);
}
