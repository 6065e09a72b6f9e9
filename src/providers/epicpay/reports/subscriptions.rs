//! activesubscriptions, suspendedsubscriptions and wallettrouble, and what rows about subscriptions
//! have in common.

use axum::response::Response;

use super::super::response::{Account, Context, amount, answer_with, date, epic_id, id};
use crate::sandbox::generate::calendar::Day;
use crate::sandbox::generate::stream::Draw;
use crate::sandbox::ledger::View;
use crate::sandbox::ledger::subscription::{
    self, Frequency, Standing, Subscription, WalletProblem,
};
use crate::sandbox::money::Currency;
use crate::wire::json::Writer;

/// Purposes of draws about the wire form of a subscription.
mod purpose {
    pub(super) const SUBSCRIPTION: u64 = 49;
    pub(super) const WALLET: u64 = 50;
    pub(super) const CUSTOMER: u64 = 51;
    pub(super) const TERMINAL: u64 = 52;
}

pub(super) fn active(context: Context) -> Response {
    let all = subscription::current(&context.view);
    let entries = all
        .filter_map(|it| match subscription::standing(&context.view, &it) {
            Standing::Active { next } => Some((it.day, (it, next))),
            Standing::Suspended { .. } | Standing::Ended => None,
        })
        .collect();
    answer_with(context, entries, write_active)
}

pub(super) fn suspended(context: Context) -> Response {
    let all = subscription::subscriptions(&context.view, context.days());
    let entries = all
        .filter_map(|it| match subscription::standing(&context.view, &it) {
            Standing::Suspended { on, next } => Some((it.day, (it, on, next))),
            Standing::Active { .. } | Standing::Ended => None,
        })
        .collect();
    answer_with(context, entries, write_suspended)
}

pub(super) fn wallet_trouble(context: Context) -> Response {
    let all = subscription::current(&context.view);
    let entries = all
        .filter_map(|it| {
            let (from, trouble) = subscription::trouble(&context.view, &it)?;
            let next = match subscription::standing(&context.view, &it) {
                Standing::Active { next } => Some(next),
                Standing::Suspended { next, .. } => next,
                Standing::Ended => return None,
            };
            Some((it.day, (it, from, trouble, next)))
        })
        .collect();
    answer_with(context, entries, write_trouble)
}

fn write_active(context: &Context, entry: (Subscription, Day), json: &mut Writer) {
    let (it, next) = &entry;
    let (view, unit) = (&context.view, currency(&context.view));
    json.open(b'{');
    uuid(json, "subscription_id", it.key, purpose::SUBSCRIPTION);
    uuid(json, "customer_id", it.key, purpose::CUSTOMER);
    wallet(json, it);
    json.integer_member("terminal_id", terminal(view, it).0);
    json.text_member("status", "Active");
    amounts(json, it, unit);
    json.text_member("currency", unit.code());
    frequency(json, it.frequency);
    let (first, second) = match it.frequency {
        Frequency::TwiceMonthly(first, second) => (i64::from(first), i64::from(second)),
        Frequency::Days(_) | Frequency::Weeks(_) | Frequency::Months(_) => (0, 0),
    };
    json.integer_member("date_of_month_1", first);
    json.integer_member("date_of_month_2", second);
    total_payments(json, it);
    json.key("alert_after");
    json.flag(it.alert_after);
    date(json, "next_payment_date", Some(*next));
    date(json, "last_payment_date", it.planned.last().copied());
    // EpicPay: `merchant_id` in the sample, `epic_id` in the table.
    id(json, "merchant_id", "", epic_id(view));
    json.text_member("terminal_name", &terminal(view, it).1);
    holder(json, view, it);
    customer_names(json, view, it);
    json.close(b'}');
}

fn write_suspended(context: &Context, entry: (Subscription, Day, Option<Day>), json: &mut Writer) {
    let (it, on, next) = &entry;
    json.open(b'{');
    troubled(json, &context.view, it, *next);
    json.text_member("subscription_suspend_reason", "Maximum number of retries exceeded");
    date(json, "subscription_suspend_date", Some(*on));
    json.close(b'}');
}

fn write_trouble(
    context: &Context,
    entry: (Subscription, Day, WalletProblem, Option<Day>),
    json: &mut Writer,
) {
    let (it, from, trouble, next) = &entry;
    json.open(b'{');
    troubled(json, &context.view, it, *next);
    let reason = match trouble {
        WalletProblem::Expired => "Expired card",
        WalletProblem::Lost => "Lost card",
        WalletProblem::Stolen => "Stolen card",
        WalletProblem::Closed => "Account closed",
    };
    json.text_member("wallet_suspend_reason", reason);
    date(json, "wallet_suspend_date", Some(*from));
    json.close(b'}');
}

