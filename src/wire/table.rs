//! One value of a report, independent of its format on the wire.

use std::borrow::Cow;

use crate::sandbox::ledger::person::Email;
use crate::sandbox::money::Decimal;

/// One value of a row, before a provider writes it in its own format.
#[derive(Clone, Debug)]
pub enum Cell<'a> {
    /// No value.
    Null,
    /// A whole number.
    Integer(i64),
    /// An amount with its number of decimal digits.
    Decimal(Decimal),
    /// Any text.
    Text(Cow<'a, str>),
    /// A text and a number of at least `width` digits, composed when it is written.
    Digits {
        /// The text.
        before: &'static str,
        /// The number.
        number: u64,
        /// Digits, with leading zeros.
        width: usize,
    },
    /// A masked card number of sixteen characters, composed when it is written.
    MaskedCard {
        /// The first six digits.
        bin: u32,
        /// The last four digits.
        last4: u16,
    },
    /// An e-mail address, composed when it is written.
    Email(Email<'a>),
    /// An instant in Unix seconds.
    Time(i64),
}

impl<'a> Cell<'a> {
    /// A text cell that borrows its text.
    #[must_use]
    pub fn text(text: &'a str) -> Self {
        Self::Text(Cow::Borrowed(text))
    }
}
