//! Which rows of a provider's reports a question is about, and what they add up to.

use std::collections::BTreeMap;
use std::ops::Range;

use super::row_mapper::RowMapper;
use super::row_mapping::ReportedRow;
use crate::sandbox::digest::{Algorithm, Hasher};
use crate::sandbox::facts::{Kind, Named, Status};
use crate::sandbox::generate::calendar::{self, Day};
use crate::sandbox::ledger::deposit_summary;
use crate::sandbox::ledger::{Axis, RowId, Transaction};
use crate::sandbox::money::Currency;

/// The rows whose instant on an axis lies in a span.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scope {
    /// The instant that counts.
    pub axis: Axis,
    /// Unix seconds.
    pub span: Range<i64>,
}

impl Scope {
    /// The instant of a row that counts; `None` if it has not come.
    #[must_use]
    pub fn instant(&self, row: &Transaction<'_>) -> Option<i64> {
        match self.axis {
            Axis::Created => Some(row.created_at),
            Axis::Paid => row.paid_at(),
            Axis::Settled => row.settled_at(),
        }
    }

    /// Whether a row is in the scope.
    #[must_use]
    pub fn contains(&self, row: &Transaction<'_>) -> bool {
        self.instant(row).is_some_and(|at| self.span.contains(&at))
    }

    /// The days that the span touches.
    fn days(&self, now: i64) -> Range<Day> {
        let last = self.span.end.saturating_sub(1).min(now);
        if last < self.span.start {
            return 0..0;
        }
        calendar::day_of(self.span.start)..calendar::day_of(last) + 1
    }
}

impl RowMapper {
    /// The rows of a scope that the reports tell, in ascending id order, behind the row `after`.
    pub fn rows<'a>(
        &'a self,
        scope: &Scope,
        after: Option<RowId>,
    ) -> impl Iterator<Item = (Transaction<'a>, ReportedRow)> + use<'a> {
        let rows = self.view.rows(scope.axis, scope.span.clone());
        let rows = match after {
            Some(id) => rows.after(id),
            None => rows,
        };
        rows.filter_map(|row| Some((row, self.map(&row)?)))
    }

    /// The deposits of the days of a scope that exist now.
    #[must_use]
    pub fn deposits(&self, scope: &Scope) -> Vec<deposit_summary::Summary> {
        deposit_summary::summaries(&self.view, scope.days(self.view.now))
    }
}

/// What the rows of a total have in common, in the words of the ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Group {
    /// The day of the instant that counts, UTC.
    pub day: Day,
    /// Payment, refund and so on.
    pub kind: Kind,
    /// The status now.
    pub status: Status,
    /// The currency.
    pub currency: Currency,
}

/// What the rows of a scope add up to.
#[derive(Clone, Debug)]
pub struct Summary {
    /// The number of rows.
    pub count: u64,
    /// For each group the number of rows and the sum of their amounts, unsigned minor units.
    pub totals: BTreeMap<Group, (u64, i64)>,
    /// SHA-256 over the lines that `digest_line` writes, in ascending id order.
    pub digest: String,
}

impl Summary {
    /// Adds up the rows of a scope.
    #[must_use]
    pub fn of(mapper: &RowMapper, scope: &Scope) -> Self {
        let mut hasher = Algorithm::Sha256.hasher(&[]);
        let (mut count, mut totals) = (0, BTreeMap::new());
        for (row, reported) in mapper.rows(scope, None) {
            count += 1;
            let group = Group {
                day: calendar::day_of(scope.instant(&row).unwrap_or(row.created_at)),
                kind: row.kind,
                status: row.status(),
                currency: row.currency,
            };
            let total: &mut (u64, i64) = totals.entry(group).or_default();
            *total = (total.0 + 1, total.1.saturating_add(reported.amount));
            add_line(&mut hasher, &row, &reported);
        }
        Self { count, totals, digest: hasher.finish() }
    }
}

/// Adds a row to a digest: report, id, amount, currency, fee and status as the provider tells them, with tabs
/// between them and a line feed at the end.
fn add_line(hasher: &mut Hasher, row: &Transaction<'_>, reported: &ReportedRow) {
    let fee = reported.fee.map(|fee| fee.to_string()).unwrap_or_default();
    let ReportedRow { report, id, amount, status, .. } = reported;
    let currency = row.currency.code();
    let line = format!("{report}\t{id}\t{amount}\t{currency}\t{fee}\t{status}\n");
    hasher.update(line.as_bytes());
}

/// The name of an axis on the admin API.
#[must_use]
pub fn axis_name(axis: Axis) -> &'static str {
    match axis {
        Axis::Created => "created",
        Axis::Paid => "paid",
        Axis::Settled => "settled",
    }
}

/// What a row is, in the words of the ledger: `captured payment`.
pub(super) fn described(row: &Transaction<'_>) -> String {
    format!("{} {}", row.status().name(), row.kind.name())
}
