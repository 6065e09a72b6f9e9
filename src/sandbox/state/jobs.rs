//! Reports that are prepared first and fetched later: what was asked, and when; the phase follows from the
//! age. Once a report is done, its rows are those of that instant for good.

use std::sync::Arc;

use imbl::{OrdMap, OrdSet};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::event::Event;
pub use super::timeline::{Phase, Timeline};
use crate::sandbox::merchant::MerchantId;
use crate::sandbox::spelling;

/// A report that was asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Job {
    /// Rises by one with every job of a space, from 1.
    pub id: u64,
    /// Slug of the provider.
    pub provider: Box<str>,
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
    pub forced_phase: Option<(Phase, Timestamp)>,
    /// The version of what was added to the ledger when it was done, once it is done.
    pub frozen_version: Option<u64>,
}

impl Job {
    /// A job that is asked for at `now` and has no number yet.
    #[must_use]
    pub fn new(
        provider: &str,
        merchant: MerchantId,
        request: impl Into<Box<str>>,
        (requested_at, timeline): (Timestamp, Timeline),
    ) -> Self {
        Self {
            id: 0,
            provider: provider.into(),
            merchant,
            reference: "".into(),
            request: request.into(),
            requested_at,
            timeline,
            forced_phase: None,
            frozen_version: None,
        }
    }

    /// Where it stands at `now`.
    #[must_use]
    pub fn phase(&self, now: Timestamp) -> Phase {
        match self.forced_phase {
            Some((Phase::Ready, since)) if now >= since => {
                // What was made ready by hand is kept no longer than what got ready by itself.
                let age = now.duration_since(since);
                let is_gone = self.timeline.available_for.is_some_and(|it| age >= it);
                if is_gone { Phase::Expired } else { Phase::Ready }
            }
            Some((phase, since)) if now >= since => phase,
            _ => self.timeline.phase(now.duration_since(self.requested_at)),
        }
    }

    /// When it is (or was) done being prepared, forced or not.
    #[must_use]
    pub fn done_at(&self) -> Timestamp {
        if let Some((Phase::Ready | Phase::Failed, since)) = self.forced_phase {
            return since;
        }
        let age = self.timeline.queued.saturating_add(self.timeline.running);
        self.requested_at.saturating_add(age).unwrap_or(Timestamp::MAX)
    }

    fn is_known_as(&self) -> Arc<str> {
        known_as(&self.provider, self.merchant, &self.reference).into()
    }
}

/// What a provider knows a job by, as one text.
fn known_as(provider: &str, merchant: MerchantId, reference: &str) -> String {
    format!("{provider} {} {reference}", merchant.0)
}

/// Jobs of one space at most; the oldest make room.
pub const MAX_JOBS: usize = 100_000;

/// The report jobs of one space.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Written")]
pub struct JobTable {
    /// How many there ever were.
    count: u64,
    #[serde(serialize_with = "spelling::values::serialize")]
    jobs: OrdMap<u64, Arc<Job>>,
    /// Ids by what the provider knows a job by.
    #[serde(skip)]
    by_reference: OrdMap<Arc<str>, u64>,
    /// Jobs whose rows are not frozen, by the instant at which they are done.
    #[serde(skip)]
    unfrozen: OrdSet<(Timestamp, u64)>,
}

/// How jobs are written down.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    count: u64,
    jobs: Vec<Job>,
}

impl TryFrom<Written> for JobTable {
    type Error = String;

    fn try_from(written: Written) -> Result<Self, String> {
        if written.jobs.len() > MAX_JOBS {
            return Err(format!("there are more than {MAX_JOBS} reports"));
        }
        let (mut table, mut last) = (Self::default(), 0);
        for job in written.jobs {
            if job.id <= last || job.id > written.count {
                return Err(format!(
                    "report {} comes behind {last}; ids rise from 1 to the count of {}",
                    job.id, written.count
                ));
            }
            last = job.id;
            if table.find(&job.provider, job.merchant, &job.reference).is_some() {
                return Err(format!("two reports have the reference `{}`", job.reference));
            }
            table.insert(job);
        }
        table.count = written.count;
        Ok(table)
    }
}

