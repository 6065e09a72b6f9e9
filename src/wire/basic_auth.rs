//! Reads HTTP Basic authentication (RFC 7617); the case of the scheme does not matter.

use axum::http::{HeaderMap, header::AUTHORIZATION};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// User name and password of a request, decoded and not checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Basic {
    /// The text before the first colon.
    pub user: String,
    /// The text after the first colon.
    pub password: String,
}

/// Parses the header `Authorization`; `None` if it is absent, has another scheme or cannot be decoded.
#[must_use]
pub fn parse(headers: &HeaderMap) -> Option<Basic> {
    let header = headers.get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, encoded) = header.trim().split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
    let (user, password) = decoded.split_once(':')?;
    Some(Basic { user: user.to_owned(), password: password.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(header: &[u8], expected: Option<(&str, &str)>) {
        let mut headers = HeaderMap::new();
        headers.insert(AUTHORIZATION, header.try_into().unwrap());
        let parsed = parse(&headers);
        let parsed = parsed.as_ref().map(|it| (it.user.as_str(), it.password.as_str()));
        assert_eq!(parsed, expected);
    }

    #[test]
    fn scheme_is_case_insensitive_and_the_rest_is_exact() {
        // RFC 7617, section 2.
        check(b"Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==", Some(("Aladdin", "open sesame")));
        check(b"BASIC QWxhZGRpbjpvcGVuIHNlc2FtZQ==", Some(("Aladdin", "open sesame")));
        check(b"basic YTpiOmM=", Some(("a", "b:c")));
        check(b"Bearer QWxhZGRpbjpvcGVuIHNlc2FtZQ==", None);
        check(b"Basic", None);
        check(b"Basic !!!!", None);
        check(b"Basic /w==", None);
        check(b"\xff\xfe", None);
    }
}
