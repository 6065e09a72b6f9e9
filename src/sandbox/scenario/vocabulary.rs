//! What each provider allows in a scenario: credentials, quirks, settings and error codes, as data, so that
//! the file format does not depend on providers.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Span, SpanRelativeTo};

use super::document::{Path, Shown};
use super::error::{ScenarioError, suggestion};
use super::fault_check::Answerable;
use super::format::OneOrMany;
use super::mistakes::Mistakes;
use crate::sandbox::ledger::{Axis, Reporter};
use crate::sandbox::money::Currency;
use crate::sandbox::policy::Policy;

/// A field of the credentials of a provider.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    /// Its name in scenario files.
    pub name: &'static str,
    /// Whether a credential must contain it.
    pub required: bool,
    /// Whether it is a secret, which the journal must not show.
    pub secret: bool,
    /// Whether the provider tells merchants apart by it, so that no two merchants can have the same.
    pub unique: bool,
    /// The check of its value; the error says what is allowed.
    pub check: fn(&str) -> Result<(), String>,
}

impl Field {
    /// A field with empty values, as the base of a struct update.
    pub const PLAIN: Self =
        Self { name: "", required: false, secret: false, unique: false, check: |_| Ok(()) };
}

/// The check of an account number and of other ids that are numbers.
///
/// # Errors
///
/// What is allowed, if the text has other characters than digits or too many of them.
pub fn check_number(text: &str) -> Result<(), String> {
    let is_number = !text.is_empty() && text.bytes().all(|it| it.is_ascii_digit());
    let fits = text.parse::<i64>().is_ok();
    if is_number && fits { Ok(()) } else { Err("must be a number of digits alone".to_owned()) }
}

/// An oddity that was observed at the real provider and is off by default.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quirk {
    /// Its name without the provider.
    pub name: &'static str,
    /// The behaviour when it is off.
    pub off: &'static str,
    /// The behaviour when it is on.
    pub on: &'static str,
}

/// A setting of a provider that a scenario can change.
#[derive(Clone, Copy, Debug)]
pub struct SettingSpec {
    /// Its name without the provider.
    pub name: &'static str,
    /// The default as a scenario file spells it: a whole number, a duration (`2s`, `4d`), or text. It
    /// determines the type of the setting.
    pub default: &'static str,
    /// The least and the greatest allowed value; used for whole numbers only.
    pub range: (i64, i64),
    /// The check of a text value; the error says what is wrong and what is allowed. Used for texts only.
    pub check: fn(&str) -> Result<(), String>,
    /// What it does, with its unit.
    pub help: &'static str,
}

impl SettingSpec {
    /// A spec with empty values, as the base of a struct update.
    pub const PLAIN: Self =
        Self { name: "", default: "", range: (0, 0), check: |_| Ok(()), help: "" };
}

/// The value of a setting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SettingValue {
    /// A whole number.
    Number(i64),
    /// A duration in sandbox time; not negative.
    Duration(SignedDuration),
    /// A text.
    Text(String),
}

impl SettingSpec {
    fn kind(&self) -> SettingValue {
        if let Ok(number) = self.default.parse() {
            return SettingValue::Number(number);
        }
        match duration(self.default) {
            Some(length) => SettingValue::Duration(length),
            None => SettingValue::Text(self.default.to_owned()),
        }
    }
}

/// What one provider allows in a scenario.
#[derive(Clone, Debug)]
pub struct Dialect {
    /// The slug of the provider.
    pub slug: &'static str,
    /// The fields of one credential.
    pub credentials: &'static [Field],
    /// Whether its reports show a card for every payment that is not from a bank account.
    pub device_cards: bool,
    /// Its quirks.
    pub quirks: &'static [Quirk],
    /// Its settings.
    pub settings: &'static [SettingSpec],
    /// The names of the reports that take pinned rows.
    pub reports: Vec<&'static str>,
    /// Returns the codes that an `error` fault may use.
    pub codes: fn() -> Vec<String>,
    /// Whether an operation can answer with this error code.
    pub knows: fn(operation: &str, code: &str) -> bool,
    /// Its operations, without `unknown`.
    pub operations: Vec<Answerable>,
    /// Its callback policy; `None` when it sends no callbacks.
    pub callbacks: Option<&'static Policy>,
    /// The instant of a row from which its reporting lag is counted.
    pub lag_counts_from: Axis,
}

/// The dialects of all providers.
#[derive(Clone, Debug, Default)]
pub struct Vocabulary(pub Vec<Dialect>);

impl Vocabulary {
    /// The dialect of the provider with this slug.
    #[must_use]
    pub fn dialect(&self, slug: &str) -> Option<&Dialect> {
        self.0.iter().find(|dialect| dialect.slug == slug)
    }

