//! The commands that ask a running server: what they print, and what they say when it does not work.

use std::io::{BufRead, BufReader};
use std::process::{Output, Stdio};

use serde_json::Value;

use super::{Served, run, sandtill, text};

/// A server without generated payments, whose clock stands at noon on the 14th of March.
fn served() -> Served {
    let built_in = sandtill::sandbox::scenario::BUILT_IN;
    let empty = built_in.iter().find(|it| it.name == "empty").unwrap().text;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("standing.toml");
    let clock = "[clock]\nmode = \"frozen\"\nnow = \"2026-03-14T12:00:00Z\"\n";
    std::fs::write(&file, format!("{empty}\n{clock}")).unwrap();
    // The file was read when the server is ready.
    Served::start(&["--quiet", "--scenario", file.to_str().unwrap()])
}

fn ask(served: &Served, args: &[&str]) -> Output {
    let mut all = args.to_vec();
    all.extend(["--url", &served.url]);
    run(&all)
}

/// What a command prints that works.
#[track_caller]
fn did(served: &Served, args: &[&str]) -> String {
    let output = ask(served, args);
    assert_eq!(output.status.code(), Some(0), "{args:?}: {}", text(&output.stderr));
    text(&output.stdout).trim_end().to_owned()
}

#[track_caller]
fn json(served: &Served, args: &[&str]) -> Value {
    let mut all = args.to_vec();
    all.push("--json");
    serde_json::from_str(&did(served, &all)).unwrap()
}

