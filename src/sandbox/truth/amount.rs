//! Reads amounts of a client: in the provider's spelling or in minor units, and nothing guessed.

use super::row_mapping::Spelling;
use crate::sandbox::money::Currency;

/// An amount as a client wrote it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// The text.
    pub text: String,
    /// Whether it is in minor units, whatever the provider's spelling.
    pub is_minor: bool,
}

impl Written {
    /// The amount in minor units of a currency.
    ///
    /// # Errors
    ///
    /// What is wrong with the text and what is wanted, as a sentence.
    pub fn minor(&self, spelling: Spelling, currency: Currency) -> Result<i64, String> {
        let spelling = if self.is_minor { Spelling::Minor } else { spelling };
        let text = self.text.as_str();
        let digits = usize::from(spelling.digits(currency));
        let wanted = match spelling {
            Spelling::Minor => "a whole number of minor units is wanted".to_owned(),
            Spelling::Decimal(_) => format!("at most {digits} digits after a point are wanted"),
        };
        if text.contains(',') {
            return Err(format!(
                "`{text}` has a comma; the decimal sign is a point, and thousands are not separated"
            ));
        }
        let (is_negative, number) = match text.strip_prefix('-') {
            Some(number) => (true, number),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        let is_number = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if whole.is_empty() || !is_number(whole) || !is_number(fraction) || number.ends_with('.') {
            return Err(format!("`{text}` is not an amount; {wanted}"));
        }
        // Fees in minor units are written `35.0` by one provider.
        let is_whole = digits == 0 && fraction.bytes().all(|byte| byte == b'0');
        let fraction = if is_whole { "" } else { fraction };
        if fraction.len() > digits {
            let code = currency.code();
            return Err(format!(
                "`{text}` has {} digits after the point; {wanted} ({code})",
                fraction.len()
            ));
        }
        let minor = format!("{whole}{fraction:0<digits$}").parse::<i64>();
        let Ok(minor) = minor else { return Err(format!("`{text}` is too large")) };
        // A provider can write more digits than the currency has.
        let exponent = usize::from(currency.exponent());
        let scale = match spelling {
            Spelling::Minor => 1,
            Spelling::Decimal(_) => {
                10_i64.saturating_pow(u32::try_from(digits.saturating_sub(exponent)).unwrap_or(0))
            }
        };
        if minor % scale != 0 {
            let code = currency.code();
            return Err(format!(
                "`{text}` is no whole number of minor units; {code} has {exponent} decimals"
            ));
        }
        let minor = minor / scale;
        Ok(if is_negative { -minor } else { minor })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(spelling: Spelling, code: &str, text: &str, expected: Result<i64, &str>) {
        let written = Written { text: text.to_owned(), is_minor: false };
        let read = written.minor(spelling, Currency::parse(code).unwrap());
        match expected {
            Ok(minor) => assert_eq!(read, Ok(minor), "{text}"),
            Err(part) => assert!(read.clone().unwrap_err().contains(part), "{text}: {read:?}"),
        }
    }

    #[test]
    fn amounts_are_read_in_the_spelling_of_the_provider() {
        let major = Spelling::Decimal(0);
        for (code, text, minor) in [
            ("USD", "12.34", 1234),
            ("USD", "12.3", 1230),
            ("USD", "-12", -1200),
            ("KWD", "1.5", 1500),
            ("JPY", "700", 700),
            ("JPY", "700.0", 700),
        ] {
            check(major, code, text, Ok(minor));
        }
        check(Spelling::Decimal(2), "JPY", "700.00", Ok(700));
        check(Spelling::Decimal(2), "KWD", "1.500", Ok(1500));
        check(Spelling::Minor, "USD", "1234", Ok(1234));
        check(Spelling::Minor, "USD", "35.0", Ok(35));
    }

    #[test]
    fn what_is_no_amount_is_said_to_be_none() {
        let major = Spelling::Decimal(0);
        check(major, "USD", "12,34", Err("has a comma"));
        check(major, "USD", "1,234.00", Err("has a comma"));
        check(major, "USD", "12.345", Err("3 digits after the point; at most 2"));
        check(major, "USD", "12.340", Err("3 digits after the point"));
        check(Spelling::Decimal(2), "JPY", "700.50", Err("JPY has 0 decimals"));
        check(Spelling::Minor, "USD", "12.34", Err("whole number of minor units"));
        for text in ["", "-", ".5", "5.", "1e5", "NaN", "12 34", "0x10", "$5", "--5"] {
            check(major, "USD", text, Err("is not an amount"));
        }
        check(major, "USD", "99999999999999999999", Err("too large"));
    }
}
