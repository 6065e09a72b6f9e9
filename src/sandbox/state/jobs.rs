//! Report jobs: reports that are requested first and fetched later. The phase of a job follows from its age.
//! Once a report is done, its rows never change.

use std::sync::Arc;

use imbl::{OrdMap, OrdSet};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::event::Event;
use super::reporting::{ReportingSetting, ReportingTable};
pub use super::timeline::{Fate, Phase, Timeline};
use crate::sandbox::merchant::MerchantId;
use crate::sandbox::spelling;

/// A report job.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Job {
    /// Its number in the space: rises by one with each job, from 1.
    pub id: u64,
    /// Slug of the provider from which it was requested.
    pub provider: Box<str>,
    /// The merchant of the report.
    pub merchant: MerchantId,
    /// The provider's identifier of the report, unique within provider and merchant.
    pub reference: Box<str>,
    /// The request in a form that only the provider's code reads.
    pub request: Box<str>,
    /// When it was requested, sandbox time.
    pub requested_at: Timestamp,
    /// The durations of its phases.
    pub timeline: Timeline,
    /// A phase that was forced through the admin API, and the instant from which it holds (sandbox time).
    pub forced_phase: Option<(Phase, Timestamp)>,
    /// The version of the overlay whose rows the report shows; `None` until the rows are frozen.
    pub frozen_version: Option<u64>,
    /// The reporting lag that was in force when the rows were frozen; `None` if there was none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub frozen_reporting: Option<ReportingSetting>,
}

impl Job {
    /// A job requested at `requested_at`, without id and reference; both are set by [`JobTable::create`] or
    /// [`JobTable::create_numbered`].
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
            frozen_reporting: None,
        }
    }

    /// The phase at `now`, sandbox time.
    #[must_use]
    pub fn phase(&self, now: Timestamp) -> Phase {
        match self.forced_phase {
            Some((Phase::Ready, since)) if now >= since => {
                // A report that was forced to ready is available for the same time as any other.
                let age = now.duration_since(since);
                let is_gone = self.timeline.available_for.is_some_and(|it| age >= it);
                if is_gone { Phase::Expired } else { Phase::Ready }
            }
            Some((phase, since)) if now >= since => phase,
            _ => self.timeline.phase(now.duration_since(self.requested_at)),
        }
    }

    /// The instant at which preparation ends (or ended), sandbox time; a forced `ready` or `failed` phase
    /// counts.
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

/// The key of the index by reference: provider, merchant and reference in one text.
fn known_as(provider: &str, merchant: MerchantId, reference: &str) -> String {
    format!("{provider} {} {reference}", merchant.0)
}

/// The maximum number of jobs kept in one space; the oldest is removed for a new one.
pub const MAX_JOBS: usize = 100_000;

/// The report jobs of one space, with an index by reference.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Written")]
pub struct JobTable {
    /// How many jobs were ever created.
    count: u64,
    #[serde(serialize_with = "spelling::values::serialize")]
    jobs: OrdMap<u64, Arc<Job>>,
    /// What becomes of the next report of a provider, by its slug.
    fates: OrdMap<Box<str>, Fate>,
    /// Ids of jobs by `known_as`.
    #[serde(skip)]
    by_reference: OrdMap<Arc<str>, u64>,
    /// Jobs whose rows are not frozen, ordered by the instant at which they are done.
    #[serde(skip)]
    unfrozen: OrdSet<(Timestamp, u64)>,
}

/// The form of a [`JobTable`] in a snapshot.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    count: u64,
    jobs: Vec<Job>,
    #[serde(default)]
    fates: OrdMap<Box<str>, Fate>,
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
            if table.taken(&job).is_some() {
                return Err(format!("two reports have the reference `{}`", job.reference));
            }
            table.insert(job);
        }
        table.count = written.count;
        table.fates = written.fates;
        Ok(table)
    }
}

impl JobTable {
    /// How many jobs were ever created, removed ones included.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Goes on counting where another table has stopped.
    pub(super) fn count_on(&mut self, earlier: &Self) {
        self.count = self.count.max(earlier.count);
    }

    /// How many jobs are kept.
    #[must_use]
    pub fn len(&self) -> usize {
        self.jobs.len()
    }

