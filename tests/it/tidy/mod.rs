//! Rules about the source tree that no compiler checks. A rule without a check rots.

mod edges;
mod sizes;

use std::fs;
use std::path::{Path, PathBuf};

pub(crate) fn files(folder: &str, ending: &str) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut folders = vec![root.join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|it| it == ending) {
                let text = fs::read_to_string(&path).unwrap();
                found.push((path.strip_prefix(root).unwrap().to_path_buf(), text));
            }
        }
    }
    assert!(!found.is_empty(), "{folder} has no .{ending} files");
    found.sort();
    found
}

/// What a file says outside comments and its own tests, to be searched for names.
fn code(text: &str) -> String {
    let end = text.find("#[cfg(test)]").unwrap_or(text.len());
    text[..end]
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .map(|line| format!("{line}\n"))
        .collect()
}

/// The modules above the sandbox.
const UPPER: [&str; 7] = [
    "crate::ui",
    "crate::providers",
    "crate::admin",
    "crate::cli",
    "crate::recorder",
    "crate::server",
    "crate::app",
];

fn forbid_in_the_sandbox(path: &str, forbid: &mut impl FnMut(&[&str], &str)) {
    forbid(&UPPER, "the sandbox knows nobody above it");
    forbid(&["crate::wire", "axum"], "the sandbox knows no wire format and no HTTP server");
    if !path.contains("callbacks/delivery.rs") {
        forbid(&["reqwest"], "the only outgoing HTTP is in callbacks/delivery.rs");
    }
    if !["scenario/", "state/", "log/"]
        .iter()
        .any(|room| path.starts_with(&format!("src/sandbox/{room}")))
    {
        forbid(&["serde_json"], "JSON is made and read in scenario, state and log alone");
    }
    if !path.contains("log/file/") {
        forbid(&["redb"], "the only files of state are those of log/file");
    }
    if !path.contains("log/redis/") {
        forbid(&["redis::"], "the only commands for a store are those of log/redis");
    }
    for provider in sandtill::providers::ALL {
        let slug = format!("{}::", provider.slug);
        forbid(&[slug.as_str()], "the sandbox knows no provider");
    }
}

/// The import rules of ARCHITECTURE.md: names that a file must not use.
fn broken_import_rules(path: &str, code: &str) -> Vec<String> {
    let mut broken = Vec::new();
    let mut forbid = |names: &[&str], why: &str| {
        for name in names {
            if code.contains(name) {
                broken.push(format!("{path} names `{name}`: {why}"));
            }
        }
    };
    if path.starts_with("src/sandbox/") {
        forbid_in_the_sandbox(path, &mut forbid);
    }
    if path.starts_with("src/wire/") {
        forbid(&UPPER, "wire knows the sandbox alone");
    }
    if path.starts_with("src/wire/") || path.starts_with("src/providers/") {
        forbid(&["real_now", ".moment()"], "the recorder reads the clock, once a request");
    }
    if ["src/recorder/", "src/embed/", "src/server.rs"].iter().any(|it| path.starts_with(it)) {
        forbid(&["crate::admin"], "what carries requests knows no admin API");
    }
    if let Some(rest) = path.strip_prefix("src/providers/")
        && let Some((own, _)) = rest.split_once('/')
    {
        forbid(
            &["crate::admin", "crate::cli", "crate::recorder", "crate::server", "crate::app"],
            "a provider knows sandbox and wire",
        );
        for other in sandtill::providers::ALL.iter().filter(|it| it.slug != own) {
            let (full, near) =
                (format!("providers::{}", other.slug), format!("super::{}", other.slug));
            forbid(&[full.as_str(), near.as_str()], "no provider knows another");
        }
    }
    if path.starts_with("src/admin/") {
        forbid(
            &["crate::cli", "crate::server", "crate::app"],
            "admin knows providers::ALL, wire and sandbox",
        );
        for provider in sandtill::providers::ALL {
            let name = format!("providers::{}", provider.slug);
            forbid(&[name.as_str()], "admin reaches providers through providers::ALL alone");
        }
    }
    if path.starts_with("src/ui/") {
        forbid(
            &["crate::providers", "crate::recorder", "crate::server", "crate::app", "crate::cli"],
            "pages show what admin answers",
        );
        if code.replace("crate::sandbox::facts", "").contains("crate::sandbox") {
            forbid(&["crate::sandbox"], "pages name nothing of the sandbox but facts");
        }
    }
    broken
}

