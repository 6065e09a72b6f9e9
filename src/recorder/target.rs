//! Finds the space of a request: `/@name` in front of its path, the header `Sandtill-Space`, or the first
//! label of a host below `localhost` or a host of `--space-hosts`.

use axum::http::header::HOST;
use axum::http::uri::PathAndQuery;
use axum::http::{HeaderMap, HeaderName, StatusCode, Uri};

use crate::sandbox::Options;
use crate::sandbox::facts::is_name;
use crate::sandbox::space::NotMade;
use crate::sandbox::spaces::{DEFAULT, NAMES, SpaceError};
use crate::wire::body::TransportError;
use crate::wire::call::{authority, host_name};
use crate::wire::problem::Problem;

/// Request header that names a space; in an answer, the space that answered.
pub const SPACE: HeaderName = HeaderName::from_static("sandtill-space");

/// The name of the default space in the header `Sandtill-Space`.
pub const DEFAULT_NAME: &str = "-";

/// Names below this host always name a space, because they resolve to this machine.
const LOCALHOST: &str = "localhost";

/// The space and the original target of a request; an extension of the request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Target {
    /// The name of the space; empty for the default space.
    pub space: String,
    /// Path and query as the client sent them, with the space.
    pub sent: String,
}

impl Target {
    /// Finds the space of a request and returns its URI without the space.
    ///
    /// # Errors
    ///
    /// 404 if the name in the path is not a valid name of a space; 400 if that in the header is not, if the
    /// header or the header `Host` occurs twice, or if path, header and host name different spaces.
    pub fn of(options: &Options, uri: &Uri, headers: &HeaderMap) -> Result<(Self, Uri), Problem> {
        // RFC 9112 section 3.2: a server must answer 400 to a request with more than one.
        if headers.get_all(HOST).iter().nth(1).is_some() {
            return Err(Problem::bad_request("there is more than one header Host; send one"));
        }
        let sent = uri.path_and_query().map_or("/", PathAndQuery::as_str);
        let (in_path, rest) = split_space(sent);
        let in_header = in_header(headers)?;
        let in_host = in_host(options, headers, uri);
        let mut named: Vec<(&str, &str)> = Vec::new();
        named.extend(in_path.map(|name| ("the path", name)));
        named.extend(in_header.map(|name| ("the header Sandtill-Space", name)));
        named.extend(in_host.as_deref().map(|name| ("the host", name)));
        let Some((source, name)) = named.first().copied() else {
            return Ok((Self { space: DEFAULT.to_owned(), sent: sent.to_owned() }, uri.clone()));
        };
        if let Some((other, another)) = named.iter().find(|it| it.1 != name) {
            return Err(Problem::bad_request(format!(
                "{source} names the space `{name}`, and {other} names `{another}`; name one"
            )));
        }
        let space = if name == DEFAULT_NAME { DEFAULT } else { name };
        if space != DEFAULT && !is_name(space) {
            return Err(Problem::not_found(format!("a space is called by {NAMES}")));
        }
        let uri = if in_path.is_some() { without_space(uri, rest) } else { uri.clone() };
        Ok((Self { space: space.to_owned(), sent: sent.to_owned() }, uri))
    }
}

/// Replaces path and query of a URI. Over HTTP/2 the URI has scheme and host too; they stay.
fn without_space(uri: &Uri, rest: &str) -> Uri {
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = rest.parse().ok();
    Uri::from_parts(parts).unwrap_or_else(|_| Uri::from_static("/"))
}

fn in_header(headers: &HeaderMap) -> Result<Option<&str>, Problem> {
    let mut values = headers.get_all(SPACE).iter();
    let Some(value) = values.next() else { return Ok(None) };
    if values.next().is_some() {
        return Err(Problem::bad_request("there is more than one header Sandtill-Space"));
    }
    let name = value.to_str().unwrap_or("").trim();
    if name != DEFAULT_NAME && !is_name(name) {
        let shown = String::from_utf8_lossy(value.as_bytes());
        return Err(Problem::bad_request(format!(
            "the header Sandtill-Space is `{shown}`; it must be `-` (the default space) or {NAMES}"
        )));
    }
    Ok(Some(name))
}

/// The label in front of a host that has spaces, in lower case, because host names ignore case.
fn in_host(options: &Options, headers: &HeaderMap, uri: &Uri) -> Option<String> {
    let host = host_name(authority(headers, uri)?).trim_end_matches('.');
    let mut with_spaces = options.space_hosts.iter().map(String::as_str).chain([LOCALHOST]);
    let name = with_spaces.find_map(|domain| before(host, domain).filter(|name| is_name(name)));
    name.map(str::to_ascii_lowercase)
}

/// The part of `host` in front of `.domain`, compared without case; `None` if `host` is not below `domain`.
fn before<'a>(host: &'a str, domain: &str) -> Option<&'a str> {
    let (name, end) = host.split_at_checked(host.len().checked_sub(domain.len())?)?;
    name.strip_suffix('.').filter(|_| end.eq_ignore_ascii_case(domain))
}