/// What a command says that does not work; one line, and this exit code.
#[track_caller]
fn refused(served: &Served, args: &[&str], code: i32) -> String {
    let output = ask(served, args);
    let stderr = text(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{args:?}: {stderr}");
    assert_eq!(stderr.lines().count(), 1, "{stderr}");
    assert!(output.stdout.is_empty());
    stderr
}

#[test]
fn a_payment_lives_in_decimals_of_its_currency() {
    let served = served();
    let paid = did(&served, &["pay", "12.50", "USD", "--at", "2026-03-14T10:00:00Z"]);
    let id = paid.split(' ').next().unwrap().to_owned();
    assert_eq!(paid, format!("{id} payment captured 12.50 USD everywhere 2026-03-14T10:00:00Z"));
    let refund = did(&served, &["refund", &id, "2.5"]);
    assert!(refund.contains(&format!("refund of {id} ")), "{refund}");
    let refund = json(&served, &["refund", &id]);
    assert_eq!(refund["amount"], 1000, "the rest");
    let yen = json(&served, &["pay", "500", "JPY", "--merchant", "begateway"]);
    assert_eq!((&yen["amount"], &yen["merchant"]), (&500.into(), &"begateway".into()));
    let id = yen["id"].to_string();
    let settled = json(&served, &["settle", &id]);
    assert_eq!(settled["settled_at"], "2026-03-14T12:00:00Z");
    assert_eq!(json(&served, &["chargeback", &id])["kind"], "chargeback");
    let reserved = json(&served, &["pay", "1.234", "KWD", "--status", "authorized"]);
    assert_eq!(reserved["amount"], 1234);
    assert_eq!(json(&served, &["capture", &reserved["id"].to_string(), "1"])["amount"], 1000);
    let reserved = json(&served, &["pay", "3", "USD", "--status", "authorized"]);
    assert_eq!(json(&served, &["void", &reserved["id"].to_string()])["kind"], "void");
    for (args, code, part) in [
        (vec!["pay", "12.505", "USD"], 2, "has 3 decimals, and USD has 2"),
        (vec!["pay", "12", "USX"], 2, "did you mean `USD`?"),
        (vec!["pay", "12", "USD", "--merchant", "evrywhere"], 1, "did you mean `everywhere`?"),
        (vec!["pay", "12", "USD", "--at", "noon"], 2, "wanted is an instant"),
        (vec!["refund", "7"], 1, "7"),
        (vec!["refund", &id, "1.5"], 2, "and JPY has 0"),
        (vec!["refund", "seven"], 2, "'seven'"),
    ] {
        let stderr = refused(&served, &args, code);
        assert!(stderr.contains(part), "{args:?}: {stderr}");
    }
}

#[test]
fn the_clock_is_read_moved_and_reset() {
    let served = served();
    assert_eq!(did(&served, &["clock"]), "2026-03-14T12:00:00Z frozen");
    assert_eq!(did(&served, &["advance", "36h"]), "2026-03-16T00:00:00Z now");
    assert_eq!(did(&served, &["advance", "2026-03-17T00:00:00Z"]), "2026-03-17T00:00:00Z now");
    assert!(did(&served, &["clock", "run"]).ends_with(" running"));
    assert!(refused(&served, &["advance", "2026-01-01T00:00:00Z"], 1).contains("is past"));
    assert!(refused(&served, &["advance", "far"], 1).contains("it must be a length of time"));
    let reset = did(&served, &["reset"]);
    assert!(reset.contains("standing.toml as loaded, seed 42, 2026-03-14T12:00:00Z"), "{reset}");
    let history = did(&served, &["history"]);
    assert!(history.lines().count() >= 4 && history.contains("clock"), "{history}");
    // Another space has a clock of its own.
    did(&served, &["clock", "freeze", "2026-05-01T00:00:00Z", "--space", "t1"]);
    assert_eq!(did(&served, &["clock", "--space", "t1"]), "2026-05-01T00:00:00Z frozen");
    let spaces = did(&served, &["spaces"]);
    assert!(spaces.contains("(default)") && spaces.contains("\nt1 "), "{spaces}");
    assert!(refused(&served, &["clock", "--space", "a/b"], 2).contains("letters"));
}

#[test]
fn faults_are_made_listed_and_cleared() {
    let served = served();
    assert_eq!(did(&served, &["faults"]), "no faults");
    let made =
        did(&served, &["fault", "flitt", "delay", "ms=5", "--operation", "report", "--times", "2"]);
    assert!(made.contains("flitt report delay ms=5 times=2"), "{made}");
    let made = json(&served, &["fault", "all", "status", "status=503", "--every", "3"]);
    assert_eq!((&made["provider"], &made["every"]), (&Value::Null, &3.into()));
    let listed = did(&served, &["faults"]);
    assert_eq!(listed.lines().count(), 2, "{listed}");
    assert!(listed.contains("struck 0 of 0"), "{listed}");
    did(&served, &["faults", "clear", made["id"].as_str().unwrap()]);
    assert_eq!(did(&served, &["faults"]).lines().count(), 1);
    did(&served, &["faults", "clear"]);
    assert_eq!(did(&served, &["faults"]), "no faults");
    for (args, code, part) in [
        (vec!["fault", "flit", "reset"], 1, "did you mean `flitt`?"),
        (vec!["fault", "flitt", "resett"], 1, "did you mean `reset`?"),
        (vec!["fault", "flitt", "delay", "500"], 2, "wanted is NAME=VALUE"),
        (vec!["faults", "clear", "fault-9"], 1, "there is no fault `fault-9`"),
    ] {
        assert!(refused(&served, &args, code).contains(part), "{args:?}");
    }
}

#[test]
fn the_journal_lists_explains_and_follows() {
    let served = served();
    assert_eq!(did(&served, &["journal"]), "no such request has arrived");
    let curl = text(&run(&["curl", "begateway", "--url", &served.url]).stdout);
    let answered = std::process::Command::new("sh").args(["-c", &curl]).output().unwrap();
    assert!(answered.status.success(), "{}", text(&answered.stderr));
    let wrong = curl.replace("Basic MTpz", "Basic MTpT");
    assert_ne!(wrong, curl);
    std::process::Command::new("sh").args(["-c", &wrong]).output().unwrap();
    let listed = did(&served, &["journal"]);
    let lines: Vec<&str> = listed.lines().collect();
    assert_eq!(lines.len(), 2, "{listed}");
    assert!(lines[0].contains("begateway reports → 200 in "), "{listed}");
    assert!(lines[1].contains("begateway reports → refused: "), "{listed}");
    assert_eq!(did(&served, &["journal", "--outcome", "refused"]).lines().count(), 1);
    let entry = did(&served, &["journal", "2"]);
    let (first, rest) = entry.split_once('\n').unwrap();
    assert!(first.contains("refused: "), "{entry}");
    assert!(rest.contains("> POST /api/reports") && rest.contains("< 401"), "{entry}");
    assert!(!entry.contains("c2FuZHRpbGwtc2hvcC1zZWNyZXQ"), "{entry}");
    assert!(refused(&served, &["journal", "77"], 1).contains("there is no entry 77"));
    assert!(refused(&served, &["journal", "--outcome", "refusd"], 1).contains("`refused`"));
    let mut following = sandtill(&["journal", "--follow", "--url", &served.url])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut out = BufReader::new(following.stdout.take().unwrap());
    let mut line = String::new();
    for part in ["→ 200", "→ refused"] {
        line.clear();
        out.read_line(&mut line).unwrap();
        assert!(line.contains(part), "{line}");
    }
    std::process::Command::new("sh").args(["-c", &curl]).output().unwrap();
    line.clear();
    out.read_line(&mut line).unwrap();
    assert!(line.contains("    3  ") && line.contains("→ 200"), "{line}");
    following.kill().unwrap();
    following.wait().unwrap();
}

#[test]
fn who_cannot_be_asked_is_named_with_what_to_do() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let output = run(&["clock", "--url", &format!("http://{free}")]);
    assert_eq!(output.status.code(), Some(1));
    let stderr = text(&output.stderr);
    assert!(
        stderr.contains("start a server with `sandtill`") && stderr.contains("SANDTILL_URL"),
        "{stderr}"
    );
    assert_eq!(stderr.lines().count(), 1, "{stderr}");
    let served = Served::start(&["--scenario", "empty", "--quiet", "--admin-token", "t0ken"]);
    assert!(refused(&served, &["clock"], 1).contains("SANDTILL_ADMIN_TOKEN"));
    let wrong = refused(&served, &["clock", "--admin-token", "other"], 1);
    assert!(wrong.contains("does not know this admin token"), "{wrong}");
    let right = sandtill(&["clock"])
        .env("SANDTILL_URL", &served.url)
        .env("SANDTILL_ADMIN_TOKEN", "t0ken")
        .output()
        .unwrap();
    assert!(right.status.success(), "{}", text(&right.stderr));
}
