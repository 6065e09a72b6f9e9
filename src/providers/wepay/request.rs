//! What arrives: JSON, form or query, numbers as strings, empty bodies, and the version asked for.

use axum::http::Method;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value};
use url::Url;

use super::error::WePayError;
use crate::sandbox::clock::LATEST;
use crate::wire::call::Call;

/// The versions of the API there were, the first one first.
const VERSIONS: [&str; 12] = [
    "2011-01-15",
    "2014-01-08",
    "2015-08-15",
    "2015-09-09",
    "2015-11-18",
    "2016-06-22",
    "2016-08-10",
    "2016-12-07",
    "2017-02-01",
    "2017-05-31",
    "2018-08-29",
    "2019-04-03",
];

/// The version of the API that a request is answered in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Version(pub(super) String);

impl Version {
    /// The version of the application.
    pub(super) fn of_application(call: &crate::sandbox::Sandbox) -> Self {
        Self(call.scenario.text("wepay.api_version").to_owned())
    }

    /// The version that the request asks for, or the application's.
    pub(super) fn of(call: &Call) -> Result<Self, WePayError> {
        // WePay: an SDK always sends the header, empty when no version is set.
        let asked = match call.headers.get("api-version") {
            None => return Ok(Self::of_application(&call.sandbox)),
            Some(value) => String::from_utf8_lossy(value.as_bytes()).trim().to_owned(),
        };
        match VERSIONS.iter().position(|version| *version == asked) {
            _ if asked.is_empty() => Ok(Self::of_application(&call.sandbox)),
            // Its objects have another shape, which no document shows any more.
            Some(0) => Err(WePayError::VersionOfOthers(asked)),
            Some(_) => Ok(Self(asked)),
            None => Err(WePayError::Version(asked)),
        }
    }

    /// Whether errors have `details` and `documentation_url`.
    pub(super) fn has_details(&self) -> bool {
        self.0.as_str() >= "2018-08-29"
    }
}

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
            put(&mut params, &name, Value::String(value.into_owned()));
        }
        Self(params)
    }

    /// A parameter that is there: neither absent nor `null` nor empty.
    fn get(&self, name: &str) -> Option<&Value> {
        let (outer, inner) = name.split_once('.').map_or((name, None), |it| (it.0, Some(it.1)));
        let mut value = self.0.get(outer)?;
        if let Some(inner) = inner {
            value = value.as_object()?.get(inner)?;
        }
        (!value.is_null() && value.as_str() != Some("")).then_some(value)
    }

    fn require(&self, names: &[&'static str]) -> Result<(), WePayError> {
        let missing = names.iter().find(|name| self.get(name).is_none());
        missing.map_or(Ok(()), |name| Err(WePayError::Missing(name)))
    }

    /// A whole number; strings of digits are numbers too.
    fn optional_integer(&self, name: &'static str) -> Result<Option<i64>, WePayError> {
        let number = match self.get(name) {
            None => return Ok(None),
            Some(Value::Number(number)) => number.as_i64(),
            Some(Value::String(text)) => whole(text),
            Some(Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_)) => None,
        };
        number.map(Some).ok_or(WePayError::NotInteger(name))
    }

    pub(super) fn integer(&self, name: &'static str) -> Result<i64, WePayError> {
        self.optional_integer(name)?.ok_or(WePayError::Missing(name))
    }

    fn optional_text(&self, name: &'static str) -> Result<Option<&str>, WePayError> {
        match self.get(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(invalid(name, "it is not text")),
        }
    }

    fn text(&self, name: &'static str) -> Result<&str, WePayError> {
        self.optional_text(name)?.ok_or(WePayError::Missing(name))
    }

    /// An absolute http or https URI of at most 255 characters.
    fn uri(&self, name: &'static str) -> Result<String, WePayError> {
        let text = self.text(name)?;
        if text.chars().count() > 255 {
            return Err(invalid(name, "it has more than 255 characters"));
        }
        let full = Url::parse(text).ok().filter(|url| {
            let web = matches!(url.scheme(), "http" | "https");
            // A parser forgives `http:example.com`; a full URI has an authority.
            web && url.host().is_some() && text.contains("://")
        });
        full.map(|_| text.to_owned()).ok_or(WePayError::NotUri(name))
    }

    fn sort(&self) -> Result<Option<Sort>, WePayError> {
        match self.optional_text("sort_order")? {
            None => Ok(None),
            Some(text) if text.eq_ignore_ascii_case("asc") => Ok(Some(Sort::Rising)),
            Some(text) if text.eq_ignore_ascii_case("desc") => Ok(Some(Sort::Falling)),
            Some(_) => Err(invalid("sort_order", "it is neither ASC nor DESC")),
        }
    }
}

fn invalid(name: &'static str, problem: &str) -> WePayError {
    WePayError::Invalid { name, problem: problem.to_owned() }
}

/// A string that PHP takes for a whole number.
fn whole(text: &str) -> Option<i64> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    plain.then(|| text.parse().ok())?
}

/// Puts a value where a name in PHP's spelling says: `a` or `a[b]`; deeper names are left out.
fn put(params: &mut Map<String, Value>, name: &str, value: Value) {
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

/// Which way a list goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sort {
    Rising,
    Falling,
}

/// What a report is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ReportType {
    /// What an account did in a time.
    MerchantTransactions,
    /// What a withdrawal is made of.
    Reconciliation,
}

