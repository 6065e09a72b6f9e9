//! Consistency of the rows and patches in a snapshot: everything they refer to has to exist in the scenario.

use serde::de::IgnoredAny;

use crate::sandbox::clock::LATEST;
use crate::sandbox::facts::Kind;
use crate::sandbox::ledger::{Additions, Overlay, RowId, View};
use crate::sandbox::scenario::Scenario;

/// Checks that each original transaction referred to by an added row, and each patched row, exists among the
/// generated or the added rows, and that wire overrides are JSON. The error is a sentence for the user.
pub(super) fn additions(additions: &Additions, scenario: &Scenario) -> Result<(), String> {
    let count = scenario.ledgers.len();
    if additions.all().len() != count {
        return Err(format!("there are {count} merchants, and rows of {}", additions.all().len()));
    }
    let end = LATEST.as_second();
    for (ledger, overlay) in scenario.ledgers.iter().zip(additions.all()) {
        // The view covers all days: an added row inside the window can refer to an original transaction of a
        // day before the window.
        let view = View::new(ledger, Overlay::default(), 0, end);
        let kind_of = |id: RowId| {
            let generated = if id.sub() == 0 { view.get(id).map(|it| it.kind) } else { None };
            generated.or_else(|| overlay.row(id).map(|it| it.kind))
        };
        for root in overlay.rows().filter_map(|it| it.1.root) {
            if !kind_of(root).is_some_and(Kind::is_original) {
                return Err(format!("row {root} is no payment that could have rows"));
            }
        }
        for (id, row) in overlay.rows() {
            let is_json = |text: &String| serde_json::from_str::<IgnoredAny>(text).is_ok();
            if let Some((slug, _)) = row.wire.iter().find(|it| !is_json(it.1)) {
                return Err(format!("row {id} has words for {slug} that are not JSON"));
            }
        }
        if let Some(id) = overlay.patched().find(|id| kind_of(*id).is_none()) {
            return Err(format!("there is no row {id}"));
        }
    }
    Ok(())
}
