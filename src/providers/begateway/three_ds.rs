//! The 3-D Secure objects of a transaction: the proof that a payment was authenticated.

use std::ops::Range;

use super::pieces::{bare_uid, optional, purpose, push_raw, uuid};
use super::values;
use crate::sandbox::generate::card::ThreeDs;
use crate::sandbox::generate::stream::Draw;
use crate::sandbox::ledger::Transaction;
use crate::wire::text::{push_hex, push_number};

/// The object `tdsecure`; where in `out` the proof stands that the payment was authenticated.
pub(super) fn tdsecure(
    out: &mut Vec<u8>,
    row: &Transaction<'_>,
    three_ds: ThreeDs,
) -> Range<usize> {
    let mut draw = row.draw(purpose::THREE_DS);
    let (status, message) = values::three_ds(three_ds);
    push_raw(out, ",\"tdsecure\":{\"status\":\"");
    push_raw(out, status);
    push_raw(out, "\",\"message\":\"");
    push_raw(out, message);
    push_raw(out, "\",\"ve_status\":\"Y\",\"acs_url\":\"https://acs.example.com/pareq/");
    uuid(out, draw.bits(), draw.bits());
    push_raw(out, "/\",\"pa_req\":\"eJxV");
    // A compressed message in the vendor's sample; here as many letters that mean nothing.
    for _ in 0..32 {
        push_hex(out, draw.bits(), 16);
    }
    push_raw(out, "\",\"md\":\"");
    push_number(out, i64::from(draw.below(1_000_000)));
    push_raw(out, "\",\"pa_res_url\":\"https://gateway.example.com/process/");
    bare_uid(out, row);
    push_raw(out, "\",");
    let begun = out.len();
    proof(out, row.draw(purpose::PROOF), three_ds);
    let proof = begun..out.len();
    push_raw(out, ",\"fail_reason\":");
    optional(out, (three_ds == ThreeDs::Failed).then_some("Authentication failed"));
    push_raw(out, ",\"method_process_url\":null}");
    proof
}

/// `proof` is where in `out` the proof stands that the payment was authenticated.
pub(super) fn verification(out: &mut Vec<u8>, three_ds: ThreeDs, proof: Range<usize>) {
    let (status, message) = values::three_ds(three_ds);
    push_raw(out, ",\"three_d_secure_verification\":{");
    out.extend_from_within(proof);
    push_raw(out, ",\"ve_status\":\"Y\",\"message\":\"");
    push_raw(out, message);
    push_raw(out, "\",\"status\":\"");
    push_raw(out, status);
    push_raw(out, "\"}");
}

/// `eci` to `cavv_algorithm`, which stand in both 3-D Secure objects.
fn proof(out: &mut Vec<u8>, mut draw: Draw, three_ds: ThreeDs) {
    let (eci, pa_status) = match three_ds {
        ThreeDs::Started => {
            push_raw(out, "\"eci\":null,\"pa_status\":null,\"xid\":null,");
            return push_raw(out, "\"cavv\":null,\"cavv_algorithm\":null");
        }
        ThreeDs::Authenticated => ("05", "Y"),
        ThreeDs::Attempted => ("06", "A"),
        ThreeDs::Failed => ("07", "N"),
    };
    push_raw(out, "\"eci\":\"");
    push_raw(out, eci);
    push_raw(out, "\",\"pa_status\":\"");
    push_raw(out, pa_status);
    push_raw(out, "\",\"xid\":\"");
    twenty_bytes(out, &mut draw);
    push_raw(out, "\",\"cavv\":");
    if three_ds == ThreeDs::Failed {
        push_raw(out, "null,\"cavv_algorithm\":null");
    } else {
        out.push(b'"');
        twenty_bytes(out, &mut draw);
        push_raw(out, "\",\"cavv_algorithm\":\"2\"");
    }
}

/// 20 bytes in base64.
fn twenty_bytes(out: &mut Vec<u8>, draw: &mut Draw) {
    use base64::Engine;
    let mut bytes = [0; 20];
    for (eight, bits) in bytes.chunks_mut(8).zip([draw.bits(), draw.bits(), draw.bits()]) {
        eight.iter_mut().zip(bits.to_be_bytes()).for_each(|(to, from)| *to = from);
    }
    let mut text = [0; 28];
    // 20 bytes are 28 digits, so there is always room.
    let length = base64::engine::general_purpose::STANDARD.encode_slice(bytes, &mut text);
    out.extend(text.iter().take(length.unwrap_or(0)));
}
