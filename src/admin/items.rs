//! Bodies that are one object or a list of objects, which happen together or not at all.

use axum::http::StatusCode;
use axum::response::Response;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Serialize;
use serde_json::{Map, Value};

use super::request::{self, AdminRequest};
use super::strict::{self, ListRule};
use super::transaction::TransactionView;
use crate::wire::problem::Problem;

/// The maximum number of items in a body.
pub(super) const MAX_ITEMS: usize = 1000;

/// The objects of a body.
#[derive(Debug)]
pub(super) struct Items {
    pub(super) all: Vec<Map<String, Value>>,
    /// Whether the body is a list; the answer then is one too.
    is_list: bool,
}

/// Several transactions that were added or changed together.
#[derive(Debug, JsonSchema, Serialize)]
#[schemars(rename = "ChangedTransactions")]
struct Changed {
    transactions: Vec<TransactionView>,
}

impl Items {
    /// Reads the body; an empty one counts as `{}`. The objects contain no lists, except under `lists`.
    pub(super) fn of(request: &AdminRequest, lists: ListRule) -> Result<Self, Problem> {
        let body = request.body();
        if !body.trim_ascii_start().starts_with(b"[") {
            let all = vec![match lists {
                ListRule::Refused => request.json()?,
                ListRule::Taken => request.document()?,
            }];
            return Ok(Self { all, is_list: false });
        }
        strict::check_items(body, lists).map_err(request::unreadable)?;
        let all: Vec<Map<String, Value>> = request::read(body)?;
        if !(1..=MAX_ITEMS).contains(&all.len()) {
            let count = all.len();
            let problem = format!("the list has {count} items; it must have 1 to {MAX_ITEMS}");
            return Err(Problem::bad_request(problem));
        }
        Ok(Self { all, is_list: true })
    }

    /// The problem of an item, counted from 0; in a list it names the item.
    pub(super) fn problem(&self, index: usize, problem: Problem) -> Problem {
        if !self.is_list {
            return problem;
        }
        let text = format!("item {} of the list: {problem}", index + 1);
        problem.detail(text)
    }

    /// The answer with the transactions of the items, in their order.
    pub(super) fn answer(&self, status: StatusCode, mut shown: Vec<TransactionView>) -> Response {
        match shown.pop() {
            Some(one) if !self.is_list => request::json_with(status, &one),
            last => {
                shown.extend(last);
                request::json_with(status, &Changed { transactions: shown })
            }
        }
    }
}

/// The schema of one object or of a list of them.
pub(super) fn one_or_many(one: &Schema) -> Schema {
    json_schema!({
        "anyOf": [one, {"type": "array", "items": one, "minItems": 1, "maxItems": MAX_ITEMS}],
    })
}

/// The schema of the answer to one object or to a list of them.
pub(super) fn one_or_many_transactions(generator: &mut SchemaGenerator) -> Schema {
    let (one, many) =
        (generator.subschema_for::<TransactionView>(), generator.subschema_for::<Changed>());
    json_schema!({"anyOf": [one, many]})
}
