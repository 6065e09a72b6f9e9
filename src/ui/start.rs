//! The first page: how to reach each provider, and what has come in.

use jiff::Timestamp;
use maud::{Markup, html};
use serde_json::{Map, Value};

use super::page::{Page, Paths, Template, once};
use super::pieces::{Code, Coloured, Copied};
use super::plot::{self, Bars, Series};
use super::values::{Members, instant, plain};
use super::{START, journal};
use crate::admin::{self, Document};

/// Entries of the journal that the page counts at most.
const MAX_COUNTED: usize = 500;

/// Minutes of real time that the plot shows.
const MINUTES: i64 = 30;

/// Newest requests that the page lists.
const NEWEST: usize = 8;

pub(super) const TEMPLATE: Template = Template { view: &START, requests, title: None, content };

fn requests(_: &Page, answers: &[Document]) -> Paths {
    let journal = format!("/_admin/journal?limit={MAX_COUNTED}");
    once(answers, &["/_admin/providers", "/_admin/credentials", &journal])
}

fn content(page: &Page, answers: &[Document]) -> Markup {
    let [providers, credentials, journal] = answers else { return html! {} };
    let entries = journal.list("entries");
    let now = admin::real_now();
    html! {
        @if entries.is_empty() {
            p.lead #arrived {
                "Nothing has arrived yet. Point your client at the base URL, or paste one of the commands below; \
                 the request shows up here by itself."
            }
        } @else {
            (recent(page, entries))
            (requests_a_minute(entries, now))
        }
        h2 { "Providers" }
        div.cards {
            @for provider in providers.list("providers") {
                @let known = credentials.list(provider.text("slug")).first();
                (card(page, provider, known, seen(entries, provider.text("slug"), now)))
            }
        }
    }
}

/// Requests to a provider within the last minute of real time.
fn seen(entries: &[Value], slug: &str, now: Timestamp) -> usize {
    let is_recent = |entry: &&Value| {
        let at = instant(entry.text("real_at"));
        at.is_some_and(|at| now.as_second() - at.as_second() < 60)
    };
    let of_provider = entries.iter().filter(|entry| entry.text("provider") == slug);
    of_provider.filter(is_recent).count()
}

fn recent(page: &Page, entries: &[Value]) -> Markup {
    html! {
        section aria-labelledby="recent" {
            h2 #recent { "Last requests" }
            (journal::table(page, entries.get(..NEWEST).unwrap_or(entries), None))
            p { (page.anchor("", format_args!("journal"), format_args!("All requests"))) }
        }
    }
}

fn requests_a_minute(entries: &[Value], now: Timestamp) -> Markup {
    let this_minute = now.as_second().div_euclid(60);
    let first = this_minute - MINUTES + 1;
    let mut labels = Vec::new();
    for minute in first..=this_minute {
        let at = Timestamp::from_second(minute * 60).unwrap_or(now);
        labels.push(at.strftime("%H:%M").to_string());
    }
    let series = |name: &str, tone: &'static str| {
        let mut values = vec![0; labels.len()];
        for entry in entries.iter().filter(|it| it.text("outcome") == name) {
            let at = instant(entry.text("real_at"));
            let minute = at.map(|at| at.as_second().div_euclid(60) - first);
            let index = minute.and_then(|it| usize::try_from(it).ok());
            if let Some(value) = index.and_then(|it| values.get_mut(it)) {
                *value += 1;
            }
        }
        Series { name: name.to_owned(), tone, values }
    };
    plot::bars(&Bars {
        title: "Requests a minute, real time (UTC)",
        axis: "Minute",
        series: vec![
            series("answered", "good"),
            series("refused", "bad"),
            series("faulted", "warn"),
        ],
        labels,
        format: &|value| value.to_string(),
    })
}

fn card(page: &Page, provider: &Value, known: Option<&Value>, seen: usize) -> Markup {
    let slug = provider.text("slug");
    let example = provider.list("examples").first();
    html! {
        section.card aria-labelledby={ "provider-" (slug) } {
            div.card-head {
                h3 id={ "provider-" (slug) } { (provider.text("name")) }
                @if seen > 0 { (Coloured("answered", &format!("{seen} in the last minute"))) }
            }
            p { "Base URL " (Copied("base URL", &page.inside.base_url())) }
            @if let Some(known) = known { (credential(slug, known)) }
            @if let Some(example) = example {
                p.muted { "A signed request, ready to paste:" }
                (Code(format_args!("command for {}", provider.text("name")), &example.text("command")))
            } @else {
                p.muted { "No merchant of this scenario has credentials here." }
            }
            p.links {
                (page.anchor("", format_args!("journal?provider={slug}"), format_args!("Requests")))
                @if provider.text("docs").starts_with("https://") {
                    a href=(provider.text("docs")) rel="noreferrer" { "Vendor documentation" }
                }
            }
        }
    }
}

/// The credential of the first merchant. Secrets are behind a click, as on a screen that others see.
fn credential(slug: &str, known: &Value) -> Markup {
    let secret = admin::secret_fields(slug);
    let nothing = Map::new();
    let fields = known.as_object().unwrap_or(&nothing);
    let is_secret = |name: &str| secret.contains(&name);
    html! {
        dl.pairs {
            @for (name, value) in fields {
                @if !is_secret(name) { dt { (name) } dd { (Copied(name, &plain(value))) } }
            }
        }
        @if fields.keys().any(|name| is_secret(name)) {
            details.secrets {
                summary { "Secrets" }
                dl.pairs {
                    @for (name, value) in fields {
                        @if is_secret(name) { dt { (name) } dd { (Copied(name, &plain(value))) } }
                    }
                }
            }
        }
    }
}
