//! `sandtill certify`: runs an importer against every pack and says what it survived.

mod command;
mod report;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};
use serde_json::Value;
use url::form_urlencoded::Serializer;

use self::command::Ran;
use super::client::{self, Answer, Request};
use super::{Failure, say, values};
use crate::app::app;
use crate::providers;
use crate::sandbox::Options;
use crate::sandbox::scenario::{Overrides, PACKS, Scenario, duration};
use crate::sandbox::spaces::Spaces;
use crate::server;

#[derive(Clone, Debug, Args)]
pub(super) struct CertifyArgs {
    /// The provider that the importer reads.
    #[arg(long, env = "SANDTILL_PROVIDER")]
    provider: String,
    /// The merchant, by its name in the packs.
    #[arg(long, env = "SANDTILL_MERCHANT", default_value = "everywhere")]
    merchant: String,
    /// The command that imports; a shell runs it. Its environment has `SANDTILL_URL`, `SANDTILL_FROM`,
    /// `SANDTILL_TO` (days, UTC) and each credential as `SANDTILL_<PROVIDER>_<KEY>`.
    #[arg(long, env = "SANDTILL_COMMAND")]
    command: String,
    /// The file in which the importer leaves its rows: CSV with a header, or JSON. It is removed before each
    /// pack.
    #[arg(long, env = "SANDTILL_ROWS")]
    rows: PathBuf,
    /// The packs to run, names or scenario files, separated by commas; all that are built in without it.
    #[arg(long, env = "SANDTILL_PACKS", value_delimiter = ',')]
    packs: Vec<String>,
    /// Longest time of one run of the command, such as `30s`.
    #[arg(long, env = "SANDTILL_TIMEOUT", default_value = "60s")]
    timeout: String,
    /// Writes the results as JUnit XML to this file.
    #[arg(long, env = "SANDTILL_JUNIT")]
    junit: Option<PathBuf>,
    /// Base URL of a running server; without it the command starts one of its own.
    #[arg(long, env = "SANDTILL_URL", value_parser = values::base_url)]
    url: Option<String>,
    /// Token of the admin API, if the server has one.
    #[arg(long, env = "SANDTILL_ADMIN_TOKEN", hide_env_values = true)]
    admin_token: Option<String>,
}

/// A pack: a scenario that says how far the clock goes on between two imports.
struct Pack {
    name: String,
    /// The first line of its file.
    summary: String,
    /// The TOML file.
    text: String,
    /// Lengths of time such as `36h`.
    advance: Vec<String>,
}

/// What an importer made of a pack.
struct Survived {
    pack: String,
    summary: String,
    /// Rows of its last file, and how many findings are wrong.
    rows: Option<(u64, u64)>,
    /// Why it did not pass; `None` if it did.
    failure: Option<String>,
}

/// Longest time for the server to answer: 10 minutes.
const PATIENCE: Duration = Duration::from_secs(600);

/// Days before the clock of a pack with which imports begin.
const IMPORTED_DAYS: i64 = 14;

/// Days before the clock at which imports end: the files of one provider reach no further.
const SETTLED_DAYS: i64 = 2;

pub(super) fn run(args: &CertifyArgs) -> Result<(), Failure> {
    let timeout = duration(&args.timeout).and_then(|length| Duration::try_from(length).ok());
    let timeout = timeout.ok_or_else(|| {
        Failure::usage(format!("--timeout `{}` is no length of time like `30s`", args.timeout))
    })?;
    let packs = packs(&args.packs)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|err| Failure::failed(format!("no runtime: {err}")))?;
    let survived = runtime.block_on(async {
        let url = match &args.url {
            Some(url) => url.trim_end_matches('/').to_owned(),
            None => start().await?,
        };
        let mut survived = Vec::new();
        for pack in &packs {
            survived.push(certify(args, &url, pack, timeout).await?);
        }
        Ok::<_, Failure>(survived)
    })?;
    say(report::table(&survived).trim_end());
    if let Some(path) = &args.junit {
        std::fs::write(path, report::junit(&args.provider, &survived))
            .map_err(|err| Failure::usage(format!("{}: {err}", path.display())))?;
    }
    match survived.iter().filter(|it| it.failure.is_some()).count() {
        0 => Ok(()),
        failed => Err(Failure::failed(format!("{failed} of {} packs failed", survived.len()))),
    }
}

/// The packs with these names or in these files; all that are built in if none is named.
fn packs(names: &[String]) -> Result<Vec<Pack>, Failure> {
    let mut built_in = Vec::new();
    for it in PACKS {
        built_in.extend(pack(it.name, it.text.to_owned())?);
    }
    let known: Vec<String> = built_in.iter().map(|pack| pack.name.clone()).collect();
    let known = known.join(", ");
    Ok(match names {
        [] => built_in,
        names => {
            let mut packs = Vec::new();
            for name in names {
                let found = built_in.iter().position(|pack| pack.name == *name);
                packs.push(match found {
                    Some(index) => built_in.swap_remove(index),
                    None => pack_in(name, &known)?,
                });
            }
            packs
        }
    })
}

