//! The content of a scenario file, and how it is read; unknown keys are refused.

use std::collections::BTreeMap;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::certify::CertifyFile;
use super::credentials::{self, Holders};
use super::document::Path;
use super::fault::FaultFile;
use super::merchant_id;
use super::mistakes::Mistakes;
use super::reporting::ReportingFile;
use super::schema::Instant;
use super::transaction::TransactionFile;
use super::vocabulary::Vocabulary;
use crate::sandbox::clock::{EARLIEST, LATEST, Mode};
use crate::sandbox::merchant::{Merchant, Trade};

/// The greatest length of a window, in days.
const MAX_DAYS: u32 = 3660;

/// A whole scenario file.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ScenarioFile {
    /// The seed of all generated data.
    #[serde(default = "default_seed")]
    pub seed: u64,
    /// The length of the window in days, 1 to 3660: data begins this number of days before `now`.
    #[serde(default = "default_days")]
    #[schemars(range(min = 1, max = 3660))]
    pub days: u32,
    /// Quirks that are on: `"documented"` (none), `"observed"` (all), or a list of `provider.name`.
    #[serde(default = "no_quirks")]
    pub quirks: OneOrMany,
    /// The mode and the first instant of the clock.
    #[serde(default)]
    pub clock: ClockFile,
    /// Settings by provider and name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(with = "BTreeMap<String, Option<BTreeMap<String, Option<SettingFile>>>>")]
    pub settings: BTreeMap<String, BTreeMap<String, toml::Value>>,
    /// Reporting lag by provider.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(with = "BTreeMap<String, Option<ReportingFile>>")]
    pub reporting: BTreeMap<String, ReportingFile>,
    /// The merchants.
    #[serde(default)]
    pub merchant: Vec<MerchantFile>,
    /// Pinned transactions: they exist exactly as written.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub transaction: Vec<TransactionFile>,
    /// Pinned report rows that are no transactions; they are shown exactly as written.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub row: Vec<RowFile>,
    /// What `sandtill certify` does with the scenario, if it is a pack.
    #[serde(default, skip_serializing_if = "CertifyFile::is_empty")]
    pub certify: CertifyFile,
    /// Fault rules that are in force from the beginning.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fault: Vec<FaultFile>,
}

fn default_seed() -> u64 {
    42
}

fn default_days() -> u32 {
    90
}

fn no_quirks() -> OneOrMany {
    OneOrMany::Many(Vec::new())
}

/// One name or a list of names.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(untagged, expecting = "expected a name in quotes or a list of names")]
pub enum OneOrMany {
    /// A list of one name.
    One([String; 1]),
    /// One name that is not in a list.
    Bare(String),
    /// A list of names.
    Many(Vec<String>),
}

impl OneOrMany {
    pub(super) fn as_slice(&self) -> &[String] {
        match self {
            Self::One(names) => names,
            Self::Bare(name) => std::slice::from_ref(name),
            Self::Many(names) => names,
        }
    }
}

/// The mode and the first instant of the clock.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ClockFile {
    /// `running` (as fast as real time) or `frozen`.
    #[serde(default = "running", with = "mode")]
    #[schemars(with = "String", extend("enum" = ["running", "frozen"]))]
    pub mode: Mode,
    /// The first instant that the clock shows; real time if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Instant>")]
    pub now: Option<Timestamp>,
}

impl Default for ClockFile {
    fn default() -> Self {
        Self { mode: Mode::Running, now: None }
    }
}

fn running() -> Mode {
    Mode::Running
}

mod mode {
    use serde::{Deserialize, Deserializer, Serializer, de};

    use crate::sandbox::clock::Mode;

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Mode, D::Error> {
        match String::deserialize(from)?.as_str() {
            "running" => Ok(Mode::Running),
            "frozen" => Ok(Mode::Frozen),
            other => Err(de::Error::unknown_variant(other, &["running", "frozen"])),
        }
    }

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
    pub(super) fn serialize<S: Serializer>(mode: &Mode, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(match mode {
            Mode::Running => "running",
            Mode::Frozen => "frozen",
        })
    }
}

/// A merchant of the scenario.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(deny_unknown_fields)]
pub struct MerchantFile {
    /// Its name, unique in the file.
    pub name: String,
    /// The name that its customers see; `name` if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// Credentials by the slug of the provider; a list, because a merchant can have several at one provider.
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, Option<Vec<BTreeMap<String, Option<String>>>>>")]
    pub credentials: BTreeMap<String, Vec<BTreeMap<String, String>>>,
    /// How its generated transactions look; without the table there are none, and with an empty one they are
    /// the everyday ones.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trade: Option<TradeFile>,
}

