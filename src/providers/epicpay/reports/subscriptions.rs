//! activesubscriptions, suspendedsubscriptions and wallettrouble, and the cells that these reports share
//! with those of scheduled payments.

use axum::response::Response;

use super::super::cells::{Account, epic_id};
use super::super::columns::{Column, Table, amount, date, id, plain, text, whole, yes_no};
use super::super::response::{Context, answer_with};
use crate::sandbox::generate::calendar::Day;
use crate::sandbox::generate::stream::Draw;
use crate::sandbox::ledger::View;
use crate::sandbox::ledger::person::Person;
use crate::sandbox::ledger::subscription::{
    self, Frequency, Standing, Subscription, WalletProblem,
};
use crate::sandbox::money::{Currency, Money};
use crate::wire::line::Line;
use crate::wire::text::hex;

/// Purposes of draws about the identifiers of a subscription.
mod purpose {
    pub(super) const SUBSCRIPTION: u64 = 49;
    pub(super) const WALLET: u64 = 50;
    pub(super) const CUSTOMER: u64 = 51;
    pub(super) const TERMINAL: u64 = 52;
}

pub(super) struct ActiveRow {
    shared: SharedCells,
    subscription: Subscription,
    next_payment_on: Day,
    epic_id: i64,
}

pub(super) const ACTIVE: Table<ActiveRow> = &[&[
    plain("subscription_id", |it, out| it.shared.push_id(out)),
    plain("customer_id", |it, out| push_uuid(out, it.shared.key, purpose::CUSTOMER)),
    plain("wallet_id", |it, out| it.shared.push_wallet_id(out)),
    whole("terminal_id", |it| it.shared.terminal_id),
    text("status", |_| "Active"),
    amount("amount", |it| it.shared.money(it.subscription.amount)),
    amount("secondary_amount", |it| it.shared.money(it.subscription.secondary)),
    amount("last_amount", |it| it.shared.money(it.subscription.last_amount)),
    amount("last_secondary_amount", |it| it.shared.money(it.subscription.last_secondary)),
    text("currency", |it| it.shared.currency.code()),
    text("frequency", |it| frequency(&it.subscription).0),
    whole("period", |it| frequency(&it.subscription).1),
    whole("date_of_month_1", |it| days_of_month(&it.subscription).0),
    whole("date_of_month_2", |it| days_of_month(&it.subscription).1),
    whole("total_payments", |it| total_payments(&it.subscription)),
    yes_no("alert_after", |it| it.subscription.alert_after),
    date("next_payment_date", |it| Some(it.next_payment_on)),
    date("last_payment_date", |it| it.subscription.planned.last().copied()),
    // EpicPay: `merchant_id` in the sample, `epic_id` in the table.
    id("merchant_id", |it| Some(it.epic_id)),
    text("terminal_name", |it| &it.shared.terminal_name),
    text("accountholder", |it| &it.shared.accountholder),
    text("account_type", |it| it.shared.account.kind()),
    plain("account_suffix", |it, out| it.shared.account.push_suffix(out)),
    plain("account_expiration_date", |it, out| it.shared.account.push_expiry(out)),
    text("customer_first_name", |it| it.shared.person.first),
    text("customer_last_name", |it| it.shared.person.last),
]];

/// A subscription that was suspended, or whose wallet was.
pub(super) struct HaltedRow {
    shared: SharedCells,
    subscription: Subscription,
    next_payment_on: Option<Day>,
    suspend_reason: &'static str,
    suspended_on: Day,
}

/// The first columns of suspendedsubscriptions and wallettrouble.
const HALTED: &[Column<HaltedRow>] = &[
    plain("subscription_id", |it, out| it.shared.push_id(out)),
    text("client_order_id", |it| &it.shared.order),
    amount("amount", |it| it.shared.money(it.subscription.amount)),
    amount("secondary_amount", |it| it.shared.money(it.subscription.secondary)),
    amount("last_amount", |it| it.shared.money(it.subscription.last_amount)),
    amount("last_secondary_amount", |it| it.shared.money(it.subscription.last_secondary)),
    text("frequency", |it| frequency(&it.subscription).0),
    whole("period", |it| frequency(&it.subscription).1),
    date("next_payment_date", |it| it.next_payment_on),
    date("last_payment_date", |it| it.subscription.planned.last().copied()),
    whole("total_payments", |it| total_payments(&it.subscription)),
    plain("wallet_id", |it, out| it.shared.push_wallet_id(out)),
    text("customer_first_name", |it| it.shared.person.first),
    text("customer_last_name", |it| it.shared.person.last),
    text("accountholder", |it| &it.shared.accountholder),
    text("account_type", |it| it.shared.account.kind()),
    plain("account_suffix", |it, out| it.shared.account.push_suffix(out)),
    plain("account_expiration_date", |it, out| it.shared.account.push_expiry(out)),
    whole("terminal_id", |it| it.shared.terminal_id),
    text("terminal_name", |it| &it.shared.terminal_name),
];

pub(super) const SUSPENDED: Table<HaltedRow> = &[
    HALTED,
    &[
        text("subscription_suspend_reason", |it| it.suspend_reason),
        date("subscription_suspend_date", |it| Some(it.suspended_on)),
    ],
];

pub(super) const WALLET_TROUBLE: Table<HaltedRow> = &[
    HALTED,
    &[
        text("wallet_suspend_reason", |it| it.suspend_reason),
        date("wallet_suspend_date", |it| Some(it.suspended_on)),
    ],
];

