//! The journal is exact: bodies that are no text, commands that send what came, filters of the list.

use serde_json::Value;

use super::SHOP;
use crate::support::Server;

const LATIN: &[u8] = b"{\"name\":\"Jos\xE9\"}";
/// `base64` of `LATIN` by coreutils.
const LATIN_BASE64: &str = "eyJuYW1lIjoiSm9z6SJ9";

#[tokio::test]
async fn a_body_that_is_not_utf_8_comes_as_base64_beside_the_text() {
    let server = Server::start().await;
    server.send("POST", "/api/reports/count", &[SHOP], LATIN).await;
    let body = server.did("GET", "/journal/1", "").await["request"]["body"].clone();
    assert_eq!(body["text"], "{\"name\":\"Jos\u{FFFD}\"}");
    assert_eq!(body["base64"], LATIN_BASE64);
    let har = server.did("GET", "/journal/1?as=har", "").await;
    assert_eq!(har["log"]["entries"][0]["request"]["postData"]["_base64"], LATIN_BASE64);
    // Base64 would not hide a secret.
    let secret = [LATIN, b"sandtill-shop-secret"].concat();
    server.send("POST", "/api/reports/count", &[SHOP], secret).await;
    let body = server.did("GET", "/journal/2", "").await["request"]["body"].clone();
    assert_eq!(body["text"], "{\"name\":\"Jos\u{FFFD}\"}‹secret_key›");
    assert_eq!(body.get("base64"), None);
    let command = server.admin("GET", "/journal/2?as=curl", "").await.text();
    assert!(command.contains("‹secret_key›") && !command.contains("base64 -d"), "{command}");
    // A character that the limit of what is kept divides is no reason for base64.
    let long = format!("{}é", "x".repeat(16 * 1024 - 1));
    server.send("POST", "/api/reports/count", &[SHOP], long).await;
    let body = server.did("GET", "/journal/3", "").await["request"]["body"].clone();
    assert_eq!((body["cut"].as_bool(), body.get("base64")), (Some(true), None));
}

/// Pastes the command of an entry into a shell. Returns the entries before and after, without what differs
/// between two sendings.
async fn pasted(server: &Server, entry: u64) -> Option<(Value, Value)> {
    let path = format!("/journal/{entry}?as=curl&secrets=shown");
    let command = server.admin("GET", &path, "").await.text();
    // On another thread: the server runs on this one.
    let run = move || std::process::Command::new("sh").arg("-c").arg(command).output();
    let output = tokio::task::spawn_blocking(run).await.unwrap().ok()?;
    if output.status.code() == Some(127) {
        return None;
    }
    let mut request = server.did("GET", &format!("/journal/{entry}"), "").await["request"].clone();
    let newest = server.did("GET", "/journal?limit=1", "").await["entries"][0]["id"].clone();
    let mut again = server.did("GET", &format!("/journal/{newest}"), "").await["request"].clone();
    for request in [&mut request, &mut again] {
        let headers = request["headers"].as_array_mut().unwrap();
        headers.retain(|it| it[0] != "content-length");
        headers.sort_by_key(ToString::to_string);
    }
    assert_ne!(newest, entry);
    Some((request, again))
}

#[tokio::test]
async fn the_command_sends_what_came() {
    let server = Server::start().await;
    let bodies: [&[u8]; 5] =
        [LATIN, b"@/etc/hosts", b"", b"a\0b", b"it's \"\xE2\x98\xBA\" \\ $HOME\n"];
    for body in bodies {
        server.send("POST", "/v2/../api/reports/count?a[]={1}", &[SHOP], body.to_vec()).await;
        let entry = server.last_entry().id;
        let Some((first, again)) = pasted(&server, entry).await else {
            return println!("skipped: there is no curl here");
        };
        assert_eq!(first, again);
    }
    // Headers with and without a value, among them one that curl would add.
    let headers = [("Accept", "text/csv"), ("X-Empty", ""), ("Content-Type", "text/plain")];
    server.send("PUT", "/api/reports", &headers, "x").await;
    let (first, again) = pasted(&server, server.last_entry().id).await.unwrap();
    assert_eq!(first, again);
}

#[tokio::test]
async fn the_list_is_filtered_by_status_path_and_contents() {
    let server = Server::start().await;
    server.send("POST", "/api/reports/count", &[SHOP, ("X-Api-Version", "3")], "{\"a\":1}").await;
    server.send("POST", "/@one/api/reports", &[], "").await;
    server.send("POST", "/api/reports", &[], "{\"b\":1}").await;
    for (query, ids) in [
        ("status=401", vec![2]),
        ("path=/api/reports", vec![2, 1]),
        ("path=count", vec![1]),
        ("contains=%22a%22", vec![1]),
        ("contains=%22a%22&status=401", vec![]),
        ("status=0", vec![]),
    ] {
        let list = server.did("GET", &format!("/journal?{query}"), "").await;
        let found: Vec<_> =
            list["entries"].as_array().unwrap().iter().map(|it| &it["id"]).collect();
        assert_eq!(found, ids, "{query}");
    }
    server.refuses(400, "GET", "/journal?status=many", "").await;
    let wait = r#"{"path":"/count","at_least":1,"timeout_ms":0}"#;
    assert_eq!(server.did("POST", "/journal/wait", wait).await["count"], 1);
    let missed = r#"{"path":"/counts","at_least":1,"timeout_ms":0}"#;
    let missed = server.did("POST", "/journal/wait", missed).await;
    assert!(missed["closest"]["because"][0].as_str().unwrap().contains("without `/counts`"));
}
