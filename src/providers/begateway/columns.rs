//! The columns of a transaction object, one line each, in the order of the vendor's sample.

use std::sync::LazyLock;

use Presence::{Card, Erip, FollowUp, Returned, ThreeDs};
use Schema::{AnyObject, Closed, Currency, Flag, Id, IdOrNull, Integer, List, Number, Open};
use Schema::{Text, TextOrNull};
use Value::{Constant, Json, Object, Quoted};

use super::additional_data::{ADDITIONAL_DATA, VERIFICATION};
use super::column::{Column, Presence, Schema, Value, column};
use super::pieces::{float, known, purpose, push_raw, string, uid, uuid};
use super::row_context::{PageContext, RowContext};
use super::template::Template;
use super::values;
use crate::sandbox::facts::Method;
use crate::sandbox::generate::stream::Draw;
use crate::sandbox::ledger::{OrderRef, Transaction};
use crate::wire::line::Line;
use crate::wire::text::padded;
use crate::wire::time::{civil, date, date_time, utc};

/// A transaction object.
pub(super) const TRANSACTION: &[Column] = &[
    column("billing_address", Closed, Object(BILLING_ADDRESS)),
    column("customer", Closed, Object(CUSTOMER)),
    column("", Open, Object(DETAILS)).named_by_type(),
    column("credit_card", Open, Object(CREDIT_CARD)).only(Card),
    column("erip", Open, Object(ERIP)).only(Erip),
    column("shop", Closed, Object(SHOP)),
    column("gateway_note", TextOrNull, Constant("\"\"")),
    column("uid", TextOrNull, Quoted(bare_uid)),
    column("id", Integer, Json(|it, out| it.number.push(out))),
    column("payment_method_type", Text, Quoted(|it, out| push_raw(out, method(it.row)))),
    column("status", TextOrNull, Quoted(|it, out| push_raw(out, it.status))),
    column("message", TextOrNull, Json(message)),
    column("amount", Integer, Json(|it, out| out.number(it.row.amount))),
    column("discount_rate", Number, Json(discount_rate)),
    column("transaction_rate", Number, Json(transaction_rate)),
    column("pay_to_merchant", Number, Json(|it, out| float(out, values::net(it.row)))),
    column("transaction_fee", Number, Json(transaction_fee)),
    column("test", Flag, Constant("false")),
    column("currency", Currency, Quoted(|it, out| push_raw(out, it.row.currency.code()))),
    column("description", TextOrNull, Json(|it, out| string(out, it.row.description()))),
    column("tracking_id", TextOrNull, Json(tracking_id)),
    column("type", TextOrNull, Quoted(|it, out| push_raw(out, values::type_of(it.row.kind)))),
    column("order_id", IdOrNull, Json(order_id)),
    column("created_at", TextOrNull, Json(|it, out| time(it, Some(it.row.created_at), out))),
    column("paid_at", TextOrNull, Json(|it, out| time(it, it.row.paid_at(), out))),
    column("settled_at", TextOrNull, Json(settled_at)),
    column("manually_corrected_at", TextOrNull, Json(manually_corrected_at)),
    column("additional_data", AnyObject, Object(ADDITIONAL_DATA)),
    column("three_d_secure_verification", AnyObject, Object(VERIFICATION)).only(ThreeDs),
    column("parent_uid", TextOrNull, Json(parent_uid)).only(FollowUp),
    column("reason", TextOrNull, Json(reason)).only(Returned),
];

const BILLING_ADDRESS: &[Column] = &[
    column("first_name", TextOrNull, Json(|it, out| string(out, it.person.first))),
    column("last_name", TextOrNull, Json(|it, out| string(out, it.person.last))),
    column("address", TextOrNull, Quoted(|it, out| it.address.line(|part| out.text(part)))),
    column("country", TextOrNull, Quoted(country)),
    column("city", TextOrNull, Quoted(|it, out| it.address.city(|part| out.text(part)))),
    column("zip", TextOrNull, Quoted(zip)),
    column("state", TextOrNull, Constant("null")),
    column("phone", TextOrNull, Quoted(phone)),
    column("birth_date", TextOrNull, Constant("null")),
];

const CUSTOMER: &[Column] =
    &[column("ip", TextOrNull, Quoted(ip)), column("email", TextOrNull, Json(email))];

/// What the gateway answered.
const DETAILS: &[Column] = &[
    column("gateway_id", Integer, Constant(values::GATEWAY)),
    column("ref_id", TextOrNull, Json(ref_id)),
    column("message", TextOrNull, Json(details_message)),
    column("status", TextOrNull, Quoted(|it, out| push_raw(out, it.status))),
    column("gateway_name", TextOrNull, Constant("\"Demo\"")),
    column("auth_code", TextOrNull, Json(auth_code)),
    column("bank_code", TextOrNull, Json(bank_code)),
    column("rrn", TextOrNull, Json(rrn)),
    column("billing_descriptor", TextOrNull, Json(billing_descriptor)),
];

