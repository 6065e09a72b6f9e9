//! The argument of admin handlers. Parameters are read strictly, and errors name the known parameters.

use std::collections::BTreeMap;
use std::ops::Deref;
use std::str::FromStr;

use axum::extract::{FromRequest, Request};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use percent_encoding::percent_decode_str;
use serde::Serialize;
use serde::de::DeserializeOwned;
use strum::VariantNames;
use url::form_urlencoded;

use super::spec::{Parameter, Values};
use super::strict::{self, ListRule};
use crate::recorder::metrics::Metrics;
use crate::sandbox::clock::{EARLIEST, LATEST};
use crate::sandbox::long_work::Threads;
use crate::sandbox::scenario::{explain, suggestion};
use crate::sandbox::spaces::Spaces;
use crate::wire::call::{Call, response};
use crate::wire::problem::Problem;

/// Default number of items on a page of a list.
const DEFAULT_LIMIT: usize = 100;
/// Largest number of items on a page of a list.
pub(super) const MAX_LIMIT: usize = 1000;

/// A request to the admin API, with the space it belongs to.
#[derive(Clone, Debug)]
pub(super) struct AdminRequest {
    /// The request, and its space at one moment.
    pub(super) call: Call,
    /// All spaces of the server.
    pub(super) spaces: Spaces,
    /// The counters of requests to providers.
    #[cfg_attr(not(feature = "metrics"), expect(dead_code, reason = "nothing prints it"))]
    pub(super) metrics: Metrics,
}

impl Deref for AdminRequest {
    type Target = Call;

    fn deref(&self) -> &Call {
        &self.call
    }
}

/// The answer of a call about all rows. Where merchants have many rows it runs as long work, so that it holds up
/// no other request.
pub(super) async fn in_background(
    mut request: AdminRequest,
    answer: fn(&AdminRequest) -> Result<Response, Problem>,
) -> Result<Response, Problem> {
    if !request.has_many_rows() {
        return answer(&request);
    }
    let work = move |cancel| {
        request.call.moment.cancel = cancel;
        answer(&request)
    };
    Threads::shared().run(work).await
}

/// Takes the request that the middleware `admit` has prepared, so that no error text of the framework
/// reaches a client.
impl<S: Send + Sync> FromRequest<S> for AdminRequest {
    type Rejection = Response;

    async fn from_request(mut request: Request, _: &S) -> Result<Self, Response> {
        // Only a router without the middleware `admit` gets here without this extension.
        let missing =
            || Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "No space").into_response();
        request.extensions_mut().remove().ok_or_else(missing)
    }
}

impl AdminRequest {
    /// Reads the body as JSON with exactly the keys of `T` and without lists; an empty body counts as `{}`.
    pub(super) fn json<T: DeserializeOwned>(&self) -> Result<T, Problem> {
        let body = self.body();
        strict::check(body, ListRule::Refused).map_err(unreadable)?;
        read(body)
    }

    /// Reads the body as JSON that can contain lists.
    pub(super) fn document<T: DeserializeOwned>(&self) -> Result<T, Problem> {
        let body = self.body();
        strict::check(body, ListRule::Taken).map_err(unreadable)?;
        read(body)
    }

    /// The body; an empty one counts as `{}`.
    pub(super) fn body(&self) -> &[u8] {
        if self.call.body.trim_ascii().is_empty() { b"{}" } else { &self.call.body }
    }

    /// Scheme, host and port of the server, without the prefix of the space.
    pub(super) fn origin(&self) -> String {
        let url = self.call.base_url();
        url.strip_suffix(&self.space.prefix()).unwrap_or(&url).to_owned()
    }

    /// A segment of the path, decoded; 0 is the first one after `/_admin`.
    pub(super) fn segment(&self, index: usize) -> String {
        let segment = self.call.uri.path().split('/').nth(index + 2).unwrap_or("");
        percent_decode_str(segment).decode_utf8_lossy().into_owned()
    }

    /// A segment of the path that must be a whole number; `noun` names it in the error.
    pub(super) fn number(&self, index: usize, noun: &str) -> Result<u64, Problem> {
        let text = self.segment(index);
        text.parse().map_err(|_| {
            Problem::not_found(format!("`{text}` is not the id of {noun}: ids are whole numbers"))
        })
    }

    /// Reads the query parameters; an unknown parameter and a repeated parameter are errors.
    pub(super) fn query(&self, known: &[Parameter]) -> Result<Query, Problem> {
        let mut values = BTreeMap::new();
        let query = self.call.uri.query().unwrap_or("").as_bytes();
        for (name, value) in form_urlencoded::parse(query).into_owned() {
            let Some(parameter) = known.iter().find(|it| it.name == name) else {
                let near = suggestion(&name, known.iter().map(|it| it.name));
                return Err(Problem::bad_request(format!("unknown parameter `{name}`{near}")));
            };
            if value.is_empty() && !matches!(parameter.values, Values::Text) {
                return Err(Problem::bad_request(format!("`{name}` is empty; leave it out")));
            }
            if values.insert(name, value).is_some() {
                let name = parameter.name;
                return Err(Problem::bad_request(format!("`{name}` is there twice")));
            }
        }
        Ok(Query(values))
    }
}

