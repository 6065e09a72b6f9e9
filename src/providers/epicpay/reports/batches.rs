//! batches: sales and credits of each day, cards and bank debits apart.

use axum::response::Response;

use super::super::cells::{AGENT_ID, AGENT_NAME, epic_id};
use super::super::columns::{Table, amount, date, id, text, whole};
use super::super::response::{Context, Tell, answer_with};
use crate::sandbox::ledger::batch::{self, Batch};
use crate::sandbox::ledger::settlement::Class;
use crate::sandbox::money::Money;

pub(super) struct Row {
    batch: Batch,
    epic_id: i64,
    merchant_name: String,
}

pub(super) const TABLE: Table<Row> = &[&[
    id("batch_id", |it| Some(it.batch.number)),
    date("reported_date", |it| Some(it.batch.day)),
    date("settled_date", |it| Some(it.batch.effective_on)),
    id("epic_id", |it| Some(it.epic_id)),
    text("merchant_name", |it| &it.merchant_name),
    text("payment_type", |it| payment_type(it.batch.class)),
    whole("sales_count", |it| it.batch.sales_count),
    amount("sales_amount", |it| it.money(it.batch.sales)),
    amount("sales_amount2", |it| it.money(it.batch.secondary)),
    whole("credits_count", |it| it.batch.credits_count),
    amount("credits_amount", |it| it.money(it.batch.credits)),
    amount("credits_amount2", |it| it.money(0)),
    text("agent_id", |_| AGENT_ID),
    text("agent_name", |_| AGENT_NAME),
]];

pub(super) fn answer(context: Context) -> Response {
    let batches = batch::batches(&context.view, context.days());
    let entries = batches.into_iter().map(|batch| (batch.day, batch)).collect();
    answer_with(context, entries, TABLE, Row::new)
}

impl Row {
    fn new(context: &Context, batch: Batch, _: Tell<'_, '_>) -> Option<Self> {
        let view = &context.view;
        let merchant_name = view.merchant.display_name.clone();
        Some(Self { batch, epic_id: epic_id(view), merchant_name })
    }

    fn money(&self, minor: i64) -> Money {
        Money { minor, currency: self.batch.currency }
    }
}

/// The payment type of a batch or a deposit, in the vendor's terms.
pub(super) fn payment_type(class: Class) -> &'static str {
    match class {
        Class::Card => "eCom",
        Class::Bank => "ACH",
    }
}
