//! batches: what was taken and given back on each day, cards and bank debits apart.

use axum::response::Response;

use super::super::response::{Context, agent, amount, answer_with, date, epic_id, id};
use crate::sandbox::ledger::batch::{self, Batch};
use crate::sandbox::ledger::settlement::Class;
use crate::wire::json::Writer;

pub(super) fn answer(context: Context) -> Response {
    let batches = batch::batches(&context.view, context.days());
    let entries = batches.into_iter().map(|batch| (batch.day, batch)).collect();
    answer_with(context, entries, write)
}

/// The word for what is batched and deposited together.
pub(super) fn payment_type(class: Class) -> &'static str {
    match class {
        Class::Card => "eCom",
        Class::Bank => "ACH",
    }
}

fn write(context: &Context, batch: Batch, json: &mut Writer) {
    json.open(b'{');
    id(json, "batch_id", "", batch.number);
    date(json, "reported_date", Some(batch.day));
    date(json, "settled_date", Some(batch.effective_on));
    id(json, "epic_id", "", epic_id(&context.view));
    json.text_member("merchant_name", &context.view.merchant.display_name);
    json.text_member("payment_type", payment_type(batch.class));
    json.integer_member("sales_count", batch.sales_count);
    amount(json, "sales_amount", batch.sales, batch.currency);
    amount(json, "sales_amount2", batch.secondary, batch.currency);
    json.integer_member("credits_count", batch.credits_count);
    amount(json, "credits_amount", batch.credits, batch.currency);
    amount(json, "credits_amount2", 0, batch.currency);
    agent(json);
    json.close(b'}');
}
