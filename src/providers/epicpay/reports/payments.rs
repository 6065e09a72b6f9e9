//! newpayments, failedpayments and successfulpayments: a row for each scheduled payment, in exactly one
//! of the three reports.

use std::sync::Arc;

use axum::response::Response;

use super::super::columns::{Table, amount, date, id, plain, text, whole, yes_no};
use super::super::report_type::Report;
use super::super::response::{Context, Tell, answer_with};
use super::subscriptions::SharedCells;
use crate::sandbox::facts::Decline;
use crate::sandbox::generate::calendar::{self, Day};
use crate::sandbox::ledger::RowId;
use crate::sandbox::ledger::subscription::{
    self, MAX_SUBSCRIPTION_DAYS, Subscription, SubscriptionState,
};

/// A scheduled payment.
#[derive(Clone, Debug)]
struct Entry {
    subscription: Arc<Subscription>,
    number: u16,
    day: Day,
    /// Minor units.
    amount: i64,
    /// Minor units.
    secondary: i64,
    last_attempt: Option<RowId>,
}

pub(super) struct Row {
    entry: Entry,
    shared: SharedCells,
    alert_before_sent: bool,
    attempt: Option<Attempt>,
}

/// The last attempt to charge a scheduled payment.
struct Attempt {
    number: i64,
    day: Day,
    decline: Option<Decline>,
}

pub(super) const TABLE: Table<Row> = &[&[
    whole("schedule_id", |it| schedule_id(&it.entry)),
    date("scheduled_date", |it| Some(it.entry.day)),
    amount("amount", |it| it.shared.money(it.entry.amount)),
    amount("secondary_amount", |it| it.shared.money(it.entry.secondary)),
    yes_no("alert_after_sent", |it| it.entry.subscription.alert_after && it.attempt.is_some()),
    yes_no("alert_before_sent", |it| it.alert_before_sent),
    plain("wallet_id", |it, out| it.shared.push_wallet_id(out)),
    text("customer_first_name", |it| it.shared.person.first),
    text("customer_last_name", |it| it.shared.person.last),
    text("accountholder", |it| &it.shared.accountholder),
    text("account_type", |it| it.shared.account.kind()),
    plain("account_suffix", |it, out| it.shared.account.push_suffix(out)),
    plain("account_expiration_date", |it, out| it.shared.account.push_expiry(out)),
    whole("terminal_id", |it| it.shared.terminal_id),
    text("terminal_name", |it| &it.shared.terminal_name),
    plain("subscription_id", |it, out| it.shared.push_id(out)),
    text("client_order_id", |it| &it.shared.order),
    text("status", |it| it.attempt.as_ref().map_or("Scheduled", Attempt::status)),
    id("transaction_id", |it| it.attempt.as_ref().map(|attempt| attempt.number)),
    date("transaction_date", |it| it.attempt.as_ref().map(|attempt| attempt.day)),
    text("transaction_status", |it| it.attempt.as_ref().map_or("", Attempt::transaction_status)),
    text("reason_code", |it| it.attempt.as_ref().map_or("", |attempt| attempt.reason().0)),
    text("response_message", |it| it.attempt.as_ref().map_or("", |attempt| attempt.reason().1)),
]];

pub(super) fn answer(context: Context) -> Response {
    let (view, days) = (&context.view, context.days());
    let mut entries = Vec::new();
    for subscription in subscription::subscriptions(
        view,
        days.start.saturating_sub(MAX_SUBSCRIPTION_DAYS)..days.end,
    ) {
        let subscription = Arc::new(subscription);
        for payment in subscription::payments(view, &subscription, days.clone()) {
            let (report, row) = match payment.state {
                SubscriptionState::Waiting => (Report::NewPayments, None),
                SubscriptionState::Failed(row) => (Report::FailedPayments, Some(row.id())),
                SubscriptionState::Paid(row) => (Report::SuccessfulPayments, Some(row.id())),
            };
            if report != context.request.report {
                continue;
            }
            let entry = Entry {
                subscription: Arc::clone(&subscription),
                number: payment.number,
                day: payment.day,
                amount: payment.amount,
                secondary: payment.secondary,
                last_attempt: row,
            };
            entries.push((payment.day, entry));
        }
    }
    entries.sort_by_key(|(day, entry)| (*day, schedule_id(entry)));
    answer_with(context, entries, TABLE, Row::new)
}

/// Below 2³¹ until 2099, because clients keep it in 32 bits: at most 250 subscriptions begin on a day,
/// and none has more than 128 payments.
fn schedule_id(entry: &Entry) -> i64 {
    let subscription =
        i64::from(entry.subscription.day) * 256 + i64::from(entry.subscription.number);
    subscription * 128 + i64::from(entry.number)
}

impl Row {
    fn new<'a>(context: &'a Context, entry: Entry, tell: Tell<'_, 'a>) -> Option<Self> {
        let view = &context.view;
        let row = entry.last_attempt.and_then(|id| context.row(id));
        row.into_iter().for_each(tell);
        // The alert is sent one day before the payment.
        let is_alert_due = entry.day <= calendar::day_of(view.now) + 1;
        Some(Self {
            shared: SharedCells::new(view, &entry.subscription),
            alert_before_sent: entry.subscription.alert_before && is_alert_due,
            attempt: row.map(|row| Attempt {
                number: row.number(),
                day: row.day(),
                decline: row.decline(),
            }),
            entry,
        })
    }
}

impl Attempt {
    fn status(&self) -> &'static str {
        if self.decline.is_none() { "Processed" } else { "Failed" }
    }

    fn transaction_status(&self) -> &'static str {
        if self.decline.is_none() { "Approved" } else { "Declined" }
    }

    /// Code with three digits and text.
    fn reason(&self) -> (&'static str, &'static str) {
        self.decline.map_or(("000", "Approved"), reason)
    }
}

/// Code and text of a decline: the codes of ISO 8583 with three digits.
fn reason(decline: Decline) -> (&'static str, &'static str) {
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
