//! The hashes that clients sign with, documented or not, as raw bytes.

use hmac::{Hmac, KeyInit, Mac};
use md5::Md5;
use sha1::Sha1;
use sha2::{Digest, Sha224, Sha256, Sha384, Sha512};

use crate::sandbox::digest::Algorithm;

/// A hash function.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::VariantArray)]
pub(super) enum Sum {
    Md5,
    Sha1,
    Sha224,
    Sha256,
    Sha384,
    Sha512,
}

impl Sum {
    /// Its name for people.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Md5 => "MD5",
            Self::Sha1 => "SHA-1",
            Self::Sha224 => "SHA-224",
            Self::Sha256 => "SHA-256",
            Self::Sha384 => "SHA-384",
            Self::Sha512 => "SHA-512",
        }
    }

    /// The length of its result in bytes.
    pub(super) fn length(self) -> usize {
        match self {
            Self::Md5 => 16,
            Self::Sha1 => 20,
            Self::Sha224 => 28,
            Self::Sha256 => 32,
            Self::Sha384 => 48,
            Self::Sha512 => 64,
        }
    }

    /// The hash, with HMAC if there is a key.
    pub(super) fn of(self, bytes: &[u8], key: Option<&[u8]>) -> Vec<u8> {
        match key {
            None => self.plain(bytes),
            Some(key) => self.keyed(bytes, key),
        }
    }

    fn plain(self, bytes: &[u8]) -> Vec<u8> {
        match self {
            Self::Md5 => Md5::digest(bytes).to_vec(),
            Self::Sha1 => Sha1::digest(bytes).to_vec(),
            Self::Sha224 => Sha224::digest(bytes).to_vec(),
            Self::Sha256 => Sha256::digest(bytes).to_vec(),
            Self::Sha384 => Sha384::digest(bytes).to_vec(),
            Self::Sha512 => Sha512::digest(bytes).to_vec(),
        }
    }

    fn keyed(self, bytes: &[u8], key: &[u8]) -> Vec<u8> {
        fn mac<M: Mac + KeyInit>(bytes: &[u8], key: &[u8]) -> Vec<u8> {
            // HMAC accepts a key of any length, so this cannot fail.
            <M as KeyInit>::new_from_slice(key)
                .map(|mac| mac.chain_update(bytes).finalize().into_bytes().to_vec())
                .unwrap_or_default()
        }
        match self {
            Self::Md5 => mac::<Hmac<Md5>>(bytes, key),
            Self::Sha1 => mac::<Hmac<Sha1>>(bytes, key),
            Self::Sha224 => mac::<Hmac<Sha224>>(bytes, key),
            Self::Sha256 => mac::<Hmac<Sha256>>(bytes, key),
            Self::Sha384 => mac::<Hmac<Sha384>>(bytes, key),
            Self::Sha512 => mac::<Hmac<Sha512>>(bytes, key),
        }
    }
}

/// The hash that a provider documents for a merchant.
pub(super) fn documented(algorithm: Algorithm) -> (Sum, bool) {
    match algorithm {
        Algorithm::Sha256 => (Sum::Sha256, false),
        Algorithm::Sha512 => (Sum::Sha512, false),
        Algorithm::HmacSha256 => (Sum::Sha256, true),
        Algorithm::HmacSha512 => (Sum::Sha512, true),
    }
}

/// The name of a documented hash for people.
pub(super) fn name(algorithm: Algorithm) -> &'static str {
    match algorithm {
        Algorithm::Sha256 => "SHA-256",
        Algorithm::Sha512 => "SHA-512",
        Algorithm::HmacSha256 => "HMAC with SHA-256",
        Algorithm::HmacSha512 => "HMAC with SHA-512",
    }
}
