//! The simulated world. It knows no HTTP server, no wire format, and no provider's words.
//!
//! `facts` is what every part speaks of; `generate` makes days, `ledger` shows them; `state` is all that a
//! request can change, `world` a scenario with its state, `draft` a change being decided, `log` what has
//! happened; `space` holds a world, `spaces` are all there are.

pub mod actions;
pub mod callbacks;
pub mod clock;
pub mod digest;
pub mod draft;
pub mod facts;
pub mod faults;
pub mod generate;
pub mod journal;
pub mod ledger;
pub mod log;
pub mod merchant;
pub mod moment;
pub mod money;
pub mod policy;
pub mod pulse;
pub mod scenario;
pub mod space;
pub mod spaces;
mod spelling;
pub mod state;
pub mod world;

use std::time::Duration;

use jiff::SignedDuration;

use self::callbacks::OwnAddresses;
use self::clock::MAX_WAIT_MS;

/// What a server was started with, as far as a sandbox has to know.
#[derive(Clone, Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "switches that do not depend on each other")]
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
    /// Hosts below which a name is that of a space: `sandbox.example` has `t1.sandbox.example`.
    pub space_hosts: Vec<String>,
    /// Whether spaces have to be made before they are used.
    pub declared_spaces: bool,
    /// Connections of a port at a time; further ones wait. A thousand without a number.
    pub max_connections: Option<usize>,
    /// Longest time that a connection stays open while nothing moves on it (real time); 30 seconds without
    /// a value.
    pub connection_timeout: Option<Duration>,
    /// Spaces at most; ten thousand without a number.
    pub max_spaces: Option<usize>,
    /// Spaces that nobody has used for so long (real time) are dropped; never without one.
    pub space_idle: Option<SignedDuration>,
    /// Requests that the journal of a space keeps at most; 1000 without a number, none with 0.
    pub journal_entries: Option<usize>,
    /// Events that the history of a space keeps at most; ten thousand without a number.
    pub history_events: Option<usize>,
    /// Milliseconds of real time that a call of the admin API may wait at most; ten minutes without
    /// a number.
    pub longest_wait_ms: Option<u64>,
}

impl Options {
    /// Milliseconds of real time that a call of the admin API may wait at most.
    #[must_use]
    pub fn longest_wait_ms(&self) -> u64 {
        self.longest_wait_ms.unwrap_or(MAX_WAIT_MS).min(MAX_WAIT_MS)
    }
}
