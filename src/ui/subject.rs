//! Whose rows a page is about, at which provider, of which days; what a request leaves out is chosen.

use jiff::ToSpan;
use jiff::civil::Date;
use maud::{Markup, html};
use serde_json::{Map, Value};

use super::page::Page;
use super::pieces::{Choice, Field};
use super::values::{Members, date, nth, strs};
use crate::admin::Document;

/// The merchant of the built-in scenarios that sells through every provider.
pub(super) const EVERYWHERE: &str = "everywhere";

/// Days of a range that the request does not begin itself.
const DAYS: i64 = 14;

/// The rows of a merchant at a provider in a range of days.
pub(super) struct Subject {
    merchants: Vec<String>,
    pub(super) merchant: String,
    /// The providers of the merchant.
    providers: Vec<String>,
    /// `None` for a merchant without any.
    pub(super) provider: Option<String>,
    pub(super) from: String,
    pub(super) to: String,
}

/// The value of a field of the form or else of the query.
fn field<'a>(page: &'a Page, name: &str) -> Option<&'a str> {
    page.form.get(name).or_else(|| page.query.get(name))
}

/// The merchant that a request names, or else the one to begin with.
pub(super) fn merchant(page: &Page, merchants: &[String]) -> String {
    let preferred = || merchants.iter().find(|it| *it == EVERYWHERE).or(merchants.first());
    let named = field(page, "merchant").map(str::to_owned);
    named.or_else(|| preferred().cloned()).unwrap_or_default()
}

/// The UTC day on which the clock stands, read from what the admin API says of it.
pub(super) fn today(clock: &Value) -> Date {
    clock.text("now").get(..10).and_then(date).unwrap_or_default()
}

/// The day so many days earlier.
pub(super) fn days_before(day: Date, days: i64) -> Date {
    day.checked_sub(days.days()).unwrap_or(day)
}

impl Subject {
    /// What the admin API is asked for before it is known.
    pub(super) const PATHS: [&str; 2] = ["/_admin/credentials", "/_admin/clock"];

    /// The subject of a query or form, with the answers to [`Self::PATHS`].
    pub(super) fn of(page: &Page, answers: &[Document]) -> Self {
        let (credentials, clock) = (nth(answers, 0), nth(answers, 1));
        let merchants = page.inside.merchants();
        let merchant = merchant(page, &merchants);
        let mut providers = Vec::new();
        for (slug, known) in credentials.as_object().unwrap_or(&Map::new()) {
            let known = known.as_array().map_or(&[][..], Vec::as_slice);
            if known.iter().any(|it| it.text("merchant") == merchant) {
                providers.push(slug.clone());
            }
        }
        let wanted = field(page, "provider").filter(|it| providers.iter().any(|known| known == it));
        let provider = wanted.map(str::to_owned).or_else(|| providers.first().cloned());
        let today = today(clock);
        let first = days_before(today, DAYS - 1);
        let day =
            |name: &str, or: Date| field(page, name).map_or_else(|| or.to_string(), str::to_owned);
        let (from, to) = (day("from", first), day("to", today));
        Self { merchants, merchant, providers, provider, from, to }
    }

    /// The fields that name the subject.
    pub(super) fn fields(&self) -> Markup {
        html! {
            (Choice(("merchant", "Merchant"), "", &strs(&self.merchants), &self.merchant))
            (Choice(("provider", "Provider"), "", &strs(&self.providers), self.provider.as_deref().unwrap_or("")))
            (days(&self.from, &self.to))
        }
    }
}

/// The fields of a range of days.
pub(super) fn days(from: &str, to: &str) -> Markup {
    html! {
        (Field("from", "From (UTC day)", from, "2026-03-01"))
        (Field("to", "To", to, "2026-03-14"))
    }
}
