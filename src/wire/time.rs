//! Instants as providers write them. UTC unless a zone is given.

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

fn digits(text: &mut Vec<u8>, value: i32, width: u32) {
    for place in (0..width).rev() {
        let digit = value / 10_i32.pow(place) % 10;
        text.push(b'0' + u8::try_from(digit).unwrap_or(0));
    }
}

/// Appends `2026-03-14`.
pub fn push_date(text: &mut Vec<u8>, at: DateTime) {
    digits(text, i32::from(at.year()), 4);
    text.push(b'-');
    digits(text, i32::from(at.month()), 2);
    text.push(b'-');
    digits(text, i32::from(at.day()), 2);
}

/// Appends `15:09:26`.
pub fn push_time(text: &mut Vec<u8>, at: DateTime) {
    digits(text, i32::from(at.hour()), 2);
    text.push(b':');
    digits(text, i32::from(at.minute()), 2);
    text.push(b':');
    digits(text, i32::from(at.second()), 2);
}

/// Appends date and time with something between and something behind: `T` and `Z`, or a blank and
/// nothing.
pub fn push_date_time(text: &mut Vec<u8>, at: DateTime, between: u8, behind: &str) {
    push_date(text, at);
    text.push(between);
    push_time(text, at);
    text.extend_from_slice(behind.as_bytes());
}

/// `2026-03-14` of an instant (Unix seconds) in UTC.
#[must_use]
pub fn date_text(second: i64) -> String {
    let mut text = Vec::with_capacity(10);
    push_date(&mut text, utc(second));
    String::from_utf8(text).unwrap_or_default()
}

/// `2026-03-14 15:09:26` of an instant (Unix seconds) in a zone.
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
