//! Headers of a message as the journal keeps them: one piece of text, since thousands of them are kept
//! and hardly any is ever looked at.

use std::fmt;

/// Names and values in the order they were sent.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Headers {
    /// A line each: name, colon, value. Neither names nor values can have a line break in them.
    lines: String,
}

impl Headers {
    /// No headers, with room for so many bytes of names and values.
    #[must_use]
    pub fn with_capacity(bytes: usize) -> Self {
        Self { lines: String::with_capacity(bytes) }
    }

    /// Adds a header whose value is these pieces, one behind the other.
    pub fn push(&mut self, name: &str, value: &[&str]) {
        self.lines.push_str(name);
        self.lines.push(':');
        value.iter().for_each(|piece| self.lines.push_str(piece));
        self.lines.push('\n');
    }

    /// Every name with its value.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.lines.split_terminator('\n').filter_map(|line| line.split_once(':'))
    }

    /// The first value of a header, named in lower case.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.iter().find(|header| header.0 == name).map(|header| header.1)
    }

    /// Bytes kept, about.
    #[must_use]
    pub fn weight(&self) -> usize {
        self.lines.len()
    }
}

impl fmt::Debug for Headers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_come_back_as_they_were() {
        let mut headers = Headers::default();
        let all = [("host", "localhost:8080"), ("empty", ""), ("cookie", "a=b: c"), ("host", "x")];
        for (name, value) in all {
            headers.push(name, &[value]);
        }
        assert!(headers.iter().eq(all));
        assert_eq!((headers.get("host"), headers.get("none")), (Some("localhost:8080"), None));
    }
}
