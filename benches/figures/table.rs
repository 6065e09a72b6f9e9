//! The printed table: a line for each figure, with its target.

use std::fmt;

/// The lines in the order of measurement.
#[derive(Debug, Default)]
pub struct Table(Vec<[String; 4]>);

impl Table {
    /// Adds a line and prints it at once, so that a long run shows its progress.
    pub fn line(&mut self, label: &str, reached: String, to_reach: &str, good: Option<bool>) {
        let mark = good.map_or("", |good| if good { "reached" } else { "NOT REACHED" });
        println!("{label}: {reached} (to reach: {to_reach}) {mark}");
        self.0.push([label.to_owned(), reached, to_reach.to_owned(), mark.to_owned()]);
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "| what | reached | to reach | |\n|---|---|---|---|")?;
        for [label, reached, to_reach, mark] in &self.0 {
            writeln!(f, "| {label} | {reached} | {to_reach} | {mark} |")?;
        }
        Ok(())
    }
}

/// `left / right` in hundredths.
pub fn hundredths(left: u64, right: u64) -> u64 {
    left * 100 / right.max(1)
}

/// Hundredths as a decimal: 123 → `1.23`.
pub fn ratio(hundredths: u64) -> String {
    format!("{}.{:02} ×", hundredths / 100, hundredths % 100)
}
