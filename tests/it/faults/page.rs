//! `docs/faults.md`: every command is taken, and every kind has one.

use serde_json::Value;

use crate::support::Server;

/// The calls of the page: path below `/_admin` and body.
fn calls(page: &str) -> Vec<(String, String)> {
    let blocks = page.split("```sh\n").skip(1).map(|rest| rest.split("```").next().unwrap());
    let commands = blocks.flat_map(|block| block.split("curl -s localhost:8080/_admin").skip(1));
    commands
        .map(|command| {
            let (path, body) = command.split_once(" -d '").unwrap();
            (path.to_owned(), body.trim_end().strip_suffix('\'').unwrap().to_owned())
        })
        .collect()
}

#[tokio::test]
async fn every_command_of_the_page_is_taken_and_every_kind_has_one() {
    let page = std::fs::read_to_string("docs/faults.md").unwrap();
    let server = Server::start().await;
    let mut kinds = std::collections::BTreeSet::new();
    for (path, body) in calls(&page) {
        server.did("POST", &path, &body).await;
        let body: Value = serde_json::from_str(&body).unwrap();
        kinds.extend(body["fault"]["kind"].as_str().map(str::to_owned));
    }
    let api = server.did("GET", "/openapi.json", "").await;
    let known = api["components"]["schemas"]["FaultKind"]["oneOf"].as_array().unwrap();
    assert!(known.len() > 20, "{}", known.len());
    for kind in known.iter().map(|it| it["properties"]["kind"]["const"].as_str().unwrap()) {
        assert!(kinds.contains(kind), "docs/faults.md has no command with `{kind}`");
    }
}
