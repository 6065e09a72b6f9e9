//! Scenarios: the file format, the built-in files, and loading.
//!
//! `format` is the content of a file, `transaction` and `fault` (with `fault_kind`) are its tables with the
//! same names (also used by the admin API), `fault_check` says whether anybody can meet a fault, `vocabulary` is what the providers allow in a file, `error` describes errors in a file.

mod builtin;
mod certify;
mod error;
mod fault;
mod fault_check;
mod fault_kind;
mod format;
mod reporting;
pub mod schema;
mod trade_file;
mod transaction;
mod vocabulary;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

pub use builtin::{BUILT_IN, BuiltIn};
pub use error::{ScenarioError, explain, nearest, suggestion};
pub use fault::{FaultFile, WhenFile};
pub use fault_check::Answerable;
pub use fault_kind::FaultKindFile;
pub use format::{ClockFile, MerchantFile, OneOrMany, RowFile, ScenarioFile, TradeFile};
pub use reporting::{ReportingError, ReportingFile, VisibleAtFile};
pub use transaction::{CardFile, CustomerFile, TransactionError, TransactionFile};
pub use vocabulary::{Dialect, Field, Quirk, SettingSpec, SettingValue, Vocabulary, duration};

use super::generate::calendar;
use super::ledger::{Additions, GeneratedLedger, MerchantLedger, PinnedRow, Reporter};
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
    /// Reads a scenario from TOML text.
    ///
    /// # Errors
    ///
    /// What is wrong, with file, line and field, and what was probably meant.
    pub fn parse(
        name: &str,
        text: &str,
        vocabulary: &Vocabulary,
        overrides: &Overrides,
    ) -> Result<Self, ScenarioError> {
        let file = format::parse(name, text)?;
        Self::of(name, text, file, vocabulary, overrides)
    }

    /// Reads a scenario from JSON text with the same keys as a TOML file.
    ///
    /// # Errors
    ///
    /// What is wrong, with the field, and what was probably meant.
    pub fn parse_json(
        name: &str,
        text: &[u8],
        vocabulary: &Vocabulary,
        overrides: &Overrides,
    ) -> Result<Self, ScenarioError> {
        let (toml, seed) = format::toml_of_json(name, text)?;
        let overrides = Overrides { seed: overrides.seed.or(seed), ..overrides.clone() };
        Self::parse(name, &toml, vocabulary, &overrides)
    }

    /// Loads a built-in scenario by name, or a file by path.
    ///
    /// # Errors
    ///
    /// What is wrong with the scenario, or that neither exists.
    pub fn load(
        name: &str,
        vocabulary: &Vocabulary,
        overrides: &Overrides,
    ) -> Result<Self, ScenarioError> {
        if let Some(built_in) = BUILT_IN.iter().find(|built_in| built_in.name == name) {
            return Self::parse(name, built_in.text, vocabulary, overrides);
        }
        let text = std::fs::read_to_string(name).map_err(|err| error::unreadable(name, &err))?;
        Self::parse(name, &text, vocabulary, overrides)
    }

    fn of(
        name: &str,
        text: &str,
        file: ScenarioFile,
        vocabulary: &Vocabulary,
        overrides: &Overrides,
    ) -> Result<Self, ScenarioError> {
        let source = error::Source { name, text };
        let seed = overrides.seed.unwrap_or(file.seed);
        let quirks = vocabulary.quirks(&source, &file.quirks, overrides.quirks.as_deref())?;
        let settings = vocabulary.settings(&source, &file.settings)?;
        let merchants = file.merchants(&source, vocabulary)?;
        file.check_faults(&source, vocabulary)?;
        file.certify.check(&source)?;
        let reporting = reporting::read(&source, vocabulary, &file.reporting)?;
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
            name: name.to_owned(),
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
        let fits = scenario.check_window(scenario.days);
        fits.map_err(|problem| source.complain("days", problem))?;
        // An error in a pinned transaction or row has to show now, not at the first request.
        let now = scenario.clock.now.unwrap_or_else(super::clock::real_now);
        scenario.pinned(&source, now, now)?;
        Ok(scenario)
    }

    /// The pinned transactions and rows of the scenario, where the clock shows `now` and the window ended at
    /// `window_end`.
    #[must_use]
    pub fn additions(&self, window_end: Timestamp, now: Timestamp) -> Additions {
        let source = error::Source { name: &self.name, text: "" };
        // The same rows were checked when the scenario was read, so no error is expected here.
        let none = || Additions::none(self.ledgers.len());
        self.pinned(&source, window_end, now).unwrap_or_else(|_| none())
    }

    fn pinned(
        &self,
        source: &error::Source<'_>,
        window_end: Timestamp,
        now: Timestamp,
    ) -> Result<Additions, ScenarioError> {
        let first = calendar::day_of(window_end.as_second()).saturating_sub(self.days);
        let mut additions = Additions::none(self.ledgers.len());
        let mut labels = BTreeMap::new();
        for (number, pinned) in (1..).zip(&self.file.transaction) {
            let field = format!("transaction {number}");
            let complain = |problem: String| source.complain(&field, problem);
            let ledger = self.pinned_ledger(source, &field, &pinned.merchant)?;
            let merchant = &ledger.merchant;
            let mut added =
                pinned.to_row(merchant, now).map_err(|err| complain(err.to_string()))?;
            let slugs =
                pinned.visible_at.iter().flat_map(VisibleAtFile::instants).filter_map(|it| it.0);
            if let Some(slug) = slugs.into_iter().find(|slug| self.reporter(slug).is_none()) {
                let known = self.reporters.iter().map(|it| it.provider);
                return Err(source.unknown(&field, "provider in `visible_at`", slug, known));
            }
            if let Some(of) = &pinned.of {
                let Some((root, kind)) = labels.get(&(merchant.id, of.clone())) else {
                    return Err(complain(format!("`of` names no earlier transaction: `{of}`")));
                };
                added.root = Some(*root);
                added.of = Some(*kind);
            } else if !added.kind.is_original() {
                return Err(complain(
                    "a row of this kind needs `of`, the label of its payment".into(),
                ));
            }
            let (root, kind) = (added.root, added.kind);
            let id = additions
                .free_id(ledger, first, added.created_at)
                .ok_or_else(|| complain("too many rows at one instant".into()))?;
            additions.insert(merchant.id, id, added);
            if let Some(label) = &pinned.label {
                labels.insert((merchant.id, label.clone()), (root.unwrap_or(id), kind));
            }
        }
        self.pin_rows(source, &mut additions)?;
        Ok(additions)
    }

    /// Adds the pinned report rows that are no transactions. They come from the scenario and are not part of
    /// a snapshot.
    ///
    /// # Errors
    ///
    /// What is wrong with a row.
    fn pin_rows(
        &self,
        source: &error::Source<'_>,
        additions: &mut Additions,
    ) -> Result<(), ScenarioError> {
        let mut rows: BTreeMap<MerchantId, Vec<PinnedRow>> = BTreeMap::new();
        for (number, row) in (1..).zip(&self.file.row) {
            let field = format!("row {number}");
            let ledger = self.pinned_ledger(source, &field, &row.merchant)?;
            serde_json::from_str::<serde_json::Value>(&row.wire)
                .map_err(|err| source.complain(&field, format!("`wire` is not JSON: {err}")))?;
            rows.entry(ledger.merchant.id).or_default().push(PinnedRow {
                provider: row.provider.clone(),
                report: row.report.clone(),
                at: row.at.as_second(),
                wire: row.wire.clone(),
            });
        }
        rows.into_iter().for_each(|(merchant, rows)| additions.pin(merchant, rows.into()));
        Ok(())
    }

    /// Adds the pinned report rows of the scenario to `additions` that were read from a snapshot.
    pub fn pin(&self, additions: &mut Additions) {
        let source = error::Source { name: &self.name, text: "" };
        // The rows were checked when the scenario was read, so no error is possible.
        let _ = self.pin_rows(&source, additions);
    }

    fn pinned_ledger(
        &self,
        source: &error::Source<'_>,
        field: &str,
        merchant: &str,
    ) -> Result<&MerchantLedger, ScenarioError> {
        self.ledger(merchant).ok_or_else(|| {
            let known = self.ledgers.iter().map(|ledger| ledger.merchant.name.as_str());
            source.unknown(field, "merchant", merchant, known)
        })
    }

    fn ledger(&self, merchant: &str) -> Option<&MerchantLedger> {
        self.ledgers.iter().find(|ledger| ledger.merchant.name == merchant)
    }

    /// The merchants, in the order of the file.
    pub fn merchants(&self) -> impl Iterator<Item = &Arc<Merchant>> {
        self.ledgers.iter().map(|ledger| &ledger.merchant)
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
