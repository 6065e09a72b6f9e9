//! The ready commands: answered, one journal entry each, and what is added shows in them.

use std::sync::Arc;

use std::collections::BTreeMap;

use sandtill::providers;
use sandtill::sandbox::facts::Named;
use sandtill::sandbox::space::Space;
use serde_json::json;

use super::{examples, run};
use crate::support::Server;

/// The secrets of all merchants that are no ordinary words.
fn secrets(sandbox: &Arc<Space>) -> Vec<String> {
    let mut secrets = Vec::new();
    for provider in providers::ALL {
        for merchant in sandbox.world().scenario.merchants() {
            for credential in merchant.credentials.get(provider.slug).into_iter().flatten() {
                for field in provider.credentials.iter().filter(|field| field.secret) {
                    secrets.extend(credential.get(field.name).cloned());
                }
            }
        }
    }
    secrets.retain(|secret| secret.len() >= 8);
    secrets
}

#[tokio::test]
async fn every_ready_command_is_answered_for_its_merchant_and_leaves_one_entry_without_secrets() {
    let server = Server::start().await;
    let secrets = secrets(&server.space());
    for provider in providers::ALL {
        for example in examples(provider, &server) {
            server.did("DELETE", "/journal", "").await;
            let answers = run(&server, &example.command, |_| {}).await;
            let entries = server.space().journal.entries();
            assert_eq!(entries.len(), answers.len(), "{}", example.command);
            for ((_, answer), entry) in answers.iter().zip(&entries) {
                assert_eq!(answer.status, 200, "{}: {}", example.command, answer.text());
                assert_eq!(entry.provider, provider.slug);
                assert_eq!(
                    entry.outcome.name(),
                    "answered",
                    "{}: {:?}",
                    example.command,
                    entry.note
                );
                assert_eq!(entry.note.merchant.as_deref(), Some(example.merchant.as_str()));
                let shown =
                    server.did("GET", &format!("/journal/{}", entry.id), "").await.to_string();
                assert!(!secrets.iter().any(|it| shown.contains(it.as_str())), "{shown}");
            }
        }
    }
}

#[tokio::test]
async fn a_payment_that_is_added_shows_at_all_five_providers() {
    let server = Server::start().await;
    let fetch_all = async || {
        server.did("POST", "/reset", "").await;
        let mut responses = BTreeMap::new();
        for provider in providers::ALL {
            let all = examples(provider, &server);
            for example in all.into_iter().filter(|it| it.merchant == "everywhere") {
                for (_, answer) in run(&server, &example.command, |_| {}).await {
                    responses.entry(provider.slug).or_insert_with(Vec::new).push(answer.text());
                }
            }
        }
        responses
    };
    let before = fetch_all().await;
    assert_eq!(fetch_all().await, before);
    // Pinned, so that it is there after the reset; examples look at the last days.
    let mut scenario = server.did("GET", "/scenario", "").await;
    scenario["transaction"] =
        json!([{"merchant": "everywhere", "amount": 12345, "at": "2026-03-13T20:00:00Z"}]);
    server.did("PUT", "/scenario", &scenario.to_string()).await;
    let after = fetch_all().await;
    for (slug, before) in &before {
        assert_ne!(before, &after[slug], "{slug}");
    }
}
