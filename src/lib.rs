//! Sandtill emulates the reporting APIs of five payment providers. A Rust test starts the server inside itself:
//!
//! ```
//! use std::time::Duration;
//!
//! use sandtill::{NewPayment, Options, Requests, Sandtill};
//!
//! let sandtill = Sandtill::start(Options::default().frozen_at("2026-03-14T12:00:00Z"))?;
//! let provider = sandtill.provider("begateway")?;
//! let payment = NewPayment::new(12345, "EUR").merchant(&provider.merchant);
//! let payment = sandtill.transactions().add(payment)?;
//! // Here your importer asks `provider.url` with `provider.credentials`.
//! let truth = sandtill.truth("begateway", &provider.merchant, ("2026-03-14", "2026-03-15"))?;
//! assert!(truth["totals"].is_array() && payment.fee < payment.amount);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! [`Sandtill`] is a server and its default space; [`Sandtill::space`] gives each test a world of its own.
//! [`Space`] has all that can be done there; instants are text or [`Timestamp`], amounts minor units. With
//! `default-features = false` a test compiles neither the command line nor the TLS port.
//!
//! Everything that is hidden here belongs to the program and its own tests, and changes without notice. Its
//! reading order: `sandbox` is the simulated world (`ledger`: the transactions; `generate`: how the rows of
//! a day are generated; `clock`, `journal`, `scenario`); `providers` has one folder per real API; `wire` has
//! the parts of wire formats that several providers share; `recorder` is the layer around every request to
//! a provider; `app` builds the routes; `server` accepts connections; `admin` is the admin API; `cli` has
//! the commands; `embed` runs the server inside another program.

#![forbid(unsafe_code)]

#[doc(hidden)]
pub mod admin;
#[doc(hidden)]
pub mod app;
#[cfg(feature = "cli")]
#[doc(hidden)]
pub mod cli;
mod connection;
mod embed;
#[doc(hidden)]
pub mod providers;
#[doc(hidden)]
pub mod recorder;
#[doc(hidden)]
pub mod sandbox;
#[doc(hidden)]
pub mod server;
mod socket;
#[cfg(feature = "tls")]
mod tls;
#[doc(hidden)]
pub mod ui;
#[doc(hidden)]
pub mod wire;

pub use embed::{
    Action, Advanced, Attempt, Callback, Clock, Deposit, Deposits, DisputeOutcome, Error, Event,
    Fault, FaultRule, Faults, Happened, History, Instant, Journal, JournalEntry, Lag, NewPayment,
    Options, Provider, Reporting, Requests, Sandtill, Space, StartError, Step, Transaction,
    Transactions,
};
pub use jiff::Timestamp;
pub use serde_json::Value;

/// The page of the documentation about Rust, whose example is run as a test.
#[cfg(doctest)]
#[doc = include_str!("../docs/rust.md")]
mod rust_page {}
