//! The content of a scenario file, and how it is read; unknown keys are refused.

use std::collections::BTreeMap;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use toml::Spanned;

use super::certify::CertifyFile;
use super::error::{ScenarioError, Source, explain, suggestion};
use super::fault::FaultFile;
use super::merchant_id;
use super::schema::Instant;
use super::transaction::TransactionFile;
use super::vocabulary::Vocabulary;
use crate::sandbox::clock::{EARLIEST, LATEST, Mode};
use crate::sandbox::merchant::{Credential, Merchant};

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
    #[schemars(with = "OneOrMany")]
    pub quirks: Spanned<OneOrMany>,
    /// The mode and the first instant of the clock.
    #[serde(default)]
    pub clock: ClockFile,
    /// Settings by provider and name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(with = "BTreeMap<String, Option<BTreeMap<String, Option<SettingFile>>>>")]
    pub settings: BTreeMap<Spanned<String>, BTreeMap<Spanned<String>, Spanned<toml::Value>>>,
    /// Reporting lag by provider.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(with = "BTreeMap<String, Option<super::reporting::ReportingFile>>")]
    pub reporting: super::reporting::Tables,
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

fn no_quirks() -> Spanned<OneOrMany> {
    Spanned::new(0..0, OneOrMany::Many(Vec::new()))
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
    #[schemars(with = "String")]
    pub name: Spanned<String>,
    /// The name that its customers see; `name` if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// Credentials by the slug of the provider; a list, because a merchant can have several at one provider.
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, Option<Vec<BTreeMap<String, Option<String>>>>>")]
    pub credentials: BTreeMap<Spanned<String>, Vec<BTreeMap<Spanned<String>, String>>>,
    /// How its generated transactions look.
    #[serde(default)]
    pub trade: TradeFile,
}

/// How the generated transactions of a merchant look; absent fields have their defaults. Shares are in
/// thousandths.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "each field is the one of `Trade` with the same name")]
pub struct TradeFile {
    pub volume: Option<u32>,
    pub exact: Option<bool>,
    pub median: Option<u32>,
    #[schemars(with = "Option<BTreeMap<String, u32>>")]
    pub currencies: Option<BTreeMap<Spanned<String>, u32>>,
    #[schemars(with = "Option<BTreeMap<String, u32>>")]
    pub brands: Option<BTreeMap<Spanned<String>, u32>>,
    pub bank: Option<u32>,
    pub alternative: Option<u32>,
    pub authorized_first: Option<u32>,
    pub declined: Option<u32>,
    pub incomplete: Option<u32>,
    pub refunded: Option<u32>,
    pub charged_back: Option<u32>,
    pub rejected: Option<u32>,
    pub test: Option<u32>,
    pub corrected: Option<u32>,
    pub subscriptions: Option<u32>,
    pub fee_rate: Option<u32>,
    pub fee_fixed: Option<u32>,
    pub chargeback_fee: Option<u32>,
    pub settlement_days: Option<u32>,
    pub reserve_rate: Option<u32>,
    pub month_end_fee: Option<u32>,
    #[schemars(extend("enum" = ["latin", "unicode", null]), with = "Option<String>")]
    pub names: Option<Spanned<String>>,
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

/// Reads TOML text and checks `days` and `clock.now`.
pub(super) fn parse(name: &str, text: &str) -> Result<ScenarioFile, ScenarioError> {
    let source = Source { name, text };
    let file: ScenarioFile = toml::from_str(text).map_err(|err| {
        let problem = explain(err.message());
        match err.span() {
            Some(span) => source.at(span.start, problem),
            None => source.complain("the file", problem),
        }
    })?;
    if file.days == 0 || file.days > 3660 {
        return Err(source.complain("days", format!("{} is not between 1 and 3660", file.days)));
    }
    if let Some(now) = file.clock.now.filter(|now| !(EARLIEST..=LATEST).contains(now)) {
        let problem = format!("{now} is not between {EARLIEST} and {LATEST}");
        return Err(source.complain("clock.now", problem));
    }
    Ok(file)
}

/// Converts JSON with the keys of a scenario file to TOML text. A seed that does not fit into a TOML number
/// is returned apart.
pub(super) fn toml_of_json(
    name: &str,
    text: &[u8],
) -> Result<(String, Option<u64>), ScenarioError> {
    let complain = |problem: String| Source { name, text: "" }.complain("the body", problem);
    let mut value: serde_json::Value =
        serde_json::from_slice(text).map_err(|err| complain(format!("not JSON: {err}")))?;
    if let Some(name) = unknown_null(&value) {
        let known = known_keys();
        let near = suggestion(&name, known.iter().map(String::as_str));
        return Err(complain(format!("unknown key `{name}`{near}")));
    }
    drop_nulls(&mut value);
    if !value.is_object() {
        return Err(complain("must be a JSON object with the keys of a scenario file".into()));
    }
    // TOML integers are signed: seeds of 2^63 and above do not fit.
    let is_too_high = |seed: &serde_json::Value| seed.is_u64() && !seed.is_i64();
    let seed = match value.as_object_mut() {
        Some(file) if file.get("seed").is_some_and(is_too_high) => file.remove("seed"),
        _ => None,
    };
    let toml = toml::to_string(&value).map_err(|err| complain(err.to_string()))?;
    Ok((toml, seed.and_then(|seed| seed.as_u64())))
}

/// The top-level keys that a scenario file can have.
fn known_keys() -> Vec<String> {
    let schema = schemars::schema_for!(ScenarioFile);
    let properties = schema.get("properties").and_then(serde_json::Value::as_object);
    properties.into_iter().flat_map(serde_json::Map::keys).cloned().collect()
}

/// The name of an unknown key whose value is `null`: `drop_nulls` would remove it, and the error would go
/// unnoticed.
fn unknown_null(value: &serde_json::Value) -> Option<String> {
    let nulls = value.as_object()?.iter().filter(|(_, value)| value.is_null());
    let mut names = nulls.map(|(name, _)| name).peekable();
    names.peek()?;
    let known = known_keys();
    names.find(|name| !known.contains(name)).cloned()
}

/// Removes members that are `null`: TOML has no null, and `null` in JSON means the same as an absent key.
fn drop_nulls(value: &mut serde_json::Value) {
    match value {
        serde_json::Value::Object(members) => {
            members.retain(|_, member| !member.is_null());
            members.values_mut().for_each(drop_nulls);
        }
        serde_json::Value::Array(items) => items.iter_mut().for_each(drop_nulls),
        serde_json::Value::Null
        | serde_json::Value::Bool(_)
        | serde_json::Value::Number(_)
        | serde_json::Value::String(_) => {}
    }
}

impl ScenarioFile {
    pub(super) fn check_faults(
        &self,
        source: &Source<'_>,
        vocabulary: &Vocabulary,
    ) -> Result<(), ScenarioError> {
        for (number, file) in (1..).zip(&self.fault) {
            let field = format!("fault {number}");
            let rule = file.to_rule().map_err(|problem| source.complain(&field, problem))?;
            let merchants = self.merchant.iter().map(|it| it.name.as_ref().as_str());
            vocabulary
                .check_rule(&rule, merchants)
                .map_err(|problem| source.complain(&field, problem))?;
        }
        Ok(())
    }

