//! Pinned transactions and report rows: what a scenario adds to the ledger word for word, and what can be
//! wrong with it.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::Scenario;
use super::document::{Path, Shown};
use super::error::suggestion;
use super::format::RowFile;
use super::mistakes::Mistakes;
use super::transaction::TransactionFile;
use super::vocabulary::Vocabulary;
use crate::sandbox::clock::{EARLIEST, LATEST};
use crate::sandbox::facts::{Kind, Named};
use crate::sandbox::generate::calendar;
use crate::sandbox::ledger::{AddedRow, Additions, MerchantLedger, PinnedRow, RowId};
use crate::sandbox::merchant::MerchantId;
use crate::sandbox::money::Currency;

/// The pinned rows that later ones refer to.
#[derive(Default)]
struct Labels {
    /// The row with a label, by merchant.
    rows: BTreeMap<(MerchantId, String), Labelled>,
    /// What has been captured, refunded and charged back of a payment so far.
    sums: BTreeMap<(MerchantId, RowId, &'static str), i64>,
    /// What has been reversed of a chargeback so far.
    reversed: BTreeMap<(MerchantId, RowId), i64>,
}

/// A row with a label.
#[derive(Clone, Copy)]
struct Labelled {
    id: RowId,
    kind: Kind,
    amount: i64,
    /// When it was created, Unix seconds.
    created_at: i64,
    payment: Payment,
}

/// The payment at the beginning of a transaction's life.
#[derive(Clone, Copy)]
struct Payment {
    id: RowId,
    amount: i64,
    currency: Currency,
}

/// A field of a pinned row and what is wrong with it.
type Problem = (String, String);

impl Scenario {
    /// The pinned transactions and rows of the scenario, where the clock shows `now` and the window ended at
    /// `window_end`.
    #[must_use]
    pub fn additions(&self, window_end: Timestamp, now: Timestamp) -> Additions {
        // The same transactions were checked when the scenario was read, so no problem is expected here.
        let mut additions = self.pinned(window_end, now, &mut |_, _| {});
        self.pin(&mut additions);
        additions
    }

    /// Adds the pinned report rows of the scenario, which are no transactions. They come from the scenario
    /// and are not part of a snapshot.
    pub fn pin(&self, additions: &mut Additions) {
        let mut rows: BTreeMap<MerchantId, Vec<PinnedRow>> = BTreeMap::new();
        for row in &self.file.row {
            let Some(merchant) = self.merchant(&row.merchant) else { continue };
            rows.entry(merchant.id).or_default().push(PinnedRow {
                provider: row.provider.clone(),
                report: row.report.clone(),
                at: row.at.as_second(),
                wire: row.wire.clone(),
            });
        }
        rows.into_iter().for_each(|(merchant, rows)| additions.pin(merchant, rows.into()));
    }

    /// Tells everything that is wrong with the pinned transactions and rows.
    pub(super) fn check_pinned(
        &self,
        mistakes: &mut Mistakes<'_, '_>,
        vocabulary: &Vocabulary,
        now: Timestamp,
    ) {
        let (mut problems, list) = (Vec::new(), Path::of("transaction"));
        self.pinned(now, now, &mut |number, problem| problems.push((number, problem)));
        // What depends on a value that could not be read is not known to be wrong.
        let no_names = mistakes.concern(&["name", "merchant"]);
        let is_lost = |(number, (_, problem)): &(usize, Problem)| {
            let lost = self.file.transaction.get(*number).filter(|it| it.label.is_some());
            lost.is_some() && !problem.starts_with(NO_LABEL)
        };
        let no_labels = mistakes.concern(&["label", "transaction"]) || problems.iter().any(is_lost);
        for (number, (field, problem)) in problems {
            let is_unclear = (field == "merchant" && no_names)
                || (field == "of" && no_labels && problem.starts_with(NO_LABEL));
            if !is_unclear {
                let path = field.split('.').fold(list.index(number), |path, key| path.key(key));
                mistakes.add(&path, problem);
            }
        }
        for (number, transaction) in self.file.transaction.iter().enumerate() {
            for (field, slug) in transaction.providers() {
                if let Err(problem) = vocabulary.provider(slug) {
                    mistakes.unknown_key(&list.index(number).key(field).key(slug), problem);
                }
            }
        }
        for (number, row) in self.file.row.iter().enumerate() {
            let path = Path::of("row").index(number);
            for (field, problem) in self.wrong_in_row(row, vocabulary) {
                if field != "merchant" || !no_names {
                    mistakes.add(&path.key(&field), problem);
                }
            }
        }
    }

