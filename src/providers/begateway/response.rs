//! Responses: selects rows and writes their envelopes, in the key order of the vendor's sample.

use axum::body::Body;
use axum::http::StatusCode;
use axum::response::Response;
use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::auth::Caller;
use super::balance_request::BalanceRequest;
use super::columns;
use super::quirks::Quirks;
use super::request::{CountRequest, DayRequest, Methods, PageRequest, Selection, StatusFilter};
use super::row_context::PageContext;
use super::values::{self, status};
use crate::sandbox::facts::{Kind, Method};
use crate::sandbox::journal::{Page, PlacedRows, RequestedRows, RowMarks};
use crate::sandbox::ledger::{Axis, RowId, Transaction, View, corrections_due};
use crate::sandbox::money::Currency;
use crate::wire::call::{response, streamed, with_rows};
use crate::wire::line::Line;
use crate::wire::text::push_number;

/// Approximate size of a transaction object in bytes, to reserve memory.
const ROW_BYTES: usize = 3200;

/// Rows in one piece of a streamed response.
const PIECE: usize = 500;

/// `X-Api-Version: 3`.
pub(super) fn page(caller: &Caller, request: &PageRequest, size: i64, quirks: Quirks) -> Response {
    let size = usize::try_from(size).unwrap_or(1).max(1);
    let (page, has_more) = cut(&caller.view, request, size);
    let mut body = Vec::with_capacity(page.len() * ROW_BYTES + 256);
    body.extend_from_slice(b"{\"transactions\":[");
    let context = PageContext::of(&caller.shop_id, zone(&request.selection, quirks));
    let placed = push_rows(&mut body, &page, &context, true);
    body.extend_from_slice(b"],\"count\":");
    push_number(&mut body, i64::try_from(page.len()).unwrap_or(0));
    body.extend_from_slice(b",\"has_more\":");
    body.extend_from_slice(if has_more { b"true" } else { b"false" });
    for (name, row) in [("first_object_id", page.first()), ("last_object_id", page.last())] {
        body.extend_from_slice(b",\"");
        body.extend_from_slice(name.as_bytes());
        body.extend_from_slice(b"\":");
        match row.map(object_id) {
            None => body.extend_from_slice(b"null"),
            Some(id) if quirks.string_object_ids => {
                body.push(b'"');
                push_number(&mut body, id);
                body.push(b'"');
            }
            Some(id) => push_number(&mut body, id),
        }
    }
    body.push(b'}');
    let ending = match has_more {
        true => Page::More,
        false if page.len() == size => Page::FullLast,
        false => Page::Last,
    };
    let marks = RowMarks::new(Some(requested(&caller.view, request, &page, ending)));
    marks.piece(placed, body.len());
    with_rows(response(StatusCode::OK, "application/json", body), marks)
}

