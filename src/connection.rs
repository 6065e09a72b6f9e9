//! Tracks whether anything moves on a connection, so that a client that sends nothing or reads nothing does
//! not hold it for ever.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use futures_util::task::AtomicWaker;
use http_body::{Frame, SizeHint};
use tokio::sync::{Notify, watch};

use crate::sandbox::clock::{Stopwatch, real_sleep};

/// Default of the longest time without progress: 30 seconds.
pub(crate) const CONNECTION_TIMEOUT: Duration = Duration::from_secs(30);

/// Time that is left to a connection without progress when its client has closed its sending side, when the
/// server shuts down, or when it has no request and others wait for its place.
const LAST_WAIT: Duration = Duration::from_secs(1);

/// Bytes of a body that are handed to hyper at a time. A whole body of megabytes in one piece would count as
/// sent while the client has not read a byte of it.
const PIECE: usize = 64 * 1024;

/// A write of fewer bytes is no progress: answers to HTTP/2 PINGs alone keep no connection open.
const MIN_PROGRESS: usize = 1024;

/// What the state of the port means for its connections.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Pressure {
    /// The server shuts down.
    pub(crate) is_draining: bool,
    /// Clients wait for a connection: the limit is reached, or there is no file descriptor.
    pub(crate) is_full: bool,
}

/// What moves on one connection. Progress is: a request arrived, its response is ready, a piece of a body
/// was taken, at least [`MIN_PROGRESS`] bytes were written.
#[derive(Debug)]
pub(crate) struct Progress {
    watch: Stopwatch,
    /// Milliseconds on `watch` at the last progress.
    last: AtomicU64,
    /// Requests whose response is not ready.
    handled: AtomicUsize,
    /// Requests whose response was not sent to its end.
    open: AtomicUsize,
    /// Whether hyper may see that the client has closed its sending side.
    is_end_shown: AtomicBool,
    /// Whether the client has closed its sending side.
    is_half_closed: AtomicBool,
    /// Wakes [`Progress::stalled`] when the client has closed its sending side.
    half_close: Notify,
    /// Wakes the reading side when no request is open any more.
    reader: AtomicWaker,
}

impl Progress {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self {
            watch: Stopwatch::start(),
            last: AtomicU64::new(0),
            handled: AtomicUsize::new(0),
            open: AtomicUsize::new(0),
            is_end_shown: AtomicBool::new(false),
            is_half_closed: AtomicBool::new(false),
            half_close: Notify::new(),
            reader: AtomicWaker::new(),
        })
    }

    fn elapsed(&self) -> u64 {
        u64::try_from(self.watch.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    fn note(&self) {
        self.last.store(self.elapsed(), Ordering::Relaxed);
    }

    /// Counts a write to the socket.
    pub(crate) fn wrote(&self, bytes: usize) {
        if bytes >= MIN_PROGRESS {
            self.note();
        }
    }

    /// Called when the client has closed its sending side. Returns whether the end has to be hidden from
    /// hyper, which would drop the open requests; `cx` is woken when none is open any more, or when the time
    /// to answer them is over.
    pub(crate) fn half_closed(&self, cx: &Context<'_>) -> bool {
        if !self.is_half_closed.swap(true, Ordering::Relaxed) {
            self.note();
            self.half_close.notify_one();
        }
        self.reader.register(cx.waker());
        self.open.load(Ordering::Acquire) > 0 && !self.is_end_shown.load(Ordering::Relaxed)
    }

    /// Registers a request whose head has arrived.
    pub(crate) fn begin(self: &Arc<Self>) -> OpenRequest {
        self.note();
        self.handled.fetch_add(1, Ordering::Relaxed);
        self.open.fetch_add(1, Ordering::Release);
        OpenRequest { progress: Arc::clone(self), is_handled: true }
    }

    /// Completes when the connection has made no progress for `timeout`. A request that is being handled
    /// has no limit here, unless its client has closed the connection.
    pub(crate) async fn stalled(&self, timeout: Duration, mut pressure: watch::Receiver<Pressure>) {
        loop {
            let Pressure { is_draining, is_full } = *pressure.borrow_and_update();
            let is_in_the_way = is_full && self.open.load(Ordering::Relaxed) == 0;
            let is_half_closed = self.is_half_closed.load(Ordering::Relaxed);
            let is_handled = self.handled.load(Ordering::Relaxed) > 0 && !is_half_closed;
            let limit = match is_draining || is_half_closed || is_in_the_way {
                true => timeout.min(LAST_WAIT),
                false => timeout,
            };
            let idle = self.elapsed().saturating_sub(self.last.load(Ordering::Relaxed));
            let left = limit.saturating_sub(Duration::from_millis(idle));
            if left.is_zero() && !is_handled {
                // hyper ends a request whose body breaks off here, and with it the wait of a lost client.
                if is_half_closed && !self.is_end_shown.swap(true, Ordering::Relaxed) {
                    self.note();
                    self.reader.wake();
                    continue;
                }
                return;
            }
            // The client can close its side at any moment, so an open request is looked at each second.
            let left = if is_handled { limit.min(LAST_WAIT) } else { left };
            tokio::select! {
                () = real_sleep(left) => {}
                () = self.half_close.notified() => {}
                Ok(()) = pressure.changed() => {}
            }
        }
    }
}

/// A request of a connection, from its head to the end of its response.
#[derive(Debug)]
pub(crate) struct OpenRequest {
    progress: Arc<Progress>,
    is_handled: bool,
}

impl OpenRequest {
    /// The body of the response, which ends the request when it is dropped.
    pub(crate) fn responded(mut self, body: Body) -> TrackedBody {
        self.end_handling();
        TrackedBody { body, rest: Bytes::new(), request: self }
    }

    fn end_handling(&mut self) {
        if std::mem::take(&mut self.is_handled) {
            self.progress.handled.fetch_sub(1, Ordering::Relaxed);
        }
        self.progress.note();
    }
}

impl Drop for OpenRequest {
    fn drop(&mut self) {
        self.end_handling();
        if self.progress.open.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.progress.reader.wake();
        }
    }
}

/// The body of a response, in pieces of at most [`PIECE`] bytes; each piece taken is progress.
#[derive(Debug)]
pub(crate) struct TrackedBody {
    body: Body,
    /// The rest of a longer frame.
    rest: Bytes,
    request: OpenRequest,
}

impl http_body::Body for TrackedBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        if self.rest.is_empty() {
            match std::task::ready!(Pin::new(&mut self.body).poll_frame(cx)) {
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(data) => self.rest = data,
                    Err(trailers) => return Poll::Ready(Some(Ok(trailers))),
                },
                end => return Poll::Ready(end),
            }
        }
        self.request.progress.note();
        let length = self.rest.len().min(PIECE);
        Poll::Ready(Some(Ok(Frame::data(self.rest.split_to(length)))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let rest = u64::try_from(self.rest.len()).unwrap_or(u64::MAX);
        let (mut hint, body) = (SizeHint::new(), self.body.size_hint());
        if let Some(upper) = body.upper() {
            hint.set_upper(upper.saturating_add(rest));
        }
        hint.set_lower(body.lower().saturating_add(rest));
        hint
    }
}
