//! Tests malformed bodies and unsupported methods.

use sandtill::providers;

use super::{examples, is_framework_text, run};
use crate::support::Server;

#[tokio::test]
async fn garbage_never_gives_a_5xx_or_a_framework_text_and_always_one_entry() {
    let server = Server::start().await;
    let deep = "[".repeat(5000);
    let garbage: [&[u8]; 8] = [
        b"",
        b"\xff\xfe\x00",
        b"{",
        b"null",
        b"[]",
        b"\"x\"",
        deep.as_bytes(),
        br#"{"report_params":7,"request":[],"columns":{},"filters":"x","report_id":1e400}"#,
    ];
    for provider in providers::ALL {
        let mut paths: Vec<(String, Vec<(String, String)>)> = Vec::new();
        for example in examples(provider, &server) {
            for (step, _) in run(&server, &example.command, |_| {}).await {
                if !paths.iter().any(|it| it.0 == step.path) {
                    paths.push((step.path, step.headers));
                }
            }
        }
        for (path, headers) in paths {
            let headers: Vec<_> = headers.iter().map(|it| (it.0.as_str(), it.1.as_str())).collect();
            for body in garbage {
                for (method, headers) in
                    [("POST", headers.as_slice()), ("POST", &[]), ("DELETE", &[])]
                {
                    let id = server.space().journal.next_id();
                    let answer = server.send(method, &path, headers, body.to_vec()).await;
                    let text = String::from_utf8_lossy(&answer.body).into_owned();
                    // WePay's own word for a call that it does not know is 501.
                    let is_known = answer.status < 500 || answer.status == 501;
                    assert!(is_known, "{method} {path} {body:?}: {text}");
                    assert!(!is_framework_text(&text), "{method} {path} {body:?}: {text}");
                    assert_eq!(answer.header("sandtill-journal"), format!("/_admin/journal/{id}"));
                    let entry = server.space().journal.entry(id).unwrap();
                    assert_eq!(entry.provider, provider.slug);
                    assert_eq!(server.space().journal.next_id(), id + 1);
                }
            }
        }
    }
}
