//! Serving: `run(listener, app, shutdown)` until somebody says stop, then draining.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::body::Body;
use axum::extract::Request;
use axum::response::Response;
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
#[cfg(feature = "tls")]
use tokio_rustls::TlsAcceptor;

use crate::app::App;
use crate::recorder::Disconnect;
use crate::sandbox::clock::real_sleep;
use crate::socket::Socket;
use crate::wire::call::ViaTls;

/// How long requests and callbacks under way may take once the server is told to stop.
pub const DRAIN: Duration = Duration::from_secs(5);

/// The head of a request has to arrive within this time.
const HEAD_TIMEOUT: Duration = Duration::from_secs(30);

/// A TLS handshake has to be done within this time.
#[cfg(feature = "tls")]
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);

/// Connections at a time, when nothing is said. Further ones wait until one of them ends.
pub const MAX_CONNECTIONS: usize = 1000;

/// How long accepting pauses after an error: out of file descriptors it would fail again at once.
const SHORTEST_PAUSE: Duration = Duration::from_millis(100);
/// The pause doubles up to this.
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// No connection is accepted over TLS in a build without it.
#[cfg(not(feature = "tls"))]
#[derive(Clone)]
enum TlsAcceptor {}

/// Serves until `shutdown` is done, then lets what is under way finish, for [`DRAIN`] at most.
pub async fn run(listener: TcpListener, app: App, shutdown: impl Future<Output = ()>) {
    serve(listener, None, app, shutdown).await;
}

/// The same over TLS.
#[cfg(feature = "tls")]
pub async fn run_tls(
    listener: TcpListener,
    acceptor: TlsAcceptor,
    app: App,
    shutdown: impl Future<Output = ()>,
) {
    serve(listener, Some(acceptor), app, shutdown).await;
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
    let graceful = GracefulShutdown::new();
    let mut server = Builder::new(TokioExecutor::new());
    server.http1().timer(TokioTimer::new()).header_read_timeout(HEAD_TIMEOUT);
    server.http2().timer(TokioTimer::new());
    let mut shutdown = std::pin::pin!(shutdown);
    let max_connections = app.options().max_connections.unwrap_or(MAX_CONNECTIONS).max(1);
    let permits = Arc::new(Semaphore::new(max_connections));
    loop {
        let (stream, permit) = tokio::select! {
            accepted = accept(&listener, &permits) => accepted,
            () = &mut shutdown => break,
        };
        // An answer is written whole; waiting for more would only delay it.
        let _ = stream.set_nodelay(true);
        let (app, server, watcher) = (Arc::clone(&app), server.clone(), graceful.watcher());
        let acceptor = acceptor.clone();
        tokio::spawn(async move {
            let _place = permit;
            let ended = serve_connection(stream, acceptor, app, (&server, watcher)).await;
            if let Err(err) = ended {
                tracing::debug!(%err, "a connection ended early");
            }
        });
    }
    drop(listener);
    let draining = async {
        graceful.shutdown().await;
        // Afterwards, because a request can be what makes a callback leave.
        app.drain_callbacks().await;
    };
    if tokio::time::timeout(DRAIN, draining).await.is_err() {
        tracing::warn!(
            "requests or callbacks were still under way when the time to drain was over"
        );
    }
}

/// Answers the requests of one connection until it ends.
async fn serve_connection(
    stream: TcpStream,
    acceptor: Option<TlsAcceptor>,
    app: Arc<App>,
    (server, watcher): (&Builder<TokioExecutor>, Watcher),
) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let socket = Socket::new(stream);
    let service = service(app, socket.torn(), acceptor.is_some());
    let Some(acceptor) = acceptor else {
        let io = TokioIo::new(socket);
        return watcher.watch(server.serve_connection(io, service).into_owned()).await;
    };
    #[cfg(not(feature = "tls"))]
    match acceptor {}
    #[cfg(feature = "tls")]
    {
        let handshake = tokio::time::timeout(HANDSHAKE_TIMEOUT, acceptor.accept(socket)).await;
        let io = TokioIo::new(handshake??);
        watcher.watch(server.serve_connection(io, service).into_owned()).await
    }
}

/// The next connection, once there is a place for it.
async fn accept(
    listener: &TcpListener,
    permits: &Arc<Semaphore>,
) -> (TcpStream, Option<OwnedSemaphorePermit>) {
    // Nobody closes the semaphore.
    let permit = Arc::clone(permits).acquire_owned().await.ok();
    let mut pause = SHORTEST_PAUSE;
    loop {
        match listener.accept().await {
            Ok((stream, _)) => return (stream, permit),
            // Out of descriptors, or a client that has gone again: neither ends the server.
            Err(err) => {
                tracing::warn!(%err, ?pause, "a connection could not be accepted");
                real_sleep(pause).await;
                pause = LONGEST_PAUSE.min(pause * 2);
            }
        }
    }
}

/// What answers the requests of one connection.
fn service(
    app: Arc<App>,
    torn: Arc<AtomicBool>,
    is_secure: bool,
) -> impl hyper::service::Service<
    hyper::Request<Incoming>,
    Response = Response,
    Error = Disconnect,
    Future: Send + 'static,
> + Clone
+ Send
+ 'static {
    hyper::service::service_fn(move |request: hyper::Request<Incoming>| {
        let (app, torn) = (Arc::clone(&app), Arc::clone(&torn));
        async move {
            let mut request = Request::map(request, Body::new);
            if is_secure {
                request.extensions_mut().insert(ViaTls);
            }
            whole(app.answer(request).await, &torn)
        }
    })
}

/// The answer, or that the connection shall end without one: hyper closes it then.
fn whole(response: Response, torn: &AtomicBool) -> Result<Response, Disconnect> {
    match response.extensions().get::<Disconnect>() {
        None => Ok(response),
        Some(cut) => {
            torn.store(*cut == Disconnect::Reset, Ordering::Relaxed);
            Err(*cut)
        }
    }
}
