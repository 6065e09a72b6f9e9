//! The diagnosis of HTTP Basic: which pair of user and password was meant, and what was done to it.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::difference;
use super::known::{self, Known};
use super::readings::{self, MAX_CREDENTIAL, Reading, base64_bytes};
use crate::sandbox::journal::{Difference, Explanation, Hidden};
use crate::sandbox::scenario::{Scenario, suggestion};
use crate::wire::call::Call;
use crate::wire::text::cut;

/// Pairs that a diagnosis looks at, at most.
const MAX_PAIRS: usize = 200;

/// Decodings of one header that are looked at, at most.
const MAX_DECODINGS: usize = 8;

/// A pair of user and password that is right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pair<'a> {
    /// The name of its merchant.
    pub merchant: &'a str,
    /// The user.
    pub user: &'a str,
    /// The password.
    pub password: &'a str,
}

/// How a provider uses HTTP Basic.
#[derive(Clone, Debug)]
pub struct Basic<'a> {
    /// The slug of the provider.
    pub provider: &'a str,
    /// The word for the user, as the field of the credential is called.
    pub user_field: &'static str,
    /// The word for the password, as the field of the credential is called.
    pub password_field: &'static str,
    /// The right pairs.
    pub pairs: Vec<Pair<'a>>,
    /// All values of credentials.
    pub known: Vec<Known<'a>>,
}

/// A mistake, and the right pair that was meant.
struct Meant<'a> {
    says: Vec<String>,
    pair: Option<Pair<'a>>,
}

impl<'a> Basic<'a> {
    /// The pairs that these fields of a provider's credentials make.
    #[must_use]
    pub fn of(
        scenario: &'a Scenario,
        provider: &'a str,
        user_field: &'static str,
        password_field: &'static str,
    ) -> Self {
        let pairs = scenario.credentials(provider).filter_map(|(merchant, credential)| {
            let field = |name: &str| credential.get(name).map(String::as_str);
            let (user, password) = (field(user_field)?, field(password_field)?);
            Some(Pair { merchant: &merchant.name, user, password })
        });
        let pairs = pairs.take(MAX_PAIRS).collect();
        Self { provider, user_field, password_field, pairs, known: known::all(scenario).collect() }
    }

    /// Explains the proof of a request.
    #[must_use]
    pub fn explain(&self, call: &Call) -> Explanation {
        let sent = call.headers.get("authorization");
        let header = sent.map(|header| match std::str::from_utf8(header.as_bytes()) {
            Ok(text) => text.to_owned(),
            Err(_) => header.as_bytes().iter().map(|byte| char::from(*byte)).collect(),
        });
        let meant = match &header {
            None => self.without_header(call),
            Some(header) if header.len() > MAX_CREDENTIAL => {
                Meant { says: vec!["the Authorization header is too long".to_owned()], pair: None }
            }
            Some(header) => self.of_header(header),
        };
        self.explanation(header.as_deref(), meant)
    }

    fn words(&self) -> (String, String) {
        (self.user_field.replace('_', " "), self.password_field.replace('_', " "))
    }

