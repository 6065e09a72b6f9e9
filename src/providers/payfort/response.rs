//! What leaves: signed envelopes in JSON or XML, keys in the order of the vendor's samples.

use std::borrow::Cow;

use axum::http::StatusCode;
use axum::response::Response;
use quick_xml::escape::partial_escape;

use super::auth::Keys;
use super::codes::Code;
use super::fields::Request;
use super::members::{ECHOED, JSON_ORDER, ResponseField, SIGNED_BEFORE, SIGNED_BEHIND, XML_ORDER};
use super::request::Format;
use crate::sandbox::digest::{Algorithm, Hasher};
use crate::wire::call::response;
use crate::wire::json::{Escapes, push_text};

/// An answer but for its signature and its rows.
#[derive(Clone, Debug)]
pub(super) struct Envelope<'a> {
    texts: [Option<Cow<'a, str>>; JSON_ORDER.len()],
    /// What it is signed with; nothing where nobody is known to have asked.
    keys: Option<(Algorithm, Cow<'a, str>)>,
    pub(super) format: Format,
}

impl<'a> Envelope<'a> {
    /// A code, and nothing of a request.
    pub(super) fn bare(code: Code) -> Self {
        let mut envelope = Self { texts: Default::default(), keys: None, format: Format::Json };
        envelope.set(ResponseField::ResponseCode, code.digits());
        envelope.set(ResponseField::ResponseMessage, code.text());
        envelope.set(ResponseField::Status, code.status);
        envelope
    }

    /// A code and what the request said of itself, to be signed for whom it is for.
    pub(super) fn of(
        request: &'a Request<'_>,
        keys: Option<Keys<'a>>,
        format: Format,
        code: Code,
    ) -> Self {
        let keys = keys.map(|keys| (keys.algorithm, Cow::Borrowed(keys.response_phrase)));
        let mut envelope = Self { keys, format, ..Self::bare(code) };
        for (name, member) in ECHOED {
            if let Some(text) = request.text(name).filter(|text| !text.is_empty()) {
                envelope.set(member, clean(text, format));
            }
        }
        envelope
    }

    /// Says something.
    pub(super) fn set(&mut self, member: ResponseField, text: impl Into<Cow<'a, str>>) {
        if let Some(index) = self.texts.get_mut(member as usize) {
            *index = Some(text.into());
        }
    }

    /// The same for as long as it is needed: longer than the request.
    pub(super) fn into_owned(self) -> Envelope<'static> {
        let own = |text: Cow<'a, str>| Cow::Owned(text.into_owned());
        Envelope {
            texts: self.texts.map(|text| text.map(own)),
            keys: self.keys.map(|(algorithm, phrase)| (algorithm, own(phrase))),
            format: self.format,
        }
    }

    fn get(&self, member: ResponseField) -> Option<&str> {
        self.texts.get(member as usize)?.as_deref()
    }

    fn order(&self) -> impl Iterator<Item = ResponseField> + use<> {
        match self.format {
            Format::Json => JSON_ORDER,
            Format::Xml => XML_ORDER,
        }
        .into_iter()
    }

    /// Begins to sign: all there is before the rows.
    pub(super) fn begin(&self) -> Option<Hasher> {
        let (algorithm, phrase) = self.keys.as_ref()?;
        let mut hasher = algorithm.hasher(phrase.as_bytes());
        self.hash(&mut hasher, (phrase, ""), &SIGNED_BEFORE);
        Some(hasher)
    }

    /// Ends to sign: all there is behind the rows.
    pub(super) fn sign(&self, mut hasher: Hasher) -> String {
        let phrase = self.keys.as_ref().map_or("", |keys| &*keys.1);
        self.hash(&mut hasher, ("", phrase), &SIGNED_BEHIND);
        hasher.finish()
    }

    fn hash(&self, hasher: &mut Hasher, around: (&str, &str), members: &[ResponseField]) {
        // In one piece, which is what hashes take fastest.
        let mut string = String::with_capacity(512);
        string.push_str(around.0);
        for member in members {
            if let Some(text) = self.get(*member) {
                string.push_str(member.word());
                string.push('=');
                string.push_str(text);
            }
        }
        string.push_str(around.1);
        hasher.update(string.as_bytes());
    }

    /// What is written before the rows.
    pub(super) fn push_head(&self, bytes: &mut Vec<u8>) {
        bytes.extend_from_slice(match self.format {
            Format::Json => b"{".as_slice(),
            Format::Xml => b"<response>",
        });
        for member in self.order().take_while(|member| *member != ResponseField::Data) {
            self.push(bytes, member, self.get(member));
        }
    }

    /// What is written behind the rows.
    pub(super) fn push_tail(&self, bytes: &mut Vec<u8>, signature: Option<&str>) {
        for member in self.order().skip_while(|member| *member != ResponseField::Data).skip(1) {
            let text =
                if member == ResponseField::Signature { signature } else { self.get(member) };
            self.push(bytes, member, text);
        }
        bytes.extend_from_slice(match self.format {
            Format::Json => b"}".as_slice(),
            Format::Xml => b"</response>",
        });
    }

    fn push(&self, bytes: &mut Vec<u8>, member: ResponseField, text: Option<&str>) {
        let Some(text) = text else { return };
        match self.format {
            Format::Json => {
                if !bytes.ends_with(b"{") {
                    bytes.push(b',');
                }
                bytes.push(b'"');
                bytes.extend_from_slice(member.word().as_bytes());
                bytes.extend_from_slice(b"\":");
                push_text(bytes, text, Escapes::default());
            }
            Format::Xml => push_element(bytes, member.word(), text),
        }
    }

    /// The whole answer, without rows. The vendor's clients lose the code unless it is HTTP 200.
    pub(super) fn respond(&self, status: StatusCode) -> Response {
        let mut bytes = Vec::with_capacity(640);
        let signature = self.begin().map(|hasher| self.sign(hasher));
        self.push_head(&mut bytes);
        self.push_tail(&mut bytes, signature.as_deref());
        response(status, content_type(self.format), bytes)
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
