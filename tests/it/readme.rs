//! README says what is true: its commands are run, its tables are compared with the code.

use std::process::Command;

use crate::docs::commands;
use crate::support::{NOON, Server};

const README: &str = include_str!("../../README.md");
const ADMIN_API: &str = include_str!("../../docs/admin-api.md");
const CREDENTIALS: &str = include_str!("../../docs/credentials.md");
const QUIRKS: &str = include_str!("../../docs/quirks.md");

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_command_is_run_and_answers_as_it_is_printed() {
    // CI machines without curl cannot paste a curl command.
    if Command::new("curl").arg("--version").output().is_err() {
        return println!("skipped: there is no curl here");
    }
    let server = Server::frozen("paging", NOON).await;
    let commands = commands(README);
    assert!(commands.len() >= 12, "{}", commands.len());
    for (command, expected) in commands {
        let command = command.replace("http://127.0.0.1:8080", &server.url);
        let output = Command::new("bash").args(["-c", &command]).output().unwrap();
        let answer = String::from_utf8(output.stdout).unwrap();
        assert_eq!(answer.trim_end(), expected.trim_end(), "{command}");
    }
}

#[test]
fn it_is_short_and_leads_to_everything_else() {
    assert!(README.lines().count() <= 200, "{} lines", README.lines().count());
    for page in ["admin-api", "credentials", "figures", "quirks"] {
        assert!(README.contains(&format!("docs/{page}.md")), "{page}");
    }
}

#[test]
fn its_tables_name_everything_there_is() {
    for provider in sandtill::providers::ALL {
        let first = provider.name.split(" / ").next().unwrap();
        assert!(README.contains(&format!("| {first}")), "{}", provider.name);
        for quirk in provider.quirks {
            let line =
                format!("| `{}.{}` | {} | {} |", provider.slug, quirk.name, quirk.off, quirk.on);
            assert!(QUIRKS.contains(&line), "{line}");
        }
    }
    for built_in in sandtill::sandbox::scenario::BUILT_IN {
        assert!(README.contains(&format!("| `{}` |", built_in.name)), "{}", built_in.name);
    }
    for route in sandtill::admin::ROUTES {
        let line = format!("| `{} {}` | {} |", route.method, route.path, route.does);
        assert!(ADMIN_API.contains(&line), "{line}");
    }
}

#[test]
fn its_credentials_are_those_of_the_default_scenario() {
    let scenario = crate::support::frozen("default", NOON);
    for merchant in scenario.merchants() {
        for credential in merchant.credentials.values().flatten() {
            for (name, value) in credential.iter().filter(|(name, _)| *name != "hash") {
                // The second terminal of EpicPay is written as `…-2`.
                let shown = CREDENTIALS.contains(value.as_str()) || value.ends_with("-2");
                assert!(shown, "{name} {value}");
            }
        }
    }
}

#[test]
fn the_files_it_points_at_are_there() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let pages = [(README, ""), (ADMIN_API, "docs"), (CREDENTIALS, "docs"), (QUIRKS, "docs")];
    for (page, folder) in pages {
        for link in page.split("](").skip(1).map(|rest| rest.split(')').next().unwrap()) {
            if !link.contains("://") {
                assert!(root.join(folder).join(link).exists(), "{link}");
            }
        }
    }
}

#[test]
fn the_example_of_the_scenario_format_is_a_good_scenario() {
    let text = include_str!("../../scenarios/README.md");
    let example = text.split("```toml\n").nth(1).unwrap().split("```").next().unwrap();
    crate::support::scenario(example);
    for provider in sandtill::providers::ALL {
        for setting in provider.settings {
            let line =
                format!("| `{}` | `{}` | `{}` |", provider.slug, setting.name, setting.default);
            assert!(text.contains(&line), "{line}");
        }
    }
}

#[test]
fn the_limits_name_tests_that_are_there() {
    let limits = std::fs::read_to_string("docs/limits.md").unwrap();
    let mut code = String::new();
    for folder in ["src", "tests/it"] {
        for (_, text) in crate::tidy::files(folder, "rs") {
            code.push_str(&text);
        }
    }
    let tests = limits.split('`').skip(1).step_by(2).filter(|it| it.matches('_').count() > 3);
    let tests: Vec<&str> = tests.collect();
    assert!(tests.len() > 15, "{tests:?}");
    for test in tests {
        assert!(code.contains(&format!("fn {test}(")), "{test}");
    }
}
