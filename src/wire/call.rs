//! What a provider's handler gets: the world and the request, body and all.

use axum::body::Body;
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use axum::response::Response;
use bytes::Bytes;

use crate::sandbox::Sandbox;
use crate::sandbox::journal::Note;

/// A request that has arrived whole. Extracting it never fails, so no framework text can leave.
#[derive(Clone, Debug)]
pub struct Call {
    /// The world of the space it was sent to.
    pub sandbox: Sandbox,
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
pub struct Secure;

/// The body of a request once it has been read, as an extension of the request.
#[derive(Clone, Debug, Default)]
pub struct Collected(pub Bytes);

impl<S: Sync> FromRequest<S> for Call {
    type Rejection = Response;

    async fn from_request(request: Request, _: &S) -> Result<Self, Response> {
        let (mut parts, _) = request.into_parts();
        let body = parts.extensions.remove::<Collected>().unwrap_or_default().0;
        let Some(sandbox) = parts.extensions.remove::<Sandbox>() else {
            // Only a router that is used without the recorder can get here.
            return Err(answer(StatusCode::INTERNAL_SERVER_ERROR, "text/plain", "no sandbox"));
        };
        let is_secure = parts.extensions.get::<Secure>().is_some();
        Ok(Self {
            sandbox,
            method: parts.method,
            uri: parts.uri,
            headers: parts.headers,
            body,
            is_secure,
        })
    }
}

impl Call {
    /// A header as text; `None` when it is absent or not text.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// How the client reaches this space, for absolute links: from `--public-url`, or else from the
    /// request's own host. No slash at the end.
    #[must_use]
    pub fn base_url(&self) -> String {
        let prefix = self.sandbox.prefix();
        if let Some(url) = &self.sandbox.options.public_url {
            return format!("{}{prefix}", url.trim_end_matches('/'));
        }
        // HTTP/2 has no Host header; what it has instead stands in the target.
        let authority = self.uri.authority().map(axum::http::uri::Authority::as_str);
        let host = self.header("host").or(authority).filter(|host| is_host(host));
        let forwarded = self.header("x-forwarded-proto") == Some("https");
        let scheme = if self.is_secure || forwarded { "https" } else { "http" };
        format!("{scheme}://{}{prefix}", host.unwrap_or("localhost"))
    }
}

/// Whether a Host header can stand in a link.
fn is_host(host: &str) -> bool {
    !host.is_empty()
        && host.len() <= 200
        && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-:[]_".contains(&byte))
}

/// An answer with this status, content type and body.
pub fn answer(status: StatusCode, content_type: &'static str, body: impl Into<Body>) -> Response {
    let mut response = Response::new(body.into());
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}

/// The answer with what the journal should know about it.
#[must_use]
pub fn noted(mut response: Response, note: Note) -> Response {
    response.extensions_mut().insert(note);
    response
}
