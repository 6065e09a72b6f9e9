//! The committed description is the one that the code makes, with examples played anew.

use serde::Serialize as _;
use serde_json::Value;

use super::{example_recorder, examples};

/// The description with the examples as they are played now.
async fn with_examples() -> Value {
    let mut description = sandtill::admin::described();
    let recorded = example_recorder::all().await;
    let paths = description.get_mut("paths").and_then(Value::as_object_mut).unwrap();
    examples::put(paths, &recorded);
    description
}

/// A value on a line each, not indented: half the size, and changes show all the same.
fn by_line(value: &Value) -> String {
    let mut text = Vec::new();
    let formatter = serde_json::ser::PrettyFormatter::with_indent(b"");
    value.serialize(&mut serde_json::Serializer::with_formatter(&mut text, formatter)).unwrap();
    String::from_utf8(text).unwrap() + "\n"
}

/// Where the description is committed.
const COMMITTED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/openapi.json");

#[tokio::test]
async fn the_committed_description_is_what_the_code_and_the_played_examples_make() {
    let made = by_line(&with_examples().await);
    if std::env::var_os("UPDATE_OPENAPI").is_some() {
        std::fs::write(COMMITTED, &made).unwrap();
    }
    let committed = std::fs::read_to_string(COMMITTED).unwrap();
    let differing = made.lines().zip(committed.lines()).position(|(made, it)| made != it);
    assert!(
        made == committed,
        "line {} is another one; UPDATE_OPENAPI=1 cargo test --test it openapi writes the file anew",
        differing.map_or(0, |line| line + 1)
    );
}