const CREDIT_CARD: &[Column] = &[
    column("holder", TextOrNull, Quoted(holder)),
    column("token", TextOrNull, Quoted(card_token)),
    column("brand", TextOrNull, Json(brand)),
    column("last_4", TextOrNull, Quoted(last_4)),
    column("first_1", TextOrNull, Quoted(first_1)),
    column("bin", TextOrNull, Quoted(bin)),
    column("issuer_country", TextOrNull, Quoted(issuer_country)),
    column("issuer_name", TextOrNull, Json(issuer_name)),
    column("exp_month", Integer, Json(exp_month)),
    column("exp_year", Integer, Json(exp_year)),
    column("product", TextOrNull, Quoted(product)),
];

/// As in the vendor's gateway API; no row of a report was ever published.
const ERIP: &[Column] = &[
    column("request_id", Text, Quoted(|it, out| uuid(out, it.request_id))),
    column("service_no", Integer, Constant("99999999")),
    column("account_number", Text, Quoted(|it, out| it.root_number.push(out))),
    column("transaction_id", TextOrNull, Json(erip_transaction_id)),
    column("instruction", List, Constant("[]")),
];

const SHOP: &[Column] = &[column("id", Id, Json(|it, out| out.bytes(&it.page.shop_id)))];

static TEMPLATE: LazyLock<Template> = LazyLock::new(|| Template::of(TRANSACTION));

/// Appends the object of a row.
pub(super) fn push(out: &mut Line, row: &Transaction<'_>, page: &PageContext) {
    TEMPLATE.push(&RowContext::of(row, page), out);
}

