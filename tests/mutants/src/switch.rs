//! Which mutant is on. `.ci/mutants` writes this file into the mutated copy; `MUTANT` names the mutant of a run,
//! and with `MUTANT_REACHED` the numbers of those that a run comes by are written to that file instead.

use std::io::Write as _;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::Relaxed};

const MAX_MUTANTS: u32 = 8192;

/// Stand for no mutant, for writing down what is reached, and for not knowing yet.
const NONE: u32 = MAX_MUTANTS;
const REACHING: u32 = u32::MAX - 1;
const UNKNOWN: u32 = u32::MAX;

static ACTIVE: AtomicU32 = AtomicU32::new(UNKNOWN);
static SEEN: [AtomicBool; MAX_MUTANTS as usize] =
    [const { AtomicBool::new(false) }; MAX_MUTANTS as usize];
static REACHED: OnceLock<Option<String>> = OnceLock::new();

/// Whether a mutant is on: one load and one comparison, in every changed expression.
#[inline]
pub(crate) fn mutant(id: u32) -> bool {
    let active = ACTIVE.load(Relaxed);
    if active <= NONE { active == id } else { slow(active, id) }
}

#[cold]
#[inline(never)]
fn slow(active: u32, id: u32) -> bool {
    let reached = REACHED.get_or_init(|| std::env::var("MUTANT_REACHED").ok());
    if active == UNKNOWN {
        let given = std::env::var("MUTANT").ok().and_then(|it| it.parse().ok());
        let otherwise = if reached.is_some() { REACHING } else { NONE };
        ACTIVE.store(given.unwrap_or(otherwise), Relaxed);
        return mutant(id);
    }
    let is_new = SEEN.get(id as usize).is_some_and(|it| !it.swap(true, Relaxed));
    if let Some(path) = reached.as_ref().filter(|_| is_new) {
        let file = std::fs::OpenOptions::new().append(true).create(true).open(path);
        // One call, so that the lines of two processes do not mix.
        file.unwrap().write_all(format!("{id}\n").as_bytes()).unwrap();
    }
    false
}