    fn explanation(&self, header: Option<&str>, meant: Meant<'a>) -> Explanation {
        let mut explanation = Explanation::default();
        let mut hide = |placeholder: String, value: &str| {
            explanation
                .hidden
                .push(Hidden { placeholder: placeholder.clone(), value: value.to_owned() });
            placeholder
        };
        let pair = meant.pair.or_else(|| self.pairs.first().copied());
        if let Some(pair) = pair {
            let (name, user) = (self.password_field, pair.user);
            let encoded = STANDARD.encode(format!("{user}:{}", pair.password));
            let encoded = hide(format!("‹base64 of {user}:{name}›"), &encoded);
            explanation.expected = Some(format!("Basic {encoded}"));
            explanation.string_to_sign =
                Some(format!("{user}:{}", hide(format!("‹{name}›"), pair.password)));
        }
        if let Some(header) = header {
            let (scheme, rest) = header.split_once(' ').unwrap_or(("", header));
            let count = rest.chars().count();
            let masked = hide(format!("‹{count} characters›"), rest);
            explanation.received = Some(format!("{scheme} {masked}").trim_start().to_owned());
            if let Some(decoded) = decoded(header) {
                let (user, password) = decoded.split_once(':').unwrap_or(("", &decoded));
                let masked = hide(format!("‹{} characters›", password.chars().count()), password);
                let shown = if decoded.contains(':') { format!("{user}:{masked}") } else { masked };
                explanation.others.push(("decoded", difference::cut(&shown)));
                explanation.first_difference =
                    pair.and_then(|pair| Self::difference(pair, &decoded));
            }
        }
        let says = (!meant.says.is_empty()).then(|| meant.says.join("; and "));
        Explanation { likely_mistake: says, ..explanation }
    }

    /// The difference of the decoded text from `user:password`; the password stays hidden.
    fn difference(pair: Pair<'a>, decoded: &str) -> Option<Difference> {
        let ours = format!("{}:{}", pair.user, pair.password);
        let mut difference = difference::first(&ours, decoded, &[])?;
        let user = pair.user.chars().count() + 1;
        let hidden = |rest: &str| format!("‹{} characters›", rest.chars().count());
        let rest = |text: &str| text.chars().skip(difference.at).collect::<String>();
        let (ours_rest, yours_rest) = (rest(&ours), rest(decoded));
        if difference.at >= user {
            (difference.ours, difference.yours) = (hidden(&ours_rest), hidden(&yours_rest));
        } else {
            let after_colon = |text: &str| match text.split_once(':') {
                Some((user, password)) => format!("{user}:{}", hidden(password)),
                None => hidden(text),
            };
            difference.ours = after_colon(&ours_rest);
            difference.yours = difference::cut(&after_colon(&yours_rest));
        }
        Some(difference)
    }

