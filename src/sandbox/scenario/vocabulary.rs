//! What providers allow in a scenario: their credentials, quirks and settings, as data, so that the
//! file format knows no provider.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Span, SpanRelativeTo};
use toml::Spanned;

use super::error::{ScenarioError, Source, nearest, suggestion};
use super::format::OneOrMany;
use crate::sandbox::facts::Named;
use crate::sandbox::faults::Fault;
use crate::sandbox::policy::Policy;

/// A field of a provider's credentials.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field {
    /// Its name in scenarios.
    pub name: &'static str,
    /// Whether it has to be there.
    pub required: bool,
    /// Whether the journal has to hide it.
    pub secret: bool,
}

/// An observed oddity that can be switched on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quirk {
    /// Its name without the provider.
    pub name: &'static str,
    /// What happens without it.
    pub off: &'static str,
    /// What happens with it.
    pub on: &'static str,
}

/// A choice that a scenario can make for a provider.
#[derive(Clone, Copy, Debug)]
pub struct SettingSpec {
    /// Its name without the provider.
    pub name: &'static str,
    /// The default as a scenario would spell it: a whole number, a duration (`2s`, `4d`), or text.
    pub default: &'static str,
    /// The least and the most that makes sense for a number.
    pub range: (i64, i64),
    /// What is wrong with a text, and what is wanted instead; texts alone are asked.
    pub check: fn(&str) -> Result<(), String>,
    /// What it does, with its unit.
    pub help: &'static str,
}

impl SettingSpec {
    /// A setting without a range or a check, to be filled in.
    pub const PLAIN: Self =
        Self { name: "", default: "", range: (0, 0), check: |_| Ok(()), help: "" };
}

/// What a setting is set to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SettingValue {
    /// A whole number.
    Number(i64),
    /// A length of sandbox time.
    Duration(SignedDuration),
    /// Anything else.
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

/// What one provider allows.
#[derive(Clone, Copy, Debug)]
pub struct Dialect {
    /// The provider in scenarios.
    pub slug: &'static str,
    /// Fields of a credential.
    pub credentials: &'static [Field],
    /// Quirks.
    pub quirks: &'static [Quirk],
    /// Settings.
    pub settings: &'static [SettingSpec],
    /// The codes of its errors.
    pub codes: fn() -> Vec<String>,
    /// How it sends callbacks; `None` where it sends none.
    pub callbacks: Option<&'static Policy>,
}

impl Dialect {
    /// Whether a fault is one that this provider can have.
    ///
    /// # Errors
    ///
    /// Why not, and what it can have.
    pub fn check_fault(&self, fault: &Fault) -> Result<(), String> {
        if fault.is_of_callbacks() && self.callbacks.is_none() {
            let word = fault.name();
            return Err(format!("`{word}` is about callbacks, and {} sends none", self.slug));
        }
        let Fault::Error(code) = fault else { return Ok(()) };
        let known = (self.codes)();
        if known.contains(code) {
            return Ok(());
        }
        Err(format!("{} has no error `{code}`; {}", self.slug, nearest(code, &known)))
    }
}

/// What all providers allow.
#[derive(Clone, Debug, Default)]
pub struct Vocabulary(pub Vec<Dialect>);

type Table<T> = BTreeMap<Spanned<String>, T>;

impl Vocabulary {
    /// The provider with this slug.
    #[must_use]
    pub fn dialect(&self, slug: &str) -> Option<&Dialect> {
        self.0.iter().find(|dialect| dialect.slug == slug)
    }

    /// How those providers send callbacks that send any.
    pub(super) fn policies(&self) -> Vec<&'static Policy> {
        self.0.iter().filter_map(|dialect| dialect.callbacks).collect()
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

    /// Every quirk there is, as `provider.name`.
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

/// A length of time as people write it: `2s`, `36h`, `4d`, `1h 30m`, or ISO 8601 (`PT36H`). A day is
/// 24 hours.
#[must_use]
pub fn duration(text: &str) -> Option<SignedDuration> {
    let span: Span = text.parse().ok()?;
    span.to_duration(SpanRelativeTo::days_are_24_hours()).ok()
}
