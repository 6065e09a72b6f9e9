//! Runs Sandtill inside another program: a server on a free port that stops when its value is dropped.

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

/// Options of [`Sandtill::start`].
#[derive(Clone, Debug)]
pub struct Options {
    /// The name of a built-in scenario, or the path of a scenario file.
    pub scenario: String,
    /// Replaces the seed of the scenario.
    pub seed: Option<u64>,
    /// Replaces the quirks of the scenario; each as `provider.name`.
    pub quirks: Option<Vec<String>>,
    /// First time of the clock. `Some` also freezes the clock; `None` takes mode and time of the scenario.
    pub frozen_at: Option<Timestamp>,
    /// Number of threads that serve requests; 0 counts as 1.
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

/// Why the server did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The scenario cannot be read or is not valid.
    #[error("scenario {0}")]
    Scenario(#[from] ScenarioError),
    /// The operating system gives no port or no thread.
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
/// // `advance` returns after all that falls due on the way has happened, callbacks included.
/// let happened = sandtill.advance(Duration::from_secs(36 * 3600));
/// assert_eq!(sandtill.now(), "2026-03-16T00:00:00Z".parse()?);
/// assert!(happened.is_empty() && sandtill.callbacks().is_empty());
///
/// // The next report of Flitt is cut off in the middle, and the journal shows it.
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
    /// Starts a server on a free port of 127.0.0.1. It accepts requests when this function returns.
    ///
    /// # Errors
    ///
    /// If the scenario is not valid, or the operating system gives no port or no thread.
    pub fn start(options: Options) -> Result<Self, StartError> {
        let overrides = Overrides { seed: options.seed, quirks: options.quirks };
        let mut scenario = Scenario::load(&options.scenario, &providers::vocabulary(), &overrides)?;
        if let Some(now) = options.frozen_at {
            scenario.clock.mode = Mode::Frozen;
            scenario.clock.now = Some(now);
        }
        Self::with(scenario, sandbox::Options::default(), options.workers)
    }

    /// Like [`Self::start`], with a scenario that is read already, and with `workers` threads that serve.
    ///
    /// # Errors
    ///
    /// If the operating system gives no port or no thread.
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
                    // An error means that the `Sandtill` value was dropped, which also stops the server.
                    let _ = stopped.await;
                })
                .await;
            });
        })?;
        Ok(Self { url, spaces, runtime: handle, stop: Some(stop), serving: Some(serving) })
    }

    /// The base URL, such as `http://127.0.0.1:40123`, without a slash at the end.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// All spaces of the server.
    #[must_use]
    pub fn spaces(&self) -> &Spaces {
        &self.spaces
    }

    /// The default space. It stays the same as long as the server runs.
    #[must_use]
    pub fn space(&self) -> Arc<Space> {
        self.spaces.default_space()
    }

    /// The current time of the clock of the default space.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.space().moment().now
    }

    /// Freezes the clock of the default space at an instant.
    ///
    /// # Errors
    ///
    /// If an `advance` of this clock is in progress.
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

    /// Adds a fault rule to the default space, in the JSON format of `POST /_admin/faults`.
    ///
    /// # Errors
    ///
    /// If the JSON is not a valid fault rule.
    pub fn add_fault(&self, json: &str) -> Result<Arc<ActiveRule>, RuleError> {
        let file = serde_json::from_str(json).map_err(|err| RuleError::Invalid(err.to_string()));
        fault_rules::add(&self.space(), file?)
    }

    /// The callbacks of the default space with all attempts so far, oldest first.
    #[must_use]
    pub fn callbacks(&self) -> Vec<Arc<Callback>> {
        self.space().world().state.outbox.all().cloned().collect()
    }

    /// Moves the clock of the default space forward and processes all that falls due on the way, in order.
    /// Returns these occurrences after the receivers of the callbacks have answered. It blocks the thread: a
    /// test whose receiver runs on the same thread must await [`Self::advance_async`] instead.
    pub fn advance(&self, by: Duration) -> Vec<Occurrence> {
        let (space, to) = self.target(by);
        let (done, finished) = mpsc::channel();
        self.runtime.spawn(async move {
            // An error means that the caller does not wait any more.
            let _ = done.send(callbacks::advance(&space, to).await);
        });
        // An error means that the server has ended, so nothing has happened.
        finished.recv().unwrap_or_default()
    }

    /// Like [`Self::advance`], without blocking the thread.
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

    /// Resets the default space to its scenario.
    pub fn reset(&self) {
        self.space().reset();
    }
}

impl Drop for Sandtill {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(serving) = self.serving.take() {
            // The panic message of the server thread is printed already.
            let _ = serving.join();
        }
    }
}
