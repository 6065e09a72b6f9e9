//! The OpenAPI description of Flitt's operations.

use serde_json::{Value, json};

use super::fidelity;
use super::{TOKEN, filters, reports};
use crate::providers::operation::{
    Listing, Operation, Proof, Shape, closed, integer, list, open, same, text, with_optional,
};
use crate::wire::rows::Layout;

pub(super) const OPERATIONS: &[Operation] = &[
    Operation {
        name: "token",
        method: "POST",
        path: TOKEN,
        does: "issues a token for the signature of an application",
        proof: Proof::Request,
        shape: token,
        fidelity: fidelity::TOKEN,
        listing: None,
    },
    Operation {
        name: "report",
        method: "POST",
        path: "/api/extend/company/report/",
        does: "returns a page of a report",
        proof: Proof::Token,
        shape: report,
        fidelity: fidelity::REPORT,
        listing: Some(&Listing {
            layouts: &[Layout::Json {
                rows: "data",
                counts: &["rows_count"],
                names: Some("fields"),
            }],
            has_pages: true,
            has_range: true,
            is_prepared: false,
        }),
    },
];

const JSON: &str = "application/json";

/// The schema of a member that may be text or a number.
fn word() -> Value {
    json!({"type": ["string", "integer"]})
}

fn token() -> Shape {
    let body = open(&[
        ("application_id", word()),
        ("date", word()),
        ("signature", json!({"type": "string", "pattern": "^[0-9a-f]{128}$"})),
    ]);
    let issued =
        closed(open(&[("request_id", text()), ("token", text()), ("expires_in", integer())]));
    let refused = closed(open(&[
        ("error_code", integer()),
        ("error_message", text()),
        ("request_id", text()),
    ]));
    // `refused` has the status 200 only with the quirk `flitt.token-errors-200`.
    let mut answers = vec![(200, JSON, json!({"anyOf": [issued, refused]}))];
    answers.extend(same(&[400, 403, 405, 408, 413, 429, 500], JSON, &refused));
    Shape { body: Some(body), answers, ..Shape::default() }
}

fn report() -> Shape {
    let ids: Vec<i64> = reports::EXAMPLES.iter().map(|it| it.0).collect();
    let value = json!({"type": ["string", "number", "boolean", "array", "null"], "items": word()});
    let operands: Vec<&str> = filters::OPERANDS.iter().map(|it| it.0).collect();
    let filter = with_optional(&[("s", text()), ("m", json!({"enum": operands}))], &[("v", value)]);
    let body = with_optional(
        &[("merchant_id", word()), ("report_id", json!({"enum": ids}))],
        &[("on_page", integer()), ("page", integer()), ("filters", list(&filter))],
    );
    let page = closed(open(&[
        ("data", list(&list(&json!({"type": ["string", "number", "null"]})))),
        ("rows_count", integer()),
        ("fields", list(&text())),
        ("rows_page", integer()),
        ("rows_on_page", integer()),
    ]));
    // Errors have the status 200 too; clients recognize them by the keys of the body.
    let refused = closed(open(&[("error", text()), ("err_code", text())]));
    let whole = json!({"anyOf": [page, refused]});
    // `text/html` only with the quirk `flitt.html-content-type`.
    let mut answers = vec![(200, JSON, whole), (200, "text/html", text())];
    answers.extend(same(&[400, 405, 408, 413, 429, 500], JSON, &refused));
    Shape { body: Some(body), answers, ..Shape::default() }
}
