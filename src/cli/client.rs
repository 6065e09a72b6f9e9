//! A minimal HTTP/1.1 client without TLS, for the commands that ask a running server.

use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderMap, Method};
use http_body_util::BodyExt;
use hyper::Request;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

/// Longest time for a server to answer: 3 seconds.
const PATIENCE: Duration = Duration::from_secs(3);

/// Sends a GET request. Returns status and body, or the reason why there is no answer.
pub(super) async fn get(
    base_url: &str,
    path: &str,
    token: Option<&str>,
) -> Result<(u16, String), String> {
    let request = exchange(base_url, (Method::GET, path), token, Vec::new());
    let (status, _, body) = tokio::time::timeout(PATIENCE, request)
        .await
        .unwrap_or_else(|_| Err(format!("no answer within {} s", PATIENCE.as_secs())))?;
    Ok((status, body))
}

/// Longest time for a server to work on a body: 10 minutes.
const WORK: Duration = Duration::from_secs(600);

/// Sends a POST request with a body that can take the server some time. Returns status, headers and body, or
/// the reason why there is no answer.
pub(super) async fn post(
    base_url: &str,
    path: &str,
    token: Option<&str>,
    body: Vec<u8>,
) -> Result<(u16, HeaderMap, String), String> {
    tokio::time::timeout(WORK, exchange(base_url, (Method::POST, path), token, body))
        .await
        .unwrap_or_else(|_| Err(format!("no answer within {} s", WORK.as_secs())))
}

/// Sends a DELETE request; returns the status, or the reason why there is no answer.
pub(super) async fn delete(base_url: &str, path: &str, token: Option<&str>) -> Result<u16, String> {
    let request = exchange(base_url, (Method::DELETE, path), token, Vec::new());
    let (status, _, _) = tokio::time::timeout(PATIENCE, request)
        .await
        .unwrap_or_else(|_| Err(format!("no answer within {} s", PATIENCE.as_secs())))?;
    Ok(status)
}

/// Sends a PUT request with a TOML body; returns status, headers and body, or the reason why there is no
/// answer.
pub(super) async fn put_toml(
    base_url: &str,
    path: &str,
    token: Option<&str>,
    body: Vec<u8>,
) -> Result<(u16, HeaderMap, String), String> {
    tokio::time::timeout(WORK, exchange(base_url, (Method::PUT, path), token, body))
        .await
        .unwrap_or_else(|_| Err(format!("no answer within {} s", WORK.as_secs())))
}

async fn exchange(
    base_url: &str,
    (method, path): (Method, &str),
    token: Option<&str>,
    body: Vec<u8>,
) -> Result<(u16, HeaderMap, String), String> {
    let rest = base_url
        .strip_prefix("http://")
        .ok_or_else(|| format!("`{base_url}` does not begin with http://"))?;
    let (host, prefix) = match rest.split_once('/') {
        Some((host, prefix)) => (host, format!("/{prefix}")),
        None => (rest, String::new()),
    };
    let address = if host.contains(':') { host.to_owned() } else { format!("{host}:80") };
    let stream = TcpStream::connect(&address).await.map_err(|err| err.to_string())?;
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.map_err(text)?;
    let driving = tokio::spawn(connection);
    let target = format!("{prefix}{path}");
    // The only bodies of PUT requests are scenarios.
    let is_toml = method == Method::PUT;
    let mut request = Request::builder().method(method).uri(target).header("host", host);
    if let Some(token) = token {
        request = request.header("authorization", format!("Bearer {token}"));
    }
    if is_toml {
        request = request.header("content-type", "application/toml");
    }
    let request = request.body(Body::from(body)).map_err(|err| err.to_string())?;
    let response = sender.send_request(request).await.map_err(text)?;
    let (parts, body) = response.into_parts();
    let body = body.collect().await.map_err(text)?.to_bytes();
    driving.abort();
    let text = String::from_utf8_lossy(&body).into_owned();
    Ok((parts.status.as_u16(), parts.headers, text))
}

fn text(err: hyper::Error) -> String {
    err.to_string()
}
