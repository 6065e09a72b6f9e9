//! The layer around every request: finds the space, reads the body within its limit, writes the
//! journal entry before the answer leaves.

mod damage;
mod pending;

use std::borrow::Cow;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures_util::FutureExt;
use http_body::{Body as _, Frame, SizeHint};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use tower::ServiceExt;
use tracing::level_filters::LevelFilter;

use self::pending::Pending;
use crate::admin::metrics::Metrics;
use crate::admin::problem::Problem;
use crate::admin::stage::Stage;
use crate::providers::{self, Provider, Refusal, Trouble};
use crate::sandbox::Sandbox;
use crate::sandbox::callbacks;
use crate::sandbox::clock::{real_now, real_sleep};
use crate::sandbox::faults::Strike;
use crate::sandbox::heads::Heads;
use crate::sandbox::journal::{self, Answer, Entry, Note, Outcome};
use crate::sandbox::spaces::{self, Spaces};
use crate::wire::call::Collected;

pub use damage::Cut;

/// A provider's body may be this long.
pub const BODY_LIMIT: usize = 1024 * 1024;
/// The admin API takes whole scenarios and snapshots.
pub const ADMIN_BODY_LIMIT: usize = 64 * 1024 * 1024;
/// A body has to arrive within this time.
pub const BODY_TIMEOUT: Duration = Duration::from_secs(30);

/// Where the journal entry of an answer is.
const JOURNAL: HeaderName = HeaderName::from_static("sandtill-journal");

/// The endpoints of all providers, twice.
#[derive(Clone, Debug)]
pub struct Endpoints {
    /// As they are.
    pub plain: Router,
    /// With a line in the log for each request and answer.
    pub traced: Router,
}

impl Endpoints {
    /// Those that a request goes to: being ready to log wraps every call and every body once more, and
    /// whoever does not want to see it need not pay for it.
    fn router(&self) -> Router {
        let is_seen = LevelFilter::current() >= LevelFilter::DEBUG;
        if is_seen { self.traced.clone() } else { self.plain.clone() }
    }
}

/// What every request passes through.
#[derive(Clone, Debug)]
pub struct Recorder {
    spaces: Spaces,
    providers: Endpoints,
    admin: Router,
    metrics: Metrics,
    stage: Stage,
}

impl Recorder {
    /// Puts the recorder around the providers; the admin API is only given its space.
    #[must_use]
    pub fn new(spaces: Spaces, providers: Endpoints, admin: Router) -> Self {
        let stage = stage(&providers, &admin);
        Self { spaces, providers, admin, metrics: Metrics::default(), stage }
    }

    /// Lets the callbacks under way in all spaces finish.
    pub(crate) async fn drain_callbacks(&self) {
        for sandbox in self.spaces.all() {
            callbacks::drain(&sandbox).await;
        }
    }

    /// Says that requests come in here, so that nothing is ever sent there.
    pub fn listens_at(&self, address: SocketAddr) {
        self.spaces.options().own_addresses.add(address);
    }

    /// Answers a request.
    pub async fn answer(&self, request: Request) -> Response {
        let sent = request.uri().clone();
        let target = sent.path_and_query().map_or("/", |it| it.as_str());
        let (space, rest) = split_space(target);
        let sandbox = match self.sandbox(space) {
            Ok(sandbox) => sandbox,
            Err(problem) => return problem.into_response(),
        };
        let (mut parts, body) = request.into_parts();
        if !space.is_empty() {
            parts.uri = rest.parse().unwrap_or_else(|_| Uri::from_static("/"));
        }
        let path = parts.uri.path();
        if path == "/_admin"
            || path.starts_with("/_admin/")
            || path == "/healthz"
            || path == "/readyz"
        {
            let body = read(body, ADMIN_BODY_LIMIT).await;
            return self.admin(sandbox, Request::from_parts(parts, Body::empty()), body).await;
        }
        let body = read(body, BODY_LIMIT).await;
        let asked = Asked::of(path, sandbox);
        let entry = asked.entry(&parts, target);
        let mut pending = Pending::new(&asked.sandbox, &self.metrics, entry);
        let request = Request::from_parts(parts, Body::empty());
        let response = match body {
            Ok(body) => {
                if !asked.sandbox.journal.is_off() {
                    pending.edit(|entry| entry.request_body.push(&body));
                }
                let strike = asked.strike();
                if !strike.rules.is_empty() {
                    pending.edit(|entry| entry.fault = Some(strike.rules.join(", ")));
                }
                self.struck(&asked, strike, request, body).await
            }
            Err(refusal) => asked.refused(refusal),
        };
        match pending.take() {
            Some(entry) => self.record(&asked.sandbox, entry, response),
            None => response,
        }
    }

