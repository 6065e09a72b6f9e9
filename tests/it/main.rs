//! Everything that is tested from outside, in one binary: links once, shares helpers.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a failed test is a panic"
)]

mod admin;
mod begateway;
mod books;
mod callbacks;
mod receiver;
mod support;
