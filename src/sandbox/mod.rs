//! The simulated world: everything that does not depend on the HTTP server, on wire formats or on providers.
//!
//! `facts` are the basic types; `generate` makes the rows of a day, `ledger` shows them; `state` is all that
//! a request can change, `world` a scenario with its state, `draft` a change while it is decided, `history`
//! the past events; `space` holds a world, `spaces` all spaces of a server; `log` keeps events where they
//! outlast the process.

pub mod actions;
pub mod callbacks;
pub mod clock;
pub mod digest;
pub mod draft;
pub mod due;
pub mod facts;
pub mod faults;
pub mod generate;
pub mod history;
pub mod journal;
pub mod ledger;
pub mod log;
pub mod long_work;
pub mod merchant;
pub mod moment;
pub mod money;
pub mod policy;
pub mod pulse;
mod recovery;
pub mod scenario;
pub mod space;
pub mod spaces;
mod spelling;
pub mod state;
pub mod truth;
pub mod world;

use std::time::Duration;

use jiff::SignedDuration;

use self::callbacks::OwnAddresses;
use self::clock::MAX_WAIT_MS;

/// The options of the server that matter to the sandbox.
#[derive(Clone, Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "switches that do not depend on each other")]
pub struct Options {
    /// The URL at which clients reach the server (`https://sandbox.example`); absolute links begin with it.
    /// `None`: they are made from the host of each request.
    pub public_url: Option<String>,
    /// Allow-list of the egress policy: hosts beyond loopback and private addresses to which callbacks may be
    /// sent; `host`, `*.domain` or `*`.
    pub callback_allow: Vec<String>,
    /// Whether callbacks are never sent and wait to be pulled instead.
    pub hold_callbacks: bool,
    /// The root certificate that clients of the TLS port have to trust, as PEM; `None` without a TLS port, or
    /// when its certificate was given by the user.
    pub tls_ca: Option<String>,
    /// The addresses on which the server listens; callbacks are never sent there.
    pub own_addresses: OwnAddresses,
    /// The bearer token that requests to the admin API must present; `None`: no token is required.
    pub admin_token: Option<String>,
    /// Whether the admin API is open without a token when other machines can reach the server.
    pub admin_open: bool,
    /// Whether the server listens on an address that other machines can reach.
    pub beyond_loopback: bool,
    /// Hosts whose subdomains name spaces: for `sandbox.example`, `t1.sandbox.example` is the space `t1`.
    pub space_hosts: Vec<String>,
    /// Whether a space has to be created through the admin API before it is used.
    pub declared_spaces: bool,
    /// The maximum number of connections of a port at a time; further ones wait. 1000 for `None`.
    pub max_connections: Option<usize>,
    /// Longest time that a connection stays open while nothing moves on it (real time); 30 seconds
    /// for `None`.
    pub connection_timeout: Option<Duration>,
    /// The maximum number of spaces; 10,000 for `None`.
    pub max_spaces: Option<usize>,
    /// Spaces that were not used for this long (real time) are dropped; `None`: never.
    pub space_idle: Option<SignedDuration>,
    /// The maximum number of entries in the journal of a space; 1000 for `None`, none for 0.
    pub journal_entries: Option<usize>,
    /// The maximum memory of the journals of all spaces together in bytes, estimated; 256 MiB for `None`.
    pub journal_bytes: Option<usize>,
    /// The maximum number of events in the log of a space; 10,000 for `None`.
    pub history_events: Option<usize>,
    /// The maximum time that a call of the admin API may wait, in milliseconds of real time; ten minutes for
    /// `None`.
    pub longest_wait_ms: Option<u64>,
}

impl Options {
    /// The maximum time that a call of the admin API may wait, in milliseconds of real time; never above
    /// `MAX_WAIT_MS`.
    #[must_use]
    pub fn longest_wait_ms(&self) -> u64 {
        self.longest_wait_ms.unwrap_or(MAX_WAIT_MS).min(MAX_WAIT_MS)
    }
}
