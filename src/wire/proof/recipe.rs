//! Builds the string to sign from the fields of a request: in the documented way, or with mistakes.

use std::borrow::Cow;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::lists::Lists;
use crate::wire::raw_json::{Json, JsonObject};

/// The order of the fields in the string.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// By name, byte by byte.
    Sorted,
    /// By name, without regard to case and to underscores.
    Dictionary,
    /// By name, from the end of the alphabet.
    Reversed,
    /// As in the request.
    AsSent,
}

/// How name and value of a field stand together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pairing {
    /// `name=value`
    Equals,
    /// `name:value`
    Colon,
    /// `namevalue`
    Joined,
    /// `value`, without the name.
    ValueOnly,
}

/// How names of fields are changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Names {
    /// Not at all.
    AsIs,
    /// To upper case.
    Upper,
    /// To `camelCase`.
    Camel,
    /// To `PascalCase`.
    Pascal,
}

/// How a text is changed before it is put into the string, or how the whole string is changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Text {
    /// Not at all.
    AsIs,
    /// White space at both ends is removed.
    Trimmed,
    /// `+` is replaced by a blank.
    PlusAsBlank,
    /// Every byte that is no letter or digit is percent-encoded.
    Encoded,
    /// Percent-encoded but for `-_.~` (RFC 3986).
    Rfc3986,
    /// As forms are encoded: blanks as `+`.
    Form,
    /// `encodeURIComponent` of JavaScript.
    JavaScript,
    /// Decoded from percent-encoding.
    Decoded,
    /// In upper case.
    Upper,
    /// In lower case.
    Lower,
    /// In double quotes.
    Quoted,
    /// In single quotes.
    SingleQuoted,
    /// Escaped as in HTML.
    Html,
    /// Without any white space.
    WithoutBlanks,
}

/// What the string has of fields that are `null` in the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nulls {
    /// Nothing.
    LeftOut,
    /// The name with this value.
    Word(&'static str),
}

/// The encoding of the string as bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Charset {
    /// UTF-8.
    Utf8,
    /// UTF-8 with a byte order mark.
    Marked,
    /// One byte a character (ISO 8859-1); others become `?`.
    Latin1,
    /// Two bytes a unit, the low one first.
    Utf16Le,
    /// Two bytes a unit, the high one first.
    Utf16Be,
}

/// A way to make the string to sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Recipe<'a> {
    /// The order of the fields.
    pub order: Order,
    /// How name and value stand together.
    pub pairing: Pairing,
    /// The syntax of lists and objects.
    pub lists: Lists,
    /// Changes to names.
    pub names: Names,
    /// Changes to values.
    pub values: Text,
    /// Changes to the finished string.
    pub whole: Text,
    /// What fields with `null` become.
    pub nulls: Nulls,
    /// The text before the first field.
    pub front: Wrap<'a>,
    /// The text after the last field.
    pub back: Wrap<'a>,
    /// The key of HMAC.
    pub key: &'a str,
    /// The text between two fields.
    pub separator: &'a str,
    /// Whether the separator also stands between the fields and the texts around them.
    pub is_separated_outside: bool,
    /// Names of fields that are left out.
    pub omit: [Option<&'a str>; 2],
    /// Whether fields with a list or an object are left out.
    pub skips_lists: bool,
    /// Whether fields with an empty value are left out.
    pub skips_empty: bool,
    /// A field that is not in the request.
    pub extra: Option<(&'a str, &'a str)>,
    /// A field with another value than in the request.
    pub replaced: Option<(&'a str, &'a str)>,
    /// Text behind the string.
    pub end: &'static str,
    /// The encoding as bytes.
    pub charset: Charset,
}

/// A text at one end of the string: a secret, with what a mistake makes of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wrap<'a> {
    /// The secret; empty for none.
    pub text: &'a str,
    /// How often it stands there.
    pub times: u8,
    /// How it is changed.
    pub change: Text,
    /// What stands around it.
    pub around: (&'static str, &'static str),
}

/// RFC 3986: letters, digits and `-_.~` stay.
const RFC_3986: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// `encodeURIComponent` also leaves `!*'()`.
const JAVASCRIPT: &AsciiSet =
    &RFC_3986.remove(b'!').remove(b'*').remove(b'\'').remove(b'(').remove(b')');

