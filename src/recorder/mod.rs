//! The layer around every request to a provider: finds the space, reads the body within its limit, takes one
//! moment, evaluates fault rules, and writes the journal entry before the answer leaves.

mod empty_answer;
mod entry;
mod fault_effects;
mod found;
mod gzip;
mod hard;
mod log_line;
#[cfg(feature = "metrics")]
pub mod metrics;
#[cfg(not(feature = "metrics"))]
#[path = "no_metrics.rs"]
pub mod metrics;
mod pending;
pub mod redaction;
mod replacement;
mod row_effects;
pub mod target;
mod unknown_path;

use std::cell::OnceCell;
use std::sync::Arc;

use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use self::found::Lost;
use self::metrics::Metrics;
use self::pending::Pending;
use self::replacement::RequestContext;
use self::target::Target;
use self::unknown_path::{name_nearest_path, nowhere};
use crate::providers::{Handler, Provider};
use crate::sandbox::callbacks;
use crate::sandbox::clock::real_sleep;
use crate::sandbox::faults::{Fault, Subject, Work};
use crate::sandbox::journal::{Entry, Note, Outcome, RowMarks};
use crate::sandbox::space::{Moment, Space};
use crate::sandbox::spaces::Spaces;
use crate::sandbox::state::faults::Strike;
use crate::sandbox::truth::coverage::HardSet;
use crate::wire::body::{TransportError, discard, inflated, read};
use crate::wire::call::Call;

pub use fault_effects::Disconnect;

/// Longest body of a request to a provider: 1 MiB, in bytes.
pub const BODY_LIMIT: usize = 1024 * 1024;

/// Response header with the path of the journal entry of this request.
const JOURNAL: HeaderName = HeaderName::from_static("sandtill-journal");

/// Answers requests to providers and records them; clones share spaces and counters.
#[derive(Clone, Debug)]
pub struct Recorder {
    spaces: Spaces,
    metrics: Metrics,
}

/// The space of a request at one moment, and the provider and operation of its path (`None` without one).
struct Destination {
    moment: Moment,
    provider: Option<(&'static Provider, &'static str)>,
}

impl Destination {
    /// The slug of the provider and the operation; both empty if the path belongs to no provider.
    fn names(&self) -> (&'static str, &'static str) {
        self.provider.map_or(("", ""), |(provider, operation)| (provider.slug, operation))
    }
}

impl Recorder {
    /// A recorder for these spaces that counts requests in `metrics`.
    #[must_use]
    pub fn new(spaces: Spaces, metrics: Metrics) -> Self {
        Self { spaces, metrics }
    }

    /// Answers a request to a path of this provider.
    pub async fn answer(
        &self,
        provider: &'static Provider,
        handler: &Handler,
        request: Request,
    ) -> Response {
        let operation = (provider.operation)(request.uri().path());
        self.recorded(Some((provider, operation, handler)), request).await
    }

    /// Answers a request to a path that belongs to no provider: 404, with a journal entry.
    pub async fn nowhere(&self, request: Request) -> Response {
        self.recorded(None, request).await
    }

    async fn recorded(
        &self,
        route: Option<(&'static Provider, &'static str, &Handler)>,
        request: Request,
    ) -> Response {
        let (mut parts, body) = request.into_parts();
        let Target { space, sent } = parts.extensions.remove().unwrap_or_default();
        let (space, number) = match self.found(&space).await {
            Ok(found) => found,
            Err(Lost::Refused(problem)) => {
                discard(&parts.headers, body).await;
                return problem.into_response();
            }
            Err(Lost::Away(error)) => {
                discard(&parts.headers, body).await;
                let provider = route.map(|(provider, operation, _)| (provider, operation));
                let space = self.spaces.find(&space);
                let space = space.unwrap_or_else(|| self.spaces.default_space());
                return Destination { moment: space.moment(), provider }.unavailable(error);
            }
        };
        let in_use = space.begin_request();
        let body = read(&parts.headers, body, BODY_LIMIT).await;
        let whole = body.as_deref().unwrap_or_default();
        let route = route.map(|(provider, operation, handler)| {
            (provider, (provider.narrowed)(operation, &parts.headers, whole), handler)
        });
        let provider = route.map(|(provider, operation, _)| (provider, operation));
        let slug = provider.map(|(provider, _)| provider.slug);
        let mut destination = Destination { moment: space.moment().seen_by(slug), provider };
        let kept = body.as_ref().cloned().unwrap_or_default();
        let entry = entry::begin((&destination, number), &parts, &sent, &kept);
        let body = body.and_then(|body| inflated(&parts.headers, body, BODY_LIMIT));
        let mut pending = Pending::new(space.clone(), self.metrics.clone(), entry);
        let response = match (body, route) {
            (Err(error), _) => destination.rejected(&parts.headers, error),
            (Ok(_), _) if self.spaces.trouble().is_some() => {
                destination.unavailable(TransportError::Unavailable)
            }
            (Ok(_), None) => nowhere(parts.uri.path()),
            (Ok(body), Some((provider, operation, handler))) => {
                let call = Call::new(destination.moment.clone(), operation, parts, body);
                destination.answer(provider, handler, call, &mut pending).await
            }
        };
        callbacks::start(&space);
        // What the answer tells has to be true after a crash too.
        let response = match (space.settled().await, in_use.outcome()) {
            (Ok(()), Ok(())) => response,
            (Err(_), _) => destination.unavailable(TransportError::Unsettled),
            (_, Err(why)) => destination.unavailable(target::away(why)),
        };
        let Some(entry) = pending.take() else { return response };
        let (response, recorded) = self.record(&destination.moment, entry, response);
        // Nothing to wait for, unless several servers share the journal.
        if let Some(recorded) = recorded {
            recorded.await;
        }
        response
    }

