//! A transaction object, straight from a row to bytes, in the key order of the vendor's sample.

use std::ops::Range;

use jiff::tz::TimeZone;

use super::pieces::{bare_uid, float, optional, purpose, push_raw, string, uid, uuid};
use super::three_ds::{tdsecure, verification};
use super::values;
use crate::sandbox::facts::{Kind, Method};
use crate::sandbox::generate::card::{Card, ThreeDs};
use crate::sandbox::generate::stream::Draw;
use crate::sandbox::ledger::person::Person;
use crate::sandbox::ledger::{OrderRef, Transaction};
use crate::wire::text::{push_hex, push_number, push_padded};
use crate::wire::time::{civil, push_date, push_date_time, utc};

/// The gateway every channel of the sandbox goes through, as in the vendor's sample.
pub(super) const GATEWAY_ID: i64 = 312;

/// What the objects of a page have in common.
#[derive(Debug)]
pub(super) struct Details {
    /// Timestamps are in its wall clock, always with a `Z`.
    zone: TimeZone,
    /// The shop's id as JSON.
    shop: Vec<u8>,
}

impl Details {
    pub(super) fn of(id: &str, zone: TimeZone) -> Self {
        let mut shop = Vec::with_capacity(20);
        if id.parse::<u64>().is_ok() {
            push_raw(&mut shop, id);
        } else {
            string(&mut shop, id);
        }
        Self { zone, shop }
    }
}

/// Appends the object of a row.
pub(super) fn push(out: &mut Vec<u8>, row: &Transaction<'_>, page: &Details) {
    let (person, card) = (row.person(), row.card());
    Object { row, page, person, card, status: values::status(row) }.push(out);
}

/// What the merchant gets (or loses) by a row, minor units.
pub(super) fn net(row: &Transaction<'_>) -> i64 {
    if row.gross() == 0 { 0 } else { row.gross() - row.fee }
}

/// A transaction object being written.
struct Object<'a> {
    row: &'a Transaction<'a>,
    page: &'a Details,
    person: Person<'a>,
    card: Option<Card>,
    status: &'static str,
}

