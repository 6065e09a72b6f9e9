//! What `sandtill certify` does with a scenario that is a pack.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::document::Path;
use super::duration;
use super::mistakes::Mistakes;

/// The steps of a pack.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(deny_unknown_fields)]
pub struct CertifyFile {
    /// How far the clock goes on between two runs of an importer, such as `36h`.
    #[serde(default)]
    pub advance: Vec<String>,
}

impl CertifyFile {
    pub(super) fn is_empty(&self) -> bool {
        self.advance.is_empty()
    }

    /// Checks the lengths of time.
    pub(super) fn check(&self, mistakes: &mut Mistakes<'_, '_>) {
        for text in &self.advance {
            if !duration(text).is_some_and(|length| length.is_positive()) {
                let problem = format!("`{text}` is no length of time like \"36h\"");
                mistakes.add(&Path::of("certify").key("advance"), problem);
            }
        }
    }
}
