//! A callback receiver on loopback with scripted responses and a log of the requests.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};

use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::response::Response;
use tokio::net::TcpListener;
use tokio::sync::watch;

/// A request that the receiver got.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Received {
    pub(crate) target: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Received {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|it| it.0 == name).map(|it| it.1.as_str())
    }
}

type Answer = Pin<Box<dyn Future<Output = Response> + Send>>;

/// An HTTP server for callbacks; dropping it stops it.
pub(crate) struct Receiver {
    /// `http://127.0.0.1:PORT`.
    pub(crate) url: String,
    received_all: Arc<Mutex<Vec<Received>>>,
    count: watch::Receiver<usize>,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.task.abort();
    }
}

pub(crate) fn status(status: u16) -> Response {
    Response::builder().status(status).body(Body::from("thanks")).unwrap()
}

impl Receiver {
    /// Starts a receiver that responds to request number `n`, counted from 0, with `answer(n,
    /// request)`.
    pub(crate) async fn new(
        answer: impl Fn(usize, Received) -> Answer + Clone + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let received_all = Arc::new(Mutex::new(Vec::new()));
        let (count_sender, count) = watch::channel(0);
        let count_sender = Arc::new(count_sender);
        let log = Arc::clone(&received_all);
        let handler = move |request: Request| {
            let (log, answer, count_sender) =
                (Arc::clone(&log), answer.clone(), Arc::clone(&count_sender));
            async move {
                let (parts, body) = request.into_parts();
                let body = to_bytes(body, 1 << 20).await.unwrap();
                let text = |value: &[u8]| String::from_utf8(value.to_vec()).unwrap();
                let headers = parts.headers.iter();
                let received = Received {
                    target: parts.uri.to_string(),
                    headers: headers.map(|it| (it.0.to_string(), text(it.1.as_bytes()))).collect(),
                    body: text(&body),
                };
                let number = {
                    let mut log = log.lock().unwrap();
                    log.push(received.clone());
                    log.len() - 1
                };
                let response = answer(number, received).await;
                count_sender.send_modify(|count| *count += 1);
                response
            }
        };
        let app = axum::Router::new().fallback(handler);
        let task = tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self { url, received_all, count, task }
    }

    /// Starts a receiver that responds with these statuses in turn, and with the last one
    /// afterwards.
    pub(crate) async fn answering(statuses: &'static [u16]) -> Self {
        Self::new(move |number, _| {
            let answer = statuses[number.min(statuses.len() - 1)];
            Box::pin(async move { status(answer) })
        })
        .await
    }

    /// All requests received so far.
    pub(crate) fn received_all(&self) -> Vec<Received> {
        self.received_all.lock().unwrap().clone()
    }

    /// Returns as soon as `count` requests have a response.
    pub(crate) async fn answered(&self, count: usize) {
        self.count.clone().wait_for(|answered| *answered >= count).await.unwrap();
    }
}