impl Object<'_> {
    fn push(&self, out: &mut Vec<u8>) {
        let row = self.row;
        self.customer(out);
        self.details(out);
        if row.method == Method::Card {
            self.card(out);
        }
        push_raw(out, ",\"shop\":{\"id\":");
        out.extend_from_slice(&self.page.shop);
        push_raw(out, "},\"gateway_note\":\"\",\"uid\":\"");
        bare_uid(out, row);
        push_raw(out, "\",\"id\":");
        push_number(out, row.number());
        self.middle(out);
        self.times(out);
        let three_ds = row.three_ds();
        let proof = self.additional(out, three_ds);
        if let Some(three_ds) = three_ds {
            verification(out, three_ds, proof);
        }
        if !row.kind.is_original() {
            push_raw(out, ",\"parent_uid\":");
            match row.parent() {
                Some(parent) => uid(out, &parent),
                None => push_raw(out, "null"),
            }
        }
        if matches!(row.kind, Kind::Refund | Kind::Chargeback | Kind::Reject) {
            push_raw(out, ",\"reason\":");
            string(out, values::reason(row));
        }
        out.push(b'}');
    }

    fn customer(&self, out: &mut Vec<u8>) {
        let person = &self.person;
        let address = person.address();
        push_raw(out, "{\"billing_address\":{\"first_name\":");
        string(out, person.first);
        push_raw(out, ",\"last_name\":");
        string(out, person.last);
        push_raw(out, ",\"address\":\"");
        address.push_line(out);
        push_raw(out, "\",\"country\":\"");
        push_raw(out, self.card.map_or("US", |card| card.country));
        push_raw(out, "\",\"city\":\"");
        address.push_city(out);
        push_raw(out, "\",\"zip\":\"");
        push_padded(out, u64::from(address.zip), 5);
        push_raw(out, "\",\"state\":null,\"phone\":\"+1555");
        push_padded(out, u64::from(address.phone), 7);
        push_raw(out, "\",\"birth_date\":null},\"customer\":{\"ip\":\"");
        for (index, part) in person.ip().into_iter().enumerate() {
            if index > 0 {
                out.push(b'.');
            }
            push_number(out, i64::from(part));
        }
        push_raw(out, "\",\"email\":");
        let mut email = String::with_capacity(48);
        person.push_email(&mut email);
        string(out, &email);
        out.push(b'}');
    }

    /// The details object, named by the type.
    fn details(&self, out: &mut Vec<u8>) {
        let row = self.row;
        let mut draw = row.draw(purpose::BANK);
        let (rrn, auth) = (draw.bits() % 1_000_000_000_000, draw.below(1_000_000));
        let reference = draw.below(10_000_000);
        let known = row.finished_at().is_some() && self.status != "incomplete";
        let approved =
            known && row.is_done() && row.kind.is_original() && row.method == Method::Card;
        push_raw(out, ",\"");
        push_raw(out, values::type_of(row.kind));
        push_raw(out, "\":{\"gateway_id\":312,\"ref_id\":");
        if known {
            out.push(b'"');
            push_number(out, i64::from(reference));
            out.push(b'"');
        } else {
            push_raw(out, "null");
        }
        push_raw(out, ",\"message\":");
        optional(out, values::details_message(row, self.status));
        push_raw(out, ",\"status\":\"");
        push_raw(out, self.status);
        push_raw(out, "\",\"gateway_name\":\"Demo\",\"auth_code\":");
        if approved {
            out.push(b'"');
            push_padded(out, u64::from(auth), 6);
            out.push(b'"');
        } else {
            push_raw(out, "null");
        }
        push_raw(out, ",\"bank_code\":");
        optional(out, values::bank_code(row).filter(|_| known && row.kind.is_original()));
        push_raw(out, ",\"rrn\":");
        if approved {
            out.push(b'"');
            push_padded(out, rrn, 12);
            push_raw(out, "\",\"billing_descriptor\":\"test descriptor\"}");
        } else {
            push_raw(out, "null,\"billing_descriptor\":null}");
        }
    }

    fn card(&self, out: &mut Vec<u8>) {
        let Some(card) = self.card else { return };
        let mut draw = Draw::new(self.row.key(), purpose::CARD_TOKEN);
        push_raw(out, ",\"credit_card\":{\"holder\":");
        string(out, &self.person.name());
        push_raw(out, ",\"token\":\"");
        uuid(out, draw.bits(), draw.bits());
        push_raw(out, "\",\"brand\":");
        // As in the vendor's sample: no brand while the customer has not finished.
        let finished = self.status != "incomplete";
        optional(out, finished.then(|| values::brand(card.brand)));
        push_raw(out, ",\"last_4\":\"");
        push_padded(out, u64::from(card.last4), 4);
        push_raw(out, "\",\"first_1\":\"");
        push_number(out, i64::from(card.bin / 100_000));
        push_raw(out, "\",\"bin\":\"");
        push_padded(out, u64::from(card.bin), 6);
        push_raw(out, "\",\"issuer_country\":\"");
        push_raw(out, card.country);
        push_raw(out, "\",\"issuer_name\":");
        string(out, card.issuer);
        push_raw(out, ",\"exp_month\":");
        push_number(out, i64::from(card.exp_month));
        push_raw(out, ",\"exp_year\":");
        push_number(out, i64::from(card.exp_year));
        push_raw(out, ",\"product\":\"");
        push_raw(out, values::product(card.brand));
        push_raw(out, "\"}");
    }

    fn middle(&self, out: &mut Vec<u8>) {
        let row = self.row;
        let moved = row.gross() != 0;
        push_raw(out, ",\"payment_method_type\":\"");
        push_raw(out, if row.method == Method::Card { "credit_card" } else { "alternative" });
        push_raw(out, "\",\"status\":\"");
        push_raw(out, self.status);
        push_raw(out, "\",\"message\":");
        optional(out, values::message(row, self.status));
        push_raw(out, ",\"amount\":");
        push_number(out, row.amount);
        push_raw(out, ",\"discount_rate\":");
        if moved && row.fee > 0 && row.kind.sign() > 0 {
            self.rates(out);
        } else {
            push_raw(out, "0.0,\"transaction_rate\":0.0");
        }
        push_raw(out, ",\"pay_to_merchant\":");
        float(out, net(row));
        push_raw(out, ",\"transaction_fee\":");
        float(out, if moved { row.fee } else { 0 });
        push_raw(out, ",\"test\":false,\"currency\":\"");
        push_raw(out, row.currency.code());
        push_raw(out, "\",\"description\":");
        string(out, row.description());
        push_raw(out, ",\"tracking_id\":");
        match row.order() {
            OrderRef::Given(order) => string(out, order),
            OrderRef::Drawn(number) => {
                push_raw(out, "\"ORD-");
                push_number(out, number);
                out.push(b'"');
            }
        }
        push_raw(out, ",\"type\":\"");
        push_raw(out, values::type_of(row.kind));
        push_raw(out, "\",\"order_id\":");
        push_number(out, row.view().number_of(row.root_id()));
    }

    /// Percent and fixed part of the fee.
    fn rates(&self, out: &mut Vec<u8>) {
        let trade = &self.row.view().merchant.trade;
        let rate = u64::from(trade.fee_rate);
        push_number(out, i64::from(trade.fee_rate / 100));
        out.push(b'.');
        if rate % 10 == 0 {
            push_padded(out, rate / 10 % 10, 1);
        } else {
            push_padded(out, rate % 100, 2);
        }
        push_raw(out, ",\"transaction_rate\":");
        float(out, i64::from(trade.fee_fixed));
    }

    fn times(&self, out: &mut Vec<u8>) {
        let row = self.row;
        let time = |out: &mut Vec<u8>, at: Option<i64>| match at {
            None => push_raw(out, "null"),
            Some(at) => {
                out.push(b'"');
                push_date_time(out, civil(at, &self.page.zone), b'T', "Z\"");
            }
        };
        push_raw(out, ",\"created_at\":");
        time(out, Some(row.created_at));
        push_raw(out, ",\"paid_at\":");
        time(out, row.paid_at());
        push_raw(out, ",\"settled_at\":");
        match row.settled_at() {
            None => push_raw(out, "null"),
            Some(at) => {
                // A date, whatever the zone.
                out.push(b'"');
                push_date(out, utc(at));
                out.push(b'"');
            }
        }
        push_raw(out, ",\"manually_corrected_at\":");
        time(out, row.corrected_at());
    }

    /// Says where in `out` the proof of 3-D Secure stands, which is given twice.
    fn additional(&self, out: &mut Vec<u8>, three_ds: Option<ThreeDs>) -> Range<usize> {
        let mut draw = self.row.draw(purpose::REQUEST);
        let browser = self.person.browser();
        push_raw(out, ",\"additional_data\":{\"request_id\":\"");
        uuid(out, draw.bits(), draw.bits());
        push_raw(out, "\",\"browser\":{\"screen_width\":");
        push_number(out, i64::from(browser.width));
        push_raw(out, ",\"screen_height\":");
        push_number(out, i64::from(browser.height));
        push_raw(out, ",\"screen_color_depth\":24,\"language\":\"");
        push_raw(out, browser.language);
        push_raw(out, "\",\"java_enabled\":false,\"user_agent\":\"");
        push_raw(out, browser.agent);
        push_raw(out, "\",\"time_zone\":");
        push_number(out, i64::from(browser.minutes));
        push_raw(out, ",\"time_zone_name\":\"");
        push_raw(out, browser.zone);
        push_raw(out, "\",\"window_height\":");
        push_number(out, i64::from(browser.height * 4 / 5));
        push_raw(out, ",\"window_width\":");
        push_number(out, i64::from(browser.width));
        push_raw(out, ",\"accept_header\":\"application/json\"},");
        push_raw(out, "\"vendor\":{\"name\":\"CTP\",\"token\":\"");
        for _ in 0..4 {
            push_hex(out, draw.bits(), 16);
        }
        push_raw(out, "\"}");
        let proof = three_ds.map_or(0..0, |three_ds| tdsecure(out, self.row, three_ds));
        push_raw(out, ",\"avs_cvc\":{\"avs_verification\":{\"result_code\":null},");
        push_raw(out, "\"cvc_verification\":{\"result_code\":null}}}");
        proof
    }
}
