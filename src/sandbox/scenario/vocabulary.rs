//! What each provider allows in a scenario: credentials, quirks, settings and error codes, as data, so that
//! the file format does not depend on providers.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Span, SpanRelativeTo};
use toml::Spanned;

use super::error::{ScenarioError, Source, suggestion};
use super::fault_check::Answerable;
use super::format::OneOrMany;
use crate::sandbox::ledger::{Axis, Reporter};
use crate::sandbox::policy::Policy;

/// A field of the credentials of a provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field {
    /// Its name in scenario files.
    pub name: &'static str,
    /// Whether a credential must contain it.
    pub required: bool,
    /// Whether it is a secret, which the journal must not show.
    pub secret: bool,
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

type Table<T> = BTreeMap<Spanned<String>, T>;

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

    pub(super) fn slugs(&self) -> impl Iterator<Item = &'static str> {
        self.0.iter().map(|dialect| dialect.slug)
    }

    pub(super) fn known(
        &self,
        source: &Source<'_>,
        slug: &Spanned<String>,
    ) -> Result<&Dialect, ScenarioError> {
        self.dialect(slug.as_ref()).ok_or_else(|| {
            let near = suggestion(slug.as_ref(), self.slugs());
            source.at(slug.span().start, format!("unknown provider `{}`{near}", slug.as_ref()))
        })
    }

    /// The names of all quirks, as `provider.name`.
    pub fn all_quirks(&self) -> impl Iterator<Item = String> {
        self.0.iter().flat_map(|dialect| {
            dialect.quirks.iter().map(|quirk| format!("{}.{}", dialect.slug, quirk.name))
        })
    }

    pub(super) fn quirks(
        &self,
        source: &Source<'_>,
        file: &Spanned<OneOrMany>,
        command_line: Option<&[String]>,
    ) -> Result<BTreeSet<String>, ScenarioError> {
        let names = command_line.unwrap_or_else(|| file.as_ref().as_slice());
        let all: BTreeSet<String> = self.all_quirks().collect();
        let mut on = BTreeSet::new();
        for name in names {
            match name.as_str() {
                "documented" if names.len() == 1 => {}
                "observed" if names.len() == 1 => on.clone_from(&all),
                name if all.contains(name) => {
                    on.insert(name.to_owned());
                }
                name => {
                    let special = ["documented", "observed"].into_iter();
                    let near = suggestion(name, all.iter().map(String::as_str).chain(special));
                    let problem = format!("unknown quirk `{name}`{near}");
                    return Err(match command_line {
                        Some(_) => {
                            ScenarioError { file: "--quirks".to_owned(), line: None, problem }
                        }
                        None => source.at(file.span().start, problem),
                    });
                }
            }
        }
        Ok(on)
    }

    pub(super) fn settings(
        &self,
        source: &Source<'_>,
        file: &Table<Table<Spanned<toml::Value>>>,
    ) -> Result<BTreeMap<String, SettingValue>, ScenarioError> {
        let mut settings = BTreeMap::new();
        for dialect in &self.0 {
            for spec in dialect.settings {
                settings.insert(format!("{}.{}", dialect.slug, spec.name), spec.kind());
            }
        }
        for (slug, table) in file {
            let dialect = self.known(source, slug)?;
            for (name, value) in table {
                let spec = dialect.settings.iter().find(|spec| spec.name == name.as_ref());
                let Some(spec) = spec else {
                    let known = dialect.settings.iter().map(|spec| spec.name);
                    let near = suggestion(name.as_ref(), known);
                    let problem =
                        format!("unknown setting `{}` of {}{near}", name.as_ref(), dialect.slug);
                    return Err(source.at(name.span().start, problem));
                };
                let value = read(spec, value.as_ref()).map_err(|wanted| {
                    source.at(value.span().start, format!("`{}` {wanted}", spec.name))
                })?;
                settings.insert(format!("{}.{}", dialect.slug, spec.name), value);
            }
        }
        Ok(settings)
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

/// Reads a duration: `2s`, `36h`, `4d`, `1h 30m`, or ISO 8601 (`PT36H`). A day has 24 hours. `None` when the
/// text is no duration.
#[must_use]
pub fn duration(text: &str) -> Option<SignedDuration> {
    let span: Span = text.parse().ok()?;
    span.to_duration(SpanRelativeTo::days_are_24_hours()).ok()
}
