//! Why a row of an import is wrong: which answer carried it or passed it by, and what made it so.

use std::sync::Arc;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use crate::sandbox::journal::Entry;
use crate::sandbox::ledger::Transaction;
use crate::sandbox::space::Moment;
use crate::sandbox::truth::{Finding, FindingKind, RowMapper};

/// Why a row is wrong.
#[derive(Debug, Default, JsonSchema, Serialize)]
pub(in crate::admin) struct Why {
    pub(super) text: String,
    /// What made the reports differ from the truth.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) lever: Option<String>,
    /// The id of the fault rule that struck the answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) fault: Option<String>,
    /// The last journal entry whose answer carried the row, or else the first whose answer passed it by.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) entry: Option<u64>,
}

/// The answers of a provider to a merchant that the journal still has.
pub(super) struct Evidence {
    moment: Moment,
    provider: &'static str,
    /// Oldest first.
    entries: Vec<Arc<Entry>>,
    /// Whether older ones are gone.
    has_gap: bool,
}

impl Evidence {
    pub(super) fn of(moment: Moment, provider: &'static str, merchant: &str) -> Self {
        let journal = &moment.space.journal;
        let (mut entries, has_gap) = (journal.entries(), journal.has_gap(None));
        entries.retain(|entry| {
            entry.provider == provider
                && entry.note.merchant.as_deref() == Some(merchant)
                && entry.rows.is_some()
        });
        Self { moment, provider, entries, has_gap }
    }

    fn carriers<'a>(
        &'a self,
        row: &'a Transaction<'_>,
    ) -> impl DoubleEndedIterator<Item = &'a Entry> {
        let has =
            |entry: &&Arc<Entry>| entry.rows.as_ref().is_some_and(|rows| rows.contains(row.id()));
        self.entries.iter().filter(has).map(AsRef::as_ref)
    }

    /// The first answer to a question that the row belongs to, at an instant at which it was there.
    fn passed_by(&self, row: &Transaction<'_>) -> Option<&Entry> {
        let passed = |entry: &&Arc<Entry>| {
            let requested = entry.rows.as_ref().and_then(|rows| rows.requested());
            entry.at.as_second() >= row.created_at
                && requested.is_some_and(|requested| requested.includes(row))
        };
        self.entries.iter().find(passed).map(AsRef::as_ref)
    }

    /// Why a finding is there.
    pub(super) fn why(&self, mapper: &RowMapper, finding: &Finding) -> Why {
        let row = finding.row.and_then(|id| mapper.view.get(id));
        let Some(row) = row else {
            return Why { text: finding.text.clone(), ..Why::default() };
        };
        let carrier = self.carriers(&row).next_back();
        let entry = carrier.or_else(|| self.passed_by(&row));
        let hidden = self.hidden(&row, entry.map_or(self.moment.now, |entry| entry.at));
        let hidden = hidden.filter(|_| carrier.is_none());
        let text = match (finding.kind, carrier, entry) {
            (FindingKind::Unexpected, ..) => finding.text.clone(),
            (FindingKind::Duplicate, Some(_), _) => self.doubled(&row, &finding.text),
            (FindingKind::Missing, Some(carrier), _) => {
                format!("entry {} carried it, and the import lost it", carrier.id)
            }
            (FindingKind::Missing, None, Some(entry)) => passed(entry),
            (FindingKind::Expected, None, _) => "the reports do not show it yet".to_owned(),
            (_, Some(carrier), _) => changed(mapper, finding, &row, carrier),
            (..) => self.never(),
        };
        let (lever, text) = match hidden {
            Some((lever, shown)) => (Some(lever.to_owned()), format!("{shown}; {text}")),
            None => match told_by(finding.kind, &row) {
                Some((lever, reported)) => (Some(lever.to_owned()), format!("{reported}; {text}")),
                None => (None, text),
            },
        };
        Why {
            text,
            lever,
            fault: entry.and_then(|entry| entry.fault.clone()),
            entry: entry.map(|entry| entry.id),
        }
    }

    /// What kept a row from the reports at an instant, and from when on they show it.
    fn hidden(&self, row: &Transaction<'_>, at: Timestamp) -> Option<(&'static str, String)> {
        let shown = self.moment.world.visible_from(row, self.provider);
        if shown.is_some_and(|shown| shown <= at.as_second()) {
            return None;
        }
        let setting = self.moment.state().reporting.of(self.provider);
        let rules = setting.map(|setting| &*setting.rules);
        let lever = match rules {
            _ if row.visible_at().is_some() => "visible_at",
            Some(rules) if rules.missing.contains(&row.day()) => "missing",
            Some(rules) if rules.daily.is_some() => "daily",
            Some(rules) if rules.jitter > 0 => "jitter",
            _ => "lag",
        };
        let from = shown.and_then(|shown| Timestamp::from_second(shown).ok());
        Some((
            lever,
            match from {
                Some(from) => format!("the lever `{lever}` shows it from {from} on"),
                None => format!("the lever `{lever}` never shows it"),
            },
        ))
    }

    fn never(&self) -> String {
        let gone = if self.has_gap { " that the journal still has" } else { "" };
        format!("no answer{gone} carried it, and no request asked for it")
    }

    fn doubled(&self, row: &Transaction<'_>, text: &str) -> String {
        let ids: Vec<String> = self.carriers(row).map(|entry| entry.id.to_string()).collect();
        match ids.as_slice() {
            [_] => text.to_owned(),
            ids => format!("{text}; entries {} carried it", ids.join(", ")),
        }
    }
}

/// The lever of the trade that leads importers to a finding of this kind, and what it did.
fn told_by(kind: FindingKind, row: &Transaction<'_>) -> Option<(&'static str, &'static str)> {
    match kind {
        FindingKind::Duplicate if row.is_repeated() => {
            Some(("repeated", "the lever `repeated` tells it twice under one id"))
        }
        FindingKind::Missing if row.is_lookalike() => {
            Some(("lookalikes", "it equals the payment before it, and is another one"))
        }
        _ => None,
    }
}

fn passed(entry: &Entry) -> String {
    let id = entry.id;
    match &entry.fault {
        Some(fault) => {
            format!("the answer of entry {id} should have had it, and the fault {fault} struck")
        }
        None => format!("entry {id} asked for a range that it is in, and its answer passed it by"),
    }
}

/// Whether a value was right when it was told.
fn changed(
    mapper: &RowMapper,
    finding: &Finding,
    row: &Transaction<'_>,
    carrier: &Entry,
) -> String {
    let id = carrier.id;
    let then = mapper.at(carrier.at.as_second());
    let reported = then.view.get(row.id()).and_then(|row| then.map(&row));
    let spelled = |minor| mapper.row_mapping.spelling.write(minor, row.currency);
    let value = reported.and_then(|reported| match finding.kind {
        FindingKind::StatusMismatch => Some(reported.status.into_owned()),
        FindingKind::FeeMismatch => reported.fee.map(spelled),
        FindingKind::AmountMismatch => Some(spelled(reported.amount)),
        _ => None,
    });
    match value {
        Some(value) if finding.received.as_deref() == Some(&value) => {
            format!("entry {id} told this value at {}; it has changed since", carrier.at)
        }
        _ => format!("entry {id} told the right value, and the import has another one"),
    }
}
