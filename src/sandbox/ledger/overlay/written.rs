//! The serialized form of an overlay: rows and patches with their versions. Everything else is derived.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::super::amendment::Amendment;
use super::super::fates::DepositFate;
use super::{AddedRow, Overlay as Plain, Patch, RowId, Versioned};
use crate::sandbox::clock::LATEST;
use crate::sandbox::facts::{MAX_AMOUNT, Named};
use crate::sandbox::generate::calendar;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Overlay {
    version: u64,
    /// The row that was added last.
    newest: Option<RowId>,
    /// In ascending id order.
    rows: Vec<Row>,
    /// Ordered by row, then by version.
    patches: Vec<PatchOf>,
    /// Ordered by row, then by version.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    amendments: Vec<AmendmentOf>,
    /// Ordered by deposit, then by version.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    fates: Vec<FateOf>,
    /// In ascending order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    retired: Vec<RowId>,
}

#[derive(Serialize, Deserialize)]
struct Row {
    id: RowId,
    since: u64,
    #[serde(flatten)]
    row: AddedRow,
}

#[derive(Serialize, Deserialize)]
struct PatchOf {
    id: RowId,
    since: u64,
    #[serde(flatten)]
    patch: Patch,
}

#[derive(Serialize, Deserialize)]
struct AmendmentOf {
    id: RowId,
    since: u64,
    #[serde(flatten)]
    amendment: Amendment,
}

#[derive(Serialize, Deserialize)]
struct FateOf {
    deposit: i64,
    since: u64,
    #[serde(flatten)]
    fate: DepositFate,
}

impl From<Plain> for Overlay {
    fn from(overlay: Plain) -> Self {
        let row = |(id, it): (&RowId, &Arc<Versioned>)| Row {
            id: *id,
            since: it.since,
            row: it.row.clone(),
        };
        let patches = overlay.patches.iter().flat_map(|(id, history)| {
            history.iter().map(|(since, patch)| PatchOf { id: *id, since: *since, patch: *patch })
        });
        let amendments = overlay.amendments.iter().flat_map(|(id, history)| {
            history.iter().map(|(since, amendment)| AmendmentOf {
                id: *id,
                since: *since,
                amendment: amendment.clone(),
            })
        });
        let fates = overlay.fates.iter().flat_map(|(deposit, history)| {
            history.iter().map(|(since, fate)| FateOf {
                deposit: *deposit,
                since: *since,
                fate: *fate,
            })
        });
        Self {
            version: overlay.version,
            newest: overlay.newest,
            rows: overlay.rows.iter().map(row).collect(),
            patches: patches.collect(),
            amendments: amendments.collect(),
            fates: fates.collect(),
            retired: overlay.retired.iter().copied().collect(),
        }
    }
}

impl TryFrom<Overlay> for Plain {
    type Error = String;

    fn try_from(written: Overlay) -> Result<Self, String> {
        let mut overlay = Self { version: written.version, ..Self::default() };
        let is_known = |since: u64| (1..=written.version).contains(&since);
        let mut last = RowId::MIN;
        for Row { id, since, row } in written.rows {
            if id <= last || id.sub() == 0 || !is_known(since) {
                return Err(format!("row {id} stands behind a later one"));
            }
            check(id, &row)?;
            last = id;
            overlay.insert_at(id, row, since);
        }
        overlay.retired = written.retired.into_iter().collect();
        let newest = written.newest;
        if newest.is_some_and(|newest| overlay.row(newest).is_none()) {
            return Err("the newest row is not among the rows".to_owned());
        }
        overlay.newest = newest;
        for PatchOf { id, since, patch } in written.patches {
            let latest = overlay.patches.get(&id).and_then(|it| it.last()).map_or(0, |it| it.0);
            if !is_known(since) || since <= latest {
                return Err(format!("row {id} was patched twice at once"));
            }
            let is_time = |at: &i64| (0..=LATEST.as_second()).contains(at);
            let ended = patch.verdict.map(|verdict| verdict.at);
            if !patch.cut_at.iter().chain(&patch.settled_at).chain(&ended).all(is_time) {
                return Err(format!("row {id} was patched at what is no Unix time"));
            }
            overlay.patch_since(id, patch, since);
        }
        for AmendmentOf { id, since, amendment } in written.amendments {
            let latest = overlay.amendments.get(&id).and_then(|it| it.last()).map_or(0, |it| it.0);
            if !is_known(since) || since <= latest {
                return Err(format!("row {id} was amended twice at once"));
            }
            check_amendment(id, &amendment)?;
            overlay.amend_since(id, amendment, since);
        }
        for FateOf { deposit, since, fate } in written.fates {
            let latest = overlay.fates.get(&deposit).and_then(|it| it.last()).map_or(0, |it| it.0);
            let is_time = (0..=LATEST.as_second()).contains(&fate.at) && fate.delay >= 0;
            if !is_known(since) || since <= latest || !is_time {
                return Err(format!("what happened to deposit {deposit} cannot be"));
            }
            overlay.befall_since(deposit, fate, since);
        }
        Ok(overlay)
    }
}

/// Refuses a row whose instants, amounts or ids are impossible.
fn check(id: RowId, row: &AddedRow) -> Result<(), String> {
    let wrong = |problem: String| Err(format!("row {id} {problem}"));
    if calendar::day_of(row.created_at) != id.day() {
        return wrong(format!("was created at {}, on another day", row.created_at));
    }
    if !(0..=MAX_AMOUNT).contains(&row.amount) {
        return wrong(format!("has an amount of {}", row.amount));
    }
    if row.fee.unsigned_abs() > MAX_AMOUNT.unsigned_abs() {
        return wrong(format!("has a fee of {}", row.fee));
    }
    if row.kind.is_original() != row.root.is_none() || row.of.is_some() != row.root.is_some() {
        return wrong(format!("is a {} of nothing", row.kind.name()));
    }
    if row.parent.is_some() && row.root.is_none() {
        return wrong("follows a row of no payment".to_owned());
    }
    Ok(())
}

/// Refuses an amendment whose instants or amounts are impossible.
fn check_amendment(id: RowId, amendment: &Amendment) -> Result<(), String> {
    let Amendment { at, made_at, amount, fee, settled_at, .. } = amendment;
    let is_time = |at: &i64| (0..=LATEST.as_second()).contains(at);
    if !is_time(at) || !is_time(made_at) || at > made_at || !settled_at.iter().all(is_time) {
        return Err(format!("row {id} was amended at what is no Unix time of the past"));
    }
    if !amount.iter().chain(fee).all(|minor| (0..=MAX_AMOUNT).contains(minor)) {
        return Err(format!("row {id} was amended to an amount that cannot be"));
    }
    Ok(())
}
