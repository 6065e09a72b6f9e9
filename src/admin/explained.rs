//! The explanation of a refused proof as JSON: in journal entries and from `POST /_admin/diagnose`.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::entry::Secrets;
use crate::recorder::redaction::Redaction;
use crate::sandbox::journal::Explanation;

/// What helps to correct a request. Secrets are replaced by their names unless they are asked for.
#[derive(Debug, JsonSchema, Serialize)]
#[schemars(rename = "Explanation", extend("additionalProperties" = true))]
pub(super) struct Explained {
    /// The text that had to be signed, or to be encoded for HTTP Basic.
    #[serde(skip_serializing_if = "Option::is_none")]
    string_to_sign: Option<String>,
    /// The proof of identity that was expected.
    #[serde(skip_serializing_if = "Option::is_none")]
    expected: Option<String>,
    /// The proof of identity that came.
    #[serde(skip_serializing_if = "Option::is_none")]
    received: Option<String>,
    /// The most likely mistake.
    #[serde(skip_serializing_if = "Option::is_none")]
    likely_mistake: Option<String>,
    /// Where the string of the client first differs from ours.
    #[serde(skip_serializing_if = "Option::is_none")]
    first_difference: Option<FirstDifference>,
}

#[derive(Debug, JsonSchema, Serialize)]
struct FirstDifference {
    /// Characters in front of it, the same in both strings.
    at: usize,
    ours: String,
    yours: String,
}

/// The members of an explanation, all of them, `null` where there is nothing to say.
pub(super) fn explained(
    explanation: Explanation,
    redaction: &Redaction,
    secrets: Secrets,
) -> Map<String, Value> {
    let explanation = match secrets {
        Secrets::Shown => explanation.shown(),
        Secrets::Masked => explanation,
    };
    let text = |text: &Option<String>| text.as_deref().map(|it| redaction.text(it));
    let difference = explanation.first_difference.as_ref().map(|it| {
        json!({"at": it.at, "ours": redaction.text(&it.ours), "yours": redaction.text(&it.yours)})
    });
    let mut members = Map::new();
    for (name, value) in [
        ("string_to_sign", json!(text(&explanation.string_to_sign))),
        ("expected", json!(text(&explanation.expected))),
        ("received", json!(text(&explanation.received))),
        ("likely_mistake", json!(text(&explanation.likely_mistake))),
        ("first_difference", json!(difference)),
    ] {
        members.insert(name.to_owned(), value);
    }
    let others = explanation.others.iter();
    members.extend(others.map(|(name, value)| ((*name).to_owned(), redaction.text(value).into())));
    members
}
