//! Builds a journal entry: first the request, then the answer and the beginning of its body.

use std::borrow::Cow;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use axum::body::Body;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, Version, header};
use bytes::Bytes;
use futures_util::FutureExt;
use http_body::{Body as _, Frame, SizeHint};
use http_body_util::BodyExt;

use super::Destination;
use crate::sandbox::clock::real_now;
use crate::sandbox::journal::{self, Answer, Entry, RecordedHead, RowMarks};
use crate::sandbox::space::Space;
use crate::wire::call::{authority, is_secure};

/// Capacity for the headers of an answer in bytes; enough for most answers.
const ANSWER_HEADERS: usize = 128;

/// Starts an entry with all that is known before the answer, under the number that servers of a store share.
pub(super) fn begin(
    (destination, number): (&Destination, Option<u64>),
    parts: &Parts,
    sent: &str,
    body: &Bytes,
) -> Entry {
    let space = &destination.moment.space;
    let (provider, operation) = destination.names();
    let mut entry = Entry {
        id: space.reserve_entry(number),
        at: destination.moment.now,
        real_at: real_now(),
        provider,
        operation,
        method: method(&parts.method),
        http_version: http_version(parts.version),
        is_secure: is_secure(parts),
        ..Entry::default()
    };
    if !space.journal.is_off() {
        entry.head = head(sent, parts);
        entry.request_body.push(body);
    }
    entry
}

/// The method as stored text; `GET` and `POST`, the frequent ones, need no allocation.
fn method(method: &Method) -> Cow<'static, str> {
    match method.as_str() {
        "GET" => Cow::Borrowed("GET"),
        "POST" => Cow::Borrowed("POST"),
        other => Cow::Owned(other.to_owned()),
    }
}

/// The version as HTTP archives name it.
fn http_version(version: Version) -> &'static str {
    match version {
        Version::HTTP_09 => "HTTP/0.9",
        Version::HTTP_10 => "HTTP/1.0",
        Version::HTTP_2 => "HTTP/2",
        Version::HTTP_3 => "HTTP/3",
        _ => "HTTP/1.1",
    }
}

/// Records target and headers of a request, with capacity for the headers of the answer. A request over
/// HTTP/2 has its host in the target; it is recorded as the header Host (RFC 9113 section 8.3.1).
fn head(sent: &str, parts: &Parts) -> RecordedHead {
    let headers = &parts.headers;
    let authorization = headers.get(header::AUTHORIZATION).map(text);
    let room: usize = headers.iter().map(|it| it.0.as_str().len() + it.1.len() + 2).sum();
    let mut head = RecordedHead::new(sent, authorization.as_deref(), room + ANSWER_HEADERS);
    if !headers.contains_key(header::HOST)
        && let Some(host) = authority(headers, &parts.uri)
    {
        head.push("host", &[host]);
    }
    push(&mut head, headers);
    head
}

/// Records the headers of the answer.
pub(super) fn push_answer(entry: &mut Entry, headers: &HeaderMap) {
    entry.head.answered();
    push(&mut entry.head, headers);
}

/// Records headers. Values that prove identity (`Authorization`, `Cookie`, `Proxy-Authorization`) are masked;
/// only their scheme stays.
fn push(head: &mut RecordedHead, headers: &HeaderMap) {
    for (name, value) in headers {
        let (name, text) = (name.as_str(), text(value));
        if name == "authorization" || name == "cookie" || name == "proxy-authorization" {
            match text.split_once(' ') {
                Some((scheme, _)) => head.push(name, &[scheme, " ‹masked›"]),
                None => head.push(name, &["‹masked›"]),
            }
        } else {
            head.push(name, &[&text]);
        }
    }
}

fn text(value: &HeaderValue) -> Cow<'_, str> {
    // Nearly all values are valid UTF-8; for these `from_utf8` is faster than `from_utf8_lossy`.
    match std::str::from_utf8(value.as_bytes()) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => String::from_utf8_lossy(value.as_bytes()),
    }
}

/// Records the beginning of an answer's body: at once if the whole body is available already, otherwise
/// while it is sent.
pub(super) fn record_body((entry, space): (&mut Entry, &Arc<Space>), mut body: Body) -> Body {
    let whole = body.size_hint();
    let first = match body.frame().now_or_never() {
        Some(None) => return Body::empty(),
        Some(Some(Ok(frame))) if body.is_end_stream() => match frame.into_data() {
            Ok(data) => {
                entry.answer_body = Answer::Whole(journal::Body::whole(&data));
                if let Some(rows) = &entry.rows {
                    rows.left(length_of(&data));
                }
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
    let shared = space.is_shared().then(|| (Arc::clone(space), entry.id));
    Body::new(Tee { first, body, recorded: kept, rows: entry.rows.clone(), shared })
}

fn length_of(bytes: &[u8]) -> u64 {
    u64::try_from(bytes.len()).unwrap_or(u64::MAX)
}

fn lock(body: &Mutex<journal::Body>) -> MutexGuard<'_, journal::Body> {
    body.lock().unwrap_or_else(PoisonError::into_inner)
}

type Polled = Result<Frame<Bytes>, axum::Error>;

/// Passes a body on unchanged and records its beginning.
struct Tee {
    /// The first frame, if it was polled already, with the size hint of the body before that poll.
    first: Option<(Polled, SizeHint)>,
    body: Body,
    recorded: Arc<Mutex<journal::Body>>,
    /// The rows of the answer, counted as they leave.
    rows: Option<RowMarks>,
    /// The space and the number of the entry, if other servers have the entry too.
    shared: Option<(Arc<Space>, u64)>,
}

impl Drop for Tee {
    /// Tells the other servers what has left.
    fn drop(&mut self) {
        if let Some((space, id)) = self.shared.take()
            && let Some(published) = space.published(id)
            && let Ok(runtime) = tokio::runtime::Handle::try_current()
        {
            runtime.spawn(published);
        }
    }
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
            let mut recorded = lock(&self.recorded);
            recorded.push(data);
            let length = recorded.length;
            drop(recorded);
            if let Some(rows) = &self.rows {
                rows.left(length);
            }
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