    pub(super) fn merchants(
        &self,
        source: &Source<'_>,
        vocabulary: &Vocabulary,
    ) -> Result<Vec<Merchant>, ScenarioError> {
        let mut merchants: Vec<Merchant> = Vec::new();
        for (number, file) in self.merchant.iter().enumerate() {
            let start = file.name.span().start;
            let id = merchant_id(number)
                .ok_or_else(|| source.at(start, "more than 100 merchants".to_owned()))?;
            let name = file.name.as_ref().clone();
            if merchants.iter().any(|other| other.name == name) {
                return Err(source.at(start, format!("two merchants are called `{name}`")));
            }
            let credentials = credentials(source, vocabulary, file)?;
            let shows_cards =
                |slug: &String| vocabulary.dialect(slug).is_some_and(|it| it.device_cards);
            merchants.push(Merchant {
                id,
                display_name: file.display_name.clone().unwrap_or_else(|| name.clone()),
                name,
                device_cards: credentials.keys().any(shows_cards),
                credentials,
                trade: file.trade.to_trade(source)?,
            });
        }
        Ok(merchants)
    }
}

fn credentials(
    source: &Source<'_>,
    vocabulary: &Vocabulary,
    file: &MerchantFile,
) -> Result<BTreeMap<String, Vec<Credential>>, ScenarioError> {
    let mut all = BTreeMap::new();
    for (slug, list) in &file.credentials {
        let dialect = vocabulary.known(source, slug)?;
        let mut read = Vec::new();
        for fields in list {
            for name in fields.keys() {
                let known = dialect.credentials.iter().map(|field| field.name);
                if !known.clone().any(|known| known == name.as_ref()) {
                    let near = suggestion(name.as_ref(), known);
                    let problem =
                        format!("unknown credential `{}` of {}{near}", name.as_ref(), dialect.slug);
                    return Err(source.at(name.span().start, problem));
                }
            }
            let is_secret = |name: &str| {
                dialect.credentials.iter().any(|field| field.name == name && field.secret)
            };
            let blank = |(name, value): &(&Spanned<String>, &String)| {
                is_secret(name.as_ref().as_ref()) && value.trim().is_empty()
            };
            if let Some((name, _)) = fields.iter().find(blank) {
                let problem = format!(
                    "the `{}` of {} is empty, so anybody would know it; give it a value",
                    name.as_ref(),
                    dialect.slug
                );
                return Err(source.at(name.span().start, problem));
            }
            let credential: Credential =
                fields.iter().map(|(name, value)| (name.as_ref().clone(), value.clone())).collect();
            let missing = dialect
                .credentials
                .iter()
                .find(|field| field.required && !credential.contains_key(field.name));
            if let Some(missing) = missing {
                let problem = format!("credentials of {} lack `{}`", dialect.slug, missing.name);
                return Err(source.at(slug.span().start, problem));
            }
            read.push(credential);
        }
        all.insert(slug.as_ref().clone(), read);
    }
    Ok(all)
}
