//! Reads a signature however it is written: as hex, base64, with separators, in quotes.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use strum::VariantArray;

use super::sums::Sum;

/// A signature as bytes, and what is unusual in how it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Received {
    pub(super) bytes: Vec<u8>,
    /// As a phrase for people; `None` for lower-case hex.
    pub(super) writing: Option<&'static str>,
}

/// Longest signature that is read, in bytes; the longest correct one has 128.
const MAX_SIGNATURE: usize = 1024;

impl Received {
    /// Reads a signature; `None` if no writing of a hash is recognized.
    pub(super) fn read(text: &str) -> Option<Self> {
        if text.len() > MAX_SIGNATURE {
            return None;
        }
        let found = |bytes: Vec<u8>, writing| Some(Self { bytes, writing });
        if let Some(bytes) = hex_of(text) {
            let has_capitals = text.bytes().any(|byte| byte.is_ascii_uppercase());
            return found(bytes, has_capitals.then_some("its hex digits are in upper case"));
        }
        let bare = text.trim().trim_matches(['"', '\'']);
        if let Some(bytes) = hex_of(bare) {
            return found(bytes, Some("there are quotes or white space around the signature"));
        }
        if let Some(bytes) = ["0x", "0X"].iter().find_map(|it| hex_of(bare.strip_prefix(it)?)) {
            return found(bytes, Some("there is `0x` in front of the signature"));
        }
        let apart = bare.split(['-', ':', ' ']);
        if apart.clone().nth(1).is_some()
            && let Some(bytes) = hex_of(&apart.collect::<String>())
        {
            let writing = "there are separators between its hex digits, as `BitConverter` of .NET prints bytes";
            return found(bytes, Some(writing));
        }
        let engines = [STANDARD, URL_SAFE, STANDARD_NO_PAD, URL_SAFE_NO_PAD];
        let bytes = engines.iter().find_map(|engine| engine.decode(bare).ok())?;
        // The hex digits of one hash can be as long as the bytes of another.
        if let Some(bytes) = std::str::from_utf8(&bytes).ok().and_then(|hex| hex_of(hex.trim())) {
            let writing = "it is base64 of its hex digits, not the hex digits themselves";
            return found(bytes, Some(writing));
        }
        let writing = "it is written in base64 and not in hex";
        is_a_hash(&bytes).then_some(Self { bytes, writing: Some(writing) })
    }
}

fn is_a_hash(bytes: &[u8]) -> bool {
    Sum::VARIANTS.iter().any(|sum| sum.length() == bytes.len())
}

fn hex_of(text: &str) -> Option<Vec<u8>> {
    hex::decode(text).ok().filter(|bytes| is_a_hash(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, part: Option<&str>) {
        let received = Received::read(text).unwrap();
        // printf abc | md5sum
        assert_eq!(hex::encode(received.bytes), "900150983cd24fb0d6963f7d28e17f72");
        assert_eq!(received.writing.is_some(), part.is_some());
        assert!(received.writing.unwrap_or("").contains(part.unwrap_or("")));
    }

    #[test]
    fn signatures_are_read_however_they_are_written() {
        check("900150983cd24fb0d6963f7d28e17f72", None);
        check("900150983CD24FB0D6963F7D28E17F72", Some("upper case"));
        check(" \"900150983cd24fb0d6963f7d28e17f72\"\n", Some("quotes"));
        check("0x900150983cd24fb0d6963f7d28e17f72", Some("0x"));
        check("90-01-50-98-3C-D2-4F-B0-D6-96-3F-7D-28-E1-7F-72", Some("BitConverter"));
        // printf abc | md5sum | xxd -r -p | base64; printf 9001… | base64
        check("kAFQmDzST7DWlj99KOF/cg==", Some("base64 and not"));
        check("kAFQmDzST7DWlj99KOF_cg", Some("base64 and not"));
        check("OTAwMTUwOTgzY2QyNGZiMGQ2OTYzZjdkMjhlMTdmNzI=", Some("base64 of its hex"));
        for text in ["", "zz", "00ff", "900150983cd24fb0d6963f7d28e17f7"] {
            assert_eq!(Received::read(text), None, "{text}");
        }
    }
}
