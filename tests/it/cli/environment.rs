//! Environment variables, and the end of the program.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Command, Stdio};

use super::{Served, run, sandtill, text};

#[test]
fn an_unknown_variable_is_a_warning_with_the_nearest_name() {
    let output = sandtill(&["scenarios"])
        .env("SANDTILL_SCENRIO", "x")
        .env("SANDTILL_PORT_FILE", "/nowhere")
        .env("SANDTILL_BINARY", "/bin/sandtill")
        .env("SANDTILL_FLITT_KEY", "of an importer")
        .output()
        .unwrap();
    assert!(output.status.success());
    assert_eq!(
        text(&output.stderr),
        "sandtill: the environment variable SANDTILL_SCENRIO is no setting; did you mean \
         `SANDTILL_SCENARIO`?\n"
    );
}

#[test]
fn switches_take_the_usual_words() {
    for (value, is_quiet) in
        [("1", true), ("true", true), ("yes", true), ("0", false), ("false", false), ("no", false)]
    {
        let mut child = sandtill(&["--listen", "127.0.0.1:0", "--scenario", "empty"])
            .env("SANDTILL_QUIET", value)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        out.read_line(&mut line).unwrap();
        let kill = Command::new("kill").arg(child.id().to_string()).status().unwrap();
        assert!(kill.success());
        let mut rest = String::new();
        out.read_to_string(&mut rest).unwrap();
        assert_eq!(rest.is_empty(), is_quiet, "{value}: {rest}");
        assert!(child.wait().unwrap().success());
    }
    let output = sandtill(&["serve"]).env("SANDTILL_QUIET", "perhaps").output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("'perhaps'"), "{}", text(&output.stderr));
}

#[test]
fn values_that_are_not_valid_are_one_sentence_with_the_flag() {
    for (args, parts) in [
        (["--space-idle", "soon"], ["--space-idle", "neither `never` nor a length of time"]),
        (["--connection-timeout", "0s"], ["--connection-timeout", "above zero"]),
        (["--longest-wait", "11m"], ["--longest-wait", "up to 10m"]),
        (["--log-level", "loud"], ["--log-level", "`loud` is no level"]),
        (["--lisen", "x"], ["--lisen", "'--listen'"]),
    ] {
        let output = run(&args);
        let message = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{message}");
        assert_eq!(message.lines().count(), 1, "{message}");
        assert!(parts.iter().all(|part| message.contains(part)), "{message}");
    }
}

#[test]
fn the_port_file_is_removed_first_and_has_no_line_break() {
    let folder = tempfile::tempdir().unwrap();
    let port = folder.path().join("port");
    let path = port.to_str().unwrap();
    std::fs::write(&port, "1").unwrap();
    let output = run(&["--port-file", path, "--scenario", "no-such-scenario"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(!port.exists(), "removed although the start failed");
    let served = Served::start(&["--scenario", "empty", "--port-file", path]);
    let written = std::fs::read_to_string(&port).unwrap();
    assert_eq!(served.url, format!("http://127.0.0.1:{written}"));
}

#[test]
fn a_server_ends_with_its_parent_if_it_is_told_to() {
    // The shell is the parent. It tells that the server is ready, and ends when its input ends.
    let script =
        "\"$0\" --listen 127.0.0.1:0 --scenario empty --quiet --exit-with-parent & read line";
    let mut shell = Command::new("sh")
        .args(["-c", script, env!("CARGO_BIN_EXE_sandtill")])
        .env_clear()
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut out = BufReader::new(shell.stdout.take().unwrap());
    let mut line = String::new();
    out.read_line(&mut line).unwrap();
    let address = line.trim_end().strip_prefix("sandtill ready on http://").unwrap().to_owned();
    assert!(TcpStream::connect(&address).is_ok());
    drop(shell.stdin.take());
    shell.wait().unwrap();
    // Its output ends when the server has.
    let mut rest = String::new();
    out.read_to_string(&mut rest).unwrap();
    assert!(TcpStream::connect(&address).is_err());
}

#[test]
fn a_long_poll_is_answered_when_the_server_ends() {
    let mut served = Served::start(&["--scenario", "empty", "--quiet"]);
    let address = served.url.strip_prefix("http://").unwrap().to_owned();
    let ask = |request: String| {
        let mut stream = TcpStream::connect(&address).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        stream
    };
    let host = "HTTP/1.1\r\nHost: localhost\r\n";
    let expected = r#"{"at_least":1,"timeout_ms":600000}"#;
    let mut waits = [
        ask(format!("GET /_admin/changes?since=999&wait=10m {host}\r\n")),
        ask(format!("GET /_admin/callbacks?state=due&wait=10m {host}\r\n")),
        ask(format!(
            "POST /_admin/journal/wait {host}Content-Length: {}\r\n\r\n{expected}",
            expected.len()
        )),
    ];
    served.signal("-TERM");
    for wait in &mut waits {
        let mut answer = String::new();
        wait.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
    }
    assert_eq!(served.child.wait().unwrap().code(), Some(0));
}

#[test]
fn completions_and_manual_pages_name_the_commands() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let output = run(&["completions", shell]);
        assert!(output.status.success());
        assert!(text(&output.stdout).contains("chargeback"), "{shell}");
    }
    assert_eq!(run(&["completions", "cmd"]).status.code(), Some(2));
    let page = text(&run(&["man"]).stdout);
    assert!(page.contains(".TH sandtill 1") && page.contains("chargeback"), "{page}");
    let folder = tempfile::tempdir().unwrap();
    assert!(run(&["man", "--dir", folder.path().to_str().unwrap()]).status.success());
    let page = std::fs::read_to_string(folder.path().join("sandtill-journal.1")).unwrap();
    assert!(page.contains("follow"), "{page}");
}
