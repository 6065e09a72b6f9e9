//! Searches for the mistakes, alone and in pairs, that explain a signature or a string, within fixed bounds.

use super::mistakes::{self, Mistake, Part};
use super::received::Received;
use super::recipe::{Charset, Recipe};
use super::signed::Signing;
use super::sums::{self, Sum};

/// Hashes that one diagnosis computes at most.
pub(super) const MAX_HASHES: usize = 8192;

/// Bytes that one diagnosis builds and hashes at most: 4 MiB.
pub(super) const MAX_BYTES: usize = 4 * 1024 * 1024;

/// A recipe that explains what came, and the mistakes in it.
#[derive(Clone, Debug)]
pub(super) struct Found<'a> {
    pub(super) recipe: Recipe<'a>,
    pub(super) says: Vec<String>,
}

/// How much a test of one string may cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Depth {
    /// One of thousands of pairs.
    Pair,
    /// One of a hundred single mistakes.
    Single,
    /// The documented string.
    Documented,
}

/// What a search looks for.
#[derive(Debug)]
pub(super) enum Wanted<'a> {
    /// A string with this hash.
    Hash(&'a Received),
    /// This string.
    String(&'a str),
}

/// A search with what it has spent of its bounds.
#[derive(Debug)]
pub(super) struct Search<'a> {
    signing: &'a Signing<'a>,
    wanted: Wanted<'a>,
    hashes: usize,
    bytes: usize,
}

impl<'a> Search<'a> {
    pub(super) fn new(signing: &'a Signing<'a>, wanted: Wanted<'a>) -> Self {
        Self { signing, wanted, hashes: 0, bytes: 0 }
    }

