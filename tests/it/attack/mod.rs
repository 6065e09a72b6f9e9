//! What clients do that mean harm, or that break off: each test bounds what it costs the others.

mod arguments;
mod bodies;
mod connections;
mod entrance;
mod exports;
mod files;
mod idle;
mod kept;
mod outbox;
mod output;
pub(crate) mod program;
mod questions;
mod secrets;
