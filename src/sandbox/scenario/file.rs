//! Reads the file of a scenario, or standard input.

use std::io::Read;

use super::error::{ScenarioError, unreadable};

/// The greatest size of a scenario file: 64 MiB.
const MAX_FILE: u64 = 64 * 1024 * 1024;

/// The name for messages and the content of a file; `-` is standard input.
pub(super) fn read(name: &str) -> Result<(String, Vec<u8>), ScenarioError> {
    let mut bytes = Vec::new();
    let shown = if name == "-" { "standard input" } else { name };
    let read = if name == "-" {
        std::io::stdin().lock().take(MAX_FILE + 1).read_to_end(&mut bytes)
    } else {
        std::fs::File::open(name).and_then(|file| file.take(MAX_FILE + 1).read_to_end(&mut bytes))
    };
    read.map_err(|err| unreadable(shown, &err))?;
    if u64::try_from(bytes.len()).is_ok_and(|length| length > MAX_FILE) {
        let problem = format!("has more than {MAX_FILE} bytes, the most for a scenario");
        return Err(ScenarioError::plain(shown, problem));
    }
    Ok((shown.to_owned(), bytes))
}
