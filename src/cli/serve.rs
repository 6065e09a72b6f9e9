//! `sandtill serve`: loads the scenario, opens the ports, prints ready line and banner, stops on a signal.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clap::builder::RangedU64ValueParser;
use clap::{Args, ValueEnum};
use futures_util::future::join_all;
use jiff::SignedDuration;
use tokio::sync::watch;

use super::bind::bind_all;
use super::logging::{self, LogFormat};
use super::port_file::{self, PortFile};
use super::signals::stop_signal;
use super::{Failure, ScenarioArgs, banner, bind, say, values, warm, warn};
use crate::app::app;
use crate::sandbox::Options;
use crate::sandbox::clock::MAX_WAIT_MS;
use crate::sandbox::journal::{MAX_ENTRIES, MAX_TOTAL_BYTES};
use crate::sandbox::log::MAX_EVENTS;
use crate::sandbox::scenario::{Scenario, duration};
use crate::sandbox::spaces::{MAX_SPACES, Spaces};
use crate::server::{self, MAX_CONNECTIONS};
use crate::tls::{self, Source, Tls};

/// Default address and port of the server.
pub(super) const LISTEN: &str = "127.0.0.1:8080";

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
        env = "SANDTILL_CALLBACK_ALLOW",
        value_delimiter = ',',
        value_parser = values::callback_host
    )]
    callback_allow: Vec<String>,
    /// Never send callbacks; clients pull them (`GET /_admin/callbacks?state=due`).
    #[arg(long, env = "SANDTILL_HOLD_CALLBACKS")]
    hold_callbacks: bool,
    /// Token that the admin API requires as `Authorization: Bearer …`.
    #[arg(long, env = "SANDTILL_ADMIN_TOKEN", hide_env_values = true)]
    admin_token: Option<String>,
    /// Open the admin API to everybody when the server listens beyond loopback.
    #[arg(long, env = "SANDTILL_ADMIN_OPEN")]
    admin_open: bool,
    /// Drop spaces that are unused for this long (real time, such as `30m`), or `never`.
    #[arg(long, env = "SANDTILL_SPACE_IDLE", default_value = "1d")]
    space_idle: String,
    /// `open`: a space is made at its first use; `declared`: it must be made with the admin API before.
    #[arg(long, env = "SANDTILL_SPACES", default_value = "open")]
    spaces: SpacesMode,
    /// Hosts whose subdomains name spaces, separated by commas: `sandbox.example` makes
    /// `t1.sandbox.example` the space `t1`. Subdomains of `localhost` always name spaces.
    #[arg(
        long,
        env = "SANDTILL_SPACE_HOSTS",
        value_delimiter = ',',
        value_parser = values::space_host
    )]
    space_hosts: Vec<String>,
    /// Largest number of spaces, the default one included.
    #[arg(long, env = "SANDTILL_MAX_SPACES", default_value_t = MAX_SPACES, value_parser = count())]
    max_spaces: usize,
    /// Largest number of connections of a port at a time; further ones wait until one ends.
    #[arg(long, env = "SANDTILL_MAX_CONNECTIONS", default_value_t = MAX_CONNECTIONS, value_parser = count())]
    max_connections: usize,
    /// Close a connection when nothing has moved on it for so long, such as `30s` (real time): no request
    /// arrives, no part of an answer is read. A request that is being answered has no limit.
    #[arg(long, env = "SANDTILL_CONNECTION_TIMEOUT", default_value = "30s")]
    connection_timeout: String,
    /// Largest number of events in the history of a space.
    #[arg(long, env = "SANDTILL_HISTORY_EVENTS", default_value_t = MAX_EVENTS, value_parser = count())]
    history_events: usize,
    /// Largest number of requests in the journal of a space; 0 switches the journal off.
    #[arg(long, env = "SANDTILL_JOURNAL_ENTRIES", default_value_t = MAX_ENTRIES)]
    journal_entries: usize,
    /// Largest memory of the journals of all spaces together, in bytes; beyond it the largest journal drops
    /// its oldest requests.
    #[arg(long, env = "SANDTILL_JOURNAL_BYTES", default_value_t = MAX_TOTAL_BYTES)]
    journal_bytes: usize,
    /// Longest wait that a call of the admin API may ask for (real time); at most `10m`.
    #[arg(long, env = "SANDTILL_LONGEST_WAIT", default_value = "10m")]
    longest_wait: String,
    /// Address and port for TLS, besides the plain port.
    #[arg(long, env = "SANDTILL_TLS_LISTEN")]
    tls_listen: Option<String>,
    /// File of the certificate chain, PEM; without it a local authority makes a certificate.
    #[arg(long, env = "SANDTILL_TLS_CERT", requires = "tls_key", requires = "tls_listen")]
    tls_cert: Option<PathBuf>,
    /// File of the private key of the certificate, PEM.
    #[arg(long, env = "SANDTILL_TLS_KEY", requires = "tls_cert")]
    tls_key: Option<PathBuf>,
    /// Further name that clients of the TLS port use; repeat it, or separate names by commas.
    #[arg(
        long,
        env = "SANDTILL_TLS_NAME",
        value_delimiter = ',',
        value_parser = values::tls_name,
        requires = "tls_listen"
    )]
    tls_name: Vec<String>,
    /// Folder that keeps the local authority between runs, so that clients trust it once.
    #[arg(long, env = "SANDTILL_TLS_DIR", requires = "tls_listen")]
    tls_dir: Option<PathBuf>,
    /// Format of the log lines on standard error.
    #[arg(long, env = "SANDTILL_LOG", default_value = "human")]
    log: LogFormat,
    /// Log level: `off`, `error`, `warn`, `info`, `debug`, `trace`, or a list such as
    /// `warn,sandtill=debug`.
    #[arg(long, env = "SANDTILL_LOG_LEVEL", default_value = "warn", value_parser = values::log_level)]
    log_level: String,
    /// Print only the ready line, without the banner.
    #[arg(long, env = "SANDTILL_QUIET")]
    quiet: bool,
}

