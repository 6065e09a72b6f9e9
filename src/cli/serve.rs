//! `sandtill serve`: loads the scenario, opens the ports, prints ready line and banner, stops on a signal.

use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use clap::builder::{BoolishValueParser, RangedU64ValueParser};
use clap::{Args, ValueEnum};
use futures_util::future::join_all;
use tokio::sync::watch;

use super::bind::bind_all;
use super::logging::{self, LogFormat};
use super::port_file::{self, PortFile};
use super::signals::stop_signal;
use super::values::Idle;
use super::{Failure, ScenarioArgs, banner, bind, parent, say, values, warm, warn};
use crate::app::app;
use crate::providers;
use crate::sandbox::Options;
use crate::sandbox::history::MAX_EVENTS;
use crate::sandbox::journal::{MAX_ENTRIES, MAX_TOTAL_BYTES};
use crate::sandbox::log::LogError;
use crate::sandbox::log::file::FileLog;
use crate::sandbox::log::redis::{AUTHORITIES, RedisLog};
use crate::sandbox::scenario::Scenario;
use crate::sandbox::spaces::{MAX_SPACES, Spaces};
use crate::server::{self, MAX_CONNECTIONS};
use crate::tls::{self, Source, Tls};

/// Default address and port of the server.
pub(super) const LISTEN: &str = "127.0.0.1:8080";

/// Longest time that a start waits for the store: 3 seconds. After that the server starts, and is not ready.
const FIRST_CONTACT: Duration = Duration::from_secs(3);

/// How spaces come into being.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum SpacesMode {
    /// Any valid name: a space is made at its first use.
    Open,
    /// Only spaces that were made before with the admin API.
    Declared,
}

/// Largest value of the arguments that are limits: a million.
const MAX_COUNT: u64 = 1_000_000;

/// Accepts a limit that is not 0.
fn count() -> RangedU64ValueParser<usize> {
    RangedU64ValueParser::new().range(1..=MAX_COUNT)
}

