//! Compares the rows of an import with the truth, row by row, in memory that does not grow with the rows.

use std::collections::{BTreeMap, BTreeSet};

use strum::VariantArray;

use super::amount::Written;
use super::finding::{Finding, FindingKind, ImportedRow, MAX_FINDINGS, Unreadable};
use super::row_mapper::RowMapper;
use super::row_mapping::ReportedRow;
use super::scope::{Scope, described};
use crate::sandbox::generate::calendar::Day;
use crate::sandbox::ledger::{RowId, Transaction};
use crate::sandbox::money::Currency;

/// A comparison under way.
#[derive(Debug)]
pub struct Reconciliation {
    mapper: RowMapper,
    /// The same rows as the reports show them now, which can lag behind the truth.
    reported: RowMapper,
    scope: Scope,
    /// Generated rows that the import has, a bit each, by day.
    generated: BTreeMap<Day, Vec<u64>>,
    /// Added rows that the import has.
    added: BTreeSet<RowId>,
    findings: Vec<Finding>,
    counts: BTreeMap<FindingKind, u64>,
    rows: u64,
    expected_rows: u64,
}

/// The result of a comparison.
#[derive(Debug)]
pub struct Reconciled {
    /// The reports that were compared.
    pub mapper: RowMapper,
    /// The rows that were compared.
    pub scope: Scope,
    /// The first [`MAX_FINDINGS`] findings.
    pub findings: Vec<Finding>,
    /// The number of findings of each kind.
    pub counts: BTreeMap<FindingKind, u64>,
    /// The number of rows of the import.
    pub rows: u64,
    /// The number of rows of the truth.
    pub expected_rows: u64,
}

impl Reconciled {
    /// The number of findings that are wrong: all but the expected ones.
    #[must_use]
    pub fn breaks(&self) -> u64 {
        let wrong = self.counts.iter().filter(|(kind, _)| **kind != FindingKind::Expected);
        wrong.map(|(_, count)| count).sum()
    }
}

impl Reconciliation {
    /// A comparison with the rows of a scope. What is right in `reported`, the reports as they can lag behind
    /// the truth, is expected.
    #[must_use]
    pub fn new(mapper: RowMapper, reported: RowMapper, scope: Scope) -> Self {
        Self {
            mapper,
            reported,
            scope,
            generated: BTreeMap::new(),
            added: BTreeSet::new(),
            findings: Vec::new(),
            counts: FindingKind::VARIANTS.iter().map(|kind| (*kind, 0)).collect(),
            rows: 0,
            expected_rows: 0,
        }
    }

