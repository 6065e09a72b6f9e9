//! The clock: where it stands, how it moves, what will happen on the way, and what did.

use axum::http::Method;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};
use maud::{Markup, html};
use serde_json::{Map, Value};

use super::CLOCK;
use super::form::{Call, Form, Next, unknown_action};
use super::page::{Page, Paths, Template, once};
use super::pieces::{Chip, Choice, Field, Instant, clock_text, words};
use super::values::{Members, instant, nth, object, plain};
use crate::admin::Document;
use crate::wire::problem::Problem;

/// Zones of the markets of the providers, whose midnights a user may want.
const ZONES: [&str; 8] = [
    "UTC",
    "Europe/London",
    "Europe/Berlin",
    "Asia/Tbilisi",
    "Asia/Dubai",
    "Asia/Riyadh",
    "America/New_York",
    "America/Los_Angeles",
];

/// Occurrences that the page lists, to come and past.
const LISTED: usize = 50;

/// The path of which `last` is the number of the newest event.
const LAST_EVENT: &str = "/_admin/history?limit=1&since=0";

pub(super) const TEMPLATE: Template = Template { view: &CLOCK, requests, title: None, content };

fn requests(_: &Page, answers: &[Document]) -> Paths {
    let [_, _, newest] = answers else {
        return once(answers, &["/_admin/clock", "/_admin/clock/due", LAST_EVENT]);
    };
    let from = (newest.number("last") - i64::try_from(LISTED).unwrap_or(0)).max(0);
    Ok(vec![format!("/_admin/history?since={from}&limit={LISTED}")])
}

fn content(page: &Page, answers: &[Document]) -> Markup {
    let [clock, ahead, _, history] = answers else { return html! {} };
    let due = ahead.list("due");
    html! {
        section.card.clock aria-labelledby="stands" {
            h2 #stands { "It is" }
            p.big { (Instant(clock.text("now"))) " UTC " (Chip(clock.text("mode"))) }
            (moves(page, clock, !due.is_empty()))
        }
        section aria-labelledby="to-come" {
            h2 #to-come { "What will happen" }
            @if due.is_empty() {
                p.muted {
                    "Nothing up to " (Instant(ahead.text("to"))) ": no callback, no report in preparation, and \
                     nothing of payments that were added or changed."
                }
            } @else {
                ol.happenings {
                    @for it in due.iter().take(LISTED) {
                        li {
                            (Instant(it.text("at"))) " "
                            @if let Some(path) = page_of(it) { (page.anchor("", format_args!("{path}"), format_args!("{}", it.text("what")))) }
                            @else { (it.text("what")) }
                        }
                    }
                }
                @if due.len() > LISTED { p.muted { "and " (due.len() - LISTED) " more" } }
            }
        }
        (past(page, history))
    }
}

/// The path of the page that shows a thing that falls due; nothing if none does.
fn page_of(due: &Value) -> Option<String> {
    let id = due.optional("id")?;
    Some(match due.text("kind") {
        "callback" => format!("callbacks#callback-{id}"),
        "report" => format!("reports#report-{id}"),
        "deposit_sent" | "deposit_paid" => "settlement".to_owned(),
        _ => format!("ledger/{id}"),
    })
}

