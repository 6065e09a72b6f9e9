//! A transaction as the reports of each provider print it, column by column.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::truth::WireView;
use crate::providers::{self, Provider};
use crate::sandbox::ledger::Transaction;
use crate::sandbox::space::Moment;
use crate::sandbox::truth::RowMapper;

/// The row of a transaction in the report that lists transactions.
#[derive(Debug, JsonSchema, Serialize)]
pub(super) struct PrintedRow {
    /// The provider's own id.
    id: String,
    /// The report that tells it; empty if ids alone are enough.
    report: &'static str,
    wire: WireView,
    /// The whole row: the columns of the report in their order, with the values as they are printed. A row of
    /// a CSV file has the texts of its line.
    #[schemars(with = "BTreeMap<String, Value>")]
    row: Box<RawValue>,
}

/// By provider of the merchant: how its report prints the transaction now; `None` if it does not list it.
pub(super) fn rows(
    row: &Transaction<'_>,
    moment: &Moment,
) -> BTreeMap<&'static str, Option<PrintedRow>> {
    let merchant = &row.view().merchant;
    let own = providers::ALL.iter().filter(|it| merchant.credential(it.slug).is_some());
    own.map(|provider| (provider.slug, printed(provider, row, moment))).collect()
}

fn printed(provider: &Provider, row: &Transaction<'_>, moment: &Moment) -> Option<PrintedRow> {
    let merchant = row.view().merchant.id;
    let view = moment.world.reported_view(merchant, moment.now, provider.slug)?;
    let mapper = RowMapper::new(provider.row_mapping?, provider.slug, moment.scenario().seed, view);
    let row = mapper.view.get(row.id())?;
    let reported = mapper.map(&row)?;
    Some(PrintedRow {
        wire: WireView::of(mapper.row_mapping, row.currency, &reported),
        row: serde_json::from_slice((provider.row)(moment, &row).as_slice()).ok()?,
        id: reported.id,
        report: reported.report,
    })
}
