//! What is printed: a line a figure, reached beside to reach.

use std::fmt;

/// Lines in the order they were measured.
#[derive(Debug, Default)]
pub struct Table(Vec<[String; 4]>);

impl Table {
    /// Adds a line and prints it at once, so that a long run shows its progress.
    pub fn line(&mut self, what: &str, reached: String, to_reach: &str, good: Option<bool>) {
        let mark = good.map_or("", |good| if good { "reached" } else { "NOT REACHED" });
        println!("{what}: {reached} (to reach: {to_reach}) {mark}");
        self.0.push([what.to_owned(), reached, to_reach.to_owned(), mark.to_owned()]);
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "| what | reached | to reach | |\n|---|---|---|---|")?;
        for [what, reached, to_reach, mark] in &self.0 {
            writeln!(f, "| {what} | {reached} | {to_reach} | {mark} |")?;
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