/// The name of the space in a request target, if there is one, and the target without it.
fn split_space(target: &str) -> (Option<&str>, &str) {
    let Some(named) = target.strip_prefix("/@") else { return (None, target) };
    let end = named.find(['/', '?']).unwrap_or(named.len());
    let (name, rest) = named.split_at_checked(end).unwrap_or((named, ""));
    let rest = if rest.is_empty() { "/" } else { rest };
    // `/@` without a name gives `/`, which is not a valid name, so the request is refused.
    (Some(if name.is_empty() { "/" } else { name }), rest)
}

/// What a client is told when a change was not made.
#[must_use]
pub fn away(why: NotMade) -> TransportError {
    match why {
        NotMade::Nothing => TransportError::Unavailable,
        NotMade::Unknown => TransportError::Unsettled,
    }
}

/// Why there is no room for another space.
#[must_use]
pub fn too_many(limit: usize) -> String {
    format!("there are {limit} already; delete some, or start the server with --max-spaces")
}

/// The problem document for a space that does not exist and cannot be made.
#[must_use]
pub fn problem(name: &str, err: SpaceError) -> Problem {
    match err {
        SpaceError::TooMany(limit) => {
            let problem = Problem::new(StatusCode::TOO_MANY_REQUESTS, "Too many spaces");
            problem.detail(too_many(limit))
        }
        SpaceError::Away(why) => away(why).problem(),
        SpaceError::Undeclared | SpaceError::Taken => Problem::not_found(format!(
            "there is no space `{name}`; this server has only those that POST /_admin/spaces made"
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_space_is_the_first_segment_with_an_at() {
        assert_eq!(split_space("/api/reports?a=1"), (None, "/api/reports?a=1"));
        assert_eq!(split_space("/@x/api/reports?a=/@y"), (Some("x"), "/api/reports?a=/@y"));
        assert_eq!(split_space("/@x"), (Some("x"), "/"));
        assert_eq!(split_space("/@x?a"), (Some("x"), "?a"));
        assert_eq!(split_space("/@"), (Some("/"), "/"));
        assert_eq!(split_space("/@/a"), (Some("/"), "/a"));
    }

    /// The space and the URI of a request to this target with these headers, or the status of the refusal.
    fn of(target: &str, sent: &[(&'static str, &str)]) -> Result<(String, String), u16> {
        let options = Options { space_hosts: vec!["Box.example".to_owned()], ..Options::default() };
        let mut headers = HeaderMap::new();
        for (name, value) in sent {
            headers.append(*name, value.parse().unwrap());
        }
        let found = Target::of(&options, &target.parse().unwrap(), &headers);
        found
            .map(|(target, uri)| (target.space, uri.to_string()))
            .map_err(|problem| problem.status().as_u16())
    }

    #[test]
    fn path_header_and_host_name_a_space() {
        let ok = |space: &str, path: &str| Ok((space.to_owned(), path.to_owned()));
        let (host, x) = ("host", ("sandtill-space", "x"));
        assert_eq!(of("/a?b", &[]), ok("", "/a?b"));
        assert_eq!(of("/@x/a?b", &[]), ok("x", "/a?b"));
        assert_eq!(of("/a", &[x]), ok("x", "/a"));
        assert_eq!(of("/a", &[("sandtill-space", "-")]), ok("", "/a"));
        assert_eq!(of("/a", &[(host, "x.localhost:8080")]), ok("x", "/a"));
        assert_eq!(of("/a", &[(host, "X.LOCALHOST")]), ok("x", "/a"));
        assert_eq!(of("/a", &[(host, "x.box.example")]), ok("x", "/a"));
        for plain in ["localhost:1", "box.example", "x.other.example", "[::1]:1", "127.0.0.1"] {
            assert_eq!(of("/a", &[(host, plain)]), ok("", "/a"), "{plain}");
        }
        assert_eq!(of("/@x/a", &[x, (host, "x.localhost")]), ok("x", "/a"));
        // Over HTTP/2 the host is in the request target.
        assert_eq!(of("https://h:1/@x/a", &[]), ok("x", "https://h:1/a"));
        assert_eq!(of("https://x.localhost:1/a", &[]), ok("x", "https://x.localhost:1/a"));
    }

    #[test]
    fn names_that_disagree_or_cannot_be_are_refused() {
        let (host, x) = ("host", ("sandtill-space", "x"));
        for sent in [
            vec![("sandtill-space", "y")],
            vec![("sandtill-space", "-")],
            vec![x, (host, "y.localhost")],
            vec![x, x],
            vec![("sandtill-space", "")],
            vec![("sandtill-space", "a b")],
            vec![("sandtill-space", "..")],
        ] {
            assert_eq!(of("/@x/a", &sent), Err(400), "{sent:?}");
        }
        for target in ["/@/a", "/@", "/@..%2f/a", "/@a%20b/a", "/@-/a"] {
            let expected =
                if target == "/@-/a" { Ok(("".to_owned(), "/a".to_owned())) } else { Err(404) };
            assert_eq!(of(target, &[]), expected, "{target}");
        }
    }
}
