//! Pieces of wire formats that at least two providers use.
//!
//! `call` is what a handler gets, `basic_auth` who says to be asking, `json` writing without a tree,
//! `printed` rows that were printed before, `table` one value of a report, `text` writing numbers,
//! `time` writing instants.

pub mod basic_auth;
pub mod call;
pub mod json;
pub mod printed;
pub mod table;
pub mod text;
pub mod time;