#[derive(Clone, Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "independent switches")]
pub(super) struct ServeArgs {
    /// Address and port; port 0 takes a free one. Several are separated by commas; a name such as
    /// `localhost` stands for all its addresses, `[::]` for all addresses of the machine.
    #[arg(long, env = "SANDTILL_LISTEN", default_value = LISTEN, value_delimiter = ',')]
    listen: Vec<String>,
    #[command(flatten)]
    scenario: ScenarioArgs,
    /// File for the number of the chosen port, written in one step.
    #[arg(long, env = "SANDTILL_PORT_FILE")]
    port_file: Option<PathBuf>,
    /// Base URL of the server for absolute links; the host of each request without it.
    #[arg(long, env = "SANDTILL_PUBLIC_URL", value_parser = values::base_url)]
    public_url: Option<String>,
    /// Hosts besides loopback and private addresses that may receive callbacks, separated by commas:
    /// `host`, `*.domain` or `*`.
    #[arg(
        long,
        help_heading = "Callbacks",
        env = "SANDTILL_CALLBACK_ALLOW",
        value_delimiter = ',',
        value_parser = values::callback_host
    )]
    callback_allow: Vec<String>,
    /// Never send callbacks; clients pull them (`GET /_admin/callbacks?state=due`).
    #[arg(long, help_heading = "Callbacks", env = "SANDTILL_HOLD_CALLBACKS", value_parser = BoolishValueParser::new())]
    hold_callbacks: bool,
    /// Token that the admin API requires as `Authorization: Bearer …`.
    #[arg(long, help_heading = "Admin API", env = "SANDTILL_ADMIN_TOKEN", hide_env_values = true)]
    admin_token: Option<String>,
    /// Open the admin API to everybody when the server listens beyond loopback.
    #[arg(long, help_heading = "Admin API", env = "SANDTILL_ADMIN_OPEN", value_parser = BoolishValueParser::new())]
    admin_open: bool,
    /// Drop spaces that are unused for this long (real time, such as `30m`), or `never`.
    #[arg(long, help_heading = "Spaces", env = "SANDTILL_SPACE_IDLE", default_value = "1d", value_parser = values::idle)]
    space_idle: Idle,
    /// `open`: a space is made at its first use; `declared`: it must be made with the admin API before.
    #[arg(long, help_heading = "Spaces", env = "SANDTILL_SPACES", default_value = "open")]
    spaces: SpacesMode,
    /// Hosts whose subdomains name spaces, separated by commas: `sandbox.example` makes
    /// `t1.sandbox.example` the space `t1`. Subdomains of `localhost` always name spaces.
    #[arg(
        long,
        help_heading = "Spaces",
        env = "SANDTILL_SPACE_HOSTS",
        value_delimiter = ',',
        value_parser = values::space_host
    )]
    space_hosts: Vec<String>,
    /// Largest number of spaces, the default one included.
    #[arg(long, help_heading = "Spaces", env = "SANDTILL_MAX_SPACES", default_value_t = MAX_SPACES, value_parser = count())]
    max_spaces: usize,
    /// File that keeps what was done, so that the next start goes on where this one ends, also after a crash.
    /// It is made if it does not exist.
    #[arg(long, help_heading = "State", env = "SANDTILL_DATA", value_name = "FILE", value_parser = clap::builder::PathBufValueParser::new())]
    data: Option<PathBuf>,
    /// Valkey or Redis that several servers share, `redis://HOST:PORT/DATABASE`, or `rediss://` for TLS: what
    /// one of them was told, all of them know.
    #[arg(
        long,
        help_heading = "State",
        env = "SANDTILL_STORE",
        value_name = "URL",
        hide_env_values = true,
        conflicts_with = "data"
    )]
    store: Option<String>,
    /// With a store: how old an answer may be (real time), so that it is not asked before every request, such
    /// as `50ms`.
    #[arg(long, help_heading = "State", env = "SANDTILL_STORE_STALENESS", value_name = "LENGTH", default_value = "0s", value_parser = values::staleness)]
    store_staleness: Duration,
    /// Largest number of connections of a port at a time; further ones wait until one ends.
    #[arg(long, help_heading = "Limits", env = "SANDTILL_MAX_CONNECTIONS", default_value_t = MAX_CONNECTIONS, value_parser = count())]
    max_connections: usize,
    /// Close a connection when nothing has moved on it for so long, such as `30s` (real time): no request
    /// arrives, no part of an answer is read. A request that is being answered has no limit.
    #[arg(long, help_heading = "Limits", env = "SANDTILL_CONNECTION_TIMEOUT", default_value = "30s", value_parser = values::length)]
    connection_timeout: Duration,
    /// Largest number of events in the history of a space.
    #[arg(long, help_heading = "Limits", env = "SANDTILL_HISTORY_EVENTS", default_value_t = MAX_EVENTS, value_parser = count())]
    history_events: usize,
    /// Largest number of requests in the journal of a space; 0 switches the journal off.
    #[arg(long, help_heading = "Limits", env = "SANDTILL_JOURNAL_ENTRIES", default_value_t = MAX_ENTRIES)]
    journal_entries: usize,
    /// Largest memory of the journals of all spaces together, in bytes; beyond it the largest journal drops
    /// its oldest requests.
    #[arg(long, help_heading = "Limits", env = "SANDTILL_JOURNAL_BYTES", default_value_t = MAX_TOTAL_BYTES)]
    journal_bytes: usize,
    /// Longest wait that a call of the admin API may ask for (real time); at most `10m`.
    #[arg(long, help_heading = "Admin API", env = "SANDTILL_LONGEST_WAIT", default_value = "10m", value_parser = values::longest_wait)]
    longest_wait: u64,
    /// Address and port for TLS, besides the plain port.
    #[arg(long, help_heading = "TLS", env = "SANDTILL_TLS_LISTEN")]
    tls_listen: Option<String>,
    /// File of the certificate chain, PEM; without it a local authority makes a certificate.
    #[arg(
        long,
        help_heading = "TLS",
        env = "SANDTILL_TLS_CERT",
        requires = "tls_key",
        requires = "tls_listen"
    )]
    tls_cert: Option<PathBuf>,
    /// File of the private key of the certificate, PEM.
    #[arg(long, help_heading = "TLS", env = "SANDTILL_TLS_KEY", requires = "tls_cert")]
    tls_key: Option<PathBuf>,
    /// Further name that clients of the TLS port use; repeat it, or separate names by commas.
    #[arg(
        long,
        help_heading = "TLS",
        env = "SANDTILL_TLS_NAME",
        value_delimiter = ',',
        value_parser = values::tls_name,
        requires = "tls_listen"
    )]
    tls_name: Vec<String>,
    /// Folder that keeps the local authority between runs, so that clients trust it once.
    #[arg(long, help_heading = "TLS", env = "SANDTILL_TLS_DIR", requires = "tls_listen")]
    tls_dir: Option<PathBuf>,
    /// Format of the log lines on standard error.
    #[arg(long, help_heading = "Output", env = "SANDTILL_LOG", default_value = "human")]
    log: LogFormat,
    /// Log level: `off`, `error`, `warn`, `info` (a line a request), `debug` (health probes and admin calls
    /// too), `trace`, or a list such as `warn,sandtill=debug`. Without it `info` on a terminal, otherwise
    /// `warn`.
    #[arg(long, help_heading = "Output", env = "SANDTILL_LOG_LEVEL", value_parser = values::log_level)]
    log_level: Option<String>,
    /// Stop when the process that started this one has ended (Unix only): for helpers of test runners.
    #[arg(long, help_heading = "Output", env = "SANDTILL_EXIT_WITH_PARENT", value_parser = BoolishValueParser::new())]
    exit_with_parent: bool,
    /// Print only the ready line, without the banner.
    #[arg(long, help_heading = "Output", env = "SANDTILL_QUIET", value_parser = BoolishValueParser::new())]
    quiet: bool,
}

