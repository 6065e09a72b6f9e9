//! The operations of WePay in the OpenAPI description. They are documented as POST; GET with the parameters in the
//! query works too.

use serde_json::{Value, json};

use super::fidelity;
use crate::providers::fidelity::Fidelity;
use crate::providers::operation::{
    Listing, Operation, Proof, Shape, closed, flag, integer, list, number, open, same, text,
    text_or_null, with_optional,
};
use crate::wire::rows::Layout;

const fn call(
    name: &'static str,
    path: &'static str,
    does: &'static str,
    (shape, fidelity): (fn() -> Shape, Fidelity),
) -> Operation {
    let proof = Proof::Bearer;
    Operation { name, method: "POST", path, does, proof, shape, fidelity, listing: None }
}

pub(super) const OPERATIONS: &[Operation] = &[
    call(
        "report",
        "/v2/report",
        "returns the state of a report and the address of its file",
        (report, fidelity::REPORT),
    ),
    call("report/create", "/v2/report/create", "requests a report", (create, fidelity::CREATE)),
    Operation {
        proof: Proof::Request,
        ..call(
            "oauth2/token",
            "/v2/oauth2/token",
            "exchanges a code for the access token of an account",
            (token, fidelity::TOKEN),
        )
    },
    call("user", "/v2/user", "returns the user of the access token", (user, fidelity::USER)),
    call("account", "/v2/account", "returns one account", (one_account, fidelity::ACCOUNT)),
    Operation {
        listing: Some(&Listing { has_pages: false, ..LIST }),
        ..call(
            "account/find",
            "/v2/account/find",
            "lists the accounts of the user",
            (accounts, fidelity::ACCOUNT),
        )
    },
    call(
        "withdrawal",
        "/v2/withdrawal",
        "returns one withdrawal",
        (one_withdrawal, fidelity::WITHDRAWAL),
    ),
    Operation {
        listing: Some(&LIST),
        ..call(
            "withdrawal/find",
            "/v2/withdrawal/find",
            "lists the withdrawals of an account",
            (withdrawals, fidelity::WITHDRAWAL),
        )
    },
    Operation {
        name: "file",
        method: "GET",
        path: "/api/report/{report_id}/{secret}",
        does: "returns the file of a report, at its `report_uri`",
        proof: Proof::Request,
        shape: file,
        fidelity: fidelity::FILE,
        listing: Some(&Listing {
            layouts: &[Layout::Csv],
            has_pages: false,
            has_range: false,
            is_prepared: true,
        }),
    },
];

/// An answer that is an array of objects.
const LIST: Listing = Listing {
    layouts: &[Layout::Json { rows: "", counts: &[], names: None }],
    has_pages: true,
    has_range: false,
    is_prepared: false,
};

const JSON: &str = "application/json";

/// The shape of a call with this body and this answer, and the errors of every call.
fn shape(body: Value, answer: Value) -> Shape {
    let detail = json!({"type": "array", "items": {"type": "object"}});
    let refused = closed(with_optional(
        &[("error", text()), ("error_description", text()), ("error_code", integer())],
        // Since version 2018-08-29.
        &[("details", detail), ("documentation_url", text())],
    ));
    let mut answers = vec![(200, JSON, answer)];
    answers.extend(same(&[400, 401, 408, 413, 429, 500, 501], JSON, &refused));
    let version = json!({"enum": [
        "2014-01-08", "2015-08-15", "2015-09-09", "2015-11-18", "2016-06-22",
            "2016-08-10", "2016-12-07", "2017-02-01", "2017-05-31", "2018-08-29", "2019-04-03",
    ]});
    let header =
        json!({"name": "Api-Version", "in": "header", "required": false, "schema": version});
    Shape { parameters: vec![header], body: Some(body), answers, ..Shape::default() }
}

/// An id: a 64-bit integer, or its digits as text.
fn id() -> Value {
    json!({"anyOf": [
        {"type": "integer", "minimum": i64::MIN, "maximum": i64::MAX},
        {"type": "string", "pattern": "^-?[0-9]{1,18}$"},
    ]})
}

/// An optional parameter: absent, `null` and the empty text mean the same.
fn optional(schema: Value) -> Value {
    json!({"anyOf": [schema, {"type": "null"}, {"const": ""}]})
}

fn uri() -> Value {
    json!({
        "type": "string",
        "pattern": "^https?://[a-z0-9]{1,30}(\\.[a-z]{2,10})?(/[A-Za-z0-9_-]{0,20}){0,3}$",
        "maxLength": 255,
    })
}

fn a_report() -> Value {
    let options = with_optional(
        &[("start_time", integer()), ("end_time", integer())],
        &[("disable_email", flag())],
    );
    let nullable = || json!({"type": ["integer", "null"]});
    closed(open(&[
        ("report_id", integer()),
        ("user_id", integer()),
        ("resource", closed(open(&[("object_id", integer()), ("object_type", object_type())]))),
        ("type", json!({"enum": ["merchant_transactions", "reconciliation"]})),
        ("advanced_options", closed(options)),
        ("state", json!({"enum": ["new", "processing", "complete", "deleted", "failed"]})),
        ("request_time", integer()),
        ("expires_time", nullable()),
        ("callback_uri", text_or_null()),
        ("report_uri", text_or_null()),
    ]))
}

