//! The envelope of answers: signed, in JSON or XML, with the fields in the order of the vendor's samples.

use std::borrow::Cow;

use axum::http::StatusCode;
use axum::response::Response;
use quick_xml::escape::partial_escape;

use super::auth::Keys;
use super::codes::Code;
use super::request::Format;
use super::schema::{self, FIELDS, JSON_ORDER, Order, SIGNING_ORDER, XML_ORDER};
use crate::sandbox::digest::{Algorithm, Hasher};
use crate::wire::call::response;
use crate::wire::json::{Escapes, push_text};
use crate::wire::raw_json::JsonObject;

/// The fields of an answer, without the signature and the rows.
#[derive(Clone, Debug)]
pub(super) struct Envelope<'a> {
    texts: [Option<Cow<'a, str>>; FIELDS.len()],
    /// Hash and response phrase of the merchant; `None` if the merchant is unknown.
    keys: Option<(Algorithm, Cow<'a, str>)>,
    pub(super) format: Format,
}

impl<'a> Envelope<'a> {
    /// An unsigned answer with a code only; it echoes no field of the request.
    pub(super) fn bare(code: Code) -> Self {
        let mut envelope = Self { texts: Default::default(), keys: None, format: Format::Json };
        envelope.set("response_code", code.digits());
        envelope.set("response_message", code.text());
        envelope.set("status", code.status);
        envelope
    }

    /// An answer with a code and the echoed fields of the request, signed with `keys`.
    pub(super) fn of(
        request: &'a JsonObject<'_>,
        keys: Option<Keys<'a>>,
        format: Format,
        code: Code,
    ) -> Self {
        let keys = keys.map(|keys| (keys.algorithm, Cow::Borrowed(keys.response_phrase)));
        let mut envelope = Self { keys, format, ..Self::bare(code) };
        let echoed = envelope.texts.iter_mut().zip(&FIELDS).filter(|(_, field)| field.echoed);
        for (slot, field) in echoed {
            let text = request.text(field.name).filter(|text| !text.is_empty());
            *slot = text.map(|text| clean(text, format));
        }
        envelope
    }

    /// Sets the value of a field of the answer.
    pub(super) fn set(&mut self, name: &str, text: impl Into<Cow<'a, str>>) {
        let slot = schema::index_of(name).and_then(|index| self.texts.get_mut(index));
        if let Some(slot) = slot {
            *slot = Some(text.into());
        }
    }

    /// Copies the borrowed texts, so that the envelope can outlive the request.
    pub(super) fn into_owned(self) -> Envelope<'static> {
        let own = |text: Cow<'a, str>| Cow::Owned(text.into_owned());
        Envelope {
            texts: self.texts.map(|text| text.map(own)),
            keys: self.keys.map(|(algorithm, phrase)| (algorithm, own(phrase))),
            format: self.format,
        }
    }

    /// The fields of the answer with their values, in the given order.
    fn fields(&self, order: &'static Order) -> impl Iterator<Item = (&'static str, Option<&str>)> {
        order
            .iter()
            .map(|(index, field)| (field.name, self.texts.get(*index).and_then(Option::as_deref)))
    }

    fn order(&self) -> &'static Order {
        match self.format {
            Format::Json => &JSON_ORDER,
            Format::Xml => &XML_ORDER,
        }
    }

    /// Starts the signature with everything before `data`; `None` for an unsigned answer.
    pub(super) fn begin(&self) -> Option<Hasher> {
        let (algorithm, phrase) = self.keys.as_ref()?;
        let mut hasher = algorithm.hasher(phrase.as_bytes());
        let fields = self.fields(&SIGNING_ORDER).take_while(|(name, _)| *name != "data");
        hash(&mut hasher, (phrase, ""), fields);
        Some(hasher)
    }

    /// Ends the signature with everything after `data`.
    pub(super) fn sign(&self, mut hasher: Hasher) -> String {
        let phrase = self.keys.as_ref().map_or("", |keys| &*keys.1);
        let fields = self.fields(&SIGNING_ORDER).skip_while(|(name, _)| *name != "data");
        hash(&mut hasher, ("", phrase), fields);
        hasher.finish()
    }

    /// Appends everything before the rows.
    pub(super) fn push_head(&self, bytes: &mut Vec<u8>) {
        bytes.extend_from_slice(match self.format {
            Format::Json => b"{".as_slice(),
            Format::Xml => b"<response>",
        });
        for (name, text) in self.fields(self.order()).take_while(|(name, _)| *name != "data") {
            self.push(bytes, name, text);
        }
    }

    /// Appends everything after the rows.
    pub(super) fn push_tail(&self, bytes: &mut Vec<u8>, signature: Option<&str>) {
        for (name, text) in self.fields(self.order()).skip_while(|(name, _)| *name != "data") {
            self.push(bytes, name, if name == "signature" { signature } else { text });
        }
        bytes.extend_from_slice(match self.format {
            Format::Json => b"}".as_slice(),
            Format::Xml => b"</response>",
        });
    }

    fn push(&self, bytes: &mut Vec<u8>, name: &str, text: Option<&str>) {
        let Some(text) = text else { return };
        match self.format {
            Format::Json => {
                if !bytes.ends_with(b"{") {
                    bytes.push(b',');
                }
                bytes.push(b'"');
                bytes.extend_from_slice(name.as_bytes());
                bytes.extend_from_slice(b"\":");
                push_text(bytes, text, Escapes::default());
            }
            Format::Xml => push_element(bytes, name, text),
        }
    }

    /// The complete answer without rows. The vendor's clients read the code only if the HTTP status is 200.
    pub(super) fn respond(&self, status: StatusCode) -> Response {
        let mut bytes = Vec::with_capacity(640);
        let signature = self.begin().map(|hasher| self.sign(hasher));
        self.push_head(&mut bytes);
        self.push_tail(&mut bytes, signature.as_deref());
        response(status, content_type(self.format), bytes)
    }
}

