//! The operations of beGateway for the OpenAPI description.

use serde_json::{Value, json};

use super::column::{currency, object_schema};
use super::columns;
use super::fidelity;
use super::request;
use crate::providers::operation::{
    Listing, MONTH_DAY, Operation, Proof, Shape, closed, flag, integer, list, named, open, same,
    text, with_optional,
};
use crate::sandbox::money::Currency;
use crate::wire::rows::Layout;

pub(super) const OPERATIONS: &[Operation] = &[
    Operation {
        name: "reports",
        method: "POST",
        path: "/api/reports",
        does: "lists transactions: a page (X-Api-Version 3) or a day (2)",
        proof: Proof::Basic,
        shape: reports,
        fidelity: fidelity::REPORTS,
        listing: Some(&TRANSACTIONS),
    },
    Operation {
        name: "day",
        method: "POST",
        path: "/api/reports",
        does: "lists the transactions of a day (X-Api-Version 2)",
        proof: Proof::Basic,
        shape: reports,
        fidelity: fidelity::DAY,
        listing: Some(&Listing { has_pages: false, ..TRANSACTIONS }),
    },
    Operation {
        name: "count",
        method: "POST",
        path: "/api/reports/count",
        does: "counts transactions",
        proof: Proof::Basic,
        shape: count,
        fidelity: fidelity::COUNT,
        listing: None,
    },
    Operation {
        name: "channel_balances",
        method: "GET",
        path: "/shop/channel_balances/",
        does: "returns what is paid and not yet settled, by currency",
        proof: Proof::Basic,
        shape: balances,
        fidelity: fidelity::BALANCES,
        listing: None,
    },
];

const TRANSACTIONS: Listing = Listing {
    layouts: &[Layout::Json { rows: "transactions", counts: &["count"], names: None }],
    has_pages: true,
    has_range: true,
    is_prepared: false,
};

const JSON: &str = "application/json";

/// The success response together with the error responses of every operation.
fn answers(answer: Value) -> Vec<(u16, &'static str, Value)> {
    let refused = closed(open(&[("message", text()), ("errors", json!({"type": "object"}))]));
    let mut answers = vec![(200, JSON, answer)];
    answers.extend(same(&[400, 401, 405, 408, 413, 422, 429, 500], JSON, &refused));
    answers
}

fn version(versions: &[&str]) -> Value {
    let schema = json!({"type": "string", "enum": versions});
    json!({"name": "X-Api-Version", "in": "header", "required": true, "schema": schema})
}

fn instant() -> Value {
    let time = "([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]";
    json!({"type": "string", "pattern": format!("^[0-9]{{4}}-{MONTH_DAY} {time}$")})
}

fn date() -> Value {
    json!({"type": "string", "pattern": format!("^[0-9]{{4}}-{MONTH_DAY}$")})
}

const ZONE: &str = "BeGatewayTimeZone";

/// Every zone of the tz database that requests accept.
fn zone() -> (&'static str, Value) {
    let mut names: Vec<String> = jiff::tz::db().available().map(|it| it.to_string()).collect();
    names.sort_unstable();
    names.retain(|name| request::zone(name).is_some());
    (ZONE, json!({"enum": names}))
}

/// The parameters of every report request.
fn common() -> Vec<(&'static str, Value)> {
    vec![
        ("status", json!({"enum": ["all", "successful", "failed", "pending", "incomplete"]})),
        ("payment_method_type", json!({"enum": ["credit_card", "alternative", "erip"]})),
        ("time_zone", named(ZONE)),
    ]
}

/// The body of a request for a span of time: dates for `settled_at`, else date and time.
fn span(optional: &[(&str, Value)]) -> Value {
    let of = |types: Value, end: &Value| {
        let mut members = vec![("date_type", types), ("from", end.clone()), ("to", end.clone())];
        members.extend(common());
        with_optional(&members, &[optional, &corrected()].concat())
    };
    let params = json!({"oneOf": [
        of(json!({"enum": ["created_at", "paid_at"]}), &instant()),
        of(json!({"const": "settled_at"}), &date()),
    ]});
    open(&[("report_params", params)])
}

fn corrected() -> [(&'static str, Value); 2] {
    let instant = json!({"anyOf": [{"type": "null"}, instant()]});
    [("manual_correction_from", instant.clone()), ("manual_correction_to", instant)]
}

fn reports() -> Shape {
    let cursor = json!({"type": ["integer", "string", "null"], "pattern": "^[0-9]{1,18}$"});
    let page = span(&[("starting_after", cursor.clone()), ("ending_before", cursor)]);
    let mut members = vec![
        ("date_type", json!({"enum": ["created_at", "paid_at", "settled_at"]})),
        ("date", date()),
    ];
    members.extend(common());
    let day = open(&[("report_params", with_optional(&members, &corrected()))]);
    let (transactions, id) =
        (list(&named(TRANSACTION)), json!({"type": ["integer", "string", "null"]}));
    let pages = closed(open(&[
        ("transactions", transactions.clone()),
        ("count", integer()),
        ("has_more", flag()),
        ("first_object_id", id.clone()),
        ("last_object_id", id),
    ]));
    let days = closed(open(&[("transactions", transactions), ("count", integer())]));
    Shape {
        parameters: vec![version(&["3", "2"])],
        body: Some(json!({"anyOf": [page, day]})),
        answers: answers(json!({"anyOf": [pages, days]})),
        schemas: vec![zone(), (TRANSACTION, closed(object_schema(columns::TRANSACTION)))],
        ..Shape::default()
    }
}

fn count() -> Shape {
    let counted = closed(open(&[("count", json!({"type": "integer", "minimum": 0}))]));
    Shape {
        parameters: vec![version(&["3"])],
        body: Some(span(&[])),
        answers: answers(closed(open(&[("transactions", counted)]))),
        schemas: vec![zone()],
        ..Shape::default()
    }
}

fn balances() -> Shape {
    let query = |name: &str, required: bool, schema: Value| json!({"name": name, "in": "query", "required": required, "schema": schema});
    let balance =
        open(&[("gateway_id", integer()), ("currency", currency()), ("amount", integer())]);
    let gateway = json!({"type": "integer", "minimum": i64::MIN, "maximum": i64::MAX});
    Shape {
        parameters: vec![
            query("gateway_id", true, gateway),
            query("currency", false, json!({"enum": Currency::codes().collect::<Vec<_>>()})),
        ],
        answers: answers(list(&closed(balance))),
        ..Shape::default()
    }
}

const TRANSACTION: &str = "BeGatewayTransaction";
