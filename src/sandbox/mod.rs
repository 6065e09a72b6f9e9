//! The simulated world. It knows no HTTP server, no wire format, and no provider's words.

pub mod actions;
pub mod callbacks;
pub mod clock;
pub mod digest;
pub mod faults;
pub mod generate;
pub mod heads;
pub mod jobs;
pub mod journal;
pub mod ledger;
pub mod merchant;
pub mod money;
pub mod scenario;
pub mod snapshot;
pub mod spaces;
pub mod throttle;
pub mod tokens;

use std::ops::Deref;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, Weak};

use jiff::{SignedDuration, Timestamp};

use self::callbacks::{Callbacks, OwnAddresses};
use self::clock::Clock;
use self::faults::Faults;
use self::jobs::Jobs;
use self::journal::Journal;
use self::ledger::{Ledger, View};
use self::merchant::MerchantId;
use self::scenario::Scenario;
use self::throttle::Throttle;
use self::tokens::Tokens;

/// What a server was started with, as far as a sandbox has to know.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// How clients reach the server from outside (`https://sandbox.example`), where absolute links
    /// are not to be made from the request's own host.
    pub public_url: Option<String>,
    /// Hosts beyond loopback and private addresses that callbacks may go to: `host`, `*.domain` or
    /// `*`.
    pub callback_allow: Vec<String>,
    /// Whether callbacks are never sent and wait to be pulled instead.
    pub hold_callbacks: bool,
    /// The root certificate that clients of the TLS port have to trust, as PEM; `None` without such a
    /// port or with a certificate from elsewhere.
    pub tls_ca: Option<String>,
    /// Where the server listens; callbacks never go there.
    pub own_addresses: OwnAddresses,
    /// What the admin API wants to see as `Authorization: Bearer …`; nothing without one.
    pub admin_token: Option<String>,
    /// Whether the admin API is open to everybody who reaches it.
    pub admin_open: bool,
    /// Whether the server can be reached from other machines.
    pub beyond_loopback: bool,
    /// Spaces that nobody has used for so long (real time) are dropped; never without one.
    pub space_idle: Option<SignedDuration>,
    /// Requests that the journal of a space keeps at most; 1000 without a number, none with 0.
    pub journal_entries: Option<usize>,
    /// Milliseconds of real time that a call of the admin API may wait at most; ten minutes without
    /// a number.
    pub longest_wait_ms: Option<u64>,
}

impl Options {
    /// Milliseconds of real time that a call of the admin API may wait at most.
    #[must_use]
    pub fn longest_wait_ms(&self) -> u64 {
        self.longest_wait_ms.unwrap_or(faults::MOST_MS).min(faults::MOST_MS)
    }
}

/// The bundle of handles of one space. Cheap to clone; clones are the same world.
#[derive(Clone, Debug)]
pub struct Sandbox(Arc<World>);

/// Everything there is in one space.
#[derive(Debug)]
pub struct World {
    /// The space's name; empty for the default one.
    pub space: String,
    /// The space it was made in; another one only where a snapshot was restored.
    pub born: String,
    /// What it was made from.
    pub scenario: Arc<Scenario>,
    /// Its time.
    pub clock: Clock,
    /// Its money.
    pub ledger: Ledger,
    /// What was asked.
    pub journal: Journal,
    /// Access tokens handed out.
    pub tokens: Tokens,
    /// Reports being prepared.
    pub jobs: Jobs,
    /// What shall go wrong.
    pub faults: Faults,
    // A `std` lock: held while an action is checked and done, never across an `.await`.
    acting: Mutex<()>,
    /// Who asks too often.
    pub throttle: Throttle,
    /// What leaves by itself.
    pub callbacks: Callbacks,
    /// What the server was started with.
    pub options: Arc<Options>,
    /// When it was made, sandbox time: its window ends there at first.
    pub began: Timestamp,
    /// When it was made, real time.
    pub made_at: Timestamp,
    /// When it was last used, Unix seconds of real time.
    used: AtomicI64,
}

impl Deref for Sandbox {
    type Target = World;

    fn deref(&self) -> &World {
        &self.0
    }
}

impl Sandbox {
    /// A new world.
    #[must_use]
    pub fn new(space: &str, scenario: Arc<Scenario>, options: Arc<Options>) -> Self {
        let journal = options.journal_entries.map_or_else(Journal::default, Journal::keeping);
        Self::with_journal(space, scenario, options, journal)
    }

    fn with_journal(
        space: &str,
        scenario: Arc<Scenario>,
        options: Arc<Options>,
        journal: Journal,
    ) -> Self {
        let clock = scenario.new_clock();
        let began = clock.now();
        let seed = scenario.seed.to_be_bytes();
        let key = |what: &[u8]| digest::key(&[what, &seed, space.as_bytes()]);
        let made_at = clock::real_now();
        Self::of(World {
            space: space.to_owned(),
            born: space.to_owned(),
            ledger: scenario.new_ledger(began),
            clock,
            journal,
            tokens: Tokens::new(key(b"sandtill tokens")),
            jobs: Jobs::default(),
            throttle: Throttle::default(),
            faults: Faults::new(key(b"sandtill faults"), &scenario.file.fault),
            acting: Mutex::default(),
            callbacks: Callbacks::default(),
            options,
            began,
            made_at,
            used: AtomicI64::new(made_at.as_second()),
            scenario,
        })
    }

    /// The world, its callbacks under its faults.
    fn of(world: World) -> Self {
        let faults = world.faults.clone();
        world.callbacks.alter_with(Arc::new(move |callback| {
            faults.strike_callback(callback.message.policy.provider)
        }));
        Self(Arc::new(world))
    }

    /// Says that somebody uses it, at `now` of real time.
    pub fn touch(&self, now: Timestamp) {
        self.used.store(now.as_second(), Ordering::Relaxed);
    }

    /// When it was last used, real time.
    #[must_use]
    pub fn used_at(&self) -> Timestamp {
        Timestamp::from_second(self.used.load(Ordering::Relaxed)).unwrap_or(self.made_at)
    }

    /// The world as its scenario makes it: nothing of the past remains but the numbering of the
    /// journal.
    #[must_use]
    pub fn reset(&self) -> Self {
        self.with_scenario(Arc::clone(&self.scenario))
    }

    /// The world as another scenario makes it.
    #[must_use]
    pub fn with_scenario(&self, scenario: Arc<Scenario>) -> Self {
        self.journal.clear();
        self.callbacks.close();
        let (options, journal) = (Arc::clone(&self.options), self.journal.clone());
        Self::with_journal(&self.space, scenario, options, journal)
    }

    /// The same world for tasks that must not keep it alive.
    #[must_use]
    pub fn downgrade(&self) -> Weak<World> {
        Arc::downgrade(&self.0)
    }

    /// The world that [`Sandbox::downgrade`] spoke of, unless it is gone.
    #[must_use]
    pub fn upgrade(world: &Weak<World>) -> Option<Self> {
        world.upgrade().map(Self)
    }

    /// What a merchant's rows are now.
    #[must_use]
    pub fn view(&self, merchant: MerchantId) -> Option<View> {
        self.ledger.view(merchant, self.clock.now().as_second())
    }

    /// What the paths of this space begin with: empty, or `/@name`.
    #[must_use]
    pub fn prefix(&self) -> String {
        if self.space.is_empty() { String::new() } else { format!("/@{}", self.space) }
    }
}
