//! What `sandtill certify` does with a scenario that is a pack.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use toml::Spanned;

use super::duration;
use super::error::{ScenarioError, Source};

/// The steps of a pack.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(deny_unknown_fields)]
pub struct CertifyFile {
    /// How far the clock goes on between two runs of an importer, such as `36h`.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    pub advance: Vec<Spanned<String>>,
}

impl CertifyFile {
    pub(super) fn is_empty(&self) -> bool {
        self.advance.is_empty()
    }

    /// Checks the lengths of time.
    pub(super) fn check(&self, source: &Source<'_>) -> Result<(), ScenarioError> {
        for step in &self.advance {
            let text = step.get_ref();
            if !duration(text).is_some_and(|length| length.is_positive()) {
                let problem = format!("advance: `{text}` is no length of time like \"36h\"");
                return Err(source.at(step.span().start, problem));
            }
        }
        Ok(())
    }
}
