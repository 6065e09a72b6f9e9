//! A store with TLS, whose certificate comes from an authority of its owner.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use tempfile::TempDir;

use super::fleet::{get, is_ready, pay, send, until};
use super::redis_server::{RedisServer, free_port};
use crate::attack::program::{Program, sandtill};

/// A folder with the files of an authority, and of a store at 127.0.0.1.
struct Files(TempDir);

impl Files {
    /// The files of an authority of this name.
    fn new(name: &str) -> Self {
        let folder = TempDir::new().unwrap();
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        let key = KeyPair::generate().unwrap();
        let authority = params.self_signed(&key).unwrap().pem();
        let issuer = Issuer::new(params, key);
        let key = KeyPair::generate().unwrap();
        let names = vec!["127.0.0.1".to_owned()];
        let params = CertificateParams::new(names).unwrap();
        let certificate = params.signed_by(&key, &issuer).unwrap().pem();
        let files =
            [("ca.pem", authority), ("store.pem", certificate), ("key.pem", key.serialize_pem())];
        for (name, text) in files {
            std::fs::write(folder.path().join(name), text).unwrap();
        }
        Self(folder)
    }

    fn path(&self, name: &str) -> String {
        self.0.path().join(name).to_str().unwrap().to_owned()
    }

    /// A store with a port for TLS too.
    fn store(&self) -> Option<RedisServer> {
        RedisServer::start_with(|| {
            let port = free_port().to_string();
            let (certificate, key) = (self.path("store.pem"), self.path("key.pem"));
            let authority = self.path("ca.pem");
            [
                ["--tls-port", &port],
                ["--tls-cert-file", &certificate],
                ["--tls-key-file", &key],
                ["--tls-ca-cert-file", &authority],
                ["--tls-auth-clients", "no"],
            ]
            .concat()
            .into_iter()
            .map(str::to_owned)
            .collect()
        })
    }
}

/// The address of the port for TLS.
fn address(store: &RedisServer, host: &str) -> String {
    format!("rediss://{host}:{}", store.argument("--tls-port"))
}

/// A server that trusts this file, with its log lines in the file that is returned.
fn start(url: &str, trusted: &str, folder: &Path) -> (Program, PathBuf) {
    let log = folder.join("log");
    let lines = Stdio::from(std::fs::File::create(&log).unwrap());
    (Program::start_with(&[("SSL_CERT_FILE", trusted)], &["--store", url], lines), log)
}

#[test]
fn servers_share_a_store_with_a_certificate_of_a_private_authority() {
    let files = Files::new("one");
    let Some(store) = files.store() else { return };
    let url = address(&store, "127.0.0.1");
    let one = start(&url, &files.path("ca.pem"), files.0.path()).0;
    let other = start(&url, &files.path("ca.pem"), files.0.path()).0;
    until("both are ready", || is_ready(&one) && is_ready(&other));
    let paid = pay(&one, "/@t", 5);
    let path = format!("/@t/_admin/transactions/{}", paid["id"]);
    assert_eq!(get(&other, &path)["amount"], paid["amount"]);
    // With the port without TLS it is the same store.
    let plain = super::fleet::replica(&store.url(), &[]);
    assert_eq!(get(&plain, &path)["amount"], paid["amount"]);
}

#[test]
fn a_certificate_that_is_not_trusted_is_refused_with_what_to_do() {
    let (files, others, namesake) = (Files::new("one"), Files::new("other"), Files::new("one"));
    let Some(store) = files.store() else { return };
    for (host, trusted, advice) in [
        ("127.0.0.1", &others, "put that of the store into a PEM file, and its path into"),
        ("127.0.0.1", &namesake, "put that of the store into a PEM file, and its path into"),
        ("localhost", &files, "name the host in the address as its certificate does"),
    ] {
        let (server, log) = start(&address(&store, host), &trusted.path("ca.pem"), files.0.path());
        let text = std::fs::read_to_string(log).unwrap();
        assert!(text.contains("invalid peer certificate") && text.contains(advice), "{text}");
        assert_eq!(send(&server, "GET", "/readyz", "").status, 503);
        assert_eq!(send(&server, "GET", "/_admin/clock", "").status, 503);
    }
    assert_eq!(store.command(&["DBSIZE"]), ":0", "nothing was written");
}

#[test]
fn a_file_of_authorities_that_is_none_ends_the_start() {
    let files = Files::new("one");
    std::fs::write(files.path("empty.pem"), "").unwrap();
    std::fs::write(files.path("cut.pem"), "-----BEGIN CERTIFICATE-----\nAAAA").unwrap();
    for (name, why) in [
        ("missing.pem", "which cannot be read"),
        ("empty.pem", "which has no certificate in PEM"),
        ("key.pem", "which has no certificate in PEM"),
        ("cut.pem", "which is no PEM file"),
    ] {
        let args = ["--listen", "127.0.0.1:0", "--store", "rediss://127.0.0.1:1"];
        let mut command = sandtill(&args);
        let output = command.env("SSL_CERT_FILE", files.path(name)).output().unwrap();
        let text = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{name}: {text}");
        let path = files.path(name);
        assert!(text.contains(why) && text.contains(&path), "{name}: {text}");
        assert!(text.contains("SSL_CERT_FILE"), "{name}: {text}");
    }
}
