//! Proofs of identity that fail: sixty mistakes, each made by a client of its own, and what is said of them.

mod basic;
mod bearer;
mod diagnose;

mod finer;
mod flitt;
mod payfort;

use crate::support::Server;

/// One mistake: its name, the words that must be said of it, and what was said.
struct Row {
    scheme: &'static str,
    mistake: &'static str,
    wanted: &'static str,
    likely_mistake: String,
}

impl Row {
    fn is_named(&self) -> bool {
        self.likely_mistake.contains(self.wanted)
    }
}

/// What the journal's list says of the last request.
async fn likely_mistake(server: &Server) -> String {
    let list = server.did("GET", "/journal?limit=1", "").await;
    let line = &list["entries"][0];
    assert_eq!(line["outcome"], "refused", "{line}");
    let whole = server.did("GET", &format!("/journal/{}", line["id"]), "").await;
    let explanation = whole["explanation"].as_object().unwrap();
    let members = ["string_to_sign", "expected", "received", "likely_mistake", "first_difference"];
    assert!(members.iter().all(|name| explanation.contains_key(*name)), "{explanation:?}");
    assert_eq!(explanation["likely_mistake"], line["likely_mistake"]);
    line["likely_mistake"].as_str().unwrap_or("").to_owned()
}

#[tokio::test]
async fn sixty_mistakes_are_named() {
    let mut rows = payfort::rows().await;
    rows.extend(flitt::rows().await);
    rows.extend(basic::rows().await);
    rows.extend(bearer::rows().await);
    let of = |scheme| rows.iter().filter(|row| row.scheme == scheme).count();
    assert_eq!([of("payfort"), of("flitt"), of("basic"), of("bearer")], [30, 12, 10, 8]);
    for row in &rows {
        let Row { scheme, mistake, likely_mistake, .. } = row;
        let mark = if row.is_named() { "named" } else { "NOT" };
        println!("{scheme} | {mistake} | {mark} | {likely_mistake}");
    }
    let missed: Vec<_> = rows.iter().filter(|row| !row.is_named()).map(|row| row.mistake).collect();
    assert!(missed.is_empty(), "{missed:?}");
}
