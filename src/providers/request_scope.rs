//! What a request asks for, as far as a fault rule can name it: whose rows, which page, which time.

use std::ops::Range;

/// What a request asks for. A request that the provider would refuse asks for nothing.
#[derive(Clone, Debug, Default)]
pub struct RequestScope {
    /// The name in the scenario of the merchant that sends the request.
    pub merchant: Option<String>,
    /// The number of the page, from 1; `None` if the operation has no pages.
    pub page: Option<u64>,
    /// The range of time whose rows the answer shows, Unix seconds; `None` if the request names none.
    pub span: Option<Range<i64>>,
}

impl RequestScope {
    /// A request of this merchant, without a page and without a range.
    #[must_use]
    pub fn by(merchant: impl Into<String>) -> Self {
        Self { merchant: Some(merchant.into()), ..Self::default() }
    }
}
