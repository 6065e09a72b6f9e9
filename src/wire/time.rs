//! Writes instants as text in the formats of the providers; UTC unless a zone is given.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::{Offset, TimeZone};

/// The civil time of an instant (Unix seconds) in a zone.
#[must_use]
pub fn civil(second: i64, zone: &TimeZone) -> DateTime {
    let at = Timestamp::from_second(second).unwrap_or(Timestamp::UNIX_EPOCH);
    zone.to_offset(at).to_datetime(at)
}

/// The civil time of an instant (Unix seconds) in UTC.
#[must_use]
pub fn utc(second: i64) -> DateTime {
    let at = Timestamp::from_second(second).unwrap_or(Timestamp::UNIX_EPOCH);
    Offset::UTC.to_datetime(at)
}

/// Two decimal digits of a number from 0 to 99.
fn two(number: u16) -> [u8; 2] {
    let digit = |number: u16| b'0' + u8::try_from(number % 10).unwrap_or(0);
    [digit(number / 10), digit(number)]
}

fn small(number: i8) -> [u8; 2] {
    two(u16::from(number.unsigned_abs()))
}

/// A date such as `2026-03-14`.
#[must_use]
#[inline]
pub fn date(at: DateTime) -> [u8; 10] {
    let year = at.year().unsigned_abs();
    let ([a, b], [c, d]) = (two(year / 100), two(year % 100));
    let ([e, f], [g, h]) = (small(at.month()), small(at.day()));
    [a, b, c, d, b'-', e, f, b'-', g, h]
}

fn time(at: DateTime) -> [u8; 8] {
    let ([a, b], [c, d], [e, f]) = (small(at.hour()), small(at.minute()), small(at.second()));
    [a, b, b':', c, d, b':', e, f]
}

/// Appends a date such as `2026-03-14`.
pub fn push_date(text: &mut Vec<u8>, at: DateTime) {
    text.extend_from_slice(&date(at));
}

/// Appends a time of day such as `15:09:26`.
pub fn push_time(text: &mut Vec<u8>, at: DateTime) {
    text.extend_from_slice(&time(at));
}

/// Appends date and time with one character `between` them and a text `behind` them: `T` and `Z`, or a space
/// and an empty text.
pub fn push_date_time(text: &mut Vec<u8>, at: DateTime, between: u8, behind: &str) {
    text.extend_from_slice(&date_time(at, between));
    text.extend_from_slice(behind.as_bytes());
}

/// Date and time with one character `between` them, in one piece.
#[must_use]
#[inline]
pub fn date_time(at: DateTime, between: u8) -> [u8; 19] {
    let ([a, b, c, d, e, f, g, h, i, j], [k, l, m, n, o, p, q, r]) = (date(at), time(at));
    [a, b, c, d, e, f, g, h, i, j, between, k, l, m, n, o, p, q, r]
}

/// Appends date and time with one character `between` them.
pub fn push_civil(text: &mut String, at: DateTime, between: char) {
    // The bytes are ASCII digits and punctuation, so this cannot fail.
    text.push_str(str::from_utf8(&date(at)).unwrap_or_default());
    text.push(between);
    text.push_str(str::from_utf8(&time(at)).unwrap_or_default());
}

/// The date, such as `2026-03-14`, of an instant (Unix seconds) in UTC.
#[must_use]
pub fn date_text(second: i64) -> String {
    let mut text = Vec::with_capacity(10);
    push_date(&mut text, utc(second));
    String::from_utf8(text).unwrap_or_default()
}

/// Date and time, such as `2026-03-14 15:09:26`, of an instant (Unix seconds) in a zone.
#[must_use]
pub fn date_time_text(second: i64, zone: &TimeZone) -> String {
    let mut text = Vec::with_capacity(19);
    push_date_time(&mut text, civil(second, zone), b' ', "");
    String::from_utf8(text).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_as_jiff_writes_it() {
        for second in [0, 951_782_400, 1_773_446_399, 4_102_444_799] {
            let at = Timestamp::from_second(second).unwrap();
            assert_eq!(date_text(second), at.strftime("%Y-%m-%d").to_string());
            let zone = TimeZone::get("Asia/Tbilisi").unwrap();
            let expected = at.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M:%S").to_string();
            assert_eq!(date_time_text(second, &zone), expected);
        }
    }
}