impl JobTable {
    /// How many there ever were.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.count
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.jobs.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.jobs.is_empty()
    }

    /// All jobs, oldest first.
    pub fn all(&self) -> impl Iterator<Item = &Arc<Job>> {
        self.jobs.values()
    }

    /// Jobs with ids above this one, oldest first.
    pub fn after(&self, id: u64) -> impl Iterator<Item = &Arc<Job>> {
        self.jobs.range(id.saturating_add(1)..).map(|it| it.1)
    }

    /// The job with this id.
    #[must_use]
    pub fn get(&self, id: u64) -> Option<&Arc<Job>> {
        self.jobs.get(&id)
    }

    /// The job that a provider knows by this reference.
    #[must_use]
    pub fn find(&self, provider: &str, merchant: MerchantId, reference: &str) -> Option<&Arc<Job>> {
        self.get(*self.by_reference.get(known_as(provider, merchant, reference).as_str())?)
    }

    /// How many jobs of a merchant are being prepared at `now`.
    #[must_use]
    pub fn in_preparation(&self, provider: &str, merchant: MerchantId, now: Timestamp) -> usize {
        let open = self.unfrozen.iter().filter_map(|(_, id)| self.get(*id));
        let is_open = |job: &&Arc<Job>| matches!(job.phase(now), Phase::Queued | Phase::Running);
        let own = open.filter(|job| *job.provider == *provider && job.merchant == merchant);
        own.filter(is_open).count()
    }

    /// Takes a job in and numbers it (its own `id` is ignored).
    ///
    /// # Errors
    ///
    /// The job that has the reference already.
    pub fn create(&self, job: Job) -> Result<Event, Arc<Job>> {
        let job = Job { id: self.count + 1, ..job };
        match self.find(&job.provider, job.merchant, &job.reference) {
            Some(taken) => Err(Arc::clone(taken)),
            None => Ok(Event::ReportRequested { job: Box::new(job) }),
        }
    }

    /// The same for a job whose reference follows from its number.
    ///
    /// # Errors
    ///
    /// The job that has the reference already.
    pub fn create_numbered(
        &self,
        job: Job,
        reference: impl FnOnce(u64) -> String,
    ) -> Result<Event, Arc<Job>> {
        let reference = reference(self.count + 1).into();
        self.create(Job { reference, ..job })
    }

    /// Ids of jobs that are done at `now` and whose rows are not frozen.
    pub(in crate::sandbox) fn to_freeze(&self, now: Timestamp) -> impl Iterator<Item = &Arc<Job>> {
        let done = self.unfrozen.range(..=(now, u64::MAX));
        done.filter_map(|(_, id)| self.get(*id))
    }

    /// Takes in a job whose id is above all others.
    pub(in crate::sandbox) fn insert(&mut self, job: Job) {
        if self.jobs.len() >= MAX_JOBS {
            let oldest = self.jobs.get_min().map(|it| Arc::clone(&it.1));
            if let Some(oldest) = oldest {
                self.jobs.remove(&oldest.id);
                self.by_reference.remove(&*oldest.is_known_as());
                self.unfrozen.remove(&(oldest.done_at(), oldest.id));
            }
        }
        self.count = job.id;
        self.by_reference.insert(job.is_known_as(), job.id);
        self.put_back(job);
    }

    fn put_back(&mut self, job: Job) {
        if job.frozen_version.is_none() {
            self.unfrozen.insert((job.done_at(), job.id));
        }
        self.jobs.insert(job.id, Arc::new(job));
    }

    fn change(&mut self, id: u64, change: impl FnOnce(&mut Job)) {
        let Some(job) = self.get(id) else { return };
        let mut job = Job::clone(job);
        self.unfrozen.remove(&(job.done_at(), id));
        change(&mut job);
        self.put_back(job);
    }

    pub(in crate::sandbox) fn force(&mut self, id: u64, phase: Phase, since: Timestamp) {
        self.change(id, |job| job.forced_phase = Some((phase, since)));
    }

    pub(in crate::sandbox) fn freeze_rows(&mut self, id: u64, version: u64) {
        self.change(id, |job| job.frozen_version = Some(version));
    }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;

    fn job(provider: &str, merchant: u8, reference: &str) -> Job {
        let seconds = SignedDuration::from_secs;
        let timeline = Timeline {
            queued: seconds(1),
            running: seconds(2),
            available_for: Some(seconds(10)),
            fails: true,
        };
        let when = (Timestamp::UNIX_EPOCH, timeline);
        Job { reference: reference.into(), ..Job::new(provider, MerchantId(merchant), "", when) }
    }

    fn create(table: &mut JobTable, job: Job) -> Arc<Job> {
        let Ok(Event::ReportRequested { job }) = table.create(job) else { panic!("taken") };
        let id = job.id;
        table.insert(*job);
        Arc::clone(table.get(id).unwrap())
    }

    #[test]
    fn a_reference_is_taken_until_its_job_has_made_room() {
        let mut table = JobTable::default();
        let first = create(&mut table, job("x", 0, "a"));
        assert_eq!(table.create(job("x", 0, "a")).unwrap_err(), first);
        // Neither another merchant's nor another provider's.
        let second = create(&mut table, job("x", 1, "a"));
        let numbered = table.create_numbered(job("y", 0, ""), |id| format!("no {id}"));
        let Ok(Event::ReportRequested { job: third }) = numbered else { panic!("taken") };
        assert_eq!(&*third.reference, "no 3");
        table.insert(*third);
        assert_eq!(table.find("x", MerchantId(1), "a"), Some(&second));
        assert_eq!(table.find("y", MerchantId(0), "a"), None);
        for number in 0..MAX_JOBS - 3 {
            create(&mut table, job("x", 2, &number.to_string()));
        }
        assert_eq!((table.len(), table.get(1)), (MAX_JOBS, Some(&first)));
        let newest = create(&mut table, job("x", 0, "b"));
        assert_eq!((table.len(), table.unfrozen.len(), table.get(1)), (MAX_JOBS, MAX_JOBS, None));
        assert_eq!(table.find("x", MerchantId(0), "b"), Some(&newest));
        assert_eq!(table.find("x", MerchantId(0), "a"), None);
        create(&mut table, job("x", 0, "a"));
    }

    #[test]
    fn what_was_forced_ready_expires_too() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let job = Job { forced_phase: Some((Phase::Ready, at(100))), ..job("x", 0, "") };
        assert_eq!(job.phase(at(99)), Phase::Failed);
        assert_eq!(job.phase(at(100)), Phase::Ready);
        assert_eq!(job.phase(at(109)), Phase::Ready);
        assert_eq!(job.phase(at(110)), Phase::Expired);
    }
}
