//! Movements of money as beGateway reports them (the provider with most detail), in neutral terms.

use std::collections::BTreeMap;

use serde_json::Value;

/// A row: a payment or a follow-up of one. Amounts are in minor units, times are UTC as printed.
#[derive(Clone, Debug)]
pub(super) struct Move {
    /// `id`, which EpicPay and Flitt use too.
    pub(super) id: i64,
    pub(super) uid: String,
    pub(super) parent: Option<String>,
    /// `payment`, `authorization`, `capture`, `void`, `refund`, `chargeback`.
    pub(super) kind: String,
    /// `successful`, `failed`, `incomplete`, `pending`, `expired`.
    pub(super) status: String,
    pub(super) is_card: bool,
    pub(super) amount: i64,
    pub(super) currency: String,
    pub(super) fee: i64,
    pub(super) net: i64,
    pub(super) order: String,
    pub(super) created: String,
    pub(super) paid: Option<String>,
    /// A date.
    pub(super) settled: Option<String>,
}

/// Returns `2026-03-14 12:00:00` from a text that starts with it and may have a `T` in the middle.
pub(super) fn second(text: &str) -> String {
    text[..19].replace('T', " ")
}

/// Number of decimal digits by ISO 4217.
pub(super) fn exponent(currency: &str) -> usize {
    match currency {
        "JPY" => 0,
        "KWD" | "JOD" => 3,
        _ => 2,
    }
}

/// Minor units of decimal text, which may have fewer decimals than the currency, or superfluous
/// zeros.
pub(super) fn minor(text: &str, currency: &str) -> i64 {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let exponent = exponent(currency);
    let (fraction, rest) = fraction.split_at(fraction.len().min(exponent));
    assert!(rest.bytes().all(|digit| digit == b'0'), "{text} {currency}");
    let digits = format!("{whole}{fraction:0<exponent$}");
    digits.parse().unwrap_or_else(|err| panic!("{text} {currency}: {err}"))
}

/// A member that is text.
pub(super) fn text<'a>(row: &'a Value, key: &str) -> &'a str {
    row[key].as_str().unwrap_or_else(|| panic!("{key} of {row}"))
}

/// A member that is text or null.
pub(super) fn optional(row: &Value, key: &str) -> Option<String> {
    row[key].as_str().map(str::to_owned)
}

/// Minor units that are printed with a point, `123.0`.
fn whole(value: &Value) -> i64 {
    value.to_string().trim_end_matches(".0").parse().unwrap()
}

impl Move {
    pub(super) fn read(row: &Value) -> Self {
        Self {
            id: row["id"].as_i64().unwrap(),
            uid: text(row, "uid").to_owned(),
            parent: optional(row, "parent_uid"),
            kind: text(row, "type").to_owned(),
            status: text(row, "status").to_owned(),
            is_card: row["payment_method_type"] == "credit_card",
            amount: row["amount"].as_i64().unwrap(),
            currency: text(row, "currency").to_owned(),
            fee: whole(&row["transaction_fee"]),
            net: whole(&row["pay_to_merchant"]),
            order: text(row, "tracking_id").to_owned(),
            created: second(text(row, "created_at")),
            paid: optional(row, "paid_at").map(|it| second(&it)),
            settled: optional(row, "settled_at"),
        }
    }

    /// Effect on the balance: 1, -1, or 0 for rows that move no money.
    pub(super) fn sign(&self) -> i64 {
        match (self.status.as_str(), self.kind.as_str()) {
            ("successful", "payment" | "capture") => 1,
            // A won dispute is a chargeback that brings money.
            ("successful", "chargeback") if self.net > 0 => 1,
            ("successful", "refund" | "chargeback") => -1,
            _ => 0,
        }
    }

    /// Whether this is a payment or an authorization, the first row of an order.
    pub(super) fn is_order(&self) -> bool {
        ["payment", "authorization"].contains(&self.kind.as_str())
    }

