//! Reads the body of a request, within a limit of bytes and a limit of time.

use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use futures_util::FutureExt;
use http_body_util::{BodyExt, LengthLimitError, Limited};

/// Longest time for a body to arrive: 30 seconds.
pub const BODY_TIMEOUT: Duration = Duration::from_secs(30);

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
        }
    }
}

/// Reads a body to its end.
///
/// # Errors
///
/// If the body is longer than `limit` bytes, does not arrive in time, or the connection breaks.
pub async fn read(body: Body, limit: usize) -> Result<Bytes, TransportError> {
    let mut reading = std::pin::pin!(Limited::new(body, limit).collect());
    // Most bodies have arrived together with their heads and need no timer.
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
