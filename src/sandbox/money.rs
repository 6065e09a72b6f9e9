//! Money as integers: currencies with their exponents, and conversion to decimal text without a float.

use std::fmt;

/// A currency of ISO 4217, as an index into [`CURRENCIES`].
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
#[serde(into = "&'static str", try_from = "String")]
pub struct Currency(u8);

impl From<Currency> for &'static str {
    fn from(currency: Currency) -> Self {
        currency.code()
    }
}

impl TryFrom<String> for Currency {
    type Error = String;

    fn try_from(code: String) -> Result<Self, String> {
        Self::parse(&code).ok_or_else(|| format!("unknown currency `{code}`"))
    }
}

/// One line of the currency table: code, exponent, and the value of a US cent in thousandths of a minor
/// unit (an order of magnitude for generated prices, not an exchange rate).
struct CurrencyRow(&'static str, u8, u32);

/// The currencies Sandtill knows. Exponents are those of ISO 4217.
const CURRENCIES: &[CurrencyRow] = &[
    CurrencyRow("USD", 2, 1000),
    CurrencyRow("EUR", 2, 920),
    CurrencyRow("GBP", 2, 790),
    CurrencyRow("JPY", 0, 1500),
    CurrencyRow("AED", 2, 3670),
    CurrencyRow("SAR", 2, 3750),
    CurrencyRow("KWD", 3, 3070),
    CurrencyRow("JOD", 3, 7090),
    CurrencyRow("BHD", 3, 3770),
    CurrencyRow("OMR", 3, 3850),
    CurrencyRow("TND", 3, 31000),
    CurrencyRow("LYD", 3, 48000),
    CurrencyRow("IQD", 3, 13_100_000),
    CurrencyRow("QAR", 2, 3640),
    CurrencyRow("EGP", 2, 48000),
    CurrencyRow("GEL", 2, 2700),
    CurrencyRow("AMD", 2, 388_000),
    CurrencyRow("AZN", 2, 1700),
    CurrencyRow("KZT", 2, 480_000),
    CurrencyRow("MDL", 2, 17800),
    CurrencyRow("UZS", 2, 12_700_000),
    CurrencyRow("UAH", 2, 41000),
    CurrencyRow("PLN", 2, 3900),
    CurrencyRow("CZK", 2, 23000),
    CurrencyRow("RON", 2, 4600),
    CurrencyRow("HUF", 2, 360_000),
    CurrencyRow("SEK", 2, 10400),
    CurrencyRow("NOK", 2, 10700),
    CurrencyRow("DKK", 2, 6900),
    CurrencyRow("CHF", 2, 880),
    CurrencyRow("TRY", 2, 34000),
    CurrencyRow("RUB", 2, 92000),
    CurrencyRow("BYN", 2, 3270),
    CurrencyRow("INR", 2, 84000),
    CurrencyRow("CNY", 2, 7200),
    CurrencyRow("KRW", 0, 13500),
    CurrencyRow("VND", 0, 254_000),
    CurrencyRow("CLP", 0, 9400),
    CurrencyRow("ISK", 0, 1380),
    CurrencyRow("UGX", 0, 36800),
    CurrencyRow("XOF", 0, 6030),
    CurrencyRow("XAF", 0, 6030),
    CurrencyRow("PYG", 0, 78000),
    CurrencyRow("CAD", 2, 1360),
    CurrencyRow("AUD", 2, 1520),
    CurrencyRow("NZD", 2, 1650),
    CurrencyRow("SGD", 2, 1340),
    CurrencyRow("HKD", 2, 7800),
    CurrencyRow("MXN", 2, 19500),
    CurrencyRow("BRL", 2, 5700),
    CurrencyRow("ZAR", 2, 18200),
    CurrencyRow("ILS", 2, 3700),
    CurrencyRow("MAD", 2, 9900),
    CurrencyRow("LBP", 2, 89_500_000),
    CurrencyRow("PKR", 2, 278_000),
];

impl Currency {
    /// US dollars.
    pub const USD: Self = Self(0);

    /// The currency with this alphabetic code, upper case (`"JOD"`), or `None` when it is unknown.
    #[must_use]
    pub fn parse(code: &str) -> Option<Self> {
        let index = CURRENCIES.iter().position(|line| line.0 == code)?;
        u8::try_from(index).ok().map(Self)
    }

    /// Every code that [`Currency::parse`] accepts.
    pub fn codes() -> impl Iterator<Item = &'static str> {
        CURRENCIES.iter().map(|line| line.0)
    }

    fn row(self) -> &'static CurrencyRow {
        // Only `parse` creates an index, so the fallback is never used.
        CURRENCIES.get(usize::from(self.0)).unwrap_or(&CurrencyRow("XXX", 2, 1000))
    }

    /// The alphabetic code of ISO 4217, three letters.
    #[must_use]
    pub fn code(self) -> &'static str {
        self.row().0
    }

    /// Digits after the decimal point: 0, 2 or 3.
    #[must_use]
    pub fn exponent(self) -> u8 {
        self.row().1
    }

    /// The approximate value of a US cent in thousandths of a minor unit; for generated prices only.
    #[must_use]
    pub(crate) fn per_us_cent(self) -> u32 {
        self.row().2
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// An amount in minor units of its currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Money {
    /// Minor units; negative for money that leaves the merchant.
    pub minor: i64,
    /// The currency of the minor units.
    pub currency: Currency,
}

