//! Delivery of callbacks.
//!
//! `dispatcher` decides which callback is sent when, `egress_policy` decides which
//! hosts may be called, `delivery` makes the HTTP request. The callbacks themselves are in
//! [`state::outbox`](super::state::outbox).

mod advance;
mod delivery;
mod dispatcher;
mod egress_policy;
mod lease;
mod release;

pub use advance::{advance, advance_by};
pub(super) use delivery::choose_cryptography;
pub use dispatcher::{Occurrence, answer, answer_alone, drain, redeliver, start, wait_due};
pub use egress_policy::OwnAddresses;
