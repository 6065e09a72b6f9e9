//! The argument of a provider's handler: a complete request, and the space at the moment of its answer.

use std::convert::Infallible;
use std::ops::Deref;

use axum::body::Body;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use axum::response::Response;
use bytes::Bytes;

use crate::sandbox::journal::{Note, RowMarks};
use crate::sandbox::space::Moment;

/// A complete request and the moment at which it is answered. The handler takes the time from the moment
/// and never reads a clock.
#[derive(Clone, Debug)]
pub struct Call {
    /// The space of the request, at one moment.
    pub moment: Moment,
    /// The operation of the provider that the path belongs to; empty in calls of the admin API.
    pub operation: &'static str,
    /// The HTTP method.
    pub method: Method,
    /// Path and query, without `/@name`.
    pub uri: Uri,
    /// The headers of the request.
    pub headers: HeaderMap,
    /// The whole body; its length is within the limit of the server.
    pub body: Bytes,
    /// Whether the request was sent to an `https` URL.
    pub is_secure: bool,
}

/// Extension of a request that arrived over TLS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ViaTls;

impl Deref for Call {
    type Target = Moment;

    fn deref(&self) -> &Moment {
        &self.moment
    }
}

impl Call {
    /// Makes a call from head and body of a request.
    #[must_use]
    pub fn new(moment: Moment, operation: &'static str, parts: Parts, body: Bytes) -> Self {
        let is_secure = is_secure(&parts);
        let Parts { method, uri, headers, .. } = parts;
        Self { moment, operation, method, uri, headers, body, is_secure }
    }

    /// A header as text; `None` if it is absent or not visible ASCII.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The base URL of this space for absolute links, without a slash at the end. It comes from
    /// `--public-url`, or else from the host of the request (`localhost` if it has none).
    #[must_use]
    pub fn base_url(&self) -> String {
        let prefix = self.space.prefix();
        if let Some(url) = &self.space.options.public_url {
            return format!("{}{prefix}", url.trim_end_matches('/'));
        }
        let host = authority(&self.headers, &self.uri).filter(|host| is_host(host));
        let scheme = if self.is_secure { "https" } else { "http" };
        format!("{scheme}://{}{prefix}", host.unwrap_or("localhost"))
    }
}

/// Whether a request was sent to an `https` URL: over TLS, or to a proxy that says so.
#[must_use]
pub fn is_secure(parts: &Parts) -> bool {
    let forwarded = parts.headers.get("x-forwarded-proto");
    parts.extensions.get::<ViaTls>().is_some() || forwarded.is_some_and(|it| it == "https")
}

/// The host and port that a request was sent to: those of its target (HTTP/2, and the absolute form of
/// HTTP/1.1, where RFC 9112 section 3.2.2 ignores the Host header), else its Host header.
#[must_use]
pub fn authority<'a>(headers: &'a HeaderMap, uri: &'a Uri) -> Option<&'a str> {
    let host = || headers.get(header::HOST).and_then(|host| host.to_str().ok());
    uri.authority().map(axum::http::uri::Authority::as_str).or_else(host)
}

/// The host of `host:port`, without the port and without the brackets of an IPv6 address.
#[must_use]
pub fn host_name(authority: &str) -> &str {
    match authority.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((address, _)) => address,
        None => authority.rsplit_once(':').map_or(authority, |(name, _)| name),
    }
}

/// Whether a host can be part of a link: 1 to 200 characters, only those of host names and addresses.
#[must_use]
pub fn is_host(host: &str) -> bool {
    !host.is_empty()
        && host.len() <= 200
        && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-:[]_".contains(&byte))
}

/// A body of pieces, each of which is computed when the client can take it. Other requests get their turn
/// between two pieces.
pub fn streamed<T>(pieces: impl Iterator<Item = T> + Send + 'static) -> Body
where
    T: Into<Bytes> + Send + 'static,
{
    let stream = futures_util::stream::unfold(pieces, |mut pieces| async move {
        tokio::task::yield_now().await;
        let piece = pieces.next()?;
        Some((Ok::<_, Infallible>(piece.into()), pieces))
    });
    Body::from_stream(stream)
}

/// Makes a response with this status, content type and body.
pub fn response(status: StatusCode, content_type: &'static str, body: impl Into<Body>) -> Response {
    let mut response = Response::new(body.into());
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}

/// Adds a note for the journal to a response.
#[must_use]
pub fn with_note(mut response: Response, note: Note) -> Response {
    response.extensions_mut().insert(note);
    response
}

/// Adds the rows of an answer for the journal to a response.
#[must_use]
pub fn with_rows(mut response: Response, rows: RowMarks) -> Response {
    response.extensions_mut().insert(rows);
    response
}