pub(super) fn active(context: Context) -> Response {
    let all = subscription::current(&context.view);
    let entries = all
        .filter_map(|it| match subscription::standing(&context.view, &it) {
            Standing::Active { next } => Some((it.day, (it, next))),
            Standing::Suspended { .. } | Standing::Ended => None,
        })
        .collect();
    answer_with(context, entries, ACTIVE, |context, (subscription, next_payment_on), _| {
        let view = &context.view;
        let shared = SharedCells::new(view, &subscription);
        Some(ActiveRow { shared, subscription, next_payment_on, epic_id: epic_id(view) })
    })
}

pub(super) fn suspended(context: Context) -> Response {
    let all = subscription::subscriptions(&context.view, context.days());
    let entries = all
        .filter_map(|it| match subscription::standing(&context.view, &it) {
            Standing::Suspended { on, next } => Some((it.day, (it, on, next))),
            Standing::Active { .. } | Standing::Ended => None,
        })
        .collect();
    answer_with(context, entries, SUSPENDED, |context, (subscription, suspended_on, next), _| {
        Some(HaltedRow {
            shared: SharedCells::new(&context.view, &subscription),
            subscription,
            next_payment_on: next,
            suspend_reason: "Maximum number of retries exceeded",
            suspended_on,
        })
    })
}

pub(super) fn wallet_trouble(context: Context) -> Response {
    let all = subscription::current(&context.view);
    let entries = all
        .filter_map(|it| {
            let (from, problem) = subscription::trouble(&context.view, &it)?;
            let next = match subscription::standing(&context.view, &it) {
                Standing::Active { next } => Some(next),
                Standing::Suspended { next, .. } => next,
                Standing::Ended => return None,
            };
            Some((it.day, (it, from, problem, next)))
        })
        .collect();
    answer_with(
        context,
        entries,
        WALLET_TROUBLE,
        |context, (subscription, from, problem, next), _| {
            Some(HaltedRow {
                shared: SharedCells::new(&context.view, &subscription),
                subscription,
                next_payment_on: next,
                suspend_reason: match problem {
                    WalletProblem::Expired => "Expired card",
                    WalletProblem::Lost => "Lost card",
                    WalletProblem::Stolen => "Stolen card",
                    WalletProblem::Closed => "Account closed",
                },
                suspended_on: from,
            })
        },
    )
}

fn total_payments(subscription: &Subscription) -> i64 {
    i64::try_from(subscription.planned.len()).unwrap_or(0)
}

/// The name of the frequency, and its `period`.
fn frequency(subscription: &Subscription) -> (&'static str, i64) {
    match subscription.frequency {
        Frequency::Days(days) => ("Every_n_Days", i64::from(days)),
        Frequency::Weeks(weeks) => ("Every_n_Weeks", i64::from(weeks)),
        Frequency::Months(months) => ("Every_n_Months", i64::from(months)),
        Frequency::TwiceMonthly(..) => ("Twice_Every_Month", 0),
    }
}

fn days_of_month(subscription: &Subscription) -> (i64, i64) {
    match subscription.frequency {
        Frequency::TwiceMonthly(first, second) => (i64::from(first), i64::from(second)),
        Frequency::Days(_) | Frequency::Weeks(_) | Frequency::Months(_) => (0, 0),
    }
}

/// The cells of a subscription that all reports about subscriptions and their payments have.
pub(super) struct SharedCells {
    key: u64,
    /// The merchant's own name for the subscription.
    pub(super) order: String,
    pub(super) person: Person<'static>,
    pub(super) accountholder: String,
    pub(super) account: Account,
    pub(super) terminal_id: i64,
    pub(super) terminal_name: String,
    currency: Currency,
}

impl SharedCells {
    pub(super) fn new(view: &View, subscription: &Subscription) -> Self {
        let person = subscription::person(view, subscription);
        let (terminal_id, terminal_name) = terminal(view, subscription);
        let currencies = &view.merchant.trade.currencies;
        Self {
            key: subscription.key,
            order: format!("SUB-{}-{:03}", subscription.day, subscription.number),
            person,
            accountholder: person.name(),
            account: Account {
                card: subscription::card(view, subscription),
                bank: subscription::bank_account(subscription),
            },
            terminal_id,
            terminal_name,
            currency: currencies.first().map_or(Currency::USD, |it| it.0),
        }
    }

    pub(super) fn push_id(&self, out: &mut Line) {
        push_uuid(out, self.key, purpose::SUBSCRIPTION);
    }

    pub(super) fn push_wallet_id(&self, out: &mut Line) {
        push_uuid(out, self.key, purpose::WALLET);
    }

    pub(super) fn money(&self, minor: i64) -> Money {
        Money { minor, currency: self.currency }
    }
}

/// Identifier and name of the terminal that charges a subscription. The first terminal of a merchant has
/// the identifier 0, as in the vendor's samples.
fn terminal(view: &View, subscription: &Subscription) -> (i64, String) {
    let terminals = view.merchant.credentials.get("epicpay").map_or(1, Vec::len);
    let count = u32::try_from(terminals).unwrap_or(1).max(1);
    match Draw::new(subscription.key, purpose::TERMINAL).below(count) {
        0 => (0, "Default Terminal".to_owned()),
        index => (i64::from(index) * 15, format!("Terminal {}", index + 1)),
    }
}

/// Appends a random UUID (version 4), another one for each purpose.
fn push_uuid(out: &mut Line, key: u64, purpose: u64) {
    let mut draw = Draw::new(key, purpose);
    let (high, low) = (draw.bits(), draw.bits());
    let high = high & !0xf000 | 0x4000;
    let low = low & !(0b11 << 62) | 0b10 << 62;
    let (high, low) = (hex(high), hex(low));
    let (a, high) = high.split_at(8);
    let (b, c) = high.split_at(4);
    let (d, e) = low.split_at(4);
    for (index, part) in [a, b, c, d, e].into_iter().enumerate() {
        if index > 0 {
            out.piece(b"-");
        }
        out.bytes(part);
    }
}
