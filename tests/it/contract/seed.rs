//! Tests that the same seed produces the same bytes, and another seed different ones.

use sandtill::providers;
use sandtill::sandbox::scenario::{BUILT_IN, Overrides, Scenario};

use super::{examples, run};
use crate::drivers::{self, ReportQuery, ReportedRow};
use crate::support::{Answer, NOON, Server};

#[tokio::test]
async fn two_servers_of_one_seed_give_the_same_bytes() {
    let servers = [Server::start().await, Server::start().await];
    for provider in providers::ALL {
        for number in 0..examples(provider, &servers[0]).len() {
            let mut bodies = Vec::new();
            for server in &servers {
                let example = examples(provider, server).remove(number);
                bodies.push(texts(server, &example.command).await);
            }
            assert_eq!(bodies[0], bodies[1], "{}", provider.name);
        }
    }
}

/// All responses to a command, without the address of the server.
async fn texts(server: &Server, command: &str) -> Vec<String> {
    let answers = run(server, command, |_| {}).await;
    let escaped = server.url.replace('/', "\\/");
    let text = |answer: &Answer| answer.text().replace(&server.url, "URL").replace(&escaped, "URL");
    answers.iter().map(|it| text(&it.1)).collect()
}

fn seeded(seed: u64) -> Scenario {
    let built_in = BUILT_IN.iter().find(|it| it.name == "default").unwrap();
    let text = format!("{}\n[clock]\nmode = \"frozen\"\nnow = \"{NOON}\"\n", built_in.text);
    let overrides = Overrides { seed: Some(seed), ..Overrides::default() };
    Scenario::parse("seeded", &text, &providers::vocabulary(), &overrides).unwrap()
}

/// Reads three days at each provider and adds payments in between.
async fn walk(server: &Server, slug: &str) -> Vec<ReportedRow> {
    let (first, last) = ("2026-03-09".parse().unwrap(), "2026-03-11".parse().unwrap());
    let query = ReportQuery { merchant: "everywhere", first, last, size: 10 };
    let mut added = 0;
    drivers::rows(server, slug, query, &mut async |_| {
        added += 1;
        let body = format!(r#"{{"merchant":"everywhere","amount":{}}}"#, 100 + added);
        server.did("POST", "/transactions", &body).await;
    })
    .await
}

#[tokio::test]
async fn a_whole_walk_is_the_same_on_two_servers_and_another_with_another_seed() {
    let [one, two, other] = [
        Server::with(seeded(7)).await,
        Server::with(seeded(7)).await,
        Server::with(seeded(8)).await,
    ];
    for provider in providers::ALL {
        let [reported, again] = [walk(&one, provider.slug).await, walk(&two, provider.slug).await];
        assert!(reported.len() > 100 && reported == again, "{}", provider.slug);
        let different = walk(&other, provider.slug).await;
        let facts = |reported: &[ReportedRow]| {
            reported.iter().map(|it| it.fact.clone()).collect::<Vec<_>>()
        };
        assert_ne!(facts(&reported), facts(&different), "{}", provider.slug);
    }
}

#[tokio::test]
async fn another_seed_gives_other_bytes_to_every_ready_command() {
    let [one, other] = [Server::with(seeded(7)).await, Server::with(seeded(8)).await];
    for provider in providers::ALL {
        for (example, same) in examples(provider, &one).iter().zip(examples(provider, &other)) {
            let left = texts(&one, &example.command).await;
            let right = texts(&other, &same.command).await;
            assert_eq!(left.len(), right.len());
            // Responses about the user or token do not depend on the seed, nor do those without
            // rows.
            let is_empty = |texts: &[String]| texts.concat().contains(r#""record_count":0"#);
            let has_none = is_empty(&left) && is_empty(&right);
            let is_person = ["user", "token"].contains(&example.report.as_str());
            assert_eq!(left.last() == right.last(), has_none || is_person, "{left:?}");
        }
    }
}
