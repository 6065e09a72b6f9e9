//! The only outgoing HTTP of the program: one POST to an address that the egress policy has checked, with a
//! time limit for the answer.

use std::sync::OnceLock;
use std::time::Duration;

use reqwest::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use reqwest::redirect::Policy;
use reqwest::{Client, ClientBuilder, Response};
use rustls::{ClientConfig, RootCertStore};

use super::egress_policy::{self, Route};
use crate::sandbox::Options;
use crate::sandbox::policy::Policy as SendingPolicy;
use crate::sandbox::state::outbox::{Message, Reply};

/// Real time after which an attempt without an answer has failed.
const PATIENCE: Duration = Duration::from_secs(10);

/// Real time for reading the body of an answer. The body is only recorded: the status alone decides on
/// success.
const BODY_PATIENCE: Duration = Duration::from_secs(1);

/// The maximum number of bytes kept of the body of an answer; the rest is not read.
const BODY_KEPT: usize = 1024;

/// Installs `ring` as the rustls provider of the process. Has to be called before the first HTTP client is
/// made.
pub(in crate::sandbox) fn choose_cryptography() {
    // An error means that a provider is installed already, which is just as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
}

/// Header of the number of the attempt, from 1. Two requests with the same number are one attempt that was
/// made twice, because its result could not be recorded.
const ATTEMPT: HeaderName = HeaderName::from_static("sandtill-attempt");

/// Sends a message for the `number`th time and waits for the answer. Never follows redirects, never uses a
/// proxy.
pub(super) async fn send(
    options: &Options,
    policy: &SendingPolicy,
    (message, number): (&Message, usize),
) -> Reply {
    let sending = tokio::time::timeout(PATIENCE, post(options, policy, (message, number)));
    let status = match sending.await {
        Ok(Ok(response)) => {
            let status = response.status().as_u16();
            return Reply { status: Ok(status), body: beginning(response).await };
        }
        Ok(Err(problem)) => Err(problem),
        Err(_) => Err(format!("no answer within {} s", PATIENCE.as_secs())),
    };
    Reply { status, body: Vec::new() }
}

async fn post(
    options: &Options,
    policy: &SendingPolicy,
    (message, number): (&Message, usize),
) -> Result<Response, String> {
    let route = egress_policy::route(options, policy, message).await?;
    let client = client(&route).map_err(|err| chain(&err))?;
    let mut request = client
        .post(&message.url)
        .header(CONTENT_TYPE, HeaderValue::from_static(policy.content_type))
        .header(ATTEMPT, HeaderValue::from(number))
        .body(message.body.clone());
    for (name, value) in policy.headers {
        request = request.header(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    request.send().await.map_err(|err| chain(&err))
}

/// The first bytes of the body of an answer, as far as they arrive within `BODY_PATIENCE`.
async fn beginning(mut response: Response) -> Vec<u8> {
    let mut body = Vec::new();
    let reading = async {
        while body.len() < BODY_KEPT
            && let Ok(Some(chunk)) = response.chunk().await
        {
            body.extend(chunk.iter().take(BODY_KEPT - body.len()));
        }
    };
    // The result of the timeout does not matter: what has arrived until then is kept.
    let _ = tokio::time::timeout(BODY_PATIENCE, reading).await;
    body
}

/// An HTTP client that connects only to the addresses of the route.
fn client(route: &Route) -> reqwest::Result<Client> {
    static PRIVATE: OnceLock<Client> = OnceLock::new();
    let Some(name) = &route.name else {
        if route.listed {
            return proving()?.build();
        }
        if let Some(client) = PRIVATE.get() {
            return Ok(client.clone());
        }
        let client = trusting().build()?;
        return Ok(PRIVATE.get_or_init(|| client).clone());
    };
    let builder = if route.listed { proving()? } else { trusting() };
    // The name is not resolved a second time: the client has to connect to the addresses that were checked.
    builder.resolve_to_addrs(name, &route.addresses).build()
}

fn plain() -> ClientBuilder {
    choose_cryptography();
    // No connection is kept open: it could lead to a receiver that has been stopped and replaced since.
    ClientBuilder::new()
        .redirect(Policy::none())
        .no_proxy()
        .pool_max_idle_per_host(0)
        .http1_title_case_headers()
}

/// A client for loopback and private addresses. No public certificate authority issues certificates for them,
/// so any certificate is accepted; the connection is still encrypted.
fn trusting() -> ClientBuilder {
    plain().tls_danger_accept_invalid_certs(true)
}

/// A client for hosts of the allow-list: the certificate has to be valid for the Mozilla root certificates.
fn proving() -> reqwest::Result<ClientBuilder> {
    let roots = RootCertStore::from_iter(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    let config = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    Ok(plain().tls_backend_preconfigured(config))
}

/// The text of an error and of all its causes, joined by `: `.
fn chain(err: &reqwest::Error) -> String {
    let mut text = err.to_string();
    let mut cause = std::error::Error::source(err);
    while let Some(err) = cause {
        text.push_str(": ");
        text.push_str(&err.to_string());
        cause = err.source();
    }
    text
}
