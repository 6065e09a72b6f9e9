//! The diagnosis of a signature: what had to be signed, and which mistakes give the signature that came.

use super::difference::first;
use super::received::Received;
use super::recipe::Recipe;
use super::search::{Found, Search, Wanted};
use super::sums::{self, Sum};
use super::{Own, Secret};
use crate::sandbox::digest::Algorithm;
use crate::sandbox::journal::Explanation;
use crate::wire::raw_json::JsonObject;

/// How a provider wants one request to be signed.
#[derive(Clone, Debug)]
pub struct Signing<'a> {
    /// The fields that are signed, in the order of the request.
    pub fields: &'a JsonObject<'a>,
    /// The documented way to make the string.
    pub documented: Recipe<'a>,
    /// The hash of this merchant.
    pub algorithm: Algorithm,
    /// The name of that hash for people.
    pub hash_name: &'a str,
    /// Who signs with that hash: `this merchant`.
    pub who_signs: &'static str,
    /// The word for the secret: `phrase`, `key`.
    pub word: &'static str,
    /// The right secret.
    pub secret: Secret<'a>,
    /// Other secrets that clients sign with by mistake.
    pub others: Vec<Secret<'a>>,
    /// Fields that clients sign without sending them: name and value.
    pub unsent: &'static [(&'static str, &'static str)],
    /// Values that clients sign in place of what they send: field, value, what it is.
    pub replaced: Vec<(&'static str, String, &'static str)>,
    /// Whether hex digits in upper case are accepted.
    pub takes_upper_case: bool,
}

/// Strings of a client that are longer (in bytes) are compared, but no mistake is searched for.
const MAX_STRING: usize = 64 * 1024;

