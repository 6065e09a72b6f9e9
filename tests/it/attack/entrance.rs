//! Tests access control: empty secrets and repeated `Host` headers.

use std::process::Command;

use sandtill::providers;
use sandtill::sandbox::scenario::{Overrides, Scenario};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::{NOON, Server};

#[test]
fn an_empty_admin_token_is_refused_at_start() {
    let program = env!("CARGO_BIN_EXE_sandtill");
    for blank in ["", " ", "\t"] {
        let by_flag = ["--listen", "127.0.0.1:0", "--admin-token", blank];
        let flag = Command::new(program).args(by_flag).output().unwrap();
        let variable = Command::new(program)
            .args(["--listen", "127.0.0.1:0"])
            .env("SANDTILL_ADMIN_TOKEN", blank)
            .output()
            .unwrap();
        for output in [flag, variable] {
            let text = String::from_utf8_lossy(&output.stderr);
            assert_eq!(output.status.code(), Some(2), "{text}");
            assert!(text.contains("--admin-token is empty"), "{text}");
        }
    }
}

#[test]
fn an_empty_secret_of_a_merchant_is_refused() {
    let text = "[[merchant]]\nname = \"shop\"\n[[merchant.credentials.begateway]]\nshop_id = \"1\"\nsecret_key = \" \"\n";
    let read = Scenario::parse("t.toml", text, &providers::vocabulary(), &Overrides::default());
    let problem = read.unwrap_err().to_string();
    assert!(problem.contains("`secret_key` of begateway is empty"), "{problem}");
    assert!(
        problem.contains("t.toml:5:14: merchant.credentials.begateway.secret_key: "),
        "{problem}"
    );
}

async fn answer(server: &Server, request: &str) -> String {
    let address = server.url.strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

#[tokio::test]
async fn the_target_counts_and_two_hosts_are_refused() {
    let server = Server::frozen("empty", NOON).await;
    let end = "Connection: close\r\n\r\n";
    for (request, status) in [
        ("GET /_admin/clock HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n", 400),
        ("GET /healthz HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n", 400),
        ("GET http://evil.example/_admin/clock HTTP/1.1\r\nHost: localhost\r\n", 403),
        ("GET http://localhost/_admin/clock HTTP/1.1\r\nHost: evil.example\r\n", 200),
        ("GET /_admin/clock HTTP/1.1\r\nHost: localhost\r\n", 200),
    ] {
        let answer = answer(&server, &format!("{request}{end}")).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{request} {answer}");
    }
}
