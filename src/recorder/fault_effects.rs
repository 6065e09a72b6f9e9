//! The effects of faults on the provider's answer: a damaged or slow body, or a connection that ends early.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderValue, header};
use axum::response::Response;
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt;
use http_body::{Frame, SizeHint};
use http_body_util::BodyExt;

use super::gzip;
use crate::sandbox::clock::real_sleep;
use crate::sandbox::faults::Fault;
use crate::sandbox::journal::Note;

/// How a fault ends the connection instead of an answer. As an extension it marks a response that is never
/// sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Disconnect {
    /// The connection is closed normally.
    #[error("a fault closed the connection")]
    Closed,
    /// The connection is reset (TCP RST).
    #[error("a fault reset the connection")]
    Reset,
}

/// Number of pieces in which the fault `drip` sends a body.
const PIECES: usize = 16;

/// Bytes of a body of unknown length that the fault `drip` holds, and so sends slowly; the rest follows as it
/// is made. Without a limit it would hold a whole download of a million rows.
const MAX_HELD: usize = 256 * 1024;

/// Bytes that the fault `truncate` sends of a body of unknown length, if the rule gives no number.
const SOME: u64 = 4096;

/// Applies a fault to the answer of the provider's handler, and says how in its note.
pub(super) async fn corrupt(fault: &Fault, mut response: Response) -> Response {
    let how = match fault {
        Fault::Empty => "the connection was closed instead of this answer".to_owned(),
        Fault::Reset => "the connection was reset instead of this answer".to_owned(),
        Fault::Truncate(Some(after)) => format!("cut off behind {after} bytes at most"),
        Fault::Truncate(None) => "cut off in the middle".to_owned(),
        Fault::BrokenJson => "its first colon, or its first byte, became `=`".to_owned(),
        Fault::Drip(all) => format!("sent in pieces, {} ms in all", all.as_millis()),
        Fault::Gzip => "compressed, whatever the client accepts".to_owned(),
        _ => return response,
    };
    let mut note = response.extensions_mut().remove::<Note>().unwrap_or_default();
    note.remark = Some(how);
    response.extensions_mut().insert(note);
    match fault {
        Fault::Empty => {
            response.extensions_mut().insert(Disconnect::Closed);
            response
        }
        Fault::Reset => {
            response.extensions_mut().insert(Disconnect::Reset);
            response
        }
        Fault::Truncate(after) => response.map(|body| Body::new(TruncatedBody::new(body, *after))),
        Fault::BrokenJson => {
            response.map(|body| Body::new(CorruptedBody { body, is_broken: false }))
        }
        Fault::Drip(all) => dripping(response, *all).await,
        Fault::Gzip => gzip::compressed(response),
        _ => response,
    }
}

async fn dripping(response: Response, all: Duration) -> Response {
    let (mut parts, body) = response.into_parts();
    let (bytes, rest) = beginning(body, MAX_HELD).await;
    if rest.is_none() {
        parts.headers.insert(header::CONTENT_LENGTH, HeaderValue::from(bytes.len()));
    }
    let size = bytes.len().div_ceil(PIECES).max(1);
    let pieces = u32::try_from(bytes.len().div_ceil(size)).unwrap_or(1).max(1);
    let stream = futures_util::stream::unfold(bytes, move |mut rest| async move {
        if rest.is_empty() {
            return None;
        }
        real_sleep(all / pieces).await;
        let piece = rest.split_to(size.min(rest.len()));
        Some((Ok(piece), rest))
    });
    let rest = futures_util::stream::iter(rest.map(Body::into_data_stream)).flatten();
    Response::from_parts(parts, Body::from_stream(stream.chain(rest)))
}

/// A body that begins with these bytes.
pub(super) fn joined(beginning: Bytes, rest: Body) -> Body {
    let first = futures_util::stream::iter([Ok(beginning)]);
    Body::from_stream(first.chain(rest.into_data_stream()))
}

/// The beginning of a body, at least `most` bytes of it, and the rest of it; without a rest the beginning is
/// the whole body. A body of known length is in memory already. An error ends a body.
pub(super) async fn beginning(mut body: Body, most: usize) -> (Bytes, Option<Body>) {
    if http_body::Body::size_hint(&body).exact().is_some() {
        let whole = body.collect().await.map(http_body_util::Collected::to_bytes);
        return (whole.unwrap_or_default(), None);
    }
    let mut held = BytesMut::new();
    while held.len() < most {
        let Some(Ok(frame)) = body.frame().await else { return (held.freeze(), None) };
        if let Ok(data) = frame.into_data() {
            held.extend_from_slice(&data);
        }
    }
    (held.freeze(), Some(body))
}

