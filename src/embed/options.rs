//! The options of an embedded server, and what can be wrong with them.

use jiff::Timestamp;

use super::clock::Instant;
use crate::providers;
use crate::sandbox;
use crate::sandbox::clock::{EARLIEST, LATEST, Mode};
use crate::sandbox::scenario::{Overrides, Scenario};

/// Options of [`Sandtill::start`](super::Sandtill::start). The default is the scenario `default` on its own
/// clock.
///
/// ```
/// use sandtill::{Options, Sandtill};
///
/// let options = Options::default().scenario("paging").seed(7).quirks(["flitt.wide-745"]);
/// let sandtill = Sandtill::start(options)?;
/// # Ok::<(), sandtill::StartError>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Options {
    scenario: Option<String>,
    seed: Option<u64>,
    quirks: Option<Vec<String>>,
    frozen_at: Option<Instant>,
    workers: usize,
    sandbox: sandbox::Options,
}

impl Options {
    /// The name of a built-in scenario, or the path of a scenario file.
    #[must_use]
    pub fn scenario(mut self, name: impl Into<String>) -> Self {
        self.scenario = Some(name.into());
        self
    }

    /// Replaces the seed of the scenario.
    #[must_use]
    pub const fn seed(mut self, seed: u64) -> Self {
        self.seed = Some(seed);
        self
    }

    /// Replaces the quirks of the scenario; each as `provider.name`, or `observed` for all.
    #[must_use]
    pub fn quirks<Q: Into<String>>(mut self, quirks: impl IntoIterator<Item = Q>) -> Self {
        self.quirks = Some(quirks.into_iter().map(Into::into).collect());
        self
    }

    /// Freezes the clock at an instant; without it, the clock is that of the scenario.
    #[must_use]
    pub fn frozen_at(mut self, at: impl Into<Instant>) -> Self {
        self.frozen_at = Some(at.into());
        self
    }

    /// Number of threads that serve requests; 1 unless said.
    #[must_use]
    pub const fn workers(mut self, count: usize) -> Self {
        self.workers = count;
        self
    }

    /// Callbacks are not sent; they wait to be pulled (`GET /_admin/callbacks?state=due`).
    #[must_use]
    pub const fn hold_callbacks(mut self) -> Self {
        self.sandbox.hold_callbacks = true;
        self
    }

    /// A host beyond loopback and private addresses to which callbacks may be sent: `host`, `*.domain` or `*`.
    #[must_use]
    pub fn callback_allow(mut self, host: impl Into<String>) -> Self {
        self.sandbox.callback_allow.push(host.into());
        self
    }

    /// The scenario that is meant, the options of the sandbox, and the number of threads.
    pub(super) fn read(self) -> Result<(Scenario, sandbox::Options, usize), StartError> {
        let name = self.scenario.as_deref().unwrap_or("default");
        let overrides = Overrides { seed: self.seed, quirks: self.quirks };
        let mut scenario = Scenario::load(name, &providers::vocabulary(), &overrides)
            .map_err(|err| StartError::Scenario(err.to_string()))?;
        if let Some(Instant(text)) = self.frozen_at {
            let now = text.parse().ok().filter(|at| (EARLIEST..=LATEST).contains(at));
            let now: Timestamp = now.ok_or(StartError::Instant(text))?;
            scenario.clock.mode = Mode::Frozen;
            scenario.clock.now = Some(now);
        }
        Ok((scenario, self.sandbox, self.workers))
    }
}

/// Why the server did not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The scenario cannot be read or is not valid.
    #[error("scenario {0}")]
    Scenario(String),
    /// The first time of the clock is no instant between 2010 and 2100.
    #[error(
        "`frozen_at` is `{0}`; it must be an instant from 2010 to 2099 such as 2026-03-14T12:00:00Z"
    )]
    Instant(String),
    /// The operating system gives no port or no thread.
    #[error("cannot start: {0}")]
    Io(#[from] std::io::Error),
}