/// What a page decides about: the rows between its cursors, up to its last row if more follow.
fn requested(
    view: &View,
    request: &PageRequest,
    page: &[Transaction<'_>],
    ending: Page,
) -> RequestedRows {
    let number = |cursor: Option<i64>| view.id_at_most(cursor?);
    let mut ids = RowId::MIN..RowId::MAX;
    ids.start = number(request.starting_after).map_or(ids.start, RowId::next);
    ids.end = number(request.ending_before).unwrap_or(ids.end);
    if let (Page::More, Some(first), Some(last)) = (ending, page.first(), page.last()) {
        match request.is_backwards() {
            true => ids.start = first.id(),
            false => ids.end = last.id().next(),
        }
    }
    RequestedRows { ids, page: ending, ..request.selection.requested() }
}

/// `X-Api-Version: 2`: all transactions of one day. The response is streamed in pieces, so that
/// memory does not grow with the size of the day.
pub(super) fn day(caller: &Caller, request: DayRequest, quirks: Quirks) -> Response {
    let selection = request.selection;
    let context = PageContext::of(&caller.shop_id, zone(&selection, quirks));
    let marks = RowMarks::new(Some(selection.requested()));
    let mut day = Day {
        view: caller.view.clone(),
        selection,
        context,
        after: None,
        count: 0,
        ended: false,
        marks: marks.clone(),
    };
    let first = day.next().unwrap_or_default();
    let body = match day.ended {
        true => Body::from(first),
        false => streamed(std::iter::once(first).chain(day)),
    };
    with_rows(response(StatusCode::OK, "application/json", body), marks)
}

/// The pieces of the response to a day request.
struct Day {
    view: View,
    selection: Selection,
    context: PageContext,
    /// The last row written so far.
    after: Option<RowId>,
    /// Rows written so far.
    count: usize,
    ended: bool,
    marks: RowMarks,
}

impl Iterator for Day {
    type Item = Vec<u8>;

    fn next(&mut self) -> Option<Vec<u8>> {
        if self.ended {
            return None;
        }
        let mut rows = self.view.rows(self.selection.axis, self.selection.span.span.clone());
        if let Some(after) = self.after {
            rows = rows.after(after);
        }
        let wanted = rows.filter(|row| admits(&self.selection, row));
        let piece: Vec<_> = wanted.take(PIECE).collect();
        let mut body = Vec::with_capacity(piece.len() * ROW_BYTES + 64);
        if self.after.is_none() {
            body.extend_from_slice(b"{\"transactions\":[");
        }
        let placed = push_rows(&mut body, &piece, &self.context, self.after.is_none());
        self.count += piece.len();
        self.ended = piece.len() < PIECE;
        let last = piece.last().map(Transaction::id);
        drop(piece);
        self.after = last.or(self.after);
        if self.ended {
            body.extend_from_slice(b"],\"count\":");
            push_number(&mut body, i64::try_from(self.count).unwrap_or(0));
            body.push(b'}');
        }
        self.marks.piece(placed, body.len());
        Some(body)
    }
}

/// `POST /api/reports/count`.
pub(super) fn count(view: &View, request: &CountRequest) -> Response {
    let count = selected(view, &request.selection).count();
    let body = format!("{{\"transactions\":{{\"count\":{count}}}}}");
    response(StatusCode::OK, "application/json", body)
}

/// `GET /shop/channel_balances/`: paid and not yet settled amounts by currency, with what amendments changed,
/// minor units.
pub(super) fn balances(view: &View, request: &BalanceRequest) -> Response {
    let mut sums: Vec<(Currency, i64)> = Vec::new();
    if request.gateway_id == values::GATEWAY_ID {
        let currencies = view.merchant.trade.currencies.iter().map(|choice| choice.0);
        sums.extend(currencies.map(|currency| (currency, 0)));
        for row in view.all().filter(|row| is_shown(row) && row.settled_at().is_none()) {
            let net = values::net(&row);
            match sums.iter_mut().find(|sum| sum.0 == row.currency) {
                Some(sum) => sum.1 += net,
                None => sums.push((row.currency, net)),
            }
        }
    }
    for (currency, sum) in &mut sums {
        *sum += corrections_due(view, *currency);
    }
    let wanted = |sum: &&(Currency, i64)| request.currency.is_none_or(|only| sum.0 == only);
    let items: Vec<String> = sums
        .iter()
        .filter(wanted)
        .map(|(currency, amount)| {
            let gateway = values::GATEWAY_ID;
            format!(r#"{{"gateway_id":{gateway},"currency":"{currency}","amount":{amount}}}"#)
        })
        .collect();
    response(StatusCode::OK, "application/json", format!("[{}]", items.join(",")))
}

/// The page of a request in rising ids, and whether more rows follow in its direction.
fn cut<'a>(view: &'a View, request: &PageRequest, size: usize) -> (Vec<Transaction<'a>>, bool) {
    let mut rows = view.rows(request.selection.axis, request.selection.span.span.clone());
    // Pinned ids have no order, so in their presence each row is compared with the cursors.
    let pinned = view.has_pinned("begateway");
    if let Some(after) = request.starting_after.filter(|_| !pinned)
        && let Some(id) = view.id_at_most(after)
    {
        rows = rows.after(id);
    }
    if let Some(before) = request.ending_before.filter(|_| !pinned) {
        rows = match view.id_at_most(before) {
            Some(id) if view.number_of(id) == before => rows.before(id),
            Some(id) => rows.before(id.next()),
            None => rows.before(RowId::MIN),
        };
    }
    let wanted = |row: &Transaction<'_>| {
        admits(&request.selection, row)
            && (!pinned
                || (request.starting_after.is_none_or(|after| object_id(row) > after)
                    && request.ending_before.is_none_or(|before| object_id(row) < before)))
    };
    let backwards = request.is_backwards();
    let mut page: Vec<_> = if backwards {
        rows.rev().filter(wanted).take(size + 1).collect()
    } else {
        rows.filter(wanted).take(size + 1).collect()
    };
    let has_more = page.len() > size;
    page.truncate(size);
    if backwards {
        page.reverse();
    }
    (page, has_more)
}

/// The number of the page that a request asks for, from 1, counted by the rows before its cursor.
pub(super) fn page_number(view: &View, request: &PageRequest, size: i64) -> u64 {
    let size = usize::try_from(size).unwrap_or(1).max(1);
    let before = match (request.starting_after, request.ending_before) {
        (None, None) => 0,
        (Some(after), _) => {
            selected(view, &request.selection).filter(|row| object_id(row) <= after).count()
        }
        (None, Some(before)) => {
            let rows = selected(view, &request.selection).filter(|row| object_id(row) < before);
            rows.count().saturating_sub(size)
        }
    };
    u64::try_from(before.div_ceil(size)).unwrap_or(0) + 1
}

