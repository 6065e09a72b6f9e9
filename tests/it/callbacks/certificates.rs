//! Receivers that speak TLS: nearby ones need no certificate of an authority, listed ones do.

use std::sync::Arc;

use sandtill::sandbox::callbacks;
use sandtill::sandbox::space::{Shared, Space};

use super::{POLICY, after, message, problem, start};
use crate::support::{NOON, callback, frozen_with, plan};

/// A key and a certificate that it signed itself, made with OpenSSL for this test; DER in base64.
const KEY: &str = concat!(
    "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgcRnsrhRrjWhD1mbr4PJPxgKDW8Ma1qEfFkLO",
    "XYC5Yy2hRANCAAS471xo3EZFoqIL1VFAjSjkUgqOqKG3qZDIxLxXdyyR3wZ+PwhGf3aEF5+hFm2FrtL1R4z4",
    "wtE7ekmsMLzwV5o8",
);
const CERTIFICATE: &str = concat!(
    "MIIBkTCCATegAwIBAgIUb9BoIBfPiFONHZWaYYtwo+IsJ9EwCgYIKoZIzj0EAwIwHTEbMBkGA1UEAwwScmVj",
    "ZWl2ZXIgb2YgYSB0ZXN0MCAXDTI2MTEyMTAzNDgxNVoYDzIxMjYxMDI4MDM0ODE1WjAdMRswGQYDVQQDDBJy",
    "ZWNlaXZlciBvZiBhIHRlc3QwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAAS471xo3EZFoqIL1VFAjSjkUgqO",
    "qKG3qZDIxLxXdyyR3wZ+PwhGf3aEF5+hFm2FrtL1R4z4wtE7ekmsMLzwV5o8o1MwUTAdBgNVHQ4EFgQUYsgK",
    "xExlTXOMitCyrDFb0PYu1FEwHwYDVR0jBBgwFoAUYsgKxExlTXOMitCyrDFb0PYu1FEwDwYDVR0TAQH/BAUw",
    "AwEB/zAKBggqhkjOPQQDAgNIADBFAiEAzV3qUUjc05d+AU5CZRJRB1jyE3MueHMLHbeiH1RaaGcCIFStWCGQ",
    "emfoAMXMsHmQ9MUivktpR9ktVrSc9cs0VkCe",
);

/// A receiver that speaks TLS with a certificate nobody vouches for, and says yes once.
async fn https_receiver() -> (String, tokio::task::JoinHandle<String>) {
    use base64::Engine;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio_rustls::rustls::ServerConfig;
    use tokio_rustls::rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer};
    let der = |text| base64::engine::general_purpose::STANDARD.decode(text).unwrap();
    let certificate = CertificateDer::from(der(CERTIFICATE));
    let config = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], PrivatePkcs8KeyDer::from(der(KEY)).into())
        .unwrap();
    let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(config));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://localhost:{}/ipn", listener.local_addr().unwrap().port());
    let serving = tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        let mut stream = acceptor.accept(stream).await.unwrap();
        let mut request = Vec::new();
        while !request.ends_with(b"secretly") {
            assert_ne!(stream.read_buf(&mut request).await.unwrap(), 0);
        }
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await.unwrap();
        stream.flush().await.unwrap();
        String::from_utf8(request).unwrap()
    });
    (url, serving)
}

#[tokio::test]
async fn https_receivers_nearby_need_no_certificate_of_an_authority() {
    let server = start().await;
    let sandbox = server.space();
    let (url, serving) = https_receiver().await;
    plan(&sandbox, message(&url, "secretly"), after(&sandbox, 1)).unwrap();
    callbacks::advance(&sandbox, after(&sandbox, 1)).await;
    let callback = callback(&sandbox, 1);
    assert_eq!(callback.attempts[0].reply.status, Ok(200));
    let request = serving.await.unwrap();
    assert!(request.starts_with("POST /ipn HTTP/1.1\r\n"), "{request}");
    assert!(request.contains("Host: localhost:"), "{request}");
}

#[tokio::test]
async fn listed_https_receivers_have_to_prove_who_they_are() {
    let options = sandtill::sandbox::Options {
        callback_allow: vec!["localhost".to_owned()],
        ..Default::default()
    };
    let scenario = Arc::new(frozen_with("empty", NOON, &POLICY));
    let sandbox =
        Space::new("", scenario, Shared { options: Arc::new(options), ..Shared::default() });
    let (url, serving) = https_receiver().await;
    plan(&sandbox, message(&url, "secretly"), after(&sandbox, 1)).unwrap();
    callbacks::advance(&sandbox, after(&sandbox, 1)).await;
    let refused = problem(&sandbox, 1);
    assert!(refused.contains("invalid peer certificate"), "{refused}");
    assert!(serving.await.is_err());
}
