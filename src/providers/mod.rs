//! One folder per real API. All dirt lives here and nowhere else.
//!
//! A provider is a value of plain fields and function pointers, [`Provider`]; [`ALL`] lists them.
//! Everything around providers (recorder, admin API, banner, `sandtill curl`, contract tests) is
//! driven by that list and knows no provider by name.

pub mod begateway;
pub mod epicpay;
pub mod fault_rules;
pub mod flitt;
pub mod operation;
pub mod payfort;
pub mod wepay;

use std::sync::Arc;

use axum::response::Response;
use futures_util::future::BoxFuture;

use self::operation::{Operation, Step};
use crate::sandbox::draft::Draft;
use crate::sandbox::policy::Policy;
use crate::sandbox::scenario::{Dialect, Field, Quirk, Scenario, SettingSpec, Vocabulary};
use crate::sandbox::space::Moment;
use crate::sandbox::state::jobs::Job;
use crate::wire::body::TransportError;
use crate::wire::call::Call;

/// What answers the calls of a provider.
pub type Handler = Arc<dyn Fn(Call) -> BoxFuture<'static, Response> + Send + Sync>;

/// A handler that has its answer at once.
#[must_use]
pub fn at_once(answer: fn(&Call) -> Response) -> Handler {
    Arc::new(move |call| Box::pin(std::future::ready(answer(&call))))
}

/// Every provider, in the order they are listed.
pub const ALL: &[Provider] =
    &[payfort::PROVIDER, flitt::PROVIDER, begateway::PROVIDER, epicpay::PROVIDER, wepay::PROVIDER];

/// One emulated payment provider.
#[derive(Clone, Copy, Debug)]
pub struct Provider {
    /// The name people know it by.
    pub name: &'static str,
    /// Its name in scenarios, in the admin API and on the command line.
    pub slug: &'static str,
    /// The official documentation we follow.
    pub docs: &'static str,
    /// Domains of the real provider. No callback is ever sent to them or below them.
    pub hosts: &'static [&'static str],
    /// Its paths, as axum's router has them. They take every method.
    pub paths: &'static [&'static str],
    /// Which of its operations one of its paths (without space and query) is; `"unknown"` for one that leads
    /// nowhere.
    pub operation: fn(path: &str) -> &'static str,
    /// What its operations take and answer, but for `"unknown"`.
    pub operations: &'static [Operation],
    /// Makes what answers its calls, once for a server.
    pub handler: fn() -> Handler,
    /// The fields of its credentials.
    pub credentials: &'static [Field],
    /// Its quirks.
    pub quirks: &'static [Quirk],
    /// Its settings.
    pub settings: &'static [SettingSpec],
    /// Ready commands for a server at this base URL (no slash at the end), the first merchant first.
    pub examples: fn(&Moment, base_url: &str) -> Vec<Example>,
    /// Requests in their order that show, for the first merchant, the operations that no ready command
    /// shows.
    pub extra_examples: fn(&Moment) -> Vec<Vec<Step>>,
    /// Its words for a request that never gets as far as a handler.
    pub reject_early: fn(&Moment, operation: &str, TransportError) -> Response,
    /// Its words for something that a fault asks for; `None` when it has none.
    pub error_response: fn(&Moment, operation: &str, InjectedError<'_>) -> Option<Response>,
    /// String to sign and signature of a JSON request, where it signs requests.
    pub sign: Option<Sign>,
    /// The codes of its errors, for faults: each is known at one of its operations at least.
    pub codes: fn() -> Vec<String>,
    /// Whether it has the words for an error with this code at an operation.
    pub knows: fn(operation: &str, code: &str) -> bool,
    /// What its callbacks have in common; `None` where it sends none.
    pub callbacks: Option<&'static Policy>,
    /// Told when the phase of one of its report jobs is forced by hand, as part of the same change.
    pub on_phase_forced: fn(&mut Draft<'_>, &Job),
}

/// Signs a JSON request as the provider demands; what is wrong with it instead, in a sentence.
pub type Sign = fn(&Scenario, request: &[u8], &SignOptions) -> Result<Signed, String>;

/// Something that goes wrong in a provider's own vocabulary.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InjectedError<'a> {
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
    vocabulary_of(ALL)
}

/// What these providers allow in scenarios.
#[must_use]
pub fn vocabulary_of(providers: &[Provider]) -> Vocabulary {
    let dialect = |provider: &Provider| Dialect {
        slug: provider.slug,
        credentials: provider.credentials,
        quirks: provider.quirks,
        settings: provider.settings,
        codes: provider.codes,
        callbacks: provider.callbacks,
    };
    Vocabulary(providers.iter().map(dialect).collect())
}

/// The provider with this slug.
#[must_use]
pub fn find(slug: &str) -> Option<&'static Provider> {
    ALL.iter().find(|provider| provider.slug == slug)
}

/// The domains of all real providers.
#[must_use]
pub fn real_hosts() -> Vec<&'static str> {
    ALL.iter().flat_map(|provider| provider.hosts).copied().collect()
}
