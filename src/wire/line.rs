//! Builds the rows of an answer out of many short pieces.
//!
//! Appending a few bytes to a `Vec` costs more than the bytes: a check of its capacity and a call that copies
//! them. Here a piece of a known size is stored at once.

use super::json::{Escapes, is_plain, push_unquoted};
use super::text::{halves, padded};
use crate::sandbox::money::Decimal;

/// Bytes that are gathered before they are appended to the answer.
const SIZE: usize = 4096;

/// The text of an answer while rows are written to it.
#[derive(Debug)]
pub struct Line {
    /// What was written before `latest`.
    text: Vec<u8>,
    latest: [u8; SIZE],
    /// Bytes of `latest` that are in use.
    at: usize,
    escapes: Escapes,
}

impl Line {
    /// Continues a text.
    #[must_use]
    pub fn behind(text: Vec<u8>) -> Self {
        Self { text, latest: [0; SIZE], at: 0, escapes: Escapes::default() }
    }

    /// Sets the additional escapes of JSON strings.
    #[must_use]
    pub fn escaping(mut self, escapes: Escapes) -> Self {
        self.escapes = escapes;
        self
    }

    /// The whole text.
    #[must_use]
    pub fn into_bytes(mut self) -> Vec<u8> {
        self.flush();
        self.text
    }

    /// Length of the whole text in bytes.
    #[must_use]
    pub fn len(&self) -> usize {
        self.text.len() + self.at
    }

    /// Whether nothing was written yet.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    #[cold]
    fn flush(&mut self) {
        self.text.extend_from_slice(self.latest.get(..self.at).unwrap_or_default());
        self.at = 0;
    }

    /// Appends a piece.
    #[inline]
    pub fn piece<const LENGTH: usize>(&mut self, piece: &[u8; LENGTH]) {
        self.part(piece, LENGTH);
    }

    /// Appends the first `length` bytes of a piece. The whole piece is copied, because a copy of a known size
    /// is faster than a shorter one.
    #[inline]
    pub fn part<const LENGTH: usize>(&mut self, piece: &[u8; LENGTH], length: usize) {
        if self.at + LENGTH > SIZE {
            self.flush();
        }
        // `LENGTH` is less than `SIZE`, so there is room.
        if let Some(to) = self.latest.get_mut(self.at..).and_then(<[u8]>::first_chunk_mut) {
            *to = *piece;
            self.at += length.min(LENGTH);
        }
    }

    /// Appends any bytes.
    #[inline]
    pub fn bytes(&mut self, bytes: &[u8]) {
        // A short text is copied as its beginning and its end, which overlap.
        if let (Some(first), Some(last)) = (bytes.first_chunk::<8>(), bytes.last_chunk::<8>())
            && bytes.len() <= 16
        {
            self.both(first, last, bytes.len());
        } else if let (Some(first), Some(last)) =
            (bytes.first_chunk::<16>(), bytes.last_chunk::<16>())
            && bytes.len() <= 32
        {
            self.both(first, last, bytes.len());
        } else if let (Some(first), Some(last)) =
            (bytes.first_chunk::<2>(), bytes.last_chunk::<2>())
            && bytes.len() <= 4
        {
            self.both(first, last, bytes.len());
        } else if let (Some(first), Some(last)) =
            (bytes.first_chunk::<4>(), bytes.last_chunk::<4>())
            && bytes.len() <= 8
        {
            self.both(first, last, bytes.len());
        } else {
            self.long(bytes);
        }
    }

    #[inline]
    fn both<const HALF: usize>(&mut self, first: &[u8; HALF], last: &[u8; HALF], length: usize) {
        if self.at + 2 * HALF > SIZE {
            self.flush();
        }
        let end = self.at + length;
        if let Some(to) = self.latest.get_mut(self.at..).and_then(<[u8]>::first_chunk_mut) {
            *to = *first;
        }
        if let Some(to) = self.latest.get_mut(end - HALF..).and_then(<[u8]>::first_chunk_mut) {
            *to = *last;
        }
        self.at = end;
    }

    fn long(&mut self, bytes: &[u8]) {
        if self.at + bytes.len() > SIZE {
            self.flush();
        }
        match self.latest.get_mut(self.at..self.at + bytes.len()) {
            Some(to) => {
                to.copy_from_slice(bytes);
                self.at += bytes.len();
            }
            None => self.text.extend_from_slice(bytes),
        }
    }

    /// Appends a text.
    #[inline]
    pub fn text(&mut self, text: &str) {
        self.bytes(text.as_bytes());
    }

    /// Appends a whole number in decimal digits.
    #[inline]
    pub fn number(&mut self, number: i64) {
        self.text(itoa::Buffer::new().format(number));
    }

    /// Appends the last `WIDTH` decimal digits of a number, with leading zeros.
    #[inline]
    pub fn padded<const WIDTH: usize>(&mut self, number: u64) {
        self.piece(&padded::<WIDTH>(number));
    }

    /// Appends a number in decimal digits, with leading zeros up to at least `width` digits.
    pub fn digits(&mut self, number: u64, width: usize) {
        let mut buffer = itoa::Buffer::new();
        let digits = buffer.format(number);
        for _ in digits.len()..width {
            self.piece(b"0");
        }
        self.text(digits);
    }

