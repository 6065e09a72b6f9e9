//! TLS for the second port: certificate from PEM files, or made at start by a local certificate authority.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa,
    Issuer, KeyPair, KeyUsagePurpose,
};
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::ServerCertVerifier;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::{CertificateError, RootCertStore, ServerConfig};
use tokio_rustls::TlsAcceptor;

/// The name in the certificate that is made to check an authority.
const CHECKED: &str = "localhost";

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
            let acceptor = acceptor(certificates, key)
                .map_err(|err| format!("--tls-cert {}: {err}", chain.display()))?;
            Ok(Tls { acceptor, ca: None })
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

/// Reads the authority from the folder, or makes a new one and writes it to the folder if there is one and
/// it has none. Returns the certificate of the authority as PEM.
fn authority(folder: Option<&Path>) -> Result<(String, Issuer<'static, KeyPair>), String> {
    let Some(folder) = folder else {
        let (pem, key) = new_authority()?;
        return Ok((pem, Issuer::new(authority_params(), key)));
    };
    let problem = |err: std::io::Error| format!("--tls-dir {}: {err}", folder.display());
    std::fs::create_dir_all(folder).map_err(problem)?;
    // Servers that start at the same time take turns, so that all of them have the same authority. A file
    // system without locks is used without one.
    let _turn = std::fs::File::open(folder).and_then(|it| it.lock().map(|()| it));
    let (certificate, key_file) = (folder.join("ca.pem"), folder.join("ca-key.pem"));
    match (read(&certificate)?, read(&key_file)?) {
        (Some(pem), Some(key)) => {
            let key = KeyPair::from_pem(&key)
                .map_err(|err| unfit(&key_file, &format!("is no private key in PEM ({err})")))?;
            let issuer = Issuer::new(authority_params(), key);
            check(&pem, &issuer).map_err(|why| unfit(&certificate, &why))?;
            Ok((pem, issuer))
        }
        (None, None) => {
            let (pem, key) = new_authority()?;
            write_secret(&key_file, &key.serialize_pem()).map_err(problem)?;
            std::fs::write(&certificate, &pem).map_err(problem)?;
            Ok((pem, Issuer::new(authority_params(), key)))
        }
        (None, Some(_)) => Err(unfit(&certificate, "is missing, but its key ca-key.pem is there")),
        (Some(_), None) => Err(unfit(&key_file, "is missing, but its certificate ca.pem is there")),
    }
}

/// The content of a file; `None` if it does not exist.
fn read(path: &Path) -> Result<Option<String>, String> {
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(err) if err.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(err) => Err(unfit(path, &format!("cannot be read ({err})"))),
    }
}

/// The error for a file of the folder that does not fit, with what to do.
fn unfit(path: &Path, why: &str) -> String {
    format!(
        "--tls-dir: {} {why}; put the right file there, or delete ca.pem and ca-key.pem for a new \
         authority, which clients then have to trust",
        path.display()
    )
}

/// Checks that clients which trust this certificate accept what the issuer signs, with the code of such a
/// client.
fn check(pem: &str, issuer: &Issuer<'static, KeyPair>) -> Result<(), String> {
    let certificates: Vec<CertificateDer<'static>> = CertificateDer::pem_slice_iter(pem.as_bytes())
        .collect::<Result<_, _>>()
        .map_err(|err| format!("is no certificate in PEM ({err})"))?;
    let [authority] = certificates.as_slice() else {
        return Err(format!("has {} certificates and not one", certificates.len()));
    };
    let unreadable = |err: rustls::Error| format!("is no certificate of an authority ({err})");
    let mut roots = RootCertStore::empty();
    roots.add(authority.clone()).map_err(unreadable)?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let client = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider)
        .build()
        .map_err(|err| format!("cannot be checked ({err})"))?;
    let name = ServerName::try_from(CHECKED).map_err(|err| err.to_string())?;
    let verify = |certificate: &CertificateDer<'_>| {
        client.verify_server_cert(certificate, &[], &name, &[], UnixTime::now())
    };
    // A client never looks at the dates of a root. Verified as the certificate of a server it is refused in
    // any case, but its dates are looked at first.
    if let Err(rustls::Error::InvalidCertificate(
        err @ (CertificateError::Expired
        | CertificateError::ExpiredContext { .. }
        | CertificateError::NotValidYet
        | CertificateError::NotValidYetContext { .. }),
    )) = verify(authority)
    {
        return Err(format!("is out of date ({err})"));
    }
    let made = |err: rcgen::Error| format!("cannot be checked ({err})");
    let params = CertificateParams::new(vec![CHECKED.to_owned()]).map_err(made)?;
    let signed = params.signed_by(&KeyPair::generate().map_err(made)?, issuer).map_err(made)?;
    verify(signed.der())
        .map(|_| ())
        .map_err(|err| format!("is not Sandtill's certificate of the key in ca-key.pem ({err})"))
}

/// A new authority: its certificate as PEM, and its key.
fn new_authority() -> Result<(String, KeyPair), String> {
    let made = |err: rcgen::Error| format!("no authority could be made: {err}");
    let key = KeyPair::generate().map_err(made)?;
    let pem = authority_params().self_signed(&key).map_err(made)?.pem();
    Ok((pem, key))
}

/// Writes a file that only its owner can read: with mode 0600, where there are modes. On Windows it has the
/// rights of its folder.
fn write_secret(path: &Path, text: &str) -> std::io::Result<()> {
    use std::io::Write;
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)?.write_all(text.as_bytes())
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