    /// Completes the entry, stores it, and returns the answer. The beginning of the body is copied into the
    /// entry, at once or while the body is sent.
    fn record(
        &self,
        moment: &Moment,
        mut entry: Entry,
        response: Response,
    ) -> (Response, Option<BoxFuture<'static, ()>>) {
        let space = &*moment.space;
        let (mut parts, body) = response.into_parts();
        let is_cut = parts.extensions.get::<Disconnect>().is_some();
        entry.status = if is_cut { 0 } else { parts.status.as_u16() };
        entry.note = parts.extensions.remove::<Note>().unwrap_or_default();
        name_nearest_path(&mut entry);
        entry.outcome = match (&entry.fault, &entry.note.reason) {
            (Some(_), _) => Outcome::Faulted,
            (None, Some(_)) => Outcome::Refused,
            (None, None) => Outcome::Answered,
        };
        parts.headers.remove(header::CONNECTION);
        if space.journal.is_off() {
            log_line::write(space, &entry);
            self.metrics.count(&entry);
            return (Response::from_parts(parts, body), None);
        }
        if let Ok(link) = HeaderValue::try_from(link(space, entry.id)) {
            parts.headers.insert(JOURNAL, link);
        }
        entry::push_answer(&mut entry, &parts.headers);
        let marks = parts.extensions.remove::<RowMarks>();
        entry.rows = marks.filter(|_| entry.status != 0);
        if let Some(rows) = &entry.rows {
            rows.cover(Arc::clone(&space.coverage), entry.id);
        }
        let body = entry::record_body((&mut entry, &moment.space), body);
        if let (None, Some(rows)) = (&entry.note.remark, &entry.rows) {
            let provider = entry.provider;
            entry.note.remark = empty_answer::remark(moment, provider, rows);
        }
        let mut hard = parts.extensions.remove::<HardSet>().unwrap_or_default();
        hard.merge(hard::of_answer(space, &entry, &parts.headers));
        space.coverage.meet(hard, Some(entry.id));
        log_line::write(space, &entry);
        self.metrics.count(&entry);
        (Response::from_parts(parts, body), space.record(entry))
    }
}

impl Destination {
    /// Answers a request: does the work unless a fault prevents it, alters or replaces the answer, and sends
    /// it late if a fault says so. The work is done at once, so a client that goes away meanwhile finds it
    /// done when it comes back.
    async fn answer(
        &mut self,
        provider: &'static Provider,
        handler: &Handler,
        mut call: Call,
        pending: &mut Pending,
    ) -> Response {
        let strike = evaluate_faults(provider, &mut call);
        pending.struck_by(&strike.rules);
        self.moment = call.moment.clone();
        let mut response = self.answer_with_faults(&strike, provider, handler, call).await;
        response.extensions_mut().insert(hard::of_faults(&strike));
        pending.was_carried_out();
        if !strike.delay.is_zero() {
            real_sleep(strike.delay).await;
        }
        response
    }

    /// Calls the handler and applies the fault: the fault replaces the answer, or corrupts it.
    async fn answer_with_faults(
        &self,
        strike: &Strike,
        provider: &'static Provider,
        handler: &Handler,
        call: Call,
    ) -> Response {
        let Some(fault) = &strike.fault else {
            return self.with_repeats(provider, handler, call).await;
        };
        let path = call.uri.path_and_query().map_or("/", |it| it.as_str());
        let url = format!("{}{path}", call.base_url());
        let (moment, operation) = (&self.moment, call.operation);
        let headers = &call.headers;
        let context = RequestContext { moment, provider, operation, headers, url: &url };
        if let Some((mut response, work)) = replacement::replacement(strike, context) {
            let mut reason = format!("the fault `{}` struck", strike.rules.join(", "));
            let mut merchant = None;
            if work == Work::Done {
                let answer = self.call_handler(handler, call).await;
                merchant = answer.extensions().get::<Note>().and_then(|it| it.merchant.clone());
                reason.push_str("; what the request asked for was done all the same");
            }
            response.extensions_mut().insert(Note::refused(merchant.as_deref(), reason));
            return response;
        }
        self.altered(strike, fault, (provider, handler), call).await
    }

