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
