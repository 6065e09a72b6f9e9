//! Writers of single values, and the random streams that values are drawn from.

use crate::sandbox::ledger::Transaction;
use crate::wire::line::Line;
use crate::wire::text::hex;

/// One random stream of a row for each purpose.
pub(super) mod purpose {
    pub(in super::super) const UID: u64 = 16;
    pub(in super::super) const CARD_TOKEN: u64 = 17;
    pub(in super::super) const REQUEST: u64 = 18;
    pub(in super::super) const THREE_DS: u64 = 19;
    pub(in super::super) const BANK: u64 = 20;
    pub(in super::super) const PROOF: u64 = 21;
}

pub(super) fn push_raw(out: &mut Line, text: &str) {
    out.text(text);
}

pub(super) fn string(out: &mut Line, text: &str) {
    out.string(text);
}

/// A text of a fixed list, none of which needs escapes, or `null`.
pub(super) fn known(out: &mut Line, text: Option<&'static str>) {
    match text {
        Some(text) => {
            out.piece(b"\"");
            push_raw(out, text);
            out.piece(b"\"");
        }
        None => out.piece(b"null"),
    }
}

/// Minor units with `.0`, as the vendor prints rates and fees.
pub(super) fn float(out: &mut Line, number: i64) {
    out.number(number);
    out.piece(b".0");
}

/// 128 random bits as a UUID of version 4.
pub(super) fn uuid(out: &mut Line, [high, low]: [u64; 2]) {
    let [a, b, c, d, e, f, g, h, i, j, k, l, _, m, n, o] = hex(high);
    let [p, q, r, s, rest @ ..] = hex((low & 0x3fff_ffff_ffff_ffff) | 0x8000_0000_0000_0000);
    out.piece(&[
        a, b, c, d, e, f, g, h, b'-', i, j, k, l, b'-', b'4', m, n, o, b'-', p, q, r, s, b'-',
    ]);
    out.piece(&rest);
}

/// The uid in quotes: the one that the scenario pins, else row number and ten hex digits.
pub(super) fn uid(out: &mut Line, row: &Transaction<'_>) {
    if let Some(json) = row.pinned("begateway")
        && let Ok(object) = serde_json::from_str::<serde_json::Value>(json)
        && let Some(pinned) = object.get("uid").and_then(|uid| uid.as_str())
    {
        return string(out, pinned);
    }
    out.piece(b"\"");
    bare_uid(out, row);
    out.piece(b"\"");
}

pub(super) fn bare_uid(out: &mut Line, row: &Transaction<'_>) {
    out.number(row.number());
    out.piece(&uid_end(row));
}

/// The end of the uid of a row: a hyphen and ten hex digits.
pub(super) fn uid_end(row: &Transaction<'_>) -> [u8; 11] {
    let [.., a, b, c, d, e, f, g, h, i, j] = hex(row.draw(purpose::UID).bits());
    [b'-', a, b, c, d, e, f, g, h, i, j]
}