    fn without_header(&self, call: &Call) -> Meant<'a> {
        let is_ours = |text: &str| {
            let is_pair = |text: &str| self.judge(text).is_some_and(|meant| meant.says.is_empty());
            let is_secret = self.pairs.iter().any(|pair| pair.password == text);
            is_secret || readings::of(text).iter().any(|reading| is_pair(&reading.text))
        };
        let (user, password) = self.words();
        let says = match readings::elsewhere(call, &is_ours) {
            Some(place) => format!(
                "the credentials are in {place}; they belong into the header `Authorization: Basic`, as base64 of `{user}:{password}`"
            ),
            None => format!(
                "the client sends no credentials; the header `Authorization: Basic` with base64 of `{user}:{password}` is wanted"
            ),
        };
        Meant { says: vec![says], pair: None }
    }

    fn of_header(&self, header: &str) -> Meant<'a> {
        let mut says: Vec<String> = Vec::new();
        let header = header.trim();
        let lower = header.to_ascii_lowercase();
        let rest = match (lower.starts_with("basic"), header.split_once(' ')) {
            (true, _) => {
                let rest = header.get(5..).unwrap_or("");
                if rest.starts_with(':') {
                    says.push("there is a colon behind the word `Basic`".to_owned());
                } else if !rest.starts_with(char::is_whitespace) {
                    says.push("there is no blank behind the word `Basic`".to_owned());
                }
                rest.trim_start_matches(':').trim()
            }
            (false, Some((scheme, rest))) if !scheme.contains(':') => {
                let scheme: String = scheme.chars().take(20).collect();
                says.push(format!("the scheme is `{scheme}` and not `Basic`"));
                rest.trim()
            }
            _ => {
                says.push("the word `Basic` is missing in front".to_owned());
                header
            }
        };
        match self.of_credential(rest) {
            Some(meant) => {
                Meant { says: says.into_iter().chain(meant.says).collect(), pair: meant.pair }
            }
            None => {
                says.extend(self.unexplained(rest));
                let user = decoded(&format!("Basic {rest}"));
                let user = user.as_deref().and_then(|it| it.split_once(':'));
                let pair = user.and_then(|it| self.pairs.iter().find(|pair| pair.user == it.0));
                Meant { says, pair: pair.copied() }
            }
        }
    }

    /// Reads the text behind the scheme in all ways; `None` if none of them gives known credentials.
    fn of_credential(&self, text: &str) -> Option<Meant<'a>> {
        let mut best: Option<Meant<'a>> = None;
        let mut consider = |mut meant: Meant<'a>, before: Vec<String>| {
            meant.says.splice(0..0, before);
            if best.as_ref().is_none_or(|best| meant.says.len() < best.says.len()) {
                best = Some(meant);
            }
        };
        for (before, plain) in first_decoding(text) {
            for Reading { text, says } in readings::of(&plain) {
                let says = before.iter().copied().chain(says).map(str::to_owned);
                if let Some(meant) = self.judge(&text) {
                    consider(meant, says.collect());
                }
            }
        }
        best
    }

    /// What is wrong with a decoded text; `None` if it has nothing that is known.
    fn judge(&self, text: &str) -> Option<Meant<'a>> {
        let (user_word, password_word) = self.words();
        for pair in &self.pairs {
            let Pair { user, password, .. } = *pair;
            let meant = |says: Option<String>| {
                Some(Meant { says: says.into_iter().collect(), pair: Some(*pair) })
            };
            if text.split_once(':') == Some((user, password)) {
                return meant(None);
            }
            if text == format!("{password}:{user}") {
                return meant(Some(format!("{user_word} and {password_word} are swapped")));
            }
            if text == password || text == format!(":{password}") || text == format!("{password}:")
            {
                return meant(Some(format!(
                    "the {password_word} stands there alone, without `{user_word}:`"
                )));
            }
            if text == user || text.strip_suffix(':') == Some(user) {
                return meant(Some(format!(
                    "the {password_word} is missing behind the {user_word}"
                )));
            }
            let between = text.strip_prefix(user).and_then(|rest| rest.strip_suffix(password));
            if let Some(between) = between.filter(|between| between.chars().count() <= 3) {
                return meant(Some(match between {
                    "" => format!("the colon between {user_word} and {password_word} is missing"),
                    other => format!(
                        "between {user_word} and {password_word} stands `{other}` and not a colon"
                    ),
                }));
            }
            if text.to_lowercase() == format!("{user}:{password}").to_lowercase() {
                return meant(Some(format!("{user_word} or {password_word} is in another case")));
            }
        }
        self.mixed(text.split_once(':')?)
    }

    /// A user and a password that do not belong together, or to another provider.
    fn mixed(&self, (user, password): (&str, &str)) -> Option<Meant<'a>> {
        let (user_word, password_word) = self.words();
        let meant = |says: String, pair: Option<Pair<'a>>| Some(Meant { says: vec![says], pair });
        if let Some(right) = self.pairs.iter().find(|pair| pair.user == user).copied() {
            let says = self.of_password(right, password)?;
            return meant(format!("the {password_word} is {says}"), Some(right));
        }
        let of = |value: &str| self.known.iter().find(|known| known.value == value).copied();
        let shown = cut(user);
        if let Some(pair) = self.pairs.iter().find(|pair| pair.password == password) {
            let what = of(user).map(|known| format!(" (it is {})", known.says(self.provider)));
            return meant(
                format!(
                    "the {password_word} is the one of {user_word} `{}`, and the {user_word} came \
                     as `{shown}`{}",
                    pair.user,
                    what.unwrap_or_default()
                ),
                Some(*pair),
            );
        }
        let (user, password) = (of(user)?, of(password)?);
        meant(
            format!(
                "these are {} and {}, not {user_word} and {password_word} of this provider",
                user.says(self.provider),
                password.says(self.provider)
            ),
            None,
        )
    }

    /// What a wrong password of a right user is; `None` if it is nothing that is known.
    fn of_password(&self, right: Pair<'a>, password: &str) -> Option<String> {
        let (clean, wanted) = (password.trim(), right.password);
        let read = readings::of(password).into_iter().find(|it| it.text == wanted);
        if let Some(Reading { says, .. }) = read {
            return Some(format!("right, but {}", says.join("; and ")));
        }
        if !clean.is_empty() && wanted.starts_with(clean) {
            return Some(format!("cut after {} characters", clean.chars().count()));
        }
        if clean.to_lowercase() == wanted.to_lowercase() {
            return Some("in another case".to_owned());
        }
        if let Some(other) = self.pairs.iter().find(|pair| pair.password == password) {
            let user_word = self.words().0;
            let (theirs, user) = (other.user, right.user);
            return Some(format!("the one of {user_word} `{theirs}` and not of `{user}`"));
        }
        let known = self.known.iter().find(|known| known.value == password)?;
        Some(known.says(self.provider))
    }

    /// What can be said of credentials that nobody has.
    fn unexplained(&self, rest: &str) -> Option<String> {
        let (user_word, password_word) = self.words();
        let Some(decoded) = decoded(&format!("Basic {rest}")) else {
            return Some(format!(
                "what stands behind `Basic` is not base64 of `{user_word}:{password_word}`"
            ));
        };
        let Some((user, password)) = decoded.split_once(':') else {
            return Some(format!(
                "the decoded text has no colon; `{user_word}:{password_word}` is wanted"
            ));
        };
        if let Some(pair) = self.pairs.iter().find(|pair| pair.user == user) {
            let (came, ours) = (password.chars().count(), pair.password.chars().count());
            return Some(match came {
                0 => format!("the {password_word} is empty; a variable may be unset"),
                _ => format!(
                    "the {password_word} is another one: {came} characters came, and ours has {ours}"
                ),
            });
        }
        let names = self.pairs.iter().map(|pair| pair.user);
        let near = suggestion(user, names);
        let shown = cut(user);
        Some(format!(
            "neither the {user_word} `{shown}` nor its {password_word} is known here{near}"
        ))
    }
}

