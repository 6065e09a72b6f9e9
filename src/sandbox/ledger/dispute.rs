//! Details of chargeback cases, bank rejects and notices of change, drawn from the keys of their rows.

use super::transaction::Transaction;
use crate::sandbox::facts::{Kind, NEVER};
use crate::sandbox::generate::calendar::DAY;
use crate::sandbox::generate::card::BankAccount;
use crate::sandbox::generate::stream::Draw;
use crate::sandbox::merchant::Brand;

/// Days that a merchant has to answer one stage of a case.
pub const REPLY_DAYS: i64 = 18;

/// Purposes of the random draws for disputes.
mod purpose {
    pub(super) const CASE: u64 = 40;
    pub(super) const CORRECTION: u64 = 41;
}

/// A reason code with its text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reason {
    /// The code as card schemes and banks write it.
    pub code: &'static str,
    /// The description of the code.
    pub text: &'static str,
}

const fn reason(code: &'static str, text: &'static str) -> Reason {
    Reason { code, text }
}

/// Reasons of chargebacks: the text, then the codes of Visa, Mastercard, American Express and Discover.
const CHARGEBACKS: [(&str, [&str; 4]); 8] = [
    ("Fraud - Card Absent Environment", ["10.4", "4837", "F29", "UA02"]),
    ("Goods or Services Not Received", ["13.1", "4853", "C08", "RG"]),
    ("Cancelled Recurring Transaction", ["13.2", "4841", "C28", "AP"]),
    ("Not as Described or Defective", ["13.3", "4853", "C31", "RM"]),
    ("Credit Not Processed", ["13.6", "4860", "C02", "RN2"]),
    ("Cancelled Goods or Services", ["13.7", "4853", "C05", "RN2"]),
    ("Duplicate Processing", ["12.6.1", "4834", "P08", "DP"]),
    ("Paid by Other Means", ["12.6.2", "4834", "C14", "PM"]),
];

/// Reasons of rejects, with codes and texts of Nacha. The flag is true if the customer caused the reject,
/// and false if the merchant gave wrong account data.
const REJECTS: [(Reason, bool); 10] = [
    (reason("R01", "Insufficient Funds"), true),
    (reason("R02", "Account Closed"), true),
    (reason("R03", "No Account/Unable to Locate Account"), false),
    (reason("R04", "Invalid Account Number"), false),
    (reason("R07", "Authorization Revoked by Customer"), true),
    (reason("R08", "Payment Stopped"), true),
    (reason("R09", "Uncollected Funds"), true),
    (reason("R10", "Customer Advises Not Authorized"), true),
    (reason("R16", "Account Frozen"), true),
    (reason("R20", "Non-Transaction Account"), false),
];

/// Reasons of notices of change, with codes and texts of Nacha.
const NOTICES: [Reason; 4] = [
    reason("C01", "Incorrect DFI Account Number"),
    reason("C02", "Incorrect Routing Number"),
    reason("C03", "Incorrect Routing Number and Incorrect DFI Account Number"),
    reason("C05", "Incorrect Transaction Code"),
];

/// The reason of a chargeback, a reject or a notice; `None` for any other row.
#[must_use]
pub fn reason_of(row: &Transaction<'_>) -> Option<Reason> {
    match row.kind {
        Kind::Chargeback | Kind::ChargebackReversal => {
            let (text, codes) = CHARGEBACKS.get(row.reason() % CHARGEBACKS.len())?;
            let scheme = match row.card().map_or(Brand::Visa, |card| card.brand) {
                Brand::Visa | Brand::Jcb | Brand::Mada | Brand::Meeza => 0,
                Brand::Mastercard => 1,
                Brand::Amex => 2,
                Brand::Discover | Brand::Diners => 3,
            };
            codes.get(scheme).map(|code| Reason { code, text })
        }
        Kind::Reject => REJECTS.get(row.reason() % REJECTS.len()).map(|entry| entry.0),
        Kind::Notice => NOTICES.get(row.reason() % NOTICES.len()).copied(),
        Kind::Payment | Kind::Authorization | Kind::Capture | Kind::Void | Kind::Refund => None,
    }
}

