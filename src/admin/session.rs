//! The session of a browser: a cookie that proves that its user knew the admin token, without carrying it.

use axum::http::header::COOKIE;
use axum::http::{HeaderMap, StatusCode};
use jiff::Timestamp;

use crate::sandbox::{Options, digest};
use crate::wire::problem::Problem;

/// The name of the cookie.
const NAME: &str = "sandtill_session";

/// How long a session lasts, in seconds of real time: twelve hours.
const LENGTH: i64 = 12 * 60 * 60;

/// The value of a session that ends at this Unix second: the second, and its HMAC-SHA-256 keyed by the token.
/// So every process that has the token knows the session, and a session ends when the token is changed.
fn value(token: &str, ends_at: i64) -> String {
    let proof =
        digest::hmac_sha256(token.as_bytes(), format!("sandtill page {ends_at}").as_bytes());
    format!("{ends_at}.{proof}")
}

/// The header `Set-Cookie` of a new session. A cookie of a page that came over TLS stays on TLS.
pub(super) fn cookie(token: &str, now: Timestamp, is_secure: bool) -> String {
    let value = value(token, now.as_second().saturating_add(LENGTH));
    let secure = if is_secure { "; Secure" } else { "" };
    format!("{NAME}={value}; Path=/; Max-Age={LENGTH}; HttpOnly; SameSite=Strict{secure}")
}

/// The header `Set-Cookie` that ends a session.
pub(super) fn end() -> String {
    format!("{NAME}=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict")
}

/// The problem of a browser without a session.
pub(super) fn required() -> Problem {
    Problem::new(StatusCode::UNAUTHORIZED, "Unauthorized")
        .detail("send `Authorization: Bearer …` with the token of --admin-token")
}

/// Whether the cookies of a request hold a session of this token that has not ended.
///
/// # Errors
///
/// 401 with its end, when there is a session of this token that has ended.
pub(super) fn holds(token: &str, headers: &HeaderMap, now: Timestamp) -> Result<bool, Problem> {
    let mut ended = false;
    let texts = headers.get_all(COOKIE).iter().filter_map(|it| it.to_str().ok());
    for pair in texts.flat_map(|text| text.split(';')) {
        let Some((name, sent)) = pair.trim().split_once('=') else { continue };
        let ends_at = sent.split_once('.').and_then(|it| it.0.parse::<i64>().ok());
        let Some(ends_at) = ends_at.filter(|_| name == NAME) else { continue };
        if !digest::same(value(token, ends_at).as_bytes(), sent.as_bytes()) {
            continue;
        }
        if ends_at > now.as_second() {
            return Ok(true);
        }
        ended = true;
    }
    if !ended {
        return Ok(false);
    }
    Err(Problem::new(StatusCode::UNAUTHORIZED, "Unauthorized")
        .detail("the session has ended after twelve hours; sign in again"))
}

/// Whether a text is the admin token of the server; a blank token proves nothing.
pub(super) fn is_token(options: &Options, sent: &str) -> bool {
    let token = options.admin_token.as_deref().filter(|token| !token.trim().is_empty());
    token.is_some_and(|token| digest::same(token.as_bytes(), sent.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    /// The headers of a browser that was given this cookie.
    fn sent(cookie: &str) -> HeaderMap {
        let pair = cookie.split(';').next().unwrap();
        let mut headers = HeaderMap::new();
        headers.insert(COOKIE, format!("other=1; {pair}").parse().unwrap());
        headers
    }

    #[test]
    fn a_session_lasts_twelve_hours_and_belongs_to_its_token() {
        let cookie = cookie("t0ken", at(1000), false);
        assert!(!cookie.contains("t0ken"), "{cookie}");
        let headers = sent(&cookie);
        assert!(holds("t0ken", &headers, at(1000)).unwrap());
        assert!(holds("t0ken", &headers, at(1000 + LENGTH - 1)).unwrap());
        let ended = holds("t0ken", &headers, at(1000 + LENGTH)).unwrap_err();
        assert!(ended.to_string().contains("ended"), "{ended}");
        assert!(!holds("another", &headers, at(1000)).unwrap());
        assert!(!holds("another", &headers, at(1000 + LENGTH)).unwrap());
    }

    #[test]
    fn a_session_that_was_written_by_hand_holds_nothing() {
        let proof = value("another", 5000).split_once('.').unwrap().1.to_owned();
        for pair in [
            "sandtill_session=".to_owned(),
            "sandtill_session=5000".to_owned(),
            "sandtill_session=5000.".to_owned(),
            format!("sandtill_session=5000.{proof}"),
            format!("sandtill_session=x.{proof}"),
            format!("session={}", value("t0ken", 5000)),
            format!("sandtill_session={}", value("t0ken", 5000).replacen("5000", "9000", 1)),
        ] {
            assert!(!holds("t0ken", &sent(&pair), at(1000)).unwrap(), "{pair}");
        }
    }
}
