//! One folder per real API. Everything that is specific to a provider is in its folder.
//!
//! A provider is a value of plain fields and function pointers, [`Provider`]; [`ALL`] lists them.
//! Recorder, admin API, banner, `sandtill curl` and contract tests use that list and name no provider.

pub mod begateway;
pub mod epicpay;
pub mod fault_rules;
pub mod fidelity;
pub mod flitt;
pub mod nearest_path;
pub mod operation;
pub mod payfort;
pub mod request_scope;
pub mod wepay;

use std::sync::Arc;

use axum::http::HeaderMap;
use axum::response::Response;
use futures_util::future::BoxFuture;

use self::operation::{Operation, Step};
use self::request_scope::RequestScope;
use crate::sandbox::draft::Draft;
use crate::sandbox::faults::Fault;
use crate::sandbox::ledger::{Axis, Transaction};
use crate::sandbox::long_work::Threads;
use crate::sandbox::policy::Policy;
use crate::sandbox::scenario::{
    Answerable, Dialect, Field, Quirk, RowSource, Scenario, SettingSpec, Vocabulary,
};
use crate::sandbox::space::Moment;
use crate::sandbox::state::jobs::Job;
use crate::sandbox::state::outbox::PlanError;
use crate::sandbox::truth::RowMapping;
use crate::wire::body::TransportError;
use crate::wire::call::Call;
use crate::wire::proof::Diagnose;

/// The function that answers the calls of a provider.
pub type Handler = Arc<dyn Fn(Call) -> BoxFuture<'static, Response> + Send + Sync>;

/// A handler from a synchronous function.
#[must_use]
pub fn at_once(answer: fn(&Call) -> Response) -> Handler {
    Arc::new(move |call| Box::pin(std::future::ready(answer(&call))))
}

/// A handler from a synchronous function that can walk through all rows of a merchant.
///
/// If there are many and the answer may have to walk through many of them (`is_long`), it runs as long work, so
/// that it holds up no other request. The others are answered at once: the way to another thread and back costs
/// as much as a small answer.
#[must_use]
pub fn in_background(is_long: fn(&Call) -> bool, answer: fn(&Call) -> Response) -> Handler {
    Arc::new(move |mut call| {
        if !call.has_many_rows() || !is_long(&call) {
            return Box::pin(std::future::ready(answer(&call)));
        }
        Box::pin(async move {
            let work = move |cancel| {
                call.moment.cancel = cancel;
                answer(&call)
            };
            Threads::shared().run(work).await
        })
    })
}

/// Every provider, in the order in which users see them.
pub const ALL: &[Provider] =
    &[payfort::PROVIDER, flitt::PROVIDER, begateway::PROVIDER, epicpay::PROVIDER, wepay::PROVIDER];

