//! The diagnosis of a token in a header: where it is, how it is written, whose it is.

use super::known::Known;
use super::readings::{self, MAX_CREDENTIAL, Reading};
use crate::sandbox::journal::{Explanation, Hidden};
use crate::wire::call::Call;

/// How a provider uses tokens.
pub struct Bearer<'a> {
    /// The slug of the provider.
    pub provider: &'a str,
    /// The scheme: `Bearer`, `Token`.
    pub scheme: &'static str,
    /// The word for the token, which is also its placeholder.
    pub token_word: &'static str,
    /// The token that the client should have sent, if that is known.
    pub expected: Option<&'a str>,
    /// Whether a text is a valid token, in its exact case.
    pub is_valid: &'a dyn Fn(&str) -> bool,
    /// What is known of a text that is no valid token (expired, revoked, of another kind).
    pub what_is: &'a dyn Fn(&str) -> Option<String>,
    /// The valid token that is the same but for its case.
    pub in_any_case: &'a dyn Fn(&str) -> bool,
    /// All values of credentials.
    pub known: Vec<Known<'a>>,
}

impl std::fmt::Debug for Bearer<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Bearer").field("scheme", &self.scheme).finish_non_exhaustive()
    }
}

impl Bearer<'_> {
    /// Explains the proof of a request.
    #[must_use]
    pub fn explain(&self, call: &Call) -> Explanation {
        let header = call.headers.get("authorization");
        let header = header.map(|header| String::from_utf8_lossy(header.as_bytes()).into_owned());
        let mut explanation = Explanation::default();
        let placeholder = format!("‹{}›", self.token_word);
        explanation.expected = Some(format!("{} {placeholder}", self.scheme));
        let token = self.expected.map(str::to_owned);
        explanation.hidden.extend(token.map(|value| Hidden { placeholder, value }));
        if let Some(header) = &header {
            let (scheme, rest) = header.split_once(' ').unwrap_or(("", header));
            let placeholder = format!("‹{} characters›", rest.chars().count());
            explanation.received = Some(format!("{scheme} {placeholder}").trim_start().to_owned());
            explanation.hidden.push(Hidden { placeholder, value: rest.to_owned() });
        }
        explanation.likely_mistake = match &header {
            None => Some(self.without_header(call)),
            Some(header) if header.len() > MAX_CREDENTIAL => {
                Some("the Authorization header is too long".to_owned())
            }
            Some(header) => self.of_header(call, header),
        };
        explanation
    }

    fn without_header(&self, call: &Call) -> String {
        let (scheme, word) = (self.scheme, self.token_word.replace('_', " "));
        match self.elsewhere(call) {
            Some(place) => format!(
                "the {word} is in {place}; it belongs into the header `Authorization: {scheme} …`"
            ),
            None => format!(
                "the client sends no token; the header `Authorization: {scheme} …` with the {word} is wanted"
            ),
        }
    }

    fn elsewhere(&self, call: &Call) -> Option<String> {
        let is_it =
            |text: &str| readings::of(text).iter().any(|reading| (self.is_valid)(&reading.text));
        readings::elsewhere(call, &is_it)
    }

    fn of_header(&self, call: &Call, header: &str) -> Option<String> {
        let header = header.trim();
        let (before, token) = self.split(header);
        let word = self.token_word.replace('_', " ");
        let mut says = before;
        let found = readings::of(token).into_iter().find_map(|Reading { text, says }| {
            let says = says.into_iter().map(str::to_owned);
            if (self.is_valid)(&text) {
                return Some(says.collect::<Vec<_>>());
            }
            let more = match (self.what_is)(&text) {
                Some(found) => found,
                None if (self.in_any_case)(&text) => format!("the {word} is in another case"),
                None => self.of_others(&text)?,
            };
            Some(says.chain([more]).collect())
        });
        match found {
            Some(found) => says.extend(found),
            None => {
                let elsewhere = self.elsewhere(call);
                says.extend(elsewhere.map(|place| {
                    format!("the {word} is in {place}; it belongs into the header `Authorization`")
                }));
                if says.is_empty() {
                    says.push(self.of_shape(token));
                }
            }
        }
        (!says.is_empty()).then(|| says.join("; and "))
    }

    /// What is wrong with the scheme, and the rest of the header.
    fn split<'h>(&self, header: &'h str) -> (Vec<String>, &'h str) {
        let scheme = self.scheme;
        let lower = header.to_ascii_lowercase();
        if lower.starts_with(&scheme.to_ascii_lowercase()) {
            let (word, rest) = header.split_at_checked(scheme.len()).unwrap_or((header, ""));
            let mut says = Vec::new();
            if word != scheme && scheme == "Token" {
                says.push(format!("the scheme is written `{word}` and not `{scheme}`"));
            }
            if rest.starts_with([':', '=']) {
                says.push(format!(
                    "there is `{}` behind the word `{scheme}`",
                    rest.get(..1).unwrap_or("")
                ));
            } else if !rest.is_empty() && !rest.starts_with(char::is_whitespace) {
                says.push(format!("there is no blank behind the word `{scheme}`"));
            }
            return (says, rest.trim_start_matches([':', '=', ' ', '\t']).trim());
        }
        match header.split_once(' ') {
            Some((other, rest)) if other.chars().all(|c| c.is_ascii_alphabetic() || c == ':') => {
                let other: String = other.chars().take(20).collect();
                (vec![format!("the scheme is `{other}` and not `{scheme}`")], rest.trim())
            }
            _ => (vec![format!("the word `{scheme}` is missing in front of the token")], header),
        }
    }

    /// A value of a credential that is no token, or `user:password` of HTTP Basic.
    fn of_others(&self, text: &str) -> Option<String> {
        let word = self.token_word.replace('_', " ");
        let found = |value: &str| self.known.iter().find(|known| known.value == value);
        if let Some(known) = found(text) {
            return Some(format!("it is {} and not the {word}", known.says(self.provider)));
        }
        let (user, password) = text.split_once(':')?;
        let (user, password) = (found(user)?, found(password)?);
        Some(format!(
            "it is {} and {}, as for HTTP Basic, and not the {word}",
            user.says(self.provider),
            password.says(self.provider)
        ))
    }

    /// What can be said of a token that nobody has.
    fn of_shape(&self, token: &str) -> String {
        let word = self.token_word.replace('_', " ");
        let is_variable = token.starts_with(['$', '{', '%']) || token.contains("{{");
        match token {
            "" => format!("the {word} is empty; a variable may be unset"),
            "null" | "undefined" | "None" | "nil" => {
                format!("the {word} is `{token}`: the client has none when it sends the request")
            }
            _ if is_variable => format!("the {word} is a variable that was not filled in"),
            _ if self.expected.is_some_and(|expected| expected.starts_with(token)) => {
                format!("the {word} is cut after {} characters", token.chars().count())
            }
            _ => format!("the {word} is none of those handed out here"),
        }
    }
}
