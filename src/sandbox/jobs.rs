//! Reports that are prepared first and fetched later: what was asked, and when; the phase follows
//! from the age.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};

use super::ledger::View;
use super::merchant::MerchantId;

/// Where a report job stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
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

impl Phase {
    /// Every phase.
    pub const ALL: [Self; 5] =
        [Self::Queued, Self::Running, Self::Ready, Self::Failed, Self::Expired];

    /// The word for it in the admin API.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Ready => "ready",
            Self::Failed => "failed",
            Self::Expired => "expired",
        }
    }
}

/// How long a report job is in each phase.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeline {
    /// Before it begins.
    pub queued: SignedDuration,
    /// While it is prepared.
    pub running: SignedDuration,
    /// While it can be fetched; `None` for ever.
    pub kept: Option<SignedDuration>,
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
        } else if self.kept.is_some_and(|kept| age >= ready.saturating_add(kept)) {
            Phase::Expired
        } else {
            Phase::Ready
        }
    }
}

/// A report that was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    /// Rises by one with every job of a space, from 1.
    pub id: u64,
    /// Slug of the provider.
    pub provider: &'static str,
    /// Whose report it is.
    pub merchant: MerchantId,
    /// What the provider knows it by: unique within provider and merchant.
    pub reference: String,
    /// What was asked, in the provider's own terms.
    pub request: String,
    /// When.
    pub requested_at: Timestamp,
    /// How its phases follow.
    pub timeline: Timeline,
    /// A phase that was forced by hand, and since when.
    pub forced: Option<(Phase, Timestamp)>,
}

impl Job {
    /// Where it stands at `now`.
    #[must_use]
    pub fn phase(&self, now: Timestamp) -> Phase {
        match self.forced {
            Some((Phase::Ready, since)) if now >= since => {
                // What was made ready by hand is kept no longer than what got ready by itself.
                let gone = self.timeline.kept.is_some_and(|kept| now.duration_since(since) >= kept);
                if gone { Phase::Expired } else { Phase::Ready }
            }
            Some((phase, since)) if now >= since => phase,
            _ => self.timeline.phase(now.duration_since(self.requested_at)),
        }
    }

    /// When it is (or was) done being prepared, forced or not.
    #[must_use]
    pub fn done_at(&self) -> Timestamp {
        if let Some((Phase::Ready | Phase::Failed, since)) = self.forced {
            return since;
        }
        let age = self.timeline.queued.saturating_add(self.timeline.running);
        self.requested_at.saturating_add(age).unwrap_or(Timestamp::MAX)
    }
}

/// Jobs of one space at most; the oldest make room.
pub const MOST: usize = 100_000;

#[derive(Debug, Default)]
struct Desk {
    count: u64,
    jobs: BTreeMap<u64, Arc<Job>>,
    /// What a provider knows a job by, the reference first: it tells two jobs apart soonest.
    by_reference: BTreeMap<(String, MerchantId, &'static str), u64>,
    /// What reports show that have been fetched once.
    kept: BTreeMap<u64, View>,
}

/// The report jobs of one space.
#[derive(Debug, Default)]
pub struct Jobs {
    // A `std` lock: held for a look-up, never across an `.await`.
    desk: Mutex<Desk>,
}

impl Jobs {
    fn desk(&self) -> std::sync::MutexGuard<'_, Desk> {
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a job in and numbers it (its own `id` is ignored).
    ///
    /// # Errors
    ///
    /// The job that has the reference already, which stays as it is.
    pub fn open(&self, job: Job) -> Result<Arc<Job>, Arc<Job>> {
        let reference = job.reference.clone();
        self.open_as(job, |_| reference)
    }