/// Hashes `name=value` of all fields that have a value, with the two texts of `wrap` before and after.
fn hash<'t>(
    hasher: &mut Hasher,
    wrap: (&str, &str),
    fields: impl Iterator<Item = (&'static str, Option<&'t str>)>,
) {
    // One string, because hashing one long input is faster than hashing many short ones.
    let mut string = String::with_capacity(512);
    string.push_str(wrap.0);
    for (name, text) in fields {
        if let Some(text) = text {
            string.push_str(name);
            string.push('=');
            string.push_str(text);
        }
    }
    string.push_str(wrap.1);
    hasher.update(string.as_bytes());
}

/// The media type of answers.
pub(super) fn content_type(format: Format) -> &'static str {
    match format {
        Format::Json => "application/json;charset=UTF-8",
        Format::Xml => "application/xml;charset=UTF-8",
    }
}

/// Appends an XML element that contains text.
pub(super) fn push_element(bytes: &mut Vec<u8>, name: &str, text: &str) {
    bytes.push(b'<');
    bytes.extend_from_slice(name.as_bytes());
    bytes.push(b'>');
    bytes.extend_from_slice(partial_escape(text).as_bytes());
    bytes.extend_from_slice(b"</");
    bytes.extend_from_slice(name.as_bytes());
    bytes.push(b'>');
}

/// Text without the characters that XML 1.0 cannot represent; they become U+FFFD. JSON text is unchanged.
pub(super) fn clean(text: &str, format: Format) -> Cow<'_, str> {
    let fits = |c: char| !matches!(c, '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}');
    if format == Format::Json || text.chars().all(fits) {
        return Cow::Borrowed(text);
    }
    let fit = |c: char| if fits(c) { c } else { char::REPLACEMENT_CHARACTER };
    Cow::Owned(text.chars().map(fit).collect())
}

/// The name of the XML element for a column. XML names cannot begin with a digit.
pub(super) fn element_name(column: &'static str) -> &'static str {
    match column {
        "3ds_indicator" => "_3ds_indicator",
        other => other,
    }
}
