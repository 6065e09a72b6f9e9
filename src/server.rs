//! Accepts connections and serves `App` on them until a shutdown signal, then waits for requests in progress.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::body::Body;
use axum::http::Version;
use axum::http::header::{CONNECTION, HeaderValue};
use axum::response::Response;
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
#[cfg(feature = "tls")]
use tokio_rustls::TlsAcceptor;

use crate::app::App;
use crate::connection::{CONNECTION_TIMEOUT, Pressure, Progress, TrackedBody};
use crate::recorder::Disconnect;
use crate::sandbox::clock::real_sleep;
use crate::socket::Socket;
use crate::wire::call::ViaTls;

/// How long the server waits for requests and callbacks in progress after the shutdown signal: 5 seconds.
pub const DRAIN: Duration = Duration::from_secs(5);

/// Time after the shutdown signal in which connections are still accepted and requests that have arrived
/// are read, so that none is answered with a reset: 100 milliseconds.
const LAST_CALL: Duration = Duration::from_millis(100);

/// Bytes that hyper buffers of a connection at most, and so the longest head of a request: 128 KiB. With its
/// default of 400 KiB a few uploads alone take megabytes.
const MAX_BUFFER: usize = 128 * 1024;

/// HTTP/2 streams of a connection at a time. Each can hold an answer that the client does not read.
const MAX_STREAMS: u32 = 32;

/// Longest time for a TLS handshake: 10 seconds.
#[cfg(feature = "tls")]
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);

/// Default limit of connections of a port at a time. Further connections wait until one of them ends.
pub const MAX_CONNECTIONS: usize = 1000;

/// First pause after an error of `accept`. Without a pause, `accept` fails again at once while the process
/// has no free file descriptors, and the loop uses a whole core.
const SHORTEST_PAUSE: Duration = Duration::from_millis(100);
/// The pause doubles with each further error in a row, up to this length.
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// Type without values: a build without the feature `tls` accepts no connection over TLS.
#[cfg(not(feature = "tls"))]
#[derive(Clone)]
enum TlsAcceptor {}

/// Serves plain HTTP until `shutdown` completes, then lets requests and callbacks in progress finish, for
/// [`DRAIN`] at most.
pub async fn run(listener: TcpListener, app: App, shutdown: impl Future<Output = ()>) {
    serve(listener, None, app, shutdown).await;
}

/// Serves like [`run`], but over TLS.
#[cfg(feature = "tls")]
pub async fn run_tls(
    listener: TcpListener,
    acceptor: TlsAcceptor,
    app: App,
    shutdown: impl Future<Output = ()>,
) {
    serve(listener, Some(acceptor), app, shutdown).await;
}

/// What all connections of a port have in common.
#[derive(Clone)]
struct Port {
    app: Arc<App>,
    acceptor: Option<TlsAcceptor>,
    server: Builder<TokioExecutor>,
    permits: Arc<Semaphore>,
    /// Longest time of a connection without progress.
    timeout: Duration,
    pressure: Arc<watch::Sender<Pressure>>,
}

async fn serve(
    listener: TcpListener,
    acceptor: Option<TlsAcceptor>,
    app: App,
    shutdown: impl Future<Output = ()>,
) {
    if let Ok(address) = listener.local_addr() {
        app.listens_at(address);
    }
    let app = Arc::new(app);
    let mut server = Builder::new(TokioExecutor::new());
    server
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(None)
        .max_buf_size(MAX_BUFFER)
        // The vendors' own spelling: `Content-Type`, not `content-type`.
        .title_case_headers(true);
    server.http2().timer(TokioTimer::new()).max_concurrent_streams(MAX_STREAMS);
    let timeout = app.options().connection_timeout.unwrap_or(CONNECTION_TIMEOUT);
    let max_connections = app.options().max_connections.unwrap_or(MAX_CONNECTIONS).max(1);
    let permits = Arc::new(Semaphore::new(max_connections));
    let pressure = Arc::new(watch::Sender::new(Pressure::default()));
    let port = Port { app: Arc::clone(&app), acceptor, server, permits, timeout, pressure };
    let graceful = GracefulShutdown::new();
    accept_until(&listener, &port, &graceful, shutdown).await;
    port.pressure.send_modify(|pressure| pressure.is_draining = true);
    app.end_waits();
    accept_until(&listener, &port, &graceful, last_call()).await;
    drop((listener, port));
    let draining = async {
        graceful.shutdown().await;
        // After the requests, because a request can start the sending of a callback.
        app.drain_callbacks().await;
    };
    if tokio::time::timeout(DRAIN, draining).await.is_err() {
        tracing::warn!(
            "requests or callbacks were still under way when the time to drain was over"
        );
    }
}

/// Completes after [`LAST_CALL`], and after the tasks that were ready then have run.
async fn last_call() {
    real_sleep(LAST_CALL).await;
    for _ in 0..32 {
        tokio::task::yield_now().await;
    }
}