    /// The merchant with this name.
    ///
    /// # Errors
    ///
    /// That the scenario has none, and the nearest name, as a sentence for the user.
    pub fn named_merchant(&self, name: &str) -> Result<&MerchantLedger, String> {
        self.ledger(name).ok_or_else(|| {
            let known = self.ledgers.iter().map(|ledger| ledger.merchant.name.as_str());
            format!("unknown merchant `{}`{}", Shown(name), suggestion(name, known))
        })
    }

    fn wrong_in_row(&self, row: &RowFile, vocabulary: &Vocabulary) -> Vec<Problem> {
        let mut problems = Vec::new();
        let mut add = |field: &str, problem: String| problems.push((field.to_owned(), problem));
        if let Err(problem) = self.named_merchant(&row.merchant) {
            add("merchant", problem);
        }
        match vocabulary.provider(&row.provider) {
            Err(problem) => add("provider", problem),
            Ok(dialect) => {
                let known = &dialect.reports;
                if known.is_empty() {
                    add("provider", format!("no report of {} takes pinned rows", row.provider));
                } else if !known.contains(&row.report.as_str()) {
                    let near = suggestion(&row.report, known.iter().copied());
                    let (report, slug) = (Shown(&row.report), dialect.slug);
                    add("report", format!("{slug} has no report `{report}`{near}"));
                }
            }
        }
        if !(EARLIEST..=LATEST).contains(&row.at) {
            add("at", format!("is {}; it must be {EARLIEST} to {LATEST}", row.at));
        }
        if let Err(err) = serde_json::from_str::<serde_json::Value>(&row.wire) {
            add("wire", format!("must be the row as JSON; it is not JSON: {err}"));
        }
        problems
    }

