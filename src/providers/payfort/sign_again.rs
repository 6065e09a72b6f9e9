//! The signature of an answer whose rows were altered on purpose.

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::auth::{self, Keys};
use super::codes::Code;
use super::openapi::REPORT;
use super::request::{self, Format};
use super::response::Envelope;
use crate::wire::call::Call;
use crate::wire::rows::Document;

/// The answer with the signature that its fields and rows have now. An answer without a signature, or to a
/// request that names no merchant, stays as it is.
pub(super) fn sign_again(call: &Call, text: &str) -> String {
    signed(call, text).unwrap_or_else(|| text.to_owned())
}

fn signed(call: &Call, text: &str) -> Option<String> {
    let format = if text.starts_with('<') { Format::Xml } else { Format::Json };
    let fields = match format {
        Format::Json => json_fields(text)?,
        Format::Xml => xml_fields(text),
    };
    let field = |name: &str| fields.iter().find(|it| it.0 == name).map(|it| it.1.as_str());
    let signature = field("signature")?;
    let request = request::read(call).ok()?;
    let keys: Keys<'_> = auth::sender(call.scenario(), &request).ok()?.keys;
    let code = Code::parse(field("response_code")?)?;
    let mut envelope = Envelope::of(&request, Some(keys), format, code);
    for (name, value) in &fields {
        envelope.set(name, value.clone());
    }
    let mut hasher = envelope.begin()?;
    hasher.update(rows(text, format)?.as_bytes());
    Some(text.replacen(signature, &envelope.sign(hasher), 1))
}

/// The rows in the string to sign: `data=[{name=value, …}, …]`.
fn rows(text: &str, format: Format) -> Option<String> {
    let document = Document::of(text, REPORT.layouts)?;
    let row = |row: usize| {
        let cells: Vec<String> = document
            .cells(row)
            .iter()
            .map(|cell| format!("{}={}", cell.name, plain(&cell.value, format)))
            .collect();
        format!("{{{}}}", cells.join(", "))
    };
    let rows: Vec<String> = (0..document.len()).map(row).collect();
    Some(format!("data=[{}]", rows.join(", ")))
}

/// A value without the escapes of its format.
fn plain(value: &str, format: Format) -> Cow<'_, str> {
    match format {
        Format::Json => match serde_json::from_str(value) {
            Ok(Value::String(text)) => Cow::Owned(text),
            _ => Cow::Borrowed(value),
        },
        Format::Xml => quick_xml::escape::unescape(value).unwrap_or(Cow::Borrowed(value)),
    }
}

/// The texts of a JSON envelope; none for a report without an envelope.
fn json_fields(text: &str) -> Option<Vec<(String, String)>> {
    let members: Map<String, Value> = serde_json::from_str(text).ok()?;
    let texts = members.into_iter().filter_map(|(name, value)| match value {
        Value::String(text) => Some((name, text)),
        Value::Number(number) => Some((name, number.to_string())),
        _ => None,
    });
    Some(texts.collect())
}

fn xml_fields(text: &str) -> Vec<(String, String)> {
    let fields = crate::wire::rows::elements_of(text);
    let plain = |(name, value): (&str, &str)| (name.to_owned(), plain(value, Format::Xml).into());
    fields.into_iter().filter(|it| it.0 != "data_list").map(plain).collect()
}
