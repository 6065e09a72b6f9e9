//! Tests of `sandtill reconcile`: exit codes, what is printed, the JUnit file.

use std::process::{Command, Output};

use serde_json::{Value, json};

use super::DAYS;
use super::importers::import;
use crate::support::Server;

async fn run(url: &str, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sandtill"));
    command.arg("reconcile").args(args).env_clear().env("SANDTILL_URL", url);
    tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_right_import_exits_with_0_a_wrong_one_with_1_and_an_unreadable_one_with_2() {
    let server = Server::start().await;
    let folder = tempfile::tempdir().unwrap();
    let (file, junit) = (folder.path().join("rows.json"), folder.path().join("junit.xml"));
    let (first, last) = (DAYS.0.to_string(), DAYS.1.to_string());
    let args = [
        file.to_str().unwrap(),
        "--provider",
        "begateway",
        "--merchant",
        "everywhere",
        "--from",
        &first,
        "--to",
        &last,
        "--junit",
        junit.to_str().unwrap(),
    ];
    let mut rows = import(&server, "begateway", "everywhere", DAYS).await;
    let write = |rows: &[Value]| std::fs::write(&file, json!(rows).to_string()).unwrap();
    write(&rows);
    let right = run(&server.url, &args).await;
    assert_eq!(right.status.code(), Some(0), "{}", text(&right.stderr));
    assert!(text(&right.stdout).contains(", 0 wrong"), "{}", text(&right.stdout));
    assert!(std::fs::read_to_string(&junit).unwrap().contains("failures=\"0\""));
    let lost = rows.remove(7);
    write(&rows);
    let wrong = run(&server.url, &args).await;
    assert_eq!(wrong.status.code(), Some(1));
    let (out, err) = (text(&wrong.stdout), text(&wrong.stderr));
    assert!(out.contains(&format!("missing           {}", lost["id"])), "{out}");
    assert!(err.contains("1 row is wrong"), "{err}");
    assert!(std::fs::read_to_string(&junit).unwrap().contains("failures=\"1\""));
    std::fs::write(&file, "id,amount\n1,\"2,50\"\n").unwrap();
    let unreadable = run(&server.url, &args).await;
    assert_eq!(unreadable.status.code(), Some(2));
    let err = text(&unreadable.stderr);
    assert!(err.contains("rows.json: line 2, column `amount`: `2,50` has a comma"), "{err}");
    let away = run("http://127.0.0.1:1", &args).await;
    assert_eq!(away.status.code(), Some(1), "{}", text(&away.stderr));
}
