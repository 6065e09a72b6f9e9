//! One folder per real API. All dirt lives here and nowhere else.
//!
//! A provider is a value of plain fields and function pointers, [`Provider`]; [`ALL`] lists them.
//! Everything around providers (recorder, admin API, banner, `sandtill curl`, contract tests) is
//! driven by that list and knows no provider by name.

pub mod begateway;
pub mod epicpay;
pub mod flitt;
pub mod operation;
pub mod payfort;
pub mod wepay;

use axum::Router;
use axum::response::Response;

use self::operation::{Operation, Step};
use crate::sandbox::Sandbox;
use crate::sandbox::callbacks::Policy;
use crate::sandbox::jobs::Job;
use crate::sandbox::scenario::{Dialect, Field, Quirk, Scenario, SettingSpec, Vocabulary};

/// Every provider, in the order they are listed.
pub const ALL: &[Provider] =
    &[payfort::PROVIDER, flitt::PROVIDER, begateway::PROVIDER, epicpay::PROVIDER, wepay::PROVIDER];

/// Where the real providers are: nothing is ever sent there, nor to any host below.
pub const REAL_HOSTS: &[&str] = &[
    "payfort.com",
    "flitt.com",
    "fondy.eu",
    "begateway.com",
    "epicpay.com",
    "wepay.com",
    "wepayapi.com",
];

/// One emulated payment provider.
#[derive(Clone, Copy, Debug)]
pub struct Provider {
    /// The name people know it by.
    pub name: &'static str,
    /// Its name in scenarios, in the admin API and on the command line.
    pub slug: &'static str,
    /// The official documentation we follow.
    pub docs: &'static str,
    /// Which of its operations a path (without space and query) belongs to; `None` when the path is
    /// not its own. A path of its own that leads nowhere is its `"unknown"`.
    pub operation: fn(path: &str) -> Option<&'static str>,
    /// What its operations take and answer, but for `"unknown"`.
    pub operations: &'static [Operation],
    /// Its endpoints. They answer every method themselves.
    pub router: fn() -> Router,
    /// The fields of its credentials.
    pub credentials: &'static [Field],
    /// Its quirks.
    pub quirks: &'static [Quirk],
    /// Its settings.
    pub settings: &'static [SettingSpec],
    /// Ready commands for a server at this base URL (no slash at the end), the first merchant first.
    pub examples: fn(&Sandbox, base_url: &str) -> Vec<Example>,
    /// Requests in their order that show, for the first merchant, the operations that no ready command
    /// shows.
    pub further: fn(&Sandbox) -> Vec<Vec<Step>>,
    /// Its words for a request that never gets as far as a handler.
    pub refuse: fn(&Sandbox, operation: &str, Refusal) -> Response,
    /// Its words for something that a fault asks for; `None` when it has none.
    pub words: fn(&Sandbox, operation: &str, Trouble<'_>) -> Option<Response>,
    /// String to sign and signature of a JSON request, where it signs requests.
    pub sign: Option<Sign>,
    /// The codes of its errors, for faults: each is known to [`Provider::words`] at one of its
    /// operations at least.
    pub codes: fn() -> Vec<String>,
    /// What its callbacks have in common; `None` where it sends none.
    pub callbacks: Option<&'static Policy>,
    /// Told when the phase of one of its report jobs was forced by hand.
    pub forced: fn(&Sandbox, &Job),
}

/// Signs a JSON request as the provider demands; what is wrong with it instead, in a sentence.
pub type Sign = fn(&Scenario, request: &[u8], &SignOptions) -> Result<Signed, String>;

/// Something that goes wrong in a provider's own vocabulary.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble<'a> {
    /// The error that the provider knows by this code.
    Error(&'a str),
    /// Too many requests.
    Throttled,
    /// The token or the credentials are no longer good.
    ExpiredToken,
}

/// What the command line says about how to sign.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SignOptions {
    /// Phrase or key instead of the scenario's.
    pub secret: Option<String>,
    /// Hash instead of the merchant's (`sha256`, `sha512`, `hmac-sha256`, `hmac-sha512`).
    pub hash: Option<String>,
}

/// A signature and how it came about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signed {
    /// What is hashed.
    pub string: String,
    /// Its hash, lower-case hex.
    pub signature: String,
}

/// Why a request never got as far as a handler.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The body is larger than the server takes.
    TooLarge,
    /// The body did not arrive in time.
    TimedOut,
    /// The connection broke in the middle of the body.
    Broken,
    /// We made a mistake.
    Internal,
}

impl Refusal {
    /// For the journal.
    #[must_use]
    pub fn reason(self) -> &'static str {
        match self {
            Self::TooLarge => "the body is larger than the server takes",
            Self::TimedOut => "the body did not arrive in time",
            Self::Broken => "the connection broke in the middle of the body",
            Self::Internal => "Sandtill made a mistake; please report it with this entry",
        }
    }
}

/// A command that works when it is pasted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Example {
    /// What `sandtill curl <provider> <report>` calls it; the first of a provider needs no name.
    pub report: String,
    /// The merchant whose credentials it uses.
    pub merchant: String,
    /// The command; several lines where one has to follow another.
    pub command: String,
    /// The requests it sends.
    pub steps: Vec<Step>,
}

/// What the providers allow in scenarios.
#[must_use]
pub fn vocabulary() -> Vocabulary {
    let dialect = |provider: &Provider| Dialect {
        slug: provider.slug,
        credentials: provider.credentials,
        quirks: provider.quirks,
        settings: provider.settings,
        codes: provider.codes,
        calls_back: provider.callbacks.is_some(),
    };
    Vocabulary(ALL.iter().map(dialect).collect())
}

/// The provider that a path belongs to, and its operation.
#[must_use]
pub fn of_path(path: &str) -> Option<(&'static Provider, &'static str)> {
    ALL.iter().find_map(|provider| Some((provider, (provider.operation)(path)?)))
}

/// The provider with this slug.
#[must_use]
pub fn find(slug: &str) -> Option<&'static Provider> {
    ALL.iter().find(|provider| provider.slug == slug)
}
