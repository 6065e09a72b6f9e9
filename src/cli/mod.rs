//! The command line: reads arguments and environment, runs a command, returns the exit code.

mod banner;
mod bind;
mod certify;
mod check;
mod client;
mod curl;
mod healthcheck;
mod logging;
mod port_file;
mod reconcile;
mod scenarios;
mod serve;
mod sign;
mod signals;
mod values;
mod wait;
mod warm;

use std::io::Write;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

use crate::providers;
use crate::sandbox::scenario::{Overrides, Scenario};

/// One small binary that emulates the reporting APIs of PayFort, Flitt, beGateway, EpicPay and WePay v2,
/// with one ledger behind all of them.
///
/// Without a command it runs `serve`. Every flag has an environment variable of the same name
/// (`--port-file` is `SANDTILL_PORT_FILE`).
#[derive(Debug, Parser)]
#[command(name = "sandtill", version, args_conflicts_with_subcommands = true)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    serve: serve::ServeArgs,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Start the server (the default).
    Serve(Box<serve::ServeArgs>),
    /// Print the string to sign and the signature of a JSON request read from standard input.
    Sign(sign::SignArgs),
    /// Print a complete, signed curl command for a provider.
    Curl(curl::CurlArgs),
    /// Validate scenario files; exit code 2 if one is not valid.
    Check(check::CheckArgs),
    /// Exit with 0 if the server is ready, otherwise with 1.
    Healthcheck(ServerArgs),
    /// Wait until a server is ready; exit code 124 if the time is over.
    Wait(wait::WaitArgs),
    /// Compare the file of an import with the truth; exit code 1 if rows are wrong.
    Reconcile(Box<reconcile::ReconcileArgs>),
    /// Run an importer against every pack; exit code 1 if it fails one.
    Certify(Box<certify::CertifyArgs>),
    /// List the built-in scenarios, or print one.
    Scenarios(scenarios::ScenariosArgs),
}

/// Arguments that choose a scenario.
#[derive(Clone, Debug, Args)]
struct ScenarioArgs {
    /// Name of a built-in scenario (see `sandtill scenarios`) or path of a scenario file.
    #[arg(long, env = "SANDTILL_SCENARIO", default_value = "default")]
    scenario: String,
    /// Seed of all generated data, instead of the scenario's.
    #[arg(long, env = "SANDTILL_SEED")]
    seed: Option<u64>,
    /// Quirks instead of the scenario's: names separated by commas, `documented` or `observed`.
    #[arg(long, env = "SANDTILL_QUIRKS", value_delimiter = ',')]
    quirks: Option<Vec<String>>,
}

impl ScenarioArgs {
    fn overrides(&self) -> Overrides {
        let quirks = self.quirks.clone().map(|mut names| {
            names.retain(|name| !name.is_empty());
            names
        });
        Overrides { seed: self.seed, quirks }
    }

    fn load(&self) -> Result<Scenario, Failure> {
        Scenario::load(&self.scenario, &providers::vocabulary(), &self.overrides())
            .map_err(|err| Failure::usage(format!("scenario {err}")))
    }
}

/// Arguments that choose a running server.
#[derive(Clone, Debug, Args)]
struct ServerArgs {
    /// Base URL of the server, such as `http://127.0.0.1:8080`; made from `--listen` without it.
    #[arg(long, env = "SANDTILL_URL", value_parser = values::base_url)]
    url: Option<String>,
    /// Address and port on which the server listens; of several, the first one is asked.
    #[arg(long, env = "SANDTILL_LISTEN", default_value = serve::LISTEN)]
    listen: String,
    /// Token of the admin API, if the server has one.
    #[arg(long, env = "SANDTILL_ADMIN_TOKEN", hide_env_values = true)]
    admin_token: Option<String>,
}

impl ServerArgs {
    /// The base URL of the server, without a slash at the end.
    fn base_url(&self) -> String {
        match &self.url {
            Some(url) => url.trim_end_matches('/').to_owned(),
            // A server that listens on all addresses is reached on the loopback address, which is the one
            // of IPv4 also for `[::]`: that stands for both kinds, and for IPv4 alone without IPv6.
            None => {
                let first = self.listen.split(',').next().unwrap_or_default();
                let loopback = "127.0.0.1:";
                let reached = first.replacen("0.0.0.0:", loopback, 1);
                format!("http://{}", reached.replacen("[::]:", loopback, 1))
            }
        }
    }
}

/// Why a command ends with another exit code than 0.
#[derive(Debug)]
struct Failure {
    code: u8,
    message: String,
}

impl Failure {
    /// The arguments or files are not valid: exit code 2.
    fn usage(message: impl Into<String>) -> Self {
        Self { code: 2, message: message.into() }
    }

    /// The arguments are valid, but the command did not succeed: exit code 1.
    fn failed(message: impl Into<String>) -> Self {
        Self { code: 1, message: message.into() }
    }
}

/// Runs the command of the process arguments and returns its exit code.
#[must_use]
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    let result = match cli.command {
        None => serve::run(&cli.serve),
        Some(Command::Serve(args)) => serve::run(&args),
        Some(Command::Sign(args)) => sign::run(&args),
        Some(Command::Curl(args)) => curl::run(&args),
        Some(Command::Check(args)) => check::run(&args),
        Some(Command::Healthcheck(args)) => healthcheck::run(&args),
        Some(Command::Wait(args)) => wait::run(&args),
        Some(Command::Reconcile(args)) => reconcile::run(&args),
        Some(Command::Certify(args)) => certify::run(&args),
        Some(Command::Scenarios(args)) => scenarios::run(&args),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            let _ = writeln!(std::io::stderr(), "sandtill: {}", failure.message);
            ExitCode::from(failure.code)
        }
    }
}

/// Prints to standard output. Errors are ignored, because the reader may have closed the pipe (`| head`).
fn say(text: &str) {
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{text}").and_then(|()| out.flush());
}

/// Prints a message to standard error; the program continues.
fn warn(text: &str) {
    let _ = writeln!(std::io::stderr(), "sandtill: {text}");
}

/// Runs a future on a runtime of one thread, for the commands that ask a server.
fn block_on<T>(future: impl Future<Output = T>) -> Result<T, Failure> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map(|runtime| runtime.block_on(future))
        .map_err(|err| Failure::failed(format!("no runtime: {err}")))
}
