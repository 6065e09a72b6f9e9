//! One entry of the journal: why it was refused, the request and the answer, and ways to repeat it.

use maud::{Markup, Render, html};
use serde_json::{Map, Value};

use super::page::{Page, Paths, Template, once};
use super::pieces::{Chip, Code, Copied, Instant, Pairs, clock_text, duration, size, words};
use super::values::{Members, nth, plain, pretty, segment};
use super::{JOURNAL, journal, snippets};
use crate::admin::Document;

/// Bytes of a body that the page shows at most; the JSON of the entry has all that was kept.
const MAX_SHOWN: usize = 64 * 1024;

/// Members of an explanation that have a place of their own.
const DIAGNOSIS: [&str; 5] =
    ["likely_mistake", "string_to_sign", "expected", "received", "first_difference"];

pub(super) const TEMPLATE: Template =
    Template { view: &JOURNAL, requests, title: Some(title), content };

fn requests(page: &Page, answers: &[Document]) -> Paths {
    let path = format!("/_admin/journal/{}", segment(&page.segment(1)));
    once(answers, &[&format!("{path}?as=curl"), &journal::list(page), &path])
}

fn title(answers: &[Document]) -> String {
    format!("Entry {}", nth(answers, 2).number("id"))
}

fn content(page: &Page, answers: &[Document]) -> Markup {
    let [curl, found, entry] = answers else { return html! {} };
    let number = entry.number("id");
    html! {
        div.split {
            section.list aria-label="Journal" {
                (journal::entries(page, found, Some(number)))
            }
            article.detail #entry aria-labelledby="entry-title" {
                (steps(page, found, number))
                (head(entry))
                (why(entry))
                (message("Request", entry, "request"))
                (message("Answer", entry, "answer"))
                (repeat(page, entry, curl))
            }
        }
    }
}

/// The ways to the entries before and after, and back to the list.
fn steps(page: &Page, found: &Value, number: i64) -> Markup {
    let mut ids = found.list("entries").iter().map(|it| it.number("id"));
    let newer = ids.clone().rev().find(|id| *id > number);
    let older = ids.find(|id| *id < number);
    let query = page.query.query(&journal::KEPT);
    html! {
        p.links.steps {
            (page.anchor("back", format_args!("journal{query}"), format_args!("Back to the list")))
            @if let Some(id) = newer { (page.anchor("newer", format_args!("journal/{id}{query}"), format_args!("Newer"))) }
            @if let Some(id) = older { (page.anchor("older", format_args!("journal/{id}{query}"), format_args!("Older"))) }
        }
    }
}

fn head(entry: &Value) -> Markup {
    let operation = words(entry.text("operation"));
    let real_at = clock_text(entry.text("real_at"));
    html! {
        h2 #entry-title { (entry.text("method")) " " (entry.text("target")) }
        (Pairs(&[
            ("Outcome", &html! { (Chip(entry.text("outcome"))) " " (answer_line(entry)) }),
            ("Provider", &format_args!("{} {operation}", entry.text("provider"))),
            ("Merchant", &entry.text("merchant")),
            ("At", &html! { (Instant(entry.text("at"))) span.muted { " sandbox, " (real_at) " real" } }),
            ("Fault", &entry.text("fault")),
            ("Note", &entry.text("note")),
        ]))
    }
}

fn answer_line(entry: &Value) -> String {
    let took = duration(entry.number("duration_us"));
    match entry.number("status") {
        0 => format!("no answer was sent, after {took}"),
        status => format!("{status} in {took}"),
    }
}

/// The diagnosis: the reason, the likely mistake, what was expected and what came.
fn why(entry: &Value) -> Markup {
    let reason = entry.text("reason");
    let nothing = Map::new();
    let members = entry.member("explanation").as_object().unwrap_or(&nothing);
    if reason.is_empty() && members.values().all(Value::is_null) {
        return html! {};
    }
    let find = |name: &str| members.get(name).filter(|it| !it.is_null());
    let text = |name: &str| find(name).map(plain);
    html! {
        section.why aria-labelledby="why" {
            h3 #why { @if reason.is_empty() { "Explanation" } @else { "Why it was refused" } }
            @if !reason.is_empty() { p.lead { (reason) } }
            @if let Some(likely) = text("likely_mistake") {
                p.likely { strong { "Likely mistake: " } (likely) }
            }
            @if let Some(string) = text("string_to_sign") {
                h4 { "The string to sign" }
                (Code(format_args!("string to sign"), &string))
            }
            (compared(text("expected"), text("received")))
            @if let Some(difference) = find("first_difference") { (first_difference(difference)) }
            @for (name, value) in members {
                @if !value.is_null() && !DIAGNOSIS.contains(&name.as_str()) {
                    h4 { (words(name)) }
                    (Code(format_args!("{name}"), &plain(value)))
                }
            }
        }
    }
}