fn selected<'a>(view: &'a View, selection: &'a Selection) -> impl Iterator<Item = Transaction<'a>> {
    let rows = view.rows(selection.axis, selection.span.span.clone());
    rows.filter(move |row| admits(selection, row))
}

impl Selection {
    /// The rows that the selection is about, of every status: what a status filter leaves out is asked for
    /// and passed by.
    fn requested(&self) -> RequestedRows {
        let shows: fn(&Transaction<'_>) -> bool = match self.methods {
            Methods::Cards => |row| is_shown(row) && row.method == Method::Card,
            Methods::Alternative => |row| is_shown(row) && row.method != Method::Card,
            Methods::Erip => |row| is_shown(row) && values::is_erip(row),
        };
        let (axis, span) = (self.axis, self.span.span.clone());
        RequestedRows {
            shows,
            axis,
            span,
            ids: RowId::MIN..RowId::MAX,
            page: Page::Whole,
            zone: self.zone.clone(),
        }
    }
}

/// Whether beGateway reports the row: test transactions and bank notices are left out.
pub(super) fn is_shown(row: &Transaction<'_>) -> bool {
    !row.test && row.kind != Kind::Notice
}

fn admits(selection: &Selection, row: &Transaction<'_>) -> bool {
    let is_wanted = match selection.methods {
        Methods::Cards => row.method == Method::Card,
        Methods::Alternative => row.method != Method::Card,
        Methods::Erip => values::is_erip(row),
    };
    if !is_shown(row) || !is_wanted || !is_within(selection, row) {
        return false;
    }
    let status = match selection.status {
        StatusFilter::All => true,
        StatusFilter::Successful => status(row) == "successful",
        StatusFilter::Failed => status(row) == "failed",
        StatusFilter::Pending => status(row) == "pending",
        StatusFilter::Incomplete => status(row) == "incomplete",
    };
    status
        && selection
            .corrected
            .as_ref()
            .is_none_or(|span| row.corrected_at().is_some_and(|at| span.contains(at)))
}

/// Whether the instant of a row of the span is within it; not all are when clocks change.
fn is_within(selection: &Selection, row: &Transaction<'_>) -> bool {
    let at = match selection.axis {
        Axis::Created => Some(row.created_at),
        Axis::Paid => row.paid_at(),
        // Dates in UTC.
        Axis::Settled => return true,
    };
    selection.span.is_contiguous() || at.is_some_and(|at| selection.span.contains(at))
}

/// The id of a row: the one that the scenario pins, else its number.
pub(super) fn object_id(row: &Transaction<'_>) -> i64 {
    let pinned = row.pinned("begateway").and_then(|json| {
        let row: serde_json::Value = serde_json::from_str(json).ok()?;
        row.get("id")?.as_i64()
    });
    pinned.unwrap_or_else(|| row.number())
}

/// The zone of the timestamps of a page.
fn zone(selection: &Selection, quirks: Quirks) -> TimeZone {
    if quirks.local_time_z { selection.zone.clone() } else { TimeZone::UTC }
}

/// Appends rows and returns where each of them ends; `first` means that no row precedes them.
pub(super) fn push_rows(
    body: &mut Vec<u8>,
    rows: &[Transaction<'_>],
    context: &PageContext,
    first: bool,
) -> PlacedRows {
    let mut placed = PlacedRows::default();
    let mut line = Line::behind(std::mem::take(body));
    for (index, row) in rows.iter().enumerate() {
        if index > 0 || !first {
            line.piece(b",");
        }
        match row.pinned("begateway") {
            Some(json) => push_pinned(&mut line, json, context),
            None => columns::push(&mut line, row, context),
        }
        placed.push(row, line.len());
    }
    *body = line.into_bytes();
    placed
}

/// The timestamps of a transaction object.
const TIMES: [&str; 3] = ["created_at", "paid_at", "manually_corrected_at"];

/// Appends a pinned row verbatim, without insignificant white space; its timestamps in the zone of the page.
fn push_pinned(line: &mut Line, json: &str, context: &PageContext) {
    let Ok(mut value) = serde_json::from_str::<serde_json::Value>(json) else {
        return line.text(json);
    };
    if context.zone != TimeZone::UTC {
        for name in TIMES {
            let Some(member) = value.get_mut(name) else { continue };
            let at = member.as_str().and_then(|text| text.parse::<Timestamp>().ok());
            if let Some(at) = at {
                let local = context.zone.to_datetime(at);
                *member = local.strftime("%Y-%m-%dT%H:%M:%SZ").to_string().into();
            }
        }
    }
    line.text(&value.to_string());
}