/// One emulated payment provider.
#[derive(Clone, Copy, Debug)]
pub struct Provider {
    /// The name for users.
    pub name: &'static str,
    /// The name in scenarios, in the admin API and on the command line.
    pub slug: &'static str,
    /// URL of the official documentation that the emulation follows.
    pub docs: &'static str,
    /// Domains of the real provider. No callback is ever sent to them or to their subdomains.
    pub hosts: &'static [&'static str],
    /// The paths, in the syntax of axum's router. They accept every method.
    pub paths: &'static [&'static str],
    /// The operation at a path (without space and query); `"unknown"` for a path without an operation.
    pub operation: fn(path: &str) -> &'static str,
    /// The operation of a request that was read whole, given the operation at its path: another one where a
    /// header or the body says what the request is about.
    pub narrowed: fn(operation: &'static str, &HeaderMap, body: &[u8]) -> &'static str,
    /// The operations, without `"unknown"`. Operations of one method and path are described together.
    pub operations: &'static [Operation],
    /// What a request asks for. Fault rules that name a merchant or a page depend on it.
    pub request_scope: fn(&Call) -> RequestScope,
    /// Makes the handler; called once per server.
    pub handler: fn() -> Handler,
    /// The names of the reports that show pinned rows of a scenario; empty if none does.
    pub row_reports: fn() -> Vec<&'static str>,
    /// The fields of a credential in scenarios.
    pub credentials: &'static [Field],
    /// Whether its reports show a card for every payment that is not from a bank account; wallets and
    /// vouchers then carry a device card.
    pub device_cards: bool,
    /// The quirks that a scenario can switch on.
    pub quirks: &'static [Quirk],
    /// The settings that a scenario can change.
    pub settings: &'static [SettingSpec],
    /// The request that downloads a prepared report; `None` before it is ready, and for a report of another
    /// provider.
    pub fetch: fn(&Moment, &Job) -> Option<Step>,
    /// Ready commands for a server at this base URL (no slash at the end), the first merchant first.
    pub examples: fn(&Moment, base_url: &str) -> Vec<Example>,
    /// Sequences of requests, for the first merchant, that show the operations without a ready command.
    pub extra_examples: fn(&Moment) -> Vec<Vec<Step>>,
    /// The provider's answer to a request that does not reach the handler.
    pub reject_early: fn(&Moment, operation: &str, &HeaderMap, TransportError) -> Response,
    /// The provider's answer to an injected fault; `None` if it has no such answer.
    pub error_response:
        fn(&Moment, operation: &str, &HeaderMap, InjectedError<'_>) -> Option<Response>,
    /// Explains the proof of identity of a request, and what the client says of its own work.
    pub diagnose: Diagnose,
    /// Signs a JSON request; `None` if requests of the provider are not signed.
    pub sign: Option<Sign>,
    /// Signs an answer whose rows were altered again; `None` if answers of the provider are not signed.
    pub sign_again: Option<fn(&Call, text: &str) -> String>,
    /// The error codes that fault rules can name; each is known at one operation at least.
    pub codes: fn() -> Vec<String>,
    /// Whether an operation can answer with this error code.
    pub knows: fn(operation: &str, code: &str) -> bool,
    /// The instant of a row from which the reporting lag is counted.
    pub lag_counts_from: Axis,
    /// The policy of its callbacks; `None` if it sends none.
    pub callbacks: Option<&'static Policy>,
    /// Called when the admin API forces the phase of a report job, as part of the same change; an error
    /// refuses the change.
    pub on_phase_forced: fn(&mut Draft<'_>, &Job) -> Result<(), PlanError>,
    /// How its reports tell the rows of the ledger, and which row an id belongs to; `None` if no report
    /// lists rows.
    pub row_mapping: Option<&'static RowMapping>,
    /// A row that `row_mapping` maps, as the report prints it: a JSON object with the columns as its
    /// members. Instants are in the zone of the merchant if the provider knows one, else UTC.
    pub row: fn(&Moment, &Transaction<'_>) -> Vec<u8>,
}

impl Provider {
    /// The operation with this name; `None` for `"unknown"`.
    #[must_use]
    pub fn find_operation(&self, name: &str) -> Option<&'static Operation> {
        self.operations.iter().find(|it| it.name == name)
    }

    /// Whether an answer of this operation can show a fault: an error needs words for it, a fault of rows
    /// needs rows.
    #[must_use]
    pub fn can_show(&self, operation: &str, fault: &Fault) -> bool {
        let listing = self.find_operation(operation).and_then(|it| it.listing);
        match fault {
            Fault::Error(code, _) => (self.knows)(operation, code),
            Fault::InsertBetween(_) => listing.is_some_and(|it| it.has_range && !it.is_prepared),
            fault if fault.is_of_rows() => listing.is_some(),
            _ => true,
        }
    }
}

/// Signs a JSON request in the provider's way. The error is a sentence for the user.
pub type Sign = fn(&Scenario, request: &[u8], &SignOptions) -> Result<Signed, String>;

/// An error that a fault injects; the provider answers with its own codes and texts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InjectedError<'a> {
    /// The provider's error with this code.
    Error(&'a str),
    /// Too many requests.
    Throttled,
    /// The token or the credentials have expired.
    ExpiredToken,
}

/// The options of `sandtill sign`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SignOptions {
    /// Phrase or key instead of the scenario's.
    pub secret: Option<String>,
    /// Hash instead of the merchant's (`sha256`, `sha512`, `hmac-sha256`, `hmac-sha512`).
    pub hash: Option<String>,
}

/// A signature and the string that it is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signed {
    /// The string to sign, which is hashed.
    pub string: String,
    /// The hash of the string, in lower-case hex.
    pub signature: String,
}

/// A ready command for a shell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Example {
    /// The name in `sandtill curl <provider> <report>`; without a name the first example is used.
    pub report: String,
    /// The merchant whose credentials it uses.
    pub merchant: String,
    /// The command; it can have several lines that run in order.
    pub command: String,
    /// The requests it sends.
    pub steps: Vec<Step>,
}

/// The vocabulary of scenarios of all providers.
#[must_use]
pub fn vocabulary() -> Vocabulary {
    vocabulary_of(ALL)
}

/// The vocabulary of scenarios of the given providers.
#[must_use]
pub fn vocabulary_of(providers: &[Provider]) -> Vocabulary {
    let dialect = |provider: &Provider| Dialect {
        slug: provider.slug,
        credentials: provider.credentials,
        device_cards: provider.device_cards,
        quirks: provider.quirks,
        settings: provider.settings,
        reports: (provider.row_reports)(),
        codes: provider.codes,
        knows: provider.knows,
        operations: provider.operations.iter().map(answerable).collect(),
        callbacks: provider.callbacks,
        lag_counts_from: provider.lag_counts_from,
    };
    Vocabulary(providers.iter().map(dialect).collect())
}

/// What answers of an operation can show, for the check of fault rules.
fn answerable(operation: &Operation) -> Answerable {
    let listing = operation.listing;
    Answerable {
        name: operation.name,
        has_pages: listing.is_some_and(|it| it.has_pages),
        rows: match listing {
            None => RowSource::Nowhere,
            Some(listing) if listing.is_prepared => RowSource::Prepared,
            Some(listing) if listing.has_range => RowSource::Ranged,
            Some(_) => RowSource::Listed,
        },
    }
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
