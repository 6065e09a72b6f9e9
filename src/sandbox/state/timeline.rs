//! The phases of a report that is prepared first, and how they follow from its age.

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

/// Where a report job stands.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize,
    strum::EnumString,
    strum::IntoStaticStr,
    strum::VariantNames,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Phase {
    /// Asked for, not begun.
    Queued,
    /// Being prepared.
    Running,
    /// Can be fetched.
    Ready,
    /// Went wrong.
    Failed,
    /// Was ready, and is gone.
    Expired,
}

/// How long a report job is in each phase.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Timeline {
    /// Before it begins.
    pub queued: SignedDuration,
    /// While it is prepared.
    pub running: SignedDuration,
    /// While it can be fetched; `None` for ever.
    pub available_for: Option<SignedDuration>,
    /// Whether it fails at the end of running instead of getting ready.
    pub fails: bool,
}

impl Timeline {
    /// Where a report stands `age` after it was asked for.
    #[must_use]
    pub fn phase(&self, age: SignedDuration) -> Phase {
        let ready = self.queued.saturating_add(self.running);
        if age < self.queued {
            Phase::Queued
        } else if age < ready {
            Phase::Running
        } else if self.fails {
            Phase::Failed
        } else if self.available_for.is_some_and(|it| age >= ready.saturating_add(it)) {
            Phase::Expired
        } else {
            Phase::Ready
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phases_follow_from_age() {
        let seconds = SignedDuration::from_secs;
        let timeline = Timeline {
            queued: seconds(1),
            running: seconds(2),
            available_for: Some(seconds(10)),
            fails: false,
        };
        for (age, phase) in [
            (0, Phase::Queued),
            (1, Phase::Running),
            (3, Phase::Ready),
            (12, Phase::Ready),
            (13, Phase::Expired),
        ] {
            assert_eq!(timeline.phase(seconds(age)), phase, "{age}");
        }
        let failing = Timeline { fails: true, ..timeline };
        assert_eq!(failing.phase(seconds(100)), Phase::Failed);
        let lasting = Timeline { available_for: None, ..timeline };
        assert_eq!(lasting.phase(SignedDuration::from_hours(1_000_000)), Phase::Ready);
    }
}