impl ServeArgs {
    /// The options of the server, except what depends on the ports.
    fn options(&self, tls: Option<&Tls>) -> Result<Options, Failure> {
        let token = self.admin_token.as_deref();
        token.map(values::check_token).transpose().map_err(Failure::usage)?;
        Ok(Options {
            connection_timeout: Some(self.connection_timeout),
            longest_wait_ms: Some(self.longest_wait),
            admin_token: self.admin_token.clone(),
            admin_open: self.admin_open,
            space_idle: self.space_idle.0,
            space_hosts: self.space_hosts.clone(),
            declared_spaces: matches!(self.spaces, SpacesMode::Declared),
            max_spaces: Some(self.max_spaces),
            max_connections: Some(self.max_connections),
            history_events: Some(self.history_events),
            journal_entries: Some(self.journal_entries),
            journal_bytes: Some(self.journal_bytes),
            public_url: self.public_url.clone(),
            callback_allow: self.callback_allow.clone(),
            hold_callbacks: self.hold_callbacks,
            tls_ca: tls.and_then(|tls| tls.ca.clone()),
            ..Options::default()
        })
    }

    /// The spaces of the server: new ones, those that the file of `--data` has, or those of the store.
    fn spaces(&self, scenario: Arc<Scenario>, options: Options) -> Result<Spaces, Failure> {
        if let Some(url) = &self.store {
            let authorities = std::env::var_os(AUTHORITIES);
            let store =
                RedisLog::at(url, authorities.as_ref().map(Path::new)).map_err(store_failure)?;
            let more = (providers::vocabulary(), self.store_staleness);
            return Ok(Spaces::shared_through(scenario, options, Arc::new(store), more));
        }
        let Some(path) = &self.data else { return Ok(Spaces::new(scenario, options)) };
        let failure = |err: LogError| Failure::usage(format!("--data: {err}"));
        let log = Arc::new(FileLog::open(path).map_err(failure)?);
        Spaces::open(scenario, options, log, providers::vocabulary()).map_err(failure)
    }

    /// Configuration of the TLS port; `None` without `--tls-listen`.
    fn tls(&self) -> Result<Option<Tls>, Failure> {
        if self.tls_listen.is_none() {
            return Ok(None);
        }
        let source = match (&self.tls_cert, &self.tls_key) {
            (Some(chain), Some(key)) => Source::Files { chain: chain.clone(), key: key.clone() },
            _ => Source::Local { names: self.tls_name.clone(), folder: self.tls_dir.clone() },
        };
        tls::prepare(&source).map(Some).map_err(Failure::usage)
    }
}

fn store_failure(error: impl std::fmt::Display) -> Failure {
    Failure::usage(format!("--store: {error}"))
}

pub(super) fn run(args: &ServeArgs) -> Result<(), Failure> {
    // Before anything takes time, in which the parent could end.
    let parent = args.exit_with_parent.then(parent::id);
    args.port_file.as_deref().map(port_file::remove_old).transpose()?;
    logging::start(args.log, args.log_level.as_deref())?;
    let scenario = args.scenario.load()?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|err| Failure::failed(format!("no runtime: {err}")))?;
    let tls = args.tls()?;
    let options = args.options(tls.as_ref())?;
    runtime.block_on(serve(args, scenario, tls, options, parent))
}