/// The pack in a scenario file.
fn pack_in(path: &str, known: &str) -> Result<Pack, Failure> {
    let text = std::fs::read_to_string(path).map_err(|err| {
        Failure::usage(format!("`{path}` is no pack and no file ({err}); built in: {known}"))
    })?;
    let none = || Failure::usage(format!("{path}: there is no `[certify]` with `advance`"));
    pack(path, text)?.ok_or_else(none)
}

/// A scenario as a pack; `None` if it is none.
fn pack(path: &str, text: String) -> Result<Option<Pack>, Failure> {
    let overrides = Overrides::default();
    let scenario = Scenario::parse(path, &text, &providers::vocabulary(), &overrides)
        .map_err(|err| Failure::lines(err.to_string()))?;
    let advance = scenario.file.certify.advance.clone();
    if advance.is_empty() {
        return Ok(None);
    }
    let stem = Path::new(path).file_stem().and_then(std::ffi::OsStr::to_str).unwrap_or(path);
    let is_of_name = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    let name = stem.chars().map(|c| if is_of_name(c) { c } else { '-' }).collect();
    let summary = text.lines().next().unwrap_or("").trim_start_matches(['#', ' ']).to_owned();
    Ok(Some(Pack { name, summary, text, advance }))
}

/// Starts a server of its own and returns its URL.
async fn start() -> Result<String, Failure> {
    let scenario = Scenario::load("empty", &providers::vocabulary(), &Overrides::default())
        .map_err(|err| Failure::failed(err.to_string()))?;
    let any = SocketAddr::from(([127, 0, 0, 1], 0));
    let listener = tokio::net::TcpListener::bind(any).await;
    let listener = listener.map_err(|err| Failure::failed(format!("no port: {err}")))?;
    let address = listener.local_addr().map_err(|err| Failure::failed(err.to_string()))?;
    let spaces = Spaces::new(Arc::new(scenario), Options::default());
    // It ends with the process.
    tokio::spawn(server::run(listener, app(spaces), std::future::pending()));
    Ok(format!("http://{address}"))
}

/// Lets an importer go through a pack: it runs, the clock goes on, it runs again; then its rows are compared.
async fn certify(
    args: &CertifyArgs,
    url: &str,
    pack: &Pack,
    timeout: Duration,
) -> Result<Survived, Failure> {
    let space = Space { url: format!("{url}/@certify-{}", pack.name), args };
    space.begin(url, pack).await?;
    match std::fs::remove_file(&args.rows) {
        Err(err) if err.kind() != std::io::ErrorKind::NotFound => {
            return Err(Failure::usage(format!("{}: {err}", args.rows.display())));
        }
        _ => {}
    }
    let mut survived = Survived {
        pack: pack.name.clone(),
        summary: pack.summary.clone(),
        rows: None,
        failure: None,
    };
    let first = space.today().await?.saturating_sub(IMPORTED_DAYS.days());
    let mut environment = space.credentials().await?;
    environment.push(("SANDTILL_URL".to_owned(), space.url.clone()));
    environment.push(("SANDTILL_FROM".to_owned(), first.to_string()));
    let mut last = first;
    for step in std::iter::once(None).chain(pack.advance.iter().map(Some)) {
        if let Some(by) = step {
            space.post("/_admin/clock/advance", &serde_json::json!({"by": by})).await?;
        }
        last = space.today().await?.saturating_sub(SETTLED_DAYS.days());
        let mut environment = environment.clone();
        environment.push(("SANDTILL_TO".to_owned(), last.to_string()));
        let ran = command::run(&args.command, &environment, timeout).await?;
        if let Some(failure) = failure_of(&ran, &args.timeout) {
            survived.failure = Some(failure);
            return Ok(survived);
        }
    }
    let Ok(rows) = std::fs::read(&args.rows) else {
        survived.failure = Some(format!("the command left no {}", args.rows.display()));
        return Ok(survived);
    };
    let (counts, failure) = space.reconcile((first, last), rows).await?;
    Ok(Survived { rows: counts, failure, ..survived })
}

/// Why a run of the command was no success, with the end of what it printed.
fn failure_of(ran: &Ran, timeout: &str) -> Option<String> {
    let how = match ran.code {
        Some(0) => return None,
        Some(code) => format!("the command ended with {code}"),
        None => format!("the command was ended after {timeout}"),
    };
    Some(format!("{how}\n{}", ran.output))
}

/// The space of a pack on the server.
struct Space<'a> {
    url: String,
    args: &'a CertifyArgs,
}

