//! The commands of a running server: what they share is how they ask it, and how they say what went wrong.

pub(super) mod clock;
pub(super) mod faults;
pub(super) mod history;
pub(super) mod journal;
pub(super) mod transactions;

use std::time::Duration;

use clap::Args;
use clap::builder::BoolishValueParser;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

use super::client::{self, Answer, Request};
use super::{Failure, ServerArgs, block_on, say, values};

/// Arguments that choose a space of a running server.
#[derive(Clone, Debug, Args)]
pub(super) struct SpaceArgs {
    #[command(flatten)]
    server: ServerArgs,
    /// Name of the space; the default space without it.
    #[arg(long, global = true, env = "SANDTILL_SPACE", value_parser = values::space)]
    space: Option<String>,
}

impl SpaceArgs {
    /// The base URL of the space, without a slash at the end.
    fn base_url(&self) -> String {
        let base = self.server.base_url();
        match self.space.as_deref() {
            None | Some("" | "-") => base,
            Some(name) => format!("{base}/@{name}"),
        }
    }

    /// Sends a body to `/_admin{path}` and returns whatever the server answers.
    pub(super) fn post(
        &self,
        path: &str,
        body: (Option<&'static str>, &[u8]),
        patience: Duration,
    ) -> Result<Answer, Failure> {
        self.send("POST", path, Some(body), patience)
    }

    fn send(
        &self,
        method: &str,
        path: &str,
        body: Option<(Option<&'static str>, &[u8])>,
        patience: Duration,
    ) -> Result<Answer, Failure> {
        let (url, path) = (self.base_url(), format!("/_admin{path}"));
        let token = self.server.admin_token.as_deref();
        let request = Request { method, path: &path, token, body, patience };
        block_on(client::send(&url, &request))?.map_err(|why| {
            Failure::failed(format!(
                "{url} does not answer: {why}; start a server with `sandtill`, or name one with \
                 --url or SANDTILL_URL"
            ))
        })
    }
}

/// Arguments of a command that asks a space of a running server.
#[derive(Clone, Debug, Args)]
pub(super) struct RunningArgs {
    #[command(flatten)]
    space: SpaceArgs,
    /// Print the server's answer as JSON, for scripts.
    #[arg(long, global = true, env = "SANDTILL_JSON", value_parser = BoolishValueParser::new())]
    json: bool,
}

/// Time for a call whose answer needs no waiting: 30 seconds.
const PATIENCE: Duration = Duration::from_secs(30);

/// A running server and the space that a command is about.
pub(super) struct Running<'a> {
    args: &'a RunningArgs,
}

impl RunningArgs {
    pub(super) fn running(&self) -> Running<'_> {
        Running { args: self }
    }
}

impl Running<'_> {
    /// Asks `/_admin{path}` and returns the answer, which is `null` if it has no body.
    pub(super) fn ask(
        &self,
        method: &str,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Value, Failure> {
        self.ask_patiently(method, path, body, PATIENCE)
    }

    /// Like [`Running::ask`], for a call that takes longer.
    pub(super) fn ask_patiently(
        &self,
        method: &str,
        path: &str,
        body: Option<&Value>,
        patience: Duration,
    ) -> Result<Value, Failure> {
        let body = body.map(ToString::to_string);
        let body = body.as_ref().map(|body| (Some("application/json"), body.as_bytes()));
        let Answer { status, body, .. } = self.args.space.send(method, path, body, patience)?;
        if status == 204 {
            return Ok(Value::Null);
        }
        let answer = serde_json::from_str::<Value>(&body);
        match (status, answer) {
            (200..300, Ok(answer)) => Ok(answer),
            (_, answer) => Err(self.refused(status, answer.ok().as_ref())),
        }
    }

    /// The sentence for an answer that is no success.
    fn refused(&self, status: u16, problem: Option<&Value>) -> Failure {
        let detail = problem.and_then(|it| it.get("detail")?.as_str());
        let url = self.args.space.base_url();
        let is_given = self.args.space.server.admin_token.is_some();
        Failure::failed(match (status, detail) {
            (401, _) if is_given => {
                format!("{url} does not know this admin token; see --admin-token")
            }
            (401, _) => format!(
                "{url} wants its admin token; give it with --admin-token or SANDTILL_ADMIN_TOKEN"
            ),
            (_, Some(detail)) => detail.replace('\n', "; "),
            (_, None) => {
                format!("{url} answered {status}, which is no answer of Sandtill; is it one?")
            }
        })
    }

    /// Prints the answer as JSON if that is wanted, otherwise what `lines` makes of it.
    pub(super) fn show(&self, answer: &Value, lines: impl FnOnce(&Value) -> String) {
        if self.args.json {
            say(&format!("{answer:#}"));
        } else {
            let text = lines(answer);
            if !text.is_empty() {
                say(&text);
            }
        }
    }

    /// Whether answers are printed as JSON.
    pub(super) fn is_json(&self) -> bool {
        self.args.json
    }
}

/// A text as a piece of a path or query.
pub(super) fn encoded(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

/// A text of an answer; empty if there is none.
pub(super) fn text<'v>(value: &'v Value, key: &str) -> &'v str {
    value.get(key).and_then(Value::as_str).unwrap_or("")
}

/// A whole number of an answer; 0 if there is none.
pub(super) fn number(value: &Value, key: &str) -> i64 {
    value.get(key).and_then(Value::as_i64).unwrap_or(0)
}

/// A list of an answer; empty if there is none.
pub(super) fn list<'v>(value: &'v Value, key: &str) -> &'v [Value] {
    value.get(key).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// Rows of cells as text with aligned columns. The last column has no padding.
pub(super) fn table(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let line = |row: &Vec<String>| {
        let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}"));
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    rows.iter().map(line).collect::<Vec<_>>().join("\n")
}
