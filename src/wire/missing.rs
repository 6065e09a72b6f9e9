//! Looks for a member that a request lacks: one level down or up, in another spelling, under the name that
//! another provider has for it.

use axum::response::Response;
use serde_json::{Map, Value};

use super::text::cut;
use crate::sandbox::journal::{Explanation, Note};

/// Longest body that is searched, in bytes.
const MAX_SEARCHED: usize = 256 * 1024;

/// Members that are looked at, at most.
const MAX_MEMBERS: usize = 500;

/// Names that providers and their clients have for the same thing.
const SYNONYMS: &[&[&str]] = &[
    &[
        "from",
        "from_date",
        "start_date",
        "start_time",
        "date_from",
        "date_start",
        "start",
        "begin",
        "since",
    ],
    &["to", "to_date", "end_date", "end_time", "date_to", "date_end", "end", "until"],
    &["date", "day", "timestamp", "time"],
    &["date_type", "type", "axis"],
    &["time_zone", "timezone", "tz", "zone"],
    &["payment_method_type", "payment_method", "payment_option", "method"],
    &["merchant_reference", "reference", "order_id", "reference_id"],
    &["merchant_identifier", "merchant_id", "merchant", "shop_id", "mid"],
    &["access_code", "api_key", "key_id"],
    &["application_id", "app_id", "application", "client_id", "merchant_id"],
    &["signature", "sign", "hash", "checksum"],
    &["query_command", "service_command", "command", "operation"],
    &["columns", "fields"],
    &["filters", "filter", "conditions"],
    &["report_id", "report", "id"],
    &["object_id", "account_id", "withdrawal_id"],
    &["callback_uri", "callback_url", "notify_url", "webhook"],
    &["client_secret", "secret"],
    &["report_params", "params", "request", "order", "data", "payload"],
];

/// Adds where the missing member is to the note of an answer. `name` is its path, with dots.
#[must_use]
pub fn explained(mut response: Response, body: &[u8], name: &str) -> Response {
    if let Some(note) = response.extensions_mut().get_mut::<Note>()
        && let Some(mistake) = hint(body, name)
    {
        note.explanation = Some(Box::new(Explanation::mistake(mistake)));
    }
    response
}

/// Where a member is instead of at its path (with dots); `None` if nothing like it is there.
#[must_use]
pub fn hint(body: &[u8], path: &str) -> Option<String> {
    if body.len() > MAX_SEARCHED {
        return None;
    }
    let whole: Value = serde_json::from_slice(body).ok()?;
    let (parent, name) = path.rsplit_once('.').unwrap_or(("", path));
    let members = members(&whole);
    let is_here = |found: &Found<'_>| found.parent == parent;
    // The same name elsewhere, then another spelling, then another word; each at its place first.
    let same = members.iter().find(|found| !is_here(found) && found.name == name);
    if let Some(found) = same {
        return Some(format!(
            "`{name}` is there, {}; it belongs {}",
            place(found.parent),
            home(parent)
        ));
    }
    if let Some(empty) = members.iter().find(|found| is_here(found) && found.name == name) {
        let Found { value, .. } = empty;
        return match value {
            Value::Null => Some(format!("`{name}` is there and null")),
            Value::String(text) if text.trim().is_empty() => {
                Some(format!("`{name}` is there and empty; a variable may be unset"))
            }
            _ => None,
        };
    }
    let in_order =
        || members.iter().filter(|it| is_here(it)).chain(members.iter().filter(|it| !is_here(it)));
    let spelled = in_order().find(|found| folded(found.name) == folded(name));
    let synonyms =
        SYNONYMS.iter().filter(|words| words.contains(&name)).flat_map(|words| words.iter());
    let other_word = || {
        let mut synonyms = synonyms;
        synonyms.find_map(|word| in_order().find(|found| folded(found.name) == folded(word)))
    };
    let where_else = |found: &Found<'_>| match is_here(found) {
        true => String::new(),
        false => format!(", {}", place(found.parent)),
    };
    if let Some(found) = spelled.or_else(other_word) {
        let belongs = if is_here(found) {
            String::new()
        } else {
            format!(" and it belongs {}", home(parent))
        };
        return Some(format!(
            "`{}` is there{}; the name is `{name}`{belongs}",
            cut(found.name),
            where_else(found)
        ));
    }
    let mut here = members.iter().filter(|it| is_here(it)).map(|it| it.name);
    // At most a third of the letters differ.
    let near = here
        .find(|it| strsim::damerau_levenshtein(&cut(it), name).saturating_mul(3) <= name.len())?;
    Some(format!("`{}` is there; the name is `{name}`", cut(near)))
}

