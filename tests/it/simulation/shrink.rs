//! Finds few steps that still fail: leaves out halves, then quarters, down to single steps.

use super::deed::Step;

/// The steps that are left, when `fails` says which of them fail.
pub(super) fn shrunk(steps: Vec<Step>, mut fails: impl FnMut(&[Step]) -> bool) -> Vec<Step> {
    let mut steps = steps;
    let mut size = steps.len().div_ceil(2);
    loop {
        let mut at = 0;
        while at < steps.len() {
            let end = (at + size).min(steps.len());
            let rest: Vec<Step> = steps[..at].iter().chain(&steps[end..]).cloned().collect();
            if fails(&rest) {
                steps = rest;
            } else {
                at = end;
            }
        }
        if size <= 1 {
            return steps;
        }
        size = size.div_ceil(2);
    }
}
