//! What a provider's handler gets: a request that has arrived whole, and the space at the moment at which
//! it is answered.

use std::ops::Deref;

use axum::body::Body;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use axum::response::Response;
use bytes::Bytes;

use crate::sandbox::journal::Note;
use crate::sandbox::space::Moment;

/// A request that has arrived whole, and the moment at which it is answered: whoever answers it reads no
/// clock.
#[derive(Clone, Debug)]
pub struct Call {
    /// The space it was sent to, at one moment.
    pub moment: Moment,
    /// Which operation of the provider its path is.
    pub operation: &'static str,
    /// Its method.
    pub method: Method,
    /// Path and query without the space.
    pub uri: Uri,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body, within the limit.
    pub body: Bytes,
    /// Whether it came over TLS.
    pub is_secure: bool,
}

/// Marks a request that came over TLS, as an extension of the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ViaTls;

impl Deref for Call {
    type Target = Moment;

    fn deref(&self) -> &Moment {
        &self.moment
    }
}

impl Call {
    /// The call that a request with this head and body is.
    #[must_use]
    pub fn new(moment: Moment, operation: &'static str, parts: Parts, body: Bytes) -> Self {
        let is_secure = parts.extensions.get::<ViaTls>().is_some();
        let Parts { method, uri, headers, .. } = parts;
        Self { moment, operation, method, uri, headers, body, is_secure }
    }

    /// A header as text; `None` when it is absent or not text.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// How the client reaches this space, for absolute links: from `--public-url`, or else from the
    /// request's own host. No slash at the end.
    #[must_use]
    pub fn base_url(&self) -> String {
        let prefix = self.space.prefix();
        if let Some(url) = &self.space.options.public_url {
            return format!("{}{prefix}", url.trim_end_matches('/'));
        }
        let host = authority(&self.headers, &self.uri).filter(|host| is_host(host));
        let forwarded = self.header("x-forwarded-proto") == Some("https");
        let scheme = if self.is_secure || forwarded { "https" } else { "http" };
        format!("{scheme}://{}{prefix}", host.unwrap_or("localhost"))
    }
}

/// The host and port that a request was sent to: those of its target (HTTP/2, and the absolute form of
/// HTTP/1.1, where RFC 9112 section 3.2.2 ignores the Host header), else its Host header.
#[must_use]
pub fn authority<'a>(headers: &'a HeaderMap, uri: &'a Uri) -> Option<&'a str> {
    let host = || headers.get(header::HOST).and_then(|host| host.to_str().ok());
    uri.authority().map(axum::http::uri::Authority::as_str).or_else(host)
}

/// A host and port without the port.
#[must_use]
pub fn host_name(authority: &str) -> &str {
    match authority.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((address, _)) => address,
        None => authority.rsplit_once(':').map_or(authority, |(name, _)| name),
    }
}

/// Whether a Host header can stand in a link.
fn is_host(host: &str) -> bool {
    !host.is_empty()
        && host.len() <= 200
        && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-:[]_".contains(&byte))
}

/// An answer with this status, content type and body.
pub fn response(status: StatusCode, content_type: &'static str, body: impl Into<Body>) -> Response {
    let mut response = Response::new(body.into());
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}

/// The answer with what the journal should know about it.
#[must_use]
pub fn with_note(mut response: Response, note: Note) -> Response {
    response.extensions_mut().insert(note);
    response
}
