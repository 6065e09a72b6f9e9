//! Runs the steps of a simulation on a server of their own: two teams at once, and restarts in between.

use std::panic::AssertUnwindSafe;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use futures_util::FutureExt;
use futures_util::future::join_all;
use sandtill::sandbox::Options;
use sandtill::sandbox::log::file::FileLog;
use tempfile::TempDir;

use super::deed::{Deed, Step, TEAMS};
use super::post::Arrival;
use super::team::{Receiving, Team, ensure};
use super::watch::{MAX_ENTRIES, MAX_EVENTS};
use super::{START, team_names, the_scenario};
use crate::receiver::{Receiver, status};
use crate::support::{Record, Server};

/// What a run came to.
#[derive(Debug)]
pub(super) struct Outcome {
    /// What each team asked and was answered.
    pub(super) transcripts: Vec<Vec<String>>,
    /// Requests in all.
    pub(super) requests: usize,
}

/// Why a run failed, and at which step.
#[derive(Clone, Debug)]
pub(super) struct Failure {
    pub(super) step: u32,
    pub(super) reason: String,
}

/// The server of a run with its log, and the teams.
struct Stage {
    seed: u64,
    folder: TempDir,
    starts: usize,
    server: Server,
    teams: Vec<Team>,
    _receiver: Receiver,
}

pub(super) async fn run(seed: u64, steps: &[Step]) -> Result<Outcome, Failure> {
    let mut stage = Stage::new(seed).await;
    for chunk in steps.chunk_by(|left, right| is_shared(left) == is_shared(right)) {
        if is_shared(&chunk[0]) {
            let restarted = stage.restart().await;
            restarted.map_err(|reason| Failure { step: chunk[0].number, reason })?;
            continue;
        }
        let work = stage.teams.iter_mut().enumerate();
        let work = work.map(|(number, team)| work_on(team, number, chunk));
        for done in join_all(work).await {
            done?;
        }
    }
    let lines = |team: &Team| team.record.lines.lock().unwrap().clone();
    let transcripts: Vec<Vec<String>> = stage.teams.iter().map(lines).collect();
    let requests = transcripts.iter().map(Vec::len).sum();
    Ok(Outcome { transcripts, requests })
}

fn is_shared(step: &Step) -> bool {
    matches!(step.deed, Deed::Restart)
}

/// Does the steps of a team. A driver that panics has found something too.
async fn work_on(team: &mut Team, number: usize, steps: &[Step]) -> Result<(), Failure> {
    for step in steps.iter().filter(|it| it.team == number) {
        let done = AssertUnwindSafe(team.perform(step)).catch_unwind().await;
        let done = done.unwrap_or_else(|panic| {
            let text = panic.downcast_ref::<String>().cloned();
            Err(text.or_else(|| panic.downcast_ref::<&str>().map(|it| (*it).to_owned())).unwrap())
        });
        done.map_err(|reason| Failure { step: step.number, reason })?;
    }
    Ok(())
}

async fn serve(seed: u64, path: PathBuf) -> Server {
    let options = Options {
        journal_entries: Some(MAX_ENTRIES),
        history_events: Some(MAX_EVENTS),
        ..Options::default()
    };
    let log = FileLog::open(&path).unwrap();
    Server::resumed(the_scenario(seed), options, Arc::new(log)).await
}

impl Stage {
    async fn new(seed: u64) -> Self {
        let up: Vec<Arc<AtomicBool>> = team_names().map(|_| Arc::new(AtomicBool::new(true))).into();
        let arrived: Vec<Arc<Mutex<Vec<Arrival>>>> = team_names().map(|_| Arc::default()).into();
        let receiver = receiver(up.clone(), arrived.clone()).await;
        // In memory where that is possible: this is about what the file has, and not about the disk.
        let folder = TempDir::new_in("/dev/shm").or_else(|_| TempDir::new()).unwrap();
        let server = serve(seed, folder.path().join("log-0")).await;
        let now = START.parse::<jiff::Timestamp>().unwrap().as_second();
        let host = |url: &str| url.trim_start_matches("http://").to_owned();
        let mut teams = Vec::new();
        for (number, name) in team_names().into_iter().enumerate() {
            server.spaces.space(name).unwrap();
            let plain = vec![(host(&server.url), "SERVER"), (host(&receiver.url), "RECEIVER")];
            let record = Arc::new(Record { plain: plain.into(), ..Record::default() });
            let url = receiver.url.clone();
            let receiving = Receiving { url, is_up: Arc::clone(&up[number]) };
            let handle = server.in_space(name, Arc::clone(&record));
            let mut team = Team::new(handle, (name, record), (now, receiving));
            team.watch.arrived = Arc::clone(&arrived[number]);
            teams.push(team);
        }
        Self { seed, folder, starts: 0, server, teams, _receiver: receiver }
    }

    /// The log as it is now is what another process finds; everything is there again.
    async fn restart(&mut self) -> Result<(), String> {
        let mut states = Vec::new();
        for team in &self.teams {
            let space = team.server.space();
            space.durable().await;
            states.push(space.world().state.clone());
        }
        let path = |number: usize| self.folder.path().join(format!("log-{number}"));
        let (from, to) = (path(self.starts), path(self.starts + 1));
        std::fs::copy(&from, &to).unwrap();
        self.server = serve(self.seed, to).await;
        std::fs::remove_file(&from).unwrap();
        self.starts += 1;
        for (team, state) in self.teams.iter_mut().zip(states) {
            // It listens on another port.
            let host = self.server.url.trim_start_matches("http://").to_owned();
            team.record.plain.lock().unwrap().push((host, "SERVER"));
            team.resume(&self.server).await?;
            let again = team.server.space().world().state.clone();
            ensure(again == state, || format!("the state of `{}` is another one", team.name))?;
        }
        Ok(())
    }
}

/// Answers the callbacks of each team as its receiver does at the moment.
async fn receiver(up: Vec<Arc<AtomicBool>>, arrived: Vec<Arc<Mutex<Vec<Arrival>>>>) -> Receiver {
    Receiver::new(move |_, request| {
        let is_mine = |name: &str| request.target.starts_with(&format!("/{name}/"));
        let team = team_names().iter().position(|name| is_mine(name)).unwrap_or(TEAMS - 1);
        let attempt = request.header("sandtill-attempt").and_then(|it| it.parse().ok());
        let arrival = Arrival { path: request.target, attempt: attempt.unwrap_or_default() };
        arrived[team].lock().unwrap().push(arrival);
        let answer = if up[team].load(Ordering::SeqCst) { 200 } else { 503 };
        Box::pin(async move { status(answer) })
    })
    .await
}
