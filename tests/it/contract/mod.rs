//! What holds for EVERY provider, driven by `providers::ALL` and by the commands each of them gives
//! away ready made.

mod carried;
mod commands;
mod credentials;
mod faults;
mod garbage;
mod paging;
mod printed;
mod quirks;
mod reasons;
mod seed;
mod settings;
mod shown;
mod sixth;
mod strangers;
mod two_keys;
mod wall_clock;

use std::collections::BTreeMap;

use sandtill::providers::{Example, Provider};

use crate::support::{Answer, Server};

/// One `curl` of a command.
#[derive(Clone, Debug)]
struct Step {
    path: String,
    headers: Vec<(String, String)>,
    body: Option<String>,
}

impl Step {
    async fn send(&self, server: &Server) -> Answer {
        let headers: Vec<_> =
            self.headers.iter().map(|it| (it.0.as_str(), it.1.as_str())).collect();
        let method = if self.body.is_some() { "POST" } else { "GET" };
        server.send(method, &self.path, &headers, self.body.clone().unwrap_or_default()).await
    }
}

/// The next word as a shell reads it, with variables filled in; what is behind it.
fn word<'a>(text: &'a str, variables: &BTreeMap<&str, String>) -> (String, &'a str) {
    let (mut word, mut rest) = (String::new(), text.trim_start_matches(' '));
    let mut quote = None;
    while let Some(c) = rest.chars().next() {
        let (_, behind) = rest.split_at(c.len_utf8());
        let name = variables.keys().find(|name| behind.starts_with(**name));
        match (quote, c, name) {
            (None, ' ' | ';' | ')' | '|' | '\n', _) => break,
            (None, '\'' | '"', _) => quote = Some(c),
            (Some(open), c, _) if open == c => quote = None,
            (None | Some('"'), '$', Some(name)) => {
                word.push_str(&variables[name]);
                rest = behind.strip_prefix(name).unwrap();
                continue;
            }
            _ => word.push(c),
        }
        rest = behind;
    }
    (word, rest)
}

/// The first step of a command, and the rest of it.
fn step<'a>(
    command: &'a str,
    url: &str,
    variables: &BTreeMap<&str, String>,
) -> Option<(Step, &'a str)> {
    let (_, rest) = command.split_once("curl -s ")?;
    let (target, mut rest) = word(rest, variables);
    let mut step = Step {
        path: target.strip_prefix(url).unwrap().to_owned(),
        headers: Vec::new(),
        body: None,
    };
    loop {
        let (flag, behind) = word(rest, variables);
        let (value, behind) = word(behind, variables);
        match flag.as_str() {
            "-H" => {
                let (name, value) = value.split_once(": ").unwrap();
                step.headers.push((name.to_owned(), value.to_owned()));
            }
            "-d" => step.body = Some(value),
            _ => return Some((step, rest)),
        }
        rest = behind;
    }
}

/// Runs a command after `tamper` has changed each step; returns the requests and responses.
async fn run(server: &Server, command: &str, tamper: impl Fn(&mut Step)) -> Vec<(Step, Answer)> {
    let mut variables = BTreeMap::from([("TOKEN", String::new()), ("id", String::new())]);
    let mut answers = Vec::new();
    let mut rest = command;
    while let Some((mut step, behind)) = step(rest, &server.url, &variables) {
        rest = behind;
        tamper(&mut step);
        let answer = step.send(server).await;
        let text = String::from_utf8_lossy(&answer.body).into_owned();
        if let Some((_, token)) = text.split_once("\"token\"") {
            variables.insert("TOKEN", token.split('"').nth(1).unwrap().to_owned());
        }
        let digits = text.split_once(':').map_or("", |it| it.1);
        variables.insert("id", digits.chars().take_while(char::is_ascii_digit).collect());
        answers.push((step, answer));
        // Where a command sleeps, the clock goes on.
        server.did("POST", "/clock/advance", r#"{"by":"5s"}"#).await;
    }
    assert!(!answers.is_empty(), "{command}");
    answers
}

fn examples(provider: &Provider, server: &Server) -> Vec<Example> {
    let examples = (provider.examples)(&server.space().moment(), &server.url);
    assert!(!examples.is_empty(), "{}", provider.name);
    examples
}

fn is_framework_text(text: &str) -> bool {
    ["Failed to deserialize", "Expected request with", "missing field"]
        .iter()
        .any(|it| text.contains(it))
}
