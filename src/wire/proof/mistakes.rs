//! The mistakes that clients make when they build the string to sign, each as a change to the recipe.

use std::borrow::Cow;

use strum::VariantArray;

use super::lists::Lists;
use super::recipe::{Charset, Names, Nulls, Order, Pairing, Recipe, Text, Wrap};
use super::signed::Signing;
use crate::wire::raw_json::Json;

/// The part of a recipe that a mistake changes; two mistakes in the same part exclude each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Charset,
    End,
    Extra,
    Lists,
    Names,
    Nulls,
    Omit,
    Order,
    Pairing,
    Position,
    Secret,
    SecretText,
    Separator,
    Values,
    Whole,
}

/// Fields that are tried to be left out, at most.
const MAX_OMITTED: usize = 64;

type Edit<'a> = Box<dyn Fn(&mut Recipe<'a>) + 'a>;

/// A mistake: what to say of it, and what it does to the recipe.
pub(super) struct Mistake<'a> {
    pub(super) part: Part,
    pub(super) says: Cow<'a, str>,
    /// Whether it is looked for together with others.
    pub(super) is_paired: bool,
    pub(super) edit: Edit<'a>,
}

/// All known mistakes, the frequent ones first.
pub(super) fn all<'a>(signing: &'a Signing<'a>) -> Vec<Mistake<'a>> {
    let mut all = Vec::with_capacity(150);
    fields(&mut all, signing);
    positions(&mut all, signing);
    secrets(&mut all, signing);
    lists(&mut all, signing);
    texts(&mut all);
    separators(&mut all, signing);
    secret_texts(&mut all, signing);
    all
}

fn push<'a>(
    all: &mut Vec<Mistake<'a>>,
    part: Part,
    says: impl Into<Cow<'a, str>>,
    edit: impl Fn(&mut Recipe<'a>) + 'a,
) {
    all.push(Mistake { part, says: says.into(), is_paired: true, edit: Box::new(edit) });
}

fn fields<'a>(all: &mut Vec<Mistake<'a>>, signing: &'a Signing<'a>) {
    let of_values = signing.documented.pairing == Pairing::ValueOnly;
    let sorted = match of_values {
        true => "the values are in another order",
        false => "the fields are not sorted by name",
    };
    push(all, Part::Order, sorted, |it| it.order = Order::AsSent);
    let reversed = if of_values { sorted } else { "the fields are sorted from Z to A" };
    push(all, Part::Order, reversed, |it| it.order = Order::Reversed);
    let folded = "the fields are not sorted byte by byte (case or underscores are ignored)";
    push(all, Part::Order, folded, |it| it.order = Order::Dictionary);
    let present = signing.fields.0.iter().filter(|field| field.1 != Json::Null);
    for (name, _) in present.take(MAX_OMITTED) {
        let says = format!("the field `{name}` is missing from the string");
        push(all, Part::Omit, says, move |it| match &mut it.omit {
            [first @ None, _] | [_, first] => *first = Some(name),
        });
    }
    push(all, Part::Omit, "the lists are missing from the string", |it| it.skips_lists = true);
    for word in ["", "null", "None", "undefined", "nil"] {
        let says = "fields that are null are in the string";
        push(all, Part::Nulls, says, move |it| it.nulls = Nulls::Word(word));
    }
    for (name, value) in signing.unsent {
        if signing.fields.get(name).is_none() {
            let says = match *name {
                "signature" => "the field `signature` is in the string".to_owned(),
                _ => format!("the string has `{name}={value}`, which is not in the request"),
            };
            push(all, Part::Extra, says, |it| it.extra = Some((name, value)));
        }
    }
    for (name, value, says) in &signing.replaced {
        push(all, Part::Extra, *says, move |it| it.replaced = Some((name, value)));
    }
    for (says, pairing) in [
        ("there is `=` between name and value", Pairing::Equals),
        ("there is no `=` between name and value", Pairing::Joined),
        ("there is `:` and not `=` between name and value", Pairing::Colon),
        ("the names of the fields are missing", Pairing::ValueOnly),
    ] {
        push(all, Part::Pairing, says, move |it| it.pairing = pairing);
    }
    for (says, names) in [
        ("names of fields are in upper case", Names::Upper),
        ("names of fields are in camelCase", Names::Camel),
        ("names of fields are in PascalCase", Names::Pascal),
    ] {
        push(all, Part::Names, says, move |it| it.names = names);
    }
}