    /// Whether this is a returned bank debit. beGateway does not support bank debits and reports it
    /// as a chargeback.
    pub(super) fn is_reject(&self) -> bool {
        self.kind == "chargeback" && !self.is_card
    }

    pub(super) fn is_chargeback(&self) -> bool {
        self.kind == "chargeback" && self.is_card && self.net <= 0
    }

    /// Whether this brings back the money of a chargeback.
    pub(super) fn is_won(&self) -> bool {
        self.kind == "chargeback" && self.net > 0
    }
}

/// An order with all its follow-ups.
#[derive(Clone, Debug)]
pub(super) struct Order<'a> {
    pub(super) root: &'a Move,
    pub(super) parts: Vec<&'a Move>,
}

impl Order<'_> {
    fn all(&self, wanted: impl Fn(&Move) -> bool) -> i64 {
        self.parts.iter().filter(|part| wanted(part)).map(|part| part.amount).sum()
    }

    /// Captured amount in minor units.
    pub(super) fn taken(&self) -> i64 {
        let at_once = if self.root.sign() == 1 { self.root.amount } else { 0 };
        at_once + self.all(|it| it.kind == "capture")
    }

    /// Minor units returned without a dispute: refunds and returned bank debits.
    pub(super) fn reversed(&self) -> i64 {
        self.all(|it| it.kind == "refund" || it.is_reject())
    }

    /// Minor units that card issuers took and did not give back; they can have been refunded before.
    pub(super) fn forced_back(&self) -> i64 {
        self.all(Move::is_chargeback) - self.all(Move::is_won)
    }

    /// The rows that moved the money to the merchant: the payment itself, or the captures.
    pub(super) fn takers(&self) -> Vec<&Move> {
        let parts = self.parts.iter().copied();
        let all = std::iter::once(self.root).chain(parts);
        all.filter(|it| it.sign() == 1 && !it.is_won()).collect()
    }

    /// The first of them.
    pub(super) fn taker(&self) -> Option<&Move> {
        self.takers().first().copied()
    }

    /// Fee, net amount and day of the settlement of all of them; `None` until all are settled.
    pub(super) fn settled(&self) -> Option<(i64, i64, String)> {
        let takers = self.takers();
        let day = takers.iter().map(|it| it.settled.clone()).collect::<Option<Vec<_>>>()?;
        let sum = |read: fn(&Move) -> i64| takers.iter().map(|it| read(it)).sum::<i64>();
        Some((sum(|it| it.fee), sum(|it| it.amount - it.fee), day.into_iter().max()?))
    }

    pub(super) fn is_voided(&self) -> bool {
        self.parts.iter().any(|part| part.kind == "void")
    }
}

/// The orders by their id. Checks that each follow-up refers to an existing order.
pub(super) fn orders(moves: &[Move]) -> BTreeMap<&str, Order<'_>> {
    let by_uid: BTreeMap<&str, &Move> = moves.iter().map(|it| (it.uid.as_str(), it)).collect();
    assert_eq!(by_uid.len(), moves.len());
    let mut orders = BTreeMap::new();
    for root in moves.iter().filter(|it| it.is_order()) {
        assert_eq!(root.parent, None);
        let before = orders.insert(root.order.as_str(), Order { root, parts: Vec::new() });
        assert!(before.is_none(), "two orders {}", root.order);
    }
    for part in moves.iter().filter(|it| !it.is_order()) {
        let mut parent = by_uid[part.parent.as_deref().unwrap()];
        while let Some(uid) = &parent.parent {
            assert!(parent.kind == "capture" || (part.is_won() && parent.is_chargeback()));
            parent = by_uid[uid.as_str()];
        }
        let order = orders.get_mut(part.order.as_str()).unwrap();
        assert_eq!(parent.uid, order.root.uid, "{part:?}");
        assert_eq!((&part.currency, part.is_card), (&parent.currency, parent.is_card));
        assert!(part.created >= parent.created && part.status == "successful", "{part:?}");
        order.parts.push(part);
    }
    orders
}
