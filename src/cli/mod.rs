//! The command line: reads arguments and environment, runs a command, returns the exit code.

mod arguments;
mod banner;
mod bind;
mod certify;
mod check;
mod client;
mod curl;
mod environment;
mod healthcheck;
mod logging;
mod manual;
mod parent;
mod port_file;
mod reconcile;
mod running;
mod scenarios;
mod serve;
mod sign;
mod signals;
mod values;
mod wait;
mod warm;

use std::io::Write;
use std::process::ExitCode;

use clap::{Args, CommandFactory, Parser, Subcommand};

use crate::providers;
use crate::sandbox::scenario::{Overrides, Scenario};

/// One small binary that emulates the reporting APIs of PayFort, Flitt, beGateway, EpicPay and WePay v2,
/// with one ledger behind all of them.
///
/// Without a command it runs `serve`. Every flag has an environment variable of the same name
/// (`--port-file` is `SANDTILL_PORT_FILE`); switches take `1`, `0`, `true`, `false`, `yes`, `no` there.
#[derive(Debug, Parser)]
#[command(
    name = "sandtill",
    version,
    args_conflicts_with_subcommands = true,
    max_term_width = 100,
    after_help = "Exit codes: 0 done, 1 not done (no server, refused), 2 arguments or files are not \
                  valid, 124 the time of `wait` is over.\n\n\
                  First steps:\n  \
                  sandtill                          serve, and print credentials\n  \
                  sandtill curl flitt | sh          ask for a report\n  \
                  sandtill pay 12.50 USD            make a payment, which all reports then show\n  \
                  sandtill journal --follow         see what your client asks, and why it is refused\n  \
                  sandtill advance 36h              let time pass\n  \
                  sandtill fault flitt status status=503 --times 1"
)]
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
    /// List the built-in scenarios, print one, or print the JSON Schema of scenario files.
    Scenarios(scenarios::ScenariosArgs),
    /// List what was asked of a running server, with the reasons of refusals; or show one request.
    Journal(running::journal::JournalArgs),
    /// Print the sandbox time of a running server, freeze it or let it run.
    Clock(running::clock::ClockArgs),
    /// Let time pass: everything that falls due happens, callbacks are delivered.
    Advance(running::clock::AdvanceArgs),
    /// Go back to the scenario as loaded.
    Reset(running::RunningArgs),
    /// Add a payment.
    Pay(running::transactions::PayArgs),
    /// Capture an authorization, whole or in part.
    Capture(running::transactions::PartArgs),
    /// Void an authorization.
    Void(running::transactions::WholeArgs),
    /// Refund a payment, whole or in part.
    Refund(running::transactions::PartArgs),
    /// Charge a payment back, whole or in part.
    Chargeback(running::transactions::PartArgs),
    /// End the dispute about a chargeback.
    Dispute(running::transactions::DisputeArgs),
    /// Settle a payment now.
    Settle(running::transactions::WholeArgs),
    /// Make something go wrong, such as `fault flitt delay ms=500 --times 3`.
    Fault(running::faults::FaultArgs),
    /// List the fault rules, or remove them.
    Faults(running::faults::FaultsArgs),
    /// Compare an import with the truth of a running server; exit code 1 if something is wrong with it.
    Reconcile(Box<reconcile::ReconcileArgs>),
    /// Run an importer against every pack; exit code 1 if it fails one.
    Certify(Box<certify::CertifyArgs>),
    /// Print everything that was done to a space, in order.
    History(running::history::HistoryArgs),
    /// List the spaces.
    Spaces(running::RunningArgs),
    /// Print the completions of a shell.
    Completions(manual::CompletionsArgs),
    /// Print the manual page, or write the pages of all commands into a folder.
    Man(manual::ManArgs),
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
            .map_err(|err| Failure::lines(err.to_string()))
    }
}

/// Arguments that choose a running server.
#[derive(Clone, Debug, Args)]
struct ServerArgs {
    /// Base URL of the server, such as `http://127.0.0.1:8080`; made from `--listen` without it.
    #[arg(long, global = true, env = "SANDTILL_URL", value_parser = values::base_url)]
    url: Option<String>,
    /// Address and port on which the server listens; of several, the first one is asked.
    #[arg(long, global = true, env = "SANDTILL_LISTEN", default_value = serve::LISTEN)]
    listen: String,
    /// Token of the admin API, if the server has one.
    #[arg(long, global = true, env = "SANDTILL_ADMIN_TOKEN", hide_env_values = true)]
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
    /// Whether the lines of the message stand alone, without the name of the program: they begin with a
    /// file and a place, as editors read them.
    is_bare: bool,
}

impl Failure {
    fn new(code: u8, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), is_bare: false }
    }

    /// Files are not valid: lines with file and place, exit code 2.
    fn lines(message: String) -> Self {
        Self { is_bare: true, ..Self::new(2, message) }
    }

    /// The arguments or files are not valid: exit code 2.
    fn usage(message: impl Into<String>) -> Self {
        Self::new(2, message)
    }

    /// The arguments are valid, but the command did not succeed: exit code 1.
    fn failed(message: impl Into<String>) -> Self {
        Self::new(1, message)
    }
}

/// Runs the command of the process arguments and returns its exit code.
#[must_use]
pub fn main() -> ExitCode {
    environment::warn_of_unknown(&Cli::command());
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(err) => return arguments::refused(&err),
    };
    let result = match &cli.command {
        None => serve::run(&cli.serve),
        Some(command) => run(command),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            let name = if failure.is_bare { "" } else { "sandtill: " };
            let _ = writeln!(std::io::stderr(), "{name}{}", failure.message);
            ExitCode::from(failure.code)
        }
    }
}

fn run(command: &Command) -> Result<(), Failure> {
    match command {
        Command::Serve(args) => serve::run(args),
        Command::Sign(args) => sign::run(args),
        Command::Curl(args) => curl::run(args),
        Command::Check(args) => check::run(args),
        Command::Healthcheck(args) => healthcheck::run(args),
        Command::Wait(args) => wait::run(args),
        Command::Scenarios(args) => scenarios::run(args),
        Command::Journal(args) => running::journal::journal(args),
        Command::Clock(args) => running::clock::clock(args),
        Command::Advance(args) => running::clock::advance(args),
        Command::Reset(args) => running::clock::reset(args),
        Command::Pay(args) => running::transactions::pay(args),
        Command::Capture(args) => running::transactions::to_part(args, "capture"),
        Command::Void(args) => running::transactions::to_whole(args, "void"),
        Command::Refund(args) => running::transactions::to_part(args, "refund"),
        Command::Chargeback(args) => running::transactions::to_part(args, "chargeback"),
        Command::Dispute(args) => running::transactions::dispute(args),
        Command::Settle(args) => running::transactions::to_whole(args, "settle"),
        Command::Fault(args) => running::faults::fault(args),
        Command::Faults(args) => running::faults::faults(args),
        Command::Reconcile(args) => reconcile::run(args),
        Command::Certify(args) => certify::run(args),
        Command::History(args) => running::history::history(args),
        Command::Spaces(args) => running::history::spaces(args),
        Command::Completions(args) => manual::completions(args),
        Command::Man(args) => manual::man(args),
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
