//! What lies around the wires: where the server listens, how headers are spelled, paths that nobody has.

mod headers;
mod listening;
mod paths;
