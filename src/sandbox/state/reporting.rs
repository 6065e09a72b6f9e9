//! The reporting lag of each provider in a space.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::sandbox::ledger::Reporting;
use crate::sandbox::scenario::{ReportingError, ReportingFile};

/// The reporting lag of a provider: as it was written, and the rules read from it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "ReportingFile", into = "ReportingFile")]
pub struct ReportingSetting {
    /// The setting as the client or the scenario wrote it.
    pub file: ReportingFile,
    /// The parsed form of `file`.
    pub rules: Arc<Reporting>,
}

impl TryFrom<ReportingFile> for ReportingSetting {
    type Error = ReportingError;

    fn try_from(file: ReportingFile) -> Result<Self, ReportingError> {
        Ok(Self { rules: Arc::new(file.to_rules()?), file })
    }
}

impl From<ReportingSetting> for ReportingFile {
    fn from(setting: ReportingSetting) -> Self {
        setting.file
    }
}

/// The settings by slug of the provider; a provider without one reports at once.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ReportingTable(BTreeMap<String, ReportingSetting>);

impl ReportingTable {
    /// The settings with which a scenario begins.
    #[must_use]
    pub fn new(files: &BTreeMap<&'static str, ReportingFile>) -> Self {
        let mut table = Self::default();
        files.iter().for_each(|(provider, file)| table.set(provider, file));
        table
    }

    /// Whether every provider reports at once.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The setting of a provider; `None` if it reports at once.
    #[must_use]
    pub fn of(&self, provider: &str) -> Option<&ReportingSetting> {
        self.0.get(provider)
    }

    /// The slugs of the providers with a setting.
    pub fn providers(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// Replaces the setting of a provider. A file that cannot be read, which its check excludes, changes
    /// nothing.
    pub(in crate::sandbox) fn set(&mut self, provider: &str, file: &ReportingFile) {
        match ReportingSetting::try_from(file.clone()) {
            Ok(setting) if *setting.rules == Reporting::default() => {
                self.0.remove(provider);
            }
            Ok(setting) => {
                self.0.insert(provider.to_owned(), setting);
            }
            Err(_) => {}
        }
    }
}
