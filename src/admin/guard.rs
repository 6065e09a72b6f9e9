//! Protects the admin API: requires the token if one is set, and refuses requests from foreign web pages.

use std::borrow::Cow;
use std::net::IpAddr;

use axum::http::request::Parts;
use axum::http::{StatusCode, header};

use super::session;
use crate::sandbox::Options;
use crate::sandbox::clock::real_now;
use crate::wire::call::{authority, host_name};
use crate::wire::problem::Problem;

/// Checks the head of a request: 401 without the right token or the session of a browser, 403 for a foreign
/// page or host.
pub(super) fn check(options: &Options, parts: &Parts) -> Result<(), Problem> {
    check_origin(options, parts)?;
    if let Some(token) = &options.admin_token {
        let sent = text(parts, header::AUTHORIZATION).unwrap_or_default();
        let (scheme, sent) = sent.split_once(' ').unwrap_or(("", ""));
        let sent = if scheme.eq_ignore_ascii_case("bearer") { sent.trim() } else { "" };
        // A blank token proves nothing; the command line refuses one.
        let is_known = session::is_token(options, sent)
            || !token.trim().is_empty() && session::holds(token, &parts.headers, real_now())?;
        return if is_known { Ok(()) } else { Err(session::required()) };
    }
    check_host(options, parts)
}

fn text(parts: &Parts, name: header::HeaderName) -> Option<Cow<'_, str>> {
    parts.headers.get(name).map(|it| String::from_utf8_lossy(it.as_bytes()))
}

fn forbidden(detail: String) -> Result<(), Problem> {
    Err(Problem::new(StatusCode::FORBIDDEN, "Forbidden").detail(detail))
}

/// Refuses a request that a page of another server makes a browser send.
pub(super) fn check_origin(options: &Options, parts: &Parts) -> Result<(), Problem> {
    let Some(origin) = text(parts, header::ORIGIN) else { return Ok(()) };
    let host = authority(&parts.headers, &parts.uri).unwrap_or("");
    let own = origin.split_once("://").map_or("", |it| it.1);
    let public = options.public_url.as_deref().map(|url| url.trim_end_matches('/'));
    if own == host || Some(&*origin) == public {
        return Ok(());
    }
    forbidden(format!("a page of {origin} cannot use the admin API of {host}"))
}

/// Refuses who should not reach a server without a token: other machines, and foreign host names.
fn check_host(options: &Options, parts: &Parts) -> Result<(), Problem> {
    if options.beyond_loopback {
        if options.admin_open {
            return Ok(());
        }
        return forbidden(
            "the server listens beyond loopback, where everybody could use the admin API; start \
             it with --admin-token, or with --admin-open if that is meant"
                .to_owned(),
        );
    }
    // DNS rebinding: a foreign web page gets here through a host name that resolves to a loopback address.
    let name = host_name(authority(&parts.headers, &parts.uri).unwrap_or(""));
    if is_local(name) || options.public_url.as_deref().is_some_and(|url| is_host_of(url, name)) {
        return Ok(());
    }
    forbidden(format!(
        "the host `{name}` is not this machine; use localhost or 127.0.0.1, or start the server \
         with --public-url or --admin-token"
    ))
}

fn is_local(name: &str) -> bool {
    // Browsers always send a host, so a request without one does not come from a web page.
    name.is_empty()
        || name.eq_ignore_ascii_case("localhost")
        || name.to_ascii_lowercase().ends_with(".localhost")
        || name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

fn is_host_of(url: &str, name: &str) -> bool {
    let authority = url.split_once("://").map_or(url, |it| it.1);
    host_name(authority.split('/').next().unwrap_or("")).eq_ignore_ascii_case(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_that(options: &Options, sent: &[(&'static str, &str)], status: Option<u16>) {
        let mut request = axum::http::Request::get("/_admin/clock");
        for (name, value) in sent {
            request = request.header(*name, *value);
        }
        let parts = request.body(()).unwrap().into_parts().0;
        let problem = check(options, &parts).err().map(|it| it.status().as_u16());
        assert_eq!(problem, status, "{sent:?}");
    }

    #[test]
    fn only_this_machine_and_no_foreign_page_gets_in_without_a_token() {
        let options = Options::default();
        check_that(&options, &[("host", "localhost:8080")], None);
        check_that(&options, &[("host", "a.localhost:8080")], None);
        check_that(&options, &[("host", "127.0.0.2:1")], None);
        check_that(&options, &[("host", "[::1]:8080")], None);
        check_that(&options, &[], None);
        check_that(&options, &[("host", "evil.example:8080")], Some(403));
        check_that(&options, &[("host", "10.0.0.1:8080")], Some(403));
        let (host, evil) = (("host", "localhost:8080"), ("origin", "https://evil.example"));
        check_that(&options, &[host, evil], Some(403));
        check_that(&options, &[host, ("origin", "null")], Some(403));
        check_that(&options, &[host, ("origin", "http://localhost:8080")], None);
        let public =
            Options { public_url: Some("https://s.example/".into()), ..Options::default() };
        check_that(&public, &[("host", "s.example"), ("origin", "https://s.example")], None);
    }

    #[test]
    fn beyond_loopback_it_takes_a_token_or_a_word_that_it_is_open() {
        let exposed = Options { beyond_loopback: true, ..Options::default() };
        check_that(&exposed, &[("host", "sandbox:8080")], Some(403));
        let open = Options { admin_open: true, ..exposed.clone() };
        check_that(&open, &[("host", "sandbox:8080")], None);
        let locked = Options { admin_token: Some("t0ken".into()), ..exposed };
        check_that(&locked, &[("host", "sandbox:8080")], Some(401));
        check_that(&locked, &[("authorization", "Bearer other")], Some(401));
        check_that(&locked, &[("authorization", "Bearer t0ken")], None);
        check_that(&locked, &[("authorization", "bearer  t0ken")], None);
        check_that(&locked, &[("authorization", "Basic t0ken")], Some(401));
        check_that(&locked, &[("authorization", "Bearer")], Some(401));
        for blank in ["", " "] {
            let locked = Options { admin_token: Some(blank.into()), ..Options::default() };
            for sent in ["Bearer ", "Bearer", "", "Bearer  "] {
                check_that(&locked, &[("authorization", sent)], Some(401));
            }
            check_that(&locked, &[("host", "localhost")], Some(401));
        }
    }
}
