//! Reads the body of a request, within a limit of bytes and a limit of time.

use std::io::Read;
use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use bytes::Bytes;
use flate2::read::GzDecoder;
use futures_util::FutureExt;
use http_body::Body as _;
use http_body_util::{BodyExt, LengthLimitError, Limited};

use crate::wire::problem::Problem;

/// Longest time for a body to arrive: 30 seconds.
pub const BODY_TIMEOUT: Duration = Duration::from_secs(30);

/// Bytes of a refused body that are read and thrown away at most: 128 MiB.
const DISCARD_LIMIT: usize = 128 * 1024 * 1024;

/// Longest time for that: 5 seconds.
const DISCARD_TIMEOUT: Duration = Duration::from_secs(5);

/// Longest pause of a client that is still sending such a body: 0.2 seconds. One that sends nothing waits for
/// the answer.
const DISCARD_PAUSE: Duration = Duration::from_millis(200);

/// Why a request did not reach a handler.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TransportError {
    /// The body is longer than the limit.
    TooLarge,
    /// The body did not arrive within [`BODY_TIMEOUT`].
    TimedOut,
    /// The connection broke before the end of the body.
    Broken,
    /// The handler panicked, which is a bug of Sandtill.
    Internal,
    /// The log cannot be written, so nothing was done.
    Unavailable,
    /// The log could not be written in time, so it is unknown whether what was done will last.
    Unsettled,
}

impl TransportError {
    /// The reason as a sentence for the journal and for problem documents.
    #[must_use]
    pub fn reason(self) -> &'static str {
        match self {
            Self::TooLarge => "the body is larger than the server takes",
            Self::TimedOut => "the body did not arrive in time",
            Self::Broken => "the connection broke in the middle of the body",
            Self::Internal => "Sandtill made a mistake; please report it with this entry",
            Self::Unavailable => {
                "the log of the server cannot be written, so nothing was done; try later"
            }
            Self::Unsettled => {
                "the log of the server could not be written in time, so it is unknown whether what \
                 was done will last; try later"
            }
        }
    }
}

impl TransportError {
    /// The answer of the admin API, and of a path without a provider.
    #[must_use]
    pub fn problem(self) -> Problem {
        let (status, title) = match self {
            Self::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "Too large"),
            Self::TimedOut => (StatusCode::REQUEST_TIMEOUT, "Timed out"),
            Self::Broken => (StatusCode::BAD_REQUEST, "Bad request"),
            Self::Internal => (StatusCode::INTERNAL_SERVER_ERROR, "Internal error"),
            Self::Unavailable | Self::Unsettled => (StatusCode::SERVICE_UNAVAILABLE, "Unavailable"),
        };
        Problem::new(status, title).detail(self.reason())
    }
}

/// Reads a body whole. A longer one is read to its end and thrown away (see [`discard`]).
///
/// # Errors
///
/// The body is longer than `limit` bytes, comes too slowly, or breaks off.
pub async fn read(
    headers: &HeaderMap,
    mut body: Body,
    limit: usize,
) -> Result<Bytes, TransportError> {
    let announced = usize::try_from(body.size_hint().lower()).unwrap_or(usize::MAX);
    let read = match announced <= limit {
        true => collect(&mut body, limit).await,
        false => Err(TransportError::TooLarge),
    };
    if read == Err(TransportError::TooLarge) {
        discard(headers, body).await;
    }
    read
}

/// The body without its compression, if the header `Content-Encoding` says gzip. One that is no whole gzip is
/// passed on as it came, and the provider says that it cannot read it.
///
/// # Errors
///
/// It is longer than `limit` bytes without its compression.
pub fn inflated(headers: &HeaderMap, body: Bytes, limit: usize) -> Result<Bytes, TransportError> {
    let encoding = headers.get(header::CONTENT_ENCODING).map(HeaderValue::as_bytes);
    let is_gzip = |name: &[u8]| {
        [&b"gzip"[..], b"x-gzip"].iter().any(|it| it.eq_ignore_ascii_case(name.trim_ascii()))
    };
    if !encoding.is_some_and(is_gzip) {
        return Ok(body);
    }
    let most = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    let mut plain = Vec::new();
    match GzDecoder::new(&*body).take(most).read_to_end(&mut plain) {
        Ok(length) if length > limit => Err(TransportError::TooLarge),
        Ok(_) => Ok(plain.into()),
        Err(_) => Ok(body),
    }
}

async fn collect(body: &mut Body, limit: usize) -> Result<Bytes, TransportError> {
    let mut reading = std::pin::pin!(Limited::new(body, limit).collect());
    // Most bodies arrive together with their heads, and need no timer.
    let read = match reading.as_mut().now_or_never() {
        Some(read) => Ok(read),
        None => tokio::time::timeout(BODY_TIMEOUT, reading).await,
    };
    match read {
        Ok(Ok(collected)) => Ok(collected.to_bytes()),
        Ok(Err(err)) if err.is::<LengthLimitError>() => Err(TransportError::TooLarge),
        Ok(Err(_)) => Err(TransportError::Broken),
        Err(_) => Err(TransportError::TimedOut),
    }
}

/// Reads the rest of a body and throws it away, up to [`DISCARD_LIMIT`] bytes, for [`DISCARD_TIMEOUT`], and
/// while it arrives without a long pause.
///
/// Many clients send a whole body before they read the answer; a connection closed in the middle gives them
/// a broken pipe instead of the refusal. A client that waits for `100 Continue` has sent nothing, and does
/// not after a refusal.
pub async fn discard(headers: &HeaderMap, mut body: Body) {
    if headers.contains_key(header::EXPECT) {
        return;
    }
    let reading = async {
        let mut length = 0;
        while let Ok(Some(Ok(frame))) = tokio::time::timeout(DISCARD_PAUSE, body.frame()).await {
            length += frame.data_ref().map_or(0, Bytes::len);
            if length > DISCARD_LIMIT {
                break;
            }
        }
    };
    // An error is the time-out; the answer goes out anyway.
    let _ = tokio::time::timeout(DISCARD_TIMEOUT, reading).await;
}