    /// The fewest mistakes that explain what is wanted. With the right string, `says` is empty or about the
    /// hash alone.
    pub(super) fn run(&mut self) -> Option<Found<'a>> {
        let signing = self.signing;
        let documented = signing.documented;
        let right = documented.string(signing.fields);
        if let Some(says) = self.test(&documented, &right, Depth::Documented) {
            return Some(Found { recipe: documented, says });
        }
        let mut effective = Vec::new();
        for mistake in mistakes::all(signing) {
            if self.is_spent() {
                return None;
            }
            let mut recipe = documented;
            (mistake.edit)(&mut recipe);
            let string = recipe.string(signing.fields);
            let same = string == right && same_bytes(&recipe, &documented, &string);
            if same && recipe.key == documented.key {
                continue;
            }
            if let Some(says) = self.test(&recipe, &string, Depth::Single) {
                return Some(found(recipe, &[&mistake], says));
            }
            // A string that is the same with this mistake alone is so with another, too.
            if mistake.is_paired && (!same || mistake.part == Part::Secret) {
                effective.push(mistake);
            }
        }
        self.pairs(&effective)
    }

    fn is_spent(&self) -> bool {
        self.hashes >= MAX_HASHES || self.bytes >= MAX_BYTES
    }

    fn pairs(&mut self, all: &[Mistake<'a>]) -> Option<Found<'a>> {
        for (index, second) in all.iter().enumerate() {
            for first in all.iter().take(index) {
                if first.part == second.part && first.part != Part::Omit {
                    continue;
                }
                if self.is_spent() {
                    return None;
                }
                let mut recipe = self.signing.documented;
                (first.edit)(&mut recipe);
                (second.edit)(&mut recipe);
                let string = recipe.string(self.signing.fields);
                if let Some(says) = self.test(&recipe, &string, Depth::Pair) {
                    return Some(found(recipe, &[first, second], says));
                }
            }
        }
        None
    }

    /// What is to be said of the hash if this string is wanted; `None` if it is not.
    fn test(&mut self, recipe: &Recipe<'a>, string: &str, depth: Depth) -> Option<Vec<String>> {
        self.bytes += string.len();
        match self.wanted {
            Wanted::String(wanted) => (wanted == string).then(Vec::new),
            Wanted::Hash(received) => self.test_hash(received, recipe, string, depth),
        }
    }

    fn test_hash(
        &mut self,
        received: &Received,
        recipe: &Recipe<'a>,
        string: &str,
        depth: Depth,
    ) -> Option<Vec<String>> {
        let bytes = recipe.charset.encode(string);
        let (documented, is_keyed) = sums::documented(self.signing.algorithm);
        let of_length = |sum: &&Sum| sum.length() == received.bytes.len();
        let sums = <Sum as strum::VariantArray>::VARIANTS;
        // No two hashes here have results of the same length.
        let sum = *sums.iter().find(of_length)?;
        let mut keys: Vec<Option<&str>> = vec![is_keyed.then_some(recipe.key)];
        if depth >= Depth::Single {
            keys.push((!is_keyed).then_some(recipe.key));
        }
        if depth == Depth::Documented {
            keys.extend(self.signing.others.iter().map(|other| Some(other.value)));
            keys.push(Some(""));
        }
        for key in keys {
            self.hashes += 1;
            if sum.of(&bytes, key.map(str::as_bytes)) == received.bytes {
                let is_right = sum == documented && key == is_keyed.then_some(recipe.key);
                return Some(if is_right { Vec::new() } else { vec![self.other_hash(sum, key)] });
            }
        }
        if depth == Depth::Documented {
            return self.twice(received, sum, &bytes);
        }
        None
    }

    fn other_hash(&self, sum: Sum, key: Option<&str>) -> String {
        let kind = if key.is_some() { "HMAC with " } else { "" };
        let key = match key {
            Some(key) if key != self.signing.documented.key => {
                let other = self.signing.others.iter().find(|other| other.value == key);
                format!(", keyed with {}", other.map_or("nothing", |other| other.says.as_str()))
            }
            _ => String::new(),
        };
        let Signing { algorithm, hash_name, who_signs, .. } = self.signing;
        let wanted = sums::name(*algorithm);
        let sum = sum.name();
        let plain = if kind.is_empty() || wanted.starts_with("HMAC") { "" } else { "plain " };
        format!(
            "the signature is {kind}{sum}{key} instead of {plain}{wanted} \
             ({who_signs} signs with {hash_name})"
        )
    }

    /// A hash of a hash, of its bytes or of its hex digits.
    fn twice(&mut self, received: &Received, sum: Sum, bytes: &[u8]) -> Option<Vec<String>> {
        let once = sum.of(bytes, None);
        let hex = hex::encode(&once);
        self.hashes += 3;
        let twice = [sum.of(&once, None), sum.of(hex.as_bytes(), None)];
        let says = "the string is hashed twice".to_owned();
        twice.contains(&received.bytes).then(|| vec![says])
    }
}

/// Whether two recipes give the same bytes for this string.
fn same_bytes(recipe: &Recipe<'_>, documented: &Recipe<'_>, string: &str) -> bool {
    recipe.charset == documented.charset
        || recipe.charset != Charset::Marked
            && recipe.charset.encode(string) == documented.charset.encode(string)
}

fn found<'a>(recipe: Recipe<'a>, mistakes: &[&Mistake<'a>], hash: Vec<String>) -> Found<'a> {
    let says = mistakes.iter().map(|mistake| mistake.says.clone().into_owned());
    Found { recipe, says: says.chain(hash).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sandbox::digest::Algorithm;
    use crate::wire::proof::Secret;
    use crate::wire::raw_json::{DEEPEST, parse};

    /// What a search for a signature that nothing explains costs: hashes and bytes.
    fn cost(body: &str) -> (usize, usize) {
        let fields = parse(body.as_bytes(), DEEPEST).unwrap();
        let signing = Signing {
            fields: &fields,
            documented: Recipe::sorted_between("phrase"),
            algorithm: Algorithm::Sha256,
            hash_name: "sha256",
            who_signs: "this merchant",
            word: "phrase",
            secret: Secret::new("phrase", "the phrase", "phrase"),
            others: vec![Secret::near("other", "another", "other")],
            unsent: &[("language", "en")],
            replaced: Vec::new(),
            takes_upper_case: true,
        };
        let received = Received::read(&"0".repeat(64)).unwrap();
        let mut search = Search::new(&signing, Wanted::Hash(&received));
        assert!(search.run().is_none());
        (search.hashes, search.bytes)
    }

    #[test]
    fn a_search_ends_within_its_bounds_however_long_the_request_is() {
        let small = r#"{"a":"1","columns":["x","y"],"filters":[{"key":"k","value":"v"}]}"#;
        let (hashes, bytes) = cost(small);
        assert!(hashes > 1000 && hashes < MAX_HASHES && bytes < MAX_BYTES, "{hashes} {bytes}");
        let large = format!(r#"{{"a":"{}","columns":["x"]}}"#, "x".repeat(1_000_000));
        let (hashes, bytes) = cost(&large);
        assert!(hashes < 100 && bytes < MAX_BYTES + 3_100_000, "{hashes} {bytes}");
        let many: Vec<String> = (0..20_000).map(|n| format!("\"f{n}\":{n}")).collect();
        let (hashes, bytes) = cost(&format!("{{{}}}", many.join(",")));
        assert!(hashes < MAX_HASHES && bytes < MAX_BYTES + 1_000_000, "{hashes} {bytes}");
    }
}
