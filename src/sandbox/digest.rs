//! SHA-2 and HMAC as lower-case hex, and comparison in constant time.

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256, Sha512};
use strum::VariantArray;
use subtle::ConstantTimeEq;

/// The bytes in lower-case hex. `hex::encode` collects it character by character.
fn hex_text(bytes: &[u8]) -> String {
    let mut digits = vec![0; bytes.len() * 2];
    // The length is right and digits are ASCII, so neither can fail.
    let _ = hex::encode_to_slice(bytes, &mut digits);
    String::from_utf8(digits).unwrap_or_default()
}

/// SHA-256 of the bytes, as 64 hex digits.
#[must_use]
pub fn sha256(bytes: &[u8]) -> String {
    hex_text(&Sha256::digest(bytes))
}

/// SHA-512 of the bytes, as 128 hex digits.
#[must_use]
pub fn sha512(bytes: &[u8]) -> String {
    hex_text(&Sha512::digest(bytes))
}

/// HMAC-SHA-256 of the bytes, as 64 hex digits.
#[must_use]
pub fn hmac_sha256(key: &[u8], bytes: &[u8]) -> String {
    // HMAC accepts a key of any length, so this cannot fail.
    Hmac::<Sha256>::new_from_slice(key)
        .map(|mac| hex_text(&mac.chain_update(bytes).finalize().into_bytes()))
        .unwrap_or_default()
}

/// HMAC-SHA-512 of the bytes, as 128 hex digits.
#[must_use]
pub fn hmac_sha512(key: &[u8], bytes: &[u8]) -> String {
    Hmac::<Sha512>::new_from_slice(key)
        .map(|mac| hex_text(&mac.chain_update(bytes).finalize().into_bytes()))
        .unwrap_or_default()
}

/// A hash algorithm for signatures.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    strum::EnumString,
    strum::IntoStaticStr,
    strum::VariantNames,
    strum::VariantArray,
)]
#[strum(serialize_all = "kebab-case")]
pub enum Algorithm {
    /// SHA-256.
    Sha256,
    /// SHA-512.
    Sha512,
    /// HMAC over SHA-256.
    HmacSha256,
    /// HMAC over SHA-512.
    HmacSha512,
}

impl Algorithm {
    /// The algorithm with this name, in any case and with or without a hyphen (`SHA-512`).
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        let bare = |word: &'static str| word.bytes().filter(|byte| *byte != b'-');
        let letters = || {
            let letters = word.bytes().filter(|byte| !matches!(byte, b'-' | b'_' | b' '));
            letters.map(|byte| byte.to_ascii_lowercase())
        };
        Self::VARIANTS.iter().copied().find(|it| bare(it.into()).eq(letters()))
    }

    /// Creates a hasher; only HMAC uses the key.
    #[must_use]
    pub fn hasher(self, key: &[u8]) -> Hasher {
        match self {
            Self::Sha256 => Hasher::Sha256(Sha256::new()),
            Self::Sha512 => Hasher::Sha512(Sha512::new()),
            Self::HmacSha256 => Hasher::HmacSha256(Hmac::new_from_slice(key).ok().map(Box::new)),
            Self::HmacSha512 => Hasher::HmacSha512(Hmac::new_from_slice(key).ok().map(Box::new)),
        }
    }

    /// The hash of the bytes, as lower-case hex.
    #[must_use]
    pub fn hash(self, key: &[u8], bytes: &[u8]) -> String {
        let mut hasher = self.hasher(key);
        hasher.update(bytes);
        hasher.finish()
    }
}

/// A hash over bytes that arrive in pieces.
#[derive(Clone, Debug)]
pub enum Hasher {
    /// SHA-256.
    Sha256(Sha256),
    /// SHA-512.
    Sha512(Sha512),
    /// HMAC over SHA-256; always `Some`, because HMAC accepts a key of any length.
    HmacSha256(Option<Box<Hmac<Sha256>>>),
    /// HMAC over SHA-512; always `Some`, for the same reason.
    HmacSha512(Option<Box<Hmac<Sha512>>>),
}

impl Hasher {
    /// Adds the next piece.
    pub fn update(&mut self, bytes: &[u8]) {
        match self {
            Self::Sha256(hash) => Digest::update(hash, bytes),
            Self::Sha512(hash) => Digest::update(hash, bytes),
            Self::HmacSha256(mac) => mac.iter_mut().for_each(|mac| Mac::update(&mut **mac, bytes)),
            Self::HmacSha512(mac) => mac.iter_mut().for_each(|mac| Mac::update(&mut **mac, bytes)),
        }
    }

    /// The hash of all pieces, as lower-case hex.
    #[must_use]
    pub fn finish(self) -> String {
        match self {
            Self::Sha256(hash) => hex_text(&hash.finalize()),
            Self::Sha512(hash) => hex_text(&hash.finalize()),
            Self::HmacSha256(mac) => {
                mac.map(|mac| hex_text(&mac.finalize().into_bytes())).unwrap_or_default()
            }
            Self::HmacSha512(mac) => {
                mac.map(|mac| hex_text(&mac.finalize().into_bytes())).unwrap_or_default()
            }
        }
    }
}

/// Whether two secrets are equal. The time does not depend on the position of the first difference.
#[must_use]
pub fn same(left: &[u8], right: &[u8]) -> bool {
    left.ct_eq(right).into()
}

/// The first 64 bits of SHA-256 over the parts, each followed by a zero byte: a key for generators.
#[must_use]
pub(crate) fn key(parts: &[&[u8]]) -> u64 {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part);
        hash.update([0]);
    }
    let mut bytes = [0; 8];
    bytes.iter_mut().zip(hash.finalize()).for_each(|(to, from)| *to = from);
    u64::from_be_bytes(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_are_those_of_the_standards() {
        // FIPS 180-4 example "abc"; RFC 4231 test case 2.
        assert_eq!(
            sha256(b"abc"),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
        assert!(sha512(b"abc").starts_with("ddaf35a193617abacc417349ae204131"));
        assert_eq!(
            hmac_sha256(b"Jefe", b"what do ya want for nothing?"),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        );
        assert!(
            hmac_sha512(b"Jefe", b"what do ya want for nothing?")
                .starts_with("164b7a7bfcf819e2e395fbe73b56e0a3")
        );
    }

    #[test]
    fn pieces_hash_like_the_whole() {
        for algorithm in Algorithm::VARIANTS.iter().copied() {
            let mut hasher = algorithm.hasher(b"Jefe");
            hasher.update(b"what do ya want ");
            hasher.update(b"for nothing?");
            let whole = algorithm.hash(b"Jefe", b"what do ya want for nothing?");
            assert_eq!(hasher.finish(), whole);
            assert_eq!(Algorithm::parse(algorithm.into()), Some(algorithm));
        }
        assert_eq!(Algorithm::parse("SHA-512"), Some(Algorithm::Sha512));
        assert_eq!(Algorithm::parse("HMAC_SHA256"), Some(Algorithm::HmacSha256));
        assert_eq!(Algorithm::parse("md5"), None);
        // RFC 4231 test case 2.
        let mac = Algorithm::HmacSha256.hash(b"Jefe", b"what do ya want for nothing?");
        assert_eq!(mac, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    }

    #[test]
    fn secrets_compare_by_content() {
        assert!(same(b"a", b"a"));
        assert!(!same(b"a", b"b"));
        assert!(!same(b"a", b"ab"));
    }
}
