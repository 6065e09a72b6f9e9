//! JSON written straight into bytes: no tree of values, key order as it is written.

use std::fmt::Write;

/// Which characters of text are escaped beyond what JSON demands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Escapes {
    /// `/` as `\/`, as PHP does.
    pub slashes: bool,
    /// Everything beyond ASCII as `\uXXXX`, as PHP and Python do.
    pub non_ascii: bool,
}

/// Collects JSON. The caller writes brackets and commas by way of [`Writer::open`], [`Writer::key`]
/// and friends; commas come by themselves.
#[derive(Clone, Debug, Default)]
pub struct Writer {
    bytes: Vec<u8>,
    escapes: Escapes,
    comma: bool,
}

impl Writer {
    /// Nothing yet, with room for `capacity` bytes.
    #[must_use]
    pub fn with_capacity(capacity: usize) -> Self {
        Self { bytes: Vec::with_capacity(capacity), ..Self::default() }
    }

    /// The same with other escapes.
    #[must_use]
    pub fn escaping(mut self, escapes: Escapes) -> Self {
        self.escapes = escapes;
        self
    }

    /// What was written.
    #[must_use]
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// Bytes written so far.
    #[must_use]
    pub fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Whether nothing has been written.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Takes what was written so far out, to be sent; what follows goes on behind it.
    pub fn take(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.bytes)
    }

    fn separate(&mut self) {
        if self.comma {
            self.bytes.push(b',');
        }
        self.comma = true;
    }

    /// `{` or `[`.
    pub fn open(&mut self, bracket: u8) {
        self.separate();
        self.bytes.push(bracket);
        self.comma = false;
    }

    /// `}` or `]`.
    pub fn close(&mut self, bracket: u8) {
        self.bytes.push(bracket);
        self.comma = true;
    }

    /// A member's name; its value follows.
    pub fn key(&mut self, name: &str) {
        self.separate();
        push_text(&mut self.bytes, name, self.escapes);
        self.bytes.push(b':');
        self.comma = false;
    }

    /// A string.
    pub fn text(&mut self, text: &str) {
        self.separate();
        push_text(&mut self.bytes, text, self.escapes);
    }

    /// A whole number.
    pub fn integer(&mut self, number: i64) {
        self.separate();
        self.bytes.extend_from_slice(itoa::Buffer::new().format(number).as_bytes());
    }

    /// `true` or `false`.
    pub fn flag(&mut self, flag: bool) {
        self.raw(if flag { "true" } else { "false" });
    }

    /// `null`.
    pub fn null(&mut self) {
        self.raw("null");
    }

    /// Something that is JSON already, such as a decimal number.
    pub fn raw(&mut self, json: &str) {
        self.separate();
        self.bytes.extend_from_slice(json.as_bytes());
    }

    /// A string that needs no escapes and is written by `write`.
    pub fn plain(&mut self, write: impl FnOnce(&mut Vec<u8>)) {
        self.separate();
        self.bytes.push(b'"');
        write(&mut self.bytes);
        self.bytes.push(b'"');
    }

    /// A member whose value is a string.
    pub fn text_member(&mut self, name: &str, text: &str) {
        self.key(name);
        self.text(text);
    }

    /// A member whose value is a whole number.
    pub fn integer_member(&mut self, name: &str, number: i64) {
        self.key(name);
        self.integer(number);
    }

    /// A member whose value is a string or `null`.
    pub fn optional_member(&mut self, name: &str, text: Option<&str>) {
        self.key(name);
        match text {
            Some(text) => self.text(text),
            None => self.null(),
        }
    }
}

/// Appends text in quotes.
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

/// Appends text in pieces that each end where something is escaped.
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

/// Whether nothing in a text is escaped. Eight bytes are looked at in one step, and of the last eight
/// some perhaps for the second time: most texts are short.
fn is_plain(text: &[u8], escapes: Escapes) -> bool {
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

/// Something else than zero when one of eight bytes is escaped.
fn escaped(eight: u64, escapes: Escapes) -> u64 {
    // A byte borrows from its high bit when it is less than what is taken away, unless it had that bit
    // itself. A borrow goes on into the next byte only where there is something to find already.
    let below = |eight: u64, byte: u8| eight.wrapping_sub(u64::from(byte) * EACH) & !eight & HIGH;
    let equal = |byte: u8| below(eight ^ (u64::from(byte) * EACH), 1);
    let slashes = if escapes.slashes { equal(b'/') } else { 0 };
    let non_ascii = if escapes.non_ascii { eight & HIGH } else { 0 };
    below(eight, 0x20) | equal(b'"') | equal(b'\\') | slashes | non_ascii
}

/// Appends a character that is escaped.
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
