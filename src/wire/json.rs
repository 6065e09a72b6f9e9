//! Writes JSON directly into bytes: without a tree of values, keys in the order of the calls.

use std::fmt::Write;

use super::text::push_decimal;
use crate::sandbox::money::Decimal;

/// Characters that are escaped although JSON does not require it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Escapes {
    /// Writes `/` as `\/`, as PHP does.
    pub slashes: bool,
    /// Writes each character beyond ASCII as `\uXXXX`, as PHP and Python do.
    pub non_ascii: bool,
}

/// Writes JSON. The caller opens and closes brackets and writes keys and values ([`Writer::open`],
/// [`Writer::key`]); the writer adds the commas.
#[derive(Clone, Debug, Default)]
pub struct Writer {
    bytes: Vec<u8>,
    escapes: Escapes,
    comma: bool,
}

impl Writer {
    /// An empty writer with room for `capacity` bytes.
    #[must_use]
    pub fn with_capacity(capacity: usize) -> Self {
        Self { bytes: Vec::with_capacity(capacity), ..Self::default() }
    }

    /// Sets the additional escapes.
    #[must_use]
    pub fn escaping(mut self, escapes: Escapes) -> Self {
        self.escapes = escapes;
        self
    }

    /// The bytes written so far.
    #[must_use]
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// Number of bytes written since the start or the last `take`.
    #[must_use]
    pub fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Whether [`Writer::len`] is 0.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Removes and returns the bytes written so far, to send them; writing continues in the same document.
    pub fn take(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.bytes)
    }

    fn separate(&mut self) {
        if self.comma {
            self.bytes.push(b',');
        }
        self.comma = true;
    }

    /// Writes `{` or `[`, with a comma in front if needed.
    pub fn open(&mut self, bracket: u8) {
        self.separate();
        self.bytes.push(bracket);
        self.comma = false;
    }

    /// Writes `}` or `]`.
    pub fn close(&mut self, bracket: u8) {
        self.bytes.push(bracket);
        self.comma = true;
    }

    /// Writes the name of a member and the colon; its value must be written next.
    pub fn key(&mut self, name: &str) {
        self.separate();
        push_text(&mut self.bytes, name, self.escapes);
        self.bytes.push(b':');
        self.comma = false;
    }

    /// Writes a decimal in its shortest form: no zeros behind the last digit that counts, `100`, `12.3`.
    pub fn decimal(&mut self, decimal: Decimal) {
        self.separate();
        push_decimal(&mut self.bytes, decimal.reduced());
    }

    /// Writes a string with quotes and escapes.
    pub fn text(&mut self, text: &str) {
        self.separate();
        push_text(&mut self.bytes, text, self.escapes);
    }

    /// Writes a whole number.
    pub fn integer(&mut self, number: i64) {
        self.separate();
        self.bytes.extend_from_slice(itoa::Buffer::new().format(number).as_bytes());
    }

    /// Writes `true` or `false`.
    pub fn flag(&mut self, flag: bool) {
        self.raw(if flag { "true" } else { "false" });
    }

    /// Writes `null`.
    pub fn null(&mut self) {
        self.raw("null");
    }

    /// Writes text that is valid JSON already, such as a decimal number.
    pub fn raw(&mut self, json: &str) {
        self.separate();
        self.bytes.extend_from_slice(json.as_bytes());
    }

    /// Writes quotes around the output of `write`, which must not need escapes.
    pub fn plain(&mut self, write: impl FnOnce(&mut Vec<u8>)) {
        self.separate();
        self.bytes.push(b'"');
        write(&mut self.bytes);
        self.bytes.push(b'"');
    }

    /// Writes a member with a string.
    pub fn text_member(&mut self, name: &str, text: &str) {
        self.key(name);
        self.text(text);
    }

    /// Writes a member with a whole number.
    pub fn integer_member(&mut self, name: &str, number: i64) {
        self.key(name);
        self.integer(number);
    }

    /// Writes a member with a string, or with `null` for `None`.
    pub fn optional_member(&mut self, name: &str, text: Option<&str>) {
        self.key(name);
        match text {
            Some(text) => self.text(text),
            None => self.null(),
        }
    }
}

/// Appends text in quotes, with escapes.
pub fn push_text(bytes: &mut Vec<u8>, text: &str, escapes: Escapes) {
    bytes.push(b'"');
    push_unquoted(bytes, text, escapes);
    bytes.push(b'"');
}

/// Appends a part of a string: text with its escapes, without quotes.
pub fn push_unquoted(bytes: &mut Vec<u8>, text: &str, escapes: Escapes) {
    if is_plain(text.as_bytes(), escapes) {
        bytes.extend_from_slice(text.as_bytes());
    } else {
        push_escaped(bytes, text, escapes);
    }
}

/// Appends text with escapes. Each piece ends with a character to escape, except perhaps the last piece.
fn push_escaped(bytes: &mut Vec<u8>, text: &str, escapes: Escapes) {
    let is_escaped = |c: char| {
        (c < ' ' || c == '"' || c == '\\')
            || (escapes.slashes && c == '/')
            || (escapes.non_ascii && !c.is_ascii())
    };
    for piece in text.split_inclusive(is_escaped) {
        let mut chars = piece.chars();
        match chars.next_back().filter(|c| is_escaped(*c)) {
            Some(c) => {
                bytes.extend_from_slice(chars.as_str().as_bytes());
                push_char(bytes, c);
            }
            None => bytes.extend_from_slice(piece.as_bytes()),
        }
    }
}

