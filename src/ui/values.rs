//! Reads what pages are made of, the members of the admin API's answers and the fields of requests, and writes
//! queries. What is absent reads as empty.

use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::{Map, Value};

use super::pieces::Whole;
use crate::admin::Document;

/// Reading members of a JSON object.
pub(super) trait Members {
    /// The text of a member; empty without one.
    fn text(&self, name: &str) -> &str;
    /// A member; `null` without one.
    fn member(&self, name: &str) -> &Value;
    /// The whole number of a member; 0 without one.
    fn number(&self, name: &str) -> i64;
    /// The whole number of a member, if there is one.
    fn optional(&self, name: &str) -> Option<i64>;
    /// The whole number of a member, to be shown.
    fn whole(&self, name: &str) -> Whole {
        Whole(self.number(name))
    }
    /// Whether a member is `true`.
    fn is(&self, name: &str) -> bool;
    /// The list of a member; empty without one.
    fn list(&self, name: &str) -> &[Value];
}

// Nothing in this file is inlined: the pages call it in hundreds of places, and each would have a copy of the code.
impl Members for Value {
    #[inline(never)]
    fn member(&self, name: &str) -> &Value {
        self.get(name).unwrap_or(&Self::Null)
    }

    #[inline(never)]
    fn text(&self, name: &str) -> &str {
        self.member(name).as_str().unwrap_or("")
    }

    #[inline(never)]
    fn number(&self, name: &str) -> i64 {
        self.optional(name).unwrap_or(0)
    }

    #[inline(never)]
    fn optional(&self, name: &str) -> Option<i64> {
        self.member(name).as_i64()
    }

    #[inline(never)]
    fn is(&self, name: &str) -> bool {
        self.member(name).as_bool().unwrap_or(false)
    }

    #[inline(never)]
    fn list(&self, name: &str) -> &[Value] {
        self.member(name).as_array().map_or(&[], Vec::as_slice)
    }
}

/// One of the answers of the admin API; `null` behind the last one.
#[inline(never)]
pub(super) fn nth(answers: &[Document], index: usize) -> &Value {
    answers.get(index).map_or(&Value::Null, |it| &**it)
}

/// A member of each object of a list.
#[inline(never)]
pub(super) fn texts<'a>(list: &'a [Value], name: &str) -> Vec<&'a str> {
    list.iter().map(|it| it.text(name)).collect()
}

/// The texts of a list, borrowed.
#[inline(never)]
pub(super) fn strs(list: &[String]) -> Vec<&str> {
    list.iter().map(String::as_str).collect()
}

/// A value as a user reads it: text without quotes, anything else as JSON; nothing for `null`.
#[inline(never)]
pub(super) fn plain(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => value.to_string(),
    }
}

/// An instant of the admin API.
#[inline(never)]
pub(super) fn instant(text: &str) -> Option<Timestamp> {
    text.parse().ok()
}

/// A day, as `2026-03-14`.
#[inline(never)]
pub(super) fn date(text: &str) -> Option<Date> {
    text.parse().ok()
}

/// An object with these texts.
#[inline(never)]
pub(super) fn object(members: &[(&str, &str)]) -> Value {
    members.iter().copied().collect()
}

/// JSON set out in lines.
#[inline(never)]
pub(super) fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value).unwrap_or_default()
}

/// Fields of a query or a form, in their order.
#[derive(Clone, Debug, Default)]
pub(super) struct Fields(Vec<(String, String)>);

impl Fields {
    /// Reads fields that are form-encoded.
    #[inline(never)]
    pub(super) fn parse(text: &[u8]) -> Self {
        Self(url::form_urlencoded::parse(text).into_owned().collect())
    }

    /// The first value with this name, trimmed; `None` if it is empty or absent.
    #[inline(never)]
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        let value = self.0.iter().find(|it| it.0 == name)?.1.trim();
        (!value.is_empty()).then_some(value)
    }

    /// Like [`Self::get`], with nothing for an absent field.
    #[inline(never)]
    pub(super) fn text(&self, name: &str) -> &str {
        self.get(name).unwrap_or("")
    }

    /// The fields of these names that are filled in, as an object of texts.
    #[inline(never)]
    pub(super) fn object(&self, names: &[&str]) -> Map<String, Value> {
        let filled = names.iter().filter_map(|name| Some((*name, self.get(name)?)));
        filled.map(|(name, value)| (name.to_owned(), value.into())).collect()
    }

    /// The query of these names, without empty values; with `?` in front unless there are none.
    pub(super) fn query(&self, names: &[&str]) -> String {
        let given: Vec<_> = names.iter().map(|name| (*name, self.text(name))).collect();
        query(&given)
    }
}

/// A query of names and values, without empty values; with `?` in front unless there are none.
#[inline(never)]
pub(super) fn query(pairs: &[(&str, &str)]) -> String {
    let mut written = url::form_urlencoded::Serializer::new(String::new());
    for (name, value) in pairs.iter().filter(|it| !it.1.is_empty()) {
        written.append_pair(name, value);
    }
    let written = written.finish();
    if written.is_empty() { written } else { format!("?{written}") }
}

/// A text as one segment of a path.
#[inline(never)]
pub(super) fn segment(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
}