    /// The same for a job whose reference follows from its number.
    ///
    /// # Errors
    ///
    /// The job that has the reference already, which stays as it is.
    pub fn open_as(
        &self,
        mut job: Job,
        reference: impl FnOnce(u64) -> String,
    ) -> Result<Arc<Job>, Arc<Job>> {
        let mut desk = self.desk();
        job.reference = reference(desk.count + 1);
        let key = (job.reference.clone(), job.merchant, job.provider);
        let taken = desk.by_reference.get(&key).and_then(|id| desk.jobs.get(id));
        if let Some(taken) = taken {
            return Err(Arc::clone(taken));
        }
        if desk.jobs.len() >= MOST
            && let Some((_, oldest)) = desk.jobs.pop_first()
        {
            let key = (oldest.reference.clone(), oldest.merchant, oldest.provider);
            desk.by_reference.remove(&key);
            desk.kept.remove(&oldest.id);
        }
        desk.count += 1;
        let job = Arc::new(Job { id: desk.count, ..job });
        desk.by_reference.insert(key, job.id);
        desk.jobs.insert(job.id, Arc::clone(&job));
        Ok(job)
    }

    /// The job a provider knows by this reference.
    #[must_use]
    pub fn find(
        &self,
        provider: &'static str,
        merchant: MerchantId,
        reference: &str,
    ) -> Option<Arc<Job>> {
        let desk = self.desk();
        let id = desk.by_reference.get(&(reference.to_owned(), merchant, provider))?;
        desk.jobs.get(id).cloned()
    }

    /// The rows a report shows: those of `view` the first time, the same ones ever after, whatever is
    /// added to the ledger or done to it meanwhile.
    #[must_use]
    pub fn keep(&self, id: u64, view: View) -> View {
        self.desk().kept.entry(id).or_insert(view).clone()
    }

    /// The job with this id.
    #[must_use]
    pub fn get(&self, id: u64) -> Option<Arc<Job>> {
        self.desk().jobs.get(&id).cloned()
    }

    /// All jobs, oldest first.
    #[must_use]
    pub fn all(&self) -> Vec<Arc<Job>> {
        self.desk().jobs.values().cloned().collect()
    }

    /// Forces a phase from `since` on; `None` when there is no such job.
    pub fn force(&self, id: u64, phase: Phase, since: Timestamp) -> Option<Arc<Job>> {
        let mut desk = self.desk();
        let job = desk.jobs.get_mut(&id)?;
        Arc::make_mut(job).forced = Some((phase, since));
        Some(Arc::clone(job))
    }

    /// What the report of a job shows, once it was fetched: for snapshots.
    #[must_use]
    pub fn kept(&self, id: u64) -> Option<View> {
        self.desk().kept.get(&id).cloned()
    }

    /// Jobs as [`Jobs::all`] and [`Jobs::kept`] gave them.
    #[must_use]
    pub fn restored(jobs: Vec<(Job, Option<View>)>) -> Self {
        let mut desk = Desk::default();
        for (job, kept) in jobs {
            desk.count = desk.count.max(job.id);
            let key = (job.reference.clone(), job.merchant, job.provider);
            desk.by_reference.insert(key, job.id);
            desk.kept.extend(kept.map(|view| (job.id, view)));
            desk.jobs.insert(job.id, Arc::new(job));
        }
        Self { desk: Mutex::new(desk) }
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
            kept: Some(seconds(10)),
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
        let lasting = Timeline { kept: None, ..timeline };
        assert_eq!(lasting.phase(SignedDuration::from_hours(1_000_000)), Phase::Ready);
    }

    #[test]
    fn what_was_forced_ready_expires_too() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let seconds = SignedDuration::from_secs;
        let timeline = Timeline {
            queued: seconds(1),
            running: seconds(2),
            kept: Some(seconds(10)),
            fails: true,
        };
        let job = Job {
            id: 1,
            provider: "x",
            merchant: MerchantId(0),
            reference: String::new(),
            request: String::new(),
            requested_at: at(0),
            timeline,
            forced: Some((Phase::Ready, at(100))),
        };
        assert_eq!(job.phase(at(99)), Phase::Failed);
        assert_eq!(job.phase(at(100)), Phase::Ready);
        assert_eq!(job.phase(at(109)), Phase::Ready);
        assert_eq!(job.phase(at(110)), Phase::Expired);
    }
}
