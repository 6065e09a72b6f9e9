//! (seed, merchant, date) → the rows of that day. Pure functions over named, seeded generators.
//!
//! `stream` holds the generators, `calendar` the days, `birth` one payment and the whole life that is
//! laid out for it, `subscription` and
//! `schedule` the payments that subscriptions bring, `amount` the prices.

pub mod amount;
pub mod calendar;
pub mod card;
pub mod original;
pub mod schedule;
pub mod stream;
pub mod subscription;
mod terms;
