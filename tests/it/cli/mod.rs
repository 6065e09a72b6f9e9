//! The program as a user runs it: exit codes, the ready line, messages.

mod environment;
mod log;
mod running;

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Output, Stdio};

fn sandtill(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sandtill"));
    command.args(args).env_clear().stdin(Stdio::null());
    command
}

fn run(args: &[&str]) -> Output {
    sandtill(args).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// A served program; killed when it is dropped.
struct Served {
    child: Child,
    url: String,
    out: BufReader<std::process::ChildStdout>,
}

impl Served {
    fn start(args: &[&str]) -> Self {
        let mut all = vec!["serve", "--listen", "127.0.0.1:0"];
        all.extend(args);
        let mut child =
            sandtill(&all).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        out.read_line(&mut line).unwrap();
        let url = line.trim_end().strip_prefix("sandtill ready on ").unwrap().to_owned();
        Self { child, url, out }
    }

    fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args([name, &id]).status().unwrap().success());
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn serve_prints_the_ready_line_first_and_a_banner_with_every_provider() {
    let folder = tempfile::tempdir().unwrap();
    let port_file = folder.path().join("port");
    let mut served = Served::start(&["--port-file", port_file.to_str().unwrap()]);
    let port = std::fs::read_to_string(&port_file).unwrap();
    assert_eq!(served.url, format!("http://127.0.0.1:{port}"));
    let mut banner = String::new();
    while !banner.contains("Ctrl-C") {
        assert!(served.out.read_line(&mut banner).unwrap() > 0, "{banner}");
    }
    for provider in sandtill::providers::ALL {
        let name = provider.name.split(' ').next().unwrap();
        let line = banner.lines().find(|line| line.starts_with(name)).unwrap();
        assert!(line.contains(&served.url) && line.contains("everywhere"), "{line}");
    }
    for part in ["/_admin/credentials", "curl ", "sandtill journal --follow"] {
        assert!(banner.contains(part), "{part}: {banner}");
    }
    // With the ready line it fits on a screen, and there is room for two lines more.
    assert!(banner.lines().count() <= 21, "{banner}");
    assert!(banner.lines().all(|line| line.chars().count() <= 100), "{banner}");
    let health = run(&["healthcheck", "--url", &served.url]);
    assert!(health.status.success(), "{}", text(&health.stderr));
    assert!(run(&["wait", "--url", &served.url]).status.success());
}

#[test]
fn sigterm_and_ctrl_c_end_it_with_0() {
    for signal in ["-TERM", "-INT"] {
        let mut served = Served::start(&["--quiet"]);
        served.signal(signal);
        assert_eq!(served.child.wait().unwrap().code(), Some(0), "{signal}");
    }
}

#[test]
fn mistakes_are_one_sentence_and_exit_code_2() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("bad.toml");
    std::fs::write(&file, "seed = 1\ndayz = 3\n").unwrap();
    let file = file.to_str().unwrap();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    for (args, message) in [
        (vec!["serve", "--scenario", "defualt"], "did you mean `default`?"),
        (
            vec!["serve", "--scenario", file],
            "bad.toml:2:1: dayz: unknown key `dayz`; did you mean `days`?",
        ),
        (vec!["check", file, "default"], "bad.toml:2:1: dayz: unknown key `dayz`"),
        (vec!["--quirks", "begateway.local-time"], "did you mean `begateway.local-time-z`?"),
        (vec!["--listen", &address], "the port is taken"),
        (vec!["--listen", "nowhere"], "cannot listen on nowhere"),
        (vec!["curl", "stripe"], "no provider `stripe`"),
        (vec!["sign", "begateway"], "`begateway` signs no requests"),
        (vec!["scenarios", "show", "x"], "no built-in scenario `x`"),
        (vec!["wait", "--timeout", "soon"], "it is no length of time"),
    ] {
        let output = run(&args);
        assert_eq!(output.status.code(), Some(2), "{args:?}");
        let message_seen = text(&output.stderr);
        assert!(message_seen.contains(message), "{args:?}: {message_seen}");
        assert_eq!(message_seen.lines().count(), 1, "{message_seen}");
        assert!(output.stdout.is_empty() || args[0] == "check");
    }
    assert_eq!(run(&["--no-such-flag"]).status.code(), Some(2));
}

#[test]
fn healthcheck_and_wait_say_when_nobody_answers() {
    // A port that was free a moment ago and that nobody listens on.
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let url = format!("http://{free}");
    assert_eq!(run(&["healthcheck", "--url", &url]).status.code(), Some(1));
    let health =
        sandtill(&["healthcheck"]).env("SANDTILL_LISTEN", free.to_string()).output().unwrap();
    assert_eq!(health.status.code(), Some(1));
    let waited = run(&["wait", "--url", &url, "--timeout", "50ms"]);
    assert_eq!(waited.status.code(), Some(124));
    assert!(text(&waited.stderr).contains("was not ready within 50ms"));
}

#[test]
fn a_command_without_a_server_has_the_time_of_its_scenario() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let url = format!("http://{free}");
    for (scenario, time) in
        [("docs-samples", "its frozen time, 2025-02-01T00:00:00Z"), ("default", "the real time")]
    {
        let output = run(&["curl", "begateway", "--url", &url, "--scenario", scenario]);
        assert!(output.status.success());
        let stderr = text(&output.stderr);
        assert!(stderr.contains(&format!("using scenario `{scenario}` and {time}\n")), "{stderr}");
    }
}

#[test]
fn scenarios_are_listed_shown_and_good() {
    let list = text(&run(&["scenarios"]).stdout);
    for built_in in sandtill::sandbox::scenario::BUILT_IN {
        assert!(list.contains(built_in.name) && list.contains(built_in.summary()));
        let shown = run(&["scenarios", "show", built_in.name]);
        assert_eq!(text(&shown.stdout).trim_end(), built_in.text.trim_end());
        assert!(run(&["check", built_in.name]).status.success());
    }
}

#[test]
fn every_flag_has_an_environment_variable() {
    let commands =
        ["sign", "curl", "wait", "journal", "clock", "advance", "reset", "pay", "refund"];
    let more = ["capture", "void", "chargeback", "settle", "fault", "faults", "history", "spaces"];
    let of = |command: &&'static str| vec![*command, "--help"];
    let all = commands.iter().chain(&more).map(of).chain([vec!["--help"]]);
    for args in all {
        let args = args.as_slice();
        let help = text(&run(args).stdout);
        let flags = help.lines().filter_map(|line| {
            let flag = line.trim_start().strip_prefix("--")?;
            flag.split([' ', '=', ',']).next()
        });
        for flag in flags.filter(|flag| !["help", "version"].contains(flag)) {
            let name = format!("SANDTILL_{}", flag.to_uppercase().replace('-', "_"));
            assert!(help.contains(&name), "{name} is missing in {args:?}");
        }
    }
}

#[test]
fn a_reader_that_goes_away_is_no_mistake() {
    let mut child =
        sandtill(&["scenarios"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    assert!(child.wait().unwrap().success());
    let mut child = sandtill(&["sign", "begateway"])
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let _ = child.stdin.take().unwrap().write_all(b"{}");
    assert_eq!(child.wait().unwrap().code(), Some(2));
}
