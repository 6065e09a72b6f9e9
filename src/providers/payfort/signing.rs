//! The string to sign: `name=value` of all fields, sorted by name, without separators; lists in Java
//! syntax; the phrase before and after.

use std::borrow::Cow;
use std::fmt::Write;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::body::{Json, JsonObject};

/// Placeholder for the request phrase in the journal, so that the secret does not appear there.
pub(super) const REQUEST_PHRASE: &str = "‹request phrase›";

/// The order of the fields in the string.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    /// By name, byte by byte.
    Sorted,
    /// As in the request.
    AsSent,
}

/// The syntax of lists and objects in the string.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ListSyntax {
    /// `[a, b]` and `{key=k, value=v}`, key before value.
    Java,
    /// Like `Java`, with the members of objects in the order received.
    JavaAsSent,
    /// `["a","b"]` and `{"key":"k","value":"v"}`.
    Json,
    /// JSON with a space after commas and colons, as Python's `json.dumps` writes it.
    JsonSpaced,
    /// `[a,b]` and `{key=k,value=v}`.
    Tight,
    /// `a, b`, without brackets.
    Bare,
}

/// Changes to names and values before they are put into the string.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ValueEncoding {
    /// No change (documented).
    AsIs,
    /// Names are changed to upper case.
    UpperNames,
    /// White space at both ends of values is removed.
    Trimmed,
    /// `+` in values is replaced by a space.
    PlusAsBlank,
    /// Values are percent-encoded.
    Encoded,
}

/// A way to make the string: the documented one, or a common mistake.
#[derive(Clone, Copy, Debug)]
pub(super) struct Style<'a> {
    pub(super) order: Order,
    pub(super) list_syntax: ListSyntax,
    pub(super) encoding: ValueEncoding,
    /// The text before the first field and the text after the last.
    pub(super) wrap: (&'a str, &'a str),
    pub(super) separator: &'a str,
    /// The name of a field that is left out.
    pub(super) omit: Option<&'a str>,
    /// Whether fields whose value is empty are left out.
    pub(super) skips_empty: bool,
}

impl<'a> Style<'a> {
    /// The documented style with this phrase.
    pub(super) fn documented(phrase: &'a str) -> Self {
        Self {
            order: Order::Sorted,
            list_syntax: ListSyntax::Java,
            encoding: ValueEncoding::AsIs,
            wrap: (phrase, phrase),
            separator: "",
            omit: None,
            skips_empty: false,
        }
    }
}

/// The string to sign, without the field `signature` and without fields that are `null`.
pub(super) fn string(members: &JsonObject<'_>, style: &Style<'_>) -> String {
    let mut fields: Vec<&(Cow<'_, str>, Json<'_>)> = members
        .0
        .iter()
        .filter(|(name, value)| name != "signature" && *value != Json::Null)
        .filter(|(name, value)| {
            style.omit != Some(&**name) && !(style.skips_empty && is_empty(value))
        })
        .collect();
    if style.order == Order::Sorted {
        fields.sort_by(|left, right| left.0.cmp(&right.0));
    }
    let mut text = String::with_capacity(1024);
    text.push_str(style.wrap.0);
    for (index, (name, value)) in fields.into_iter().enumerate() {
        if index > 0 {
            text.push_str(style.separator);
        }
        match style.encoding {
            ValueEncoding::UpperNames => text.push_str(&name.to_ascii_uppercase()),
            ValueEncoding::AsIs
            | ValueEncoding::Trimmed
            | ValueEncoding::PlusAsBlank
            | ValueEncoding::Encoded => {
                text.push_str(name);
            }
        }
        text.push('=');
        push_value(&mut text, value, style);
    }
    text.push_str(style.wrap.1);
    text
}

fn is_empty(value: &Json<'_>) -> bool {
    match value {
        Json::Text(text) => text.is_empty(),
        Json::List(items) => items.is_empty(),
        Json::Null | Json::Flag(_) | Json::Number(_) | Json::Object(_) | Json::Deep => false,
    }
}

