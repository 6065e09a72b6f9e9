//! The books of a team, kept by hand: every payment that its testers made and what became of it.

use std::collections::BTreeMap;

use serde_json::Value;

use super::deed::Action;
use super::post::Post;

/// Minor units that a chargeback costs, as the scenario says.
pub(super) const CHARGEBACK_FEE: i64 = 1500;

/// The day that is missing with the last lag (2026-03-12, Unix seconds), and the end of that.
const MISSING: (i64, i64) = (1_773_273_600, 1_773_360_000);
const MISSING_UNTIL: i64 = 1_773_792_000;

/// What a team knows about its space. A copy of it goes back with the space.
#[derive(Clone, Debug, Default)]
pub(super) struct Model {
    /// Unix seconds.
    pub(super) now: i64,
    /// The payments and authorizations by id, in the order of their ids.
    pub(super) payments: BTreeMap<i64, Payment>,
    pub(super) post: Post,
    /// Whether there may be rules for requests.
    pub(super) has_faults: bool,
    /// How far the reports of each provider are behind: a place in the list of [`super::deed::LAGS`].
    pub(super) lags: [usize; 5],
    /// Whether a payment was amended after it was paid out. Rows and deposits then differ until the next
    /// deposit has the difference.
    pub(super) is_amended: bool,
}

/// A payment or an authorization.
#[derive(Clone, Debug)]
pub(super) struct Payment {
    pub(super) amount: i64,
    pub(super) fee: i64,
    pub(super) method: &'static str,
    pub(super) is_held: bool,
    /// Unix seconds.
    pub(super) at: i64,
    is_voided: bool,
    /// Everything that was done to it.
    pub(super) parts: Vec<Part>,
}

/// A row behind a payment.
#[derive(Clone, Debug)]
pub(super) struct Part {
    pub(super) id: i64,
    pub(super) kind: String,
    pub(super) amount: i64,
    pub(super) fee: i64,
    pub(super) at: i64,
    /// Of a chargeback: whether its dispute has ended.
    is_over: bool,
}

/// A row as a provider shows it: kind, amount, fee.
pub(super) type Shown = (String, i64, i64);

impl Payment {
    pub(super) fn new(
        (amount, fee): (i64, i64),
        method: &'static str,
        (is_held, at): (bool, i64),
    ) -> Self {
        Self { amount, fee, method, is_held, at, is_voided: false, parts: Vec::new() }
    }

    fn sum(&self, kinds: &[&str]) -> i64 {
        let parts = self.parts.iter().filter(|it| kinds.contains(&&*it.kind));
        parts.map(|it| it.amount).sum()
    }

    /// Minor units taken from the customer.
    fn taken(&self) -> i64 {
        if self.is_held { self.sum(&["capture"]) } else { self.amount }
    }

    /// Minor units that can still be given back by the merchant.
    fn left(&self) -> i64 {
        let back = self.sum(&["chargeback_reversal"]);
        self.taken() + back - self.sum(&["refund", "chargeback", "reject"])
    }

    /// The newest chargeback whose dispute has not ended.
    fn open(&self) -> Option<&Part> {
        self.parts.iter().filter(|it| it.kind == "chargeback" && !it.is_over).max_by_key(|it| it.id)
    }

    /// The most that an action can be about; `None` if it is impossible.
    pub(super) fn most(&self, action: Action) -> Option<i64> {
        let most = match action {
            Action::Capture if self.is_held && !self.is_voided => {
                self.amount - self.sum(&["capture"])
            }
            Action::Void if self.is_held && !self.is_voided && self.taken() == 0 => self.amount,
            Action::Refund => self.left(),
            Action::Chargeback if self.method == "card" => {
                self.taken() + self.sum(&["chargeback_reversal"]) - self.sum(&["chargeback"])
            }
            Action::Chargeback if self.method == "bank" => self.left(),
            Action::Capture | Action::Void | Action::Chargeback => 0,
            Action::Win | Action::Lose => self.open().map_or(0, |it| it.amount),
            // Whether anything is still to be settled follows from the calendar; see `Team::act`.
            Action::Settle => 1,
        };
        Some(most).filter(|most| *most > 0)
    }

