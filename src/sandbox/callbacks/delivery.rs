//! The only outgoing HTTP of the program: one POST to an address that the egress policy has checked, with a
//! time limit for the answer.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HOST};
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use percent_encoding::percent_decode_str;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use url::{Host, Position, Url};

use super::certificates;
use super::egress_policy::{self, Route};
use crate::sandbox::Options;
use crate::sandbox::policy::Policy;
use crate::sandbox::state::outbox::{Message, Reply};

/// Real time after which an attempt without an answer has failed.
const PATIENCE: Duration = Duration::from_secs(10);

/// Real time for reading the body of an answer. The body is only recorded: the status alone decides on
/// success.
const BODY_PATIENCE: Duration = Duration::from_secs(1);

/// The maximum number of bytes kept of the body of an answer; the rest is not read.
const BODY_KEPT: usize = 1024;

/// A connection with or without TLS.
trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

/// An answer whose body is still arriving.
struct Answer {
    response: Response<Incoming>,
    /// The task that reads the connection; it ends with this value. No connection is kept open: it could lead
    /// to a receiver that has been stopped and replaced since.
    _connection: JoinSet<()>,
}

/// Sends a message and waits for the answer. Never follows redirects, never uses a proxy.
pub(super) async fn send(options: &Options, policy: &Policy, message: &Message) -> Reply {
    let sending = tokio::time::timeout(PATIENCE, post(options, policy, message));
    let status = match sending.await {
        Ok(Ok(answer)) => {
            let status = answer.response.status().as_u16();
            return Reply { status: Ok(status), body: beginning(answer).await };
        }
        Ok(Err(problem)) => Err(problem),
        Err(_) => Err(format!("no answer within {} s", PATIENCE.as_secs())),
    };
    Reply { status, body: Vec::new() }
}

async fn post(options: &Options, policy: &Policy, message: &Message) -> Result<Answer, String> {
    let route = egress_policy::route(options, policy, message).await?;
    let url = Url::parse(&message.url).map_err(|err| err.to_string())?;
    let request = request(&url, policy, message)?;
    let stream = connect(&url, &route).await?;
    let (mut sender, connection) = http1::Builder::new()
        .title_case_headers(true)
        .handshake(TokioIo::new(stream))
        .await
        .map_err(|err| chain(&err))?;
    let mut driver = JoinSet::new();
    driver.spawn(async move {
        // Its errors are those of the exchange.
        let _ = connection.await;
    });
    let response = sender.send_request(request).await;
    response
        .map(|response| Answer { response, _connection: driver })
        .map_err(|err| format!("no answer: {}", chain(&err)))
}

fn request(url: &Url, policy: &Policy, message: &Message) -> Result<Request<Full<Bytes>>, String> {
    let mut request = Request::post(&url[Position::BeforePath..Position::AfterQuery])
        .header(HOST, &url[Position::BeforeHost..Position::AfterPort])
        .header(ACCEPT, "*/*")
        .header(CONTENT_TYPE, policy.content_type);
    for (name, value) in policy.headers {
        request = request.header(*name, *value);
    }
    if url.username() != "" || url.password().is_some() {
        let plain = |text| percent_decode_str(text).decode_utf8_lossy();
        let (user, password) = (plain(url.username()), plain(url.password().unwrap_or("")));
        let proof = STANDARD.encode(format!("{user}:{password}"));
        request = request.header(AUTHORIZATION, format!("Basic {proof}"));
    }
    request.body(Full::from(message.body.clone())).map_err(|err| err.to_string())
}

/// Connects to an address of the route: the name is not resolved a second time, because the addresses are those
/// that were checked. Behind the last address that does not answer comes its error.
async fn connect(url: &Url, route: &Route) -> Result<Box<dyn Stream>, String> {
    let share = PATIENCE / u32::try_from(route.addresses.len()).unwrap_or(1).max(1);
    let mut problem = String::new();
    for address in &route.addresses {
        let stream = match tokio::time::timeout(share, TcpStream::connect(address)).await {
            Ok(Ok(stream)) => stream,
            Ok(Err(err)) => {
                problem = format!("cannot connect to {address}: {err}");
                continue;
            }
            Err(_) => {
                problem = format!("cannot connect to {address}: it does not answer");
                continue;
            }
        };
        let _ = stream.set_nodelay(true);
        return match url.scheme() {
            "https" => Ok(Box::new(encrypted(stream, url, route).await?)),
            _ => Ok(Box::new(stream)),
        };
    }
    Err(problem)
}

async fn encrypted(
    stream: TcpStream,
    url: &Url,
    route: &Route,
) -> Result<TlsStream<TcpStream>, String> {
    static TRUSTING: OnceLock<Arc<ClientConfig>> = OnceLock::new();
    static PROVING: OnceLock<Arc<ClientConfig>> = OnceLock::new();
    let config = match route.listed {
        true => PROVING.get_or_init(certificates::proving),
        false => TRUSTING.get_or_init(certificates::trusting),
    };
    let name = match url.host() {
        Some(Host::Domain(name)) => {
            ServerName::try_from(name.to_owned()).map_err(|err| err.to_string())?
        }
        Some(Host::Ipv4(ip)) => ServerName::from(std::net::IpAddr::from(ip)),
        Some(Host::Ipv6(ip)) => ServerName::from(std::net::IpAddr::from(ip)),
        None => return Err("the URL names no host".to_owned()),
    };
    let connecting = TlsConnector::from(Arc::clone(config)).connect(name, stream);
    connecting.await.map_err(|err| format!("no TLS with the receiver: {}", chain(&err)))
}

/// The first bytes of the body of an answer, as far as they arrive within `BODY_PATIENCE`.
async fn beginning(mut answer: Answer) -> Vec<u8> {
    let mut kept = Vec::new();
    let body = answer.response.body_mut();
    let reading = async {
        while kept.len() < BODY_KEPT
            && let Some(Ok(frame)) = body.frame().await
        {
            let data = frame.into_data().unwrap_or_default();
            kept.extend(data.iter().take(BODY_KEPT - kept.len()));
        }
    };
    // The result of the timeout does not matter: what has arrived until then is kept.
    let _ = tokio::time::timeout(BODY_PATIENCE, reading).await;
    kept
}

/// The text of an error and of all its causes, joined by `: `.
fn chain(err: &dyn std::error::Error) -> String {
    let mut text = err.to_string();
    let mut cause = err.source();
    while let Some(err) = cause {
        text.push_str(": ");
        text.push_str(&err.to_string());
        cause = err.source();
    }
    text
}
