//! TLS for the second port: certificate from PEM files, or made at start by a local certificate authority.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa,
    Issuer, KeyPair, KeyUsagePurpose,
};
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::TlsAcceptor;

/// Where the certificate of the TLS port comes from.
#[derive(Clone, Debug)]
pub(crate) enum Source {
    /// An existing certificate: PEM files of the chain and of the private key.
    Files {
        /// The certificate and the intermediate certificates up to its root.
        chain: PathBuf,
        /// The private key of the certificate.
        key: PathBuf,
    },
    /// A local certificate authority makes it for `localhost`, `127.0.0.1`, `::1` and these names.
    Local {
        /// Further names or addresses that clients use for the server.
        names: Vec<String>,
        /// Folder that keeps the authority between runs; `None` makes a new authority at every start.
        folder: Option<PathBuf>,
    },
}

/// The TLS configuration of the port.
pub(crate) struct Tls {
    /// Accepts TLS handshakes.
    pub(crate) acceptor: TlsAcceptor,
    /// The root certificate that clients have to trust, PEM; `None` if the certificate comes from files.
    pub(crate) ca: Option<String>,
}

/// Reads or makes the certificate and builds the acceptor (HTTP/2 and HTTP/1.1).
///
/// # Errors
///
/// One sentence that says what is wrong with the files or the names.
pub(crate) fn prepare(source: &Source) -> Result<Tls, String> {
    match source {
        Source::Files { chain, key } => {
            let certificates: Vec<CertificateDer<'static>> = CertificateDer::pem_file_iter(chain)
                .and_then(Iterator::collect)
                .map_err(|err| format!("--tls-cert {}: {err}", chain.display()))?;
            let key = PrivateKeyDer::from_pem_file(key)
                .map_err(|err| format!("--tls-key {}: {err}", key.display()))?;
            Ok(Tls { acceptor: acceptor(certificates, key)?, ca: None })
        }
        Source::Local { names, folder } => local(names, folder.as_deref()),
    }
}

fn acceptor(
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
) -> Result<TlsAcceptor, String> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .and_then(|builder| builder.with_no_client_auth().with_single_cert(chain, key))
        .map_err(|err| format!("certificate and key do not fit: {err}"))?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}

fn local(names: &[String], folder: Option<&Path>) -> Result<Tls, String> {
    let (ca_pem, issuer) = authority(folder)?;
    let mut all = vec!["localhost".to_owned(), "127.0.0.1".to_owned(), "::1".to_owned()];
    all.extend(names.iter().cloned());
    let mut params = CertificateParams::new(all).map_err(|err| format!("--tls-name: {err}"))?;
    params.distinguished_name = called("Sandtill");
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.use_authority_key_identifier_extension = true;
    let made = |err: rcgen::Error| format!("no certificate could be made: {err}");
    let key = KeyPair::generate().map_err(made)?;
    let certificate = params.signed_by(&key, &issuer).map_err(made)?;
    let chain = vec![certificate.der().clone()];
    let key = PrivateKeyDer::try_from(key.serialize_der())
        .map_err(|err| format!("no key could be made: {err}"))?;
    Ok(Tls { acceptor: acceptor(chain, key)?, ca: Some(ca_pem) })
}

/// Reads the authority from the folder, or makes a new one and writes it to the folder if there is one.
/// Returns the certificate of the authority as PEM.
fn authority(folder: Option<&Path>) -> Result<(String, Issuer<'static, KeyPair>), String> {
    let made = |err: rcgen::Error| format!("no authority could be made: {err}");
    let files = folder.map(|folder| (folder.join("ca.pem"), folder.join("ca-key.pem")));
    if let Some((certificate, key)) = &files
        && certificate.exists()
    {
        let read = |path: &Path| {
            let problem = |err| format!("--tls-dir: {}: {err}", path.display());
            std::fs::read_to_string(path).map_err(problem)
        };
        let key = KeyPair::from_pem(&read(key)?).map_err(made)?;
        // Signing needs only the name of the authority, which is a constant, and the key, read from the folder.
        return Ok((read(certificate)?, Issuer::new(authority_params(), key)));
    }
    let key = KeyPair::generate().map_err(made)?;
    let params = authority_params();
    let pem = params.self_signed(&key).map_err(made)?.pem();
    if let (Some(folder), Some((certificate, key_file))) = (folder, &files) {
        let problem = |err| format!("--tls-dir {}: {err}", folder.display());
        std::fs::create_dir_all(folder).map_err(problem)?;
        write_secret(key_file, &key.serialize_pem()).map_err(problem)?;
        std::fs::write(certificate, &pem).map_err(problem)?;
    }
    Ok((pem, Issuer::new(params, key)))
}

/// Writes a file with mode 0600, which only its owner can read.
fn write_secret(path: &Path, text: &str) -> std::io::Result<()> {
    use std::io::Write;
    use std::os::unix::fs::OpenOptionsExt;
    let mut options = std::fs::OpenOptions::new();
    options
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(path)?
        .write_all(text.as_bytes())
}

fn authority_params() -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = called("Sandtill local authority");
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params
}

fn called(name: &str) -> DistinguishedName {
    let mut called = DistinguishedName::new();
    called.push(DnType::CommonName, name);
    called
}
