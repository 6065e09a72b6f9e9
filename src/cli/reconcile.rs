//! `sandtill reconcile`: compares the file of an import with the truth of a running server.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};
use url::form_urlencoded::Serializer;

use super::client::Answer;
use super::running::SpaceArgs;
use super::{Failure, say};

/// Longest time for a server to work on the rows: ten minutes, real time.
const PATIENCE: Duration = Duration::from_secs(600);

#[derive(Clone, Debug, Args)]
pub(super) struct ReconcileArgs {
    /// The rows that were imported: CSV with a header, or JSON. `-` reads standard input.
    file: PathBuf,
    /// The provider whose reports were imported.
    #[arg(long, env = "SANDTILL_PROVIDER")]
    provider: String,
    /// The merchant, by its name in the scenario.
    #[arg(long, env = "SANDTILL_MERCHANT")]
    merchant: String,
    /// The first day or instant of the import; the beginning of the ledger without it.
    #[arg(long, env = "SANDTILL_FROM")]
    from: Option<String>,
    /// The last day, or the instant at which the import ends; now without it.
    #[arg(long, env = "SANDTILL_TO")]
    to: Option<String>,
    /// The instant by which rows are in the range: `created`, `paid` or `settled`.
    #[arg(long, env = "SANDTILL_AXIS")]
    axis: Option<String>,
    /// What is printed.
    #[arg(long, env = "SANDTILL_FORMAT", value_enum, default_value_t = Format::Table)]
    format: Format,
    /// Writes the findings as `JUnit` XML to this file too.
    #[arg(long, env = "SANDTILL_JUNIT")]
    junit: Option<PathBuf>,
    #[command(flatten)]
    space: SpaceArgs,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    Table,
    Json,
    Csv,
    Junit,
}

impl Format {
    fn name(self) -> &'static str {
        match self {
            Self::Table => "table",
            Self::Json => "json",
            Self::Csv => "csv",
            Self::Junit => "junit",
        }
    }
}

/// Longest import, in bytes; the server takes no more.
const MAX_FILE: u64 = 64 * 1024 * 1024;

pub(super) fn run(args: &ReconcileArgs) -> Result<(), Failure> {
    let rows = read(args)?;
    let (breaks, printed) = ask(args, args.format, &rows)?;
    say(printed.trim_end());
    if let Some(path) = &args.junit {
        let (_, xml) = ask(args, Format::Junit, &rows)?;
        std::fs::write(path, xml)
            .map_err(|err| Failure::usage(format!("{}: {err}", path.display())))?;
    }
    match breaks {
        0 => Ok(()),
        1 => Err(Failure::failed("1 row is wrong")),
        count => Err(Failure::failed(format!("{count} rows are wrong"))),
    }
}

fn read(args: &ReconcileArgs) -> Result<Vec<u8>, Failure> {
    let path = &args.file;
    let unreadable = |err: std::io::Error| Failure::usage(format!("{}: {err}", path.display()));
    if path.as_os_str() == "-" {
        let mut rows = Vec::new();
        std::io::Read::read_to_end(&mut std::io::stdin().lock(), &mut rows).map_err(unreadable)?;
        return Ok(rows);
    }
    if std::fs::metadata(path).map_err(unreadable)?.len() > MAX_FILE {
        let most = MAX_FILE / 1024 / 1024;
        let problem = format!("{}: more than {most} MiB; import fewer days", path.display());
        return Err(Failure::usage(problem));
    }
    std::fs::read(path).map_err(unreadable)
}

/// Asks the server: the number of rows that are wrong, and the findings in a format.
fn ask(args: &ReconcileArgs, format: Format, rows: &[u8]) -> Result<(u64, String), Failure> {
    let mut query = Serializer::new(String::new());
    query.append_pair("provider", &args.provider).append_pair("merchant", &args.merchant);
    let optional = [("from", &args.from), ("to", &args.to), ("axis", &args.axis)];
    for (name, value) in optional {
        if let Some(value) = value {
            query.append_pair(name, value);
        }
    }
    query.append_pair("format", format.name());
    let path = format!("/reconcile?{}", query.finish());
    let answer = args.space.post(&path, (None, rows), PATIENCE)?;
    let Answer { status, headers, body } = answer;
    if status != 200 {
        let problem: Option<serde_json::Value> = serde_json::from_str(&body).ok();
        let detail = problem.as_ref().and_then(|problem| problem.get("detail")?.as_str());
        let message = format!("{}: {}", args.file.display(), detail.unwrap_or(&body));
        return Err(Failure::usage(message));
    }
    let breaks = headers.get("sandtill-breaks").and_then(|value| value.to_str().ok()?.parse().ok());
    let breaks = breaks.ok_or_else(|| Failure::failed("the server is no Sandtill of today"))?;
    Ok((breaks, body))
}
