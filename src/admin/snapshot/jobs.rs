//! Prepared reports in a snapshot, with what they go on showing once they were fetched.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::rows::Versions;
use super::state::{counted, slugs, unknown, wrong};
use crate::admin::problem::Problem;
use crate::providers;
use crate::sandbox::Sandbox;
use crate::sandbox::jobs::{Job, MOST, Phase, Timeline};
use crate::sandbox::scenario::Scenario;
use crate::sandbox::snapshot::{Fetched, Overlays};

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct JobState {
    id: u64,
    provider: String,
    merchant: String,
    reference: String,
    request: String,
    requested_at: Timestamp,
    queued: SignedDuration,
    running: SignedDuration,
    kept: Option<SignedDuration>,
    fails: bool,
    forced: Option<(String, Timestamp)>,
    /// Which of the merchant's versions it shows, at which second.
    fetched: Option<(usize, i64)>,
}

impl JobState {
    pub(super) fn of(sandbox: &Sandbox, job: &Job, versions: &mut Versions) -> Self {
        let merchant = sandbox.ledger.merchant(job.merchant).map(|it| it.name.clone());
        let kept = sandbox.jobs.kept(job.id);
        Self {
            id: job.id,
            provider: job.provider.to_owned(),
            merchant: merchant.unwrap_or_default(),
            reference: job.reference.to_string(),
            request: job.request.to_string(),
            requested_at: job.requested_at,
            queued: job.timeline.queued,
            running: job.timeline.running,
            kept: job.timeline.kept,
            fails: job.timeline.fails,
            forced: job.forced.map(|(phase, since)| (phase.word().to_owned(), since)),
            fetched: kept.map(|view| (versions.place(&view), view.now)),
        }
    }

    fn into_job(self, scenario: &Scenario) -> Result<Job, Problem> {
        let provider = providers::find(&self.provider)
            .ok_or_else(|| unknown("provider", &self.provider, slugs()))?;
        let names = scenario.merchants().map(|it| it.name.as_str());
        let merchant = scenario
            .merchant(&self.merchant)
            .ok_or_else(|| unknown("merchant", &self.merchant, names))?;
        let phase = |(word, since): (String, Timestamp)| {
            let phase = Phase::ALL.into_iter().find(|it| it.word() == word);
            let known = Phase::ALL.iter().map(|it| it.word());
            Ok::<_, Problem>((phase.ok_or_else(|| unknown("phase", &word, known))?, since))
        };
        Ok(Job {
            id: self.id,
            provider: provider.slug,
            merchant: merchant.id,
            reference: self.reference.into(),
            request: self.request.into(),
            requested_at: self.requested_at,
            timeline: Timeline {
                queued: self.queued,
                running: self.running,
                kept: self.kept,
                fails: self.fails,
            },
            forced: self.forced.map(phase).transpose()?,
        })
    }
}

/// The jobs that are meant, unless something is wrong with them.
pub(super) fn of_states(
    scenario: &Scenario,
    merchants: &[Overlays],
    states: Vec<JobState>,
) -> Result<Vec<(Job, Option<Fetched>)>, Problem> {
    if states.len() > MOST {
        return Err(wrong(format!("there are more than {MOST} reports")));
    }
    let (mut jobs, mut references) = (Vec::with_capacity(states.len()), BTreeSet::new());
    let mut last = 0;
    for state in states {
        let fetched = state.fetched.map(|(version, now)| Fetched { version, now });
        let job = state.into_job(scenario)?;
        let id = counted("the id of a report", job.id)?;
        if id <= last {
            return Err(wrong(format!("report {id} comes behind {last}; ids rise from 1")));
        }
        last = id;
        if !references.insert((job.provider, job.merchant, job.reference.clone())) {
            return Err(wrong(format!("two reports have the reference `{}`", job.reference)));
        }
        if let Some(Fetched { version, .. }) = fetched {
            let overlays = merchants.iter().find(|it| it.merchant == job.merchant);
            if overlays.is_none_or(|it| version >= it.versions.len()) {
                return Err(wrong(format!("report {id} shows version {version}, there is none")));
            }
        }
        jobs.push((job, fetched));
    }
    Ok(jobs)
}
