//! The commands: arguments and environment in, an exit code out. One file per command.

mod banner;
mod check;
mod client;
mod curl;
mod healthcheck;
mod scenarios;
mod serve;
mod sign;
mod wait;
mod warm;

use std::io::Write;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

use crate::providers;
use crate::sandbox::scenario::{Overrides, Scenario};

/// One small binary that stands in for the reporting APIs of PayFort, Flitt, beGateway, EpicPay and
/// WePay v2, with one ledger behind all of them.
///
/// Without a command it serves. Every flag has an environment variable of the same name
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
    /// Serve (the default).
    Serve(Box<serve::ServeArgs>),
    /// Print the string to sign and the signature of a JSON request read from standard input.
    Sign(sign::SignArgs),
    /// Print a ready, signed curl command for a provider.
    Curl(curl::CurlArgs),
    /// Validate scenario files; exit code 2 when one is wrong.
    Check(check::CheckArgs),
    /// Exit with 0 when the server answers, else with 1.
    Healthcheck(ServerArgs),
    /// Wait until a server is ready; exit with 124 when the time is up.
    Wait(wait::WaitArgs),
    /// List the built-in scenarios, or print one.
    Scenarios(scenarios::ScenariosArgs),
}

/// Which scenario.
#[derive(Clone, Debug, Args)]
struct ScenarioArgs {
    /// A built-in scenario (see `sandtill scenarios`) or a file.
    #[arg(long, env = "SANDTILL_SCENARIO", default_value = "default")]
    scenario: String,
    /// The number that all generated data follows from, instead of the scenario's.
    #[arg(long, env = "SANDTILL_SEED")]
    seed: Option<u64>,
    /// Quirks instead of the scenario's: names with commas between, `documented` or `observed`.
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

/// Which server.
#[derive(Clone, Debug, Args)]
struct ServerArgs {
    /// The server, such as `http://127.0.0.1:8080`; without it the one that `--listen` names.
    #[arg(long, env = "SANDTILL_URL")]
    url: Option<String>,
    /// Where `serve` listens.
    #[arg(long, env = "SANDTILL_LISTEN", default_value = serve::LISTEN)]
    listen: String,
}

impl ServerArgs {
    /// The server's base URL, no slash at the end.
    fn base_url(&self) -> String {
        match &self.url {
            Some(url) => url.trim_end_matches('/').to_owned(),
            // A server that listens everywhere is reached on loopback.
            None => format!(
                "http://{}",
                self.listen.replacen("0.0.0.0:", "127.0.0.1:", 1).replacen("[::]:", "[::1]:", 1)
            ),
        }
    }
}

/// Why a command ends with something else than 0.
#[derive(Debug)]
struct Failure {
    code: u8,
    message: String,
}

impl Failure {
    /// What was asked for makes no sense: exit code 2.
    fn usage(message: impl Into<String>) -> Self {
        Self { code: 2, message: message.into() }
    }

    /// It made sense and did not work: exit code 1.
    fn failed(message: impl Into<String>) -> Self {
        Self { code: 1, message: message.into() }
    }
}

/// Runs the program.
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

/// Prints to standard output. A reader that has gone away (`| head`) is no mistake of ours.
fn say(text: &str) {
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{text}").and_then(|()| out.flush());
}

/// A runtime for commands that talk to a server.
fn block_on<T>(future: impl Future<Output = T>) -> Result<T, Failure> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map(|runtime| runtime.block_on(future))
        .map_err(|err| Failure::failed(format!("no runtime: {err}")))
}
