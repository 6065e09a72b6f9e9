//! What leaves: signed envelopes in JSON or XML, keys in the order of the vendor's samples.

use std::borrow::Cow;

use axum::http::StatusCode;
use axum::response::Response;
use quick_xml::escape::partial_escape;

use super::auth::Keys;
use super::body::Members;
use super::codes::Code;
use super::request::Format;
use crate::sandbox::digest::Hasher;
use crate::wire::call::answer;
use crate::wire::json::{Escapes, push_text};

/// Fields of a request that come back; `columns` and `filters` never do.
pub(super) const ECHOED: [&str; 8] = [
    "query_command",
    "access_code",
    "merchant_identifier",
    "merchant_reference",
    "from_date",
    "to_date",
    "response_format",
    "language",
];

/// The order of the vendor's JSON sample; `data` and `data_count` stand where they stand in XML.
const JSON_ORDER: [&str; 14] = [
    "query_command",
    "access_code",
    "merchant_identifier",
    "merchant_reference",
    "from_date",
    "to_date",
    "response_format",
    "data",
    "signature",
    "language",
    "response_message",
    "response_code",
    "data_count",
    "status",
];

/// The order of the vendor's XML sample, which is that of a Java hash map; it says where `data` and
/// `data_count` would be.
const XML_ORDER: [&str; 14] = [
    "response_code",
    "from_date",
    "data",
    "signature",
    "merchant_identifier",
    "access_code",
    "language",
    "response_format",
    "response_message",
    "to_date",
    "merchant_reference",
    "query_command",
    "data_count",
    "status",
];

/// An answer but for its signature and its rows.
#[derive(Clone, Debug)]
pub(super) struct Envelope<'a> {
    fields: Vec<(&'static str, Cow<'a, str>)>,
    /// What it is signed with; nothing where nobody is known to have asked.
    keys: Option<Cow<'a, Keys>>,
    pub(super) format: Format,
}

impl<'a> Envelope<'a> {
    /// A code, and nothing of a request.
    pub(super) fn bare(code: Code) -> Self {
        let mut fields = Vec::with_capacity(12);
        fields.push(("response_code", Cow::Owned(code.digits())));
        fields.push(("response_message", Cow::Borrowed(code.text())));
        fields.push(("status", Cow::Borrowed(code.status)));
        Self { fields, keys: None, format: Format::Json }
    }

    /// A code and what the request said of itself, to be signed for whom it is for.
    pub(super) fn of(
        request: &'a Members<'_>,
        keys: Option<&'a Keys>,
        format: Format,
        code: Code,
    ) -> Self {
        let mut envelope = Self { keys: keys.map(Cow::Borrowed), format, ..Self::bare(code) };
        for name in ECHOED {
            if let Some(text) = request.text(name).filter(|text| !text.is_empty()) {
                envelope.set(name, clean(text, format));
            }
        }
        envelope
    }

    /// Adds a field.
    pub(super) fn set(&mut self, name: &'static str, value: impl Into<Cow<'a, str>>) {
        self.fields.push((name, value.into()));
    }

    /// The same for as long as it is needed: longer than the request.
    pub(super) fn into_owned(self) -> Envelope<'static> {
        let own = |(name, value): (_, Cow<'a, str>)| (name, Cow::Owned(value.into_owned()));
        Envelope {
            fields: self.fields.into_iter().map(own).collect(),
            keys: self.keys.map(|keys| Cow::Owned(keys.into_owned())),
            format: self.format,
        }
    }

