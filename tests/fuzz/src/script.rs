//! Inputs that are requests. Such an input looks like requests look on the wire:
//!
//! ```text
//! POST /api/reports
//! Authorization: Basic …
//! Sign: payfort
//!
//! {"report_params":…}
//! %%%
//! GET /_admin/journal
//! ```
//!
//! `Sign` has the body signed anew, because no fuzzer finds a hash; `$TOKEN`, `$id` and `$file` become what
//! the answers before told (see [`TOLD`]). What cannot be a request is left out.

use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue, Method, Uri};
use sandtill::providers::{self, SignOptions};
use serde_json::{Map, Value};

use super::bench::{Answer, Bench, is_too_large};
use super::oracle;

/// Requests of an input at most; more find nothing that these do not.
const MAX_REQUESTS: usize = 8;

/// Where one request ends and the next begins.
const END: &[u8] = b"\n%%%\n";

/// Names in an input, and the members of answers that take their place.
const TOLD: [(&str, &str); 3] =
    [("$TOKEN", "token"), ("$id", "report_id"), ("$file", "report_uri")];

/// A request of an input.
pub(crate) struct Written<'a> {
    method: Method,
    pub(crate) uri: Uri,
    headers: Vec<(HeaderName, HeaderValue)>,
    body: &'a [u8],
}

fn split<'a>(data: &'a [u8], at: &[u8]) -> (&'a [u8], &'a [u8]) {
    match data.windows(at.len()).position(|window| window == at) {
        Some(found) => (&data[..found], &data[found + at.len()..]),
        None => (data, &[]),
    }
}

fn pieces(mut data: &[u8]) -> impl Iterator<Item = &[u8]> {
    std::iter::from_fn(move || {
        (!data.is_empty()).then(|| {
            let (piece, rest) = split(data, END);
            data = rest;
            piece
        })
    })
}

impl<'a> Written<'a> {
    fn read(text: &'a [u8]) -> Option<Self> {
        let (head, body) = split(text, b"\n\n");
        let mut lines = head.split(|byte| *byte == b'\n');
        let (method, target) = split(lines.next()?, b" ");
        let method = Method::from_bytes(method).ok()?;
        let uri = Uri::try_from(target).ok()?;
        let header = |line: &[u8]| {
            let (name, value) = split(line, b": ");
            Some((HeaderName::from_bytes(name).ok()?, HeaderValue::from_bytes(value).ok()?))
        };
        let headers = lines.filter_map(header).collect();
        Some(Self { method, uri, headers, body })
    }

    fn sends(&self, slug: &str) -> bool {
        self.headers.iter().any(|(name, value)| name == "sign" && value == slug)
    }

    /// The request as it is sent.
    fn request(&self, bench: &Bench) -> Option<Request> {
        let mut body = self.body.to_vec();
        for provider in providers::ALL.iter().filter(|it| self.sends(it.slug)) {
            let sign = provider.sign?;
            let mut fields: Map<String, Value> = serde_json::from_slice(&body).ok()?;
            if let Ok(signed) = sign(&bench.scenario(), &body, &SignOptions::default()) {
                fields.insert("signature".to_owned(), signed.signature.into());
                body = Value::Object(fields).to_string().into_bytes();
            }
        }
        let mut request = Request::new(Body::from(body));
        *request.method_mut() = self.method.clone();
        *request.uri_mut() = self.uri.clone();
        for (name, value) in self.headers.iter().filter(|it| it.0 != "sign") {
            request.headers_mut().append(name, value.clone());
        }
        Some(request)
    }
}

/// A text with values in place of names.
fn filled(text: &[u8], known_values: &[(&str, String)]) -> Vec<u8> {
    let mut filled = text.to_vec();
    for (name, value) in known_values.iter().rev() {
        let (mut text, mut next) = (filled.as_slice(), Vec::new());
        while let Some(at) = text.windows(name.len()).position(|it| it == name.as_bytes()) {
            next.extend_from_slice(&text[..at]);
            next.extend_from_slice(value.as_bytes());
            text = &text[at + name.len()..];
        }
        next.extend_from_slice(text);
        filled = next;
    }
    filled
}

/// What an answer told, as inputs name it. Of a URL the path counts.
fn known_values(answer: &Answer) -> Vec<(&'static str, String)> {
    let known_values = answer.json();
    let value = |member: &str| match known_values.get(member)? {
        Value::String(text) => {
            let path = text.split_once("://").and_then(|it| it.1.find('/').map(|at| &it.1[at..]));
            Some(path.unwrap_or(text).to_owned())
        }
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    };
    TOLD.iter().filter_map(|(name, member)| Some((*name, value(member)?))).collect()
}