impl ReportType {
    pub(super) fn parse(word: &str) -> Option<Self> {
        match word {
            "merchant_transactions" => Some(Self::MerchantTransactions),
            "reconciliation" => Some(Self::Reconciliation),
            _ => None,
        }
    }

    pub(super) fn word(self) -> &'static str {
        match self {
            Self::MerchantTransactions => "merchant_transactions",
            Self::Reconciliation => "reconciliation",
        }
    }

    /// The object it is based on.
    pub(super) fn object(self) -> &'static str {
        match self {
            Self::MerchantTransactions => "account",
            Self::Reconciliation => "withdrawal",
        }
    }
}

/// `/report/create`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Create {
    pub(super) kind: ReportType,
    pub(super) object_id: i64,
    /// As sent or as by default, Unix seconds, not rounded.
    pub(super) start: i64,
    pub(super) end: i64,
    pub(super) callback_uri: String,
}

impl Create {
    pub(super) fn parse(params: &Params, now: Timestamp) -> Result<Self, WePayError> {
        params.require(&["type", "resource"])?;
        if params.get("resource").is_some_and(Value::is_object) {
            params.require(&["resource.object_type", "resource.object_id"])?;
        }
        params.require(&["callback_uri"])?;
        let kind = ReportType::parse(params.text("type")?)
            .ok_or_else(|| invalid("type", "it is no type of report"))?;
        if !params.get("resource").is_some_and(Value::is_object) {
            return Err(invalid("resource", "it is no structure"));
        }
        let object = params.text("resource.object_type")?;
        if !matches!(object, "account" | "withdrawal") {
            return Err(invalid("resource.object_type", "it is neither account nor withdrawal"));
        }
        let object_id = params.integer("resource.object_id")?;
        let (start, end) = times(params, now)?;
        let callback_uri = params.uri("callback_uri")?;
        if object != kind.object() {
            let problem = format!("a {} report is based on a {}", kind.word(), kind.object());
            return Err(invalid("resource.object_type", &problem));
        }
        if end < start {
            return Err(invalid("advanced_options.end_time", "it lies before the start"));
        }
        Ok(Self { kind, object_id, start, end, callback_uri })
    }
}

fn times(params: &Params, now: Timestamp) -> Result<(i64, i64), WePayError> {
    // PHP clients send an empty structure as an empty list.
    let options = params.get("advanced_options");
    let none = options.is_none_or(|it| it.as_array().is_some_and(Vec::is_empty));
    if !none && !options.is_some_and(Value::is_object) {
        return Err(invalid("advanced_options", "it is no structure"));
    }
    let ago = |hours| {
        let wait = SignedDuration::from_hours(hours);
        now.saturating_sub(wait).map_or(0, Timestamp::as_second)
    };
    let time = |name, default| {
        let time = params.optional_integer(name)?.unwrap_or(default);
        if (0..LATEST.as_second()).contains(&time) {
            Ok(time)
        } else {
            Err(invalid(name, "it lies beyond the years 1970 to 2099"))
        }
    };
    let start = time("advanced_options.start_time", ago(30 * 24))?;
    Ok((start, time("advanced_options.end_time", ago(48))?))
}

/// `/oauth2/token`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct TokenRequest {
    pub(super) client_id: String,
    pub(super) client_secret: String,
}

impl TokenRequest {
    pub(super) fn parse(params: &Params) -> Result<Self, WePayError> {
        params.require(&["client_id", "client_secret", "redirect_uri", "code"])?;
        // The client_id is a number that the scenario writes as text.
        let client_id = params.integer("client_id")?.to_string();
        params.uri("redirect_uri")?;
        let client_secret = params.text("client_secret")?.to_owned();
        Ok(Self { client_id, client_secret })
    }
}

/// `/account/find`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct AccountFind {
    pub(super) name: Option<String>,
    pub(super) reference_id: Option<String>,
    pub(super) sort: Sort,
}

impl AccountFind {
    pub(super) fn parse(params: &Params) -> Result<Self, WePayError> {
        Ok(Self {
            name: params.optional_text("name")?.map(str::to_owned),
            reference_id: params.optional_text("reference_id")?.map(str::to_owned),
            sort: params.sort()?.unwrap_or(Sort::Falling),
        })
    }
}

/// `/withdrawal/find`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct WithdrawalFind {
    pub(super) account_id: i64,
    pub(super) limit: usize,
    pub(super) start: usize,
    pub(super) state: Option<String>,
    pub(super) sort: Sort,
}

impl WithdrawalFind {
    pub(super) fn parse(params: &Params) -> Result<Self, WePayError> {
        let account_id = params.integer("account_id")?;
        let count = |name, default, most| match params.optional_integer(name)? {
            None => Ok(default),
            Some(number) => usize::try_from(number)
                .ok()
                .filter(|number| *number <= most)
                .ok_or_else(|| invalid(name, "it is out of range")),
        };
        let limit = count("limit", 50, 1000)?;
        let start = count("start", 0, 1_000_000)?;
        let state = params.optional_text("state")?;
        if state.is_some_and(|state| !matches!(state, "new" | "started" | "captured" | "failed")) {
            return Err(invalid("state", "it is no state of a withdrawal"));
        }
        let sort = params.sort()?.unwrap_or(Sort::Falling);
        Ok(Self { account_id, limit, start, state: state.map(str::to_owned), sort })
    }
}
