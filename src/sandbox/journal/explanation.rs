//! What the journal says about a refused request beside the reason: what was expected, what came, and the
//! likely mistake.

use std::fmt;

/// What helps to correct a request. Secrets stand in the texts as placeholders such as `‹key›`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Explanation {
    /// The text that had to be signed, or encoded for HTTP Basic.
    pub string_to_sign: Option<String>,
    /// The proof of identity that was expected.
    pub expected: Option<String>,
    /// The proof of identity that came.
    pub received: Option<String>,
    /// The most likely mistake, as a phrase for people.
    pub likely_mistake: Option<String>,
    /// Where the client's string and ours first differ.
    pub first_difference: Option<Difference>,
    /// Further names and values.
    pub others: Vec<(&'static str, String)>,
    /// What the placeholders stand for.
    pub hidden: Vec<Hidden>,
}

/// The first difference of two strings to sign.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Characters in front of it, the same in both; secrets count with their real length.
    pub at: usize,
    /// The beginning of the rest of our string.
    pub ours: String,
    /// The beginning of the rest of the client's string.
    pub yours: String,
}

/// A placeholder and the secret it stands for.
#[derive(Clone, PartialEq, Eq)]
pub struct Hidden {
    /// The text that is shown.
    pub placeholder: String,
    /// The secret.
    pub value: String,
}

impl fmt::Debug for Hidden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Hidden").field(&self.placeholder).finish()
    }
}

impl Explanation {
    /// An explanation that has only the likely mistake.
    #[must_use]
    pub fn mistake(likely_mistake: impl Into<String>) -> Self {
        Self { likely_mistake: Some(likely_mistake.into()), ..Self::default() }
    }

    /// All texts that can quote the client or a secret.
    pub fn texts_mut(&mut self) -> impl Iterator<Item = &mut String> {
        let difference = self.first_difference.iter_mut();
        let proofs = [
            &mut self.string_to_sign,
            &mut self.expected,
            &mut self.received,
            &mut self.likely_mistake,
        ];
        let others = self.others.iter_mut().map(|other| &mut other.1);
        proofs
            .into_iter()
            .flatten()
            .chain(difference.flat_map(|it| [&mut it.ours, &mut it.yours]))
            .chain(others)
            .chain(self.hidden.iter_mut().flat_map(|it| [&mut it.placeholder, &mut it.value]))
    }

    /// The explanation with the secrets in place of their placeholders.
    #[must_use]
    pub fn shown(mut self) -> Self {
        let hidden = std::mem::take(&mut self.hidden);
        for text in self.texts_mut() {
            for Hidden { placeholder, value } in &hidden {
                if text.contains(placeholder.as_str()) {
                    *text = text.replace(placeholder.as_str(), value);
                }
            }
        }
        self
    }

    /// Bytes of memory used.
    pub(super) fn weight(&self) -> usize {
        let proofs = [&self.string_to_sign, &self.expected, &self.received, &self.likely_mistake];
        let proofs: usize = proofs.into_iter().flatten().map(String::capacity).sum();
        let difference = self.first_difference.as_ref();
        let difference = difference.map_or(0, |it| it.ours.capacity() + it.yours.capacity());
        let others: usize = self.others.iter().map(|it| it.1.capacity()).sum();
        let hidden: usize =
            self.hidden.iter().map(|it| it.placeholder.capacity() + it.value.capacity()).sum();
        let lists = self.others.capacity() * size_of::<(&str, String)>()
            + self.hidden.capacity() * size_of::<Hidden>();
        size_of::<Self>() + proofs + difference + others + hidden + lists
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_shown_only_when_asked_for() {
        let explanation = Explanation {
            string_to_sign: Some("‹key›|1".to_owned()),
            hidden: vec![Hidden {
                placeholder: "‹key›".to_owned(), value: "s3cret".to_owned()
            }],
            ..Explanation::default()
        };
        assert!(!format!("{explanation:?}").contains("s3cret"));
        assert_eq!(explanation.shown().string_to_sign.as_deref(), Some("s3cret|1"));
    }
}