/// Where the secret stands in the string.
fn positions<'a>(all: &mut Vec<Mistake<'a>>, signing: &'a Signing<'a>) {
    let word = signing.word;
    let (front, back) = (signing.documented.front.times, signing.documented.back.times);
    for (says, times) in [
        (format!("the {word} is missing at the end of the string"), (1, 0)),
        (format!("the {word} is missing at the beginning of the string"), (0, 1)),
        (format!("the {word} is missing"), (0, 0)),
        (format!("the {word} is at both ends of the string"), (1, 1)),
        (format!("the {word} stands there twice at each end"), (2, 2)),
        (format!("the {word} stands there twice"), (2, 0)),
        (format!("the {word} stands there twice"), (0, 2)),
        (format!("the {word} stands there twice at the beginning"), (2, 1)),
        (format!("the {word} stands there twice at the end"), (1, 2)),
    ] {
        if times == (front, back) {
            continue;
        }
        let says = match (back, times) {
            (0, (0, 1)) => {
                format!("the {word} is at the end and not at the beginning of the string")
            }
            _ => says,
        };
        push(all, Part::Position, says, move |it| {
            (it.front.times, it.back.times) = times;
            if it.back.text.is_empty() {
                it.back = Wrap { text: it.front.text, ..it.back };
            }
        });
    }
}

/// Other secrets in place of the right one.
fn secrets<'a>(all: &mut Vec<Mistake<'a>>, signing: &'a Signing<'a>) {
    let word = signing.word;
    for secret in &signing.others {
        let (says, value) = (&secret.says, secret.value);
        push(all, Part::Secret, format!("it is signed with {says}"), move |it| {
            (it.front.text, it.back.text, it.key) = (value, value, value);
        });
        if let Some(mistake) = all.last_mut() {
            mistake.is_paired = secret.is_near;
        }
        if secret.is_near && signing.documented.back.times > 0 {
            let at_end = format!("at the end stands {says}, and not the same {word} as in front");
            push(all, Part::Secret, at_end, move |it| it.back.text = value);
            let in_front = format!("in front stands {says}, and not the same {word} as at the end");
            push(all, Part::Secret, in_front, move |it| it.front.text = value);
        }
    }
}

fn lists<'a>(all: &mut Vec<Mistake<'a>>, signing: &'a Signing<'a>) {
    let mut values = signing.fields.0.iter().map(|field| &field.1);
    if values.any(|value| matches!(value, Json::List(_) | Json::Object(_))) {
        for lists in Lists::VARIANTS.iter().copied() {
            push(all, Part::Lists, lists.says(), move |it| it.lists = lists);
        }
    }
}

