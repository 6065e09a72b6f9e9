//! Proofs of identity: how a client shows who it is, and what it probably did wrong when the proof fails.
//!
//! The schemes are a signature over a string ([`signed`]), HTTP Basic ([`basic`]) and a token in a header
//! ([`bearer`]). A provider declares how it signs and which credentials exist; nothing here knows a provider.
//! Everything runs only when a proof was refused, or when `POST /_admin/diagnose` asks, and is bounded.

pub mod basic;
pub mod bearer;
mod difference;
pub mod known;
mod lists;
mod mistakes;
mod readings;
mod received;
mod recipe;
mod search;
pub mod signed;
mod sums;

pub use lists::Lists;
pub use recipe::{Order, Pairing, Recipe, Wrap};

use axum::response::Response;

use crate::sandbox::journal::{Explanation, Hidden, Note};
use crate::sandbox::long_work::Threads;
use crate::wire::call::Call;

/// A secret that a client may have used, rightly or not.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret<'a> {
    /// What it is, as a phrase for people: `the response phrase`.
    pub says: String,
    /// What stands in its place in texts: `‹response phrase›`.
    pub placeholder: String,
    /// The secret.
    pub value: &'a str,
    /// Whether it is looked for together with other mistakes; of many secrets that would take too long.
    pub is_near: bool,
}

impl std::fmt::Debug for Secret<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Secret").field("says", &self.says).finish_non_exhaustive()
    }
}

impl<'a> Secret<'a> {
    /// A secret with this name, which is also its placeholder.
    #[must_use]
    pub fn new(name: &str, says: impl Into<String>, value: &'a str) -> Self {
        Self { says: says.into(), placeholder: format!("‹{name}›"), value, is_near: false }
    }

    /// A secret that is confused with the right one often.
    #[must_use]
    pub fn near(name: &str, says: impl Into<String>, value: &'a str) -> Self {
        Self { is_near: true, ..Self::new(name, says, value) }
    }

    fn hidden(&self) -> Hidden {
        Hidden { placeholder: self.placeholder.clone(), value: self.value.to_owned() }
    }
}

/// What a caller of `POST /_admin/diagnose` says of its own work.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Own {
    /// The string that it signed.
    pub string: Option<String>,
    /// The signature that it made.
    pub signature: Option<String>,
}

/// Explains the proof of a request; `None` if the request needs none.
pub type Diagnose = fn(&Call, &Own) -> Option<Explanation>;

/// Extension of an answer that refuses a signature and is not explained yet.
#[derive(Clone, Copy)]
struct Unproven;

/// Marks an answer that refuses a signature, so that [`explained`] adds the diagnosis to its note.
#[must_use]
pub fn unproven(mut response: Response) -> Response {
    response.extensions_mut().insert(Unproven);
    response
}

/// Adds the diagnosis to the note of a marked answer. It is computed beside the runtime, because a search for
/// pairs of mistakes takes milliseconds.
pub async fn explained(mut response: Response, call: Call, diagnose: Diagnose) -> Response {
    if response.extensions_mut().remove::<Unproven>().is_none() {
        return response;
    }
    let work = move |_| diagnose(&call, &Own::default());
    let explanation = Threads::shared().run(work).await;
    if let Some(note) = response.extensions_mut().get_mut::<Note>() {
        note.explanation = explanation.map(Box::new);
    }
    response
}

/// Adds the diagnosis of credentials or a token to the note of an answer; it takes microseconds.
#[must_use]
pub fn explained_now(mut response: Response, call: &Call, diagnose: Diagnose) -> Response {
    if let Some(note) = response.extensions_mut().get_mut::<Note>() {
        note.explanation = diagnose(call, &Own::default()).map(Box::new);
    }
    response
}