fn method(row: &Transaction<'_>) -> &'static str {
    match row.method {
        Method::Card => "credit_card",
        Method::Alternative if values::is_erip(row) => "erip",
        Method::Alternative | Method::Bank => "alternative",
    }
}

fn bare_uid(it: &RowContext<'_>, out: &mut Line) {
    it.bare_uid(out);
}

fn message(it: &RowContext<'_>, out: &mut Line) {
    known(out, values::message(it.row, it.status));
}

/// The proportional part of the fee in percent, one or two digits behind the point.
fn discount_rate(it: &RowContext<'_>, out: &mut Line) {
    if !it.has_rates {
        return push_raw(out, "0.0");
    }
    // In hundredths of a percent.
    let rate = it.row.view().merchant.trade.fee_rate;
    out.number(i64::from(rate / 100));
    out.piece(b".");
    if rate.is_multiple_of(10) {
        out.piece(&padded::<1>(u64::from(rate / 10)));
    } else {
        out.piece(&padded::<2>(u64::from(rate)));
    }
}

/// The fixed part of the fee in minor units.
fn transaction_rate(it: &RowContext<'_>, out: &mut Line) {
    let fixed = if it.has_rates { it.row.view().merchant.trade.fee_fixed } else { 0 };
    float(out, i64::from(fixed));
}

fn transaction_fee(it: &RowContext<'_>, out: &mut Line) {
    float(out, values::fee(it.row));
}

fn tracking_id(it: &RowContext<'_>, out: &mut Line) {
    match it.row.order() {
        OrderRef::Given(order) => string(out, order),
        OrderRef::Drawn(_) => {
            out.piece(b"\"ORD-");
            it.root_number.push(out);
            out.piece(b"\"");
        }
    }
}

fn order_id(it: &RowContext<'_>, out: &mut Line) {
    it.root_number.push(out);
}

/// The number that ERIP gives to a payment when it is paid.
fn erip_transaction_id(it: &RowContext<'_>, out: &mut Line) {
    match it.row.paid_at() {
        None => push_raw(out, "null"),
        Some(_) => quoted(out, |out| it.number.push(out)),
    }
}

/// An instant (Unix seconds) in the zone of the page, or `null`.
fn time(it: &RowContext<'_>, at: Option<i64>, out: &mut Line) {
    match at {
        None => push_raw(out, "null"),
        Some(at) => {
            let text = date_time(civil(at, &it.page.zone), b'T');
            quoted(out, |out| {
                out.piece(&text);
                out.piece(b"Z");
            });
        }
    }
}

fn manually_corrected_at(it: &RowContext<'_>, out: &mut Line) {
    time(it, it.row.corrected_at(), out);
}

/// A date in UTC, whatever the zone of the page.
fn settled_at(it: &RowContext<'_>, out: &mut Line) {
    match it.row.settled_at() {
        None => push_raw(out, "null"),
        Some(at) => quoted(out, |out| out.piece(&date(utc(at)))),
    }
}

fn parent_uid(it: &RowContext<'_>, out: &mut Line) {
    match it.row.parent() {
        Some(parent) => uid(out, &parent),
        None => push_raw(out, "null"),
    }
}

fn reason(it: &RowContext<'_>, out: &mut Line) {
    known(out, Some(values::reason(it.row)));
}

/// The country of the issuer, since a payer has none of their own.
fn country(it: &RowContext<'_>, out: &mut Line) {
    push_raw(out, it.card.map_or("US", |card| card.country));
}

fn zip(it: &RowContext<'_>, out: &mut Line) {
    out.piece(&padded::<5>(u64::from(it.address.zip)));
}

fn phone(it: &RowContext<'_>, out: &mut Line) {
    let [a, b, c, d, e, f, g] = padded(u64::from(it.address.phone));
    out.piece(&[b'+', b'1', b'5', b'5', b'5', a, b, c, d, e, f, g]);
}

fn ip(it: &RowContext<'_>, out: &mut Line) {
    for (index, part) in it.person.ip().into_iter().enumerate() {
        if index > 0 {
            out.piece(b".");
        }
        out.number(i64::from(part));
    }
}

fn email(it: &RowContext<'_>, out: &mut Line) {
    match it.person.given_email() {
        Some(email) => string(out, email),
        None => quoted(out, |out| it.person.drawn_email(|part| out.bytes(part))),
    }
}

fn ref_id(it: &RowContext<'_>, out: &mut Line) {
    match it.ref_id {
        None => push_raw(out, "null"),
        Some(ref_id) => quoted(out, |out| out.number(i64::from(ref_id))),
    }
}

fn details_message(it: &RowContext<'_>, out: &mut Line) {
    known(out, values::details_message(it.row, it.status));
}

fn auth_code(it: &RowContext<'_>, out: &mut Line) {
    match it.approval {
        None => push_raw(out, "null"),
        Some(it) => quoted(out, |out| out.piece(&padded::<6>(u64::from(it.auth_code)))),
    }
}

fn bank_code(it: &RowContext<'_>, out: &mut Line) {
    let is_shown = it.ref_id.is_some() && it.row.kind.is_original();
    known(out, values::bank_code(it.row).filter(|_| is_shown));
}

fn rrn(it: &RowContext<'_>, out: &mut Line) {
    match it.approval {
        None => push_raw(out, "null"),
        Some(it) => quoted(out, |out| out.piece(&padded::<12>(it.rrn))),
    }
}

fn billing_descriptor(it: &RowContext<'_>, out: &mut Line) {
    known(out, it.approval.map(|_| "test descriptor"));
}

fn holder(it: &RowContext<'_>, out: &mut Line) {
    out.unquoted(it.person.first);
    out.piece(b" ");
    out.unquoted(it.person.last);
}

/// A payment and its follow-ups have one token.
fn card_token(it: &RowContext<'_>, out: &mut Line) {
    let mut draw = Draw::new(it.row.key(), purpose::CARD_TOKEN);
    uuid(out, [draw.bits(), draw.bits()]);
}

/// As in the vendor's sample: no brand while the customer has not finished.
fn brand(it: &RowContext<'_>, out: &mut Line) {
    let card = it.card.filter(|_| it.status != "incomplete");
    known(out, card.map(|card| values::brand(card.brand)));
}

fn last_4(it: &RowContext<'_>, out: &mut Line) {
    it.with_card(out, |card, out| out.piece(&padded::<4>(u64::from(card.last4))));
}

fn first_1(it: &RowContext<'_>, out: &mut Line) {
    it.with_card(out, |card, out| out.number(i64::from(card.bin / 100_000)));
}

fn bin(it: &RowContext<'_>, out: &mut Line) {
    it.with_card(out, |card, out| out.piece(&padded::<6>(u64::from(card.bin))));
}

fn issuer_country(it: &RowContext<'_>, out: &mut Line) {
    it.with_card(out, |card, out| push_raw(out, card.country));
}

fn issuer_name(it: &RowContext<'_>, out: &mut Line) {
    it.with_card(out, |card, out| string(out, card.issuer));
}

fn product(it: &RowContext<'_>, out: &mut Line) {
    it.with_card(out, |card, out| push_raw(out, values::product(card.brand)));
}

fn exp_month(it: &RowContext<'_>, out: &mut Line) {
    it.with_card(out, |card, out| out.number(i64::from(card.exp_month)));
}

fn exp_year(it: &RowContext<'_>, out: &mut Line) {
    it.with_card(out, |card, out| out.number(i64::from(card.exp_year)));
}

/// Appends a string that needs no escapes.
fn quoted(out: &mut Line, write: impl FnOnce(&mut Line)) {
    out.piece(b"\"");
    write(out);
    out.piece(b"\"");
}
