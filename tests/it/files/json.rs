//! Scenarios as JSON: places and keys as in TOML, and files and standard input with it.

use std::io::Write;
use std::process::{Command, Output, Stdio};

use super::{has, lines};

#[test]
fn the_places_are_those_of_the_json_text() {
    has(
        "{\"dayz\": 3,\n \"days\": \"x\"}",
        &[(1, 2, "dayz", "did you mean `days`?"), (2, 10, "days", "is the text \"x\"")],
    );
    has(
        "{\"merchant\":[{\"name\":\"a\"},{\"name\":\"a\"}]}",
        &[(1, 35, "merchant[1].name", "two merchants are called `a`")],
    );
    has("{\"merchant\":{\"name\":\"a\"}}", &[(1, 13, "merchant", "wanted is a list")]);
    has("{\"days\":1,\"days\":2}", &[(1, 11, "", "the key `days` is there twice")]);
    has("{\"days\":\n1,}", &[(2, 3, "", "not JSON")]);
    has("{\"dayz\":null}", &[(1, 2, "dayz", "unknown key")]);
}

#[test]
fn null_and_whole_decimals_mean_what_clients_mean() {
    let text = "{\"clock\":{\"now\":null},\"days\":90.0,\"seed\":18446744073709551615}";
    assert_eq!(lines(text), Vec::<String>::new());
}

fn run(args: &[&str], input: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_sandtill"))
        .args(args)
        .env_clear()
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

#[test]
fn check_takes_json_files_and_standard_input() {
    for good in
        ["{\"merchant\":[{\"name\":\"a\"}]}", "[[merchant]]\nname = \"a\"\n", "\u{feff}seed = 1\n"]
    {
        let output = run(&["check", "-"], good);
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        assert!(String::from_utf8_lossy(&output.stdout).starts_with("standard input: good"));
        let folder = tempfile::tempdir().unwrap();
        let file =
            folder.path().join(if good.starts_with('{') { "good.json" } else { "good.toml" });
        std::fs::write(&file, good).unwrap();
        assert_eq!(run(&["check", file.to_str().unwrap()], "").status.code(), Some(0));
    }
    let output = run(&["check", "-"], "{\"seeed\":1}");
    assert_eq!(output.status.code(), Some(2));
    let text = String::from_utf8_lossy(&output.stderr);
    assert_eq!(text, "standard input:1:2: seeed: unknown key `seeed`; did you mean `seed`?\n");
    let served = run(&["serve", "--listen", "127.0.0.1:0", "--scenario", "-"], "{\"seeed\":1}");
    assert_eq!(String::from_utf8_lossy(&served.stderr), text);
    assert_eq!(served.status.code(), Some(2));
}
