//! Accepts connections and serves `App` on them until a shutdown signal, then waits for requests in progress.

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

/// How long the server waits for requests and callbacks in progress after the shutdown signal: 5 seconds.
pub const DRAIN: Duration = Duration::from_secs(5);

/// Longest time for the head of a request to arrive: 30 seconds. Applies to HTTP/1.
const HEAD_TIMEOUT: Duration = Duration::from_secs(30);

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
        // The server writes each response whole; Nagle's algorithm would only delay it.
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
        // After the requests, because a request can start the sending of a callback.
        app.drain_callbacks().await;
    };
    if tokio::time::timeout(DRAIN, draining).await.is_err() {
        tracing::warn!(
            "requests or callbacks were still under way when the time to drain was over"
        );
    }
}

/// Serves the requests of one connection until it ends.
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

/// Waits for a free permit of the connection limit, then accepts the next connection.
async fn accept(
    listener: &TcpListener,
    permits: &Arc<Semaphore>,
) -> (TcpStream, Option<OwnedSemaphorePermit>) {
    // The semaphore is never closed, so this never is an error.
    let permit = Arc::clone(permits).acquire_owned().await.ok();
    let mut pause = SHORTEST_PAUSE;
    loop {
        match listener.accept().await {
            Ok((stream, _)) => return (stream, permit),
            // No free file descriptor, or the client has closed the connection: neither ends the server.
            Err(err) => {
                tracing::warn!(%err, ?pause, "a connection could not be accepted");
                real_sleep(pause).await;
                pause = LONGEST_PAUSE.min(pause * 2);
            }
        }
    }
}

/// The hyper service of one connection. `torn` is the flag of the connection's `Socket`.
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

/// Returns the response, or an error if a fault ends the connection without a response; hyper closes the
/// connection after an error.
fn whole(response: Response, torn: &AtomicBool) -> Result<Response, Disconnect> {
    match response.extensions().get::<Disconnect>() {
        None => Ok(response),
        Some(cut) => {
            torn.store(*cut == Disconnect::Reset, Ordering::Relaxed);
            Err(*cut)
        }
    }
}
