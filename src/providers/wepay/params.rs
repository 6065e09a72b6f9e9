//! Reads the parameters of a request from JSON, a form or the query; numbers may be text, the body may be empty.

use axum::http::Method;
use serde_json::{Map, Value};
use url::Url;

use super::error::WePayError;
use crate::wire::call::Call;
use crate::wire::text::cut;

/// The parameters of a request.
#[derive(Clone, Debug, Default)]
pub(super) struct Params(Map<String, Value>);

impl Params {
    /// Reads the body, or the query if there is no body.
    pub(super) fn of(call: &Call) -> Result<Self, WePayError> {
        let query = call.uri.query().unwrap_or("");
        let blank = call.body.iter().all(u8::is_ascii_whitespace);
        if blank || call.method == Method::GET && !query.is_empty() {
            return Ok(Self::form(query.as_bytes()));
        }
        let content_type = call.header("content-type").unwrap_or("").to_ascii_lowercase();
        let form = content_type.trim().starts_with("application/x-www-form-urlencoded");
        // curl sends the content type of a form unless told otherwise, also with JSON.
        let first = call.body.iter().find(|byte| !byte.is_ascii_whitespace());
        if form && first != Some(&b'{') {
            return Ok(Self::form(&call.body));
        }
        match serde_json::from_slice(&call.body) {
            Ok(Value::Object(params)) => Ok(Self(params)),
            // PHP writes an empty object as an empty array.
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

    /// The value of a parameter; `None` if it is absent, `null` or empty.
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
            Some(Value::String(text)) => format!("`{}`", cut(text)),
            Some(other) => format!("`{}`", cut(&other.to_string())),
        }
    }

    /// The value of a parameter as a whole number; digits as text are one.
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
            // The parser accepts `http:example.com`, but a full URI has an authority.
            web && url.host().is_some() && text.contains("://")
        });
        full.map(|_| text.to_owned())
            .ok_or_else(|| WePayError::NotUri { name, value: self.shown(name) })
    }
}

/// The whole number that PHP reads from a text.
fn whole(text: &str) -> Option<i64> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    plain.then(|| text.parse().ok())?
}

/// Inserts a value under a name in PHP's notation, `a` or `a[b]`; deeper names are ignored.
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