    /// The pinned transactions; those with a problem are left out, and it is told with their number.
    fn pinned(
        &self,
        window_end: Timestamp,
        now: Timestamp,
        tell: &mut dyn FnMut(usize, Problem),
    ) -> Additions {
        let first = calendar::day_of(window_end.as_second()).saturating_sub(self.days);
        let mut additions = Additions::none(self.ledgers.len());
        let mut labels = Labels::default();
        for (number, pinned) in self.file.transaction.iter().enumerate() {
            let ledger = match self.named_merchant(&pinned.merchant) {
                Ok(ledger) => ledger,
                Err(problem) => {
                    tell(number, ("merchant".to_owned(), problem));
                    continue;
                }
            };
            let merchant = &ledger.merchant;
            let mut added = match pinned.to_row(merchant, now) {
                Ok(added) => added,
                Err(errors) => {
                    errors.into_iter().for_each(|err| tell(number, (err.field, err.problem)));
                    continue;
                }
            };
            let payment = match labels.follow(merchant.id, pinned, &mut added) {
                Ok(payment) => payment,
                Err(problem) => {
                    tell(number, problem);
                    continue;
                }
            };
            let Some(id) = additions.free_id(ledger, first, added.created_at) else {
                tell(number, ("at".to_owned(), "too many rows at one instant".to_owned()));
                continue;
            };
            let (amount, currency) = (added.amount, added.currency);
            let payment = payment.unwrap_or(Payment { id, amount, currency });
            let (kind, created_at) = (added.kind, added.created_at);
            let labelled = Labelled { id, kind, amount, created_at, payment };
            additions.insert(merchant.id, id, added);
            if let Some(label) = &pinned.label {
                let key = (merchant.id, label.clone());
                if labels.rows.insert(key, labelled).is_some() {
                    let problem = format!("`{}` is the label of an earlier one", Shown(label));
                    tell(number, ("label".to_owned(), problem));
                }
            }
        }
        additions
    }
}

/// The begin of the problem with a label that nobody has.
const NO_LABEL: &str = "`of` names no earlier transaction";

impl Labels {
    /// Joins a row to the one that it follows. Returns the payment at the beginning; `None` for a row that
    /// follows none.
    fn follow(
        &mut self,
        merchant: MerchantId,
        pinned: &TransactionFile,
        added: &mut AddedRow,
    ) -> Result<Option<Payment>, Problem> {
        let wrong = |field: &str, problem: String| Err((field.to_owned(), problem));
        let kind = added.kind.name();
        let Some(of) = &pinned.of else {
            if added.kind.is_original() {
                return Ok(None);
            }
            return wrong("kind", format!("a {kind} needs `of`, the label of its payment"));
        };
        let Some(earlier) = self.rows.get(&(merchant, of.clone())).copied() else {
            let own = self.rows.keys().filter(|key| key.0 == merchant);
            let near = suggestion(of, own.map(|key| key.1.as_str()));
            return wrong("of", format!("{NO_LABEL}: `{}`{near}", Shown(of)));
        };
        let payment = earlier.payment;
        if pinned.currency.is_none() {
            added.currency = payment.currency;
        }
        if added.currency != payment.currency {
            let (own, other) = (added.currency, payment.currency);
            return wrong("currency", format!("is {own}; the payment `{of}` is in {other}"));
        }
        if added.created_at < earlier.created_at {
            let at = |second| Timestamp::from_second(second).unwrap_or(Timestamp::UNIX_EPOCH);
            let (own, other) = (at(added.created_at), at(earlier.created_at));
            return wrong(
                "at",
                format!("is {own}; a {kind} cannot be before its payment, {other}"),
            );
        }
        if matches!(added.kind, Kind::Capture | Kind::Refund | Kind::Chargeback) {
            let sum = self.sums.entry((merchant, payment.id, kind)).or_default();
            *sum = sum.saturating_add(added.amount);
            if *sum > payment.amount {
                let (own, sum, most) = (added.amount, *sum, payment.amount);
                let whole = if sum == own { String::new() } else { format!(", {sum} in all") };
                return wrong(
                    "amount",
                    format!("is {own}{whole}; a {kind} cannot be above its payment, {most}"),
                );
            }
        }
        self.reverse(merchant, (of, &earlier), added)?;
        if matches!(earlier.kind, Kind::Capture | Kind::Chargeback) {
            added.parent = Some(earlier.id);
        }
        added.root = Some(payment.id);
        added.of = Some(earlier.kind);
        Ok(Some(payment))
    }
    /// Checks that a reversal is one of a chargeback, and not of more than that.
    fn reverse(
        &mut self,
        merchant: MerchantId,
        (of, earlier): (&str, &Labelled),
        added: &AddedRow,
    ) -> Result<(), Problem> {
        let kind = added.kind.name();
        if added.kind != Kind::ChargebackReversal {
            return Ok(());
        }
        if earlier.kind != Kind::Chargeback {
            let other = earlier.kind.name();
            let problem = format!("`{}` is a {other}; a {kind} is one of a chargeback", Shown(of));
            return Err(("of".to_owned(), problem));
        }
        let sum = self.reversed.entry((merchant, earlier.id)).or_default();
        *sum = sum.saturating_add(added.amount);
        if *sum > earlier.amount {
            let (sum, most) = (*sum, earlier.amount);
            let problem =
                format!("is {sum} in all; a {kind} cannot be above its chargeback, {most}");
            return Err(("amount".to_owned(), problem));
        }
        Ok(())
    }
}