    /// The provider's answer, altered by a fault.
    async fn altered(
        &self,
        strike: &Strike,
        fault: &Fault,
        (provider, handler): (&'static Provider, &Handler),
        mut call: Call,
    ) -> Response {
        if let Fault::InsertBetween(count) = fault {
            let how = row_effects::insert(provider, &mut call, (*count, strike.seed));
            let mut response = self.with_repeats(provider, handler, call).await;
            let mut note = response.extensions_mut().remove::<Note>().unwrap_or_default();
            note.remark = Some(how);
            response.extensions_mut().insert(note);
            return response;
        }
        let listing = provider.find_operation(call.operation).and_then(|it| it.listing);
        let (Some(rows), Some(listing)) = (fault.row_fault(), listing) else {
            let response = self.with_repeats(provider, handler, call).await;
            return fault_effects::corrupt(fault, response).await;
        };
        let response = self.with_repeats(provider, handler, call.clone()).await;
        let sign_again = |text: &str| provider.sign_again.map(|sign_again| sign_again(&call, text));
        row_effects::altered(response, listing.layouts, (rows, strike.seed), sign_again).await
    }

    /// The provider's answer, with the rows that the scenario says its reports repeat.
    async fn with_repeats(
        &self,
        provider: &'static Provider,
        handler: &Handler,
        call: Call,
    ) -> Response {
        let repeats = call.moment.scenario().repeats();
        let listing = provider.find_operation(call.operation).and_then(|it| it.listing);
        let Some(listing) = listing.filter(|_| repeats) else {
            return self.call_handler(handler, call).await;
        };
        let response = self.call_handler(handler, call.clone()).await;
        let sign_again = |text: &str| provider.sign_again.map(|sign_again| sign_again(&call, text));
        row_effects::with_repeated(response, listing.layouts, sign_again).await
    }

    async fn call_handler(&self, handler: &Handler, call: Call) -> Response {
        // A panic in a handler is a bug of Sandtill; it must not end the connection.
        let answering = std::panic::AssertUnwindSafe(async { handler(call).await });
        match answering.catch_unwind().await {
            Ok(response) => response,
            // The headers went with the call.
            Err(_) => self.rejected(&HeaderMap::new(), TransportError::Internal),
        }
    }

    /// The provider's answer for its own trouble, while the log cannot be written: 503.
    fn unavailable(&self, error: TransportError) -> Response {
        // The headers went with the call.
        let mut response = self.rejected(&HeaderMap::new(), error);
        *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
        response.extensions_mut().insert(Note::refused(None, error.reason()));
        response
    }

    /// The answer, in the provider's format, to a request that does not reach a handler.
    fn rejected(&self, headers: &HeaderMap, error: TransportError) -> Response {
        let mut response = match self.provider {
            Some((provider, operation)) => {
                (provider.reject_early)(&self.moment, operation, headers, error)
            }
            None => error.problem().into_response(),
        };
        if response.extensions().get::<Note>().is_none() {
            response.extensions_mut().insert(Note::refused(None, error.reason()));
        }
        response
    }
}

/// Evaluates the fault rules for this request and counts its matches in the state of the space; the call then
/// has the moment after that.
fn evaluate_faults(provider: &Provider, call: &mut Call) -> Strike {
    let operation = call.operation;
    if !call.moment.state().faults.is_about(provider.slug, operation) {
        return Strike::default();
    }
    let (strike, moment) = {
        let scope = OnceCell::new();
        let scope = || scope.get_or_init(|| (provider.request_scope)(call));
        let subject = Subject {
            provider: provider.slug,
            operation: Some(operation),
            now: call.moment.now,
            texts: [&call.body, call.uri.query().unwrap_or("").as_bytes()],
            merchant: &|| scope().merchant.clone(),
            page: &|| scope().page,
            can_show: &|fault| provider.can_show(operation, fault),
        };
        let struck = call.moment.change(|draft| {
            let (strike, counted) = draft.state().faults.evaluate(&subject);
            counted.into_iter().for_each(|event| draft.push(event));
            Ok::<_, std::convert::Infallible>(strike)
        });
        let Ok(struck) = struck;
        struck
    };
    call.moment = moment;
    strike
}

/// The path of the journal entry with this number. The capacity is exact, because `HeaderValue` then takes
/// the string without a copy.
fn link(space: &Space, number: u64) -> String {
    let (mut digits, at) = (itoa::Buffer::new(), "/_admin/journal/");
    let (prefix, number) = (space.prefix(), digits.format(number));
    let mut link = String::with_capacity(prefix.len() + at.len() + number.len());
    [&prefix, at, number].into_iter().for_each(|piece| link.push_str(piece));
    link
}
