//! Tests of `sandtill certify` with the two example importers of `docs/importers/`.

use std::process::{Command, Output};

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Runs `certify` in a folder with the example pack.
fn certify(folder: &std::path::Path, command: &str, args: &[&str]) -> Output {
    let pack = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/importers/late-monday.toml");
    Command::new(env!("CARGO_BIN_EXE_sandtill"))
        .args(["certify", "--provider", "begateway", "--rows", "rows.csv", "--packs", pack])
        .args(["--junit", "junit.xml", "--command", command])
        .args(args)
        .env_remove("SANDTILL_URL")
        .current_dir(folder)
        .output()
        .unwrap()
}

#[test]
fn the_importer_of_the_whole_range_passes_and_the_one_with_a_watermark_fails() {
    // CI machines without Python cannot run the examples.
    if Command::new("python3").arg("--version").output().is_err() {
        return println!("skipped: there is no python3 here");
    }
    let folder = tempfile::tempdir().unwrap();
    let importers = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/importers");
    let run = |name: &str| certify(folder.path(), &format!("python3 {importers}/{name}.py"), &[]);
    let junit = || std::fs::read_to_string(folder.path().join("junit.xml")).unwrap();
    std::fs::write(folder.path().join("rows.csv"), "of another day").unwrap();
    let right = run("whole_range");
    assert_eq!(right.status.code(), Some(0), "{}{}", text(&right.stdout), text(&right.stderr));
    let table = text(&right.stdout);
    let line = table.lines().nth(1).unwrap();
    assert!(line.starts_with("late-monday      passed "), "{table}");
    let rows: u64 = line.split_whitespace().nth(2).unwrap().parse().unwrap();
    assert!(rows > 500, "{table}");
    assert!(junit().contains("failures=\"0\""), "{}", junit());
    let wrong = run("watermark");
    let table = text(&wrong.stdout);
    assert_eq!(wrong.status.code(), Some(1), "{table}{}", text(&wrong.stderr));
    assert!(table.contains("late-monday      failed "), "{table}");
    assert!(table.contains("missing"), "{table}");
    assert!(junit().contains("the lever `jitter` shows it from"), "{}", junit());
    assert!(table.lines().all(|line| line.chars().count() <= 100), "{table}");
    assert!(junit().contains("<failure message="), "{}", junit());
    assert!(text(&wrong.stderr).contains("1 of 1 packs failed"), "{}", text(&wrong.stderr));
}

#[test]
fn a_command_that_fails_or_takes_too_long_is_shown_with_what_it_printed() {
    let folder = tempfile::tempdir().unwrap();
    let failed =
        certify(folder.path(), "echo $SANDTILL_FROM $SANDTILL_TO; echo broken >&2; exit 3", &[]);
    assert_eq!(failed.status.code(), Some(1), "{}", text(&failed.stderr));
    let table = text(&failed.stdout);
    assert!(table.contains("2026-03-02 2026-03-14") && table.contains("broken"), "{table}");
    assert!(table.contains("the command ended with 3"), "{table}");
    let slow = certify(folder.path(), "echo begun; sleep 60", &["--timeout", "100ms"]);
    let table = text(&slow.stdout);
    assert!(
        table.contains("the command was ended after 100ms") && table.contains("begun"),
        "{table}"
    );
    let empty = certify(folder.path(), "true", &[]);
    assert!(
        text(&empty.stdout).contains("the command left no rows.csv"),
        "{}",
        text(&empty.stdout)
    );
    let unknown = certify(folder.path(), "true", &["--merchant", "nobody"]);
    assert_eq!(unknown.status.code(), Some(2), "{}", text(&unknown.stderr));
    assert!(text(&unknown.stderr).contains("no merchant `nobody`"), "{}", text(&unknown.stderr));
}

#[test]
fn without_a_name_every_pack_that_is_built_in_runs() {
    if Command::new("python3").arg("--version").output().is_err() {
        return println!("skipped: there is no python3 here");
    }
    let folder = tempfile::tempdir().unwrap();
    let importers = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/importers");
    let certify = |importer: &str, more: &[&str]| {
        Command::new(env!("CARGO_BIN_EXE_sandtill"))
            .args(["certify", "--provider", "begateway", "--rows", "rows.csv"])
            .args(["--command", &format!("python3 {importers}/{importer}.py")])
            .args(more)
            .env_remove("SANDTILL_URL")
            .current_dir(folder.path())
            .output()
            .unwrap()
    };
    let right = certify("whole_range", &[]);
    let table = text(&right.stdout);
    assert_eq!(right.status.code(), Some(0), "{table}{}", text(&right.stderr));
    for pack in sandtill::sandbox::scenario::PACKS {
        let line = table.lines().find(|line| line.starts_with(&format!("{} ", pack.name)));
        assert!(line.is_some_and(|line| line.contains(" passed ")), "{}: {table}", pack.name);
    }
    let wrong = certify("watermark", &["--packs", "late-monday,month-end"]);
    let table = text(&wrong.stdout);
    assert!(text(&wrong.stderr).contains("2 of 2 packs failed"), "{table}{}", text(&wrong.stderr));
    let unknown = certify("watermark", &["--packs", "late-tuesday"]);
    assert_eq!(unknown.status.code(), Some(2));
    let problem = text(&unknown.stderr);
    assert!(problem.contains("built in: late-monday, month-end, dst-night"), "{problem}");
}
