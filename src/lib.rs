//! Sandtill emulates the reporting APIs of five payment providers.
//!
//! Reading order: `sandbox` is the simulated world (`ledger`: the transactions; `generate`: how the rows of
//! a day are generated; `clock`, `journal`, `scenario`); `providers` has one folder per real API; `wire` has
//! the parts of wire formats that several providers share; `recorder` is the layer around every request to
//! a provider; `app` builds the routes; `server` accepts connections; `admin` is the admin API; `cli` has
//! the commands; `embed` runs the server inside another program ([`Sandtill::start`]).

pub mod admin;
pub mod app;
#[cfg(feature = "cli")]
pub mod cli;
mod connection;
mod embed;
pub mod providers;
pub mod recorder;
pub mod sandbox;
pub mod server;
mod socket;
#[cfg(feature = "tls")]
mod tls;
pub mod ui;
pub mod wire;

pub use embed::{Options, Sandtill, StartError};