    /// The least that the amount can be amended to.
    pub(super) fn given_back(&self) -> i64 {
        let given_back = self.sum(&["refund", "reject"]);
        given_back.max(self.sum(&["chargeback"]).min(self.taken()))
    }

    /// Notes what an action has made.
    pub(super) fn note(&mut self, action: Action, row: &Value) -> Result<(), String> {
        let id = row["id"].as_i64().ok_or("a row without an id")?;
        if matches!(action, Action::Win | Action::Lose) {
            let open = self.open().map(|it| it.id);
            let ended = self.parts.iter_mut().find(|it| Some(it.id) == open);
            ended.ok_or("no dispute is open")?.is_over = true;
        }
        self.is_voided |= action == Action::Void;
        let (kind, amount) = (row["kind"].as_str().unwrap_or_default(), row["amount"].as_i64());
        let (fee, at) = (row["fee"].as_i64(), super::team::second(&row["created_at"])?);
        let wanted = match action {
            Action::Lose | Action::Settle => return Ok(()),
            Action::Capture => "capture",
            Action::Refund => "refund",
            Action::Void => "void",
            Action::Chargeback if self.method == "bank" => "reject",
            Action::Chargeback => "chargeback",
            Action::Win => "chargeback_reversal",
        };
        if kind != wanted {
            return Err(format!("{action:?} made a {kind}, not a {wanted}"));
        }
        let (amount, fee) = (amount.unwrap_or_default(), fee.unwrap_or_default());
        self.parts.push(Part { id, kind: kind.to_owned(), amount, fee, at, is_over: false });
        Ok(())
    }

    /// Its rows as beGateway shows them.
    fn rows(&self) -> impl Iterator<Item = (i64, Shown)> + '_ {
        let kind = if self.is_held { "authorization" } else { "payment" };
        let fee = if self.is_held { 0 } else { self.fee };
        let own = (self.at, (kind.to_owned(), self.amount, fee));
        std::iter::once(own).chain(self.parts.iter().map(|part| {
            let kind = match part.kind.as_str() {
                "reject" | "chargeback_reversal" => "chargeback",
                kind => kind,
            };
            (part.at, (kind.to_owned(), part.amount, part.fee))
        }))
    }

    /// Minor units that the merchant gets for it in all.
    fn net(&self) -> i64 {
        let fees: i64 = self.parts.iter().map(|it| it.fee).sum();
        let fee = if self.is_held { 0 } else { self.fee };
        self.left() - fees - fee
    }
}

impl Model {
    /// All rows as beGateway shows them, sorted.
    pub(super) fn rows(&self) -> Vec<Shown> {
        let mut rows: Vec<Shown> =
            self.payments.values().flat_map(Payment::rows).map(|(_, row)| row).collect();
        rows.sort();
        rows
    }

    /// How many rows there were at an instant.
    pub(super) fn count_at(&self, at: i64) -> usize {
        self.payments.values().flat_map(Payment::rows).filter(|(created, _)| *created <= at).count()
    }

    /// The fewest and the most rows that a report with this lag shows of those that were created before `end`.
    pub(super) fn shown(&self, lag: usize, end: i64) -> (usize, usize) {
        const HOUR: i64 = 3600;
        let before = |at: i64| self.count_at(at.min(end - 1));
        let all = before(self.now);
        match lag {
            1 => (before(self.now - 5 * HOUR), before(self.now - 5 * HOUR)),
            2 => (before(self.now - 30 * HOUR), all),
            // Once a day, and no day is longer than 25 hours.
            3 => (before(self.now - 26 * HOUR), before(self.now - HOUR)),
            4 if self.now < MISSING_UNTIL => {
                let missing = before(MISSING.1 - 1) - before(MISSING.0 - 1);
                (all - missing, all - missing)
            }
            _ => (all, all),
        }
    }

    /// Minor units that the merchant gets in all, once everything is settled.
    pub(super) fn net(&self) -> i64 {
        self.payments.values().map(Payment::net).sum()
    }
}
