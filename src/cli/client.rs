//! A minimal HTTP/1.1 client without TLS, for the commands that ask a running server.

use std::time::Duration;

use axum::body::Body;
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
    tokio::time::timeout(PATIENCE, exchange(base_url, path, token))
        .await
        .unwrap_or_else(|_| Err(format!("no answer within {} s", PATIENCE.as_secs())))
}

async fn exchange(
    base_url: &str,
    path: &str,
    token: Option<&str>,
) -> Result<(u16, String), String> {
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
    let mut request = Request::get(format!("{prefix}{path}")).header("host", host);
    if let Some(token) = token {
        request = request.header("authorization", format!("Bearer {token}"));
    }
    let request = request.body(Body::empty()).map_err(|err| err.to_string())?;
    let response = sender.send_request(request).await.map_err(text)?;
    let status = response.status().as_u16();
    let body = response.into_body().collect().await.map_err(text)?.to_bytes();
    driving.abort();
    Ok((status, String::from_utf8_lossy(&body).into_owned()))
}

fn text(err: hyper::Error) -> String {
    err.to_string()
}
