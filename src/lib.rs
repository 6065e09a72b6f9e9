//! Sandtill stands in for the reporting APIs of five payment providers.
//!
//! Reading order: `sandbox` is the simulated world (`ledger` what was paid, `generate` how days are
//! made, `clock`, `journal`, `scenario`); `providers` has one folder per real API; `wire` what several
//! of them share; `recorder` is the layer around every request, `app` the table of contents, `server`
//! the loop; `admin` the sandbox's own API; `cli` the commands; `embed` the server inside another
//! program ([`Sandtill::start`]).

pub mod admin;
pub mod app;
#[cfg(feature = "cli")]
pub mod cli;
mod embed;
pub mod providers;
pub mod recorder;
pub mod sandbox;
pub mod server;
mod socket;
#[cfg(feature = "tls")]
mod tls;
pub mod wire;

pub use embed::{Options, Sandtill, StartError};