impl<'a> Wrap<'a> {
    /// The text once, unchanged; nothing if it is empty.
    #[must_use]
    pub const fn of(text: &'a str) -> Self {
        Self { text, times: 1, change: Text::AsIs, around: ("", "") }
    }

    fn push(self, string: &mut String) {
        for _ in 0..self.times {
            string.push_str(self.around.0);
            string.push_str(&self.change.of(self.text));
            string.push_str(self.around.1);
        }
    }

    fn is_empty(self) -> bool {
        self.times == 0 || self.text.is_empty() && self.around == ("", "")
    }
}

impl Text {
    /// The text with this change.
    pub(super) fn of(self, text: &str) -> Cow<'_, str> {
        match self {
            Self::AsIs => Cow::Borrowed(text),
            Self::Trimmed => Cow::Borrowed(text.trim()),
            Self::PlusAsBlank => text.replace('+', " ").into(),
            Self::Encoded => utf8_percent_encode(text, NON_ALPHANUMERIC).into(),
            Self::Rfc3986 => utf8_percent_encode(text, RFC_3986).into(),
            Self::JavaScript => utf8_percent_encode(text, JAVASCRIPT).into(),
            Self::Form => {
                url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>().into()
            }
            Self::Decoded => percent_encoding::percent_decode_str(text).decode_utf8_lossy(),
            Self::Upper => text.to_uppercase().into(),
            Self::Lower => text.to_lowercase().into(),
            Self::Quoted => format!("\"{text}\"").into(),
            Self::SingleQuoted => format!("'{text}'").into(),
            Self::Html => {
                let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
                text.replace('"', "&quot;").replace('\'', "&#39;").into()
            }
            Self::WithoutBlanks => text.split_whitespace().collect::<String>().into(),
        }
    }
}

impl Names {
    fn of(self, name: &str) -> Cow<'_, str> {
        match self {
            Self::AsIs => Cow::Borrowed(name),
            Self::Upper => name.to_ascii_uppercase().into(),
            Self::Camel => capitals(name, false).into(),
            Self::Pascal => capitals(name, true).into(),
        }
    }
}

/// `snake_case` as `camelCase`, or as `PascalCase` if the first letter is a capital too.
pub(super) fn capitals(name: &str, mut is_capital: bool) -> String {
    let mut text = String::with_capacity(name.len());
    for c in name.chars() {
        if c == '_' {
            is_capital = true;
        } else {
            text.push(if is_capital { c.to_ascii_uppercase() } else { c });
            is_capital = false;
        }
    }
    text
}

impl Charset {
    /// The text as bytes.
    pub(super) fn encode(self, text: &str) -> Cow<'_, [u8]> {
        match self {
            Self::Utf8 => Cow::Borrowed(text.as_bytes()),
            Self::Marked => [b"\xef\xbb\xbf", text.as_bytes()].concat().into(),
            Self::Latin1 => {
                text.chars().map(|c| u8::try_from(u32::from(c)).unwrap_or(b'?')).collect()
            }
            Self::Utf16Le => text.encode_utf16().flat_map(u16::to_le_bytes).collect(),
            Self::Utf16Be => text.encode_utf16().flat_map(u16::to_be_bytes).collect(),
        }
    }
}

impl<'a> Recipe<'a> {
    /// `name=value` of all fields, sorted by name, without separators, with this secret in front and behind.
    #[must_use]
    pub const fn sorted_between(secret: &'a str) -> Self {
        Self {
            order: Order::Sorted,
            pairing: Pairing::Equals,
            lists: Lists::Java,
            names: Names::AsIs,
            values: Text::AsIs,
            whole: Text::AsIs,
            nulls: Nulls::LeftOut,
            front: Wrap::of(secret),
            back: Wrap::of(secret),
            key: secret,
            separator: "",
            is_separated_outside: false,
            omit: [None; 2],
            skips_lists: false,
            skips_empty: false,
            extra: None,
            replaced: None,
            end: "",
            charset: Charset::Utf8,
        }
    }