impl<'a> Signing<'a> {
    /// Explains the signature that a request came with.
    #[must_use]
    pub fn explain(&'a self, received: &str, own: &Own) -> Explanation {
        let received = own.signature.as_deref().unwrap_or(received);
        let ours = self.documented.string(self.fields);
        let mut explanation = Explanation {
            string_to_sign: Some(self.shown()),
            expected: Some(self.hash_of(&ours)),
            received: Some(received.to_owned()),
            others: vec![("hash", self.hash_name.to_owned())],
            ..Explanation::default()
        };
        let (says, yours) = match &own.string {
            Some(own) => self.of_string(&ours, own, received),
            None => self.of_signature(&ours, received),
        };
        let is_in = |other: &&Secret<'_>| {
            other.is_near || yours.as_ref().is_some_and(|it| it.starts_with(other.value))
        };
        let others = self.others.iter().filter(is_in);
        let secrets: Vec<&Secret<'_>> = std::iter::once(&self.secret).chain(others).collect();
        explanation.first_difference = yours.and_then(|yours| first(&ours, &yours, &secrets));
        explanation.likely_mistake = says;
        let mut texts = String::new();
        explanation.texts_mut().for_each(|text| texts.push_str(text));
        let is_used = |secret: &&&Secret<'_>| texts.contains(&secret.placeholder);
        let used = secrets.iter().filter(is_used).map(|secret| secret.hidden());
        explanation.hidden = used.collect();
        explanation
    }

    /// The string to sign with the name of the secret in place of the secret.
    fn shown(&self) -> String {
        let mut recipe = self.documented;
        for end in [&mut recipe.front, &mut recipe.back] {
            if !end.text.is_empty() {
                end.text = &self.secret.placeholder;
            }
        }
        recipe.string(self.fields)
    }

    fn hash_of(&self, string: &str) -> String {
        self.algorithm.hash(self.documented.key.as_bytes(), string.as_bytes())
    }

    /// The likely mistake behind a signature, and the string that the client signed if it is known.
    fn of_signature(&'a self, ours: &str, received: &str) -> (Option<String>, Option<String>) {
        let Some(read) = Received::read(received) else {
            return (Some(self.of_shape(&self.hash_of(ours), received)), None);
        };
        let is_fine =
            self.takes_upper_case && received.eq_ignore_ascii_case(&hex::encode(&read.bytes));
        let writing = read.writing.filter(|_| !is_fine).map(str::to_owned);
        match Search::new(self, Wanted::Hash(&read)).run() {
            Some(Found { recipe, mut says }) => {
                says.extend(writing);
                let yours = recipe.string(self.fields);
                ((!says.is_empty()).then(|| says.join("; and ")), Some(yours))
            }
            None => {
                let (sum, _) = sums::documented(self.algorithm);
                let length = sum_of(read.bytes.len()).filter(|other| *other != sum);
                let mut says: Vec<String> = Vec::new();
                says.extend(length.map(|other| {
                    format!(
                        "the signature is as long as one of {}, and {} signs with {}",
                        other.name(),
                        self.who_signs,
                        self.hash_name
                    )
                }));
                says.extend(writing);
                says.push(self.none_found());
                (Some(says.join("; and ")), None)
            }
        }
    }

    fn none_found(&self) -> String {
        format!(
            "none of the usual ones, alone or in pairs: either the {word} is another one, or the string is; \
             POST /_admin/diagnose with your own string to sign tells which",
            word = self.word
        )
    }

    /// Describes what cannot be a hash by its characters and its length.
    fn of_shape(&self, expected: &str, received: &str) -> String {
        let digits = received.trim();
        let wanted = expected.len();
        let name = self.hash_name;
        if digits.is_empty() {
            return format!("the signature is empty; {name} makes {wanted} hex digits");
        }
        let zeros = expected.len() - expected.trim_start_matches('0').len();
        if zeros > 0 && digits.eq_ignore_ascii_case(expected.trim_start_matches('0')) {
            return "the zeros at the beginning of the signature are missing".to_owned();
        }
        if expected.starts_with(&digits.to_ascii_lowercase()) {
            return format!("the signature is cut after {} of {wanted} hex digits", digits.len());
        }
        if !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return format!("the signature is not hex; {name} makes {wanted} hex digits");
        }
        format!("the signature has {} hex digits; {name} makes {wanted}", digits.len())
    }

    /// Compares the client's own string, and says what its signature is of.
    fn of_string(
        &'a self,
        ours: &str,
        own: &str,
        received: &str,
    ) -> (Option<String>, Option<String>) {
        let yours = own.replace(&self.secret.placeholder, self.secret.value);
        let signature = self.of_own_signature(&yours, received);
        let mut says: Vec<String> = Vec::new();
        if yours == ours {
            says.extend(signature.map(|it| format!("the string is right: {it}")));
        } else {
            says.push(self.of_other_string(ours, &yours));
            says.extend(signature);
        }
        ((!says.is_empty()).then(|| says.join("; and ")), Some(yours))
    }

    /// What is wrong with a signature as one of this string; `None` for its documented hash.
    fn of_own_signature(&self, yours: &str, received: &str) -> Option<String> {
        if received.is_empty() {
            return None;
        }
        let expected = self.hash_of(yours);
        let Some(read) = Received::read(received) else {
            return Some(self.of_shape(&expected, received));
        };
        let keys = [None, Some(self.documented.key)];
        let sum = sum_of(read.bytes.len())?;
        let is_hash =
            |key: &Option<&str>| sum.of(yours.as_bytes(), key.map(str::as_bytes)) == read.bytes;
        let Some(key) = keys.iter().find(|key| is_hash(key)) else {
            return Some(format!("the signature is not the {} of this string", self.hash_name));
        };
        if hex::encode(&read.bytes) == expected {
            let is_fine = self.takes_upper_case && received.eq_ignore_ascii_case(&expected);
            return read.writing.filter(|_| !is_fine).map(|it| format!("the signature: {it}"));
        }
        let kind = if key.is_some() { "HMAC with " } else { "" };
        Some(format!("the signature is {kind}{} instead of {}", sum.name(), self.hash_name))
    }

    /// The mistakes that make this string, with any text in place of the secret.
    fn search_string(&self, yours: &str) -> Option<String> {
        let found = Search::new(self, Wanted::String(yours)).run();
        if let Some(Found { says, .. }) = found {
            return Some(says.join("; and "));
        }
        let first = self.fields.0.iter().map(|field| &*field.0).min()?;
        let guess = yours.find(first).and_then(|at| yours.get(..at)).filter(|it| !it.is_empty())?;
        let (came, ours) = (guess.chars().count(), self.secret.value.chars().count());
        let says = format!("another {} ({came} characters, and ours has {ours})", self.word);
        let mut signing = self.clone();
        signing.others = vec![Secret::near("another", says, guess)];
        let Found { says, .. } = Search::new(&signing, Wanted::String(yours)).run()?;
        Some(says.join("; and "))
    }

    fn of_other_string(&'a self, ours: &str, yours: &str) -> String {
        if yours.len() <= MAX_STRING
            && let Some(says) = self.search_string(yours)
        {
            return says;
        }
        let word = self.word;
        let bare = Recipe {
            front: super::Wrap::of(""),
            back: super::Wrap::of(""),
            is_separated_outside: false,
            ..self.documented
        };
        let inner = bare.string(self.fields);
        if let Some((front, back)) = yours.split_once(&inner) {
            let length = |text: &str| text.chars().count();
            return format!(
                "the fields are right, and the {word} is another one: {} characters stand in front of them and {} behind; ours has {}",
                length(front),
                length(back),
                length(self.secret.value)
            );
        }
        let same =
            ours.chars().zip(yours.chars()).take_while(|(left, right)| left == right).count();
        let front = self.documented.front.text.chars().count();
        if same < front {
            return format!(
                "the string differs within the {word} in front, after {same} characters of it"
            );
        }
        match self.field_at(same) {
            Some(name) => format!("the string differs at the field `{name}`"),
            None => {
                format!("the string differs behind the fields, at the {word} or what follows it")
            }
        }
    }

    /// The name of the field that the character with this number belongs to.
    fn field_at(&self, at: usize) -> Option<String> {
        let mut names: Vec<&str> = self.fields.0.iter().map(|field| &*field.0).collect();
        names.sort_unstable();
        // The fields are added one by one; the first one with which the string is long enough has it.
        let prefix = |count: usize| {
            let first = names.get(..count)?;
            let fields = self.fields.0.iter().filter(|field| first.contains(&&*field.0)).cloned();
            let back = super::Wrap::of("");
            let recipe = Recipe { back, ..self.documented };
            Some(recipe.string(&JsonObject(fields.collect())).chars().count())
        };
        let last =
            (1..=names.len().min(64)).find(|count| prefix(*count).is_some_and(|it| at < it))?;
        names.get(last - 1).map(|name| (*name).to_owned())
    }
}

fn sum_of(length: usize) -> Option<Sum> {
    <Sum as strum::VariantArray>::VARIANTS.iter().copied().find(|sum| sum.length() == length)
}
