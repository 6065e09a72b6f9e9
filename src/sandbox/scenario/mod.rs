//! Scenarios: the file format, the built-in files, and loading.
//!
//! A text becomes a tree whose parts know their places (`document`), the tree becomes a `format`
//! (`reader`), and what is wrong in the text or in the format is collected (`mistakes`, `error`).
//! `transaction` and `fault` (with `fault_kind`, `fault_schema` and `fault_status`) are the tables with these
//! names (also used by the admin API), `fault_check` says whether anybody can meet a fault, `pinned` is what
//! a file adds to the ledger, `vocabulary` is what the providers allow in a file.

mod builtin;
mod certify;
mod credentials;
mod document;
mod error;
mod fault;
mod fault_check;
mod fault_kind;
mod fault_schema;
mod fault_status;
mod file;
mod format;
mod mistakes;
mod pinned;
mod reader;
mod reporting;
pub mod schema;
mod trade_file;
mod transaction;
mod transaction_check;
mod vocabulary;
mod written;
mod wrong;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::SignedDuration;

pub use builtin::{BUILT_IN, BuiltIn, PACKS, built_in, built_ins};
pub use error::{Mistake, ScenarioError, explain, nearest, suggestion};
pub use fault::{FaultFile, WhenFile};
pub use fault_check::{Answerable, RowSource};
pub use fault_kind::{FaultKindFile, RetryAfterFile};
pub use format::{ClockFile, MerchantFile, OneOrMany, RowFile, ScenarioFile, TradeFile};
pub use reporting::{ReportingError, ReportingFile, VisibleAtFile};
pub use transaction::{CardFile, CustomerFile, TransactionError, TransactionFile};
pub use vocabulary::{
    Dialect, Field, Quirk, SettingSpec, SettingValue, Vocabulary, check_number, currency, duration,
};

use self::document::{Document, Path};
use self::mistakes::Mistakes;
use super::ledger::{GeneratedLedger, MerchantLedger, Reporter};
use super::merchant::{Credential, Merchant, MerchantId};
use super::policy::Policy;

/// Generated payments of all merchants in a window at most. A payment takes about 50 bytes, so this is
/// somewhat more than a gigabyte when all of them are read.
pub const MAX_PAYMENTS: u64 = 25_000_000;

/// A scenario that was read and checked.
#[derive(Debug)]
pub struct Scenario {
    /// The name of the built-in scenario, or the path of the file.
    pub name: String,
    /// The seed of all generated data.
    pub seed: u64,
    /// The length of the window in days, when the space is created: it begins so many days before that day.
    pub days: u32,
    /// The mode and the first instant of the clock.
    pub clock: ClockFile,
    /// The merchants with their generated ledgers, in the order of the file.
    pub ledgers: Arc<[MerchantLedger]>,
    /// The quirks that are on, as `provider.name`.
    pub quirks: BTreeSet<String>,
    /// The settings of all providers by `provider.name`; settings that the file omits have their defaults.
    pub settings: BTreeMap<String, SettingValue>,
    /// The reporting lag of the providers at the beginning, by slug.
    pub reporting: BTreeMap<&'static str, ReportingFile>,
    /// The providers as far as their reports can lag.
    reporters: Vec<Reporter>,
    /// The callback policies of the providers that send callbacks.
    policies: Vec<&'static Policy>,
    /// The parsed file, for the admin API and snapshots.
    pub file: ScenarioFile,
}

/// Values of the command line that replace those of the scenario.
#[derive(Clone, Debug, Default)]
pub struct Overrides {
    /// Another seed.
    pub seed: Option<u64>,
    /// Other quirks: names, or `documented` or `observed` alone.
    pub quirks: Option<Vec<String>>,
}

