//! How Flitt's reports tell rows: orders in 745, reversals in 528, chargebacks in 500.

use jiff::tz::TimeZone;

use super::auth;
use super::columns::{ESCAPES, RowContext};
use super::quirks::Quirks;
use super::reports::{self, TRANSACTION_OFFSET, is_of_dispute, order_status, settled};
use crate::sandbox::facts::Kind;
use crate::sandbox::ledger::{Axis, RowId, Transaction, View};
use crate::sandbox::space::Moment;
use crate::sandbox::truth::{Columns, IdKeys, ReportedRow, RowMapping, Spelling};
use crate::wire::json::{push_text, text_member};
use crate::wire::line::Line;

pub(super) const ROW_MAPPING: RowMapping = RowMapping {
    reports: &[ORDERS, REVERSALS, CHARGEBACKS],
    axis: Axis::Created,
    spelling: Spelling::Decimal(2),
    columns: Columns { id: "payment_id", amount: "amount", fee: "fee", status: "order_status" },
    keys: |_| [0; 5],
    map: map_row,
    locate,
    is_id: |text| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()),
};

const ORDERS: &str = "745";
const REVERSALS: &str = "528";
const CHARGEBACKS: &str = "500";

/// The word of reports 528 and 500, which show nothing else.
const APPROVED: &str = "approved";

fn map_row(_: &IdKeys, row: &Transaction<'_>) -> Option<ReportedRow> {
    if row.test {
        return None;
    }
    let transaction = |row: &Transaction<'_>| row.number().saturating_add(TRANSACTION_OFFSET);
    let reported = match row.kind {
        Kind::Payment | Kind::Authorization => {
            let fee = settled(row).map(|settled| settled.fee);
            let status = order_status(row).into();
            ReportedRow { fee, status, ..ReportedRow::of(ORDERS, row.number().to_string(), row) }
        }
        Kind::Refund | Kind::Reject if row.is_done() => {
            let id = transaction(row).to_string();
            ReportedRow { status: APPROVED.into(), ..ReportedRow::of(REVERSALS, id, row) }
        }
        Kind::Chargeback | Kind::ChargebackReversal => {
            let id = transaction(&row.root()).to_string();
            ReportedRow { status: APPROVED.into(), ..ReportedRow::of(CHARGEBACKS, id, row) }
        }
        Kind::Refund | Kind::Reject | Kind::Capture | Kind::Void | Kind::Notice => return None,
    };
    Some(pinned(row, reported))
}

/// What is told of a row with the cells that the scenario gives.
fn pinned(row: &Transaction<'_>, reported: ReportedRow) -> ReportedRow {
    let Some(json) = row.pinned(super::SLUG) else { return reported };
    let (id, status) = match reported.report {
        ORDERS => ("payment_id", "order_status"),
        _ => ("tran_id", "status"),
    };
    let cell = |column| text_member(json, column);
    ReportedRow {
        id: cell(id).unwrap_or(reported.id),
        status: cell(status).map_or(reported.status, Into::into),
        ..reported
    }
}

/// Orders have their number as a payment; reversals and chargebacks have numbers as transactions. The two
/// kinds of numbers are disjoint, so a reversal is found without the name of its report; a chargeback has the
/// number of the payment that it disputes and needs the name.
fn locate(_: &IdKeys, view: &View, report: &str, id: &str) -> Vec<RowId> {
    let Ok(number) = id.parse::<i64>() else { return Vec::new() };
    let as_transaction = number.checked_sub(TRANSACTION_OFFSET).and_then(|it| view.find(it));
    match report {
        CHARGEBACKS => {
            let Some(disputed) = as_transaction else { return Vec::new() };
            let children = disputed.children().into_iter();
            let disputes = children.filter(|it| is_of_dispute(it.kind));
            disputes.map(|it| it.id()).collect()
        }
        REVERSALS => as_transaction.into_iter().map(|it| it.id()).collect(),
        _ => {
            let reversal = as_transaction.filter(|it| !it.kind.is_original());
            view.find(number).or(reversal).into_iter().map(|it| it.id()).collect()
        }
    }
}

/// A row of the report that tells it, with the names of its columns.
pub(super) fn row(moment: &Moment, row: &Transaction<'_>) -> Vec<u8> {
    let reported = map_row(&[0; 5], row);
    let report = reported.and_then(|reported| reports::find(reported.report));
    let columns = report.map(|it| it.columns(Quirks::of(moment))).unwrap_or_default();
    let credential = row.view().merchant.credential(super::SLUG);
    let zone =
        credential.and_then(|it| auth::zone(moment.scenario(), it).ok()).unwrap_or(TimeZone::UTC);
    let context = RowContext::new(*row, &zone);
    let mut json = b"{".to_vec();
    for column in columns {
        if json.len() > 1 {
            json.push(b',');
        }
        push_text(&mut json, column.name, ESCAPES);
        json.push(b':');
        let mut line = Line::behind(json).escaping(ESCAPES);
        context.push(&mut line, &column.read(&context));
        json = line.into_bytes();
    }
    json.push(b'}');
    json
}
