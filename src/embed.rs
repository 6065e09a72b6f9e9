//! Sandtill inside another program: a running server on a free port, stopped when it is dropped.

use std::net::TcpListener;
use std::sync::{Arc, mpsc};
use std::thread::JoinHandle;
use std::time::Duration;

use jiff::Timestamp;
use tokio::runtime::Handle;
use tokio::sync::oneshot;

use crate::app::app;
use crate::providers;
use crate::providers::fault_rules::{self, RuleError};
use crate::sandbox;
use crate::sandbox::callbacks::{self, Occurrence};
use crate::sandbox::clock::{LATEST, Mode};
use crate::sandbox::journal::Entry;
use crate::sandbox::scenario::{Overrides, Scenario, ScenarioError};
use crate::sandbox::space::{ClockIsDriven, Space};
use crate::sandbox::spaces::Spaces;
use crate::sandbox::state::faults::ActiveRule;
use crate::sandbox::state::outbox::Callback;
use crate::server;

/// What to start.
#[derive(Clone, Debug)]
pub struct Options {
    /// A built-in scenario or the path of a file.
    pub scenario: String,
    /// Another seed than the scenario's.
    pub seed: Option<u64>,
    /// Other quirks than the scenario's, as `provider.name`.
    pub quirks: Option<Vec<String>>,
    /// Where the clock stands at first. With it the clock is frozen, without it as the scenario says.
    pub frozen_at: Option<Timestamp>,
    /// Threads that serve.
    pub workers: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            scenario: "default".to_owned(),
            seed: None,
            quirks: None,
            frozen_at: None,
            workers: 1,
        }
    }
}

/// Why it did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The scenario is wrong.
    #[error("scenario {0}")]
    Scenario(#[from] ScenarioError),
    /// There is no port or no thread to be had.
    #[error("cannot start: {0}")]
    Io(#[from] std::io::Error),
}

/// A running server.
///
/// ```
/// use std::time::Duration;
///
/// use sandtill::{Options, Sandtill};
///
/// let frozen_at = Some("2026-03-14T12:00:00Z".parse()?);
/// let sandtill = Sandtill::start(Options { frozen_at, ..Options::default() })?;
///
/// // Point your client here; any vendor's path works.
/// assert!(sandtill.url().starts_with("http://127.0.0.1:"));
///
/// // Time is a lever: what falls due on the way, callbacks included, has happened afterwards.
/// let happened = sandtill.advance(Duration::from_secs(36 * 3600));
/// assert_eq!(sandtill.now(), "2026-03-16T00:00:00Z".parse()?);
/// assert!(happened.is_empty() && sandtill.callbacks().is_empty());
///
/// // The next report of Flitt breaks off in the middle, and the journal says so afterwards.
/// sandtill.add_fault(r#"{"provider":"flitt","times":1,"fault":{"kind":"truncate"}}"#)?;
/// assert_eq!(sandtill.faults().len(), 1);
/// assert!(sandtill.journal().is_empty());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Sandtill {
    url: String,
    spaces: Spaces,
    runtime: Handle,
    stop: Option<oneshot::Sender<()>>,
    serving: Option<JoinHandle<()>>,
}

impl Sandtill {
    /// Starts a server on a free port of 127.0.0.1. It answers when this returns.
    ///
    /// # Errors
    ///
    /// When the scenario is wrong or the machine refuses a port.
    pub fn start(options: Options) -> Result<Self, StartError> {
        let overrides = Overrides { seed: options.seed, quirks: options.quirks };
        let mut scenario = Scenario::load(&options.scenario, &providers::vocabulary(), &overrides)?;
        if let Some(now) = options.frozen_at {
            scenario.clock.mode = Mode::Frozen;
            scenario.clock.now = Some(now);
        }
        Self::with(scenario, sandbox::Options::default(), options.workers)
    }