impl Space<'_> {
    fn token(&self) -> Option<&str> {
        self.args.admin_token.as_deref()
    }

    /// Makes the space anew.
    async fn begin(&self, server: &str, pack: &Pack) -> Result<(), Failure> {
        let name = format!("certify-{}", pack.name);
        let old = format!("/_admin/spaces/{name}");
        self.send(server, ("DELETE", &old), None).await?;
        let body = serde_json::json!({"name": name}).to_string();
        let json = Some((Some("application/json"), body.as_bytes()));
        let made = self.send(server, ("POST", "/_admin/spaces"), json).await?;
        let toml = Some((Some("application/toml"), pack.text.as_bytes()));
        let put = self.send(&self.url, ("PUT", "/_admin/scenario"), toml).await?;
        match [made, put].into_iter().find(|answer| answer.status >= 300) {
            Some(refused) => {
                let problem = format!("pack {}: {}", pack.name, detail(&refused.body));
                Err(Failure::failed(problem))
            }
            None => Ok(()),
        }
    }

    /// Sends a request to a server or a space of it.
    async fn send(
        &self,
        url: &str,
        (method, path): (&str, &str),
        body: Option<(Option<&'static str>, &[u8])>,
    ) -> Result<Answer, Failure> {
        let request = Request { method, path, token: self.token(), body, patience: PATIENCE };
        let answer = client::send(url, &request).await;
        answer.map_err(|why| Failure::failed(format!("{url} does not answer: {why}")))
    }

    async fn get(&self, path: &str) -> Result<Value, Failure> {
        let answer = self.send(&self.url, ("GET", path), None).await?;
        let is_good = answer.status == 200;
        let value: Option<Value> = serde_json::from_str(&answer.body).ok().filter(|_| is_good);
        value.ok_or_else(|| Failure::failed(format!("{path}: {}", detail(&answer.body))))
    }

    async fn post(&self, path: &str, body: &Value) -> Result<(), Failure> {
        let body = body.to_string();
        let json = Some((Some("application/json"), body.as_bytes()));
        let answer = self.send(&self.url, ("POST", path), json).await?;
        let refused = || Failure::failed(format!("{path}: {}", detail(&answer.body)));
        if answer.status < 300 { Ok(()) } else { Err(refused()) }
    }

    /// The UTC day that the clock of the space shows.
    async fn today(&self) -> Result<Date, Failure> {
        let clock = self.get("/_admin/clock").await?;
        let now: Option<Timestamp> = clock.get("now").and_then(|now| now.as_str()?.parse().ok());
        let now = now.ok_or_else(|| Failure::failed(format!("no time in {clock}")))?;
        Ok(now.to_zoned(jiff::tz::TimeZone::UTC).date())
    }

    /// The first credentials of the merchant at each provider, as environment variables.
    async fn credentials(&self) -> Result<Vec<(String, String)>, Failure> {
        let all = self.get("/_admin/credentials").await?;
        let mut variables = Vec::new();
        for (provider, list) in all.as_object().into_iter().flatten() {
            let mut list = list.as_array().into_iter().flatten();
            let own = list.find(|it| {
                it.get("merchant").and_then(Value::as_str) == Some(&*self.args.merchant)
            });
            for (key, value) in own.and_then(Value::as_object).into_iter().flatten() {
                let name = format!("SANDTILL_{provider}_{key}").to_uppercase().replace('-', "_");
                let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                variables.push((name, text));
            }
        }
        if variables.is_empty() {
            let problem = format!("the packs have no merchant `{}`", self.args.merchant);
            return Err(Failure::usage(problem));
        }
        Ok(variables)
    }

    /// The number of rows and of wrong ones, and what is wrong.
    async fn reconcile(
        &self,
        (first, last): (Date, Date),
        rows: Vec<u8>,
    ) -> Result<(Option<(u64, u64)>, Option<String>), Failure> {
        let mut query = Serializer::new(String::new());
        query
            .append_pair("provider", &self.args.provider)
            .append_pair("merchant", &self.args.merchant)
            .append_pair("from", &first.to_string())
            .append_pair("to", &last.to_string())
            .append_pair("format", "table");
        let path = format!("/_admin/reconcile?{}", query.finish());
        let answer = self.send(&self.url, ("POST", &path), Some((None, &rows))).await?;
        let Answer { status, headers, body } = answer;
        match status {
            200 => {}
            422 => return Ok((None, Some(detail(&body)))),
            _ => return Err(Failure::usage(detail(&body))),
        }
        let number = |name: &str| headers.get(name).and_then(|it| it.to_str().ok()?.parse().ok());
        let (rows, breaks) = (number("sandtill-rows"), number("sandtill-breaks"));
        let failure = (breaks != Some(0)).then_some(body);
        Ok((rows.zip(breaks), failure))
    }
}

/// What a problem document says.
fn detail(body: &str) -> String {
    let problem: Option<Value> = serde_json::from_str(body).ok();
    let detail = problem.as_ref().and_then(|problem| problem.get("detail")?.as_str());
    detail.unwrap_or(body).to_owned()
}
