//! A transaction object, straight from a row to bytes, in the key order of the vendor's sample.

use std::ops::Range;

use jiff::tz::TimeZone;

use super::pieces::{bare_uid, float, optional, purpose, put, string, uid, uuid};
use super::three_ds::{tdsecure, verification};
use super::words;
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
pub(super) struct Page {
    /// Timestamps are in its wall clock, always with a `Z`.
    zone: TimeZone,
    /// The shop's id as JSON.
    shop: Vec<u8>,
}

impl Page {
    pub(super) fn of(id: &str, zone: TimeZone) -> Self {
        let mut shop = Vec::with_capacity(20);
        if id.parse::<u64>().is_ok() {
            put(&mut shop, id);
        } else {
            string(&mut shop, id);
        }
        Self { zone, shop }
    }
}

/// Appends the object of a row.
pub(super) fn push(out: &mut Vec<u8>, row: &Transaction<'_>, page: &Page) {
    let (person, card) = (row.person(), row.card());
    Object { row, page, person, card, status: words::status(row) }.push(out);
}

/// What the merchant gets (or loses) by a row, minor units.
pub(super) fn net(row: &Transaction<'_>) -> i64 {
    if row.gross() == 0 { 0 } else { row.gross() - row.fee }
}

/// A transaction object being written.
struct Object<'a> {
    row: &'a Transaction<'a>,
    page: &'a Page,
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
        put(out, ",\"shop\":{\"id\":");
        out.extend_from_slice(&self.page.shop);
        put(out, "},\"gateway_note\":\"\",\"uid\":\"");
        bare_uid(out, row);
        put(out, "\",\"id\":");
        push_number(out, row.number());
        self.middle(out);
        self.times(out);
        let three_ds = row.three_ds();
        let proof = self.additional(out, three_ds);
        if let Some(three_ds) = three_ds {
            verification(out, three_ds, proof);
        }
        if !row.kind.is_birth() {
            put(out, ",\"parent_uid\":");
            match row.parent() {
                Some(parent) => uid(out, &parent),
                None => put(out, "null"),
            }
        }
        if matches!(row.kind, Kind::Refund | Kind::Chargeback | Kind::Reject) {
            put(out, ",\"reason\":");
            string(out, words::reason(row));
        }
        out.push(b'}');
    }

    fn customer(&self, out: &mut Vec<u8>) {
        let person = &self.person;
        let address = person.address();
        put(out, "{\"billing_address\":{\"first_name\":");
        string(out, person.first);
        put(out, ",\"last_name\":");
        string(out, person.last);
        put(out, ",\"address\":\"");
        address.push_line(out);
        put(out, "\",\"country\":\"");
        put(out, self.card.map_or("US", |card| card.country));
        put(out, "\",\"city\":\"");
        address.push_city(out);
        put(out, "\",\"zip\":\"");
        push_padded(out, u64::from(address.zip), 5);
        put(out, "\",\"state\":null,\"phone\":\"+1555");
        push_padded(out, u64::from(address.phone), 7);
        put(out, "\",\"birth_date\":null},\"customer\":{\"ip\":\"");
        for (place, part) in person.ip().into_iter().enumerate() {
            if place > 0 {
                out.push(b'.');
            }
            push_number(out, i64::from(part));
        }
        put(out, "\",\"email\":");
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
        let approved = known && row.is_done() && row.kind.is_birth() && row.method == Method::Card;
        put(out, ",\"");
        put(out, words::type_of(row.kind));
        put(out, "\":{\"gateway_id\":312,\"ref_id\":");
        if known {
            out.push(b'"');
            push_number(out, i64::from(reference));
            out.push(b'"');
        } else {
            put(out, "null");
        }
        put(out, ",\"message\":");
        optional(out, words::details_message(row, self.status));
        put(out, ",\"status\":\"");
        put(out, self.status);
        put(out, "\",\"gateway_name\":\"Demo\",\"auth_code\":");
        if approved {
            out.push(b'"');
            push_padded(out, u64::from(auth), 6);
            out.push(b'"');
        } else {
            put(out, "null");
        }
        put(out, ",\"bank_code\":");
        optional(out, words::bank_code(row).filter(|_| known && row.kind.is_birth()));
        put(out, ",\"rrn\":");
        if approved {
            out.push(b'"');
            push_padded(out, rrn, 12);
            put(out, "\",\"billing_descriptor\":\"test descriptor\"}");
        } else {
            put(out, "null,\"billing_descriptor\":null}");
        }
    }

    fn card(&self, out: &mut Vec<u8>) {
        let Some(card) = self.card else { return };
        let mut draw = Draw::new(self.row.key(), purpose::CARD_TOKEN);
        put(out, ",\"credit_card\":{\"holder\":");
        string(out, &self.person.name());
        put(out, ",\"token\":\"");
        uuid(out, draw.bits(), draw.bits());
        put(out, "\",\"brand\":");
        // As in the vendor's sample: no brand while the customer has not finished.
        let finished = self.status != "incomplete";
        optional(out, finished.then(|| words::brand(card.brand)));
        put(out, ",\"last_4\":\"");
        push_padded(out, u64::from(card.last4), 4);
        put(out, "\",\"first_1\":\"");
        push_number(out, i64::from(card.bin / 100_000));
        put(out, "\",\"bin\":\"");
        push_padded(out, u64::from(card.bin), 6);
        put(out, "\",\"issuer_country\":\"");
        put(out, card.country);
        put(out, "\",\"issuer_name\":");
        string(out, card.issuer);
        put(out, ",\"exp_month\":");
        push_number(out, i64::from(card.exp_month));
        put(out, ",\"exp_year\":");
        push_number(out, i64::from(card.exp_year));
        put(out, ",\"product\":\"");
        put(out, words::product(card.brand));
        put(out, "\"}");
    }

    fn middle(&self, out: &mut Vec<u8>) {
        let row = self.row;
        let moved = row.gross() != 0;
        put(out, ",\"payment_method_type\":\"");
        put(out, if row.method == Method::Card { "credit_card" } else { "alternative" });
        put(out, "\",\"status\":\"");
        put(out, self.status);
        put(out, "\",\"message\":");
        optional(out, words::message(row, self.status));
        put(out, ",\"amount\":");
        push_number(out, row.amount);
        put(out, ",\"discount_rate\":");
        if moved && row.fee > 0 && row.kind.sign() > 0 {
            self.rates(out);
        } else {
            put(out, "0.0,\"transaction_rate\":0.0");
        }
        put(out, ",\"pay_to_merchant\":");
        float(out, net(row));
        put(out, ",\"transaction_fee\":");
        float(out, if moved { row.fee } else { 0 });
        put(out, ",\"test\":false,\"currency\":\"");
        put(out, row.currency.code());
        put(out, "\",\"description\":");
        string(out, row.description());
        put(out, ",\"tracking_id\":");
        match row.order() {
            OrderRef::Given(order) => string(out, order),
            OrderRef::Drawn(number) => {
                put(out, "\"ORD-");
                push_number(out, number);
                out.push(b'"');
            }
        }
        put(out, ",\"type\":\"");
        put(out, words::type_of(row.kind));
        put(out, "\",\"order_id\":");
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
        put(out, ",\"transaction_rate\":");
        float(out, i64::from(trade.fee_fixed));
    }

    fn times(&self, out: &mut Vec<u8>) {
        let row = self.row;
        let time = |out: &mut Vec<u8>, at: Option<i64>| match at {
            None => put(out, "null"),
            Some(at) => {
                out.push(b'"');
                push_date_time(out, civil(at, &self.page.zone), b'T', "Z\"");
            }
        };
        put(out, ",\"created_at\":");
        time(out, Some(row.created_at));
        put(out, ",\"paid_at\":");
        time(out, row.paid_at());
        put(out, ",\"settled_at\":");
        match row.settled_at() {
            None => put(out, "null"),
            Some(at) => {
                // A date, whatever the zone.
                out.push(b'"');
                push_date(out, utc(at));
                out.push(b'"');
            }
        }
        put(out, ",\"manually_corrected_at\":");
        time(out, row.corrected_at());
    }

    /// Says where in `out` the proof of 3-D Secure stands, which is given twice.
    fn additional(&self, out: &mut Vec<u8>, three_ds: Option<ThreeDs>) -> Range<usize> {
        let mut draw = self.row.draw(purpose::REQUEST);
        let browser = self.person.browser();
        put(out, ",\"additional_data\":{\"request_id\":\"");
        uuid(out, draw.bits(), draw.bits());
        put(out, "\",\"browser\":{\"screen_width\":");
        push_number(out, i64::from(browser.width));
        put(out, ",\"screen_height\":");
        push_number(out, i64::from(browser.height));
        put(out, ",\"screen_color_depth\":24,\"language\":\"");
        put(out, browser.language);
        put(out, "\",\"java_enabled\":false,\"user_agent\":\"");
        put(out, browser.agent);
        put(out, "\",\"time_zone\":");
        push_number(out, i64::from(browser.minutes));
        put(out, ",\"time_zone_name\":\"");
        put(out, browser.zone);
        put(out, "\",\"window_height\":");
        push_number(out, i64::from(browser.height * 4 / 5));
        put(out, ",\"window_width\":");
        push_number(out, i64::from(browser.width));
        put(out, ",\"accept_header\":\"application/json\"},");
        put(out, "\"vendor\":{\"name\":\"CTP\",\"token\":\"");
        for _ in 0..4 {
            push_hex(out, draw.bits(), 16);
        }
        put(out, "\"}");
        let proof = three_ds.map_or(0..0, |three_ds| tdsecure(out, self.row, three_ds));
        put(out, ",\"avs_cvc\":{\"avs_verification\":{\"result_code\":null},");
        put(out, "\"cvc_verification\":{\"result_code\":null}}}");
        proof
    }
}
