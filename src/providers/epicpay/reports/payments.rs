//! newpayments, failedpayments and successfulpayments: one row for each scheduled payment, in the one
//! of the three reports where it stands now.

use axum::response::Response;
use std::sync::Arc;

use super::super::report_type::Report;
use super::super::response::{Context, amount, answer_with, date, date_of, id};
use super::subscriptions::{
    currency, customer_names, holder, order, subscription_id, terminal_members, wallet,
};
use crate::sandbox::facts::Decline;
use crate::sandbox::generate::calendar::{self, Day};
use crate::sandbox::ledger::RowId;
use crate::sandbox::ledger::subscription::{
    self, MAX_SUBSCRIPTION_DAYS, Subscription, SubscriptionState,
};
use crate::wire::json::Writer;

/// One row.
#[derive(Clone, Debug)]
struct Entry {
    subscription: Arc<Subscription>,
    number: u16,
    day: Day,
    amount: i64,
    secondary: i64,
    /// The last try, if there was one.
    row: Option<RowId>,
}

pub(super) fn answer(context: Context) -> Response {
    let (view, days) = (&context.view, context.days());
    let mut entries = Vec::new();
    for it in subscription::subscriptions(
        view,
        days.start.saturating_sub(MAX_SUBSCRIPTION_DAYS)..days.end,
    ) {
        let it = Arc::new(it);
        for payment in subscription::payments(view, &it, days.clone()) {
            let (report, row) = match payment.state {
                SubscriptionState::Waiting => (Report::NewPayments, None),
                SubscriptionState::Failed(row) => (Report::FailedPayments, Some(row.id())),
                SubscriptionState::Paid(row) => (Report::SuccessfulPayments, Some(row.id())),
            };
            if report != context.request.report {
                continue;
            }
            let entry = Entry {
                subscription: Arc::clone(&it),
                number: payment.number,
                day: payment.day,
                amount: payment.amount,
                secondary: payment.secondary,
                row,
            };
            entries.push((payment.day, entry));
        }
    }
    entries.sort_by_key(|(day, entry)| (*day, schedule_id(entry)));
    answer_with(context, entries, write)
}

/// Below 2³¹ until 2099, because clients keep it in 32 bits: at most 250 subscriptions begin on a day,
/// and none has more than 128 payments.
fn schedule_id(entry: &Entry) -> i64 {
    let subscription =
        i64::from(entry.subscription.day) * 256 + i64::from(entry.subscription.number);
    subscription * 128 + i64::from(entry.number)
}

fn write(context: &Context, entry: Entry, json: &mut Writer) {
    let (view, it) = (&context.view, entry.subscription.as_ref());
    let row = entry.row.and_then(|id| context.row(id));
    json.open(b'{');
    json.integer_member("schedule_id", schedule_id(&entry));
    date(json, "scheduled_date", Some(entry.day));
    amount(json, "amount", entry.amount, currency(view));
    amount(json, "secondary_amount", entry.secondary, currency(view));
    json.key("alert_after_sent");
    json.flag(it.alert_after && row.is_some());
    json.key("alert_before_sent");
    // The customer is told a day ahead.
    json.flag(it.alert_before && entry.day <= calendar::day_of(view.now) + 1);
    wallet(json, it);
    customer_names(json, view, it);
    holder(json, view, it);
    terminal_members(json, view, it);
    subscription_id(json, it);
    order(json, it);
    let Some(row) = row else {
        json.text_member("status", "Scheduled");
        for name in [
            "transaction_id",
            "transaction_date",
            "transaction_status",
            "reason_code",
            "response_message",
        ] {
            json.text_member(name, "");
        }
        return json.close(b'}');
    };
    let decline = row.decline();
    let (status, word) = match decline {
        None => ("Processed", "Approved"),
        Some(_) => ("Failed", "Declined"),
    };
    json.text_member("status", status);
    id(json, "transaction_id", "", row.number());
    date_of(json, "transaction_date", Some(row.created_at));
    json.text_member("transaction_status", word);
    let (code, text) = decline.map_or(("000", "Approved"), response);
    json.text_member("reason_code", code);
    json.text_member("response_message", text);
    json.close(b'}');
}

/// Three digits and a text for a decline: the codes of ISO 8583.
fn response(decline: Decline) -> (&'static str, &'static str) {
    match decline {
        Decline::DoNotHonor => ("005", "Do not honor"),
        Decline::InsufficientFunds => ("051", "Insufficient funds"),
        Decline::ExpiredCard => ("054", "Expired card"),
        Decline::InvalidCard => ("014", "Invalid card number"),
        Decline::InvalidCvv => ("082", "Invalid CVV"),
        Decline::LimitExceeded => ("061", "Exceeds withdrawal limit"),
        Decline::StolenCard => ("043", "Stolen card"),
        Decline::LostCard => ("041", "Lost card"),
        Decline::SuspectedFraud => ("059", "Suspected fraud"),
        Decline::AuthenticationFailed => ("063", "Security violation"),
        Decline::IssuerUnavailable => ("091", "Issuer unavailable"),
        Decline::CallIssuer => ("001", "Refer to card issuer"),
    }
}