/// A body that announces its full length and ends with an error before it.
struct TruncatedBody {
    body: Body,
    left: u64,
    promised: SizeHint,
    // Time for the sent bytes to leave before the connection closes; otherwise they would never arrive.
    pause: Option<Pin<Box<dyn Future<Output = ()> + Send>>>,
}

impl TruncatedBody {
    fn new(body: Body, after: Option<u64>) -> Self {
        let promised = http_body::Body::size_hint(&body);
        let left = match (promised.exact(), after) {
            (Some(length), None) => length / 2,
            (Some(length), Some(after)) => after.min(length.saturating_sub(1)),
            (None, after) => after.unwrap_or(SOME),
        };
        Self { body, left, promised, pause: None }
    }
}

impl http_body::Body for TruncatedBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        if self.left > 0
            && let Some(frame) = ready!(Pin::new(&mut self.body).poll_frame(cx))
        {
            let Ok(mut data) = frame?.into_data() else { return Poll::Ready(None) };
            data.truncate(usize::try_from(self.left).unwrap_or(usize::MAX));
            self.left -= u64::try_from(data.len()).unwrap_or(self.left);
            return Poll::Ready(Some(Ok(Frame::data(data))));
        }
        self.left = 0;
        let pause = || Box::pin(real_sleep(Duration::from_millis(20)));
        ready!(self.pause.get_or_insert_with(|| pause()).as_mut().poll(cx));
        Poll::Ready(Some(Err(axum::Error::new(Disconnect::Closed))))
    }

    fn is_end_stream(&self) -> bool {
        false
    }

    fn size_hint(&self) -> SizeHint {
        self.promised
    }
}

/// A body of unchanged length that no parser accepts.
struct CorruptedBody {
    body: Body,
    is_broken: bool,
}

impl http_body::Body for CorruptedBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let frame = ready!(Pin::new(&mut self.body).poll_frame(cx));
        let Some(Ok(frame)) = frame else { return Poll::Ready(frame) };
        let Ok(data) = frame.into_data() else { return Poll::Ready(None) };
        if self.is_broken || data.is_empty() {
            return Poll::Ready(Some(Ok(Frame::data(data))));
        }
        self.is_broken = true;
        let mut data = BytesMut::from(data.as_ref());
        // The first colon becomes `=`; a document without a colon loses its first character instead.
        let colon = memchr::memchr(b':', &data).unwrap_or(0);
        if let Some(byte) = data.get_mut(colon) {
            *byte = b'=';
        }
        Poll::Ready(Some(Ok(Frame::data(data.freeze()))))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    const PIECE: usize = 10_000;

    /// A body of so many pieces that are made when they are asked for, and the number of those made.
    fn streamed(pieces: usize) -> (Response, Arc<AtomicUsize>) {
        let made = Arc::<AtomicUsize>::default();
        let count = Arc::clone(&made);
        let stream = futures_util::stream::iter(0..pieces).map(move |_| {
            count.fetch_add(1, Ordering::Relaxed);
            Ok::<_, Infallible>(Bytes::from_static(&[b'x'; PIECE]))
        });
        (Response::new(Body::from_stream(stream)), made)
    }

    #[tokio::test(start_paused = true)]
    async fn a_dripping_download_is_not_held_and_arrives_whole() {
        for (pieces, is_whole) in [(0, true), (1, true), (20, true), (100, false), (1000, false)] {
            let (response, made) = streamed(pieces);
            let response = dripping(response, Duration::from_secs(1)).await;
            let held = made.load(Ordering::Relaxed) * PIECE;
            assert!(held < MAX_HELD + PIECE, "{held} bytes of {pieces} pieces");
            let length = response.headers().get(header::CONTENT_LENGTH).cloned();
            assert_eq!(length, is_whole.then(|| HeaderValue::from(pieces * PIECE)));
            let body = response.into_body().collect().await.unwrap().to_bytes();
            assert_eq!(body.len(), pieces * PIECE);
        }
    }
}
