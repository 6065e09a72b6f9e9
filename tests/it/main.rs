//! Everything that is tested from outside, in one binary: links once, shares helpers.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    reason = "a failed test is a panic"
)]

mod accepting;
mod admin;
mod attack;
mod begateway;
mod books;
mod callbacks;
mod cli;
mod contract;
mod docker;
mod docs;
mod draining;
mod drivers;
mod emulated;
mod epicpay;
mod faults;
mod files;
mod flitt;
mod fuzz;
mod http;
mod large_amounts;
mod lasting;
mod ledger;
mod levers;
mod payfort;
mod proof;
mod readme;
mod receiver;
mod replicas;
mod simulation;
mod spaces;
mod support;
mod threads;
mod tidy;
mod tls;
mod truth;
mod ui;
mod unmade_days;
mod wepay;
