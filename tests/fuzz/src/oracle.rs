//! What has to hold for every answer, whatever was asked.

use axum::http::Uri;
use sandtill::sandbox::journal::Outcome;
use serde::de::IgnoredAny;

use super::bench::{Answer, Bench};

/// Judges an answer.
pub(crate) fn judge(bench: &Bench, uri: &Uri, answer: &Answer) {
    let entry = bench.entry(answer);
    let is_faulted = entry.as_ref().is_some_and(|it| it.outcome == Outcome::Faulted);
    if is_faulted {
        return;
    }
    let status = answer.status;
    // WePay answers a call that it does not have with 501.
    let is_documented = status == 501 && entry.as_ref().is_some_and(|it| it.provider == "wepay");
    assert!(status < 500 || is_documented, "{uri} gives {status}: {}", answer.text());
    assert!(answer.is_whole, "{uri}: the body breaks off");
    if let Some(entry) = &entry {
        assert_eq!(entry.status, status, "{uri}: the entry tells another status");
        let is_refused = entry.outcome == Outcome::Refused;
        assert_eq!(is_refused, entry.note.reason.is_some(), "{uri}: a refusal has a reason");
    }
    let is_ours = uri.path().contains("/_admin") || uri.path().contains("/@");
    let is_probe = matches!(uri.path(), "/healthz" | "/readyz" | "/");
    let has_entry = entry.is_some() || is_ours || is_probe || (300..500).contains(&status);
    assert!(has_entry, "{uri} gives {status} without a journal entry");
    body(uri, answer);
}

/// The body is what its content type says.
fn body(uri: &Uri, answer: &Answer) {
    let kind = answer.header("content-type");
    let text = answer.text();
    if answer.body.is_empty() {
        return;
    }
    if kind.contains("json") {
        let read = serde_json::from_slice::<IgnoredAny>(&answer.body);
        assert!(read.is_ok(), "{uri}: {read:?} in {text}");
    } else if kind.contains("xml") && !kind.contains("svg") {
        let read = roxmltree::Document::parse(&text);
        assert!(read.is_ok(), "{uri}: {read:?} in {text}");
    } else if kind.contains("csv") {
        let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(&*answer.body);
        let wrong = reader.records().find_map(Result::err);
        assert!(wrong.is_none(), "{uri}: {wrong:?} in {text}");
    } else if kind.contains("html") && uri.path().contains("/_admin") {
        assert!(text.starts_with("<!DOCTYPE html>"), "{uri}: {text}");
        assert!(!text.contains("<fuzz"), "{uri}: the input is markup in {text}");
    }
}

/// The journal can be read in both its forms.
pub(crate) fn journal(bench: &Bench) {
    for path in ["/_admin/journal", "/_admin/journal?as=har", "/_admin/coverage"] {
        let answer = bench.send("GET", path, &[], "");
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
        body(&Uri::from_static(path), &answer);
    }
    let entries = bench.spaces.default_space().journal.entries();
    for entry in entries.iter().rev().take(2) {
        let path = format!("/_admin/journal/{}", entry.id);
        let answer = bench.send("GET", &path, &[], "");
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
        assert!(!answer.json().is_null(), "{path}: {}", answer.text());
    }
}