    /// Whether no job is kept.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.jobs.is_empty()
    }

    /// All kept jobs, oldest first.
    pub fn all(&self) -> impl Iterator<Item = &Arc<Job>> {
        self.jobs.values()
    }

    /// Jobs with ids greater than `id`, oldest first.
    pub fn after(&self, id: u64) -> impl Iterator<Item = &Arc<Job>> {
        self.jobs.range(id.saturating_add(1)..).map(|it| it.1)
    }

    /// The job with this id.
    #[must_use]
    pub fn get(&self, id: u64) -> Option<&Arc<Job>> {
        self.jobs.get(&id)
    }

    /// The job with this reference at a provider and merchant.
    #[must_use]
    pub fn find(&self, provider: &str, merchant: MerchantId, reference: &str) -> Option<&Arc<Job>> {
        self.get(*self.by_reference.get(known_as(provider, merchant, reference).as_str())?)
    }

    /// How many jobs of a merchant at a provider are queued or running at `now`.
    #[must_use]
    pub fn in_preparation(&self, provider: &str, merchant: MerchantId, now: Timestamp) -> usize {
        let open = self.unfrozen.iter().filter_map(|(_, id)| self.get(*id));
        let is_open = |job: &&Arc<Job>| matches!(job.phase(now), Phase::Queued | Phase::Running);
        let own = open.filter(|job| *job.provider == *provider && job.merchant == merchant);
        own.filter(is_open).count()
    }

    /// The event that creates a job under the next number; the `id` of the argument is ignored.
    ///
    /// # Errors
    ///
    /// The existing job with the same reference.
    pub fn create(&self, job: Job) -> Result<Event, Arc<Job>> {
        if let Some(taken) = self.taken(&job) {
            return Err(Arc::clone(taken));
        }
        let fate = self.fates.get(&job.provider);
        let timeline = fate.map_or(job.timeline, |fate| job.timeline.with(*fate));
        let job = Job { id: self.count + 1, timeline, ..job };
        Ok(Event::ReportRequested { job: Box::new(job) })
    }

    /// The job that has the reference of a new one; a job that failed before that leaves its reference free.
    fn taken(&self, job: &Job) -> Option<&Arc<Job>> {
        let taken = self.find(&job.provider, job.merchant, &job.reference)?;
        (taken.phase(job.requested_at) != Phase::Failed).then_some(taken)
    }

    /// The newest job with this reference, of whatever provider and merchant.
    #[must_use]
    pub fn newest_with(&self, reference: &str) -> Option<&Arc<Job>> {
        self.jobs.values().rev().find(|job| *job.reference == *reference)
    }

    /// What becomes of the next report of a provider; `None` when nothing is set.
    #[must_use]
    pub fn fate(&self, provider: &str) -> Option<Fate> {
        self.fates.get(provider).copied()
    }

    /// Like [`JobTable::create`], for a reference that is derived from the number of the job.
    ///
    /// # Errors
    ///
    /// The existing job with the same reference.
    pub fn create_numbered(
        &self,
        job: Job,
        reference: impl FnOnce(u64) -> String,
    ) -> Result<Event, Arc<Job>> {
        let reference = reference(self.count + 1).into();
        self.create(Job { reference, ..job })
    }

    /// The jobs that are done at `now` and whose rows are not frozen yet.
    pub(in crate::sandbox) fn to_freeze(&self, now: Timestamp) -> impl Iterator<Item = &Arc<Job>> {
        let done = self.unfrozen.range(..=(now, u64::MAX));
        done.filter_map(|(_, id)| self.get(*id))
    }

    /// Inserts a job whose id is greater than all others; removes the oldest job when the table is full.
    pub(in crate::sandbox) fn insert(&mut self, job: Job) {
        if self.jobs.len() >= MAX_JOBS {
            let oldest = self.jobs.get_min().map(|it| Arc::clone(&it.1));
            if let Some(oldest) = oldest {
                self.jobs.remove(&oldest.id);
                let name = oldest.is_known_as();
                if self.by_reference.get(&*name) == Some(&oldest.id) {
                    self.by_reference.remove(&*name);
                }
                self.unfrozen.remove(&(oldest.done_at(), oldest.id));
            }
        }
        self.count = job.id;
        self.fates.remove(&job.provider);
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

    pub(in crate::sandbox) fn set_fate(&mut self, provider: &str, fate: Fate) {
        self.fates.insert(provider.into(), fate);
    }

    pub(in crate::sandbox) fn freeze_rows(
        &mut self,
        id: u64,
        version: u64,
        reporting: &ReportingTable,
    ) {
        self.change(id, |job| {
            job.frozen_version = Some(version);
            job.frozen_reporting = reporting.of(&job.provider).cloned();
        });
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
        // The same reference is free at another merchant and at another provider.
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