fn push_value(text: &mut String, value: &Json<'_>, style: &Style<'_>) {
    if let ValueEncoding::AsIs | ValueEncoding::UpperNames = style.encoding {
        return push(text, value, style.list_syntax, true);
    }
    let mut plain = String::new();
    push(&mut plain, value, style.list_syntax, true);
    match style.encoding {
        ValueEncoding::AsIs | ValueEncoding::UpperNames => {}
        ValueEncoding::Trimmed => text.push_str(plain.trim()),
        ValueEncoding::PlusAsBlank => text.push_str(&plain.replace('+', " ")),
        ValueEncoding::Encoded => {
            text.extend(utf8_percent_encode(&plain, NON_ALPHANUMERIC));
        }
    }
}

fn push(text: &mut String, value: &Json<'_>, syntax: ListSyntax, outermost: bool) {
    let quoted = matches!(syntax, ListSyntax::Json | ListSyntax::JsonSpaced) && !outermost;
    let comma = if matches!(syntax, ListSyntax::Tight | ListSyntax::Json) { "," } else { ", " };
    match value {
        Json::Null => text.push_str("null"),
        Json::Deep => text.push('…'),
        Json::Flag(_) | Json::Number(_) | Json::Text(_) => {
            let plain = value.as_text().unwrap_or("");
            if quoted && matches!(value, Json::Text(_)) {
                let _ = write!(text, "{}", serde_json::Value::from(plain));
            } else {
                text.push_str(plain);
            }
        }
        Json::List(items) => {
            let bare = syntax == ListSyntax::Bare;
            text.push_str(if bare { "" } else { "[" });
            for (index, item) in items.iter().enumerate() {
                text.push_str(if index > 0 { comma } else { "" });
                push(text, item, syntax, false);
            }
            text.push_str(if bare { "" } else { "]" });
        }
        Json::Object(members) => push_object(text, members, syntax, comma),
    }
}

fn push_object(text: &mut String, members: &JsonObject<'_>, syntax: ListSyntax, comma: &str) {
    let mut members: Vec<&(Cow<'_, str>, Json<'_>)> = members.0.iter().collect();
    let is_filter = members.len() == 2 && members.iter().all(|it| it.0 == "key" || it.0 == "value");
    if is_filter && syntax != ListSyntax::JavaAsSent {
        members.sort_by(|left, right| left.0.cmp(&right.0));
    }
    text.push('{');
    for (index, (name, value)) in members.into_iter().enumerate() {
        text.push_str(if index > 0 { comma } else { "" });
        match syntax {
            ListSyntax::Json => {
                let _ = write!(text, "\"{name}\":");
            }
            ListSyntax::JsonSpaced => {
                let _ = write!(text, "\"{name}\": ");
            }
            ListSyntax::Java | ListSyntax::JavaAsSent | ListSyntax::Tight | ListSyntax::Bare => {
                let _ = write!(text, "{name}=");
            }
        }
        push(text, value, syntax, false);
    }
    text.push('}');
}

#[cfg(test)]
mod tests {
    use super::super::body::{DEEPEST, parse};
    use super::*;
    use crate::sandbox::digest::Algorithm;

    #[track_caller]
    fn check(phrase: &str, algorithm: Algorithm, request: &str, expected: &str) {
        let members = parse(request.as_bytes(), DEEPEST).unwrap();
        let string = string(&members, &Style::documented(phrase));
        assert_eq!(algorithm.hash(phrase.as_bytes(), string.as_bytes()), expected, "{string}");
    }