impl Scenario {
    /// Reads a scenario from TOML text, or from JSON with the same keys.
    ///
    /// # Errors
    ///
    /// Everything that is wrong, with file, line, column and key, and what was probably meant.
    pub fn parse(
        name: &str,
        text: &str,
        vocabulary: &Vocabulary,
        overrides: &Overrides,
    ) -> Result<Self, ScenarioError> {
        Self::of(&Document::of(name, text.as_bytes()), vocabulary, overrides)
    }

    /// Reads a scenario from TOML text.
    ///
    /// # Errors
    ///
    /// Everything that is wrong, with line, column and key, and what was probably meant.
    pub fn parse_toml(
        name: &str,
        text: &[u8],
        vocabulary: &Vocabulary,
        overrides: &Overrides,
    ) -> Result<Self, ScenarioError> {
        Self::of(&Document::of_toml(name, text), vocabulary, overrides)
    }

    /// Reads a scenario from JSON text with the same keys as a TOML file.
    ///
    /// # Errors
    ///
    /// Everything that is wrong, with line, column and key, and what was probably meant.
    pub fn parse_json(
        name: &str,
        text: &[u8],
        vocabulary: &Vocabulary,
        overrides: &Overrides,
    ) -> Result<Self, ScenarioError> {
        Self::of(&Document::of_json(name, text), vocabulary, overrides)
    }

    /// Loads a built-in scenario by name, or a file by path; `-` is standard input.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with the scenario, or that neither exists.
    pub fn load(
        name: &str,
        vocabulary: &Vocabulary,
        overrides: &Overrides,
    ) -> Result<Self, ScenarioError> {
        if let Some(built_in) = built_in(name) {
            return Self::parse(name, built_in.text, vocabulary, overrides);
        }
        let (name, bytes) = file::read(name)?;
        let is_json = name.ends_with(".json");
        let document =
            if is_json { Document::of_json(&name, &bytes) } else { Document::of(&name, &bytes) };
        Self::of(&document, vocabulary, overrides)
    }

    fn of(
        document: &Document<'_>,
        vocabulary: &Vocabulary,
        overrides: &Overrides,
    ) -> Result<Self, ScenarioError> {
        let mut mistakes = Mistakes::of(document);
        if document.has_broken_header() {
            return Err(mistakes.into_error());
        }
        let Some(mut file) = reader::read::<ScenarioFile>(&mut mistakes) else {
            return Err(mistakes.into_error());
        };
        file.check_values(&mut mistakes);
        let seed = overrides.seed.unwrap_or(file.seed);
        let quirks = vocabulary.quirks(&mut mistakes, &file.quirks, overrides.quirks.as_deref())?;
        let settings = vocabulary.settings(&mut mistakes, &file.settings);
        let merchants = file.merchants(&mut mistakes, vocabulary);
        file.check_faults(&mut mistakes, vocabulary);
        file.certify.check(&mut mistakes);
        let reporting = reporting::read(&mut mistakes, vocabulary, &file.reporting);
        let ledgers: Vec<MerchantLedger> = merchants
            .into_iter()
            .map(|merchant| MerchantLedger {
                generated: Arc::new(GeneratedLedger::new(
                    seed,
                    &merchant.name,
                    merchant.trade.clone(),
                )),
                merchant: Arc::new(merchant),
            })
            .collect();
        let scenario = Self {
            name: document.name.to_owned(),
            seed,
            days: file.days,
            clock: file.clock.clone(),
            ledgers: ledgers.into(),
            quirks,
            settings,
            reporting,
            reporters: vocabulary.reporters(),
            policies: vocabulary.policies(),
            file,
        };
        if let Err(problem) = scenario.check_window(scenario.days) {
            mistakes.add(&Path::of("days"), problem);
        }
        // A mistake in a pinned transaction or row has to show now, not at the first request.
        let now = scenario.clock.now.unwrap_or_else(super::clock::real_now);
        scenario.check_pinned(&mut mistakes, vocabulary, now);
        if mistakes.is_empty() { Ok(scenario) } else { Err(mistakes.into_error()) }
    }

