//! What is hard about an answer as a whole, for the coverage of its space.

use axum::http::{HeaderMap, StatusCode, header};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use crate::sandbox::facts::Named;
use crate::sandbox::journal::{Entry, Page, RequestedRows};
use crate::sandbox::space::Space;
use crate::sandbox::state::faults::Strike;
use crate::sandbox::truth::coverage::{Hard, HardSet};

/// What the faults of a request make hard.
pub(super) fn of_faults(strike: &Strike) -> HardSet {
    let mut hard = HardSet::default();
    let kind = strike.fault.as_ref().map_or("", Named::name);
    hard.add(Hard::SlowAnswer, !strike.delay.is_zero() || kind == "drip");
    hard.add(Hard::CutAnswer, kind == "truncate");
    hard.add(Hard::NoAnswer, matches!(kind, "empty" | "reset"));
    hard.add(Hard::BrokenAnswer, kind == "broken_json");
    hard.add(Hard::Compressed, kind == "gzip");
    hard.add(Hard::GatewayPage, kind == "gateway");
    hard.add(Hard::ShortReport, kind == "short");
    hard.add(Hard::RepeatedRow, kind == "repeat_rows");
    hard.add(Hard::SkippedRow, kind == "skip_rows");
    hard.add(Hard::ShuffledRows, kind == "shuffle_rows");
    hard.add(Hard::NewSchema, kind == "drift");
    hard.add(Hard::RowsInBetween, kind == "insert_between");
    hard
}

/// What is hard about an answer, once its first piece is written.
pub(super) fn of_answer(space: &Space, entry: &Entry, headers: &HeaderMap) -> HardSet {
    let mut hard = HardSet::default();
    let is = |status: StatusCode| entry.status == status.as_u16();
    let has_retry_after = headers.contains_key(header::RETRY_AFTER);
    hard.add(Hard::TooManyRequests, is(StatusCode::TOO_MANY_REQUESTS) && has_retry_after);
    hard.add(Hard::ServerError, entry.status >= 500);
    if is(StatusCode::UNAUTHORIZED) {
        let had_rows = |other: &std::sync::Arc<Entry>| {
            other.provider == entry.provider && other.rows.is_some()
        };
        hard.add(Hard::UnauthorizedMidway, space.journal.entries().iter().any(had_rows));
    }
    if let Some(rows) = &entry.rows
        && let Some(requested) = rows.requested()
    {
        hard.add(Hard::EmptyAnswer, rows.is_without_rows());
        hard.add(Hard::FullLastPage, requested.page == Page::FullLast);
        hard.add(Hard::SeveralPages, requested.page == Page::More);
        if !rows.is_without_rows() {
            hard.merge(of_days(requested, entry.at));
        }
    }
    hard
}

/// The longest span in which changes of the clock are looked for, in seconds: two years.
const MAX_SPAN: i64 = 2 * 366 * 86_400;

/// Whether the asked span, up to now, has a day of 23 or of 25 hours in the zone of the request.
fn of_days(requested: &RequestedRows, now: Timestamp) -> HardSet {
    let mut hard = HardSet::default();
    let end = requested.span.end.min(now.as_second());
    let start = requested.span.start.max(end.saturating_sub(MAX_SPAN));
    let Ok(first) = Timestamp::from_second(start) else { return hard };
    let offset = |zone: &TimeZone, at: Timestamp| zone.to_offset(at).seconds();
    for change in requested.zone.following(first) {
        let at = change.timestamp();
        if at.as_second() >= end {
            break;
        }
        let Ok(before) = at.checked_sub(SignedDuration::from_secs(1)) else { break };
        let shift = offset(&requested.zone, at) - offset(&requested.zone, before);
        hard.add(Hard::ShortDay, shift == 3600);
        hard.add(Hard::LongDay, shift == -3600);
    }
    hard
}
