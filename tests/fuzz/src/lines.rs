//! The lines of an event log: what is read and written again is the same, and can be followed.

use std::sync::Arc;

use sandtill::providers;
use sandtill::sandbox::digest;
use sandtill::sandbox::log::Line;
use sandtill::sandbox::log::line::{Codec, check_whole};
use sandtill::sandbox::world::World;

use super::bench::Bench;

/// A line with the checksum that belongs to its content.
fn framed(content: &str) -> String {
    let sha256 = digest::sha256(content.as_bytes());
    format!("{{\"v\":1,\"sha256\":\"{sha256}\",\"line\":{content}}}")
}

/// The contents of lines: events, numbered from 1. The first byte of a line says what it is read as: `h` a
/// header, `c` a checkpoint, `r` a line as it is, anything else an event.
pub(crate) fn run(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let scenario = Bench::run(Bench::scenario);
    let codec = Codec::new(Arc::clone(&scenario), providers::vocabulary());
    let mut world: Option<World> = None;
    let mut id = 0;
    for content in text.lines().take(20) {
        let (kind, rest) = content.split_at_checked(1).unwrap_or(("", content));
        match kind {
            "h" => drop(Codec::read_header(&framed(rest))),
            "r" => drop(check_whole("the line", rest.as_bytes())),
            "c" => checkpoint(&codec, rest),
            _ => {
                id += 1;
                event(&codec, &mut world, Line { id, text: framed(content) });
            }
        }
    }
}

fn checkpoint(codec: &Codec, content: &str) {
    let line = Line { id: 1, text: framed(content) };
    let Ok(read) = codec.read_checkpoint("space", &line) else { return };
    let written = codec.write_checkpoint(&read).expect("what was read can be written");
    let again = codec.read_checkpoint("space", &written).expect("what was written can be read");
    assert_eq!(codec.write_checkpoint(&again).expect("as before"), written);
}

fn event(codec: &Codec, world: &mut Option<World>, line: Line) {
    let Ok(record) = codec.read("space", &line) else { return };
    let written = codec.write(&record).expect("what was read can be written");
    let again = codec.read("space", &written).expect("what was written can be read");
    assert_eq!(codec.write(&again).expect("as before"), written);
    match world {
        None => *world = World::fold("space", [&record]).ok(),
        // An event that does not follow is refused, and the world stays.
        Some(world) => {
            let _refused = world.follow(&record);
        }
    }
}