async fn serve(
    args: &ServeArgs,
    scenario: Scenario,
    tls: Option<Tls>,
    mut options: Options,
    parent: Option<u32>,
) -> Result<(), Failure> {
    let listeners = bind_all(&args.listen).await?;
    let secure = bind_all(args.tls_listen.as_slice()).await?;
    let addresses = listeners.iter().map(bind::address).collect::<Result<Vec<_>, _>>()?;
    let secure_addresses = secure.iter().map(bind::address).collect::<Result<Vec<_>, _>>()?;
    let [address, ..] = addresses.as_slice() else {
        return Err(Failure::usage("--listen is empty; wanted is an address and a port"));
    };
    let mut listens = addresses.iter().chain(&secure_addresses);
    options.beyond_loopback = listens.any(|address| !address.ip().is_loopback());
    if options.beyond_loopback && !options.admin_open && options.admin_token.is_none() {
        warn(
            "listening beyond loopback: the admin API stays closed without --admin-token or \
             --admin-open",
        );
    }
    let spaces = args.spaces(Arc::new(scenario), options)?;
    let foreign = follow(&spaces).await?;
    let url = format!("http://{}", reachable(*address));
    // The signals are caught before anybody learns the port, because a client may stop the server right
    // after that.
    let stopped = with_parent(stop_signal()?, parent);
    let write = |path: &PathBuf| PortFile::write(path, address.port());
    let port_file = args.port_file.as_ref().map(write).transpose()?;
    tell_ready(args, &spaces, &url);
    let app = app(spaces.clone());
    spaces.go_on();
    if let Some(secure) = secure_addresses.first() {
        say(&format!("sandtill also on https://{}", reachable(*secure)));
    }
    let (stop, stopping) = watch::channel(());
    // The channel closes at the signal, and all ports stop together.
    let closed = || {
        let mut stopping = stopping.clone();
        async move { while stopping.changed().await.is_ok() {} }
    };
    let plain = listeners.into_iter().map(|it| server::run(it, app.clone(), closed()));
    let plain: Vec<_> = plain.collect();
    let secure = secure.into_iter().filter_map(|listener| {
        let acceptor = tls.as_ref()?.acceptor.clone();
        Some(server::run_tls(listener, acceptor, app.clone(), closed()))
    });
    let secure: Vec<_> = secure.collect();
    let waiting = async move {
        stopped.await;
        // Not at the end: a second signal ends the process at once.
        drop((port_file, stop));
    };
    let serving = async { tokio::join!(waiting, join_all(plain), join_all(secure)) };
    tokio::select! {
        _ = serving => Ok(()),
        why = foreign => Err(store_failure(why)),
    }
}

/// Begins to follow the other servers of the store, if there is one. Completes when it was reached, or was not
/// in time. What comes back completes when the store turns out to be one of other servers, with the reason.
async fn follow(spaces: &Spaces) -> Result<impl Future<Output = String> + use<>, Failure> {
    let (sender, mut wrong) = watch::channel(None);
    let is_known = spaces.trouble().is_none();
    spaces.follow_others(sender);
    let met = async {
        tokio::select! {
            _ = wrong.wait_for(Option::is_some) => {}
            () = spaces.working() => {}
        }
    };
    let met = tokio::time::timeout(FIRST_CONTACT, met).await;
    if let Some(why) = wrong.borrow().clone() {
        return Err(store_failure(why));
    }
    if met.is_err() && !is_known {
        warn(&format!(
            "--store: {}; the server starts, and is not ready before the store answers",
            spaces.trouble().unwrap_or_default()
        ));
    }
    Ok(async move {
        let found = wrong.wait_for(Option::is_some).await.ok().and_then(|why| why.clone());
        match found {
            Some(why) => why,
            None => std::future::pending().await,
        }
    })
}

fn tell_ready(args: &ServeArgs, spaces: &Spaces, url: &str) {
    say(&format!("sandtill ready on {url}"));
    let moment = spaces.default_space().moment();
    if !args.quiet {
        say(&banner::banner(&moment, url));
    }
    warm::start(&moment);
}

/// The address on which a client on this machine reaches the server.
fn reachable(address: SocketAddr) -> SocketAddr {
    match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => ([127, 0, 0, 1], address.port()).into(),
        IpAddr::V6(ip) if ip.is_unspecified() => {
            (std::net::Ipv6Addr::LOCALHOST, address.port()).into()
        }
        IpAddr::V4(_) | IpAddr::V6(_) => address,
    }
}

/// Completes when `stopped` does, or when the process with the number `parent` is not the parent any more.
async fn with_parent(stopped: impl Future<Output = ()>, parent: Option<u32>) {
    let orphaned = async {
        match parent {
            Some(parent) => parent::ended(parent).await,
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        () = stopped => {}
        () = orphaned => {}
    }
}
