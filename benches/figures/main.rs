//! The figures of the README: `cargo bench` prints each line with what was reached and what is to be
//! reached. Ratios within one run on one machine; server and load on a core each where there are two.

#![expect(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::unwrap_used,
    unreachable_pub,
    reason = "a bench prints, measures real time, and may give up"
)]

mod asks;
mod bare;
mod downloads;
mod filter;
mod load;
mod pages;
mod peers;
mod plain;
mod process;
mod scale;
mod scenario;
mod series;
mod small;
mod spaces;
mod start;
mod stocks;
mod table;
mod turns;
mod walks;

use table::Table;

/// Measures some lines of the table.
type Part = fn(&mut Table);

fn main() {
    let args: Vec<String> = std::env::args().collect();
    if let Some(place) = args.iter().position(|arg| arg == "--bare") {
        return bare::serve(&args[place + 1], args.get(place + 2).map_or("", String::as_str));
    }
    if process::pin_self() {
        return;
    }
    if let Some(place) = args.iter().position(|arg| arg == "--load") {
        return pages::load(&args[place + 1]);
    }
    let only: Vec<&String> = args.iter().skip(1).filter(|arg| !arg.starts_with("--")).collect();
    let named = |name: &str| only.iter().any(|it| name.contains(it.as_str()));
    // The peers have to be installed first; `cores` comes out one way or the other.
    let asked_for = ["peers", "cores"];
    let wanted = |name: &str| named(name) || (only.is_empty() && !asked_for.contains(&name));
    let mut table = Table::default();
    let parts: [(&str, Part); 10] = [
        ("walks", walks::run),
        ("cores", walks::cores),
        ("small", small::run),
        ("pages", pages::run),
        ("filter", filter::run),
        ("downloads", downloads::run),
        ("start", start::run),
        ("spaces", spaces::run),
        ("scale", scale::run),
        ("peers", peers::run),
    ];
    for (name, run) in parts {
        if wanted(name) {
            run(&mut table);
        }
    }
    println!("\n{table}");
}
