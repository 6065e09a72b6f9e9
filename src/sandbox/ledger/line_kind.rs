//! The kinds of lines that deposits have.

use crate::sandbox::facts::Kind;

/// The kind of a deposit line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, strum::IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub enum LineKind {
    /// A payment or a capture.
    Sale,
    /// Money returned to the customer by the merchant.
    Refund,
    /// Money returned to the customer by the card issuer.
    Chargeback,
    /// Money that came back because a dispute was won.
    ChargebackReversal,
    /// A bank debit that the customer's bank returned.
    Reject,
    /// The fees of the rows of the deposit, in one line.
    Fee,
    /// The part of the sales that the provider holds back.
    Reserve,
    /// The reserve of an earlier deposit, paid out to the merchant.
    ReserveRelease,
    /// The fee that is taken on the first business day of a month.
    MonthEndFee,
    /// A refund of the month-end fee, in few months.
    Adjustment,
    /// The difference that the amendment of a row makes whose money was paid out before.
    Correction,
    /// The money of an earlier deposit that failed or came back.
    ReturnedDeposit,
}

impl LineKind {
    pub(super) fn of(kind: Kind) -> Option<Self> {
        match kind {
            Kind::Payment | Kind::Capture => Some(Self::Sale),
            Kind::Refund => Some(Self::Refund),
            Kind::Chargeback => Some(Self::Chargeback),
            Kind::ChargebackReversal => Some(Self::ChargebackReversal),
            Kind::Reject => Some(Self::Reject),
            Kind::Authorization | Kind::Void | Kind::Notice => None,
        }
    }
}
