//! SHA-2 and HMAC as lower-case hex, and comparison in constant time.

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256, Sha512};
use subtle::ConstantTimeEq;

/// SHA-256 of the bytes, 64 hex digits.
#[must_use]
pub fn sha256(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

/// SHA-512 of the bytes, 128 hex digits.
#[must_use]
pub fn sha512(bytes: &[u8]) -> String {
    hex::encode(Sha512::digest(bytes))
}

/// HMAC-SHA-256, 64 hex digits.
#[must_use]
pub fn hmac_sha256(key: &[u8], bytes: &[u8]) -> String {
    // HMAC takes a key of any length, so there is no error to report.
    Hmac::<Sha256>::new_from_slice(key)
        .map(|mac| hex::encode(mac.chain_update(bytes).finalize().into_bytes()))
        .unwrap_or_default()
}

/// HMAC-SHA-512, 128 hex digits.
#[must_use]
pub fn hmac_sha512(key: &[u8], bytes: &[u8]) -> String {
    Hmac::<Sha512>::new_from_slice(key)
        .map(|mac| hex::encode(mac.chain_update(bytes).finalize().into_bytes()))
        .unwrap_or_default()
}

/// Whether two secrets are equal, in a time that does not tell where they differ.
#[must_use]
pub fn same(left: &[u8], right: &[u8]) -> bool {
    left.ct_eq(right).into()
}

/// The first 64 bits of SHA-256 over the parts, each closed by a zero byte: a key for generators.
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
    fn secrets_compare_by_content() {
        assert!(same(b"a", b"a"));
        assert!(!same(b"a", b"b"));
        assert!(!same(b"a", b"ab"));
    }
}