/// The ways to move the clock.
fn moves(page: &Page, clock: &Value, has_next: bool) -> Markup {
    let action = page.link("clock");
    let is_frozen = clock.text("mode") == "frozen";
    let by = |label: &str, by: &str| {
        html! { button type="submit" name="by" value=(by) { (label) } }
    };
    html! {
        div.tools {
            form.inline method="post" action=(action) {
                input type="hidden" name="do" value="mode";
                input type="hidden" name="mode" value=(if is_frozen { "running" } else { "frozen" });
                button.primary type="submit" { @if is_frozen { "Let it run" } @else { "Freeze" } }
            }
            form.inline method="post" action=(action) {
                input type="hidden" name="do" value="advance";
                (by("+ 1 hour", "1h")) (by("+ 1 day", "24h")) (by("+ 1 week", "7d"))
                @if has_next {
                    button type="submit" name="until" value="next" { "To the next thing due" }
                }
            }
        }
        div.forms {
            form.line method="post" action=(action) {
                input type="hidden" name="do" value="midnight";
                (Choice(("zone", "Midnight of"), "", &ZONES, ""))
                button type="submit" { "To the next midnight" }
            }
            form.line method="post" action=(action) {
                input type="hidden" name="do" value="advance";
                (Field("by", "Advance by", "", "36h"))
                button type="submit" { "Advance" }
            }
            form.line method="post" action=(action) {
                input type="hidden" name="do" value="jump";
                (Field("now", "Jump to (UTC)", "", &clock_text(clock.text("now"))))
                button type="submit" { "Jump" }
            }
        }
        p.muted {
            "To advance is to do all that falls due on the way, callbacks included. To jump is to skip it; \
             a jump can go back."
        }
    }
}

/// The events of the space, the newest first; those after `since` are what the last move did.
fn past(page: &Page, history: &Value) -> Markup {
    let since: Option<i64> = page.query.get("since").and_then(|it| it.parse().ok());
    let events = history.list("events");
    let is_new = |event: &Value| since.is_some_and(|since| event.number("id") > since);
    let moved = events.iter().filter(|it| is_new(it)).count();
    html! {
        section aria-labelledby="past" {
            h2 #past { "What happened" }
            @if since.is_some() {
                p.done role="status" {
                    "The clock has moved; " (moved) @if moved == 1 { " event" } @else { " events" } " on the way."
                }
            }
            @if events.is_empty() { p.muted { "Nothing yet." } }
            ol.happenings {
                @for event in events.iter().rev() {
                    li.new[is_new(event)] {
                        (Instant(event.text("at"))) " "
                        strong { (words(event.text("kind"))) } " "
                        span.muted { (details(event.member("details"))) }
                    }
                }
            }
            p.links { a href=(page.api("history")) { "The whole history as JSON" } }
        }
    }
}

/// The members of an event in one line.
fn details(details: &Value) -> String {
    let mut line = String::new();
    for (name, value) in details.as_object().unwrap_or(&Map::new()) {
        let detail = detail(name, value);
        if !line.is_empty() && !detail.is_empty() {
            line.push_str(", ");
        }
        line.push_str(&detail);
    }
    line
}

/// A member of an event; nothing for `null`.
fn detail(name: &str, value: &Value) -> String {
    if value.is_null() {
        return String::new();
    }
    // An object inside says what it is itself: `frozen 2026-03-14 12:00:00`, not its JSON.
    if value.is_object() {
        return details(value);
    }
    let mut text = plain(value);
    if text.ends_with('Z') && text.len() > 18 {
        text = clock_text(&text);
    } else if let (true, Ok(length)) = (text.contains("PT"), text.parse::<SignedDuration>()) {
        text = format!("{length:#}");
    }
    let more = if text.chars().nth(80).is_some() { "…" } else { "" };
    format!("{} {text:.80}{more}", words(name))
}

pub(super) const FORM: Form = Form { requests: first_requests, calls, refused: None, leads_to };

fn first_requests(_: &Page, answers: &[Document]) -> Paths {
    once(answers, &[LAST_EVENT, "/_admin/clock"])
}

fn calls(page: &Page, answers: &[Document]) -> Result<Vec<Call>, Problem> {
    let form = &page.form;
    let now = nth(answers, 1).text("now");
    let (method, body) = match form.text("do") {
        "mode" => (Method::PUT, object(&[("mode", form.text("mode"))])),
        "jump" => (Method::PUT, object(&[("now", &spelled(form.text("now")))])),
        "advance" => {
            let how = ["to", "until"].into_iter().find(|it| form.get(it).is_some()).unwrap_or("by");
            (Method::POST, object(&[(how, form.text(how))]))
        }
        "midnight" => {
            let to = midnight(now, form.text("zone"))?.to_string();
            (Method::POST, object(&[("to", &to)]))
        }
        _ => return Err(unknown_action(page)),
    };
    let path = if method == Method::PUT { "/_admin/clock" } else { "/_admin/clock/advance" };
    Ok(vec![Call::json(method, path, &body)])
}