    fn sandbox(&self, space: &str) -> Result<Sandbox, Problem> {
        if !space.is_empty() && !spaces::is_name(space) {
            return Err(Problem::not_found(format!("a space is called by {}", spaces::NAMES)));
        }
        self.spaces.space(space).ok_or_else(|| {
            Problem::new(StatusCode::TOO_MANY_REQUESTS, "Too many spaces")
                .detail(format!("there are {} already; delete some", spaces::MOST))
        })
    }

    /// The provider's answer with what faults make of it.
    async fn struck(
        &self,
        asked: &Asked,
        strike: Strike,
        request: Request,
        body: Bytes,
    ) -> Response {
        if !strike.delay.is_zero() {
            real_sleep(strike.delay).await;
        }
        let Some((fault, (provider, operation))) = strike.fault.zip(asked.provider) else {
            return self.provider(asked, request, body).await;
        };
        if let Some(mut response) = damage::instead(&fault, &asked.sandbox, provider, operation) {
            let reason = format!("the fault `{}` struck", strike.rules.join(", "));
            response.extensions_mut().insert(Note::refused(None, reason));
            return response;
        }
        damage::damaged(&fault, self.provider(asked, request, body).await).await
    }

    async fn provider(&self, asked: &Asked, mut request: Request, body: Bytes) -> Response {
        if asked.provider.is_none() {
            return nowhere(request.uri().path());
        }
        request.extensions_mut().insert(asked.sandbox.clone());
        request.extensions_mut().insert(Collected(body));
        let answering = self.providers.router().oneshot(request);
        // A panic is a mistake of ours; it must not take the connection along.
        let caught = std::panic::AssertUnwindSafe(answering).catch_unwind();
        match caught.await {
            Ok(Ok(response)) => response,
            Ok(Err(never)) => match never {},
            Err(_) => asked.refused(Refusal::Internal),
        }
    }

    /// Writes the entry and hands the answer on, its body passing by the journal.
    fn record(&self, sandbox: &Sandbox, mut kept: Arc<Entry>, response: Response) -> Response {
        let (mut parts, body) = response.into_parts();
        let entry = Arc::make_mut(&mut kept);
        let is_cut = parts.extensions.get::<Cut>().is_some();
        entry.status = if is_cut { 0 } else { parts.status.as_u16() };
        entry.note = parts.extensions.remove::<Note>().unwrap_or_default();
        entry.outcome = match (&entry.fault, &entry.note.reason) {
            (Some(_), _) => Outcome::Faulted,
            (None, Some(_)) => Outcome::Refused,
            (None, None) => Outcome::Answered,
        };
        parts.headers.remove(header::CONNECTION);
        if sandbox.journal.is_off() {
            self.metrics.count(entry);
            return Response::from_parts(parts, body);
        }
        if let Ok(link) = HeaderValue::try_from(link(sandbox, entry.id)) {
            parts.headers.insert(JOURNAL, link);
        }
        entry.heads.answered();
        push(&mut entry.heads, &parts.headers);
        let body = keep(entry, body);
        self.metrics.count(entry);
        sandbox.journal.write(kept);
        Response::from_parts(parts, body)
    }

    async fn admin(
        &self,
        sandbox: Sandbox,
        mut request: Request,
        body: Result<Bytes, Refusal>,
    ) -> Response {
        let body = match body {
            Ok(body) => body,
            Err(refusal) => return problem(refusal).into_response(),
        };
        request.extensions_mut().insert(sandbox);
        request.extensions_mut().insert(self.spaces.clone());
        request.extensions_mut().insert(self.metrics.clone());
        request.extensions_mut().insert(self.stage.clone());
        request.extensions_mut().insert(Collected(body));
        let answering = self.admin.clone().oneshot(request);
        let caught = std::panic::AssertUnwindSafe(answering).catch_unwind();
        match caught.await {
            Ok(Ok(response)) => response,
            Ok(Err(never)) => match never {},
            Err(_) => problem(Refusal::Internal).into_response(),
        }
    }
}

