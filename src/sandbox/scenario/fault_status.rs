//! The answer that a `status` fault spells out, within what RFC 9110 allows.

use super::fault_kind::FaultKindFile;
use crate::sandbox::faults::StatusAnswer;

/// Headers that concern one connection only (RFC 9110, section 7.6.1), or that the server makes itself from
/// the body.
const UNWANTED: [&str; 10] = [
    "connection",
    "content-length",
    "content-type",
    "keep-alive",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "sandtill-journal",
];

/// The same as a regular expression.
pub(super) const UNWANTED_PATTERN: &str = "^(?i)(connection|content-length|content-type|keep-alive|proxy-connection|te|trailer|transfer-encoding|upgrade|sandtill-journal)$";

/// The most headers of an answer.
const MAX_HEADERS: usize = 32;

/// The longest value of a header, in bytes.
const MAX_VALUE: usize = 4096;

/// The longest body, in bytes.
const MAX_BODY: usize = 64 * 1024;

impl FaultKindFile {
    /// The answer of a `status` fault.
    ///
    /// # Errors
    ///
    /// What RFC 9110 forbids, or what is too long.
    pub(super) fn status_answer(&self) -> Result<StatusAnswer, String> {
        let status = self.status.ok_or_else(|| "`status` needs `status`".to_owned())?;
        if !(200..600).contains(&status) {
            return Err(format!(
                "`status` is {status}; it must be 200 to 599, for a status below only announces an answer"
            ));
        }
        if status == 426 {
            return Err("`status` is 426; it needs the header `Upgrade`, which concerns one connection only \
                        and is not sent"
                .to_owned());
        }
        let body = self.body.as_deref().filter(|body| !body.is_empty());
        if let (Some(_), 204 | 205 | 304) = (body, status) {
            return Err(format!("an answer with status {status} has no `body` (RFC 9110)"));
        }
        if body.is_some_and(|body| body.len() > MAX_BODY) {
            return Err(format!("`body` has more than {MAX_BODY} bytes"));
        }
        let headers = self.headers.clone().unwrap_or_default();
        if headers.len() > MAX_HEADERS {
            return Err(format!("there are more than {MAX_HEADERS} `headers`"));
        }
        headers.iter().try_for_each(|(name, value)| check_header(name, value))?;
        if let Some(media) = &self.content_type {
            check_value("content_type", media)?;
        }
        Ok(StatusAnswer {
            status,
            headers: headers.into_iter().collect(),
            body: self.body.clone(),
            content_type: self.content_type.clone(),
            work: self.work()?,
        })
    }
}

fn check_header(name: &str, value: &str) -> Result<(), String> {
    let is_token = |it: u8| it.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&it);
    if name.is_empty() || name.len() > 100 || !name.bytes().all(is_token) {
        return Err(format!("`{}` is no name of a header", name.escape_debug()));
    }
    let lower = name.to_ascii_lowercase();
    if UNWANTED.contains(&lower.as_str()) {
        let why = match lower.as_str() {
            "content-length" => "it follows from the body",
            "content-type" => "say it as `content_type`",
            "sandtill-journal" => "it is Sandtill's own",
            _ => "it concerns one connection only (RFC 9110, section 7.6.1)",
        };
        return Err(format!("the header `{name}` is not taken: {why}"));
    }
    check_value(name, value)
}

fn check_value(name: &str, value: &str) -> Result<(), String> {
    let is_visible = |it: u8| (b' '..=b'~').contains(&it) || it == b'\t';
    if value.len() > MAX_VALUE || !value.bytes().all(is_visible) || value.trim() != value {
        return Err(format!(
            "the value of `{name}` is not visible ASCII without blanks around it, {MAX_VALUE} bytes at most"
        ));
    }
    Ok(())
}
