//! The reader meets texts that are no scenarios: it says what is wrong, and never more than that.

use proptest::prelude::*;
use sandtill::providers;
use sandtill::sandbox::scenario::{BUILT_IN, Overrides, Scenario};

use super::{has, lines, mistakes};

fn load(bytes: &[u8]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("f");
    std::fs::write(&file, bytes).unwrap();
    let read =
        Scenario::load(file.to_str().unwrap(), &providers::vocabulary(), &Overrides::default());
    read.map_or_else(|err| err.to_string(), |_| String::new())
}

#[test]
fn nothing_is_a_scenario_without_merchants() {
    for empty in ["", "\n\n", "# a comment\n", "{}"] {
        assert_eq!(lines(empty), Vec::<String>::new(), "{empty:?}");
    }
}

#[test]
fn other_encodings_are_named() {
    assert!(load(b"seed = 1\nname = \"\xff\"\n").contains("f:2:9: name: the text is not UTF-8"));
    assert!(load(b"\xff\xfes\x00").contains("f:1:1: the text is UTF-16"));
    assert!(load(b"\0\0\0").contains("f:1:1: "));
}

#[test]
fn broken_lines_are_told_together_and_nothing_that_follows_from_them() {
    let text = "days = \nseed = 1 2\n[[merchant]]\nname \"shop\"\n";
    let found = mistakes(text);
    let places: Vec<_> = found.iter().map(|it| it.line.unwrap()).collect();
    assert_eq!(places, [1, 2, 4], "{found:?}");
    // The keys below a broken head belong to nothing.
    let found = mistakes("[[merchant]\nname = \"shop\"\namount = 3\n");
    assert!(found.iter().all(|it| it.line == Some(1)) && !found.is_empty(), "{found:?}");
    has("days = 1\ndays = 2\n", &[(2, 1, "days", "is there twice")]);
    has("days = thirty\n", &[(1, 8, "days", "text in quotes")]);
    has("[clock]\n[clock]\n", &[(2, 2, "clock", "is there twice")]);
}

#[test]
fn deep_and_long_texts_are_refused_in_a_sentence() {
    let deep = format!("{{\"merchant\":{}{}}}", "[".repeat(100_000), "]".repeat(100_000));
    assert!(lines(&deep).join("\n").contains("deep"), "{:.300}", lines(&deep).join("\n"));
    let deep = format!("merchant = {}{}", "[".repeat(100_000), "]".repeat(100_000));
    assert!(!lines(&deep).is_empty());
    let dotted = format!("{}a = 1\n", "a.".repeat(20_000));
    assert!(!lines(&dotted).is_empty());
    let long = format!("{} = 1\n", "k".repeat(1_000_000));
    let line = lines(&long).join("\n");
    assert!(line.contains("unknown key") && line.len() < 1_000, "{line:.300}");
    let long = format!("days = \"{}\"\n", "x".repeat(1_000_000));
    let line = lines(&long).join("\n");
    assert!(line.contains("wanted is a whole number") && line.len() < 1_000, "{line:.300}");
}

#[test]
fn a_file_without_an_end_and_a_folder_are_refused() {
    let read = |name: &str| {
        let read = Scenario::load(name, &providers::vocabulary(), &Overrides::default());
        read.unwrap_err().to_string()
    };
    assert_eq!(
        read("/dev/zero"),
        "/dev/zero: has more than 67108864 bytes, the most for a scenario"
    );
    assert!(read("/tmp").starts_with("/tmp: cannot be read: "), "{}", read("/tmp"));
    assert!(read("defualt").contains("did you mean `default`?"));
}

#[test]
fn a_list_or_a_word_is_no_scenario() {
    for text in ["[1]", "7", "\"default\"", "null"] {
        let read = Scenario::parse_json(
            "t",
            text.as_bytes(),
            &providers::vocabulary(),
            &Overrides::default(),
        );
        let message = read.unwrap_err().to_string();
        assert!(
            message.starts_with("t:1:1: the scenario: is ") && message.contains("an object"),
            "{message}"
        );
    }
}

/// A piece of a built-in scenario with some of its bytes replaced.
fn damaged() -> impl Strategy<Value = String> {
    let texts: Vec<&'static str> =
        BUILT_IN.iter().map(|it| it.text).filter(|text| text.len() < 5000).collect();
    let damage = proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6);
    (proptest::sample::select(texts), damage).prop_map(|(text, damage)| {
        let mut bytes = text.as_bytes().to_vec();
        for (index, byte) in damage {
            let at = index.index(bytes.len());
            bytes[at] = byte;
        }
        String::from_utf8_lossy(&bytes).into_owned()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_damaged_scenario_is_read_or_refused_at_places_that_exist(text in damaged()) {
        let text = text.as_str();
        for mistake in mistakes(text) {
            let line = mistake.line.unwrap();
            prop_assert!(line <= text.split('\n').count(), "{mistake:?}");
            let width = text.split('\n').nth(line - 1).unwrap().chars().count();
            prop_assert!(mistake.column.unwrap() <= width + 1, "{mistake:?}");
            prop_assert!(!mistake.problem.is_empty());
        }
    }
}
