//! Measures the figures of the README: `cargo bench` prints each line with the reached value and
//! its target. The values are ratios within one run on one machine; server and load have a core
//! each if there are two.

#![expect(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::unwrap_used,
    unreachable_pub,
    reason = "a bench prints, measures real time, and may give up"
)]

mod bare;
mod downloads;
mod filter;
mod inside;
mod load;
mod logs;
mod peers;
mod plain;
mod process;
mod profile;
mod requests;
mod scale;
mod scenario;
mod series;
mod small;
mod spaces;
mod start;
mod table;
mod truth;
mod turns;
mod walks;
mod workloads;

use table::Table;

/// Measures some lines of the table and adds them to it.
type Part = fn(&mut Table);

fn main() {
    let args: Vec<String> = std::env::args().collect();
    if let Some(index) = args.iter().position(|arg| arg == "--bare") {
        return bare::serve(&args[index + 1], args.get(index + 2).map_or("", String::as_str));
    }
    if let Some(index) = args.iter().position(|arg| arg == "--inside") {
        let count = args.get(index + 2).map_or(1, |count| count.parse().unwrap());
        return inside::run(&args[index + 1], count);
    }
    if process::pin_self() {
        return;
    }
    if let Some(index) = args.iter().position(|arg| arg == "--load") {
        return profile::load(&args[index + 1]);
    }
    let only: Vec<&String> = args.iter().skip(1).filter(|arg| !arg.starts_with("--")).collect();
    let named = |name: &str| only.iter().any(|it| name.contains(it.as_str()));
    // They need installed programs.
    let is_extra = |name: &str| matches!(name, "peers" | "logs");
    let wanted = |name: &str| named(name) || (only.is_empty() && !is_extra(name));
    let mut table = Table::default();
    let parts: [(&str, Part); 11] = [
        ("walks", walks::run),
        ("cores", walks::cores),
        ("small", small::run),
        ("filter", filter::run),
        ("downloads", downloads::run),
        ("truth", truth::run),
        ("start", start::run),
        ("spaces", spaces::run),
        ("scale", scale::run),
        ("peers", peers::run),
        ("logs", logs::run),
    ];
    for (name, run) in parts {
        if wanted(name) {
            run(&mut table);
        }
    }
    println!("\n{table}");
}
