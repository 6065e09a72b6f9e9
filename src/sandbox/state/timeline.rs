//! The phases of a report job, computed from the age of the job.

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

/// The phase of a report job.
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
    /// Requested; preparation has not begun.
    Queued,
    /// Being prepared.
    Running,
    /// Done; the report can be fetched.
    Ready,
    /// Preparation failed.
    Failed,
    /// Was ready and can no longer be fetched.
    Expired,
}

/// The durations of the phases of a report job, in sandbox time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Timeline {
    /// Time from the request to the start of preparation.
    pub queued: SignedDuration,
    /// Duration of preparation.
    pub running: SignedDuration,
    /// How long the report can be fetched; `None`: for ever.
    pub available_for: Option<SignedDuration>,
    /// Whether preparation ends with failure instead of a report.
    pub fails: bool,
}

/// What becomes of the next report, set in advance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fate {
    /// Its preparation fails.
    Failed,
    /// Its preparation never ends.
    Never,
    /// It is done this long after the request, sandbox time.
    After(SignedDuration),
}

/// Length of a preparation that never ends: a thousand years, beyond what the clock can show.
const ENDLESS: SignedDuration = SignedDuration::from_hours(1000 * 365 * 24);

impl Timeline {
    /// The timeline with this fate.
    #[must_use]
    pub fn with(self, fate: Fate) -> Self {
        match fate {
            Fate::Failed => Self { fails: true, ..self },
            Fate::Never => Self { running: ENDLESS, ..self },
            Fate::After(whole) => {
                let queued = self.queued.min(whole);
                Self { queued, running: whole.saturating_sub(queued), ..self }
            }
        }
    }

    /// Whether the preparation never ends.
    #[must_use]
    pub fn is_endless(&self) -> bool {
        self.running >= ENDLESS
    }

    /// The phase of a job `age` after its request.
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
