//! PayFort from outside, through a client of its own that signs as the vendor's page says.

mod at_once;
mod books;
mod life;
mod refusals;
pub(crate) mod rows;
mod samples;
mod signature;

use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256, Sha512};

use crate::support::{Answer, NOON, Server, scenario};

pub(crate) const PATH: &str = "/FortAPI/reportingApi";

/// A merchant's credentials.
#[derive(Clone, Copy)]
pub(crate) struct Client {
    pub(crate) identifier: &'static str,
    pub(crate) access_code: &'static str,
    pub(crate) hash: &'static str,
    pub(crate) request_phrase: &'static str,
    pub(crate) response_phrase: &'static str,
}

pub(crate) const HOME: Client = Client {
    identifier: "CycHZxVj",
    access_code: "zx0IPmPy5jp1vAz8Kpg7",
    hash: "sha256",
    request_phrase: "sandtill-request",
    response_phrase: "sandtill-response",
};

pub(crate) const EVERYWHERE: Client = Client {
    identifier: "EvryWhre",
    access_code: "everywhereAccess0001",
    hash: "sha512",
    request_phrase: "everywhere-request",
    response_phrase: "everywhere-response",
};

/// `String.valueOf` of Java.
fn java(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => {
            format!("[{}]", items.iter().map(java).collect::<Vec<_>>().join(", "))
        }
        Value::Object(members) => {
            let members = members.iter().map(|(name, value)| format!("{name}={}", java(value)));
            format!("{{{}}}", members.collect::<Vec<_>>().join(", "))
        }
        other => other.to_string(),
    }
}

pub(crate) fn string(fields: &Map<String, Value>, phrase: &str) -> String {
    let mut names: Vec<&String> = fields.keys().filter(|name| *name != "signature").collect();
    names.sort();
    let pairs: String =
        names.iter().map(|name| format!("{name}={}", java(&fields[*name]))).collect();
    format!("{phrase}{pairs}{phrase}")
}

pub(crate) fn hash(kind: &str, phrase: &str, string: &str) -> String {
    match kind {
        "sha256" => hex::encode(Sha256::digest(string)),
        "sha512" => hex::encode(Sha512::digest(string)),
        "hmac-sha256" => {
            let mac = Hmac::<Sha256>::new_from_slice(phrase.as_bytes()).unwrap();
            hex::encode(mac.chain_update(string).finalize().into_bytes())
        }
        "hmac-sha512" => {
            let mac = Hmac::<Sha512>::new_from_slice(phrase.as_bytes()).unwrap();
            hex::encode(mac.chain_update(string).finalize().into_bytes())
        }
        other => panic!("{other}"),
    }
}

/// A server whose only merchant is that of [`HOME`] with this hash.
pub(crate) async fn signing_with(hash: &str) -> Server {
    Server::with(scenario(&format!(
        "[clock]\nmode = \"frozen\"\nnow = \"{NOON}\"\n[[merchant]]\nname = \"m\"\n\
         [[merchant.credentials.payfort]]\nmerchant_identifier = \"CycHZxVj\"\n\
         access_code = \"zx0IPmPy5jp1vAz8Kpg7\"\nhash = \"{hash}\"\n\
         request_phrase = \"sandtill-request\"\nresponse_phrase = \"sandtill-response\"\n"
    )))
    .await
}

impl Client {
    /// The request with this merchant's signature.
    pub(crate) fn signed(&self, request: &Value) -> Value {
        let mut fields = request.as_object().unwrap().clone();
        let string = string(&fields, self.request_phrase);
        fields.insert("signature".into(), hash(self.hash, self.request_phrase, &string).into());
        Value::Object(fields)
    }

    /// `GENERATE_REPORT` of two columns over March 2026, unsigned.
    pub(crate) fn generate(&self, reference: &str) -> Value {
        json!({
            "query_command": "GENERATE_REPORT",
            "access_code": self.access_code,
            "merchant_identifier": self.identifier,
            "merchant_reference": reference,
            "from_date": "2026-03-01T00:00:00+00:00",
            "to_date": "2026-03-31T23:59:59+00:00",
            "columns": ["fort_id", "amount"],
        })
    }

    /// `DOWNLOAD_REPORT`, unsigned.
    pub(crate) fn download(&self, reference: &str) -> Value {
        json!({
            "query_command": "DOWNLOAD_REPORT",
            "access_code": self.access_code,
            "merchant_identifier": self.identifier,
            "merchant_reference": reference,
        })
    }

    /// Signs and sends.
    pub(crate) async fn ask(&self, server: &Server, request: &Value) -> Answer {
        send(server, &self.signed(request)).await
    }

    /// Creates a report, advances the clock until it is ready, downloads it and returns its rows.
    pub(crate) async fn rows(&self, server: &Server, request: &Value) -> Vec<Value> {
        let answer = self.ask(server, request).await;
        assert_eq!(answer.json()["response_code"], "56000", "{}", answer.text());
        pass(server, 2);
        let reference = request["merchant_reference"].as_str().unwrap();
        let report = self.ask(server, &self.download(reference)).await.json();
        let rows = report[1].as_array().unwrap_or_else(|| panic!("{report}")).clone();
        assert_eq!(report[0], json!({"data_count": rows.len()}));
        rows
    }

    /// That an answer's signature covers exactly what else it holds.
    #[track_caller]
    pub(crate) fn verify(&self, answer: &Value) {
        let fields = answer.as_object().unwrap();
        let string = string(fields, self.response_phrase);
        assert_eq!(fields["signature"], hash(self.hash, self.response_phrase, &string));
    }
}

pub(crate) async fn send(server: &Server, request: &Value) -> Answer {
    let headers = [("Content-Type", "application/json")];
    server.send("POST", PATH, &headers, request.to_string()).await
}

/// With another value for a field; without the field for `null`.
pub(crate) fn with(request: &Value, field: &str, value: Value) -> Value {
    let mut request = request.clone();
    if value.is_null() {
        request.as_object_mut().unwrap().remove(field);
    } else {
        request[field] = value;
    }
    request
}

/// Advances the clock of the default space.
pub(crate) fn pass(server: &Server, seconds: i64) {
    let space = server.space();
    crate::support::jump(&space, space.moment().now + jiff::SignedDuration::from_secs(seconds));
}
