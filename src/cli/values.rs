//! What the values of arguments and environment variables have to look like; they are checked before the
//! server listens. The errors say what is wanted; clap adds the argument and the value that came.

use std::net::{IpAddr, Ipv6Addr};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tracing_subscriber::filter::LevelFilter;
use url::Url;

use crate::sandbox::clock::MAX_WAIT_MS;
use crate::sandbox::facts::is_name;
use crate::sandbox::scenario::duration;
use crate::sandbox::spaces::NAMES;

/// An absolute http or https URL without user, query and fragment, as it was written.
pub(super) fn base_url(text: &str) -> Result<String, String> {
    let wanted = |why: &str| {
        Err(format!("{why}; wanted is an absolute URL such as https://sandbox.example:8443"))
    };
    let Some((_, rest)) = text.split_once("://") else {
        return wanted("it does not begin with http:// or https://");
    };
    let url = match Url::parse(text) {
        Ok(url) if matches!(url.scheme(), "http" | "https") => url,
        Ok(_) => return wanted("it does not begin with http:// or https://"),
        Err(err) => return wanted(&format!("it is no URL: {err}")),
    };
    // The parser repairs these silently, but links are made from the text.
    if !text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\') {
        return wanted("it has blanks, backslashes or characters that are not ASCII");
    }
    if !url.username().is_empty() || url.password().is_some() {
        return wanted("it has a user name or a password");
    }
    if url.query().is_some() || url.fragment().is_some() {
        return wanted("it has a query or a fragment");
    }
    let path = rest.split_once('/').map_or("", |it| it.1).trim_end_matches('/');
    let is_odd = |segment| matches!(segment, "" | "." | "..") || str::starts_with(segment, '@');
    if rest.starts_with('/') || (!path.is_empty() && path.split('/').any(is_odd)) {
        return wanted("its path has empty segments, dots, or the name of a space");
    }
    Ok(text.to_owned())
}

/// A host name: at most 253 characters, in labels of 1 to 63 letters, digits, `-` and `_`, and not an
/// address.
fn is_host_name(text: &str) -> bool {
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|it| it.is_ascii_alphanumeric() || it == b'-' || it == b'_')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    text.len() <= 253 && text.split('.').all(is_label) && !is_number(text)
}

/// Whether the last label is a number, as in an IPv4 address; no host name ends with one.
fn is_number(text: &str) -> bool {
    text.rsplit('.').next().is_some_and(|last| last.bytes().all(|it| it.is_ascii_digit()))
}

/// A name of the certificate: a host name, `*.domain`, or an address.
pub(super) fn tls_name(text: &str) -> Result<String, String> {
    let name = text.strip_prefix("*.").unwrap_or(text);
    if text.parse::<IpAddr>().is_ok() || is_host_name(name) {
        return Ok(text.to_owned());
    }
    Err("wanted is a host name such as reports.vendor.test, *.domain, or an IP address".to_owned())
}

/// An entry of the allow-list of callbacks, in lower case: a host, `*.domain` or `*`.
pub(super) fn callback_host(text: &str) -> Result<String, String> {
    let plain = text.strip_prefix('[').and_then(|it| it.strip_suffix(']')).unwrap_or(text);
    if let Ok(ip) = plain.parse::<Ipv6Addr>() {
        return Ok(format!("[{ip}]"));
    }
    let name = text.strip_prefix("*.").unwrap_or(text);
    if text == "*" || text.parse::<IpAddr>().is_ok() || is_host_name(name) {
        return Ok(text.to_ascii_lowercase());
    }
    Err("wanted is a host name or address, *.domain, or * for every host, without scheme, port \
         and path"
        .to_owned())
}

/// A host whose subdomains name spaces.
pub(super) fn space_host(text: &str) -> Result<String, String> {
    if is_host_name(text) {
        return Ok(text.to_ascii_lowercase());
    }
    Err("wanted is a host name such as sandbox.example, without scheme, port and path".to_owned())
}

/// How long a space may be unused before it is dropped; `None` for ever.
#[derive(Clone, Copy, Debug)]
pub(super) struct Idle(pub(super) Option<SignedDuration>);

/// `never`, or a length of time above zero.
pub(super) fn idle(text: &str) -> Result<Idle, String> {
    if text == "never" {
        return Ok(Idle(None));
    }
    let length = duration(text).filter(SignedDuration::is_positive);
    length.map(|length| Idle(Some(length))).ok_or_else(|| {
        "it is neither `never` nor a length of time above zero such as 30m".to_owned()
    })
}

/// Largest staleness of an answer: 10 seconds.
const MAX_STALENESS: Duration = Duration::from_secs(10);

/// A length of time up to ten seconds, also none.
pub(super) fn staleness(text: &str) -> Result<Duration, String> {
    duration(text)
        .and_then(|length| Duration::try_from(length).ok())
        .filter(|length| *length <= MAX_STALENESS)
        .ok_or_else(|| "it is no length of time up to 10s like `50ms`".to_owned())
}

/// A length of time above zero.
pub(super) fn length(text: &str) -> Result<Duration, String> {
    duration(text)
        .filter(SignedDuration::is_positive)
        .and_then(|length| Duration::try_from(length).ok())
        .ok_or_else(|| "it is no length of time above zero like `30s`".to_owned())
}

/// The longest wait of a call, in milliseconds: a length of time up to ten minutes.
pub(super) fn longest_wait(text: &str) -> Result<u64, String> {
    duration(text)
        .and_then(|length| u64::try_from(length.as_millis()).ok())
        .filter(|ms| *ms <= MAX_WAIT_MS)
        .ok_or_else(|| "it is no length of time up to 10m".to_owned())
}

/// The name of a space; `-` and an empty one are the default space.
pub(super) fn space(text: &str) -> Result<String, String> {
    if matches!(text, "" | "-") || is_name(text) {
        return Ok(text.to_owned());
    }
    Err(format!("wanted are {NAMES}"))
}

/// An instant, as it was written.
pub(super) fn instant(text: &str) -> Result<String, String> {
    match text.parse::<Timestamp>() {
        Ok(_) => Ok(text.to_owned()),
        Err(_) => Err("wanted is an instant such as 2026-01-31T12:00:00Z".to_owned()),
    }
}

/// A token that a header can carry. The errors do not contain it, because it is a secret.
pub(super) fn check_token(token: &str) -> Result<(), &'static str> {
    if token.trim().is_empty() {
        return Err(
            "--admin-token is empty (is SANDTILL_ADMIN_TOKEN set from a secret that is not \
                    there?); give it a value, or leave it out",
        );
    }
    if !token.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(
            "--admin-token has blanks, line ends or characters that are not ASCII; wanted \
                    are letters, digits and signs, which a header can carry",
        );
    }
    Ok(())
}

/// A level of the log, or levels by module separated by commas.
pub(super) fn log_level(text: &str) -> Result<String, String> {
    for part in text.split(',') {
        let (module, level) = part.rsplit_once('=').unwrap_or(("sandtill", part));
        if module.is_empty() || level.is_empty() || level.parse::<LevelFilter>().is_err() {
            return Err(format!(
                "`{part}` is no level; wanted is off, error, warn, info, debug or trace, or a list \
                 such as warn,sandtill=debug"
            ));
        }
    }
    Ok(text.to_owned())
}
