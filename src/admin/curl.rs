//! The `curl` command that repeats a request of the journal.

use std::fmt::Write;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::entry::exact;
use crate::recorder::redaction::Redaction;
use crate::recorder::target::SPACE;
use crate::sandbox::journal::Entry;

/// Headers that another part of the command has, or that curl makes from the body.
const OWN_HEADERS: [&str; 4] = ["host", "content-length", "authorization", "transfer-encoding"];

/// Headers that curl adds by itself: they are taken away if the request came without them.
const ADDED_BY_CURL: [&str; 2] = ["accept", "user-agent"];

/// The `curl` command that sends what came, to `origin` and in the same space. Without `redaction` it
/// contains secrets; with it, the user has to put the secrets in place of the placeholders.
pub(super) fn curl(
    entry: &Entry,
    (origin, space): (&str, &str),
    redaction: Option<&Redaction>,
) -> String {
    let mask =
        |text: &str| redaction.map_or_else(|| text.to_owned(), |redaction| redaction.text(text));
    let mut command = format!("curl -sS -X {}", word(&entry.method));
    let _ = write!(command, " {}", quoted(&format!("{origin}{}", mask(entry.head.target()))));
    if entry.head.target().contains(['[', ']', '{', '}']) {
        command.push_str(" --globoff");
    }
    if entry.path().contains("/.") {
        command.push_str(" --path-as-is");
    }
    match entry.http_version {
        "HTTP/1.0" => command.push_str(" --http1.0"),
        "HTTP/2" => command.push_str(" --http2-prior-knowledge"),
        _ => {}
    }
    push_headers(&mut command, entry, space, redaction);
    let body = &entry.request_body;
    let bytes = match redaction {
        None => body.bytes.clone(),
        Some(redaction) => match exact(body, redaction) {
            (_, Some(_)) => body.bytes.clone(),
            (text, None) => text.into(),
        },
    };
    // An argument of a shell can have neither the byte 0 nor bytes that are not UTF-8.
    match std::str::from_utf8(&bytes).ok().filter(|text| !text.contains('\0')) {
        Some("") => {}
        Some(text) => {
            // `--data-binary @name` would read a file.
            let option = if text.starts_with('@') { "--data-raw" } else { "--data-binary" };
            let _ = write!(command, " {option} {}", quoted(text));
        }
        None => {
            let bytes = STANDARD.encode(&bytes);
            command = format!("printf %s '{bytes}' | base64 -d | {command} --data-binary @-");
        }
    }
    if body.is_truncated() {
        let _ = write!(
            command,
            "\n# only the first {} of {} bytes of the body were kept",
            body.bytes.len(),
            body.length
        );
    }
    command.push('\n');
    command
}

/// Adds the headers of the request, and takes away those that curl would add.
fn push_headers(command: &mut String, entry: &Entry, space: &str, redaction: Option<&Redaction>) {
    let mask =
        |text: &str| redaction.map_or_else(|| text.to_owned(), |redaction| redaction.text(text));
    if let Some(authorization) = entry.head.authorization() {
        match redaction {
            None => {
                let header = format!("Authorization: {authorization}");
                let _ = write!(command, " -H {}", quoted(&header));
            }
            Some(_) => command.push_str(" -H \"Authorization: $AUTHORIZATION\""),
        }
    }
    for (name, value) in entry.head.request().iter() {
        if OWN_HEADERS.contains(&name) {
            continue;
        }
        // curl takes `name:` for a header to be left out, and `name;` for one without a value.
        let header = match mask(value) {
            value if value.is_empty() => format!("{name};"),
            value => format!("{name}: {value}"),
        };
        let _ = write!(command, " -H {}", quoted(&header));
    }
    let is_absent = |name: &&&str| entry.head.request().get(name).is_none();
    for name in ADDED_BY_CURL.iter().filter(is_absent) {
        let _ = write!(command, " -H '{name}:'");
    }
    if entry.request_body.length > 0 && entry.head.request().get("content-type").is_none() {
        command.push_str(" -H 'content-type:'");
    }
    // The command goes to `origin`, without the host that named the space, so a header names the space.
    let is_named = entry.head.target().starts_with("/@")
        || entry.head.request().iter().any(|(name, _)| name.eq_ignore_ascii_case(SPACE.as_str()));
    if !space.is_empty() && !is_named {
        let _ = write!(command, " -H '{SPACE}: {space}'");
    }
}

/// A method as a word of a POSIX shell: a method can contain `|`, `&`, `$` and backticks.
fn word(method: &str) -> String {
    let is_plain = method.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if is_plain { method.to_owned() } else { quoted(method) }
}

/// Quotes a text for a POSIX shell, so that the shell does not interpret any character.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}