#[test]
fn nobody_imports_what_the_house_forbids() {
    let broken: Vec<String> = files("src", "rs")
        .iter()
        .flat_map(|(path, text)| broken_import_rules(&path.display().to_string(), &code(text)))
        .collect();
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn the_import_rules_notice_what_they_forbid() {
    for (path, line) in [
        ("src/sandbox/clock.rs", "use axum::Router;"),
        ("src/sandbox/ledger/mod.rs", "use crate::providers::ALL;"),
        ("src/sandbox/journal/mod.rs", "use serde_json::Value;"),
        ("src/sandbox/spaces.rs", "use redb::Database;"),
        ("src/sandbox/spaces.rs", "use redis::Client;"),
        ("src/providers/flitt/mod.rs", "let now = space.moment().now;"),
        ("src/recorder/mod.rs", "use crate::admin::ROUTES;"),
        ("src/providers/flitt/mod.rs", "use crate::providers::payfort::PROVIDER;"),
        ("src/providers/flitt/mod.rs", "use crate::admin::problem::Problem;"),
        ("src/admin/mod.rs", "use crate::providers::wepay::PROVIDER;"),
        ("src/wire/json.rs", "use crate::recorder::Recorder;"),
        ("src/ui/start.rs", "use crate::sandbox::space::Moment;"),
        ("src/ui/start.rs", "use crate::providers::ALL;"),
    ] {
        assert_eq!(broken_import_rules(path, line).len(), 1, "{path}: {line}");
    }
    assert!(broken_import_rules("src/admin/mod.rs", "use crate::providers::ALL;").is_empty());
}

#[test]
fn every_file_begins_with_the_sentence_that_says_why_it_exists() {
    for folder in ["src", "tests"] {
        for (path, text) in files(folder, "rs") {
            let first = text.lines().next().unwrap_or("");
            let good = first.starts_with("//! ") || first.starts_with("#![doc = include_str!(");
            assert!(good, "{}: {first}", path.display());
        }
    }
    for (path, text) in files("scenarios", "toml") {
        assert!(text.starts_with("# "), "{}", path.display());
    }
}

#[test]
fn only_the_clock_reads_real_time_and_only_cli_reads_the_environment() {
    for (path, text) in files("src", "rs") {
        let (path, code) = (path.display().to_string(), code(&text));
        if path != "src/sandbox/clock.rs" {
            for name in ["SystemTime", "Instant::now", "Timestamp::now", "time::sleep"] {
                assert!(!code.contains(name), "{path} names {name}");
            }
        }
        if !path.starts_with("src/cli/") {
            assert!(!code.contains("env::var"), "{path} reads the environment");
        }
    }
}

#[test]
fn no_request_starts_threads_of_its_own() {
    for folder in ["src/providers", "src/wire", "src/recorder", "src/admin", "src/ui"] {
        for (path, text) in files(folder, "rs") {
            for name in ["thread::spawn", "thread::scope", "thread::Builder"] {
                let path = path.display();
                assert!(!code(&text).contains(name), "{path} names {name}: use spawn_blocking");
            }
        }
    }
}

#[test]
fn no_trailing_blanks_and_a_newline_at_the_end() {
    for (folder, ending) in [("src", "rs"), ("tests", "rs"), ("scenarios", "toml"), ("src", "md")] {
        for (path, text) in files(folder, ending) {
            assert!(text.ends_with('\n'), "{}", path.display());
            let bad = text.lines().position(|line| line.ends_with([' ', '\t']));
            assert_eq!(bad, None, "{}", path.display());
        }
    }
}

#[test]
fn a_provider_has_the_rooms_that_all_have() {
    for provider in sandtill::providers::ALL {
        let folder =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("src/providers").join(provider.slug);
        for room in [
            "mod.rs",
            "auth.rs",
            "request.rs",
            "response.rs",
            "error.rs",
            "quirks.rs",
            "fidelity.rs",
            "openapi.rs",
            "README.md",
        ] {
            assert!(folder.join(room).exists(), "{} has no {room}", provider.name);
        }
    }
}

#[test]
fn code_outside_the_folders_of_the_providers_names_none_of_them() {
    for (path, text) in files("src", "rs") {
        let path = path.to_string_lossy().into_owned();
        for provider in sandtill::providers::ALL {
            if path.starts_with(&format!("src/providers/{}/", provider.slug)) {
                continue;
            }
            let (slug, text) = (format!("\"{}\"", provider.slug), code(&text));
            for name in [slug.as_str(), provider.name] {
                assert!(!text.contains(name), "{path} names {name}; its folder is the place");
            }
        }
    }
}
