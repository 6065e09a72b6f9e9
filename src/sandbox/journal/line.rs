//! A request on one line for a terminal: what was asked and how it ended.

use std::fmt::{self, Write};

/// What the line says. Secrets have to be replaced before.
#[derive(Clone, Copy, Debug, Default)]
pub struct Line<'a> {
    /// The name of the space; empty for the default one.
    pub space: &'a str,
    /// The slug of the provider; empty for a path that belongs to none.
    pub provider: &'a str,
    /// The operation of the provider.
    pub operation: &'a str,
    /// The method of a request to a path that belongs to no provider.
    pub method: &'a str,
    /// The path of such a request.
    pub path: &'a str,
    /// The HTTP status; 0 if no answer was sent.
    pub status: u16,
    /// How long it took, in microseconds.
    pub duration_us: u64,
    /// Why it was refused.
    pub reason: Option<&'a str>,
    /// The mistake that probably caused the refusal.
    pub likely_mistake: Option<&'a str>,
    /// The ids of the fault rules that were applied.
    pub fault: Option<&'a str>,
    /// The number of the journal entry, for refusals and faults; `None` to leave it out.
    pub entry: Option<u64>,
}

/// Text of a client, without control characters, which could end the line or command the terminal.
struct Plain<'a>(&'a str);

impl fmt::Display for Plain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for c in self.0.chars() {
            if c.is_control() { write!(f, "{}", c.escape_default())? } else { f.write_char(c)? }
        }
        Ok(())
    }
}

/// A length of time for people: `850 µs`, `1.2 ms`, `12.3 s`.
struct Length(u64);

impl fmt::Display for Length {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            us @ 0..100 => write!(f, "{us} µs"),
            us @ 100..10_000_000 => write!(f, "{}.{} ms", us / 1000, us % 1000 / 100),
            us => write!(f, "{}.{} s", us / 1_000_000, us % 1_000_000 / 100_000),
        }
    }
}

impl fmt::Display for Line<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.space.is_empty() {
            write!(f, "@{} ", Plain(self.space))?;
        }
        if self.provider.is_empty() {
            write!(f, "{} {} → ", Plain(self.method), Plain(self.path))?;
        } else {
            write!(f, "{} {} → ", self.provider, self.operation)?;
        }
        if let Some(fault) = self.fault {
            match self.status {
                0 => write!(f, "{} cut the answer", Plain(fault))?,
                status => write!(f, "{} made it {status}", Plain(fault))?,
            }
            write!(f, " in {}", Length(self.duration_us))?;
        } else if let Some(reason) = self.reason {
            write!(f, "refused: {}", Plain(reason))?;
        } else {
            return write!(f, "{} in {}", self.status, Length(self.duration_us));
        }
        if let Some(likely) = self.likely_mistake {
            write!(f, " (likely: {})", Plain(likely))?;
        }
        match self.entry {
            Some(entry) => write!(f, ", journal {entry}"),
            None => Ok(()),
        }
    }
}

/// Segments of a path that are at least this long (in bytes) are secrets, such as the end of the address of a
/// WePay file; all names in paths are shorter.
const SECRET_SEGMENT: usize = 24;

/// A path without the segments that are secrets.
#[must_use]
pub fn without_secrets(path: &str) -> String {
    let shown = |segment| match str::len(segment) < SECRET_SEGMENT {
        true => segment,
        false => "‹masked›",
    };
    path.split('/').map(shown).collect::<Vec<&str>>().join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANSWERED: Line<'_> = Line {
        space: "",
        provider: "flitt",
        operation: "report",
        method: "POST",
        path: "/x",
        status: 200,
        duration_us: 1234,
        reason: None,
        likely_mistake: None,
        fault: None,
        entry: Some(17),
    };

    #[test]
    fn an_answer_a_refusal_and_a_fault_read_as_a_sentence() {
        assert_eq!(ANSWERED.to_string(), "flitt report → 200 in 1.2 ms");
        let reason = Some("the signature is another one");
        let refused = Line { reason, likely_mistake: Some("SHA-1 instead of SHA-512"), ..ANSWERED };
        assert_eq!(
            refused.to_string(),
            "flitt report → refused: the signature is another one (likely: SHA-1 instead of \
             SHA-512), journal 17"
        );
        let fault = Line { fault: Some("fault-1"), status: 503, ..ANSWERED };
        assert_eq!(fault.to_string(), "flitt report → fault-1 made it 503 in 1.2 ms, journal 17");
        let lost = Line { provider: "", reason: Some("no"), space: "t1", ..ANSWERED };
        assert_eq!(lost.to_string(), "@t1 POST /x → refused: no, journal 17");
    }

    #[test]
    fn a_client_cannot_command_the_terminal() {
        let line = Line { reason: Some("a\n\u{1b}[2J\u{9b}b"), ..ANSWERED }.to_string();
        assert!(line.contains("a\\n\\u{1b}[2J\\u{9b}b") && line.lines().count() == 1, "{line}");
    }

    #[test]
    fn lengths_have_the_unit_that_fits() {
        for (us, shown) in [(7, "7 µs"), (150, "0.1 ms"), (12_345_678, "12.3 s")] {
            assert_eq!(Length(us).to_string(), shown);
        }
    }
}
