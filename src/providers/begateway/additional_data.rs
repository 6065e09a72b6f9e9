//! The columns of `additional_data` and of 3-D Secure, in the order of the vendor's sample.

use Presence::ThreeDs;
use Schema::{AnyObject, Flag, Integer, Text, TextOrNull};
use Value::{Constant, Json, Object, Quoted};

use super::column::{Column, Presence, Schema, Value, column};
use super::pieces::{known, push_raw, uuid};
use super::row_context::RowContext;
use super::values;
use crate::sandbox::generate::card;
use crate::wire::line::Line;
use crate::wire::text::hex;

/// `additional_data`.
pub(super) const ADDITIONAL_DATA: &[Column] = &[
    column("request_id", Text, Quoted(request_id)),
    column("browser", AnyObject, Object(BROWSER)),
    column("vendor", AnyObject, Object(VENDOR)),
    column("tdsecure", AnyObject, Object(TDSECURE)).only(ThreeDs),
    column("avs_cvc", AnyObject, Object(AVS_CVC)),
];

const BROWSER: &[Column] = &[
    column("screen_width", Integer, Json(width)),
    column("screen_height", Integer, Json(|it, out| out.number(i64::from(it.browser.height)))),
    column("screen_color_depth", Integer, Constant("24")),
    column("language", Text, Quoted(|it, out| push_raw(out, it.browser.language))),
    column("java_enabled", Flag, Constant("false")),
    column("user_agent", Text, Quoted(|it, out| push_raw(out, it.browser.agent))),
    column("time_zone", Integer, Json(|it, out| out.number(i64::from(it.browser.minutes)))),
    column("time_zone_name", Text, Quoted(|it, out| push_raw(out, it.browser.zone))),
    column("window_height", Integer, Json(window_height)),
    column("window_width", Integer, Json(width)),
    column("accept_header", Text, Constant("\"application/json\"")),
];

const VENDOR: &[Column] = &[
    column("name", Text, Constant("\"CTP\"")),
    column("token", Text, Quoted(|it, out| push_random(out, &it.vendor_token))),
];

/// The results of the address and card code checks, which the sandbox does not simulate.
const AVS_CVC: &[Column] = &[
    column("avs_verification", AnyObject, Object(UNVERIFIED)),
    column("cvc_verification", AnyObject, Object(UNVERIFIED)),
];

const UNVERIFIED: &[Column] = &[column("result_code", TextOrNull, Constant("null"))];

const TDSECURE: &[Column] = &[
    STATUS,
    MESSAGE,
    VE_STATUS,
    column("acs_url", Text, Quoted(acs_url)),
    column("pa_req", Text, Quoted(pa_req)),
    column("md", Text, Quoted(md)),
    column("pa_res_url", Text, Quoted(pa_res_url)),
    ECI,
    PA_STATUS,
    XID,
    CAVV,
    CAVV_ALGORITHM,
    column("fail_reason", TextOrNull, Json(fail_reason)),
    column("method_process_url", TextOrNull, Constant("null")),
];

/// `three_d_secure_verification`.
pub(super) const VERIFICATION: &[Column] =
    &[ECI, PA_STATUS, XID, CAVV, CAVV_ALGORITHM, VE_STATUS, MESSAGE, STATUS];

// Columns that both 3-D Secure objects have.
const STATUS: Column = column("status", Text, Quoted(status));
const MESSAGE: Column = column("message", Text, Quoted(message));
const VE_STATUS: Column = column("ve_status", Text, Constant("\"Y\""));
const ECI: Column = column("eci", TextOrNull, Json(eci));
const PA_STATUS: Column = column("pa_status", TextOrNull, Json(pa_status));
const XID: Column = column("xid", TextOrNull, Json(xid));
const CAVV: Column = column("cavv", TextOrNull, Json(cavv));
const CAVV_ALGORITHM: Column = column("cavv_algorithm", TextOrNull, Json(cavv_algorithm));

fn request_id(it: &RowContext<'_>, out: &mut Line) {
    uuid(out, it.request_id);
}

fn width(it: &RowContext<'_>, out: &mut Line) {
    out.number(i64::from(it.browser.width));
}

fn window_height(it: &RowContext<'_>, out: &mut Line) {
    out.number(i64::from(it.browser.height * 4 / 5));
}

fn status(it: &RowContext<'_>, out: &mut Line) {
    it.with_three_ds(out, |it, out| push_raw(out, values::three_ds(it.result).0));
}

fn message(it: &RowContext<'_>, out: &mut Line) {
    it.with_three_ds(out, |it, out| push_raw(out, values::three_ds(it.result).1));
}

fn acs_url(it: &RowContext<'_>, out: &mut Line) {
    it.with_three_ds(out, |it, out| {
        push_raw(out, "https://acs.example.com/pareq/");
        uuid(out, it.acs);
        out.piece(b"/");
    });
}

fn pa_req(it: &RowContext<'_>, out: &mut Line) {
    it.with_three_ds(out, |it, out| {
        push_raw(out, "eJxV");
        push_random(out, &it.pa_req);
    });
}

fn md(it: &RowContext<'_>, out: &mut Line) {
    it.with_three_ds(out, |it, out| out.number(i64::from(it.md)));
}

fn pa_res_url(it: &RowContext<'_>, out: &mut Line) {
    push_raw(out, "https://gateway.example.com/process/");
    it.bare_uid(out);
}

fn eci(it: &RowContext<'_>, out: &mut Line) {
    it.with_three_ds(out, |it, out| {
        known(out, values::eci_and_pa_status(it.result).map(|pair| pair.0));
    });
}

fn pa_status(it: &RowContext<'_>, out: &mut Line) {
    it.with_three_ds(out, |it, out| {
        known(out, values::eci_and_pa_status(it.result).map(|pair| pair.1));
    });
}

fn xid(it: &RowContext<'_>, out: &mut Line) {
    it.with_three_ds(out, |it, out| push_base64(out, it.xid.as_ref()));
}

fn cavv(it: &RowContext<'_>, out: &mut Line) {
    it.with_three_ds(out, |it, out| push_base64(out, it.cavv.as_ref()));
}

fn cavv_algorithm(it: &RowContext<'_>, out: &mut Line) {
    it.with_three_ds(out, |it, out| known(out, it.cavv.map(|_| "2")));
}

fn fail_reason(it: &RowContext<'_>, out: &mut Line) {
    it.with_three_ds(out, |it, out| {
        let has_failed = it.result == card::ThreeDs::Failed;
        known(out, has_failed.then_some("Authentication failed"));
    });
}

/// Appends random numbers, 16 hex digits each.
fn push_random(out: &mut Line, numbers: &[u64]) {
    for bits in numbers {
        out.piece(&hex(*bits));
    }
}

fn push_base64(out: &mut Line, text: Option<&[u8; 28]>) {
    match text {
        None => push_raw(out, "null"),
        Some(text) => {
            out.piece(b"\"");
            out.piece(text);
            out.piece(b"\"");
        }
    }
}
