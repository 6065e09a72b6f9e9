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
mod draining;
mod drivers;
mod embed;
mod epicpay;
mod flitt;
mod large_amounts;
mod ledger;
mod payfort;
mod proof;
mod readme;
mod receiver;
mod spaces;
mod support;
mod threads;
mod tidy;
mod tls;
mod unmade_days;
mod wepay;