/// The same server for other worlds.
fn stage(providers: &Endpoints, admin: &Router) -> Stage {
    let (providers, admin) = (providers.clone(), admin.clone());
    Stage::new(move |spaces, request| {
        let server = Recorder::new(spaces, providers.clone(), admin.clone());
        Box::pin(async move { server.answer(request).await })
    })
}

/// What the admin API says of a request that never gets as far as a handler.
fn problem(refusal: Refusal) -> Problem {
    let (status, title) = match refusal {
        Refusal::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "Too large"),
        Refusal::TimedOut => (StatusCode::REQUEST_TIMEOUT, "Timed out"),
        Refusal::Broken => (StatusCode::BAD_REQUEST, "Bad request"),
        Refusal::Internal => (StatusCode::INTERNAL_SERVER_ERROR, "Internal error"),
    };
    Problem::new(status, title).detail(refusal.reason())
}

/// Whom a request is for.
struct Asked {
    sandbox: Sandbox,
    provider: Option<(&'static Provider, &'static str)>,
}

impl Asked {
    fn of(path: &str, sandbox: Sandbox) -> Self {
        Self { provider: providers::of_path(path), sandbox }
    }

    /// What faults have for this request.
    fn strike(&self) -> Strike {
        let strike = |(provider, operation): (&Provider, &str)| {
            let knows = |code: &str| {
                (provider.words)(&self.sandbox, operation, Trouble::Error(code)).is_some()
            };
            self.sandbox.faults.strike(provider.slug, operation, knows)
        };
        self.provider.map(strike).unwrap_or_default()
    }

    /// The beginning of a journal entry: what is known before there is an answer.
    fn entry(&self, parts: &Parts, target: &str) -> Arc<Entry> {
        let mut kept = self.sandbox.journal.open();
        let entry = Arc::make_mut(&mut kept);
        entry.at = self.sandbox.clock.now();
        entry.real_at = real_now();
        (entry.provider, entry.operation) = self.provider.map_or(("", ""), |it| (it.0.slug, it.1));
        entry.method = method(&parts.method);
        if !self.sandbox.journal.is_off() {
            begin(&mut entry.heads, target, &parts.headers);
        }
        kept
    }

    /// The provider's words for a request that never gets as far as a handler.
    fn refused(&self, refusal: Refusal) -> Response {
        let mut response = match self.provider {
            Some((provider, operation)) => (provider.refuse)(&self.sandbox, operation, refusal),
            None => Problem::bad_request(refusal.reason()).into_response(),
        };
        if response.extensions().get::<Note>().is_none() {
            response.extensions_mut().insert(Note::refused(None, refusal.reason()));
        }
        response
    }
}

/// An answer to a path that belongs to nobody.
fn nowhere(path: &str) -> Response {
    let known = "see GET /_admin/providers for the paths there are";
    let mut response = Problem::new(StatusCode::NOT_FOUND, "No provider has this path")
        .detail(format!("`{path}` is not a path of any provider; {known}"))
        .into_response();
    let reason = format!("`{path}` is not a path of any provider");
    response.extensions_mut().insert(Note::refused(None, reason));
    response
}

/// The space that a target names (empty for none) and the target without it.
fn split_space(target: &str) -> (&str, &str) {
    let Some(named) = target.strip_prefix("/@") else { return ("", target) };
    let end = named.find(['/', '?']).unwrap_or(named.len());
    let (name, rest) = named.split_at_checked(end).unwrap_or((named, ""));
    // `/@` alone names a space that cannot be.
    (if name.is_empty() { "/" } else { name }, if rest.is_empty() { "/" } else { rest })
}

async fn read(body: Body, limit: usize) -> Result<Bytes, Refusal> {
    let mut reading = std::pin::pin!(Limited::new(body, limit).collect());
    // Most bodies have come along with their heads, and need no timer.
    let read = match reading.as_mut().now_or_never() {
        Some(read) => Ok(read),
        None => tokio::time::timeout(BODY_TIMEOUT, reading).await,
    };
    match read {
        Ok(Ok(collected)) => Ok(collected.to_bytes()),
        Ok(Err(err)) if err.is::<LengthLimitError>() => Err(Refusal::TooLarge),
        Ok(Err(_)) => Err(Refusal::Broken),
        Err(_) => Err(Refusal::TimedOut),
    }
}

