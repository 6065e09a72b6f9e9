//! What the journal exports: how each request came.

use std::io::BufRead;
use std::process::Stdio;

use serde_json::{Value, json};

use super::program::Program;

#[tokio::test]
async fn the_archive_has_scheme_host_and_version_of_each_request() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut program = Program::start(&["--tls-listen", "127.0.0.1:0"], Stdio::null());
    let mut line = String::new();
    program.out.read_line(&mut line).unwrap();
    let secure = line.trim_end().strip_prefix("sandtill also on https://127.0.0.1:").unwrap();
    let plain = format!("http://{}", program.address);
    let ca = reqwest::get(format!("{plain}/_admin/tls/ca.pem")).await.unwrap();
    let ca = reqwest::Certificate::from_pem(&ca.bytes().await.unwrap()).unwrap();
    let client = || reqwest::Client::builder().no_proxy().tls_certs_only([ca.clone()]);
    let (any, old) = (client().build().unwrap(), client().http1_only().build().unwrap());
    let secure = format!("https://localhost:{secure}");
    for (client, url) in [(&any, &secure), (&old, &secure), (&any, &plain)] {
        client.get(format!("{url}/nowhere?a=b")).send().await.unwrap();
    }
    program.ask("GET /nowhere?a=b HTTP/1.0\r\nX-Forwarded-Proto: https\r\n\r\n");
    let har = any.get(format!("{plain}/_admin/journal?as=har")).send().await.unwrap();
    let har: Value = serde_json::from_str(&har.text().await.unwrap()).unwrap();
    let seen: Vec<_> = har["log"]["entries"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| {
            let (request, response) = (&entry["request"], &entry["response"]);
            assert_eq!(request["httpVersion"], response["httpVersion"]);
            (request["url"].clone(), request["httpVersion"].clone())
        })
        .collect();
    let expected = [
        (&*secure, "HTTP/2"),
        (&secure, "HTTP/1.1"),
        (&plain, "HTTP/1.1"),
        ("https://localhost", "HTTP/1.0"),
    ];
    let expected =
        expected.map(|(url, version)| (json!(format!("{url}/nowhere?a=b")), json!(version)));
    assert_eq!(seen, expected);
}