    const G3: &str = r#"{"query_command":"GENERATE_REPORT","access_code":"zx0IPmPy5jp1vAz8Kpg7",
        "merchant_identifier":"CycHZxVj","merchant_reference":"XYZ9239-yu898",
        "from_date":"2017-08-03T00:00:01+03:00","to_date":"2017-08-03T23:59:59+03:00",
        "response_format":"JSON","language":"en","columns":["order_description","customer_ip","eci",
        "geolocation_ip","merchant_reference","card_holder_name","currency","amount",
        "payment_option","fort_id","customer_email","customer_name"],"filters":[{"key":"currency",
        "value":"USD"},{"value":"VISA","key":"payment_option"}],"signature":"anything"}"#;

    #[test]
    fn signatures_are_the_official_ones() {
        // The examples PURCHASE, TOKENIZATION and reporting request of the vendor's signature page.
        check(
            "PASS",
            Algorithm::Sha256,
            r#"{"command":"PURCHASE","merchant_reference":"Test010","amount":1000,
            "access_code":"SILgpo7pWbmzuURp2qri","merchant_identifier":"MxvOupuG",
            "currency":"USD","language":"en","customer_email":"test@gmail.com"}"#,
            "94c38afc7bdae0114fc8c740edf12416f22998241ce4b4ea70d5521233a2c882",
        );
        check(
            "PASS",
            Algorithm::Sha256,
            r#"{"service_command":"TOKENIZATION","language":"en","merchant_identifier":"MxvOupuG",
            "access_code":"SILgpo7pWbmzuURp2qri","merchant_reference":"MyReference0001"}"#,
            "7ee560ccd621da61bfc772f2f1b5849babda768f5ee36d4de67efa88403e4b99",
        );
        check(
            "PASS",
            Algorithm::Sha256,
            G3,
            "6750d396772be7df79347306324b1ad20320b31522583346e79b2ae8a5bc8970",
        );
    }

    #[test]
    fn variations_of_the_official_request_are_those_of_java_and_python() {
        let g4 = G3.replace("\"customer_name\"]", "\"customer_name\",\"operation\"]");
        check(
            "PASS",
            Algorithm::Sha256,
            &g4,
            "7b174d43ffd5fbdfd3b8e82e59609b34a006c74c9961c7e6b680e7ccbb5bda60",
        );
        check(
            "PASS",
            Algorithm::Sha256,
            &g4.replace("\"JSON\"", "\"XML\""),
            "5d6e86ddc315bcbc02f63f6bb1a21eeefb657c2e6db541c86c36133ea16514fb",
        );
        let bare = g4.replace(r#""response_format":"JSON","language":"en","#, "");
        let (head, rest) = bare.split_once(r#""filters""#).unwrap();
        let (_, tail) = rest.split_once(r#""signature""#).unwrap();
        check(
            "PASS",
            Algorithm::Sha256,
            &format!("{head}\"signature\"{tail}"),
            "9251e29eaea2047a1ca5cc24fe75a995c77d0be8843b7c40f5a43db57e6346e0",
        );
        check(
            "PASS",
            Algorithm::Sha256,
            r#"{"query_command":"DOWNLOAD_REPORT","access_code":"zx0IPmPy5jp1vAz8Kpg7",
            "merchant_identifier":"CycHZxVj","merchant_reference":"XYZ9239-yu898","language":"en"}"#,
            "9a57d883e493bda6c2fd207931b11036c8ffabcbf29cfb674de97c21c1a1ec55",
        );
        check(
            "sha-request-phrase",
            Algorithm::Sha256,
            r#"{"query_command":"CHECK_STATUS","merchant_reference":122333,"language":"en"}"#,
            "9eb08299a5f9cda485e4967a25d4c8ff7ecfc98ae8f6d23fcb12457ea709fb26",
        );
    }

    #[test]
    fn every_hash_of_the_official_request_is_that_of_python() {
        check(
            "PASS",
            Algorithm::Sha512,
            G3,
            "cfd4ed086008138605894c26cb2a91021267cd2b96ccdef615994d3f5eacdc88\
             9aacdc2fe9bf15952347f586c79c79ef33034baa57eaee16a472005f65c49166",
        );
        check(
            "PASS",
            Algorithm::HmacSha256,
            G3,
            "2e5619ef5b13686a21d64cd02643f54605db30ea41d1eba87dfb11b18c253216",
        );
        check(
            "PASS",
            Algorithm::HmacSha512,
            G3,
            "24ad11e8efa14407e6cb4fdc202475edf8769ea7d24476e5b76e74efa3350968\
             de0974b756b2416e02b3f1f7620a99cce2117f20f9ffb505a07c55f24d7b4733",
        );
    }
}