    /// The callback policies of the providers that send callbacks.
    pub(super) fn policies(&self) -> Vec<&'static Policy> {
        self.0.iter().filter_map(|dialect| dialect.callbacks).collect()
    }

    /// All providers as far as their reports can lag.
    pub(super) fn reporters(&self) -> Vec<Reporter> {
        let reporter =
            |it: &Dialect| Reporter { provider: it.slug, counts_from: it.lag_counts_from };
        self.0.iter().map(reporter).collect()
    }

    /// The dialect of the provider with this slug.
    ///
    /// # Errors
    ///
    /// That nobody knows it, and the nearest one, as a sentence for the user.
    pub fn provider(&self, slug: &str) -> Result<&Dialect, String> {
        self.dialect(slug).ok_or_else(|| {
            let near = suggestion(slug, self.0.iter().map(|dialect| dialect.slug));
            format!("unknown provider `{}`{near}", Shown(slug))
        })
    }

    /// The names of all quirks, as `provider.name`.
    pub fn all_quirks(&self) -> impl Iterator<Item = String> {
        self.0.iter().flat_map(|dialect| {
            dialect.quirks.iter().map(|quirk| format!("{}.{}", dialect.slug, quirk.name))
        })
    }

    /// The quirks that are on: those of the command line, if it has any, otherwise those of the file.
    pub(super) fn quirks(
        &self,
        mistakes: &mut Mistakes<'_, '_>,
        file: &OneOrMany,
        command_line: Option<&[String]>,
    ) -> Result<BTreeSet<String>, ScenarioError> {
        let all: BTreeSet<String> = self.all_quirks().collect();
        let read = |names: &[String]| {
            let (mut on, mut problems) = (BTreeSet::new(), Vec::new());
            for (number, name) in names.iter().enumerate() {
                match name.as_str() {
                    "documented" if names.len() == 1 => {}
                    "observed" if names.len() == 1 => on.clone_from(&all),
                    name if all.contains(name) => {
                        on.insert(name.to_owned());
                    }
                    name => {
                        let special = ["documented", "observed"].into_iter();
                        let near = suggestion(name, all.iter().map(String::as_str).chain(special));
                        problems.push((number, format!("unknown quirk `{}`{near}", Shown(name))));
                    }
                }
            }
            (on, problems)
        };
        let path = Path::of("quirks");
        let (of_file, problems) = read(file.as_slice());
        for (number, problem) in problems {
            let is_list = matches!(file, OneOrMany::One(_) | OneOrMany::Many(_));
            mistakes.add(&if is_list { path.index(number) } else { path.clone() }, problem);
        }
        let Some(names) = command_line else { return Ok(of_file) };
        let (on, problems) = read(names);
        match problems.into_iter().next() {
            Some((_, problem)) => Err(ScenarioError::plain("--quirks", problem)),
            None => Ok(on),
        }
    }

    pub(super) fn settings(
        &self,
        mistakes: &mut Mistakes<'_, '_>,
        file: &BTreeMap<String, BTreeMap<String, toml::Value>>,
    ) -> BTreeMap<String, SettingValue> {
        let mut settings = BTreeMap::new();
        for dialect in &self.0 {
            for spec in dialect.settings {
                settings.insert(format!("{}.{}", dialect.slug, spec.name), spec.kind());
            }
        }
        for (slug, table) in file {
            let path = Path::of("settings").key(slug);
            let dialect = match self.provider(slug) {
                Ok(dialect) => dialect,
                Err(problem) => {
                    mistakes.unknown_key(&path, problem);
                    continue;
                }
            };
            for (name, value) in table {
                let Some(spec) = dialect.settings.iter().find(|spec| spec.name == name) else {
                    let near = suggestion(name, dialect.settings.iter().map(|spec| spec.name));
                    let problem = format!("unknown setting `{}` of {slug}{near}", Shown(name));
                    mistakes.unknown_key(&path.key(name), problem);
                    continue;
                };
                match read(spec, value) {
                    Ok(value) => {
                        settings.insert(format!("{slug}.{name}"), value);
                    }
                    Err(wanted) => {
                        let problem = format!("`{name}` {wanted}; it is {value}");
                        mistakes.add(&path.key(name), problem);
                    }
                }
            }
        }
        settings
    }
}

fn read(spec: &SettingSpec, value: &toml::Value) -> Result<SettingValue, String> {
    match (spec.kind(), value) {
        (SettingValue::Number(_), toml::Value::Integer(number)) => {
            let (least, most) = spec.range;
            if (least..=most).contains(number) {
                Ok(SettingValue::Number(*number))
            } else {
                Err(format!("must be between {least} and {most}"))
            }
        }
        (SettingValue::Number(_), _) => Err("must be a whole number".to_owned()),
        (SettingValue::Duration(_), toml::Value::String(text)) => duration(text)
            .filter(|length| !length.is_negative())
            .map(SettingValue::Duration)
            .ok_or_else(|| "must be a length of time such as \"2s\", \"5m\" or \"4d\"".to_owned()),
        (SettingValue::Duration(_), _) => {
            Err("must be a length of time in quotes, such as \"2s\"".to_owned())
        }
        (SettingValue::Text(_), toml::Value::String(text)) => {
            (spec.check)(text)?;
            Ok(SettingValue::Text(text.clone()))
        }
        (SettingValue::Text(_), _) => Err("must be text in quotes".to_owned()),
    }
}

/// The currency with this code of ISO 4217.
///
/// # Errors
///
/// That nobody knows it, and the nearest one, as a sentence for the user.
pub fn currency(code: &str) -> Result<Currency, String> {
    Currency::parse(code).ok_or_else(|| {
        format!("unknown currency `{}`{}", Shown(code), suggestion(code, Currency::codes()))
    })
}

/// Reads a duration: `2s`, `36h`, `4d`, `1h 30m`, or ISO 8601 (`PT36H`). A day has 24 hours. `None` when the
/// text is no duration.
#[must_use]
pub fn duration(text: &str) -> Option<SignedDuration> {
    let span: Span = text.parse().ok()?;
    span.to_duration(SpanRelativeTo::days_are_24_hours()).ok()
}
