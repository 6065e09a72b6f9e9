//! What is done to deposits by hand: they fail, come back, are late.

use jiff::{SignedDuration, Timestamp};

use super::{ActionError, impossible};
use crate::sandbox::clock::LATEST;
use crate::sandbox::draft::Draft;
use crate::sandbox::facts::Named;
use crate::sandbox::ledger::fates::{DepositFate, FateKind};
use crate::sandbox::ledger::settlement::{self, Deposit};
use crate::sandbox::ledger::{MAX_FATED, MAX_FATES, View};
use crate::sandbox::merchant::MerchantId;
use crate::sandbox::state::event::Event;
use crate::sandbox::world::World;

/// Something to do to a deposit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DepositAction {
    /// The transfer to the bank fails.
    Fail,
    /// The bank sends the money back.
    Return,
    /// The bank books it later, by this length.
    Delay(SignedDuration),
}

/// The view at `now` of the merchant whose deposit has this number, and the deposit.
///
/// # Errors
///
/// [`ActionError::Invalid`] if there is no such deposit.
pub fn find_deposit(
    world: &World,
    now: Timestamp,
    number: i64,
) -> Result<(View, Deposit), ActionError> {
    // The last two digits of a number are the id of the merchant.
    let merchant = u8::try_from(number.rem_euclid(100)).map(MerchantId);
    let view = merchant.ok().and_then(|merchant| world.view(merchant, now));
    let found = view.and_then(|view| Some((settlement::deposit(&view, number)?, view)));
    let (deposit, view) = found.ok_or(ActionError::UnknownDeposit(number))?;
    Ok((view, deposit))
}

/// Does something to the deposit with this number, now.
///
/// # Errors
///
/// The reason why it is impossible, and what is possible.
pub fn change_deposit(
    draft: &mut Draft<'_>,
    number: i64,
    action: DepositAction,
) -> Result<(), ActionError> {
    let (view, deposit) = find_deposit(draft.world(), draft.now, number)?;
    check_room(&view, number)?;
    if let Some(failure) = deposit.failure {
        let at = instant(failure.at);
        return Err(impossible(format!(
            "deposit {number} {} at {at}; its money comes with the next deposit",
            match failure.what {
                FateKind::Returned => "came back",
                FateKind::Failed | FateKind::Delayed => "failed",
            }
        )));
    }
    if deposit.amount <= 0 {
        return Err(impossible(format!(
            "deposit {number} is of {} minor units, so nothing was paid out; deposits above zero \
             can fail",
            deposit.amount
        )));
    }
    let (what, delay) = match action {
        DepositAction::Fail => (FateKind::Failed, 0),
        DepositAction::Return => (FateKind::Returned, 0),
        DepositAction::Delay(by) => (FateKind::Delayed, delay(&view, &deposit, by)?),
    };
    let (merchant, fate) = (view.merchant.id, DepositFate { what, at: view.now, delay });
    draft.push(Event::DepositChanged { merchant, deposit: number, fate });
    Ok(())
}

fn instant(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap_or(LATEST)
}

fn check_room(view: &View, number: i64) -> Result<(), ActionError> {
    let overlay = view.overlay();
    if overlay.fates_at(number, u64::MAX).count() >= MAX_FATES {
        let problem = format!("deposit {number} was changed {MAX_FATES} times, the most");
        return Err(impossible(problem));
    }
    let is_new = overlay.fates_at(number, u64::MAX).next().is_none();
    if is_new && overlay.fated().count() >= MAX_FATED {
        return Err(impossible(format!(
            "{MAX_FATED} deposits of `{}` were changed, the most; a reset begins anew",
            view.merchant.name
        )));
    }
    Ok(())
}

/// The seconds of a delay.
fn delay(view: &View, deposit: &Deposit, by: SignedDuration) -> Result<i64, ActionError> {
    let number = deposit.number;
    if deposit.effective_at <= view.now {
        return Err(impossible(format!(
            "deposit {number} was at the bank at {}; what is there can come back (`return`)",
            instant(deposit.effective_at)
        )));
    }
    let most = LATEST.as_second().saturating_sub(deposit.effective_at);
    let seconds = by.as_secs();
    if (1..=most).contains(&seconds) {
        return Ok(seconds);
    }
    Err(ActionError::Invalid(format!(
        "`by` is {seconds} seconds; a {} deposit can be one second late, and at the bank by {LATEST} \
         at the latest",
        FateKind::Delayed.name()
    )))
}
