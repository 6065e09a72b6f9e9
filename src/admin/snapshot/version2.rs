//! Reads snapshots of version 2. They have other names, and a whole copy of the added rows and patches for
//! each report that shows an older version of the ledger.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

/// The version that this file reads.
pub(super) const VERSION: u32 = 2;

/// Converts the state of a snapshot of version 2 to the current format; `None` if the state is not valid.
pub(super) fn upgraded(mut state: Value) -> Option<Value> {
    let names: Vec<String> = state
        .pointer("/scenario/merchant")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(|it| Some(it.get("name")?.as_str()?.to_owned()))
        .collect();
    let index = |name: &Value| names.iter().position(|it| Some(it.as_str()) == name.as_str());
    let merchants = taken(&mut state, "merchants");
    let merchants = merchants.as_array()?;
    let mut additions = vec![Value::Null; names.len()];
    let mut versions: Vec<Vec<u64>> = vec![Vec::new(); names.len()];
    for merchant in merchants {
        let index = index(merchant.get("name")?)?;
        let all = merchant.get("versions")?.as_array()?;
        *versions.get_mut(index)? =
            all.iter().filter_map(|it| it.get("version")?.as_u64()).collect();
        *additions.get_mut(index)? = merged(all)?;
    }
    let frozen_version = |report: &Value, index: usize| {
        let download = report.pointer("/fetched/0")?.as_u64()?;
        versions.get(index)?.get(usize::try_from(download).ok()?).copied()
    };
    let mut jobs = Vec::new();
    for report in taken(&mut state, "reports").as_array()?.iter().cloned() {
        let index = index(report.get("merchant")?)?;
        let frozen = frozen_version(&report, index);
        jobs.push(job(report, index, frozen)?);
    }
    let count = jobs.last().and_then(|it| it.get("id")).cloned().unwrap_or(json!(0));
    let now = state.get("now")?.clone();
    let clock = match state.get("frozen")?.as_bool()? {
        true => json!({"frozen": now}),
        false => json!({"running": "PT0S"}),
    };
    Some(json!({
        "scenario_name": taken(&mut state, "scenario_name"),
        "scenario": taken(&mut state, "scenario"),
        "now": now,
        "next_entry": taken(&mut state, "next_entry"),
        "space": {
            "origin_space": taken(&mut state, "born"),
            "window_end_at_creation": taken(&mut state, "began"),
            "clock": clock,
            "additions": additions,
            "tokens": taken(&mut state, "tokens"),
            "throttle": taken(&mut state, "throttle"),
            "reports": {"count": count, "jobs": jobs},
            "faults": faults(taken(&mut state, "faults"))?,
            "outbox": outbox(taken(&mut state, "callbacks"))?,
        },
    }))
}

/// Converts a report job of a merchant to the current names.
fn job(mut report: Value, index: usize, frozen: Option<u64>) -> Option<Value> {
    let timeline = json!({
        "queued": taken(&mut report, "queued"),
        "running": taken(&mut report, "running"),
        "available_for": taken(&mut report, "kept"),
        "fails": taken(&mut report, "fails"),
    });
    let forced = taken(&mut report, "forced");
    let members = report.as_object_mut()?;
    members.shift_remove("fetched");
    members.insert("merchant".to_owned(), json!(index));
    members.insert("timeline".to_owned(), timeline);
    members.insert("forced_phase".to_owned(), forced);
    members.insert("frozen_version".to_owned(), json!(frozen));
    Some(report)
}

/// Removes a member and returns it; `null` if it does not exist.
fn taken(value: &mut Value, name: &str) -> Value {
    value.as_object_mut().and_then(|it| it.shift_remove(name)).unwrap_or_default()
}

fn renamed(value: &mut Value, from: &str, to: &str) {
    let member = taken(value, from);
    if let Some(members) = value.as_object_mut() {
        members.insert(to.to_owned(), member);
    }
}

/// Merges copies of the additions into one: each row and each patch with the first version that has it.
fn merged(versions: &[Value]) -> Option<Value> {
    let mut by_age: Vec<&Value> = versions.iter().collect();
    by_age.sort_by_key(|it| it.get("version").and_then(Value::as_u64));
    let (mut rows, mut patches) = (BTreeMap::new(), BTreeMap::<_, Vec<Value>>::new());
    for version in &by_age {
        let since = version.get("version")?;
        for row in version.get("rows")?.as_array()? {
            let mut row = row.clone();
            row.as_object_mut()?.insert("since".to_owned(), since.clone());
            rows.entry(id(&row)?).or_insert(row);
        }
        for patch in version.get("patches")?.as_array()? {
            let history = patches.entry(id(patch)?).or_default();
            let mut patch = patch.clone();
            let is_same = history.last().is_some_and(|last| {
                ["cut_at", "settled_at"].iter().all(|name| last.get(name) == patch.get(name))
            });
            if !is_same {
                patch.as_object_mut()?.insert("since".to_owned(), since.clone());
                history.push(patch);
            }
        }
    }
    Some(json!({
        "version": by_age.last()?.get("version")?,
        "newest": null,
        "rows": rows.into_values().collect::<Vec<_>>(),
        "patches": patches.into_values().flatten().collect::<Vec<_>>(),
    }))
}

/// The id of a row: day, number in the day, and last part for added rows.
fn id(row: &Value) -> Option<Vec<u64>> {
    row.get("id")?.as_array()?.iter().map(Value::as_u64).collect()
}

fn faults(mut faults: Value) -> Option<Value> {
    for rule in faults.get_mut("rules")?.as_array_mut()? {
        renamed(rule, "seen", "matched");
        renamed(rule, "hits", "applied");
    }
    Some(faults)
}

fn outbox(mut outbox: Value) -> Option<Value> {
    renamed(&mut outbox, "ranks", "sequences");
    for callback in outbox.get_mut("callbacks")?.as_array_mut()? {
        renamed(callback, "rank", "sequence");
        let parts = ["provider", "merchant", "report", "event", "url", "body"];
        let message: Map<String, Value> =
            parts.into_iter().map(|name| (name.to_owned(), taken(callback, name))).collect();
        let mut marks = taken(callback, "is");
        renamed(&mut marks, "prompt", "due_when_planned");
        let members = callback.as_object_mut()?;
        members.append(marks.as_object_mut()?);
        members.insert("message".to_owned(), Value::Object(message));
        for attempt in members.get_mut("attempts")?.as_array_mut()? {
            let (status, problem) = (taken(attempt, "status"), taken(attempt, "problem"));
            let status = match status {
                Value::Null => json!({"Err": problem}),
                status => json!({"Ok": status}),
            };
            let reply = json!({"status": status, "body": taken(attempt, "body")});
            attempt.as_object_mut()?.insert("reply".to_owned(), reply);
        }
    }
    Some(outbox)
}