    fn get(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|field| field.0 == name).map(|field| &*field.1)
    }

    fn order(&self) -> impl Iterator<Item = &'static str> + use<> {
        match self.format {
            Format::Json => JSON_ORDER,
            Format::Xml => XML_ORDER,
        }
        .into_iter()
    }

    /// Begins to sign: all there is before the rows.
    pub(super) fn begin(&self) -> Option<Hasher> {
        let keys = self.keys.as_ref()?;
        let phrase = keys.response_phrase.as_bytes();
        let mut hasher = keys.algorithm.hasher(phrase);
        hasher.update(phrase);
        self.hash(&mut hasher, |name| name < "data");
        Some(hasher)
    }

    /// Ends to sign: all there is behind the rows.
    pub(super) fn sign(&self, mut hasher: Hasher) -> String {
        self.hash(&mut hasher, |name| name > "data");
        let phrase = self.keys.as_ref().map_or("", |keys| keys.response_phrase.as_str());
        hasher.update(phrase.as_bytes());
        hasher.finish()
    }

    fn hash(&self, hasher: &mut Hasher, wanted: impl Fn(&str) -> bool) {
        let mut fields: Vec<_> = self.fields.iter().filter(|field| wanted(field.0)).collect();
        fields.sort_by_key(|field| field.0);
        // In one piece, which is what hashes take fastest.
        let mut text = String::with_capacity(512);
        for (name, value) in fields {
            text.push_str(name);
            text.push('=');
            text.push_str(value);
        }
        hasher.update(text.as_bytes());
    }

    /// What is written before the rows.
    pub(super) fn push_head(&self, bytes: &mut Vec<u8>) {
        bytes.extend_from_slice(match self.format {
            Format::Json => b"{".as_slice(),
            Format::Xml => b"<response>",
        });
        for name in self.order().take_while(|name| *name != "data") {
            self.push(bytes, name, self.get(name));
        }
    }

    /// What is written behind the rows.
    pub(super) fn push_tail(&self, bytes: &mut Vec<u8>, signature: Option<&str>) {
        for name in self.order().skip_while(|name| *name != "data").skip(1) {
            self.push(bytes, name, if name == "signature" { signature } else { self.get(name) });
        }
        bytes.extend_from_slice(match self.format {
            Format::Json => b"}".as_slice(),
            Format::Xml => b"</response>",
        });
    }

    fn push(&self, bytes: &mut Vec<u8>, name: &str, value: Option<&str>) {
        let Some(value) = value else { return };
        match self.format {
            Format::Json => {
                if !bytes.ends_with(b"{") {
                    bytes.push(b',');
                }
                push_text(bytes, name, Escapes::default());
                bytes.push(b':');
                push_text(bytes, value, Escapes::default());
            }
            Format::Xml => push_element(bytes, name, value),
        }
    }

    /// The whole answer, without rows. The vendor's clients lose the code unless it is HTTP 200.
    pub(super) fn respond(&self, status: StatusCode) -> Response {
        let mut bytes = Vec::with_capacity(640);
        let signature = self.begin().map(|hasher| self.sign(hasher));
        self.push_head(&mut bytes);
        self.push_tail(&mut bytes, signature.as_deref());
        answer(status, content_type(self.format), bytes)
    }
}

pub(super) fn content_type(format: Format) -> &'static str {
    match format {
        Format::Json => "application/json;charset=UTF-8",
        Format::Xml => "application/xml;charset=UTF-8",
    }
}

/// An element with text.
pub(super) fn push_element(bytes: &mut Vec<u8>, name: &str, text: &str) {
    bytes.push(b'<');
    bytes.extend_from_slice(name.as_bytes());
    bytes.push(b'>');
    bytes.extend_from_slice(partial_escape(text).as_bytes());
    bytes.extend_from_slice(b"</");
    bytes.extend_from_slice(name.as_bytes());
    bytes.push(b'>');
}

/// Text as the format can carry it: XML has no words for control characters.
pub(super) fn clean(text: &str, format: Format) -> Cow<'_, str> {
    let fits = |c: char| !matches!(c, '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}');
    if format == Format::Json || text.chars().all(fits) {
        return Cow::Borrowed(text);
    }
    let fit = |c: char| if fits(c) { c } else { char::REPLACEMENT_CHARACTER };
    Cow::Owned(text.chars().map(fit).collect())
}

/// An element cannot begin with a digit.
pub(super) fn element_name(column: &'static str) -> &'static str {
    match column {
        "3ds_indicator" => "_3ds_indicator",
        other => other,
    }
}
