//! The pages in a real browser: the story of a new user, the keyboard alone, accessibility, pictures.
//! Where there is no Chromium with its driver, these tests say that they were skipped.

mod axe;
mod driver;
mod keyboard;
mod pictures;
mod story;

use std::io::Write;

use serde_json::Value;

use crate::payfort;
use crate::support::Server;

/// A PayFort request with a signature that is not its own.
pub(crate) async fn wrong_signature(server: &Server) {
    let mut request = payfort::HOME.signed(&payfort::HOME.generate("r1"));
    request["signature"] = Value::from("deadbeef".repeat(8));
    payfort::send(server, &request).await;
}

/// Says that a test was skipped, and why.
fn skipped(why: &str) {
    let _ = writeln!(std::io::stderr(), "skipped: {why}");
}
