//! Tests that the import graphs in ARCHITECTURE.md have exactly the edges of the code.

use std::collections::{BTreeMap, BTreeSet};

use super::{code, files};

const ARCHITECTURE: &str = include_str!("../../../ARCHITECTURE.md");

/// From each module to those it names.
type Edges = BTreeMap<String, BTreeSet<String>>;

/// The module a file is, from the crate downwards.
fn module(path: &str) -> Vec<String> {
    let path = path.strip_prefix("src/").unwrap_or(path).trim_end_matches(".rs");
    let path = path.strip_suffix("/mod").unwrap_or(path);
    path.split('/').map(str::to_owned).collect()
}

/// The paths of a use tree, such as `a::{b, c::d}`, as far down as names go.
fn paths(tree: &str, before: &[String], found: &mut Vec<Vec<String>>) {
    let tree = tree.trim_start();
    let Some(group) = tree.strip_prefix('{') else {
        let end = tree.find(|it: char| !it.is_alphanumeric() && it != '_').unwrap_or(tree.len());
        let path: Vec<String> = before.iter().cloned().chain([tree[..end].to_owned()]).collect();
        match tree[end..].strip_prefix("::") {
            Some(below) if end > 0 => paths(below, &path, found),
            _ => found.push(path),
        }
        return;
    };
    let (mut depth, mut start) = (0, 0);
    for (position, letter) in group.char_indices() {
        match letter {
            '{' => depth += 1,
            '}' if depth == 0 => return paths(&group[start..position], before, found),
            '}' => depth -= 1,
            ',' if depth == 0 => {
                paths(&group[start..position], before, found);
                start = position + 1;
            }
            _ => {}
        }
    }
}

/// Every path that a file names from the crate or from a module above it, whole.
fn named(path: &str, code: &str) -> Vec<Vec<String>> {
    let here = module(path);
    let mut found = Vec::new();
    let is_within = |position: usize| {
        code[..position].ends_with(|it: char| it.is_alphanumeric() || "_:".contains(it))
    };
    for (position, word) in code.match_indices("crate::") {
        if !is_within(position) {
            paths(&code[position + word.len()..], &[], &mut found);
        }
    }
    for (position, _) in code.match_indices("super::") {
        if is_within(position) {
            continue;
        }
        let (mut rest, mut above) = (&code[position..], here.clone());
        while let Some(further) = rest.strip_prefix("super::") {
            (rest, _) = (further, above.pop());
        }
        paths(rest, &above, &mut found);
    }
    found
}

/// The imports among the modules directly below `top`. `moment` counts as `space`.
fn edges(top: &[&str]) -> Edges {
    let level = top.len();
    let mut edges = Edges::new();
    let one = |name: &String| if name == "moment" { "space".to_owned() } else { name.clone() };
    for (path, text) in files("src", "rs") {
        let path = path.display().to_string();
        let here = module(&path);
        if !here.iter().map(String::as_str).take(level).eq(top.iter().copied()) {
            continue;
        }
        let Some(own) = here.get(level).map(one) else { continue };
        let targets = named(&path, &code(&text)).into_iter().filter_map(|target| {
            let is_here = target.iter().map(String::as_str).take(level).eq(top.iter().copied());
            target.get(level).filter(|_| is_here).map(one)
        });
        let is_module = |name: &String| name.chars().all(|it| !it.is_uppercase());
        let others = targets.filter(|name| *name != own && !name.is_empty() && is_module(name));
        edges.entry(own.clone()).or_default().extend(others);
    }
    edges.retain(|_, targets| !targets.is_empty());
    edges
}

/// The edges of the picture behind a line of ARCHITECTURE.md.
fn picture(behind: &str) -> Edges {
    let text = ARCHITECTURE.split_once(behind).unwrap_or_else(|| panic!("{behind}")).1;
    let block = text.split_once("```text\n").unwrap().1.split_once("```").unwrap().0;
    let edge = |line: &str| {
        let (from, to) = line.split_once('→')?;
        Some((from.trim().to_owned(), to.split_whitespace().map(str::to_owned).collect()))
    };
    block.lines().filter_map(edge).collect()
}

#[test]
fn the_pictures_show_every_edge() {
    assert_eq!(picture("Between the top folders"), edges(&[]));
    assert_eq!(picture("Inside the sandbox"), edges(&["sandbox"]));
}

#[test]
fn nobody_imports_in_a_circle() {
    for mut left in [edges(&[]), edges(&["sandbox"])] {
        // Removes modules without remaining imports; in a cycle no module is removable.
        while !left.is_empty() {
            let free = |targets: &BTreeSet<String>| targets.iter().all(|it| !left.contains_key(it));
            let gone: Vec<String> =
                left.iter().filter(|it| free(it.1)).map(|it| it.0.clone()).collect();
            assert!(!gone.is_empty(), "a circle among {:?}", left.keys());
            left.retain(|name, _| !gone.contains(name));
        }
    }
}

#[test]
fn every_way_to_name_a_module_is_seen() {
    let code = "use crate::wire::{call::Call, time};\nlet it = super::super::money::Currency;\n\
                use super::rows::{Axis, Rows};\ncrate::sandbox::clock::real_now();";
    let named: Vec<String> =
        named("src/sandbox/ledger/view.rs", code).iter().map(|it| it.join("::")).collect();
    assert_eq!(
        named,
        [
            "wire::call::Call",
            "wire::time",
            "sandbox::clock::real_now",
            "sandbox::money::Currency",
            "sandbox::ledger::rows::Axis",
            "sandbox::ledger::rows::Rows",
        ]
    );
}