/// Minor units as decimal text with exactly `exponent` digits: `-1234` → `-12.34`.
#[derive(Clone, Copy, Debug)]
pub struct Decimal {
    /// Minor units.
    pub minor: i64,
    /// Digits after the point.
    pub exponent: u8,
}

impl Decimal {
    /// The same value without zeros behind the last digit that counts.
    #[must_use]
    pub fn reduced(self) -> Self {
        let Self { mut minor, mut exponent } = self;
        while exponent > 0 && minor % 10 == 0 {
            minor /= 10;
            exponent -= 1;
        }
        Self { minor, exponent }
    }

    /// The shortest form, as JSON writers print numbers: no trailing zeros and no point without a digit
    /// after it (`100`, `12.3`, `0`).
    #[must_use]
    pub fn short(self) -> String {
        let text = self.to_string();
        if !text.contains('.') {
            return text;
        }
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scale = 10_u64.saturating_pow(u32::from(self.exponent));
        let value = self.minor.unsigned_abs();
        if self.minor < 0 {
            f.write_str("-")?;
        }
        if self.exponent == 0 {
            return write!(f, "{value}");
        }
        let width = usize::from(self.exponent);
        write!(f, "{}.{:0width$}", value / scale, value % scale)
    }
}

impl Money {
    /// Decimal text with the digits of the currency: JOD 1500 → `1.500`.
    #[must_use]
    pub fn decimal(self) -> Decimal {
        Decimal { minor: self.minor, exponent: self.currency.exponent() }
    }
}

/// `amount` × `parts` / `whole`, rounded half away from zero; `whole` must be positive.
#[must_use]
pub fn share(amount: i64, parts: i64, whole: i64) -> i64 {
    let product = i128::from(amount) * i128::from(parts);
    let whole = i128::from(whole.max(1));
    let half = if product < 0 { -whole / 2 } else { whole / 2 };
    i64::try_from((product + half) / whole).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(minor: i64, exponent: u8, long: &str, short: &str) {
        let decimal = Decimal { minor, exponent };
        assert_eq!(decimal.to_string(), long);
        assert_eq!(decimal.short(), short);
    }

    #[test]
    fn decimal_text_has_the_digits_of_the_currency() {
        check(63000, 2, "630.00", "630");
        check(-5, 2, "-0.05", "-0.05");
        check(1500, 3, "1.500", "1.5");
        check(700, 0, "700", "700");
        check(0, 2, "0.00", "0");
        check(i64::MIN, 2, "-92233720368547758.08", "-92233720368547758.08");
    }

    #[test]
    fn exponents_are_those_of_iso_4217() {
        for (code, exponent) in [("JPY", 0), ("USD", 2), ("JOD", 3), ("KWD", 3), ("GEL", 2)] {
            assert_eq!(Currency::parse(code).unwrap().exponent(), exponent, "{code}");
        }
        assert_eq!(Currency::parse("usd"), None);
    }

    #[test]
    fn a_share_is_rounded_half_away_from_zero() {
        assert_eq!(share(63000, 190, 10_000), 1197);
        assert_eq!(share(57286, 190, 10_000), 1088);
        assert_eq!(share(-5, 1, 2), -3);
    }
}
