//! Reports that are prepared first and fetched later: what was asked, and when; the phase follows
//! from the age.

use std::collections::{BTreeMap, VecDeque};
use std::hash::{BuildHasher, RandomState};
use std::sync::{Arc, Mutex, PoisonError};

use hashbrown::HashTable;
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
    pub reference: Box<str>,
    /// What was asked, in the provider's own terms.
    pub request: Box<str>,
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
    /// In rising ids.
    jobs: VecDeque<Arc<Job>>,
    /// Ids by the hash, beside them, of what a provider knows a job by. A hundred thousand names in order
    /// would be compared all the time, and nobody asks for them in order.
    by_reference: HashTable<(u64, u64)>,
    hashes: RandomState,
    /// What reports show that have been fetched once.
    kept: BTreeMap<u64, View>,
}

/// What a provider knows a job by: whose it is and its reference.
type Known<'a> = (&'a str, MerchantId, &'static str);

impl Job {
    fn known(&self) -> Known<'_> {
        (&self.reference, self.merchant, self.provider)
    }
}

impl Desk {
    fn place(jobs: &VecDeque<Arc<Job>>, id: u64) -> Option<usize> {
        jobs.binary_search_by_key(&id, |job| job.id).ok()
    }

    fn get(&self, id: u64) -> Option<&Arc<Job>> {
        self.jobs.get(Self::place(&self.jobs, id)?)
    }

    fn find(&self, known: Known<'_>) -> Option<&Arc<Job>> {
        let hash = self.hashes.hash_one(known);
        let is = |it: &(u64, u64)| {
            it.0 == hash && self.get(it.1).is_some_and(|job| job.known() == known)
        };
        self.get(self.by_reference.find(hash, is)?.1)
    }

    /// Takes in a job whose id is above all others.
    fn push(&mut self, job: Arc<Job>) {
        let hash = self.hashes.hash_one(job.known());
        self.by_reference.insert_unique(hash, (hash, job.id), |it| it.0);
        self.jobs.push_back(job);
    }

    /// Drops the oldest job.
    fn pop(&mut self) {
        let Some(oldest) = self.jobs.pop_front() else { return };
        let hash = self.hashes.hash_one(oldest.known());
        if let Ok(entry) = self.by_reference.find_entry(hash, |it| it.1 == oldest.id) {
            entry.remove();
        }
        self.kept.remove(&oldest.id);
    }
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
        self.take(job, |_| {})
    }

    /// The same for a job whose reference follows from its number.
    ///
    /// # Errors
    ///
    /// The job that has the reference already, which stays as it is.
    pub fn open_as(
        &self,
        job: Job,
        reference: impl FnOnce(u64) -> String,
    ) -> Result<Arc<Job>, Arc<Job>> {
        self.take(job, |job| job.reference = reference(job.id).into())
    }

    fn take(&self, mut job: Job, numbered: impl FnOnce(&mut Job)) -> Result<Arc<Job>, Arc<Job>> {
        let mut desk = self.desk();
        job.id = desk.count + 1;
        numbered(&mut job);
        if let Some(taken) = desk.find(job.known()) {
            return Err(Arc::clone(taken));
        }
        if desk.jobs.len() >= MOST {
            desk.pop();
        }
        desk.count = job.id;
        let job = Arc::new(job);
        desk.push(Arc::clone(&job));
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
        self.desk().find((reference, merchant, provider)).cloned()
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
        self.desk().get(id).cloned()
    }

    /// All jobs, oldest first.
    #[must_use]
    pub fn all(&self) -> Vec<Arc<Job>> {
        self.desk().jobs.iter().cloned().collect()
    }

    /// Forces a phase from `since` on; `None` when there is no such job.
    pub fn force(&self, id: u64, phase: Phase, since: Timestamp) -> Option<Arc<Job>> {
        let mut desk = self.desk();
        let place = Desk::place(&desk.jobs, id)?;
        let job = desk.jobs.get_mut(place)?;
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
    pub fn restored(mut jobs: Vec<(Job, Option<View>)>) -> Self {
        jobs.sort_by_key(|(job, _)| job.id);
        let mut desk = Desk::default();
        for (job, kept) in jobs {
            desk.count = job.id;
            desk.kept.extend(kept.map(|view| (job.id, view)));
            desk.push(Arc::new(job));
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

    fn job(merchant: u8, reference: &str) -> Job {
        let seconds = SignedDuration::from_secs;
        Job {
            id: 0,
            provider: "x",
            merchant: MerchantId(merchant),
            reference: reference.into(),
            request: "".into(),
            requested_at: Timestamp::UNIX_EPOCH,
            timeline: Timeline {
                queued: seconds(1),
                running: seconds(2),
                kept: Some(seconds(10)),
                fails: true,
            },
            forced: None,
        }
    }

    #[test]
    fn a_reference_is_taken_until_its_job_has_made_room() {
        let jobs = Jobs::default();
        let first = jobs.open(job(0, "a")).unwrap();
        assert_eq!(jobs.open(job(0, "a")).unwrap_err(), first);
        // Neither another merchant's nor another provider's.
        let second = jobs.open(job(1, "a")).unwrap();
        let third = jobs.open_as(Job { provider: "y", ..job(0, "") }, |id| format!("no {id}"));
        assert_eq!(&*third.unwrap().reference, "no 3");
        assert_eq!(jobs.find("x", MerchantId(1), "a"), Some(second));
        assert_eq!(jobs.find("y", MerchantId(0), "a"), None);
        for number in 0..MOST - 3 {
            jobs.open(job(2, &number.to_string())).unwrap();
        }
        assert_eq!((jobs.all().len(), jobs.get(1)), (MOST, Some(first)));
        let newest = jobs.open(job(0, "b")).unwrap();
        assert_eq!((jobs.all().len(), jobs.get(1)), (MOST, None));
        assert_eq!(jobs.find("x", MerchantId(0), "b"), Some(newest));
        assert_eq!(jobs.find("x", MerchantId(0), "a"), None);
        jobs.open(job(0, "a")).unwrap();
    }

    #[test]
    fn what_was_forced_ready_expires_too() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let job = Job { forced: Some((Phase::Ready, at(100))), ..job(0, "") };
        assert_eq!(job.phase(at(99)), Phase::Failed);
        assert_eq!(job.phase(at(100)), Phase::Ready);
        assert_eq!(job.phase(at(109)), Phase::Ready);
        assert_eq!(job.phase(at(110)), Phase::Expired);
    }
}
