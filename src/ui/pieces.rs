//! Small pieces of pages: instants, amounts, words with a colour, code to copy, fields of forms.

use std::fmt::{self, Arguments, Display, Formatter};

use maud::{Markup, Render, html};

use super::page::Link;
use crate::admin;

/// An instant of the admin API, to the second: `2026-03-14 12:00:00`.
pub(super) struct Instant<'a>(pub(super) &'a str);

impl Render for Instant<'_> {
    fn render(&self) -> Markup {
        if self.0.is_empty() {
            return html! { span.muted { "–" } };
        }
        html! { time datetime=(self.0) { (clock_text(self.0)) } }
    }
}

/// The text of an instant without its fraction and zone; all instants are UTC.
pub(super) fn clock_text(text: &str) -> String {
    let end = text.find('.').unwrap_or_else(|| text.trim_end_matches('Z').len());
    text.get(..end).unwrap_or(text).replace('T', " ")
}

/// Minor units as a decimal of their currency, with its code.
pub(super) struct Amount<'a>(pub(super) i64, pub(super) &'a str);

impl Render for Amount<'_> {
    fn render(&self) -> Markup {
        let Self(minor, currency) = *self;
        html! { span.amount { (admin::decimal(minor, currency)) " " span.code { (currency) } } }
    }
}

/// A whole number. It is written here alone: maud would put the code for it into every place.
#[derive(Clone, Copy)]
pub(super) struct Whole(pub(super) i64);

impl Display for Whole {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Render for Whole {
    #[inline(never)]
    fn render_to(&self, buffer: &mut String) {
        self.0.render_to(buffer);
    }
}

/// A word in the colour of its kind.
pub(super) struct Chip<'a>(pub(super) &'a str);

impl Render for Chip<'_> {
    fn render(&self) -> Markup {
        Coloured(self.0, self.0).render()
    }
}

/// A text in the colour of a word.
pub(super) struct Coloured<'a>(pub(super) &'a str, pub(super) &'a str);

impl Render for Coloured<'_> {
    fn render(&self) -> Markup {
        let Self(word, text) = *self;
        let tone = match word {
            "answered" | "approved" | "settled" | "delivered" | "complete" | "captured"
            | "ready" => "good",
            "refused" | "failed" | "declined" | "chargeback" | "reject" | "given_up" => "bad",
            "faulted" | "due" | "pending" | "processing" | "expired" | "frozen" | "authorized" => {
                "warn"
            }
            _ => "plain",
        };
        html! { span class={ "chip " (tone) } { (words(text)) } }
    }
}

/// A name of the API as words.
#[inline(never)]
pub(super) fn words(name: &str) -> String {
    name.replace('_', " ")
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

/// Code of this name with a button that copies it; `app.js` shows the button.
pub(super) struct Code<'a>(pub(super) Arguments<'a>, pub(super) &'a dyn Render);

impl Render for Code<'_> {
    fn render(&self) -> Markup {
        let Self(label, text) = *self;
        html! {
            div.code-box {
                pre tabindex="0" role="region" aria-label=(label) { code { (text) } }
                button.copy type="button" hidden aria-label={ "Copy " (label) } { "Copy" }
            }
        }
    }
}

/// A value of this name with a button that copies it.
pub(super) struct Copied<'a>(pub(super) &'a str, pub(super) &'a str);

impl Render for Copied<'_> {
    fn render(&self) -> Markup {
        let Self(label, text) = *self;
        html! {
            span.copied {
                code { (text) }
                button.copy type="button" hidden aria-label={ "Copy " (label) } { "Copy" }
            }
        }
    }
}

/// A text field: its name, label and value, and a hint unless that is empty.
pub(super) struct Field<'a>(
    pub(super) &'a str,
    pub(super) &'a str,
    pub(super) &'a str,
    pub(super) &'a str,
);

impl Render for Field<'_> {
    fn render(&self) -> Markup {
        let Self(name, label, value, hint) = *self;
        html! {
            div.field {
                label for={ "f-" (name) } { (label) }
                input id={ "f-" (name) } name=(name) value=(value)
                    placeholder=[(!hint.is_empty()).then_some(hint)] autocomplete="off";
            }
        }
    }
}

/// A choice: its name and label, the text of the empty value unless that is empty, the other values, and the
/// chosen one.
pub(super) struct Choice<'a>(
    pub(super) (&'a str, &'a str),
    pub(super) &'a str,
    pub(super) &'a [&'a str],
    pub(super) &'a str,
);

impl Render for Choice<'_> {
    fn render(&self) -> Markup {
        let Self((name, label), any, options, chosen) = *self;
        html! {
            div.field {
                label for={ "f-" (name) } { (label) }
                select id={ "f-" (name) } name=(name) {
                    @if !any.is_empty() { option value="" { (any) } }
                    @for option in options {
                        option value=(option) selected[*option == chosen] { (words(option)) }
                    }
                }
            }
        }
    }
}

/// Names with their values; one without a value is left out.
pub(super) struct Pairs<'a>(pub(super) &'a [(&'a str, &'a dyn Render)]);

impl Render for Pairs<'_> {
    fn render(&self) -> Markup {
        html! {
            dl.pairs {
                @for (name, value) in self.0 {
                    @let value = value.render();
                    @if !value.0.is_empty() { dt { (name) } dd { (value) } }
                }
            }
        }
    }
}

/// A form of one button: where it posts, what `do` and `id` are, and the label.
pub(super) struct Button<'a>(
    pub(super) Link<'a>,
    pub(super) &'a str,
    pub(super) &'a str,
    pub(super) Arguments<'a>,
);

impl Render for Button<'_> {
    fn render(&self) -> Markup {
        let Self(action, does, id, label) = *self;
        html! {
            form.inline method="post" action=(action) {
                input type="hidden" name="do" value=(does);
                input type="hidden" name="id" value=(id);
                button type="submit" { (label) }
            }
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