fn leads_to(_: &Page, answers: &[Document]) -> Next {
    let before = nth(answers, 0).number("last");
    Next::Page(format!("clock?since={before}#past"))
}

/// An instant as people type it, in the spelling of the API: `2026-03-14 12:00` is UTC.
fn spelled(text: &str) -> String {
    let text = text.trim().replacen(' ', "T", 1);
    let has_zone = text.ends_with('Z') || text.get(10..).is_some_and(|it| it.contains(['+', '-']));
    match text.len() {
        10 => format!("{text}T00:00:00Z"),
        16 if !has_zone => format!("{text}:00Z"),
        _ if !has_zone => format!("{text}Z"),
        _ => text,
    }
}

/// The first midnight of a zone after an instant; where a day begins later, its beginning.
fn midnight(now: &str, zone: &str) -> Result<Timestamp, Problem> {
    let unknown = |problem: String| Problem::bad_request(problem);
    let zone = TimeZone::get(zone)
        .map_err(|_| unknown(format!("`{zone}` is no time zone; Europe/London is one")))?;
    let now = instant(now).ok_or_else(|| unknown("the clock cannot be read".to_owned()))?;
    let day = now.to_zoned(zone.clone()).date().checked_add(1.day());
    let next = day.and_then(|day| day.to_zoned(zone));
    next.map(|it| it.timestamp()).map_err(|_| unknown("there is no such midnight".to_owned()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn midnights_are_those_of_the_zone() {
        for (now, zone, expected) in [
            ("2026-03-14T12:00:00Z", "UTC", "2026-03-15T00:00:00Z"),
            ("2026-03-14T21:00:00Z", "Asia/Dubai", "2026-03-15T20:00:00Z"),
            // The night to summer time, which is an hour shorter.
            ("2026-03-29T12:00:00Z", "Europe/London", "2026-03-29T23:00:00Z"),
            ("2026-03-28T12:00:00Z", "Europe/London", "2026-03-29T00:00:00Z"),
        ] {
            assert_eq!(midnight(now, zone).unwrap().to_string(), expected, "{now} {zone}");
        }
        assert!(midnight("2026-03-14T12:00:00Z", "Europe/Atlantis").is_err());
    }

    #[test]
    fn events_are_told_as_people_read_them() {
        for (name, value, expected) in [
            ("clock", json!({"running": "PT36H"}), "running 36h"),
            ("clock", json!({"running": "-PT0.5S"}), "running 500ms ago"),
            ("clock", json!({"frozen": "2026-03-14T12:00:00.5Z"}), "frozen 2026-03-14 12:00:00"),
            ("merchant", json!("SCRIPT"), "merchant SCRIPT"),
            ("due_at", json!(null), ""),
            ("error", json!("x".repeat(81)), &format!("error {}…", "x".repeat(80))),
        ] {
            assert_eq!(detail(name, &value), expected);
        }
    }

    #[test]
    fn instants_may_be_typed_without_a_zone() {
        for (typed, expected) in [
            ("2026-03-14", "2026-03-14T00:00:00Z"),
            ("2026-03-14 12:30", "2026-03-14T12:30:00Z"),
            ("2026-03-14T12:30:01", "2026-03-14T12:30:01Z"),
            ("2026-03-14T12:30:01Z", "2026-03-14T12:30:01Z"),
            ("2026-03-14T12:30:01+04:00", "2026-03-14T12:30:01+04:00"),
        ] {
            assert_eq!(spelled(typed), expected);
        }
    }
}