fn texts(all: &mut Vec<Mistake<'_>>) {
    for (says, change) in [
        ("white space around values was dropped", Text::Trimmed),
        ("`+` in values has become a blank", Text::PlusAsBlank),
        ("values are percent-encoded", Text::Encoded),
        ("values are percent-encoded", Text::Rfc3986),
        ("values are percent-encoded", Text::Form),
        ("values are percent-encoded", Text::JavaScript),
        ("values are percent-decoded", Text::Decoded),
        ("values are in double quotes", Text::Quoted),
        ("values are in single quotes", Text::SingleQuoted),
        ("values are escaped as in HTML", Text::Html),
        ("values are in lower case", Text::Lower),
        ("values are in upper case", Text::Upper),
        ("white space inside of values was dropped", Text::WithoutBlanks),
    ] {
        push(all, Part::Values, says, move |it| it.values = change);
    }
    for (says, change) in [
        ("the whole string is percent-encoded", Text::Encoded),
        ("the whole string is percent-encoded", Text::Rfc3986),
        ("the whole string is percent-encoded", Text::Form),
        ("the whole string is percent-encoded", Text::JavaScript),
        ("the whole string is in lower case", Text::Lower),
        ("the whole string is in upper case", Text::Upper),
        ("the whole string is in double quotes", Text::Quoted),
        ("the whole string is escaped as in HTML", Text::Html),
        ("all white space of the string was dropped", Text::WithoutBlanks),
    ] {
        push(all, Part::Whole, says, move |it| it.whole = change);
    }
    for (says, end) in [
        ("there is a line break at the end of the string", "\n"),
        ("there is a line break (CRLF) at the end of the string", "\r\n"),
        ("there is a blank at the end of the string", " "),
    ] {
        push(all, Part::End, says, move |it| it.end = end);
    }
    for (says, charset) in [
        ("the string is hashed as Latin-1 and not as UTF-8", Charset::Latin1),
        ("the string is hashed as UTF-16 and not as UTF-8", Charset::Utf16Le),
        ("the string is hashed as UTF-16 (big-endian) and not as UTF-8", Charset::Utf16Be),
        ("the string begins with a byte order mark", Charset::Marked),
    ] {
        push(all, Part::Charset, says, move |it| it.charset = charset);
    }
}

fn separators<'a>(all: &mut Vec<Mistake<'a>>, signing: &'a Signing<'a>) {
    for (name, separator) in [
        ("`&`", "&"),
        ("a blank", " "),
        ("a comma", ","),
        ("a line break", "\n"),
        ("`|`", "|"),
        ("`;`", ";"),
        ("`:`", ":"),
        ("`-`", "-"),
        ("`_`", "_"),
        ("`.`", "."),
        ("`+`", "+"),
        ("comma and blank", ", "),
        ("a line break (CRLF)", "\r\n"),
        ("nothing", ""),
    ] {
        let says = match signing.documented.separator {
            "" => format!("there is {name} between the fields"),
            wanted => format!("there is {name} and not `{wanted}` between the fields"),
        };
        for outside in [false, true] {
            push(all, Part::Separator, says.clone(), move |it| {
                (it.separator, it.is_separated_outside) = (separator, outside);
            });
        }
    }
}

/// The right secret, written in another way.
fn secret_texts<'a>(all: &mut Vec<Mistake<'a>>, signing: &'a Signing<'a>) {
    let name = &signing.secret.says;
    for (place, around) in [
        ("a blank behind", ("", " ")),
        ("a line break behind", ("", "\n")),
        ("a line break (CRLF) behind", ("", "\r\n")),
        ("a blank in front of", (" ", "")),
        ("a blank on both sides of", (" ", " ")),
        ("`phrase=` in front of", ("phrase=", "")),
        ("`key=` in front of", ("key=", "")),
    ] {
        push(all, Part::SecretText, format!("there is {place} {name}"), move |it| {
            (it.front.around, it.back.around) = (around, around);
        });
    }
    for (template, change) in [
        ("white space around {} was dropped", Text::Trimmed),
        ("{} is in upper case", Text::Upper),
        ("{} is in lower case", Text::Lower),
        ("{} is in double quotes", Text::Quoted),
        ("{} is in single quotes", Text::SingleQuoted),
        ("{} is percent-encoded", Text::Encoded),
        ("{} is percent-decoded", Text::Decoded),
        ("{} is escaped as in HTML", Text::Html),
    ] {
        push(all, Part::SecretText, template.replace("{}", name), move |it| {
            (it.front.change, it.back.change) = (change, change);
        });
    }
}