/// How the generated transactions of a merchant look; absent fields have their defaults. Shares are in
/// thousandths.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "each field is the one of `Trade` with the same name")]
pub struct TradeFile {
    #[schemars(range(max = 400000))]
    pub volume: Option<u32>,
    pub exact: Option<bool>,
    #[schemars(range(max = 10000000))]
    pub median: Option<u32>,
    pub currencies: Option<BTreeMap<String, u32>>,
    pub brands: Option<BTreeMap<String, u32>>,
    #[schemars(range(max = 1000))]
    pub bank: Option<u32>,
    #[schemars(range(max = 1000))]
    pub alternative: Option<u32>,
    #[schemars(range(max = 1000))]
    pub authorized_first: Option<u32>,
    #[schemars(range(max = 1000))]
    pub declined: Option<u32>,
    #[schemars(range(max = 1000))]
    pub incomplete: Option<u32>,
    #[schemars(range(max = 1000))]
    pub refunded: Option<u32>,
    #[schemars(range(max = 1000))]
    pub charged_back: Option<u32>,
    #[schemars(range(max = 1000))]
    pub rejected: Option<u32>,
    #[schemars(range(max = 1000))]
    pub test: Option<u32>,
    #[schemars(range(max = 1000))]
    pub corrected: Option<u32>,
    #[schemars(range(max = 1000))]
    pub amended: Option<u32>,
    #[schemars(range(max = 1000))]
    pub lookalikes: Option<u32>,
    #[schemars(range(max = 1000))]
    pub repeated: Option<u32>,
    #[schemars(range(max = 20000))]
    pub subscriptions: Option<u32>,
    #[schemars(range(max = 10000))]
    pub fee_rate: Option<u32>,
    pub fee_fixed: Option<u32>,
    pub chargeback_fee: Option<u32>,
    #[schemars(range(max = 30))]
    pub settlement_days: Option<u32>,
    #[schemars(range(max = 10000))]
    pub reserve_rate: Option<u32>,
    pub month_end_fee: Option<u32>,
    #[schemars(extend("enum" = ["latin", "unicode", null]))]
    pub names: Option<String>,
}

/// The value of a setting: a whole number or a text.
#[derive(JsonSchema)]
#[schemars(untagged)]
#[expect(dead_code, reason = "for its schema alone")]
enum SettingFile {
    Number(i64),
    Text(String),
}

/// A pinned row of a report that is no transaction.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(deny_unknown_fields)]
pub struct RowFile {
    /// The name of the merchant.
    pub merchant: String,
    /// Slug of the provider.
    pub provider: String,
    /// The name of the report at the provider.
    pub report: String,
    /// The instant that date filters of the report compare.
    #[schemars(with = "Instant")]
    pub at: Timestamp,
    /// The row as JSON text, exactly as the report shows it.
    pub wire: String,
}

impl ScenarioFile {
    /// Checks the values that no other part of the file decides about.
    pub(super) fn check_values(&mut self, mistakes: &mut Mistakes<'_, '_>) {
        if self.days == 0 || self.days > MAX_DAYS {
            let problem = format!("is {}; it must be 1 to {MAX_DAYS} days", self.days);
            mistakes.add(&Path::of("days"), problem);
            self.days = default_days();
        }
        if let Some(now) = self.clock.now.filter(|now| !(EARLIEST..=LATEST).contains(now)) {
            let problem = format!("is {now}; it must be {EARLIEST} to {LATEST}");
            mistakes.add(&Path::of("clock").key("now"), problem);
            self.clock.now = None;
        }
    }

    pub(super) fn check_faults(&self, mistakes: &mut Mistakes<'_, '_>, vocabulary: &Vocabulary) {
        for (number, file) in self.fault.iter().enumerate() {
            let path = Path::of("fault").index(number);
            let merchants = self.merchant.iter().map(|it| it.name.as_str());
            let checked = file.to_rule().and_then(|rule| vocabulary.check_rule(&rule, merchants));
            if let Err(problem) = checked {
                mistakes.add_to_named(&path, problem);
            }
        }
    }

    pub(super) fn merchants(
        &self,
        mistakes: &mut Mistakes<'_, '_>,
        vocabulary: &Vocabulary,
    ) -> Vec<Merchant> {
        let mut merchants: Vec<Merchant> = Vec::new();
        let mut holders = Holders::default();
        for (number, file) in self.merchant.iter().enumerate() {
            let path = Path::of("merchant").index(number);
            let Some(id) = merchant_id(number) else {
                mistakes.add(&path, "is the 101st merchant; a scenario has 100 at most");
                break;
            };
            let name = file.name.clone();
            if name.trim().is_empty() {
                mistakes.add(&path.key("name"), "is empty; a merchant needs a name");
            }
            if merchants.iter().any(|other| other.name == name) {
                let problem = format!("two merchants are called `{name}`; names are unique");
                mistakes.add(&path.key("name"), problem);
            }
            let credentials = credentials::read(file, &path, vocabulary, &mut holders, mistakes);
            let shows_cards =
                |slug: &String| vocabulary.dialect(slug).is_some_and(|it| it.device_cards);
            merchants.push(Merchant {
                id,
                display_name: file.display_name.clone().unwrap_or_else(|| name.clone()),
                name,
                device_cards: credentials.keys().any(shows_cards),
                credentials,
                trade: match &file.trade {
                    Some(trade) => trade.to_trade(&path.key("trade"), mistakes),
                    None => Trade { volume: 0, ..Trade::default() },
                },
            });
        }
        merchants
    }
}
