//! The parameters of a request: JSON, a form or the query, with numbers as strings and empty bodies.

use axum::http::Method;
use serde_json::{Map, Value};
use url::Url;

use super::error::WePayError;
use crate::wire::call::Call;

/// The parameters of a request.
#[derive(Clone, Debug, Default)]
pub(super) struct Params(Map<String, Value>);

impl Params {
    /// From the query, or from the body where there is one.
    pub(super) fn of(call: &Call) -> Result<Self, WePayError> {
        let query = call.uri.query().unwrap_or("");
        let blank = call.body.iter().all(u8::is_ascii_whitespace);
        if blank || call.method == Method::GET && !query.is_empty() {
            return Ok(Self::form(query.as_bytes()));
        }
        let content_type = call.header("content-type").unwrap_or("").to_ascii_lowercase();
        let form = content_type.trim().starts_with("application/x-www-form-urlencoded");
        // curl calls everything a form, JSON too.
        let first = call.body.iter().find(|byte| !byte.is_ascii_whitespace());
        if form && first != Some(&b'{') {
            return Ok(Self::form(&call.body));
        }
        match serde_json::from_slice(&call.body) {
            Ok(Value::Object(params)) => Ok(Self(params)),
            // PHP writes an empty object so.
            Ok(Value::Array(list)) if list.is_empty() => Ok(Self::default()),
            Ok(_) => Err(WePayError::Unreadable("the body is not a JSON object".to_owned())),
            Err(err) => Err(WePayError::Unreadable(err.to_string())),
        }
    }

    fn form(text: &[u8]) -> Self {
        let mut params = Map::new();
        for (name, value) in url::form_urlencoded::parse(text) {
            insert(&mut params, &name, Value::String(value.into_owned()));
        }
        Self(params)
    }

    /// A parameter that is there: neither absent nor `null` nor empty.
    pub(super) fn get(&self, name: &str) -> Option<&Value> {
        let (outer, inner) = name.split_once('.').map_or((name, None), |it| (it.0, Some(it.1)));
        let mut value = self.0.get(outer)?;
        if let Some(inner) = inner {
            value = value.as_object()?.get(inner)?;
        }
        (!value.is_null() && value.as_str() != Some("")).then_some(value)
    }

    pub(super) fn require(&self, names: &[&'static str]) -> Result<(), WePayError> {
        let missing = names.iter().find(|name| self.get(name).is_none());
        missing.map_or(Ok(()), |name| Err(WePayError::Missing(name)))
    }

    /// The refusal of a parameter that has to be `wanted`.
    pub(super) fn invalid(&self, name: &'static str, wanted: &str) -> WePayError {
        WePayError::Invalid { name, value: self.shown(name), wanted: wanted.to_owned() }
    }

    /// The first 60 characters of a parameter, for the journal; of a secret only its name.
    fn shown(&self, name: &str) -> String {
        match self.get(name) {
            None => "missing".to_owned(),
            Some(_) if name.contains("secret") => "of the wrong type".to_owned(),
            Some(Value::String(text)) => format!("`{}`", text.chars().take(60).collect::<String>()),
            Some(other) => format!("`{}`", other.to_string().chars().take(60).collect::<String>()),
        }
    }

    /// A whole number; strings of digits are numbers too.
    pub(super) fn optional_integer(&self, name: &'static str) -> Result<Option<i64>, WePayError> {
        let number = match self.get(name) {
            None => return Ok(None),
            Some(Value::Number(number)) => number.as_i64(),
            Some(Value::String(text)) => whole(text),
            Some(Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_)) => None,
        };
        number.map(Some).ok_or_else(|| WePayError::NotInteger { name, value: self.shown(name) })
    }

    pub(super) fn integer(&self, name: &'static str) -> Result<i64, WePayError> {
        self.optional_integer(name)?.ok_or(WePayError::Missing(name))
    }

    pub(super) fn optional_text(&self, name: &'static str) -> Result<Option<&str>, WePayError> {
        match self.get(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(self.invalid(name, "a text")),
        }
    }

    pub(super) fn text(&self, name: &'static str) -> Result<&str, WePayError> {
        self.optional_text(name)?.ok_or(WePayError::Missing(name))
    }

    /// An absolute http or https URI of at most 255 characters.
    pub(super) fn uri(&self, name: &'static str) -> Result<String, WePayError> {
        let text = self.text(name)?;
        if text.chars().count() > 255 {
            return Err(self.invalid(name, "a URI of at most 255 characters"));
        }
        let full = Url::parse(text).ok().filter(|url| {
            let web = matches!(url.scheme(), "http" | "https");
            // A parser forgives `http:example.com`; a full URI has an authority.
            web && url.host().is_some() && text.contains("://")
        });
        full.map(|_| text.to_owned())
            .ok_or_else(|| WePayError::NotUri { name, value: self.shown(name) })
    }
}

/// A string that PHP takes for a whole number.
fn whole(text: &str) -> Option<i64> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    plain.then(|| text.parse().ok())?
}

/// Puts a value where a name in PHP's spelling says: `a` or `a[b]`; deeper names are left out.
fn insert(params: &mut Map<String, Value>, name: &str, value: Value) {
    let Some((outer, rest)) = name.split_once('[') else {
        params.insert(name.to_owned(), value);
        return;
    };
    let Some(inner) = rest.strip_suffix(']').filter(|inner| !inner.contains(['[', ']'])) else {
        return;
    };
    let entry = params.entry(outer).or_insert_with(|| Value::Object(Map::new()));
    if let Value::Object(nested) = entry {
        nested.insert(inner.to_owned(), value);
    }
}