    fn ledger(&self, merchant: &str) -> Option<&MerchantLedger> {
        self.ledgers.iter().find(|ledger| ledger.merchant.name == merchant)
    }

    /// The merchants, in the order of the file.
    pub fn merchants(&self) -> impl Iterator<Item = &Arc<Merchant>> {
        self.ledgers.iter().map(|ledger| &ledger.merchant)
    }

    /// Whether the reports of any merchant tell rows twice.
    #[must_use]
    pub fn repeats(&self) -> bool {
        self.merchants().any(|merchant| merchant.trade.repeated > 0)
    }

    /// The slugs of the providers whose reports can lag.
    pub fn reporters(&self) -> impl Iterator<Item = &'static str> + use<'_> {
        self.reporters.iter().map(|reporter| reporter.provider)
    }

    /// The merchant with this name.
    #[must_use]
    pub fn merchant(&self, name: &str) -> Option<&Arc<Merchant>> {
        self.ledger(name).map(|ledger| &ledger.merchant)
    }

    /// Checks that a window of this many days holds no more than [`MAX_PAYMENTS`] payments of all merchants.
    ///
    /// # Errors
    ///
    /// A sentence for the user with both numbers.
    pub fn check_window(&self, days: u32) -> Result<(), String> {
        let volumes = self.merchants().map(|merchant| u64::from(merchant.trade.volume));
        let payments = volumes.sum::<u64>() * u64::from(days);
        match payments <= MAX_PAYMENTS {
            true => Ok(()),
            false => Err(format!(
                "a window of {days} days would hold about {payments} payments; the most is \
                 {MAX_PAYMENTS}, because each takes memory"
            )),
        }
    }

    /// All credentials at a provider, each with its merchant, in the order of the file.
    pub fn credentials<'a>(
        &'a self,
        provider: &'a str,
    ) -> impl Iterator<Item = (&'a Arc<Merchant>, &'a Credential)> {
        self.merchants().flat_map(move |merchant| {
            let own = merchant.credentials.get(provider).into_iter().flatten();
            own.map(move |credential| (merchant, credential))
        })
    }

    /// The callback policy of a provider; `None` when it sends no callbacks.
    #[must_use]
    pub fn policy(&self, provider: &str) -> Option<&'static Policy> {
        self.policies.iter().copied().find(|policy| policy.provider == provider)
    }

    /// A provider as far as its reports can lag; `None` for an unknown slug.
    #[must_use]
    pub fn reporter(&self, provider: &str) -> Option<Reporter> {
        self.reporters.iter().copied().find(|reporter| reporter.provider == provider)
    }

    /// Whether a quirk (`provider.name`) is on.
    #[must_use]
    pub fn has_quirk(&self, name: &str) -> bool {
        self.quirks.contains(name)
    }

    /// The value of a whole-number setting (`provider.name`); 0 when no provider declares it.
    #[must_use]
    pub fn number(&self, name: &str) -> i64 {
        match self.settings.get(name) {
            Some(SettingValue::Number(number)) => *number,
            _ => 0,
        }
    }

    /// The value of a duration setting (`provider.name`), sandbox time; zero when no provider declares it.
    #[must_use]
    pub fn duration(&self, name: &str) -> SignedDuration {
        match self.settings.get(name) {
            Some(SettingValue::Duration(duration)) => *duration,
            _ => SignedDuration::ZERO,
        }
    }

    /// The value of a text setting (`provider.name`); empty when no provider declares it.
    #[must_use]
    pub fn text(&self, name: &str) -> &str {
        match self.settings.get(name) {
            Some(SettingValue::Text(text)) => text,
            _ => "",
        }
    }
}

/// The id of the merchant at this position of a file; `None` for a position above 99.
fn merchant_id(source: usize) -> Option<MerchantId> {
    u8::try_from(source).ok().filter(|source| *source < 100).map(MerchantId)
}