/// What base64 (in any form) behind the scheme decodes to, without an opinion on it.
fn decoded(header: &str) -> Option<String> {
    let (_, rest) = header.trim().split_once(' ')?;
    let bytes = base64_bytes(rest.trim())?;
    Some(
        String::from_utf8(bytes)
            .unwrap_or_else(|err| err.as_bytes().iter().map(|it| char::from(*it)).collect()),
    )
}

/// The text behind `Basic`, decoded in the documented way or in others, each with what is wrong about it.
fn first_decoding(text: &str) -> Vec<(Vec<&'static str>, String)> {
    let mut all = vec![(vec!["it is not encoded in base64"], text.to_owned())];
    for Reading { text, says } in readings::of(text) {
        if all.len() >= MAX_DECODINGS {
            break;
        }
        let form = match STANDARD.decode(&text) {
            Ok(_) => None,
            Err(_) if text.contains(['-', '_']) => Some("it is base64 in the alphabet for URLs"),
            Err(_) => Some("the padding `=` of the base64 is missing"),
        };
        let Some(bytes) = base64_bytes(&text) else { continue };
        let before = |charset: Option<&'static str>| -> Vec<&'static str> {
            says.iter().copied().chain(form).chain(charset).collect()
        };
        let latin1 = || bytes.iter().map(|byte| char::from(*byte)).collect::<String>();
        match std::str::from_utf8(&bytes) {
            Ok(plain) if plain.contains('\0') => {
                let units = plain.replace('\0', "");
                all.push((before(Some("it is encoded as UTF-16 and not as UTF-8")), units));
            }
            Ok(plain) => all.push((before(None), plain.to_owned())),
            Err(_) => {
                all.push((before(Some("it is encoded as Latin-1 and not as UTF-8")), latin1()));
            }
        }
    }
    all
}
