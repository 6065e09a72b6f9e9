//! Its twelve operations as the OpenAPI description has them.

use serde_json::{Value, json};

use super::rows::{
    ACHREJECTS, ACTIVESUBSCRIPTIONS, BATCHES, CHARGEBACKS, DEPOSITS, DETAIL, HALTED, PAYMENTS,
    SUSPENDED, TRXNACTIVITY, WALLETTROUBLE,
};
use crate::providers::operation::{
    MONTH_DAY, Operation, Proof, Shape, closed, flag, integer, list, number, open, same, text,
    with_optional,
};

const fn report(
    name: &'static str,
    path: &'static str,
    does: &'static str,
    shape: fn() -> Shape,
) -> Operation {
    Operation { name, method: "POST", path, does, proof: Proof::Basic, shape }
}

pub(super) const OPERATIONS: &[Operation] = &[
    report("batches", "/reporting/v1/GetReport/batches", "batches of sales and credits", || {
        shape(row(BATCHES))
    }),
    report(
        "achrejects",
        "/reporting/v1/GetReport/achrejects",
        "bank payments that came back",
        || shape(renamed(ACHREJECTS)),
    ),
    report("deposits", "/reporting/v1/GetReport/deposits", "what went to the bank account", || {
        shape(renamed(DEPOSITS))
    }),
    report(
        "deposits-detail",
        "/reporting/v1/GetReport/deposits-detail",
        "the same with what it was made of",
        || shape(deposit_with_detail()),
    ),
    report("trxnactivity", "/reporting/v1/GetReport/trxnactivity", "transactions", || {
        shape(row(TRXNACTIVITY))
    }),
    report("chargebacks", "/reporting/v1/GetReport/chargebacks", "chargebacks by cycle", || {
        shape(row(CHARGEBACKS))
    }),
    report(
        "activesubscriptions",
        "/reporting/v1/GetReport/activesubscriptions",
        "subscriptions that go on",
        || shape(row(ACTIVESUBSCRIPTIONS)),
    ),
    report(
        "suspendedsubscriptions",
        "/reporting/v1/GetReport/suspendedsubscriptions",
        "subscriptions that were stopped",
        || shape(halted(SUSPENDED)),
    ),
    report(
        "wallettrouble",
        "/reporting/v1/GetReport/wallettrouble",
        "subscriptions whose card or account is no longer good",
        || shape(halted(WALLETTROUBLE)),
    ),
    report(
        "newpayments",
        "/reporting/v1/GetReport/newpayments",
        "scheduled payments that are still to come",
        || shape(row(PAYMENTS)),
    ),
    report(
        "failedpayments",
        "/reporting/v1/GetReport/failedpayments",
        "scheduled payments that failed",
        || shape(row(PAYMENTS)),
    ),
    report(
        "successfulpayments",
        "/reporting/v1/GetReport/successfulpayments",
        "scheduled payments that succeeded",
        || shape(row(PAYMENTS)),
    ),
];

/// The two dates that every report takes, and the envelope around its rows.
fn shape(row: Value) -> Shape {
    let date = json!({"type": "string", "pattern": format!("^[0-9]{{4}}-{MONTH_DAY}$")});
    let dates = open(&[("start_date", date.clone()), ("end_date", date)]);
    let status = |code: Value| {
        let members = [("response_code", code), ("reason_code", text()), ("reason_text", text())];
        closed(open(&members))
    };
    let result =
        [("filters", closed(dates.clone())), ("record_count", integer()), ("data", list(&row))];
    let received = closed(open(&[
        ("result", closed(open(&result))),
        ("status", status(json!({"const": "Received"}))),
    ]));
    let refused = closed(open(&[("status", status(json!({"const": "Error"})))]));
    // EpicPay: most refusals come with 200, as its SDKs expect.
    let mut answers = vec![(200, "application/json", json!({"anyOf": [received, refused]}))];
    answers.extend(same(&[401, 404, 429], "application/json", &refused));
    Shape { body: Some(dates), answers, ..Shape::default() }
}

/// A row with these members and no others.
fn row(names: &[&str]) -> Value {
    closed(open(&text_properties(names)))
}

/// The row of a report about subscriptions that came to a halt.
fn halted(ending: &[&str]) -> Value {
    row(&[HALTED, ending].concat())
}

fn text_properties<'a>(names: &[&'a str]) -> Vec<(&'a str, Value)> {
    names.iter().map(|name| (*name, member(name))).collect()
}

/// What a member of this name is in every report that has it.
fn member(name: &str) -> Value {
    match name {
        "amount"
        | "secondary_amount"
        | "last_amount"
        | "last_secondary_amount"
        | "sales_amount"
        | "sales_amount2"
        | "credits_amount"
        | "credits_amount2"
        | "transaction_amount"
        | "authorization_amount"
        | "chargeback_amount" => number(),
        "sales_count" | "credits_count" | "terminal_id" | "period" | "date_of_month_1"
        | "date_of_month_2" | "total_payments" | "schedule_id" | "chargeback_type" => integer(),
        "alert_after" | "alert_after_sent" | "alert_before_sent" => flag(),
        // Letters with the setting `chargeback_currency`.
        "transaction_currency" | "authorization_currency" | "chargeback_currency" => {
            json!({"type": ["integer", "string"]})
        }
        _ => text(),
    }
}

/// `account_no` takes the place of `account_number` with the quirk `epicpay.account-no`.
fn renamed(names: &[&str]) -> Value {
    let account = ["account_number", "account_no"];
    let names: Vec<&str> = names.iter().copied().filter(|it| !account.contains(it)).collect();
    let either = account.map(|name| (name, text()));
    let mut schema = closed(with_optional(&text_properties(&names), &either));
    if let Some(schema) = schema.as_object_mut() {
        let one = account.map(|name| json!({"required": [name]}));
        schema.insert("oneOf".to_owned(), json!(one));
    }
    schema
}

fn deposit_with_detail() -> Value {
    let mut schema = renamed(DEPOSITS);
    for (name, more) in [("detail_count", integer()), ("detail_data", list(&row(DETAIL)))] {
        if let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut) {
            properties.insert(name.to_owned(), more);
        }
        if let Some(required) = schema.get_mut("required").and_then(Value::as_array_mut) {
            required.push(name.into());
        }
    }
    schema
}