    /// Appends a decimal with all digits of its exponent after the point: `-12.34`.
    pub fn decimal(&mut self, decimal: Decimal) {
        let (whole, rest) = halves(decimal);
        if decimal.minor < 0 {
            self.piece(b"-");
        }
        self.text(itoa::Buffer::new().format(whole));
        match decimal.exponent {
            0 => {}
            2 => {
                let [tens, ones] = padded(rest);
                self.piece(&[b'.', tens, ones]);
            }
            more => {
                self.piece(b".");
                self.digits(rest, usize::from(more));
            }
        }
    }

    /// Appends a part of a JSON string: a text with the escapes that JSON requires, without quotes.
    #[inline]
    pub fn unquoted(&mut self, text: &str) {
        if is_plain(text.as_bytes(), self.escapes) {
            self.text(text);
        } else {
            self.flush();
            push_unquoted(&mut self.text, text, self.escapes);
        }
    }

    /// Appends a JSON string.
    #[inline]
    pub fn string(&mut self, text: &str) {
        self.piece(b"\"");
        self.unquoted(text);
        self.piece(b"\"");
    }
}

/// A whole number in decimal digits that is written more than once.
#[derive(Clone, Copy, Debug)]
pub struct Digits([u8; 20], usize);

impl Digits {
    /// The digits of a number, with its sign if it is negative.
    #[must_use]
    pub fn of(number: i64) -> Self {
        let (mut buffer, mut digits) = (itoa::Buffer::new(), [0; 20]);
        let text = buffer.format(number);
        digits.iter_mut().zip(text.bytes()).for_each(|(to, from)| *to = from);
        Self(digits, text.len())
    }

    /// Appends them.
    #[inline]
    pub fn push(&self, line: &mut Line) {
        line.part(&self.0, self.1);
    }
}

/// A text that is the same in every row.
#[derive(Clone, Debug, Default)]
pub struct Constant {
    /// The text in pieces of one size, of which the last one ends in zeros. Most texts have one piece.
    first: [u8; 32],
    others: Vec<[u8; 32]>,
    length: usize,
}

impl Constant {
    /// Makes the constant of a text.
    #[must_use]
    pub fn of(text: &[u8]) -> Self {
        let piece = |chunk: &[u8]| {
            let mut piece = [0; 32];
            piece.iter_mut().zip(chunk).for_each(|(to, from)| *to = *from);
            piece
        };
        let mut pieces = text.chunks(32).map(piece);
        let first = pieces.next().unwrap_or_default();
        Self { first, others: pieces.collect(), length: text.len() }
    }

    /// Appends the text.
    #[inline]
    pub fn push(&self, line: &mut Line) {
        line.part(&self.first, self.length);
        let mut left = self.length;
        for piece in &self.others {
            left = left.saturating_sub(32);
            line.part(piece, left);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A text of this length without a period.
    fn text(length: usize) -> String {
        (0..length).map(|index| char::from(b'a' + u8::try_from(index * 7 % 23).unwrap())).collect()
    }

    #[test]
    fn every_length_at_every_place_is_copied_whole() {
        let mut line = Line::behind(b"begun ".to_vec());
        let mut expected = "begun ".to_owned();
        for length in (0..300).chain([SIZE - 1, SIZE, SIZE + 1, 3 * SIZE]).chain(0..300) {
            line.text(&text(length));
            Constant::of(text(length).as_bytes()).push(&mut line);
            line.string("a \"quoted\" text\n");
            line.piece(b",");
            expected += &format!("{0}{0}\"a \\\"quoted\\\" text\\n\",", text(length));
            assert_eq!(line.len(), expected.len());
        }
        assert_eq!(String::from_utf8(line.into_bytes()).unwrap(), expected);
    }

    #[test]
    fn decimals_are_those_of_display() {
        for minor in [0, 5, -5, 10, 100, -1200, 63_000, i64::MAX, i64::MIN] {
            for exponent in [0, 1, 2, 3, 4, 18] {
                let decimal = Decimal { minor, exponent };
                let mut line = Line::behind(Vec::new());
                line.decimal(decimal);
                assert_eq!(line.into_bytes(), decimal.to_string().as_bytes());
            }
        }
    }

    #[test]
    fn additional_escapes_are_those_of_the_writer() {
        let mut line =
            Line::behind(Vec::new()).escaping(Escapes { slashes: true, non_ascii: true });
        line.string("a/ё");
        line.digits(42, 4);
        assert_eq!(line.into_bytes(), br#""a\/\u0451"0042"#);
    }

    #[test]
    fn numbers_are_those_of_display() {
        let (mut line, mut expected) = (Line::behind(Vec::new()), String::new());
        assert!(line.is_empty());
        for number in [0, 7, -1, 12, 123_456_789, i64::MAX, i64::MIN] {
            line.number(number);
            Digits::of(number).push(&mut line);
            expected += &format!("{number}{number}");
        }
        assert_eq!(line.into_bytes(), expected.as_bytes());
    }
}
