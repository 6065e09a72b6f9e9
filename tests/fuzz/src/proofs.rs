//! Proofs of identity: whoever has none is let in nowhere, and what is wrong can always be told.

use axum::http::{HeaderValue, Uri};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use super::bench::Bench;
use super::oracle;

/// A request that is answered to whoever may ask, and who that is.
struct Door {
    path: &'static str,
    body: &'static str,
    scheme: &'static str,
    /// The texts behind the scheme; those of Basic before they are encoded.
    keys: &'static [&'static str],
}

const DOORS: [Door; 4] = [
    Door {
        path: "/api/reports",
        body: r#"{"report_params":{"date_type":"created_at","from":"2026-03-10 00:00:00","to":"2026-03-11 00:00:00","status":"all","payment_method_type":"credit_card","time_zone":"UTC"}}"#,
        scheme: "basic",
        keys: &["1:sandtill-shop-secret", "2:everywhere-shop-secret"],
    },
    Door {
        path: "/reporting/v1/GetReport/trxnactivity",
        body: r#"{"start_date":"2026-03-10","end_date":"2026-03-11"}"#,
        scheme: "basic",
        keys: &[
            "sandtill-terminal-1:sandtill-password-1",
            "sandtill-terminal-2:sandtill-password-2",
            "everywhere-terminal:everywhere-password",
        ],
    },
    Door {
        path: "/v2/user",
        body: "{}",
        scheme: "bearer",
        keys: &["STAGE_sandtill", "STAGE_everywhere"],
    },
    Door { path: "/api/extend/company/report/", body: "{}", scheme: "token", keys: &[] },
];

impl Door {
    /// Whether a header proves who asks, read by the letter of RFC 9110 and RFC 7617.
    fn opens(&self, header: &HeaderValue) -> bool {
        let text = String::from_utf8_lossy(header.as_bytes()).into_owned();
        let Some((scheme, key)) = text.split_once(' ') else { return false };
        let key = key.trim();
        let given = match self.scheme {
            "basic" => STANDARD.decode(key).unwrap_or_default(),
            _ => key.as_bytes().to_vec(),
        };
        scheme.eq_ignore_ascii_case(self.scheme)
            && self.keys.iter().any(|known| known.as_bytes() == given)
    }
}

/// The first byte chooses the provider, the rest is the header `Authorization`.
pub(crate) fn credentials(data: &[u8]) {
    let Some((first, value)) = data.split_first() else { return };
    let Ok(value) = HeaderValue::from_bytes(value) else { return };
    let door = &DOORS[usize::from(*first) % DOORS.len()];
    Bench::run(|bench| {
        let mut request = axum::extract::Request::new(door.body.into());
        *request.method_mut() = axum::http::Method::POST;
        *request.uri_mut() = Uri::from_static(door.path);
        request.headers_mut().insert("x-api-version", HeaderValue::from_static("3"));
        let json = HeaderValue::from_static("application/json");
        request.headers_mut().insert("content-type", json);
        request.headers_mut().insert("authorization", value.clone());
        let answer = bench.ask(request);
        oracle::judge(bench, &Uri::from_static(door.path), &answer);
        let entry = bench.entry(&answer).expect("a provider's answer has an entry");
        let is_refused = entry.note.reason.is_some();
        assert!(is_refused || door.opens(&value), "{value:?} opens {}", door.path);
        assert!(!(is_refused && door.opens(&value)), "{value:?}: {:?}", entry.note.reason);
        oracle::journal(bench);
    });
}

/// The provider by the first byte, then a body, the string that a client signed, and its signature, each on
/// lines of its own and parted by `%%%`.
pub(crate) fn signatures(data: &[u8]) {
    let Some((first, text)) = data.split_first() else { return };
    let (provider, path) = match first % 2 {
        0 => ("payfort", "/FortAPI/reportingApi"),
        _ => ("flitt", "/authorizer/token/application/get"),
    };
    let text = String::from_utf8_lossy(text);
    let mut parts = text.split("\n%%%\n");
    let (request, string) = (parts.next().unwrap_or(""), parts.next());
    let question = json!({
        "provider": provider, "request": request, "string": string, "signature": parts.next(),
    });
    Bench::run(|bench| {
        for (path, body) in [("/_admin/diagnose", question.to_string()), (path, request.to_owned())]
        {
            let answer = bench.send("POST", path, &[], body);
            oracle::judge(bench, &Uri::from_static(path), &answer);
            let text = answer.text();
            for secret in ["sandtill-request", "everywhere-request", "everywhere-key"] {
                assert!(data_has(data, secret) || !text.contains(secret), "{secret} in {text}");
            }
        }
        oracle::journal(bench);
    });
}

fn data_has(data: &[u8], text: &str) -> bool {
    data.windows(text.len()).any(|window| window == text.as_bytes())
}
