//! Pieces of wire formats that at least two providers use.
//!
//! `call` is what a handler gets, `body` how it was read, `basic_auth` who says to be asking, `json`
//! writing without a tree, `problem` what the sandbox itself says of a refusal, `table` one value of a
//! report, `text` writing numbers, `time` writing instants.

pub mod basic_auth;
pub mod body;
pub mod call;
pub mod json;
pub mod problem;
pub mod table;
pub mod text;
pub mod time;
