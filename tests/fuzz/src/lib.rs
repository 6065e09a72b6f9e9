//! The fuzz targets: what each does with its input, and what has to hold whatever the input is.

mod bench;
mod lines;
mod oracle;
mod proofs;
mod rows;
mod scenarios;
mod script;
mod snapshots;

/// A target: its name, and what it does with an input. It panics if something is wrong.
type Target = (&'static str, fn(&[u8]));

/// All targets; each is a program of `tests/fuzz/Cargo.toml` and has a folder in `tests/fuzz/corpus/`.
pub const TARGETS: &[Target] = &[
    ("payfort", script::provider),
    ("flitt", script::provider),
    ("begateway", script::provider),
    ("epicpay", script::provider),
    ("wepay", script::provider),
    ("flitt_filters", script::flitt_filters),
    ("credentials", proofs::credentials),
    ("signatures", proofs::signatures),
    ("reconcile", script::reconcile),
    ("scenario", scenarios::run),
    ("snapshot", snapshots::run),
    ("log_lines", lines::run),
    ("row_faults", rows::run),
    ("admin", script::admin),
    ("pages", script::pages),
];

/// Runs the target with this name.
///
/// # Panics
///
/// If something is wrong, or no target has this name.
pub fn run(name: &str, data: &[u8]) {
    let target = TARGETS.iter().find(|target| target.0 == name).expect("a target of this name");
    target.1(data);
}
