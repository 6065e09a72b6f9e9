//! Which certificates of receivers are accepted.

use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::ring;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};

/// Installs `ring` as the rustls provider of the process. Has to be called before the first TLS connection.
pub(in crate::sandbox) fn choose_cryptography() {
    // An error means that a provider is installed already, which is just as good.
    let _ = ring::default_provider().install_default();
}

/// For hosts of the allow-list: the certificate has to be valid for the Mozilla root certificates.
pub(super) fn proving() -> Arc<ClientConfig> {
    choose_cryptography();
    let roots = RootCertStore::from_iter(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    Arc::new(ClientConfig::builder().with_root_certificates(roots).with_no_client_auth())
}

/// For loopback and private addresses. No public certificate authority issues certificates for them, so any
/// certificate is accepted; the connection is still encrypted.
pub(super) fn trusting() -> Arc<ClientConfig> {
    choose_cryptography();
    let algorithms = ring::default_provider().signature_verification_algorithms;
    let verifier = Arc::new(AcceptAny(algorithms.supported_schemes()));
    let config = ClientConfig::builder().dangerous().with_custom_certificate_verifier(verifier);
    Arc::new(config.with_no_client_auth())
}

/// Accepts every certificate. The value is the signature schemes that are offered.
#[derive(Debug)]
struct AcceptAny(Vec<SignatureScheme>);

impl ServerCertVerifier for AcceptAny {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.clone()
    }
}
