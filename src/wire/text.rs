//! Writes numbers as text directly into bytes, without `format!`.

use crate::sandbox::money::Decimal;

/// Appends a whole number in decimal digits.
pub fn push_number(out: &mut Vec<u8>, number: i64) {
    out.extend_from_slice(itoa::Buffer::new().format(number).as_bytes());
}

/// Appends the last `width` decimal digits of a number, with leading zeros; `width` is at most 20.
pub fn push_padded(out: &mut Vec<u8>, number: u64, width: usize) {
    let mut digits = [b'0'; 20];
    let mut left = number;
    for digit in digits.iter_mut().rev().take(width) {
        *digit = b'0' + u8::try_from(left % 10).unwrap_or(0);
        left /= 10;
    }
    out.extend_from_slice(digits.get(20 - width.min(20)..).unwrap_or_default());
}

/// Appends the last `width` hexadecimal digits of a number in lower case; `width` is at most 16.
pub fn push_hex(out: &mut Vec<u8>, bits: u64, width: usize) {
    let mut digits = [0; 16];
    // Eight bytes give 16 digits, so the buffer always has the right length.
    let _ = hex::encode_to_slice(bits.to_be_bytes(), &mut digits);
    out.extend_from_slice(digits.get(16 - width.min(16)..).unwrap_or_default());
}

/// Appends a number in decimal digits, with leading zeros up to at least `width` digits.
pub fn push_digits(text: &mut String, number: u64, width: usize) {
    let mut buffer = itoa::Buffer::new();
    let digits = buffer.format(number);
    for _ in digits.len()..width {
        text.push('0');
    }
    text.push_str(digits);
}

/// Appends a decimal with all digits of its exponent after the point: `-12.34`.
pub fn push_decimal(out: &mut Vec<u8>, decimal: Decimal) {
    let scale = 10_u64.saturating_pow(u32::from(decimal.exponent));
    let value = decimal.minor.unsigned_abs();
    if decimal.minor < 0 {
        out.push(b'-');
    }
    out.extend_from_slice(itoa::Buffer::new().format(value / scale).as_bytes());
    if decimal.exponent > 0 {
        out.push(b'.');
        push_padded(out, value % scale, usize::from(decimal.exponent));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_are_those_of_display() {
        for (minor, exponent) in [(0, 2), (-5, 2), (63000, 2), (1500, 3), (700, 0), (i64::MIN, 2)] {
            let (decimal, mut out) = (Decimal { minor, exponent }, Vec::new());
            push_decimal(&mut out, decimal);
            assert_eq!(out, decimal.to_string().as_bytes());
        }
    }

    #[test]
    fn digits_are_those_of_format() {
        for number in [0, 7, 42, 123_456, 0x0123_4567_89ab_cdef, u64::MAX] {
            let mut out = Vec::new();
            push_hex(&mut out, number, 16);
            push_padded(&mut out, number, 20);
            push_hex(&mut out, number, 4);
            let expected = format!("{number:016x}{number:020}{:04x}", number & 0xffff);
            assert_eq!(out, expected.as_bytes());
        }
    }
}
