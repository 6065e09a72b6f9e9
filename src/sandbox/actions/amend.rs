//! Amending a transaction: other values that reports tell from some instant on.

use jiff::Timestamp;

use super::life::Life;
use super::{ActionError, find, impossible};
use crate::sandbox::clock::LATEST;
use crate::sandbox::draft::Draft;
use crate::sandbox::facts::{Kind, MAX_AMOUNT, Named};
use crate::sandbox::ledger::{Amendment, Patch, RowId, Transaction};
use crate::sandbox::state::event::{Cut, Event};

/// The maximum number of amendments of one row.
const MAX_AMENDMENTS: usize = 1000;

/// The new values of a transaction; `None` leaves a value as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewValues {
    /// The amount in minor units.
    pub amount: Option<i64>,
    /// The fee in minor units.
    pub fee: Option<i64>,
    /// The description of the goods.
    pub description: Option<String>,
    /// The instant of the settlement, while it is still to come.
    pub settled_at: Option<Timestamp>,
    /// The instant from which on reports tell the new values; now if absent.
    pub at: Option<Timestamp>,
}

fn invalid(why: String) -> ActionError {
    ActionError::Invalid(why)
}

/// Amends the transaction with this number.
///
/// # Errors
///
/// The value that cannot be, and which values can.
pub fn amend(draft: &mut Draft<'_>, number: i64, new: &NewValues) -> Result<(), ActionError> {
    let (view, id) = find(draft.world(), draft.now, number)?;
    let row = view.get(id).ok_or(ActionError::Unknown(number))?;
    if (new.amount, new.fee, new.settled_at) == (None, None, None) && new.description.is_none() {
        return Err(invalid(
            "say what is amended: `amount`, `fee`, `description` or `settled_at`".to_owned(),
        ));
    }
    let at = super::instant_of(&row, new.at)?;
    if view.overlay().amendment_count(id) >= MAX_AMENDMENTS {
        let problem = format!("transaction {number} was amended {MAX_AMENDMENTS} times, the most");
        return Err(impossible(problem));
    }
    let root = row.root();
    let life = Life::of((&root, &root), view.overlay());
    if new.amount.is_some() || new.fee.is_some() {
        check_money(&row, (&root, &life), new)?;
    }
    if let Some(settled_at) = new.settled_at {
        check_settlement(&row, settled_at)?;
    }
    let amendment = Amendment {
        at,
        made_at: view.now,
        amount: new.amount,
        fee: new.fee,
        description: None,
        settled_at: new.settled_at.map(Timestamp::as_second),
    };
    let merchant = view.merchant.id;
    // The rest of a generated life does not know the new amount.
    let payment = root.id();
    let cut = new.amount.map(|_| Cut { payment, at: view.now.saturating_add(1) });
    let mut push = |id: RowId, amendment: Amendment, cut: Option<Cut>| {
        draft.push(Event::Amended { merchant, id, amendment: Box::new(amendment), cut });
    };
    let Some(description) = &new.description else {
        push(id, amendment, cut);
        return Ok(());
    };
    // The description is that of the original transaction.
    let description = Some(description.clone());
    if payment == id {
        push(id, Amendment { description, ..amendment }, cut);
        return Ok(());
    }
    let (amount, fee, settled_at) = (None, None, None);
    let about = Amendment { description, amount, fee, settled_at, ..amendment.clone() };
    push(payment, about, None);
    if new.amount.is_some() || new.fee.is_some() || new.settled_at.is_some() {
        push(id, amendment, cut);
    }
    Ok(())
}

/// Checks a new amount and a new fee together.
fn check_money(
    row: &Transaction<'_>,
    (root, life): (&Transaction<'_>, &Life),
    new: &NewValues,
) -> Result<(), ActionError> {
    let (number, kind) = (row.number(), row.kind);
    if row.test || !row.is_done() || kind.sign() == 0 {
        let test = if row.test { "test " } else { "" };
        return Err(impossible(format!(
            "transaction {number} is a {test}{} that is {}: it moves no money, so it has no amount \
             and no fee to amend; its description can be",
            kind.name(),
            row.status().name()
        )));
    }
    if let Some(amount) = new.amount {
        let (least, most) = life.amounts(row, root)?;
        if !(least..=most).contains(&amount) {
            return Err(invalid(format!("`amount` is {amount}; it can be {least} to {most}")));
        }
    }
    let amount = new.amount.unwrap_or(row.amount);
    let most = if kind.sign() > 0 { amount } else { MAX_AMOUNT };
    let fee = new.fee.unwrap_or(row.fee);
    if (0..=most).contains(&fee) {
        return Ok(());
    }
    Err(invalid(match new.fee {
        Some(_) => format!("`fee` is {fee}; it can be 0 to {most}"),
        None => format!("`amount` is {amount}, less than the fee of {fee}; amend `fee` too"),
    }))
}

fn check_settlement(row: &Transaction<'_>, at: Timestamp) -> Result<(), ActionError> {
    let number = row.number();
    if let Some(paid) = row.settled_at().and_then(|at| Timestamp::from_second(at).ok()) {
        return Err(impossible(format!(
            "transaction {number} was paid out at {paid}; `settled_at` can be moved before that"
        )));
    }
    if row.settles_at().is_none() {
        return Err(impossible(format!(
            "transaction {number} is a {} that is {}: it moves no money, so nothing is settled",
            row.kind.name(),
            row.status().name()
        )));
    }
    let now = Timestamp::from_second(row.now()).unwrap_or(LATEST);
    if at.as_second() <= row.now() || at > LATEST {
        return Err(invalid(format!(
            "`settled_at` is {at}; it can be after now, {now}, to {LATEST} (settle pays out now)"
        )));
    }
    Ok(())
}

fn is_over(patch: Patch) -> bool {
    patch.verdict.is_some()
}

/// The amounts that a row can have, least and most.
impl Life {
    fn amounts(
        &self,
        row: &Transaction<'_>,
        root: &Transaction<'_>,
    ) -> Result<(i64, i64), ActionError> {
        match row.kind {
            Kind::Payment => Ok((self.returned().max(1), MAX_AMOUNT)),
            Kind::Capture => {
                let others = self.taken() - row.amount;
                Ok(((self.returned() - others).max(1), root.amount - others))
            }
            Kind::Chargeback if row.view().overlay().patch(row.id()).is_some_and(is_over) => {
                Err(impossible(format!(
                    "the dispute about chargeback {} has ended, so its amount is final; its fee can \
                     be amended",
                    row.number()
                )))
            }
            Kind::Refund | Kind::Chargeback => Ok((1, row.amount + self.left(row.kind))),
            Kind::ChargebackReversal => Err(impossible(format!(
                "transaction {} brings back the amount of its chargeback; its fee can be amended",
                row.number()
            ))),
            Kind::Reject | Kind::Authorization | Kind::Void | Kind::Notice => {
                Err(impossible(format!(
                    "transaction {} is a {}, whose amount is that of its payment; amend the payment",
                    row.number(),
                    row.kind.name()
                )))
            }
        }
    }
}