/// The query parameters of a request.
#[derive(Clone, Debug, Default)]
pub(super) struct Query(BTreeMap<String, String>);

impl Query {
    /// The value of a parameter; an empty value counts as absent.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// The value of a parameter that must be a whole number, at least 0.
    pub(super) fn number(&self, name: &str) -> Result<Option<i64>, Problem> {
        let parse = |text: &str| {
            text.parse().ok().filter(|number| *number >= 0).ok_or_else(|| {
                let wanted = "it must be a whole number, at least 0";
                Problem::bad_request(format!("`{name}` is `{text}`; {wanted}"))
            })
        };
        self.get(name).map(parse).transpose()
    }

    /// The value of a parameter that must be an instant.
    pub(super) fn instant(&self, name: &str) -> Result<Option<Timestamp>, Problem> {
        self.get(name).map(|text| instant(name, text)).transpose()
    }

    /// The value of a parameter that must be the name of a variant.
    pub(super) fn one_of<T: FromStr + VariantNames>(
        &self,
        name: &str,
    ) -> Result<Option<T>, Problem> {
        self.get(name).map(|text| one_of(name, text)).transpose()
    }

    /// The parameter `limit`: items per page, from 1 to [`MAX_LIMIT`]; [`DEFAULT_LIMIT`] without it.
    pub(super) fn limit(&self) -> Result<usize, Problem> {
        let Some(limit) = self.number("limit")? else { return Ok(DEFAULT_LIMIT) };
        usize::try_from(limit).ok().filter(|limit| (1..=MAX_LIMIT).contains(limit)).ok_or_else(
            || Problem::bad_request(format!("`limit` is {limit}; it must be 1 to {MAX_LIMIT}")),
        )
    }
}

pub(super) fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    serde_json::from_slice(body).or_else(|err| {
        // Some clients write the whole number `142` as `142.0`.
        let whole = strict::with_whole_numbers(body).map(serde_json::from_value);
        whole.and_then(Result::ok).ok_or_else(|| unreadable(err))
    })
}

/// Reads a JSON value as a type; whole numbers may be written `142.0`.
pub(super) fn of_value<T: DeserializeOwned>(value: serde_json::Value) -> Result<T, Problem> {
    read(value.to_string().as_bytes())
}

/// The problem document for a body that is not JSON or does not fit the expected type.
#[expect(clippy::needless_pass_by_value, reason = "for map_err")]
pub(super) fn unreadable(err: serde_json::Error) -> Problem {
    let problem = explain(&err.to_string());
    Problem::bad_request(match err.classify() {
        serde_json::error::Category::Data => problem,
        serde_json::error::Category::Syntax
        | serde_json::error::Category::Eof
        | serde_json::error::Category::Io => format!("the body is not JSON: {problem}"),
    })
}

/// Reads an instant within the range of the clock; `name` is the parameter in the error.
pub(super) fn instant(name: &str, text: &str) -> Result<Timestamp, Problem> {
    let at: Timestamp = text.parse().map_err(|_| {
        Problem::bad_request(format!(
            "`{name}` is `{text}`; it must be an instant such as 2026-01-31T12:00:00Z"
        ))
    })?;
    if (EARLIEST..=LATEST).contains(&at) {
        return Ok(at);
    }
    Err(Problem::bad_request(format!("`{name}` is {at}; it must be {EARLIEST} to {LATEST}")))
}

/// Reads the name of a variant; the error contains the most similar name.
pub(super) fn one_of<T: FromStr + VariantNames>(name: &str, text: &str) -> Result<T, Problem> {
    text.parse().map_err(|_| {
        let near = suggestion(text, T::VARIANTS.iter().copied());
        Problem::bad_request(format!("`{name}` is `{text}`{near}"))
    })
}

/// A response with status 200 and a value as JSON.
pub(super) fn json(value: &impl Serialize) -> Response {
    json_with(StatusCode::OK, value)
}

/// A response with this status and a value as JSON.
pub(super) fn json_with(status: StatusCode, value: &impl Serialize) -> Response {
    match serde_json::to_vec(value) {
        Ok(body) => response(status, "application/json", body),
        Err(err) => Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "Not serializable")
            .detail(err.to_string())
            .into_response(),
    }
}

/// A response with status 204 and without a body.
pub(super) fn nothing() -> Response {
    StatusCode::NO_CONTENT.into_response()
}