/// A member with the path of the object that it is in.
struct Found<'a> {
    parent: &'a str,
    name: &'a str,
    value: &'a Value,
}

/// The members of the outermost object (or of the first one in a list) and those one level down.
fn members(whole: &Value) -> Vec<Found<'_>> {
    let top: &Map<String, Value> = match whole {
        Value::Object(members) => members,
        Value::Array(items) => match items.first() {
            Some(Value::Object(members)) => members,
            _ => return Vec::new(),
        },
        _ => return Vec::new(),
    };
    let outer = top.iter().map(|(name, value)| Found { parent: "", name, value });
    let inner = top.iter().filter_map(|(parent, value)| Some((parent, value.as_object()?)));
    let inner = inner.flat_map(|(parent, members)| {
        members.iter().map(move |(name, value)| Found { parent, name, value })
    });
    outer.chain(inner).take(MAX_MEMBERS).collect()
}

/// The name without its style: `startDate`, `StartDate`, `start-date` and `START_DATE` are the same.
fn folded(name: &str) -> String {
    let letters = name.chars().filter(|c| c.is_alphanumeric());
    letters.flat_map(char::to_lowercase).collect()
}

fn place(parent: &str) -> String {
    match parent {
        "" => "at the top of the body".to_owned(),
        parent => format!("inside of `{}`", cut(parent)),
    }
}

fn home(parent: &str) -> String {
    match parent {
        "" => "at the top of the body".to_owned(),
        parent => format!("into `{parent}`"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(body: &str, path: &str, expected: Option<&str>) {
        assert_eq!(hint(body.as_bytes(), path).as_deref(), expected, "{body}");
    }

    #[test]
    fn a_missing_member_is_looked_for() {
        let top = "at the top of the body";
        let inside = format!("`date` is there, inside of `request`; it belongs {top}");
        check(r#"{"request":{"date":"x"}}"#, "date", Some(&inside));
        let beside = format!("`from` is there, {top}; it belongs into `report_params`");
        check(r#"{"from":"x","report_params":{}}"#, "report_params.from", Some(&beside));
        let name = |came: &str| format!("`{came}` is there; the name is `start_date`");
        for came in ["startDate", "StartDate", "start-date", "START_DATE", "from_date", "start_dat"]
        {
            check(&format!("{{\"{came}\":1}}"), "start_date", Some(&name(came)));
        }
        check(
            r#"{"data":{"startDate":1}}"#,
            "start_date",
            Some(&format!(
                "`startDate` is there, inside of `data`; the name is `start_date` and it belongs {top}"
            )),
        );
        check(r#"{"start_date":null}"#, "start_date", Some("`start_date` is there and null"));
        check(
            r#"{"start_date":" "}"#,
            "start_date",
            Some("`start_date` is there and empty; a variable may be unset"),
        );
        check(r#"{"strat_date":1}"#, "start_date", Some(&name("strat_date")));
        check(
            r#"{"params":{}}"#,
            "report_params",
            Some("`params` is there; the name is `report_params`"),
        );
        check("{}", "start_date", None);
        check("[", "start_date", None);
        check(r#"{"color":1}"#, "start_date", None);
    }
}
