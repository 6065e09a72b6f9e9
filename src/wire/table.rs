//! One value of a report that is a table, before it is spelled.

use std::borrow::Cow;

use crate::sandbox::ledger::person::Email;
use crate::sandbox::money::Decimal;

/// One value of a row, before a provider spells it.
#[derive(Clone, Debug)]
pub enum Cell<'a> {
    /// Nothing there.
    Null,
    /// A whole number.
    Integer(i64),
    /// An amount with the digits it has on the wire.
    Decimal(Decimal),
    /// Text.
    Text(Cow<'a, str>),
    /// An e-mail address.
    Email(Email<'a>),
    /// An instant, Unix seconds.
    Time(i64),
}

impl<'a> Cell<'a> {
    /// Text that is there already.
    #[must_use]
    pub fn text(text: &'a str) -> Self {
        Self::Text(Cow::Borrowed(text))
    }
}