/// Whether the customer caused a reject; false if the merchant gave wrong account data.
#[must_use]
pub fn is_by_customer(row: &Transaction<'_>) -> bool {
    REJECTS.get(row.reason() % REJECTS.len()).is_some_and(|entry| entry.1)
}

/// A stage of a chargeback case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cycle {
    /// The issuer takes the money back.
    First,
    /// The merchant has answered, and the issuer does not accept the answer.
    PreArbitration,
    /// The dispute was won, and the money comes back.
    Reversal,
}

/// One stage of a case. Instants are Unix seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stage {
    /// The kind of the stage.
    pub cycle: Cycle,
    /// The instant at which it began.
    pub at: i64,
    /// The instant until which the merchant can answer; `None` if there is nothing to answer.
    pub reply_by: Option<i64>,
}

/// The longest time in days from the first stage of a case to its last.
pub const CASE_DAYS: i64 = REPLY_DAYS + 12;

/// The stages of a chargeback, or the one of a reversal, that have begun by the instant of its view, in time
/// order. None begins after the end of the dispute.
pub fn stages(row: &Transaction<'_>) -> impl Iterator<Item = Stage> + use<> {
    let stage = |cycle, at| Stage { cycle, at, reply_by: Some(at + REPLY_DAYS * DAY) };
    let end = row.verdict().map_or(NEVER, |verdict| verdict.at);
    let stages = match row.kind {
        Kind::ChargebackReversal => {
            [Some(Stage { cycle: Cycle::Reversal, at: row.created_at, reply_by: None }), None]
        }
        _ => {
            let second = pre_arbitration(row).filter(|at| *at < end);
            let second = second.map(|at| stage(Cycle::PreArbitration, at));
            [Some(stage(Cycle::First, row.created_at)), second]
        }
    };
    let now = row.now();
    stages.into_iter().flatten().filter(move |stage| stage.at <= now)
}

/// The instant (Unix seconds), past or future, of the last stage of a chargeback; `None` for other rows.
pub(super) fn last_stage(row: &Transaction<'_>) -> Option<i64> {
    (row.kind == Kind::Chargeback).then(|| pre_arbitration(row).unwrap_or(row.created_at))
}

/// The instant (Unix seconds), past or future, of the second stage of a chargeback; `None` if it has none.
fn pre_arbitration(row: &Transaction<'_>) -> Option<i64> {
    let mut draw = Draw::new(row.key(), purpose::CASE);
    (row.kind == Kind::Chargeback && draw.below(4) == 0)
        .then(|| row.created_at + (REPLY_DAYS + 2 + i64::from(draw.below(10))) * DAY)
}

/// The corrected account data that a bank reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Correction {
    /// Another account: its last four digits; its first digits do not change.
    Account(u16),
    /// Another bank: its routing number.
    Routing(u32),
    /// Another routing number and other last four digits.
    Both(u32, u16),
    /// The account type: true for savings, false for checking.
    Savings(bool),
}

/// The correction in a notice of change; `None` for any other row.
#[must_use]
pub fn correction(row: &Transaction<'_>) -> Option<Correction> {
    let account = row.bank_account().filter(|_| row.kind == Kind::Notice)?;
    let right = BankAccount::of(Draw::new(row.key(), purpose::CORRECTION).bits());
    // The draw can equal the present value, which would not be a correction.
    let last4 = if right.last4 == account.last4 { (right.last4 + 1) % 10_000 } else { right.last4 };
    let routing = if right.routing == account.routing { 21_000_089 } else { right.routing };
    Some(match row.reason() % NOTICES.len() {
        0 => Correction::Account(last4),
        1 => Correction::Routing(routing),
        2 => Correction::Both(routing, last4),
        _ => Correction::Savings(!account.savings),
    })
}
