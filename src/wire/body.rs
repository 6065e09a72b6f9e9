//! Reading a body: within a limit, and within a time.

use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use futures_util::FutureExt;
use http_body_util::{BodyExt, LengthLimitError, Limited};

/// A body has to arrive within this time.
pub const BODY_TIMEOUT: Duration = Duration::from_secs(30);

/// Why a request never got as far as a handler.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TransportError {
    /// The body is larger than the server takes.
    TooLarge,
    /// The body did not arrive in time.
    TimedOut,
    /// The connection broke in the middle of the body.
    Broken,
    /// We made a mistake.
    Internal,
}

impl TransportError {
    /// For the journal.
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

/// Reads a body whole.
///
/// # Errors
///
/// That it is longer than `limit` bytes, comes too slowly, or breaks off.
pub async fn read(body: Body, limit: usize) -> Result<Bytes, TransportError> {
    let mut reading = std::pin::pin!(Limited::new(body, limit).collect());
    // Most bodies have come along with their heads, and need no timer.
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
