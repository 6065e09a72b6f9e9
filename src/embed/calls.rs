//! Calls of the admin API inside the process: the typed parts of a space are thin wrappers of them.

use std::net::SocketAddr;
use std::sync::mpsc;

use axum::body::Body;
use axum::extract::Request;
use axum::http::{Method, header};
use axum::response::Response;
use bytes::Bytes;
use http_body_util::{BodyExt, Collected};
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::runtime::Handle;
use url::form_urlencoded;

use super::options::StartError;
use crate::app::App;

/// Why a server did not start, or a call on a space was not done.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The server refused the call.
    #[error("{detail} (status {status})")]
    Refused {
        /// The HTTP status that the admin API gives this refusal, such as 404 or 409.
        status: u16,
        /// What came and what is wanted.
        detail: String,
    },
    /// Expected requests did not come; see [`Requests`](super::Requests).
    #[error("{0}")]
    Unmet(String),
    /// The text is no instant or length of time, or the call cannot be written down.
    #[error("{0}")]
    Invalid(String),
    /// The server did not start.
    #[error(transparent)]
    Start(#[from] StartError),
    /// The server has ended, because its [`Sandtill`](super::Sandtill) was dropped.
    #[error("the server has ended: its `Sandtill` value was dropped")]
    Ended,
}

/// The server, as the handles of its spaces reach it.
#[derive(Clone, Debug)]
pub(super) struct Calls {
    app: App,
    runtime: Handle,
    address: SocketAddr,
    /// The prefix of all paths of the space: `/@name`, or nothing.
    prefix: String,
}

impl Calls {
    pub(super) fn new(app: App, runtime: Handle, address: SocketAddr) -> Self {
        Self { app, runtime, address, prefix: String::new() }
    }

    /// The calls of another space of this server.
    pub(super) fn of_space(&self, name: &str) -> Self {
        Self { prefix: format!("/@{name}"), ..self.clone() }
    }

    /// The calls of the default space of this server.
    pub(super) fn of_default_space(&self) -> Self {
        Self { prefix: String::new(), ..self.clone() }
    }

    /// The base URL of the space, without a slash at the end.
    pub(super) fn url(&self) -> String {
        format!("http://{}{}", self.address, self.prefix)
    }

    /// Does a call; blocks the thread until it is answered.
    pub(super) fn call<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: &Value,
    ) -> Result<T, Error> {
        let request = self.request(method, path, body)?;
        let (app, (done, finished)) = (self.app.clone(), mpsc::channel());
        self.runtime.spawn(async move {
            // An error means that the caller does not wait any more.
            let _ = done.send(answered(app.answer(request).await).await);
        });
        typed(finished.recv().map_err(|_| Error::Ended)??)
    }

    /// Like [`Self::call`], without blocking the thread.
    pub(super) async fn call_async<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: &Value,
    ) -> Result<T, Error> {
        let request = self.request(method, path, body)?;
        let app = self.app.clone();
        let task = self.runtime.spawn(async move { answered(app.answer(request).await).await });
        typed(task.await.map_err(|_| Error::Ended)??)
    }

    fn request(&self, method: Method, path: &str, body: &Value) -> Result<Request, Error> {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        Request::builder()
            .method(method)
            .uri(format!("{}/_admin{path}", self.prefix))
            .header(header::HOST, self.address.to_string())
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::CONTENT_LENGTH, body.len())
            .body(Body::from(body))
            .map_err(|err| Error::Invalid(format!("`{path}` is no path of the admin API: {err}")))
    }
}

/// The value of an answer: JSON, or the text of another answer; `null` without a body.
async fn answered(response: Response) -> Result<Value, Error> {
    let status = response.status();
    let body = response.into_body().collect().await;
    let body = body.map_or_else(|_| Bytes::new(), Collected::to_bytes);
    let text = || String::from_utf8_lossy(&body).into_owned();
    let value = match serde_json::from_slice(&body) {
        Ok(value) => value,
        Err(_) if body.is_empty() => Value::Null,
        Err(_) => Value::String(text()),
    };
    if status.is_success() {
        return Ok(value);
    }
    let detail = value.get("detail").and_then(Value::as_str).map_or_else(text, str::to_owned);
    Err(Error::Refused { status: status.as_u16(), detail })
}

fn typed<T: DeserializeOwned>(value: Value) -> Result<T, Error> {
    serde_json::from_value(value)
        .map_err(|err| Error::Invalid(format!("the answer has another shape: {err}")))
}

/// A path with query parameters.
pub(super) fn with_query(path: &str, query: &[(&str, &str)]) -> String {
    if query.is_empty() {
        return path.to_owned();
    }
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(query).finish();
    format!("{path}?{query}")
}
