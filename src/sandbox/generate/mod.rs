//! Generates the rows of a day from (seed, merchant, date): pure functions over named, seeded generators.
//!
//! `stream` holds the random generators, `calendar` the days, `original` the original transactions and
//! their lifecycle events, `subscription`, `terms` and `schedule` the payments of subscriptions, `amount`
//! the prices, `card` the payment details.

pub mod amount;
pub mod calendar;
pub mod card;
pub mod original;
pub mod schedule;
pub mod splitmix;
pub mod stream;
pub mod subscription;
mod terms;
