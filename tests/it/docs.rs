//! The pages of `docs/` say what is true: their commands are run, in order, each page on a fresh server.

use std::process::Command;

use crate::support::{NOON, Server};

/// The commands of a page (lines of `console` blocks behind a `$`), each with the answer below it.
pub(crate) fn commands(page: &str) -> Vec<(&str, String)> {
    let mut commands: Vec<(&str, String)> = Vec::new();
    let blocks = page.split("```console\n").skip(1).map(|rest| rest.split("```").next().unwrap());
    for line in blocks.flat_map(str::lines).filter(|line| !line.starts_with("# ")) {
        match line.strip_prefix("$ ") {
            Some(command) => commands.push((command, String::new())),
            None => {
                let answer = &mut commands.last_mut().unwrap().1;
                answer.push_str(line);
                answer.push('\n');
            }
        }
    }
    commands
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_command_of_every_page_answers_as_it_is_printed() {
    // CI machines without curl cannot paste a curl command.
    if Command::new("curl").arg("--version").output().is_err() {
        return println!("skipped: there is no curl here");
    }
    let mut pages = 0;
    for (path, page) in crate::tidy::files("docs", "md") {
        let commands = commands(&page);
        if commands.is_empty() {
            continue;
        }
        pages += 1;
        let server = Server::frozen("paging", NOON).await;
        let folder = tempfile::tempdir().unwrap();
        for (command, expected) in commands {
            let here = command.replace("http://127.0.0.1:8080", &server.url);
            let mut bash = Command::new("bash");
            // The program is found as it is when it is installed. It would warn of a setting that is the image's tests'.
            let program = std::path::Path::new(env!("CARGO_BIN_EXE_sandtill")).parent().unwrap();
            let here = format!("PATH=\"{}:$PATH\"\n{here}", program.display());
            bash.env("SANDTILL_URL", &server.url).env_remove("SANDTILL_STATIC_BINARY");
            let output = bash.args(["-c", &here]).current_dir(&folder).output().unwrap();
            let answer = String::from_utf8(output.stdout).unwrap();
            let answer = answer.replace(&server.url, "http://127.0.0.1:8080");
            assert_eq!(answer.trim_end(), expected.trim_end(), "{}: {command}", path.display());
        }
    }
    assert!(pages >= 2, "{pages}");
}

/// The `sh` blocks of a page that ask a running server.
fn scripts(page: &str) -> impl Iterator<Item = &str> {
    let blocks = page.split("```sh\n").skip(1).map(|rest| rest.split("```").next().unwrap());
    blocks.filter(|block| block.contains("localhost:8080/") || block.contains("$SANDTILL_URL"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_script_that_asks_a_server_is_answered() {
    if Command::new("curl").arg("--version").output().is_err() {
        return println!("skipped: there is no curl here");
    }
    let mut pages = crate::tidy::files("docs", "md");
    pages.extend(crate::tidy::files("src", "md"));
    pages.push(("README.md".into(), std::fs::read_to_string("README.md").unwrap()));
    let mut count = 0;
    // Commands of faults.md have a test of their own, which compares them with the kinds there are.
    for (path, page) in pages.iter().filter(|it| !it.0.ends_with("faults.md")) {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("import.csv"), "id,amount\n1,1.00\n").unwrap();
        for script in scripts(page) {
            count += 1;
            let server = Server::frozen("default", NOON).await;
            let payment = r#"{"merchant":"everywhere","amount":12345,"currency":"USD"}"#;
            let id = server.did("POST", "/transactions", payment).await["id"].to_string();
            let deposits = "/deposits?merchant=everywhere&status=on_the_way";
            let deposit = server.did("GET", deposits, "").await["deposits"][0]["id"].to_string();
            let address = server.url.strip_prefix("http://").unwrap();
            let here = script
                .replace("localhost:8080", address)
                .replace("transactions/ID/", &format!("transactions/{id}/"))
                .replace("deposits/ID/", &format!("deposits/{deposit}/"))
                // Nobody asks meanwhile, so a wait would only last.
                .replace("\"timeout_ms\":5000", "\"timeout_ms\":0");
            // A status of 400 or above ends the script with an error.
            let here = format!("set -euo pipefail\ncurl() {{ command curl -fsS \"$@\"; }}\n{here}");
            let mut bash = Command::new("bash");
            bash.env("SANDTILL_URL", &server.url).env("TOKEN", "none");
            let output = bash.args(["-c", &here]).current_dir(&folder).output().unwrap();
            let stderr = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "{}: {script}\n{stderr}", path.display());
            assert!(!output.stdout.is_empty(), "{}: {script}", path.display());
        }
    }
    assert!(count >= 10, "{count}");
}

#[test]
fn every_link_of_llms_txt_leads_to_a_file() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(root.join("llms.txt")).unwrap();
    let links: Vec<&str> =
        text.split("](").skip(1).map(|rest| rest.split(')').next().unwrap()).collect();
    assert!(links.len() > 15, "{links:?}");
    for link in links {
        assert!(root.join(link).is_file(), "llms.txt: {link}");
    }
}
