//! What the values of arguments and environment variables have to look like; they are checked before the
//! server listens. The errors say what is wanted; clap adds the argument and the value that came.

use std::net::{IpAddr, Ipv6Addr};

use tracing_subscriber::filter::LevelFilter;
use url::Url;

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
