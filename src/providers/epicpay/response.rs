//! What leaves: the envelope, streamed, and the words, dates and numbers that reports share.

use std::convert::Infallible;
use std::ops::Range;

use axum::body::Body;
use axum::http::StatusCode;
use axum::response::Response;
use bytes::Bytes;

use super::quirks::Quirks;
use super::report_type::Report;
use super::request::Request;
use crate::sandbox::generate::calendar::{self, Day};
use crate::sandbox::generate::card::{BankAccount, Card};
use crate::sandbox::generate::stream::Draw;
use crate::sandbox::ledger::{RowId, Transaction, View};
use crate::sandbox::merchant::Brand;
use crate::sandbox::money::{Currency, Decimal};
use crate::wire::call::response;
use crate::wire::json::Writer;
use crate::wire::time::{push_date, utc};

/// Bytes that are collected before they are sent.
const CHUNK: usize = 64 * 1024;

/// Bytes that an entry takes, roughly.
const ENTRY_BYTES: usize = 512;

/// Everything a report is made from.
#[derive(Clone, Debug)]
pub(super) struct Context {
    pub(super) view: View,
    pub(super) request: Request,
    pub(super) quirks: Quirks,
    /// Whether currencies of chargebacks are letters and not numbers.
    pub(super) currency_letters: bool,
}

impl Context {
    pub(super) fn days(&self) -> Range<Day> {
        self.request.days.clone()
    }

    /// What the number of an account is called in this report.
    pub(super) fn account_key(&self) -> &'static str {
        let renamed = match self.request.report {
            Report::AchRejects | Report::Deposits | Report::DepositsDetail => {
                self.quirks.account_no
            }
            Report::Batches
            | Report::TrxnActivity
            | Report::Chargebacks
            | Report::ActiveSubscriptions
            | Report::SuspendedSubscriptions
            | Report::WalletTrouble
            | Report::NewPayments
            | Report::FailedPayments
            | Report::SuccessfulPayments => false,
        };
        if renamed { "account_no" } else { "account_number" }
    }

    /// The row with this id; it was found a moment ago in the same view.
    pub(super) fn row(&self, id: RowId) -> Option<Transaction<'_>> {
        self.view.get(id)
    }
}

/// How one entry of a report is written.
pub(super) type Write<T> = fn(&Context, T, &mut Writer);

enum Entry<T> {
    Own(T),
    Pinned(usize),
}

/// The answer with these entries, each with the day it is listed under, in their order, and with what
/// the scenario pins for the report between them.
pub(super) fn answer_with<T>(context: Context, entries: Vec<(Day, T)>, write: Write<T>) -> Response
where
    T: Send + 'static,
{
    let pinned = pinned(&context);
    let mut entries: Vec<(Day, Entry<T>)> =
        entries.into_iter().map(|(day, entry)| (day, Entry::Own(entry))).collect();
    if !pinned.is_empty() {
        let listed = pinned.iter().enumerate();
        entries.extend(listed.map(|(index, (day, _))| (*day, Entry::Pinned(index))));
        entries.sort_by_key(|(day, _)| *day);
    }
    let room = (entries.len() * ENTRY_BYTES + 512).min(CHUNK + CHUNK / 4);
    let mut json = Writer::with_capacity(room);
    open(&mut json, &context.request, entries.len());
    let pinned = pinned.into_iter().map(|(_, wire)| wire).collect();
    let mut chunks =
        Chunks { context, entries: entries.into_iter(), pinned, write, json, ended: false };
    let first = chunks.next();
    let body = match first {
        Some(Ok(first)) if chunks.ended => Body::from(first),
        first => {
            let all = first.into_iter().chain(chunks);
            Body::from_stream(futures_util::stream::iter(all))
        }
    };
    response(StatusCode::OK, "application/json", body)
}

/// Rows that the scenario pins for the report, with their days.
fn pinned(context: &Context) -> Vec<(Day, String)> {
    let report = context.request.report;
    let span = context.request.span();
    let rows = context.view.pinned_rows("epicpay", report.name());
    rows.filter(|row| !report.is_filtered() || span.contains(&row.at))
        .map(|row| (calendar::day_of(row.at), compact(&row.wire, context.account_key())))
        .collect()
}

/// JSON as a scenario spells it without the white space between its tokens.
fn compact(json: &str, account_key: &str) -> String {
    let mut text = String::with_capacity(json.len());
    let (mut quoted, mut escaped) = (false, false);
    for c in json.chars() {
        if quoted {
            quoted = escaped || c != '"';
            escaped = !escaped && c == '\\';
        } else if c.is_ascii_whitespace() {
            continue;
        } else {
            quoted = c == '"';
        }
        text.push(c);
    }
    text.replace("\"account_number\":", &format!("\"{account_key}\":"))
}

fn open(json: &mut Writer, request: &Request, count: usize) {
    json.open(b'{');
    json.key("result");
    json.open(b'{');
    json.key("filters");
    json.open(b'{');
    json.text_member("start_date", &request.start_date);
    json.text_member("end_date", &request.end_date);
    json.close(b'}');
    json.integer_member("record_count", i64::try_from(count).unwrap_or(i64::MAX));
    json.key("data");
    json.open(b'[');
}

fn close(json: &mut Writer) {
    json.close(b']');
    json.close(b'}');
    json.key("status");
    json.open(b'{');
    json.text_member("response_code", "Received");
    json.text_member("reason_code", "");
    json.text_member("reason_text", "");
    json.close(b'}');
    json.close(b'}');
}