/// A method as it is kept; those that are asked for all the time take no memory.
fn method(method: &Method) -> Cow<'static, str> {
    match method.as_str() {
        "GET" => Cow::Borrowed("GET"),
        "POST" => Cow::Borrowed("POST"),
        other => Cow::Owned(other.to_owned()),
    }
}

/// Where the entry with this number is, in a text that has no room to spare: a header takes it as it is.
fn link(sandbox: &Sandbox, number: u64) -> String {
    let (mut digits, at) = (itoa::Buffer::new(), "/_admin/journal/");
    let (prefix, number) = (sandbox.prefix(), digits.format(number));
    let mut link = String::with_capacity(prefix.len() + at.len() + number.len());
    [&prefix, at, number].into_iter().for_each(|piece| link.push_str(piece));
    link
}

/// Bytes that the headers of most answers take.
const ANSWER_HEADERS: usize = 128;

/// Keeps the head of a request, with room for that of its answer.
fn begin(heads: &mut Heads, target: &str, headers: &HeaderMap) {
    let authorization = headers.get(header::AUTHORIZATION).map(text);
    let room: usize = headers.iter().map(|it| it.0.as_str().len() + it.1.len() + 2).sum();
    heads.begin(target, authorization.as_deref(), room + ANSWER_HEADERS);
    push(heads, headers);
}

/// Keeps headers: what proves identity is masked but for its scheme.
fn push(heads: &mut Heads, headers: &HeaderMap) {
    for (name, value) in headers {
        let (name, text) = (name.as_str(), text(value));
        if name == "authorization" || name == "cookie" || name == "proxy-authorization" {
            match text.split_once(' ') {
                Some((scheme, _)) => heads.push(name, &[scheme, " ‹masked›"]),
                None => heads.push(name, &["‹masked›"]),
            }
        } else {
            heads.push(name, &[&text]);
        }
    }
}

fn text(value: &HeaderValue) -> Cow<'_, str> {
    // Quick for what is text, as nearly all of them are.
    match std::str::from_utf8(value.as_bytes()) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => String::from_utf8_lossy(value.as_bytes()),
    }
}

/// Keeps the beginning of an answer's body in its entry: at once where the body is there already,
/// while it passes where it is not.
fn keep(entry: &mut Entry, mut body: Body) -> Body {
    let whole = body.size_hint();
    let first = match body.frame().now_or_never() {
        Some(None) => return Body::empty(),
        Some(Some(Ok(frame))) if body.is_end_stream() => match frame.into_data() {
            Ok(data) => {
                entry.answer_body = Answer::Whole(journal::Body::whole(&data));
                return Body::from(data);
            }
            Err(frame) => Some(Ok(frame)),
        },
        Some(first) => first,
        None => None,
    };
    let first = first.map(|first| (first, whole));
    let kept = Arc::default();
    entry.answer_body = Answer::Passing(Arc::clone(&kept));
    Body::new(Tee { first, body, kept })
}

fn lock(body: &Mutex<journal::Body>) -> MutexGuard<'_, journal::Body> {
    body.lock().unwrap_or_else(PoisonError::into_inner)
}

type Polled = Result<Frame<Bytes>, axum::Error>;

/// Lets a body pass and keeps its beginning.
struct Tee {
    /// What has come of it already, and how long it was before.
    first: Option<(Polled, SizeHint)>,
    body: Body,
    kept: Arc<Mutex<journal::Body>>,
}

impl http_body::Body for Tee {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Polled>> {
        let polled = match self.first.take() {
            Some((first, _)) => Poll::Ready(Some(first)),
            None => Pin::new(&mut self.body).poll_frame(cx),
        };
        if let Poll::Ready(Some(Ok(frame))) = &polled
            && let Some(data) = frame.data_ref()
        {
            lock(&self.kept).push(data);
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.first.is_none() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        match &self.first {
            Some((_, whole)) => *whole,
            None => self.body.size_hint(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_space_is_the_first_segment_with_an_at() {
        assert_eq!(split_space("/api/reports?a=1"), ("", "/api/reports?a=1"));
        assert_eq!(split_space("/@x/api/reports?a=/@y"), ("x", "/api/reports?a=/@y"));
        assert_eq!(split_space("/@x"), ("x", "/"));
        assert_eq!(split_space("/@"), ("/", "/"));
        assert_eq!(split_space("/@/a"), ("/", "/a"));
    }
}
