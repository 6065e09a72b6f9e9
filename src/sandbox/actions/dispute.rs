//! The end of the dispute about a chargeback: the merchant wins it, and the money comes back, or loses it.

use jiff::Timestamp;

use super::{ActionError, child, find, follow_up, impossible, instant_of};
use crate::sandbox::draft::Draft;
use crate::sandbox::facts::{DisputeOutcome, Kind, Named};
use crate::sandbox::ledger::{AddedRow, RowId, Transaction, Verdict, View};
use crate::sandbox::state::event::Event;

/// Ends the dispute about the chargeback with this number, or about the newest open one of the payment with this
/// number.
///
/// It ends at an instant, now if absent. Returns the number of the row that brings the money back, or that of
/// the chargeback whose dispute was lost.
///
/// # Errors
///
/// The reason why there is nothing to end, and what is possible.
pub fn end_dispute(
    draft: &mut Draft<'_>,
    number: i64,
    (outcome, at): (DisputeOutcome, Option<Timestamp>),
) -> Result<i64, ActionError> {
    let (present, id) = find(draft.world(), draft.now, number)?;
    let row = present.get(id).ok_or(ActionError::Unknown(number))?;
    let at = instant_of(&row, at)?;
    let view = present.at(at);
    let row = view.get(id).ok_or(ActionError::Unknown(number))?;
    let chargeback = open_chargeback(&view, &row)?;
    let merchant = view.merchant.id;
    let (root, amount) = (chargeback.root(), chargeback.amount);
    let reversal = match outcome {
        DisputeOutcome::Lost => None,
        DisputeOutcome::Won => {
            let of_kind = (Kind::ChargebackReversal, amount);
            let made = child(&root, view.overlay(), of_kind, present.now);
            let parent = Some(chargeback.id());
            let made = AddedRow { parent, reason: chargeback.reason_index(), ..made };
            Some(follow_up(draft, &root, (made, present.now))?)
        }
    };
    let last = reversal.as_ref().map_or(chargeback.id(), |reversal| reversal.id);
    let verdict = Verdict { outcome, at };
    draft.push(Event::DisputeEnded { merchant, chargeback: chargeback.id(), verdict, reversal });
    Ok(view.number_of(last))
}

/// The chargeback itself, or the newest one of a payment whose dispute has not ended, not even later.
fn open_chargeback<'a>(
    view: &'a View,
    row: &Transaction<'a>,
) -> Result<Transaction<'a>, ActionError> {
    let number = row.number();
    let verdict = |id: RowId| view.overlay().patch(id).and_then(|patch| patch.verdict);
    let mut chargebacks = match row.kind {
        Kind::Chargeback => vec![*row],
        Kind::Payment | Kind::Authorization | Kind::Capture => row.root().children(),
        Kind::Reject => {
            let problem = format!("transaction {number} is a bank's return, which is final");
            return Err(impossible(problem));
        }
        Kind::Void | Kind::Refund | Kind::Notice | Kind::ChargebackReversal => {
            return Err(impossible(format!(
                "transaction {number} is a {}; chargebacks are disputed, and so are the payments \
                 that have one",
                row.kind.name()
            )));
        }
    };
    chargebacks.retain(|it| it.kind == Kind::Chargeback);
    if row.kind == Kind::Capture {
        chargebacks.retain(|it| it.parent().is_some_and(|parent| parent.id() == row.id()));
    }
    chargebacks.sort_unstable_by_key(|it| (it.created_at, it.id()));
    let Some(newest) = chargebacks.last().copied() else {
        return Err(impossible(format!(
            "transaction {number} has not been charged back; POST …/{number}/chargeback comes first"
        )));
    };
    if newest.test {
        return Err(impossible(format!("transaction {number} is a test; it moves no money")));
    }
    let open = chargebacks.into_iter().rev().find(|it| verdict(it.id()).is_none());
    open.ok_or_else(|| {
        let ended = verdict(newest.id()).map_or("", |verdict| verdict.outcome.name());
        impossible(format!(
            "the dispute about transaction {} has been {ended} already, and that is final; \
             POST …/chargeback begins another one",
            newest.number()
        ))
    })
}