/// Sends the requests of an input and judges each answer. Returns what must be equal when the same is sent
/// to an equal world: the answers of providers.
fn play(bench: &Bench, data: &[u8]) -> Vec<(u16, String)> {
    let (mut known, mut answers) = (Vec::new(), Vec::new());
    for text in pieces(data).take(MAX_REQUESTS) {
        let text = &filled(text, &known);
        let Some(written) = Written::read(text) else { continue };
        let path = written.uri.path();
        let is_ours = path.contains("/_admin");
        if is_ours && (is_too_large(text) || path.ends_with("/snapshot")) {
            continue;
        }
        let Some(request) = written.request(bench) else { continue };
        let answer = bench.ask(request);
        oracle::judge(bench, &written.uri, &answer);
        known.extend(known_values(&answer));
        if !answer.header("sandtill-journal").is_empty() {
            answers.push((answer.status, answer.text()));
        }
    }
    answers
}

/// Requests to a provider; admin calls between them move the clock and make things happen.
pub(crate) fn provider(data: &[u8]) {
    Bench::run(|bench| {
        let first = play(bench, data);
        oracle::journal(bench);
        // An eighth of the inputs is sent twice.
        if data.len().is_multiple_of(8) {
            bench.begin();
            assert_eq!(first, play(bench, data), "the same requests to an equal world");
        }
    });
}

/// Calls of the admin API, with requests of providers between them.
pub(crate) fn admin(data: &[u8]) {
    Bench::run(|bench| {
        play(bench, data);
        oracle::journal(bench);
        let answer = bench.send("GET", "/_admin/snapshot", &[], "");
        assert_eq!(answer.status, 200, "{}", answer.text());
        let again = bench.send("PUT", "/_admin/snapshot", &[], answer.body);
        assert_eq!(again.status, 200, "our own snapshot: {}", again.text());
    });
}

/// Forms of the pages. Input that has `<fuzz` must not come back as markup.
pub(crate) fn pages(data: &[u8]) {
    Bench::run(|bench| {
        play(bench, data);
        for path in ["", "journal", "journal/1", "faults", "callbacks", "spaces", "scenario"] {
            let path = format!("/_admin/ui/{path}");
            let answer = bench.send("GET", &path, &[("Accept", "text/html")], "");
            oracle::judge(bench, &Uri::try_from(path).expect("a path"), &answer);
        }
    });
}

/// The number of a Flitt report on the first line, filters as JSON below it.
pub(crate) fn flitt_filters(data: &[u8]) {
    let (report, filters) = split(data, b"\n");
    let mut input = b"POST /authorizer/token/application/get\nSign: flitt\n\n\
        {\"application_id\":\"2024\",\"date\":\"2026-03-14 12:00:00\"}\n%%%\n\
        POST /api/extend/company/report/\nAuthorization: Token $TOKEN\n\n\
        {\"on_page\":5,\"page\":1,\"merchant_id\":1549999,\"report_id\":"
        .to_vec();
    input.extend_from_slice(report);
    input.extend_from_slice(b",\"filters\":");
    input.extend_from_slice(filters);
    input.push(b'}');
    provider(&input);
}

/// The query on the first line, an import as CSV or JSON below it.
pub(crate) fn reconcile(data: &[u8]) {
    let (query, body) = split(data, b"\n");
    let Ok(query) = std::str::from_utf8(query) else { return };
    let Ok(uri) = Uri::try_from(format!("/_admin/reconcile?{query}")) else { return };
    Bench::run(|bench| {
        let ask = |format: &str| {
            let path = format!("{uri}{format}");
            let path = Uri::try_from(path).ok()?;
            let answer = bench.send("POST", &path.to_string(), &[], body.to_vec());
            oracle::judge(bench, &path, &answer);
            Some(answer)
        };
        let Some(answer) = ask("") else { return };
        if answer.status != 200 || answer.header("content-type") != "application/json" {
            return;
        }
        check_findings(&answer);
        for format in ["csv", "junit", "table"] {
            let other = ask(&format!("&format={format}"));
            let breaks = other.filter(|it| it.status == 200);
            let breaks = breaks.map(|it| it.header("sandtill-breaks").to_owned());
            let same = breaks.is_none_or(|it| it == answer.header("sandtill-breaks"));
            assert!(same, "{format} has as many breaks as JSON");
        }
    });
}

/// The numbers of findings fit each other.
fn check_findings(answer: &Answer) {
    let found = answer.json();
    let number = |value: &Value| value.as_u64().expect("a number");
    let counts = found["counts"].as_array().expect("a list");
    let wrong = counts.iter().filter(|it| it["kind"] != "expected");
    let breaks: u64 = wrong.map(|it| number(&it["count"])).sum();
    assert_eq!(number(&found["breaks"]), breaks, "{found}");
    assert_eq!(found["ok"], breaks == 0, "{found}");
    let all: u64 = counts.iter().map(|it| number(&it["count"])).sum();
    let listed = found["findings"].as_array().expect("a list").len() as u64;
    assert!(listed == all || found["truncated"] == true && listed < all, "{found}");
}