    /// Compares the next row of the import.
    ///
    /// # Errors
    ///
    /// A value that cannot be read.
    pub fn add(&mut self, imported: &ImportedRow) -> Result<(), Unreadable> {
        self.rows += 1;
        let mapper = self.mapper.clone();
        let located = mapper.locate(&imported.report, &imported.id);
        let reported = located.into_iter().filter_map(|row| Some((row, mapper.map(&row)?)));
        let mut reported: Vec<_> =
            reported.filter(|(_, reported)| is_of_report(reported, imported)).collect();
        reported.retain(|(row, _)| self.scope.contains(row));
        if reported.is_empty() {
            self.check_amounts(imported, Currency::USD)?;
            self.unexpected(&mapper, imported);
            return Ok(());
        }
        // Several rows can have one id: the one with this amount, or else the first that is not taken. Of two
        // with this amount, the one that the reports show: the other cannot have been imported.
        let open = reported.iter().filter(|(row, _)| !self.is_taken(row.id()));
        let open: Vec<_> = open.collect();
        let is_equal = |row: &Transaction<'_>, reported: &ReportedRow| {
            let read = imported.amount.as_ref();
            let minor = read.map(|it| it.minor(mapper.row_mapping.spelling, row.currency));
            minor.is_some_and(|minor| minor.is_ok_and(|minor| minor.abs() == reported.amount))
        };
        let is_shown = |row: &Transaction<'_>| self.reported.view.get(row.id()).is_some();
        let equal = || open.iter().filter(|(row, reported)| is_equal(row, reported));
        let best = equal().find(|(row, _)| is_shown(row)).or_else(|| equal().next());
        let best = best.or(open.first());
        match best.copied().or(reported.first()) {
            Some((row, reported)) if open.is_empty() => {
                let text = "the import has it more than once".to_owned();
                let finding = Finding::of(FindingKind::Duplicate, reported, row.id());
                self.push(Finding { text, ..finding });
                self.check_amounts(imported, row.currency)
            }
            Some((row, reported)) => {
                self.take(row.id());
                self.compare(row, reported, imported)
            }
            None => Ok(()),
        }
    }

    /// The result, once all rows of the import were added.
    #[must_use]
    pub fn finish(mut self) -> Reconciled {
        let mapper = self.mapper.clone();
        for (row, reported) in mapper.rows(&self.scope.clone(), None) {
            self.expected_rows += 1;
            if !self.is_taken(row.id()) {
                let amount = mapper.row_mapping.spelling.write(reported.amount, row.currency);
                let expected = Some(format!("{amount} {}", row.currency));
                let kind = match self.reported.view.get(row.id()) {
                    Some(_) => FindingKind::Missing,
                    None => FindingKind::Expected,
                };
                self.push(Finding { expected, ..Finding::of(kind, &reported, row.id()) });
            }
        }
        let Self { mapper, scope, findings, counts, rows, expected_rows, .. } = self;
        Reconciled { mapper, scope, findings, counts, rows, expected_rows }
    }

    fn push(&mut self, finding: Finding) {
        *self.counts.entry(finding.kind).or_default() += 1;
        if self.findings.len() < MAX_FINDINGS {
            self.findings.push(finding);
        }
    }

    fn is_taken(&self, id: RowId) -> bool {
        if id.sub() != 0 {
            return self.added.contains(&id);
        }
        let (word, bit) = place(id);
        let words = self.generated.get(&id.day());
        words.and_then(|words| words.get(word)).is_some_and(|word| word & bit != 0)
    }

    fn take(&mut self, id: RowId) {
        if id.sub() != 0 {
            self.added.insert(id);
            return;
        }
        let (index, bit) = place(id);
        let words = self.generated.entry(id.day()).or_default();
        if words.len() <= index {
            words.resize(index + 1, 0);
        }
        if let Some(word) = words.get_mut(index) {
            *word |= bit;
        }
    }

    /// Reads the amounts of a row that is not compared, so that nothing unreadable is passed over.
    fn check_amounts(&self, imported: &ImportedRow, currency: Currency) -> Result<(), Unreadable> {
        let currency = imported.currency.unwrap_or(currency);
        for (field, written) in [("amount", &imported.amount), ("fee", &imported.fee)] {
            if let Some(written) = written {
                self.read(field, written, currency)?;
            }
        }
        Ok(())
    }

    fn read(
        &self,
        field: &'static str,
        written: &Written,
        currency: Currency,
    ) -> Result<i64, Unreadable> {
        let spelling = self.mapper.row_mapping.spelling;
        written.minor(spelling, currency).map_err(|problem| Unreadable { field, problem })
    }

    fn compare(
        &mut self,
        row: &Transaction<'_>,
        reported: &ReportedRow,
        imported: &ImportedRow,
    ) -> Result<(), Unreadable> {
        let found = |kind, expected: String, received: &str| Finding {
            expected: Some(expected),
            received: Some(received.to_owned()),
            ..Finding::of(kind, reported, row.id())
        };
        let spelled = |minor: i64, like: &Written| match like.is_minor {
            true => minor.to_string(),
            false => self.mapper.row_mapping.spelling.write(minor, row.currency),
        };
        let mut findings = Vec::new();
        if let Some(currency) = imported.currency.filter(|it| *it != row.currency) {
            let (expected, received) = (row.currency.code().to_owned(), currency.code());
            findings.push(found(FindingKind::CurrencyMismatch, expected, received));
        }
        // Amounts are read in the currency of the row, so that a wrong currency is one finding and not two.
        if let Some(written) = &imported.amount {
            let minor = self.read("amount", written, row.currency)?;
            if !is_amount(reported, minor) {
                let signed = if reported.is_negative { -reported.amount } else { reported.amount };
                let expected = spelled(signed, written);
                findings.push(found(FindingKind::AmountMismatch, expected, &written.text));
            }
        }
        if let Some(written) = imported.fee.as_ref().filter(|_| self.mapper.row_mapping.has_fee()) {
            let minor = self.read("fee", written, row.currency)?.abs();
            if minor != reported.fee.unwrap_or(0) {
                let expected =
                    reported.fee.map_or_else(|| "none yet".to_owned(), |fee| spelled(fee, written));
                findings.push(found(FindingKind::FeeMismatch, expected, &written.text));
            }
        }
        if let Some(status) = imported.status.as_ref().filter(|status| **status != reported.status)
        {
            findings.push(found(
                FindingKind::StatusMismatch,
                reported.status.clone().into_owned(),
                status,
            ));
        }
        if !findings.is_empty() && self.is_right_there(row, imported) {
            findings.iter_mut().for_each(|finding| finding.kind = FindingKind::Expected);
        }
        findings.into_iter().for_each(|finding| self.push(finding));
        Ok(())
    }

    /// Whether the values of a row are those that the reports still tell.
    fn is_right_there(&self, row: &Transaction<'_>, imported: &ImportedRow) -> bool {
        let Some(row) = self.reported.view.get(row.id()) else { return false };
        let Some(reported) = self.reported.map(&row) else { return false };
        let minor =
            |written: &Written| written.minor(self.mapper.row_mapping.spelling, row.currency).ok();
        let is_fee = |fee: &Written| minor(fee).map(i64::abs) == Some(reported.fee.unwrap_or(0));
        let is_right =
            |amount: &Written| minor(amount).is_some_and(|minor| is_amount(&reported, minor));
        imported.currency.is_none_or(|currency| currency == row.currency)
            && imported.amount.as_ref().is_none_or(is_right)
            && (!self.mapper.row_mapping.has_fee() || imported.fee.as_ref().is_none_or(is_fee))
            && imported.status.as_ref().is_none_or(|status| *status == reported.status)
    }

    fn unexpected(&mut self, mapper: &RowMapper, imported: &ImportedRow) {
        let (row, text) = self.explain(mapper, imported);
        self.push(Finding {
            kind: FindingKind::Unexpected,
            id: imported.id.clone(),
            report: imported.report.clone(),
            row,
            expected: None,
            received: imported.amount.as_ref().map(|amount| amount.text.clone()),
            text,
        });
    }

    /// Why an id leads to no row of the scope.
    fn explain(&self, mapper: &RowMapper, imported: &ImportedRow) -> (Option<RowId>, String) {
        let id = imported.id.as_str();
        if let Some(row) = mapper.locate(&imported.report, id).first() {
            let text = match mapper.map(row) {
                None => format!("it is a {} that the reports do not show", described(row)),
                Some(reported) if !is_of_report(&reported, imported) => {
                    format!("report {} tells this row, as {}", reported.report, reported.id)
                }
                Some(_) => self.outside(row),
            };
            return (Some(row.id()), text);
        }
        for report in mapper.row_mapping.reports {
            let rows = mapper.locate(report, id).into_iter();
            let mut reported = rows.filter_map(|row| Some((row.id(), mapper.map(&row)?)));
            if let Some((row, reported)) = reported.find(|(_, reported)| reported.id == id) {
                return (
                    Some(row),
                    format!(
                        "it is an id of report {}; say so in a column `report`",
                        reported.report
                    ),
                );
            }
        }
        if (mapper.row_mapping.is_id)(id) {
            return (None, "no row has this id".to_owned());
        }
        (None, "it does not have the form of the provider's ids".to_owned())
    }

    fn outside(&self, row: &Transaction<'_>) -> String {
        let axis = super::scope::axis_name(self.scope.axis);
        let Some(at) = self.scope.instant(row) else {
            return format!("it is outside the range: it is not {axis} yet");
        };
        let (side, distance) = match self.scope.span.start - at {
            before @ 1.. => ("before it begins", before),
            _ => ("after its end", at - self.scope.span.end),
        };
        let likely =
            if distance <= MAX_ZONE { "; likely a day was cut in another zone" } else { "" };
        format!("it is outside the range: it was {axis} {side}{likely}")
    }
}

/// The longest distance between the begins of a day in two zones, in seconds.
const MAX_ZONE: i64 = 14 * 3600;

/// Whether an import has the amount of a row. Without its sign a negative amount is right too: the truth has none.
fn is_amount(reported: &ReportedRow, minor: i64) -> bool {
    minor == reported.amount || (reported.is_negative && minor == -reported.amount)
}

/// Whether the import means the report that tells a row.
fn is_of_report(reported: &ReportedRow, imported: &ImportedRow) -> bool {
    imported.report.is_empty() || reported.report == imported.report
}

/// The word and the bit of a generated row in the bits of its day.
fn place(id: RowId) -> (usize, u64) {
    let number = id.number();
    (usize::try_from(number / 64).unwrap_or(0), 1 << (number % 64))
}
