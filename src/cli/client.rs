//! A minimal HTTP/1.1 client without TLS, for the commands that ask a running server.

use std::time::Duration;

use axum::body::Body;
use http_body_util::BodyExt;
use hyper::HeaderMap;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

/// Longest time for a server to answer a probe: 3 seconds.
const PATIENCE: Duration = Duration::from_secs(3);

/// A request of a command.
#[derive(Clone, Copy, Debug)]
pub(super) struct Request<'a> {
    pub(super) method: &'a str,
    /// Path and query.
    pub(super) path: &'a str,
    /// The token of the admin API.
    pub(super) token: Option<&'a str>,
    /// The body, with its media type unless the server has to look.
    pub(super) body: Option<(Option<&'static str>, &'a [u8])>,
    /// How long the answer may take.
    pub(super) patience: Duration,
}

/// Sends a GET request. Returns status and body, or the reason why there is no answer.
pub(super) async fn get(
    base_url: &str,
    path: &str,
    token: Option<&str>,
) -> Result<(u16, String), String> {
    let request = Request { method: "GET", path, token, body: None, patience: PATIENCE };
    let answer = send(base_url, &request).await?;
    Ok((answer.status, answer.body))
}

/// The answer of a server.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: HeaderMap,
    pub(super) body: String,
}

/// Sends a request. Returns the answer, or the reason why there is none.
pub(super) async fn send(base_url: &str, request: &Request<'_>) -> Result<Answer, String> {
    tokio::time::timeout(request.patience, exchange(base_url, request))
        .await
        .unwrap_or_else(|_| Err(format!("no answer within {} s", request.patience.as_secs())))
}

async fn exchange(base_url: &str, request: &Request<'_>) -> Result<Answer, String> {
    let rest = base_url.strip_prefix("http://").ok_or_else(|| {
        format!("`{base_url}` does not begin with http://, and this command speaks no TLS")
    })?;
    let (host, prefix) = match rest.split_once('/') {
        Some((host, prefix)) => (host, format!("/{prefix}")),
        None => (rest, String::new()),
    };
    let has_port = host.rsplit_once(':').is_some_and(|(_, port)| !port.ends_with(']'));
    let address = if has_port { host.to_owned() } else { format!("{host}:80") };
    let stream = TcpStream::connect(&address).await.map_err(|err| plain(&err))?;
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.map_err(text)?;
    let driving = tokio::spawn(connection);
    let mut builder = hyper::Request::builder()
        .method(request.method)
        .uri(format!("{prefix}{}", request.path))
        .header("host", host);
    if let Some(token) = request.token {
        builder = builder.header("authorization", format!("Bearer {token}"));
    }
    if let Some((Some(media), _)) = request.body {
        builder = builder.header("content-type", media);
    }
    let body = request.body.map_or_else(Body::empty, |(_, body)| Body::from(body.to_vec()));
    let request = builder.body(body).map_err(|err| err.to_string())?;
    let response = sender.send_request(request).await.map_err(text)?;
    let (parts, body) = response.into_parts();
    let body = body.collect().await.map_err(text)?.to_bytes();
    driving.abort();
    let body = String::from_utf8_lossy(&body).into_owned();
    Ok(Answer { status: parts.status.as_u16(), headers: parts.headers, body })
}

/// Why no connection was made, without the number of the system's error.
fn plain(err: &std::io::Error) -> String {
    match err.kind() {
        std::io::ErrorKind::ConnectionRefused => "nobody listens there".to_owned(),
        _ => err.to_string(),
    }
}

fn text(err: hyper::Error) -> String {
    err.to_string()
}