/// Both values, one above the other, with the first difference marked.
fn compared(expected: Option<String>, received: Option<String>) -> Markup {
    if expected.is_none() && received.is_none() {
        return html! {};
    }
    let (ours, yours) = (expected.unwrap_or_default(), received.unwrap_or_default());
    let same = ours.chars().zip(yours.chars()).take_while(|it| it.0 == it.1).count();
    html! {
        dl.compare {
            dt { "Expected" } dd { (marked("expected", &ours, same, "ours")) }
            dt { "Received" } dd { (marked("received", &yours, same, "yours")) }
        }
    }
}

/// A text that is marked from its first different character on.
fn marked(label: &str, text: &str, same: usize, class: &str) -> Markup {
    let end = text.char_indices().nth(same).map_or(text.len(), |it| it.0);
    let (alike, other) = text.split_at_checked(end).unwrap_or((text, ""));
    let marked = html! { (alike) @if !other.is_empty() { mark class=(class) { (other) } } };
    Code(format_args!("{label}"), &marked).render()
}

/// Where the client's own string goes another way.
fn first_difference(difference: &Value) -> Markup {
    html! {
        h4 { "First difference, at character " (difference.whole("at")) }
        dl.compare {
            dt { "Ours" } dd { code { mark.ours { (difference.text("ours")) } } }
            dt { "Yours" } dd { code { mark.yours { (difference.text("yours")) } } }
        }
    }
}

/// Headers and body of the request or the answer.
fn message(title: &str, entry: &Value, name: &str) -> Markup {
    let message = entry.member(name);
    let headers = message.list("headers");
    html! {
        section aria-labelledby=(name) {
            h3 id=(name) { (title) }
            details {
                summary { "Headers (" (headers.len()) ")" }
                dl.pairs {
                    @for header in headers {
                        dt { (header.get(0).map(plain).unwrap_or_default()) }
                        dd { code { (header.get(1).map(plain).unwrap_or_default()) } }
                    }
                }
            }
            (body(title, message.member("body")))
        }
    }
}

/// A body as it came and, when it is JSON, set out in lines.
fn body(title: &str, body: &Value) -> Markup {
    let (text, length) = (body.text("text"), body.number("length"));
    if length == 0 {
        return html! { p.muted { "No body." } };
    }
    let end = (0..=MAX_SHOWN.min(text.len())).rev().find(|end| text.is_char_boundary(*end));
    let shown = text.get(..end.unwrap_or(0)).unwrap_or("");
    let is_whole = shown.len() == text.len() && !body.is("cut");
    let is_binary =
        shown.chars().any(|it| it == '\u{fffd}' || (it.is_control() && !it.is_whitespace()));
    let json: Option<Value> = is_whole.then(|| serde_json::from_str(shown).ok()).flatten();
    let pretty = json.as_ref().map(pretty);
    let raw = if is_binary { escaped(shown) } else { shown.to_owned() };
    html! {
        p.muted {
            (size(length))
            @if is_binary { ", binary: bytes that are no text are shown as escapes" }
            @if body.is("cut") { ", the journal kept the first " (size(i64::try_from(text.len()).unwrap_or(0))) }
            @else if !is_whole { ", the first " (size(i64::try_from(shown.len()).unwrap_or(0))) " are shown; the JSON of the entry has the rest" }
        }
        @if let Some(pretty) = pretty {
            (Code(format_args!("{title} body"), &pretty))
            details { summary { "As it came" } (Code(format_args!("{title} body as it came"), &shown)) }
        } @else {
            (Code(format_args!("{title} body"), &raw))
        }
    }
}

/// Control characters as escapes.
fn escaped(text: &str) -> String {
    let is_plain = |it: char| !it.is_control() || it == '\n' || it == '\t';
    let mut escaped = String::new();
    for it in text.chars() {
        if is_plain(it) {
            escaped.push(it);
        } else {
            escaped.extend(it.escape_default());
        }
    }
    escaped
}

/// The request as commands and tests of other languages.
fn repeat(page: &Page, entry: &Value, curl: &Value) -> Markup {
    let id = entry.whole("id");
    html! {
        section aria-labelledby="repeat" {
            h3 #repeat { "Repeat and test" }
            (Code(format_args!("curl command"), &plain(curl).trim_end()))
            @for (name, text) in snippets::of(&page.inside.base_url(), entry) {
                details { summary { (name) } (Code(format_args!("{name}"), &text)) }
            }
            p.links {
                a href={ (page.api("journal/")) (id) } { "JSON" }
                a href={ (page.api("journal/")) (id) "?as=har" } download={ "sandtill-" (id) ".har" } { "HAR" }
                span { "Address of this entry " (Copied("address", &format!("{}/_admin/ui/journal/{id}", page.inside.base_url()))) }
            }
        }
    }
}
