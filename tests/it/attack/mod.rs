//! What clients do that mean harm, or that break off: each test bounds what it costs the others.

mod bodies;
mod connections;
mod entrance;
mod output;
mod program;
mod secrets;