struct Chunks<T> {
    context: Context,
    entries: std::vec::IntoIter<(Day, Entry<T>)>,
    pinned: Vec<String>,
    write: Write<T>,
    json: Writer,
    ended: bool,
}

impl<T> Iterator for Chunks<T> {
    type Item = Result<Bytes, Infallible>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        while self.json.len() < CHUNK {
            match self.entries.next() {
                Some((_, Entry::Own(entry))) => {
                    (self.write)(&self.context, entry, &mut self.json);
                }
                Some((_, Entry::Pinned(index))) => {
                    self.json.raw(self.pinned.get(index).map_or("{}", String::as_str));
                }
                None => {
                    close(&mut self.json);
                    self.ended = true;
                    break;
                }
            }
        }
        Some(Ok(self.json.take().into()))
    }
}

/// A member whose value is the date of a day, or empty.
pub(super) fn date(json: &mut Writer, name: &str, day: Option<Day>) {
    json.key(name);
    json.plain(|bytes| {
        if let Some(day) = day {
            push_date(bytes, utc(calendar::start_of(day)));
        }
    });
}

/// A member whose value is the date of an instant (Unix seconds), or empty.
pub(super) fn date_of(json: &mut Writer, name: &str, at: Option<i64>) {
    date(json, name, at.map(calendar::day_of));
}

/// A member whose value is minor units as a number with decimals.
pub(super) fn amount(json: &mut Writer, name: &str, minor: i64, currency: Currency) {
    json.key(name);
    json.raw(&Decimal { minor, exponent: currency.exponent() }.short());
}

/// A member whose value is a number in quotes, with something before it.
pub(super) fn id(json: &mut Writer, name: &str, before: &str, number: i64) {
    json.key(name);
    json.plain(|bytes| {
        bytes.extend_from_slice(before.as_bytes());
        bytes.extend_from_slice(itoa::Buffer::new().format(number).as_bytes());
    });
}

/// The identifier of the merchant: `epic_id`, and `merchant_id` among the subscriptions.
pub(super) fn epic_id(view: &View) -> i64 {
    123_400 + i64::from(view.merchant.id.0)
}

/// The identifier of the merchant for transaction processing.
pub(super) fn mid(view: &View) -> i64 {
    88_880_000 + i64::from(view.merchant.id.0)
}

/// The agent that looks after every merchant.
pub(super) fn agent(json: &mut Writer) {
    json.text_member("agent_id", "0012");
    json.text_member("agent_name", "Jane Doe");
}

/// The merchant's own bank account, masked.
pub(super) fn own_account(view: &View) -> String {
    let mut draw = Draw::new(view.key(), 48);
    let (head, last4) = (draw.below(1_000_000), draw.below(10_000));
    format!("{head:06}****{last4:04}")
}

/// A card or a bank account, as far as reports show it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Account {
    card: Option<Card>,
    bank: Option<BankAccount>,
}

impl Account {
    pub(super) fn new(card: Option<Card>, bank: Option<BankAccount>) -> Self {
        Self { card, bank }
    }

    /// First six digits of the card, or the routing number; empty for what is neither.
    pub(super) fn bin(self) -> String {
        match (self.card, self.bank) {
            (Some(card), _) => format!("{:06}", card.bin),
            (None, Some(bank)) => format!("{:09}", bank.routing),
            (None, None) => String::new(),
        }
    }

    /// Last four digits of a card, last three of a bank account.
    pub(super) fn suffix(self) -> String {
        match (self.card, self.bank) {
            (Some(card), _) => format!("{:04}", card.last4),
            (None, Some(bank)) => format!("{:03}", bank.last4 % 1000),
            (None, None) => String::new(),
        }
    }

    /// The number with its middle hidden.
    pub(super) fn masked(self) -> String {
        match (self.card, self.bank) {
            (Some(card), _) => format!("{:06}****{:04}", card.bin, card.last4),
            (None, Some(bank)) => format!("{:07}****{:03}", bank.head, bank.last4 % 1000),
            (None, None) => String::new(),
        }
    }

    /// A value of the vendor's list.
    pub(super) fn kind(self) -> &'static str {
        match (self.card, self.bank) {
            (Some(card), _) => match card.brand {
                // The domestic schemes are not on the vendor's list.
                Brand::Visa | Brand::Mada | Brand::Meeza => "Visa",
                Brand::Mastercard => "Mastercard",
                Brand::Amex => "American Express",
                Brand::Discover => "Discover",
                Brand::Jcb => "JCB",
                Brand::Diners => "Diner's Club",
            },
            (None, Some(bank)) => match (bank.business, bank.savings) {
                (false, false) => "personal_checking",
                (false, true) => "personal_savings",
                (true, false) => "business_checking",
                (true, true) => "business_savings",
            },
            (None, None) => "",
        }
    }

    /// `MMYY` of a card, empty for a bank account.
    pub(super) fn expiry(self) -> String {
        self.card.map_or_else(String::new, |card| {
            format!("{:02}{:02}", card.exp_month, card.exp_year % 100)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pinned_json_loses_its_white_space_and_nothing_else() {
        let json = "{ \"a b\" : 1.50,\n \"c\\\" \": \"\\\\\", \"account_number\": \"1\" }";
        let plain = r#"{"a b":1.50,"c\" ":"\\","account_number":"1"}"#;
        assert_eq!(compact(json, "account_number"), plain);
        let renamed = plain.replace("account_number", "account_no");
        assert_eq!(compact(json, "account_no"), renamed);
    }
}
