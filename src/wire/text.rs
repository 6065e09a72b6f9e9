//! Numbers as text, straight into bytes.

/// Appends a whole number.
pub fn push_number(out: &mut Vec<u8>, number: i64) {
    out.extend_from_slice(itoa::Buffer::new().format(number).as_bytes());
}

/// Appends the last `width` decimal digits of a number, with leading zeros; 20 at most.
pub fn push_padded(out: &mut Vec<u8>, number: u64, width: usize) {
    let mut digits = [b'0'; 20];
    let mut left = number;
    for digit in digits.iter_mut().rev().take(width) {
        *digit = b'0' + u8::try_from(left % 10).unwrap_or(0);
        left /= 10;
    }
    out.extend_from_slice(digits.get(20 - width.min(20)..).unwrap_or_default());
}

/// Appends the last `width` hex digits of a number, lower case; 16 at most.
pub fn push_hex(out: &mut Vec<u8>, bits: u64, width: usize) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut digits = [0; 16];
    for (pair, byte) in digits.chunks_exact_mut(2).zip(bits.to_be_bytes()) {
        let halves = [byte >> 4, byte & 15];
        for (digit, half) in pair.iter_mut().zip(halves) {
            *digit = DIGITS.get(usize::from(half)).copied().unwrap_or(b'0');
        }
    }
    out.extend_from_slice(digits.get(16 - width.min(16)..).unwrap_or_default());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_those_of_format() {
        for number in [0, 7, 42, 123_456, u64::MAX] {
            let mut out = Vec::new();
            push_hex(&mut out, number, 16);
            push_padded(&mut out, number, 20);
            push_hex(&mut out, number, 4);
            let expected = format!("{number:016x}{number:020}{:04x}", number & 0xffff);
            assert_eq!(out, expected.as_bytes());
        }
    }
}