/// Accepts connections and serves each on a task of its own, until `end` completes.
async fn accept_until(
    listener: &TcpListener,
    port: &Port,
    graceful: &GracefulShutdown,
    end: impl Future<Output = ()>,
) {
    let mut end = std::pin::pin!(end);
    loop {
        let (stream, permit) = tokio::select! {
            accepted = accept(listener, port) => accepted,
            () = &mut end => return,
        };
        // The server writes each response whole; Nagle's algorithm would only delay it.
        let _ = stream.set_nodelay(true);
        let (port, watcher) = (port.clone(), graceful.watcher());
        tokio::spawn(async move {
            let _place = permit;
            let progress = Progress::new();
            let served = tokio::select! {
                served = serve_connection(stream, &port, &progress, watcher) => served,
                () = progress.stalled(port.timeout, port.pressure.subscribe()) => {
                    Err("nothing moved on it for too long".into())
                }
            };
            if let Err(err) = served {
                tracing::debug!(%err, "a connection ended early");
            }
        });
    }
}

/// Serves the requests of one connection until it ends.
async fn serve_connection(
    stream: TcpStream,
    port: &Port,
    progress: &Arc<Progress>,
    watcher: Watcher,
) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let socket = Socket::new(stream, Arc::clone(progress));
    let service = service(port, Arc::clone(progress), socket.torn());
    let Some(acceptor) = &port.acceptor else {
        let io = TokioIo::new(socket);
        return watcher.watch(port.server.serve_connection(io, service).into_owned()).await;
    };
    #[cfg(not(feature = "tls"))]
    match *acceptor {}
    #[cfg(feature = "tls")]
    {
        let handshake = tokio::time::timeout(HANDSHAKE_TIMEOUT, acceptor.accept(socket)).await;
        let io = TokioIo::new(handshake??);
        watcher.watch(port.server.serve_connection(io, service).into_owned()).await
    }
}

/// Waits for a free permit of the connection limit, then accepts the next connection.
async fn accept(listener: &TcpListener, port: &Port) -> (TcpStream, Option<OwnedSemaphorePermit>) {
    let is_full = |is_full: bool| {
        port.pressure.send_if_modified(|pressure| {
            std::mem::replace(&mut pressure.is_full, is_full) != is_full
        });
    };
    let free = Arc::clone(&port.permits).try_acquire_owned().ok();
    is_full(free.is_none());
    let permit = match free {
        Some(permit) => Some(permit),
        // The semaphore is never closed, so this never is an error.
        None => Arc::clone(&port.permits).acquire_owned().await.ok(),
    };
    let mut pause = SHORTEST_PAUSE;
    loop {
        match listener.accept().await {
            Ok((stream, _)) => return (stream, permit),
            // No free file descriptor, or the client has closed the connection: neither ends the server.
            Err(err) => {
                tracing::warn!(%err, ?pause, "a connection could not be accepted");
                is_full(true);
                real_sleep(pause).await;
                pause = LONGEST_PAUSE.min(pause * 2);
            }
        }
    }
}

/// The hyper service of one connection. `torn` is the flag of the connection's `Socket`.
fn service(
    port: &Port,
    progress: Arc<Progress>,
    torn: Arc<AtomicBool>,
) -> impl hyper::service::Service<
    hyper::Request<Incoming>,
    Response = Response<TrackedBody>,
    Error = Disconnect,
    Future: Send + 'static,
> + Clone
+ Send
+ 'static {
    let (app, is_secure, pressure) =
        (Arc::clone(&port.app), port.acceptor.is_some(), Arc::clone(&port.pressure));
    hyper::service::service_fn(move |request: hyper::Request<Incoming>| {
        // Not inside the future: the request counts from now on, before the future is polled.
        let open = progress.begin();
        let mut request = request.map(Body::new);
        let (app, torn, pressure) = (Arc::clone(&app), Arc::clone(&torn), Arc::clone(&pressure));
        async move {
            if is_secure {
                request.extensions_mut().insert(ViaTls);
            }
            let is_http1 = request.version() <= Version::HTTP_11;
            let mut response = unless_cut(app.answer(request).await, &torn)?;
            if is_http1 && pressure.borrow().is_draining {
                response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
            }
            Ok(response.map(|body| open.responded(body)))
        }
    })
}

/// Returns the response, or an error if a fault ends the connection without a response; hyper closes the
/// connection after an error.
fn unless_cut(response: Response, torn: &AtomicBool) -> Result<Response, Disconnect> {
    match response.extensions().get::<Disconnect>() {
        None => Ok(response),
        Some(cut) => {
            torn.store(*cut == Disconnect::Reset, Ordering::Relaxed);
            Err(*cut)
        }
    }
}