fn object_type() -> Value {
    json!({"enum": ["account", "withdrawal"]})
}

fn report() -> Shape {
    shape(open(&[("report_id", id())]), a_report())
}

fn create() -> Shape {
    let time = || optional(json!({"type": "integer", "minimum": 0, "maximum": 4_102_444_799_i64}));
    let options = json!({"anyOf": [
        {"type": "null"},
        {"type": "array", "maxItems": 0},
        with_optional(&[], &[("start_time", time()), ("end_time", time())]),
    ]});
    let of = |kind: &str, object: &str| {
        let object_type = json!({"const": object});
        let resource = open(&[("object_type", object_type), ("object_id", id())]);
        with_optional(
            &[("type", json!({"const": kind})), ("resource", resource), ("callback_uri", uri())],
            &[("advanced_options", options.clone())],
        )
    };
    let body = json!({"oneOf": [
        of("merchant_transactions", "account"), of("reconciliation", "withdrawal"),
    ]});
    shape(body, a_report())
}

fn token() -> Shape {
    let body = open(&[
        ("client_id", id()),
        ("client_secret", json!({"type": "string", "minLength": 1})),
        ("redirect_uri", uri()),
        // The value is not checked.
        ("code", json!({"not": {"enum": [null, ""]}})),
    ]);
    let answer = closed(open(&[
        ("user_id", integer()),
        ("access_token", text()),
        ("token_type", json!({"const": "BEARER"})),
    ]));
    shape(body, answer)
}

fn user() -> Shape {
    let answer = closed(open(&[
        ("user_id", integer()),
        ("first_name", text()),
        ("last_name", text()),
        ("user_name", text()),
        ("email", text()),
        ("state", text()),
        ("callback_uri", text_or_null()),
    ]));
    Shape { body_is_optional: true, ..shape(json!({"type": "object"}), answer) }
}

fn account() -> Value {
    let balance = closed(open(&[
        ("currency", text()),
        ("balance", number()),
        ("incoming_pending_amount", number()),
        ("outgoing_pending_amount", number()),
        ("reserved_amount", number()),
        ("disputed_amount", number()),
        ("withdrawal_period", text()),
        ("withdrawal_type", text()),
        ("withdrawal_next_time", integer()),
        ("withdrawal_bank_name", text()),
    ]));
    let status = closed(open(&[
        ("currency", text()),
        ("incoming_payments_status", text()),
        ("outgoing_payments_status", text()),
        ("account_review_status", text()),
    ]));
    closed(open(&[
        ("account_id", integer()),
        ("name", text()),
        ("state", text()),
        ("description", text()),
        ("owner_user_id", integer()),
        ("reference_id", text_or_null()),
        ("type", text()),
        ("create_time", integer()),
        ("country", text()),
        ("currencies", list(&text())),
        ("balances", list(&balance)),
        ("statuses", list(&status)),
        ("action_reasons", list(&text())),
        ("disabled_reasons", list(&text())),
    ]))
}

fn one_account() -> Shape {
    shape(open(&[("account_id", id())]), account())
}

fn sort_order() -> Value {
    optional(json!({"enum": ["ASC", "DESC", "asc", "desc"]}))
}

fn accounts() -> Shape {
    let body = with_optional(
        &[],
        &[("name", text_or_null()), ("reference_id", text_or_null()), ("sort_order", sort_order())],
    );
    Shape { body_is_optional: true, ..shape(body, list(&account())) }
}

fn withdrawal() -> Value {
    let bank = [("name", text()), ("account_last_four", text()), ("note", text_or_null())];
    let times =
        [("create_time", integer()), ("capture_time", integer()), ("callback_uri", text_or_null())];
    closed(open(&[
        ("withdrawal_id", integer()),
        ("account_id", integer()),
        ("state", states()),
        ("amount", number()),
        ("currency", text()),
        ("type", text()),
        ("bank_data", closed(open(&bank))),
        ("check_data", json!({"type": "null"})),
        ("withdrawal_data", closed(open(&times))),
        ("in_review", flag()),
    ]))
}

fn states() -> Value {
    json!({"enum": ["new", "started", "captured", "failed"]})
}

fn one_withdrawal() -> Shape {
    shape(open(&[("withdrawal_id", id())]), withdrawal())
}

fn withdrawals() -> Shape {
    let count = |most: u32| optional(json!({"type": "integer", "minimum": 0, "maximum": most}));
    let body = with_optional(
        &[("account_id", id())],
        &[
            ("limit", count(1000)),
            ("start", count(1_000_000)),
            ("state", optional(states())),
            ("sort_order", sort_order()),
        ],
    );
    shape(body, list(&withdrawal()))
}

fn file() -> Shape {
    let part = |name: &str, schema: Value| json!({"name": name, "in": "path", "required": true, "schema": schema});
    Shape {
        parameters: vec![part("report_id", integer()), part("secret", text())],
        answers: vec![
            (200, "text/csv", text()),
            (404, "text/plain", text()),
            (405, "text/plain", text()),
        ],
        ..Shape::default()
    }
}
