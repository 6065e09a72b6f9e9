//! Schema drift at every operation that has rows.

use serde_json::{Value, json};

use super::listing::{Row, Rows, served};
use super::rows::compared;
use crate::support::Server;

fn names(row: &Row) -> Vec<&str> {
    row.iter().map(|it| it.0.as_str()).collect()
}

/// The row without a field.
fn without(row: &Row, name: &str) -> Row {
    row.iter().filter(|it| it.0 != name).cloned().collect()
}

fn value<'a>(row: &'a Row, name: &str) -> Option<&'a Value> {
    row.iter().find(|it| it.0 == name).map(|it| &it.1)
}

/// The number that a value spells, with a point or a comma.
#[track_caller]
fn number(value: &Value) -> f64 {
    let text = value.as_str().map_or_else(|| value.to_string(), |text| text.replace(',', "."));
    text.parse().unwrap_or_else(|_| panic!("{value}"))
}

async fn drifted(
    server: &Server,
    request: &super::listing::Request,
    change: Value,
) -> (Rows, Rows, String) {
    let mut fault = json!({"kind": "drift"});
    fault.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
    compared(server, request, &fault).await
}

#[tokio::test]
async fn fields_come_go_and_move_at_every_operation_that_has_rows() {
    let (server, requests) = served("default").await;
    let mut met = std::collections::BTreeSet::new();
    for request in &requests {
        let wire = format!("{} {}", request.provider, request.operation);
        let (good, added, _) =
            drifted(&server, request, json!({"change": "add", "name": "extra"})).await;
        if good.rows.is_empty() {
            continue;
        }
        met.insert(request.provider);
        for (row, before) in added.rows.iter().zip(&good.rows) {
            assert_eq!(value(row, "extra"), Some(&json!("new")), "{wire}");
            assert_eq!(without(row, "extra"), *before, "{wire}");
        }
        assert_eq!((added.rows.len(), added.count), (good.rows.len(), good.count), "{wire}");

        let name = good.rows[0][1].0.clone();
        let remove = json!({"change": "remove", "name": name});
        let (good, removed, note) = drifted(&server, request, remove).await;
        assert_eq!(note, format!("no row has its field `{name}`"));
        let expected: Vec<Row> = good.rows.iter().map(|row| without(row, &name)).collect();
        assert_eq!(removed.rows, expected, "{wire}");

        let rename = json!({"change": "rename", "name": name, "to": "renamed"});
        let (good, renamed, _) = drifted(&server, request, rename).await;
        for (row, before) in renamed.rows.iter().zip(&good.rows) {
            assert_eq!(value(row, "renamed"), value(before, &name), "{wire}");
            assert_eq!(without(row, "renamed"), without(before, &name), "{wire}");
        }

        let (good, reordered, _) = drifted(&server, request, json!({"change": "reorder"})).await;
        for (row, before) in reordered.rows.iter().zip(&good.rows) {
            assert_eq!(row.iter().rev().cloned().collect::<Row>(), *before, "{wire}");
        }
    }
    assert_eq!(met.len(), 5, "{met:?}");
}

#[tokio::test]
async fn values_vanish_and_change_their_spelling_at_every_operation_that_has_rows() {
    let (server, requests) = served("default").await;
    for request in &requests {
        let wire = format!("{} {}", request.provider, request.operation);
        let name = match request.read(&request.send(&server).await.text()).rows.first() {
            Some(row) => row[0].0.clone(),
            None => continue,
        };
        let (good, emptied, _) =
            drifted(&server, request, json!({"change": "null", "name": name})).await;
        for (row, before) in emptied.rows.iter().zip(&good.rows) {
            let empty = value(row, &name).unwrap();
            assert!(empty.is_null() || empty == "", "{wire}: {empty}");
            assert_eq!(without(row, &name), without(before, &name), "{wire}");
        }

        let (good, worded, _) =
            drifted(&server, request, json!({"change": "new_word", "to": "unheard_of"})).await;
        let new = |row: &&Row| row.iter().any(|it| it.1 == "unheard_of");
        assert_eq!(worded.rows.iter().filter(new).count(), 1, "{wire}");
        let same = worded.rows.iter().zip(&good.rows).filter(|(row, before)| row == before);
        assert_eq!(same.count() + 1, good.rows.len(), "{wire}");

        let (good, respelled, _) =
            drifted(&server, request, json!({"change": "text_numbers"})).await;
        assert_ne!(respelled.rows, good.rows, "{wire}");
        for (row, before) in respelled.rows.iter().zip(&good.rows) {
            assert_eq!(names(row), names(before), "{wire}");
            for ((_, new), (_, old)) in row.iter().zip(before) {
                assert!(new == old || number(new) == number(old), "{wire}: {old} {new}");
            }
        }
    }
}

#[tokio::test]
async fn a_field_that_is_not_there_is_named_in_the_entry() {
    let (server, requests) = served("default").await;
    let request = requests.iter().find(|it| it.provider == "begateway").unwrap();
    let (good, same, note) =
        drifted(&server, request, json!({"change": "remove", "name": "nobody"})).await;
    assert_eq!(same, good);
    assert_eq!(note, "nothing was altered: no row has a field `nobody`");
}
