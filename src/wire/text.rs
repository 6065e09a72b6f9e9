//! Numbers and texts of clients as text: numbers are written directly into bytes, without `format!`.

use crate::sandbox::money::Decimal;

/// The first 60 characters of what a client sent, for the journal.
#[must_use]
pub fn cut(text: &str) -> String {
    text.chars().take(60).collect()
}

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

/// The last `WIDTH` decimal digits of a number, with leading zeros.
#[must_use]
#[inline]
pub fn padded<const WIDTH: usize>(number: u64) -> [u8; WIDTH] {
    let (mut digits, mut left) = ([b'0'; WIDTH], number);
    for digit in digits.iter_mut().rev() {
        *digit = b'0' + u8::try_from(left % 10).unwrap_or(0);
        left /= 10;
    }
    digits
}

/// The hexadecimal digits of a number in lower case.
#[must_use]
#[inline]
pub fn hex(bits: u64) -> [u8; 16] {
    let [a, b, c, d, e, f, g, h] = bits.to_be_bytes();
    let (high, low) = (eight_digits([a, b, c, d]), eight_digits([e, f, g, h]));
    let mut digits = [0; 16];
    let (left, right) = digits.split_at_mut(8);
    left.copy_from_slice(&high);
    right.copy_from_slice(&low);
    digits
}

/// The eight hexadecimal digits of four bytes, computed in one register: this is most of the text of some rows.
#[inline]
fn eight_digits(bytes: [u8; 4]) -> [u8; 8] {
    let bits = u64::from(u32::from_be_bytes(bytes));
    // Half of the bits moves away in each step until every byte holds four of them.
    let bits = (bits << 16 | bits) & 0x0000_ffff_0000_ffff;
    let bits = (bits << 8 | bits) & 0x00ff_00ff_00ff_00ff;
    let bits = (bits << 4 | bits) & 0x0f0f_0f0f_0f0f_0f0f;
    // 1 in each byte whose digit is a letter.
    let letters = (bits + 0x0606_0606_0606_0606) >> 4 & 0x0101_0101_0101_0101;
    // No byte carries into the next one: the largest is `f`.
    (bits + 0x3030_3030_3030_3030 + letters * u64::from(b'a' - b'0' - 10)).to_be_bytes()
}

/// Appends a number in decimal digits, with leading zeros up to at least `width` digits.
pub fn push_digits(text: &mut String, number: u64, width: usize) {
    const ZEROS: &str = "00000000000000000000";
    let mut buffer = itoa::Buffer::new();
    let digits = buffer.format(number);
    let mut missing = width.saturating_sub(digits.len());
    while missing > 0 {
        let zeros = ZEROS.get(..missing).unwrap_or(ZEROS);
        text.push_str(zeros);
        missing -= zeros.len();
    }
    text.push_str(digits);
}

/// Appends a decimal with all digits of its exponent after the point: `-12.34`.
pub fn push_decimal(out: &mut Vec<u8>, decimal: Decimal) {
    let (whole, rest) = halves(decimal);
    if decimal.minor < 0 {
        out.push(b'-');
    }
    out.extend_from_slice(itoa::Buffer::new().format(whole).as_bytes());
    match decimal.exponent {
        0 => {}
        2 => {
            let [tens, ones] = padded(rest);
            out.extend_from_slice(&[b'.', tens, ones]);
        }
        more => {
            out.push(b'.');
            push_padded(out, rest, usize::from(more));
        }
    }
}

/// The units of a decimal and its digits behind the point, both without a sign.
pub(super) fn halves(decimal: Decimal) -> (u64, u64) {
    let value = decimal.minor.unsigned_abs();
    match decimal.exponent {
        // Nearly all currencies; a constant divisor is much faster.
        2 => (value / 100, value % 100),
        other => {
            let scale = 10_u64.saturating_pow(u32::from(other));
            (value / scale, value % scale)
        }
    }
}

/// Puts the field that begins at `begin` into quotes if CSV needs them (RFC 4180). In place, because a writer of a
/// library copies every field twice.
pub fn quote_field(bytes: &mut Vec<u8>, begin: usize) {
    let field = bytes.get(begin..).unwrap_or_default();
    let (needed, quotes) = field.iter().fold((false, false), |(needed, quotes), byte| {
        let is_quote = *byte == b'"';
        (needed | is_quote | matches!(byte, b',' | b'\n' | b'\r'), quotes | is_quote)
    });
    if quotes {
        let doubled: Vec<u8> = field
            .iter()
            .flat_map(|byte| match byte {
                b'"' => &b"\"\""[..],
                byte => std::slice::from_ref(byte),
            })
            .copied()
            .collect();
        bytes.truncate(begin);
        bytes.extend_from_slice(&doubled);
    }
    if needed {
        bytes.insert(begin, b'"');
        bytes.push(b'"');
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
            let mut out = hex(number).to_vec();
            push_padded(&mut out, number, 20);
            let expected = format!("{number:016x}{number:020}");
            assert_eq!(out, expected.as_bytes());
        }
    }

    #[test]
    fn fields_are_quoted_as_the_library_does() {
        for field in
            ["", "plain", "a, b", "\"", "say \"hi\", twice", "two\nlines", "cr\r", " x ", "ё,"]
        {
            let mut bytes = b"before,".to_vec();
            bytes.extend_from_slice(field.as_bytes());
            quote_field(&mut bytes, 7);
            let terminator = csv::Terminator::Any(b'\n');
            let mut library =
                csv::WriterBuilder::new().terminator(terminator).from_writer(Vec::new());
            library.write_record(["before", field]).unwrap();
            bytes.push(b'\n');
            assert_eq!(bytes, library.into_inner().unwrap());
        }
    }
}
