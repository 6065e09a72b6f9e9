//! Pieces of wire formats that at least two providers use.
//!
//! `call`: the argument of a handler; `body`: reading a body; `basic_auth`: HTTP Basic authentication;
//! `json`: writing JSON without a tree of values; `line`: writing rows in pieces; `problem`: errors of the
//! sandbox itself; `table`: one value of a report; `proof`: proofs of identity (signatures, HTTP Basic, tokens)
//! and what is wrong with them; `missing`: where a member is that a request lacks; `raw_json`: JSON as it was
//! written; `rows`: the rows of an answer; `text`: numbers as text; `time`: instants as text; `unreadable`: what a
//! body is that is no JSON; `wall_clock`: wall-clock times as instants.

pub mod basic_auth;
pub mod body;
pub mod call;
pub mod json;
pub mod line;
pub mod missing;
pub mod problem;
pub mod proof;
pub mod raw_json;
pub mod rows;
pub mod table;
pub mod text;
pub mod time;
pub mod unreadable;
pub mod wall_clock;
