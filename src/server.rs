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
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use crate::app::App;
use crate::recorder::Disconnect;
use crate::socket::Socket;
use crate::wire::call::ViaTls;

/// How long requests and callbacks under way may take once the server is told to stop.
pub const DRAIN: Duration = Duration::from_secs(5);

/// The head of a request has to arrive within this time.
const HEAD_TIMEOUT: Duration = Duration::from_secs(30);

/// A TLS handshake has to be done within this time.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);

/// Serves until `shutdown` is done, then lets what is under way finish, for [`DRAIN`] at most.
pub async fn run(listener: TcpListener, app: App, shutdown: impl Future<Output = ()>) {
    serve(listener, None, app, shutdown).await;
}

/// The same over TLS.
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
    loop {
        let stream = tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => stream,
                Err(err) => {
                    // Out of descriptors, or a client that has gone again: neither ends the server.
                    tracing::warn!(%err, "a connection could not be accepted");
                    tokio::task::yield_now().await;
                    continue;
                }
            },
            () = &mut shutdown => break,
        };
        // An answer is written whole; waiting for more would only delay it.
        let _ = stream.set_nodelay(true);
        let (app, server, watcher) = (Arc::clone(&app), server.clone(), graceful.watcher());
        let acceptor = acceptor.clone();
        tokio::spawn(async move {
            let socket = Socket::new(stream);
            let torn = socket.torn();
            let service = service(app, torn, acceptor.is_some());
            let ended = match acceptor {
                None => {
                    let io = TokioIo::new(socket);
                    watcher.watch(server.serve_connection(io, service).into_owned()).await
                }
                Some(acceptor) => {
                    let handshake = acceptor.accept(socket);
                    let Ok(Ok(stream)) = tokio::time::timeout(HANDSHAKE_TIMEOUT, handshake).await
                    else {
                        return tracing::debug!("a TLS handshake failed");
                    };
                    let io = TokioIo::new(stream);
                    watcher.watch(server.serve_connection(io, service).into_owned()).await
                }
            };
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
