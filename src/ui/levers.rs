//! The reporting lag of each provider, as a part of the page of faults and levers.

use axum::http::Method;
use maud::{Markup, html};
use serde_json::Value;

use super::form::Call;
use super::page::Page;
use super::pieces::{Coloured, Copied};
use super::values::{Members, plain, segment};
use crate::admin::Document;

/// The keys of a reporting lag: name, label, an example.
const KEYS: [(&str, &str, &str); 5] = [
    ("lag", "Lag", "2h"),
    ("jitter", "Jitter", "6h"),
    ("daily", "Daily at", "06:00 Europe/London"),
    ("missing", "Missing days", "2026-03-14"),
    ("until", "Missing until", "2026-03-20T00:00:00Z"),
];

/// The paths of the lags, one for each provider.
pub(super) fn paths(providers: &Value) -> Vec<String> {
    let slugs = providers.list("providers").iter().map(|it| segment(it.text("slug")));
    slugs.map(|slug| format!("/_admin/reporting/{slug}")).collect()
}

/// A form for each provider and its lag.
pub(super) fn section(page: &Page, providers: &Value, lags: &[Document]) -> Markup {
    let known = providers.list("providers").iter().zip(lags);
    html! {
        section aria-labelledby="lag" {
            h2 #lag { "Reporting lag" }
            p.muted {
                "Reports show the truth late: all of it by a lag, each row by a jitter of its own, once a day, or \
                 with days missing for a while. Empty fields are off."
            }
            div.cards { @for (provider, lag) in known { (form(page, provider, lag)) } }
        }
    }
}

fn form(page: &Page, provider: &Value, lag: &Value) -> Markup {
    let slug = provider.text("slug");
    let is_on = KEYS.iter().any(|it| !value(lag, it.0).is_empty());
    html! {
        section.card aria-labelledby={ "lag-" (slug) } {
            div.card-head {
                h3 id={ "lag-" (slug) } { (provider.text("name")) }
                @if is_on { (Coloured("due", "late")) }
            }
            @if is_on {
                @for (name, label, _) in KEYS {
                    @if !value(lag, name).is_empty() { p { (label) " " (Copied(label, &value(lag, name))) } }
                }
            }
            details {
                summary { "Change" }
                form method="post" action=(page.link("faults")) {
                    input type="hidden" name="do" value="reporting";
                    input type="hidden" name="provider" value=(slug);
                    div.grid {
                        @for (name, label, example) in KEYS {
                            div.field {
                                label for={ "lag-" (slug) "-" (name) } { (label) }
                                input id={ "lag-" (slug) "-" (name) } name=(name) value=(value(lag, name))
                                    placeholder=(example) autocomplete="off";
                            }
                        }
                        div.buttons { button type="submit" { "Set for " (slug) } }
                    }
                }
            }
        }
    }
}

/// A key as it is typed; nothing for one that is off.
fn value(lag: &Value, name: &str) -> String {
    match lag.get(name) {
        Some(Value::Array(days)) => days.iter().map(plain).collect::<Vec<_>>().join(", "),
        Some(Value::String(text)) if text == "0s" => String::new(),
        Some(other) => plain(other),
        None => String::new(),
    }
}

/// The days of a list as it is typed, with commas or spaces between them.
fn days(text: &str) -> Value {
    let mut days = Vec::new();
    for day in text.split([',', ' ']) {
        if !day.is_empty() {
            days.push(day.into());
        }
    }
    Value::Array(days)
}

/// The call that replaces the lag of a provider.
pub(super) fn call(page: &Page) -> Call {
    let form = &page.form;
    let mut lag = form.object(&KEYS.map(|it| it.0));
    if let Some(missing) = lag.get_mut("missing") {
        *missing = days(form.text("missing"));
    }
    let path = format!("/_admin/reporting/{}", segment(form.text("provider")));
    Call::json(Method::PUT, &path, &Value::Object(lag))
}
