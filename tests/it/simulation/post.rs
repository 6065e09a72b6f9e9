//! The callbacks of a team as the vendor's page describes them: which have to arrive, and when.

use std::collections::VecDeque;

use super::deed::Disturbance;

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// WePay tries again after these waits, each counted from the attempt before.
const WAITS: [i64; 6] = [15 * MINUTE, 30 * MINUTE, HOUR, 6 * HOUR, 12 * HOUR, DAY];

/// Seconds from the request for a report to its completion, and from there to its deletion.
const COMPLETE: i64 = 3;
const KEPT: i64 = 4 * DAY;

/// By how much the fault `late` moves a callback, in seconds.
pub(super) const LATE: i64 = 20 * MINUTE;

/// A request at the receiver. A second one of the same attempt is a callback that was sent twice.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Arrival {
    pub(super) path: String,
    /// Of the header `Sandtill-Attempt`, from 1.
    pub(super) attempt: usize,
}

/// A callback that is still to be delivered.
#[derive(Clone, Debug)]
struct Pending {
    /// Path of the receiver.
    path: String,
    due: i64,
    /// Place among those that are due at the same instant.
    position: u64,
    failures: usize,
    /// Whether faults have been asked about it.
    is_known: bool,
    is_copy: bool,
}

/// The callbacks that are still to come, and the faults that wait for them.
#[derive(Clone, Debug, Default)]
pub(super) struct Post {
    pending: Vec<Pending>,
    disturbances: VecDeque<Disturbance>,
    positions: u64,
}

impl Post {
    /// The IPNs of a report that was requested at `now`: complete, and deleted.
    pub(super) fn plan(&mut self, path: &str, now: i64) {
        for due in [now + COMPLETE, now + COMPLETE + KEPT] {
            self.push(path, due, false);
        }
    }

    fn push(&mut self, path: &str, due: i64, is_copy: bool) {
        self.positions += 1;
        let (path, position) = (path.to_owned(), self.positions);
        self.pending.push(Pending { path, due, position, failures: 0, is_known: is_copy, is_copy });
    }

    pub(super) fn disturb(&mut self, disturbance: Disturbance) {
        self.disturbances.push_back(disturbance);
    }

    pub(super) fn calm(&mut self) {
        self.disturbances.clear();
    }

    /// What arrives when all that is due up to `now` is sent, sorted.
    pub(super) fn deliver(&mut self, now: i64, is_up: bool) -> Vec<Arrival> {
        let mut arrived = Vec::new();
        loop {
            let due = self.pending.iter().enumerate().filter(|(_, it)| it.due <= now);
            let Some((at, _)) = due.min_by_key(|(_, it)| (it.due, it.position)) else { break };
            let mut first = self.pending.remove(at);
            if !first.is_known {
                first.is_known = true;
                match self.disturbances.pop_front() {
                    None => {}
                    Some(Disturbance::Drop) => continue,
                    Some(Disturbance::Late) => {
                        first.due += LATE;
                        self.pending.push(first);
                        continue;
                    }
                    Some(Disturbance::Twice) => self.push(&first.path.clone(), first.due, true),
                }
            }
            arrived.push(Arrival { path: first.path.clone(), attempt: first.failures + 1 });
            if is_up || first.is_copy {
                continue;
            }
            if let Some(wait) = WAITS.get(first.failures) {
                first.due += wait;
                first.failures += 1;
                self.pending.push(first);
            }
        }
        arrived.sort();
        arrived
    }
}
