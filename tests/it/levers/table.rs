//! The table of levers and wires names tests that exist.

use std::path::Path;

const TABLE: &str = include_str!("../../../docs/levers.md");

/// The names of the functions with a test attribute in a file.
fn tests_of(path: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let name = |line: &str| {
        let (_, rest) = line.split_once("fn ")?;
        Some(rest.split('(').next()?.to_owned())
    };
    let tests = lines
        .iter()
        .enumerate()
        .filter(|(_, line)| line.starts_with("#[test]") || line.starts_with("#[tokio::test"));
    tests.filter_map(|(at, _)| lines[at + 1..].iter().find_map(|line| name(line))).collect()
}

/// Whether a test with this path, such as `levers::lag::a_name`, is in the tree.
fn exists(test: &str) -> bool {
    let (module, name) = test.rsplit_once("::").unwrap();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it");
    let file = module.replace("::", "/");
    let files = [root.join(format!("{file}.rs")), root.join(file).join("mod.rs")];
    files.iter().any(|file| tests_of(file).iter().any(|it| it == name))
}

#[test]
fn every_lever_names_a_test_or_a_reason_at_each_wire() {
    let (mut levers, mut named) = (0, 0);
    for line in TABLE.lines().filter(|line| line.starts_with("| ") && line.contains(" | ")) {
        let cells: Vec<&str> = line.trim_matches('|').split(" | ").map(str::trim).collect();
        if cells[0].parse::<u32>().is_err() {
            continue;
        }
        levers += 1;
        assert_eq!(cells[0], levers.to_string());
        assert_eq!(cells.len(), 7, "{line}");
        for cell in &cells[2..] {
            assert!(!cell.is_empty(), "{line}");
            for test in cell.split('`').filter(|part| part.contains("::")) {
                assert!(exists(test), "{test} in lever {levers}");
                named += 1;
            }
        }
    }
    assert_eq!(levers, 25);
    assert!(named > 90, "{named}");
    assert!(!exists("levers::lag::no_test_has_this_name"));
}
