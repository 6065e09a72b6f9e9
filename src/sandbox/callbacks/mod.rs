//! Sending callbacks.
//!
//! `dispatcher` sends what is due (by itself under a running clock, or for [`advance`]), `egress_policy`
//! says where it may go, `delivery` is the only outgoing HTTP there is. What is to be sent is
//! [`state::outbox`](super::state::outbox).

mod delivery;
mod dispatcher;
mod egress_policy;

pub(super) use delivery::choose_cryptography;
pub use dispatcher::{Occurrence, advance, answer, drain, redeliver, start, wait_due};
pub use egress_policy::OwnAddresses;