    /// The secret and the values of all fields by name, with this separator between all of them.
    #[must_use]
    pub const fn values_behind(secret: &'a str, separator: &'a str) -> Self {
        Self {
            pairing: Pairing::ValueOnly,
            back: Wrap { times: 0, ..Wrap::of("") },
            separator,
            is_separated_outside: true,
            ..Self::sorted_between(secret)
        }
    }

    /// The string to sign for these fields.
    #[must_use]
    pub fn string(&self, fields: &JsonObject<'_>) -> String {
        let mut all: Vec<(&str, &Json<'_>)> = Vec::with_capacity(fields.0.len() + 1);
        let sent = fields.0.iter().map(|(name, value)| (&**name, value));
        all.extend(sent.filter(|field| self.takes(field)));
        let extra = self.extra.map(|(name, value)| (name, Json::Text(Cow::Borrowed(value))));
        all.extend(extra.as_ref().map(|(name, value)| (*name, value)));
        self.sort(&mut all);
        let mut text = String::with_capacity(1024);
        self.front.push(&mut text);
        let outside = if self.is_separated_outside { self.separator } else { "" };
        text.push_str(if self.front.is_empty() { "" } else { outside });
        let mut is_first = true;
        for (name, value) in all {
            for (name, value) in self.parts(name, value) {
                text.push_str(if is_first { "" } else { self.separator });
                is_first = false;
                self.push_field(&mut text, &name, &value);
            }
        }
        text.push_str(if self.back.is_empty() { "" } else { outside });
        self.back.push(&mut text);
        text.push_str(self.end);
        match self.whole {
            Text::AsIs => text,
            change => change.of(&text).into_owned(),
        }
    }

    fn takes(&self, (name, value): &(&str, &Json<'_>)) -> bool {
        !(self.omit.contains(&Some(name))
            || self.skips_lists && matches!(value, Json::List(_) | Json::Object(_))
            || self.skips_empty && is_empty(value)
            || **value == Json::Null && self.nulls == Nulls::LeftOut)
    }

    fn sort(&self, fields: &mut [(&str, &Json<'_>)]) {
        let folded = |name: &str| name.replace('_', "").to_lowercase();
        match self.order {
            Order::Sorted => fields.sort_by(|left, right| left.0.cmp(right.0)),
            Order::Dictionary => fields.sort_by_cached_key(|field| folded(field.0)),
            Order::Reversed => fields.sort_by(|left, right| right.0.cmp(left.0)),
            Order::AsSent => {}
        }
    }

    /// A field, or the fields that PHP makes of it.
    fn parts<'b>(&self, name: &'b str, value: &'b Json<'_>) -> Vec<(Cow<'b, str>, Cow<'b, str>)>
    where
        'a: 'b,
    {
        if matches!(value, Json::List(_) | Json::Object(_))
            && let Some(fields) = self.lists.fields(name, value)
        {
            return fields.into_iter().map(|(name, value)| (name.into(), value.into())).collect();
        }
        let value = match (value, self.nulls) {
            _ if self.replaced.is_some_and(|it| it.0 == name) => {
                Cow::Borrowed(self.replaced.map_or("", |it| it.1))
            }
            (Json::Null, Nulls::Word(word)) => Cow::Borrowed(word),
            (Json::Text(text), _) => Cow::Borrowed(&**text),
            (value, _) => {
                let mut text = String::new();
                self.lists.push(&mut text, value);
                Cow::Owned(text)
            }
        };
        vec![(Cow::Borrowed(name), value)]
    }

    fn push_field(&self, text: &mut String, name: &str, value: &str) {
        let between = match self.pairing {
            Pairing::Equals => "=",
            Pairing::Colon => ":",
            Pairing::Joined | Pairing::ValueOnly => "",
        };
        if self.pairing != Pairing::ValueOnly {
            text.push_str(&self.names.of(name));
            text.push_str(between);
        }
        text.push_str(&self.values.of(value));
    }
}

fn is_empty(value: &Json<'_>) -> bool {
    match value {
        Json::Text(text) => text.is_empty(),
        Json::List(items) => items.is_empty(),
        Json::Null | Json::Flag(_) | Json::Number(_) | Json::Object(_) | Json::Deep => false,
    }
}