impl ServeArgs {
    /// The options of the server, except what depends on the ports.
    fn options(&self, tls: Option<&Tls>) -> Result<Options, Failure> {
        let space_idle = match self.space_idle.as_str() {
            "never" => None,
            text => Some(duration(text).filter(SignedDuration::is_positive).ok_or_else(|| {
                Failure::usage(format!(
                    "--space-idle `{text}` is neither `never` nor a length of time like `30m`"
                ))
            })?),
        };
        let longest =
            duration(&self.longest_wait).and_then(|it| u64::try_from(it.as_millis()).ok());
        let longest_wait_ms = longest.filter(|ms| *ms <= MAX_WAIT_MS).ok_or_else(|| {
            let longest_wait = &self.longest_wait;
            Failure::usage(format!(
                "--longest-wait `{longest_wait}` is no length of time up to 10m"
            ))
        })?;
        let connection_timeout = duration(&self.connection_timeout)
            .filter(SignedDuration::is_positive)
            .and_then(|it| Duration::try_from(it).ok())
            .ok_or_else(|| {
                let text = &self.connection_timeout;
                Failure::usage(format!(
                    "--connection-timeout `{text}` is no length of time like `30s`"
                ))
            })?;
        self.check_admin_token()?;
        Ok(Options {
            connection_timeout: Some(connection_timeout),
            longest_wait_ms: Some(longest_wait_ms),
            admin_token: self.admin_token.clone(),
            admin_open: self.admin_open,
            space_idle,
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

    /// The errors do not contain the token, which is a secret.
    fn check_admin_token(&self) -> Result<(), Failure> {
        let Some(token) = &self.admin_token else { return Ok(()) };
        if token.trim().is_empty() {
            return Err(Failure::usage(
                "--admin-token is empty (is SANDTILL_ADMIN_TOKEN set from a secret that is not \
                 there?); give it a value, or leave it out",
            ));
        }
        if !token.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(Failure::usage(
                "--admin-token has blanks, line ends or characters that are not ASCII; wanted are \
                 letters, digits and signs, which a header can carry",
            ));
        }
        Ok(())
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

pub(super) fn run(args: &ServeArgs) -> Result<(), Failure> {
    logging::start(args.log, &args.log_level)?;
    let scenario = args.scenario.load()?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|err| Failure::failed(format!("no runtime: {err}")))?;
    let tls = args.tls()?;
    let options = args.options(tls.as_ref())?;
    runtime.block_on(serve(args, scenario, tls, options))
}

async fn serve(
    args: &ServeArgs,
    scenario: Scenario,
    tls: Option<Tls>,
    mut options: Options,
) -> Result<(), Failure> {
    args.port_file.as_deref().map(port_file::remove_old).transpose()?;
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
    let spaces = Spaces::new(Arc::new(scenario), options);
    let url = format!("http://{}", reachable(*address));
    // The signals are caught before anybody learns the port, because a client may stop the server right
    // after that.
    let stopped = stop_signal()?;
    let write = |path: &PathBuf| PortFile::write(path, address.port());
    let port_file = args.port_file.as_ref().map(write).transpose()?;
    say(&format!("sandtill ready on {url}"));
    let moment = spaces.default_space().moment();
    if !args.quiet {
        say(&banner::banner(&moment, &url));
    }
    warm::start(&moment);
    let app = app(spaces);
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
    tokio::join!(waiting, join_all(plain), join_all(secure));
    Ok(())
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