/// What the two reports about trouble begin with.
fn troubled(json: &mut Writer, view: &View, it: &Subscription, next: Option<Day>) {
    uuid(json, "subscription_id", it.key, purpose::SUBSCRIPTION);
    order(json, it);
    amounts(json, it, currency(view));
    frequency(json, it.frequency);
    date(json, "next_payment_date", next);
    date(json, "last_payment_date", it.planned.last().copied());
    total_payments(json, it);
    wallet(json, it);
    customer_names(json, view, it);
    holder(json, view, it);
    terminal_members(json, view, it);
}

/// What subscriptions are paid in.
pub(super) fn currency(view: &View) -> Currency {
    view.merchant.trade.currencies.first().map_or(Currency::USD, |it| it.0)
}

fn amounts(json: &mut Writer, it: &Subscription, unit: Currency) {
    amount(json, "amount", it.amount, unit);
    amount(json, "secondary_amount", it.secondary, unit);
    amount(json, "last_amount", it.last_amount, unit);
    amount(json, "last_secondary_amount", it.last_secondary, unit);
}

fn total_payments(json: &mut Writer, it: &Subscription) {
    json.integer_member("total_payments", i64::try_from(it.planned.len()).unwrap_or(0));
}

fn frequency(json: &mut Writer, frequency: Frequency) {
    let (name, period) = match frequency {
        Frequency::Days(days) => ("Every_n_Days", days),
        Frequency::Weeks(weeks) => ("Every_n_Weeks", weeks),
        Frequency::Months(months) => ("Every_n_Months", months),
        Frequency::TwiceMonthly(..) => ("Twice_Every_Month", 0),
    };
    json.text_member("frequency", name);
    json.integer_member("period", i64::from(period));
}

/// The name of the subscription, as reports about its payments show it.
pub(super) fn subscription_id(json: &mut Writer, it: &Subscription) {
    uuid(json, "subscription_id", it.key, purpose::SUBSCRIPTION);
}

/// The name of its wallet.
pub(super) fn wallet(json: &mut Writer, it: &Subscription) {
    uuid(json, "wallet_id", it.key, purpose::WALLET);
}

/// The merchant's own name for the subscription.
pub(super) fn order(json: &mut Writer, it: &Subscription) {
    json.text_member("client_order_id", &format!("SUB-{}-{:03}", it.day, it.number));
}

/// First and last name of the customer.
pub(super) fn customer_names(json: &mut Writer, view: &View, it: &Subscription) {
    let person = subscription::person(view, it);
    json.text_member("customer_first_name", person.first);
    json.text_member("customer_last_name", person.last);
}

/// Who holds which account.
pub(super) fn holder(json: &mut Writer, view: &View, it: &Subscription) {
    let account = Account::new(subscription::card(view, it), subscription::bank_account(it));
    json.text_member("accountholder", &subscription::person(view, it).name());
    json.text_member("account_type", account.kind());
    json.text_member("account_suffix", &account.suffix());
    json.text_member("account_expiration_date", &account.expiry());
}

/// The terminal it is charged by.
pub(super) fn terminal_members(json: &mut Writer, view: &View, it: &Subscription) {
    let (number, name) = terminal(view, it);
    json.integer_member("terminal_id", number);
    json.text_member("terminal_name", &name);
}

/// One of the merchant's terminals; the first is number 0, as in the vendor's samples.
fn terminal(view: &View, it: &Subscription) -> (i64, String) {
    let terminals = view.merchant.credentials.get("epicpay").map_or(1, Vec::len);
    let most = u32::try_from(terminals).unwrap_or(1).max(1);
    match Draw::new(it.key, purpose::TERMINAL).below(most) {
        0 => (0, "Default Terminal".to_owned()),
        index => (i64::from(index) * 15, format!("Terminal {}", index + 1)),
    }
}

/// A random UUID (version 4) of its own for each purpose.
fn uuid(json: &mut Writer, name: &str, key: u64, purpose: u64) {
    let mut draw = Draw::new(key, purpose);
    let (high, low) = (draw.bits(), draw.bits());
    let high = high & !0xf000 | 0x4000;
    let low = low & !(0b11 << 62) | 0b10 << 62;
    let text = format!(
        "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
        high >> 32,
        high >> 16 & 0xffff,
        high & 0xffff,
        low >> 48,
        low & 0xffff_ffff_ffff
    );
    json.text_member(name, &text);
}
