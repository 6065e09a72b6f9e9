//! The twelve operations of EpicPay in the OpenAPI description.

use serde_json::{Value, json};

use super::fidelity;
use super::report_type::Report;
use super::reports::row_schema;
use crate::providers::operation::{
    Listing, MONTH_DAY, Operation, Proof, Shape, closed, integer, list, open, same, text,
};
use crate::wire::rows::Layout;

const fn report(
    report: Report,
    path: &'static str,
    does: &'static str,
    shape: fn() -> Shape,
) -> Operation {
    Operation {
        name: report.name(),
        method: "POST",
        path,
        does,
        proof: Proof::Basic,
        shape,
        fidelity: fidelity::of(report),
        listing: Some(&LISTING),
    }
}

const LISTING: Listing = Listing {
    layouts: &[Layout::Json { rows: "result.data", counts: &["result.record_count"], names: None }],
    has_pages: false,
    has_range: true,
    is_prepared: false,
};

pub(super) const OPERATIONS: &[Operation] = &[
    report(
        Report::Batches,
        "/reporting/v1/GetReport/batches",
        "lists batches of sales and credits",
        || shape(Report::Batches),
    ),
    report(
        Report::AchRejects,
        "/reporting/v1/GetReport/achrejects",
        "lists returned bank debits",
        || shape(Report::AchRejects),
    ),
    report(
        Report::Deposits,
        "/reporting/v1/GetReport/deposits",
        "lists deposits to the bank account",
        || shape(Report::Deposits),
    ),
    report(
        Report::DepositsDetail,
        "/reporting/v1/GetReport/deposits-detail",
        "lists the lines of deposits",
        || shape(Report::DepositsDetail),
    ),
    report(
        Report::TrxnActivity,
        "/reporting/v1/GetReport/trxnactivity",
        "lists transactions",
        || shape(Report::TrxnActivity),
    ),
    report(
        Report::Chargebacks,
        "/reporting/v1/GetReport/chargebacks",
        "lists chargebacks, a row for each stage",
        || shape(Report::Chargebacks),
    ),
    report(
        Report::ActiveSubscriptions,
        "/reporting/v1/GetReport/activesubscriptions",
        "lists active subscriptions",
        || shape(Report::ActiveSubscriptions),
    ),
    report(
        Report::SuspendedSubscriptions,
        "/reporting/v1/GetReport/suspendedsubscriptions",
        "lists suspended subscriptions",
        || shape(Report::SuspendedSubscriptions),
    ),
    report(
        Report::WalletTrouble,
        "/reporting/v1/GetReport/wallettrouble",
        "lists subscriptions whose card or account has become invalid",
        || shape(Report::WalletTrouble),
    ),
    report(
        Report::NewPayments,
        "/reporting/v1/GetReport/newpayments",
        "lists scheduled payments without an attempt",
        || shape(Report::NewPayments),
    ),
    report(
        Report::FailedPayments,
        "/reporting/v1/GetReport/failedpayments",
        "lists scheduled payments that failed",
        || shape(Report::FailedPayments),
    ),
    report(
        Report::SuccessfulPayments,
        "/reporting/v1/GetReport/successfulpayments",
        "lists scheduled payments that succeeded",
        || shape(Report::SuccessfulPayments),
    ),
];

/// The two dates of a request, and the envelope of the rows.
fn shape(report: Report) -> Shape {
    let date = json!({"type": "string", "pattern": format!("^[0-9]{{4}}-{MONTH_DAY}$")});
    let dates = open(&[("start_date", date.clone()), ("end_date", date)]);
    let status = |code: Value| {
        let members = [("response_code", code), ("reason_code", text()), ("reason_text", text())];
        closed(open(&members))
    };
    let result = [
        ("filters", closed(dates.clone())),
        ("record_count", integer()),
        ("data", list(&row_schema(report))),
    ];
    let received = closed(open(&[
        ("result", closed(open(&result))),
        ("status", status(json!({"const": "Received"}))),
    ]));
    let refused = closed(open(&[("status", status(json!({"const": "Error"})))]));
    // EpicPay: most errors have the HTTP status 200, because the vendor's SDKs read no others.
    let mut answers = vec![(200, "application/json", json!({"anyOf": [received, refused]}))];
    answers.extend(same(&[401, 404, 429], "application/json", &refused));
    Shape { body: Some(dates), answers, ..Shape::default() }
}
