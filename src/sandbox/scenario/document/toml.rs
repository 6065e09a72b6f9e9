//! Reads TOML into the tree, and goes on behind mistakes in the syntax.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::{Broken, MAX_DEPTH, Member, Node, Table, Value};

pub(super) fn read(text: &str) -> (Option<Node>, Vec<Broken>) {
    let (root, errors) = DeTable::parse_recoverable(text);
    let mut broken: Vec<Broken> = errors
        .iter()
        .map(|err| Broken {
            at: err.span().map_or(text.len(), |span| span.start),
            problem: explained(err.message()),
        })
        .collect();
    let root = table(root.get_ref(), 0, &mut broken);
    (Some(Node::new(0, Value::Table(root))), broken)
}

/// The message of the parser in words that say what is wanted.
fn explained(message: &str) -> String {
    match message.trim() {
        "duplicate key" => "the key is there twice; a table has each key once".to_owned(),
        "string values must be quoted, expected literal string"
        | "invalid boolean, expected `true`"
        | "invalid boolean, expected `false`" => {
            "no value, or a text without quotes; wanted is a number, a date, or text in quotes"
                .to_owned()
        }
        message => message.replace('\n', "; "),
    }
}

fn table(from: &DeTable<'_>, depth: usize, broken: &mut Vec<Broken>) -> Table {
    let mut members: Vec<Member> = from
        .iter()
        .map(|(key, value)| Member {
            key: key.get_ref().clone().into_owned(),
            key_at: key.span().start,
            node: node(value, depth + 1, broken),
        })
        .collect();
    members.sort_by_key(|member| member.key_at);
    Table { members, ..Table::default() }
}

fn node(from: &Spanned<DeValue<'_>>, depth: usize, broken: &mut Vec<Broken>) -> Node {
    let at = from.span().start;
    if depth > MAX_DEPTH {
        broken.push(Broken { at, problem: super::too_deep() });
        return Node::new(at, Value::Null);
    }
    let value = match from.get_ref() {
        DeValue::String(text) => Value::Text(text.clone().into_owned()),
        DeValue::Integer(number) => match i128::from_str_radix(number.as_str(), number.radix()) {
            Ok(number) => Value::Integer(number),
            Err(_) => {
                let problem = format!("the number {number} has too many digits");
                broken.push(Broken { at, problem });
                Value::Null
            }
        },
        DeValue::Float(number) => Value::Float(number.as_str().parse().unwrap_or(f64::NAN)),
        DeValue::Boolean(value) => Value::Bool(*value),
        DeValue::Datetime(at) => Value::Date(at.to_string()),
        DeValue::Array(list) => {
            Value::List(list.iter().map(|it| node(it, depth + 1, broken)).collect())
        }
        DeValue::Table(members) => Value::Table(table(members, depth, broken)),
    };
    Node::new(at, value)
}