    /// The same with a scenario that has been read already, served by so many threads.
    ///
    /// # Errors
    ///
    /// When the machine refuses a port.
    pub fn with(
        scenario: Scenario,
        options: sandbox::Options,
        workers: usize,
    ) -> Result<Self, StartError> {
        let spaces = Spaces::new(Arc::new(scenario), options);
        let listener = TcpListener::bind("127.0.0.1:0")?;
        listener.set_nonblocking(true)?;
        let url = format!("http://{}", listener.local_addr()?);
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(workers.max(1))
            .enable_all()
            .build()?;
        let handle = runtime.handle().clone();
        let (stop, stopped) = oneshot::channel();
        let app = app(spaces.clone());
        let serving = std::thread::Builder::new().name("sandtill".to_owned()).spawn(move || {
            runtime.block_on(async move {
                let Ok(listener) = tokio::net::TcpListener::from_std(listener) else { return };
                server::run(listener, app, async {
                    // An error means that the handle is gone, which is a wish to stop as well.
                    let _ = stopped.await;
                })
                .await;
            });
        })?;
        Ok(Self { url, spaces, runtime: handle, stop: Some(stop), serving: Some(serving) })
    }

    /// The base URL, such as `http://127.0.0.1:40123`; no slash at the end.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// All spaces.
    #[must_use]
    pub fn spaces(&self) -> &Spaces {
        &self.spaces
    }

    /// The default space: the same one for as long as the server runs.
    #[must_use]
    pub fn space(&self) -> Arc<Space> {
        self.spaces.default_space()
    }

    /// What the clock of the default space shows.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.space().moment().now
    }

    /// Stops the clock of the default space at an instant.
    ///
    /// # Errors
    ///
    /// That it is being advanced.
    pub fn freeze(&self, at: Timestamp) -> Result<(), ClockIsDriven> {
        self.space().set_clock(Some(Mode::Frozen), Some(at)).map(|_| ())
    }

    /// The journal of the default space, oldest entry first.
    #[must_use]
    pub fn journal(&self) -> Vec<Arc<Entry>> {
        self.space().journal.entries()
    }

    /// The faults of the default space, oldest first.
    #[must_use]
    pub fn faults(&self) -> Vec<Arc<ActiveRule>> {
        self.space().world().state.faults.all().cloned().collect()
    }

    /// Adds a fault to the default space, in the JSON of `POST /_admin/faults`.
    ///
    /// # Errors
    ///
    /// What is wrong with it.
    pub fn add_fault(&self, json: &str) -> Result<Arc<ActiveRule>, RuleError> {
        let file = serde_json::from_str(json).map_err(|err| RuleError::Invalid(err.to_string()));
        fault_rules::add(&self.space(), file?)
    }

    /// The callbacks of the default space, with every attempt so far, the oldest first.
    #[must_use]
    pub fn callbacks(&self) -> Vec<Arc<Callback>> {
        self.space().world().state.outbox.all().cloned().collect()
    }

    /// Moves the clock of the default space on and does all that falls due on the way, in order;
    /// answers with it when the receivers of callbacks have answered. It blocks the thread: a test
    /// whose receiver runs on the same thread awaits [`Self::advance_async`] instead.
    pub fn advance(&self, by: Duration) -> Vec<Occurrence> {
        let (space, to) = self.target(by);
        let (done, finished) = mpsc::channel();
        self.runtime.spawn(async move {
            // An error means that nobody waits any more.
            let _ = done.send(callbacks::advance(&space, to).await);
        });
        // An error means that the server has ended; nothing happens any more.
        finished.recv().unwrap_or_default()
    }

    /// The same without blocking the thread.
    pub async fn advance_async(&self, by: Duration) -> Vec<Occurrence> {
        let (space, to) = self.target(by);
        let moving = self.runtime.spawn(async move { callbacks::advance(&space, to).await });
        moving.await.unwrap_or_default()
    }

    fn target(&self, by: Duration) -> (Arc<Space>, Timestamp) {
        let space = self.space();
        let to = space.moment().now.saturating_add(by).unwrap_or(LATEST);
        (space, to)
    }

    /// Puts the default space back to its scenario.
    pub fn reset(&self) {
        self.space().reset();
    }
}

impl Drop for Sandtill {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(serving) = self.serving.take() {
            // A panic of the server has been printed; there is nothing to add.
            let _ = serving.join();
        }
    }
}
