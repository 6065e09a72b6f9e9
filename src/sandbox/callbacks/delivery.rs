//! The only outgoing HTTP: one POST to an address that was checked, its answer within a time.

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

/// A receiver that has not answered after so much real time has failed.
const PATIENCE: Duration = Duration::from_secs(10);

/// The body of an answer changes nothing any more; so long it is listened to.
const BODY_PATIENCE: Duration = Duration::from_secs(1);

/// Bytes of an answer's body that are kept; the rest is not read.
const BODY_KEPT: usize = 1024;

/// Chooses the cryptography for the whole process, once: no client can be made before.
pub(in crate::sandbox) fn choose_cryptography() {
    // An error says that somebody has chosen already, which is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
}

/// Sends a message and waits for the answer.
pub(super) async fn send(options: &Options, policy: &SendingPolicy, message: &Message) -> Reply {
    let sending = tokio::time::timeout(PATIENCE, post(options, policy, message));
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
    message: &Message,
) -> Result<Response, String> {
    let route = egress_policy::route(options, policy, message).await?;
    let client = client(&route).map_err(|err| chain(&err))?;
    let mut request = client
        .post(&message.url)
        .header(CONTENT_TYPE, HeaderValue::from_static(policy.content_type))
        .body(message.body.clone());
    for (name, value) in policy.headers {
        request = request.header(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    request.send().await.map_err(|err| chain(&err))
}

/// The beginning of an answer's body, as far as it comes in time.
async fn beginning(mut response: Response) -> Vec<u8> {
    let mut body = Vec::new();
    let reading = async {
        while body.len() < BODY_KEPT
            && let Ok(Some(chunk)) = response.chunk().await
        {
            body.extend(chunk.iter().take(BODY_KEPT - body.len()));
        }
    };
    // A body that does not end in time is as good as one that does.
    let _ = tokio::time::timeout(BODY_PATIENCE, reading).await;
    body
}

/// A client that connects where the route says and nowhere else.
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
    // The name is not resolved a second time, so the address that was checked is the one.
    builder.resolve_to_addrs(name, &route.addresses).build()
}

fn plain() -> ClientBuilder {
    choose_cryptography();
    // A connection that was kept open could belong to a receiver that has ended since.
    ClientBuilder::new().redirect(Policy::none()).no_proxy().pool_max_idle_per_host(0)
}

/// For loopback and private addresses, where no authority vouches for anybody: encrypted, with any
/// certificate.
fn trusting() -> ClientBuilder {
    plain().tls_danger_accept_invalid_certs(true)
}

/// For hosts of the allow-list: the certificate has to be good.
fn proving() -> reqwest::Result<ClientBuilder> {
    let roots = RootCertStore::from_iter(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    let config = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    Ok(plain().tls_backend_preconfigured(config))
}

/// What went wrong, down to its cause.
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