/// Whether a text needs no escapes. Checks eight bytes in one step. The last eight bytes overlap with the
/// step before them, because a special case for the rest would cost more: most texts are short.
pub(super) fn is_plain(text: &[u8], escapes: Escapes) -> bool {
    let Some(last) = text.last_chunk::<8>() else {
        let eight = text.iter().fold(SPACES, |eight, byte| eight << 8 | u64::from(*byte));
        return escaped(eight, escapes) == 0;
    };
    let mut found = escaped(u64::from_le_bytes(*last), escapes);
    for eight in text.as_chunks::<8>().0 {
        found |= escaped(u64::from_le_bytes(*eight), escapes);
    }
    found == 0
}

const EACH: u64 = 0x0101_0101_0101_0101;
const HIGH: u64 = 0x80 * EACH;
const SPACES: u64 = 0x20 * EACH;

/// Not zero if at least one of the eight bytes has to be escaped.
fn escaped(eight: u64, escapes: Escapes) -> u64 {
    // Subtracting `byte` from each byte of `eight` sets the high bit of the bytes less than it; `!eight`
    // excludes bytes that had the bit before. A borrow reaches the next byte only below a byte that is found
    // already, so it can never cause a false answer.
    let below = |eight: u64, byte: u8| eight.wrapping_sub(u64::from(byte) * EACH) & !eight & HIGH;
    let equal = |byte: u8| below(eight ^ (u64::from(byte) * EACH), 1);
    let slashes = if escapes.slashes { equal(b'/') } else { 0 };
    let non_ascii = if escapes.non_ascii { eight & HIGH } else { 0 };
    below(eight, 0x20) | equal(b'"') | equal(b'\\') | slashes | non_ascii
}

/// Appends the escape sequence of a character.
fn push_char(bytes: &mut Vec<u8>, c: char) {
    match c {
        '"' => bytes.extend_from_slice(b"\\\""),
        '\\' => bytes.extend_from_slice(b"\\\\"),
        '\n' => bytes.extend_from_slice(b"\\n"),
        '\r' => bytes.extend_from_slice(b"\\r"),
        '\t' => bytes.extend_from_slice(b"\\t"),
        '\u{8}' => bytes.extend_from_slice(b"\\b"),
        '\u{c}' => bytes.extend_from_slice(b"\\f"),
        '/' => bytes.extend_from_slice(b"\\/"),
        c => {
            for unit in c.encode_utf16(&mut [0; 2]) {
                let mut text = String::with_capacity(6);
                let _ = write!(text, "\\u{unit:04x}");
                bytes.extend_from_slice(text.as_bytes());
            }
        }
    }
}

/// A member of a JSON object as text: a string without its quotes, any other value as it is written; `None`
/// if it is missing or null, or if the text is no object.
#[must_use]
pub fn text_member(json: &str, name: &str) -> Option<String> {
    let object: serde_json::Value = serde_json::from_str(json).ok()?;
    match object.get(name)? {
        serde_json::Value::Null => None,
        serde_json::Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_round_trips_through_an_independent_parser() {
        for text in ["", "plain", "a\"b\\c/d", "\n\r\t\u{8}\u{c}\u{1}", "Zoë 🌊 გიორგი"]
        {
            for slashes in [false, true] {
                for non_ascii in [false, true] {
                    let mut bytes = Vec::new();
                    push_text(&mut bytes, text, Escapes { slashes, non_ascii });
                    assert_eq!(serde_json::from_slice::<String>(&bytes).unwrap(), text);
                    assert!(!non_ascii || bytes.is_ascii());
                }
            }
        }
    }

    #[test]
    fn what_is_escaped_is_found_wherever_it_stands() {
        let all = [false, true]
            .map(|slashes| [false, true].map(|non_ascii| Escapes { slashes, non_ascii }));
        for escapes in all.into_iter().flatten() {
            for byte in 0..=u8::MAX {
                let found = byte < b' '
                    || byte == b'"'
                    || byte == b'\\'
                    || (escapes.slashes && byte == b'/')
                    || (escapes.non_ascii && byte >= 0x80);
                for (length, around) in [(1, b'a'), (7, b' '), (8, 0x7f), (19, 0xff), (24, b'#')] {
                    let around = if escapes.non_ascii { around & 0x7f } else { around };
                    for index in 0..length {
                        let mut text = vec![around; length];
                        text[index] = byte;
                        assert_eq!(!is_plain(&text, escapes), found, "{text:?} {escapes:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn slashes_and_surrogates_are_as_php_writes_them() {
        let mut bytes = Vec::new();
        push_text(&mut bytes, "https://x 🌊", Escapes { slashes: true, non_ascii: true });
        assert_eq!(bytes, br#""https:\/\/x \ud83c\udf0a""#);
    }

    #[test]
    fn decimals_are_the_shortest() {
        for (minor, exponent) in [(0, 2), (100, 2), (1230, 2), (-5, 2), (1500, 3), (120, 0)] {
            let (decimal, mut json) = (Decimal { minor, exponent }, Writer::default());
            json.decimal(decimal);
            assert_eq!(json.into_bytes(), decimal.short().as_bytes());
        }
    }

    #[test]
    fn commas_come_by_themselves() {
        let mut json = Writer::default();
        json.open(b'{');
        json.key("a");
        json.open(b'[');
        json.integer(1);
        json.raw("0.0");
        json.close(b']');
        json.optional_member("b", None);
        json.text_member("c", "d");
        json.close(b'}');
        assert_eq!(json.into_bytes(), br#"{"a":[1,0.0],"b":null,"c":"d"}"#);
    }
}
