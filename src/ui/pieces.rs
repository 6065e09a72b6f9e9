//! Small pieces of pages: instants, amounts, words with a colour, code to copy, fields of forms.

use maud::{Markup, html};

use crate::admin;

/// An instant of the admin API, to the second: `2026-03-14 12:00:00`.
pub(super) fn instant(text: &str) -> Markup {
    if text.is_empty() {
        return html! { span.muted { "–" } };
    }
    html! { time datetime=(text) { (clock_text(text)) } }
}

/// The text of an instant without its fraction and zone; all instants are UTC.
pub(super) fn clock_text(text: &str) -> String {
    let end = text.find('.').unwrap_or_else(|| text.trim_end_matches('Z').len());
    text.get(..end).unwrap_or(text).replace('T', " ")
}

/// Minor units as a decimal of their currency, with its code.
pub(super) fn amount(minor: i64, currency: &str) -> Markup {
    html! { span.amount { (admin::decimal(minor, currency)) " " span.code { (currency) } } }
}

/// A word with the colour of its kind.
pub(super) fn chip(kind: &str, text: &str) -> Markup {
    let tone = match kind {
        "answered" | "approved" | "settled" | "delivered" | "complete" | "captured" | "ready" => {
            "good"
        }
        "refused" | "failed" | "declined" | "chargeback" | "reject" | "given_up" => "bad",
        "faulted" | "due" | "pending" | "processing" | "expired" | "frozen" | "authorized" => {
            "warn"
        }
        _ => "plain",
    };
    html! { span class={ "chip " (tone) } { (text.replace('_', " ")) } }
}

/// Microseconds as a user reads them.
pub(super) fn duration(microseconds: i64) -> String {
    match microseconds {
        ..=999 => format!("{microseconds} µs"),
        1_000..=999_999 => {
            format!("{}.{} ms", microseconds / 1_000, microseconds % 1_000 / 100)
        }
        _ => format!("{}.{:02} s", microseconds / 1_000_000, microseconds % 1_000_000 / 10_000),
    }
}

/// Bytes as a user reads them.
pub(super) fn size(bytes: i64) -> String {
    match bytes {
        ..=1_023 => format!("{bytes} B"),
        1_024..=1_048_575 => format!("{} KiB", bytes / 1_024),
        _ => format!("{}.{} MiB", bytes / 1_048_576, bytes % 1_048_576 * 10 / 1_048_576),
    }
}

/// Code with a button that copies it; `app.js` shows the button.
pub(super) fn code(label: &str, text: &str) -> Markup {
    html! {
        div.code-box {
            pre tabindex="0" role="region" aria-label=(label) { code { (text) } }
            button.copy type="button" hidden aria-label={ "Copy " (label) } { "Copy" }
        }
    }
}

/// A value with a button that copies it.
pub(super) fn copied(label: &str, text: &str) -> Markup {
    html! {
        span.copied {
            code { (text) }
            button.copy type="button" hidden aria-label={ "Copy " (label) } { "Copy" }
        }
    }
}

/// A labelled text field.
pub(super) fn field(id: &str, label: &str, value: &str) -> Markup {
    html! {
        div.field {
            label for={ "f-" (id) } { (label) }
            input id={ "f-" (id) } name=(id) value=(value) autocomplete="off";
        }
    }
}

/// A labelled text field with a hint inside.
pub(super) fn hinted(id: &str, label: &str, value: &str, hint: &str) -> Markup {
    html! {
        div.field {
            label for={ "f-" (id) } { (label) }
            input id={ "f-" (id) } name=(id) value=(value) placeholder=(hint) autocomplete="off";
        }
    }
}

/// A labelled choice; the empty value comes first as `any` unless that is empty.
pub(super) fn choice(
    (id, label): (&str, &str),
    any: &str,
    options: &[&str],
    chosen: &str,
) -> Markup {
    html! {
        div.field {
            label for={ "f-" (id) } { (label) }
            select id={ "f-" (id) } name=(id) {
                @if !any.is_empty() { option value="" { (any) } }
                @for option in options {
                    option value=(option) selected[*option == chosen] { (option.replace('_', " ")) }
                }
            }
        }
    }
}

/// A form of one button that posts `do` and an id.
pub(super) fn button(action: &str, does: &str, id: &str, label: &str) -> Markup {
    html! {
        form.inline method="post" action=(action) {
            input type="hidden" name="do" value=(does);
            input type="hidden" name="id" value=(id);
            button type="submit" { (label) }
        }
    }
}

/// A text whose words between backticks are code.
pub(super) fn ticked(text: &str) -> Markup {
    html! {
        @for (index, part) in text.split('`').enumerate() {
            @if index % 2 == 1 { code { (part) } } @else { (part) }
        }
    }
}
