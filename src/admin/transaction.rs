//! The provider-independent JSON of a transaction, used by all calls that show transactions.

use std::collections::BTreeMap;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use super::printed_row::PrintedRow;
use super::spec::names;
use crate::providers;
use crate::sandbox::facts::{DisputeOutcome, Kind, Method, Named, Status};
use crate::sandbox::ledger::{Transaction, Verdict};
use crate::sandbox::space::Moment;

fn instant(second: i64) -> Option<Timestamp> {
    Timestamp::from_second(second).ok()
}

/// A transaction, independent of any provider. Amounts are minor units.
#[derive(Debug, JsonSchema, Serialize)]
#[schemars(rename = "Transaction")]
pub(super) struct TransactionView {
    pub(super) id: i64,
    merchant: String,
    #[schemars(extend("enum" = names::<Kind>()))]
    kind: &'static str,
    #[schemars(extend("enum" = names::<Status>()))]
    status: &'static str,
    #[schemars(extend("enum" = names::<Method>()))]
    method: &'static str,
    amount: i64,
    /// ISO 4217 code.
    #[schemars(regex(pattern = "^[A-Z]{3}$"))]
    currency: &'static str,
    fee: i64,
    created_at: Option<Timestamp>,
    /// When its outcome was known.
    paid_at: Option<Timestamp>,
    settled_at: Option<Timestamp>,
    /// When it was or will be settled.
    settles_at: Option<Timestamp>,
    test: bool,
    /// The transaction that it follows; `null` for an original transaction.
    parent: Option<i64>,
    /// The merchant's own order number.
    order: String,
    description: String,
    /// Why it was declined.
    decline: Option<&'static str>,
    /// Captured amount of a payment or an authorization.
    #[serde(skip_serializing_if = "Option::is_none")]
    captured: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    refunded: Option<i64>,
    /// Its follow-up transactions.
    #[serde(skip_serializing_if = "Option::is_none")]
    children: Option<Vec<i64>>,
    /// How the dispute about a chargeback ended; `null` if it has not. Only chargebacks have it.
    #[serde(skip_serializing_if = "Option::is_none")]
    dispute: Option<Dispute>,
    #[serde(skip_serializing_if = "Option::is_none")]
    card: Option<ShownCard>,
    customer: Customer,
    /// By provider of the merchant: when its reports begin to show the transaction; `null` for never.
    #[serde(skip_serializing_if = "Option::is_none")]
    visible_at: Option<BTreeMap<&'static str, Option<Timestamp>>>,
    /// By provider of the merchant: what its reports tell now; `null` if they do not show the transaction.
    #[serde(skip_serializing_if = "Option::is_none")]
    reported: Option<BTreeMap<&'static str, Option<Reported>>>,
    /// By provider of the merchant: its row in the report that lists transactions, now; `null` if it is in none. With
    /// `rows=true`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) rows: Option<BTreeMap<&'static str, Option<PrintedRow>>>,
    /// The journal entries whose answers carried it, oldest first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) seen: Option<Vec<u64>>,
}

/// The values of a transaction in the reports of a provider, which can be older than the ledger's.
#[derive(Debug, JsonSchema, Serialize)]
struct Reported {
    #[schemars(extend("enum" = names::<Status>()))]
    status: &'static str,
    amount: i64,
    fee: i64,
    settled_at: Option<Timestamp>,
    description: String,
}

/// The dispute about a chargeback.
#[derive(Debug, JsonSchema, Serialize)]
#[serde(untagged)]
enum Dispute {
    /// It has not ended: `null`.
    Open,
    Ended(Ended),
}

/// The end of a dispute.
#[derive(Debug, JsonSchema, Serialize)]
struct Ended {
    #[schemars(extend("enum" = names::<DisputeOutcome>()))]
    outcome: &'static str,
    at: Option<Timestamp>,
}

impl From<Option<Verdict>> for Dispute {
    fn from(verdict: Option<Verdict>) -> Self {
        verdict.map_or(Self::Open, |it| {
            Self::Ended(Ended { outcome: it.outcome.name(), at: instant(it.at) })
        })
    }
}

/// The stored data of a card.
#[derive(Debug, JsonSchema, Serialize)]
struct ShownCard {
    #[schemars(regex(pattern = "^[0-9]{6}$"))]
    bin: String,
    #[schemars(regex(pattern = "^[0-9]{4}$"))]
    last4: String,
}

/// The payer.
#[derive(Debug, JsonSchema, Serialize)]
struct Customer {
    first_name: String,
    last_name: String,
    email: String,
}

pub(super) fn shown(row: &Transaction<'_>) -> TransactionView {
    let person = row.person();
    let card = row.card().map(|card| ShownCard {
        bin: format!("{:06}", card.bin),
        last4: format!("{:04}", card.last4),
    });
    let is_birth = row.kind.is_original();
    TransactionView {
        id: row.number(),
        merchant: row.view().merchant.name.clone(),
        kind: row.kind.name(),
        status: row.status().name(),
        method: row.method.name(),
        amount: row.amount,
        currency: row.currency.code(),
        fee: row.fee,
        created_at: instant(row.created_at),
        paid_at: row.paid_at().and_then(instant),
        settled_at: row.settled_at().and_then(instant),
        settles_at: row.settles_at().and_then(instant),
        test: row.test,
        parent: row.parent().map(|parent| parent.number()),
        order: row.order().to_string(),
        description: row.description().to_owned(),
        decline: row.decline().map(|reason| reason.name()),
        captured: is_birth.then(|| row.captured()),
        refunded: is_birth.then(|| row.refunded()),
        children: is_birth.then(|| row.children().iter().map(Transaction::number).collect()),
        dispute: (row.kind == Kind::Chargeback).then(|| row.verdict().into()),
        card,
        customer: Customer {
            first_name: person.first.to_owned(),
            last_name: person.last.to_owned(),
            email: person.email(),
        },
        visible_at: None,
        reported: None,
        rows: None,
        seen: None,
    }
}

/// A transaction with what the reports of the merchant's providers tell about it.
pub(super) fn shown_with_reports(row: &Transaction<'_>, moment: &Moment) -> TransactionView {
    let merchant = &row.view().merchant;
    let (mut visible_at, mut reported) = (BTreeMap::new(), BTreeMap::new());
    for provider in providers::ALL.iter().filter(|it| merchant.credential(it.slug).is_some()) {
        let now = moment.world.reported_view(merchant.id, moment.now, provider.slug);
        let from = moment.world.visible_from(row, provider.slug);
        visible_at.insert(provider.slug, from.and_then(instant));
        let row = now.as_ref().and_then(|view| view.get(row.id())).map(|row| Reported {
            status: row.status().name(),
            amount: row.amount,
            fee: row.fee,
            settled_at: row.settled_at().and_then(instant),
            description: row.description().to_owned(),
        });
        reported.insert(provider.slug, row);
    }
    TransactionView { visible_at: Some(visible_at), reported: Some(reported), ..shown(row) }
}
