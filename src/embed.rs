//! Sandtill inside another program: a running server on a free port, stopped when it is dropped.

use std::net::TcpListener;
use std::sync::{Arc, mpsc};
use std::thread::JoinHandle;
use std::time::Duration;

use jiff::Timestamp;
use tokio::runtime::Handle;
use tokio::sync::oneshot;

use crate::admin::faults;
use crate::admin::problem::Problem;
use crate::app::app;
use crate::providers;
use crate::sandbox::callbacks::{self, Callback, Event};
use crate::sandbox::clock::{Clock, LATEST, Mode};
use crate::sandbox::faults::{Faults, Posted};
use crate::sandbox::journal::Journal;
use crate::sandbox::scenario::{Overrides, Scenario, ScenarioError};
use crate::sandbox::spaces::{DEFAULT, Spaces};
use crate::sandbox::{self, Sandbox};
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
}

impl Default for Options {
    fn default() -> Self {
        Self { scenario: "default".to_owned(), seed: None, quirks: None, frozen_at: None }
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
/// assert_eq!(sandtill.clock().now(), "2026-03-16T00:00:00Z".parse()?);
/// assert!(happened.is_empty() && sandtill.callbacks().is_empty());
///
/// // The next report of Flitt breaks off in the middle, and the journal says so afterwards.
/// sandtill.add_fault(r#"{"provider":"flitt","times":1,"fault":{"kind":"truncate"}}"#)?;
/// assert_eq!(sandtill.faults().all().len(), 1);
/// assert!(sandtill.journal().entries().is_empty());
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
        Self::with(scenario, sandbox::Options::default())
    }

    /// The same with a scenario that has been read already.
    ///
    /// # Errors
    ///
    /// When the machine refuses a port.
    pub fn with(scenario: Scenario, options: sandbox::Options) -> Result<Self, StartError> {
        let spaces = Spaces::new(Arc::new(scenario), options);
        let listener = TcpListener::bind("127.0.0.1:0")?;
        listener.set_nonblocking(true)?;
        let url = format!("http://{}", listener.local_addr()?);
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
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

    /// The default space as it is now; a reset puts another one in its place.
    ///
    /// # Panics
    ///
    /// Never: the default space is always there.
    #[must_use]
    #[expect(clippy::expect_used, reason = "the default space cannot be removed")]
    pub fn sandbox(&self) -> Sandbox {
        self.spaces.space(DEFAULT).expect("the default space is always there")
    }

    /// The clock of the default space.
    #[must_use]
    pub fn clock(&self) -> Clock {
        self.sandbox().clock.clone()
    }

    /// The journal of the default space.
    #[must_use]
    pub fn journal(&self) -> Journal {
        self.sandbox().journal.clone()
    }

    /// The faults of the default space.
    #[must_use]
    pub fn faults(&self) -> Faults {
        self.sandbox().faults.clone()
    }

    /// Adds a fault to the default space, in the JSON of `POST /_admin/faults`.
    ///
    /// # Errors
    ///
    /// What is wrong with it.
    pub fn add_fault(&self, json: &str) -> Result<Posted, Problem> {
        let file = serde_json::from_str(json).map_err(|err| Problem::bad_request(err.to_string()));
        faults::post(&self.sandbox(), file?)
    }

    /// The callbacks of the default space, with every attempt so far, the oldest first.
    #[must_use]
    pub fn callbacks(&self) -> Vec<Callback> {
        self.sandbox().callbacks.all()
    }

    /// Moves the clock of the default space on and does all that falls due on the way, in order;
    /// answers with it when the receivers of callbacks have answered. It blocks the thread: a test
    /// whose receiver runs on the same thread awaits [`Self::advance_async`] instead.
    pub fn advance(&self, by: Duration) -> Vec<Event> {
        let (sandbox, to) = self.target(by);
        let (done, happened) = mpsc::channel();
        self.runtime.spawn(async move {
            // An error means that nobody waits any more.
            let _ = done.send(callbacks::advance(&sandbox, to).await);
        });
        // An error means that the server has ended; nothing happens any more.
        happened.recv().unwrap_or_default()
    }

    /// The same without blocking the thread.
    pub async fn advance_async(&self, by: Duration) -> Vec<Event> {
        let (sandbox, to) = self.target(by);
        let moving = self.runtime.spawn(async move { callbacks::advance(&sandbox, to).await });
        moving.await.unwrap_or_default()
    }

    fn target(&self, by: Duration) -> (Sandbox, Timestamp) {
        let sandbox = self.sandbox();
        let to = sandbox.clock.now().saturating_add(by).unwrap_or(LATEST);
        (sandbox, to)
    }

    /// Puts the default space back to its scenario.
    pub fn reset(&self) {
        self.spaces.put(self.sandbox().reset());
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
