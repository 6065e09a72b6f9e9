//! Says why an answer has no rows: the asked span lies outside of the ledger, or the reporting lag covers it.

use std::fmt::Write;

use crate::sandbox::journal::{RequestedRows, RowMarks};
use crate::sandbox::space::Moment;
use crate::wire::time::date_time_text;

/// Why an answer without rows, given at `moment` by a provider, has none, as a sentence for the user. `None`
/// if it has rows, or if the asked span lies inside of the ledger and outside of the reporting lag.
pub(super) fn remark(moment: &Moment, provider: &str, rows: &RowMarks) -> Option<String> {
    let requested = rows.requested().filter(|_| rows.is_without_rows())?;
    outside(moment, requested).or_else(|| lagging(moment, provider, requested))
}

fn text(second: i64, requested: &RequestedRows) -> String {
    let zone = requested.zone.iana_name().unwrap_or("UTC");
    format!("{} {zone}", date_time_text(second, &requested.zone))
}

/// Of a span before the first day of the ledger or after the present.
fn outside(moment: &Moment, requested: &RequestedRows) -> Option<String> {
    let (first, now) = (moment.ledger_start(), moment.now.as_second());
    if requested.span.end <= first {
        let (end, first) = (text(requested.span.end, requested), text(first, requested));
        return Some(format!(
            "the answer is empty because the asked range ends at {end} and the ledger begins at {first}"
        ));
    }
    if requested.span.start > now {
        let (start, now) = (text(requested.span.start, requested), text(now, requested));
        return Some(format!(
            "the answer is empty because the asked range begins at {start} and the clock of the space is at {now}"
        ));
    }
    None
}

/// Of a span whose rows the reports of the provider do not show yet.
fn lagging(moment: &Moment, provider: &str, requested: &RequestedRows) -> Option<String> {
    let setting = moment.state().reporting.of(provider)?;
    let rules = &setting.rules;
    let is_late = requested.span.end > moment.now.as_second().saturating_sub(rules.longest());
    if !is_late && rules.missing.is_empty() {
        return None;
    }
    let mut why = format!("the answer is empty; the reports of {provider} are late:");
    let file = &setting.file;
    for (name, value) in [("lag", &file.lag), ("jitter", &file.jitter), ("daily", &file.daily)] {
        if let Some(value) = value {
            // Writing into a string cannot fail.
            let _ = write!(why, " {name} {value},");
        }
    }
    if let Some(days) = &file.missing
        && let Some(first) = days.first()
    {
        let days = days.len();
        let _ = write!(why, " {days} missing days from {first},");
    }
    why.pop();
    why.push_str("; GET /_admin/truth has the rows themselves");
    Some(why)
}
