//! Writers of single values, and the random streams that values are drawn from.

use crate::sandbox::ledger::Transaction;
use crate::wire::json::{Escapes, push_text};
use crate::wire::text::{push_hex, push_number};

/// One random stream of a row for each purpose.
pub(super) mod purpose {
    pub(in super::super) const UID: u64 = 16;
    pub(in super::super) const CARD_TOKEN: u64 = 17;
    pub(in super::super) const REQUEST: u64 = 18;
    pub(in super::super) const THREE_DS: u64 = 19;
    pub(in super::super) const BANK: u64 = 20;
    pub(in super::super) const PROOF: u64 = 21;
}

pub(super) fn push_raw(out: &mut Vec<u8>, text: &str) {
    out.extend_from_slice(text.as_bytes());
}

pub(super) fn string(out: &mut Vec<u8>, text: &str) {
    push_text(out, text, Escapes::default());
}

pub(super) fn optional(out: &mut Vec<u8>, text: Option<&str>) {
    match text {
        Some(text) => string(out, text),
        None => push_raw(out, "null"),
    }
}

/// Minor units with `.0`, as the vendor prints rates and fees.
pub(super) fn float(out: &mut Vec<u8>, number: i64) {
    push_number(out, number);
    push_raw(out, ".0");
}

/// 128 random bits as a UUID of version 4.
pub(super) fn uuid(out: &mut Vec<u8>, [high, low]: [u64; 2]) {
    push_hex(out, high >> 32, 8);
    out.push(b'-');
    push_hex(out, high >> 16, 4);
    push_raw(out, "-4");
    push_hex(out, high, 3);
    out.push(b'-');
    push_hex(out, (low >> 48 & 0x3fff) | 0x8000, 4);
    out.push(b'-');
    push_hex(out, low, 12);
}

/// The uid in quotes: the one that the scenario pins, else row number and ten hex digits.
pub(super) fn uid(out: &mut Vec<u8>, row: &Transaction<'_>) {
    if let Some(json) = row.pinned("begateway")
        && let Ok(object) = serde_json::from_str::<serde_json::Value>(json)
        && let Some(pinned) = object.get("uid").and_then(|uid| uid.as_str())
    {
        return string(out, pinned);
    }
    out.push(b'"');
    bare_uid(out, row);
    out.push(b'"');
}

pub(super) fn bare_uid(out: &mut Vec<u8>, row: &Transaction<'_>) {
    push_number(out, row.number());
    out.push(b'-');
    push_hex(out, row.draw(purpose::UID).bits(), 10);
}
