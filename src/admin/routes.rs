//! The table of all calls of the admin API; the router, `GET /_admin`, the answers 404 and the OpenAPI
//! description are made from it.

use axum::routing::{MethodRouter, delete, get, post, put};

#[cfg(feature = "metrics")]
use super::metrics;
use super::spec::Spec;
use super::{
    INDEX, actions, callbacks, changes, clock, coverage, deposits, diagnose, entry, faults,
    history, index, journal, mcp, openapi, reconcile, reporting, reports, scenario, snapshot,
    spaces, status, tls, transactions, truth, wait,
};

/// One call of the admin API.
#[derive(Clone, Copy, Debug)]
pub struct Route {
    /// The HTTP method.
    pub method: &'static str,
    /// The path, with `{…}` for each parameter.
    pub path: &'static str,
    /// Its purpose in a few words, as `GET /_admin` lists it.
    pub does: &'static str,
    pub(super) handler: fn() -> MethodRouter,
    pub(super) spec: Spec,
}

const fn route(
    method: &'static str,
    path: &'static str,
    does: &'static str,
    (handler, spec): (fn() -> MethodRouter, Spec),
) -> Route {
    Route { method, path, does, handler, spec }
}

/// All calls of the admin API, in the order in which `GET /_admin` lists them.
pub const ROUTES: &[Route] = &[
    route("GET", "/healthz", "says that the server runs", (|| get(status::probe), status::PROBE)),
    route(
        "GET",
        "/readyz",
        "says whether the first call would succeed",
        (|| get(status::ready), status::READY),
    ),
    route("GET", "/_admin", "lists all calls", (|| get(index), INDEX)),
    route(
        "GET",
        "/_admin/health",
        "version, scenario, seed and time of the clock",
        (|| get(status::health), status::HEALTH),
    ),
    route(
        "GET",
        "/_admin/credentials",
        "lists all credentials, by provider",
        (|| get(status::credentials), status::CREDENTIALS),
    ),
    route(
        "GET",
        "/_admin/providers",
        "lists the providers with their operations, quirks, settings and commands",
        (|| get(status::providers), status::PROVIDERS),
    ),
    route(
        "GET",
        "/_admin/tls/ca.pem",
        "the root certificate of the TLS port, PEM",
        (|| get(tls::ca), tls::CA),
    ),
    route(
        "GET",
        "/_admin/clock",
        "shows mode and time of the clock",
        (|| get(clock::read), clock::READ),
    ),
    route(
        "PUT",
        "/_admin/clock",
        "freezes the clock, lets it run, or sets its time",
        (|| put(clock::write), clock::WRITE),
    ),
    route(
        "POST",
        "/_admin/clock/advance",
        "moves the clock forward and does all that falls due",
        (|| post(clock::advance), clock::ADVANCE),
    ),
    route(
        "POST",
        "/_admin/reset",
        "resets the space to its scenario as it was loaded",
        (|| post(scenario::reset), scenario::RESET),
    ),
    route(
        "GET",
        "/_admin/scenario",
        "shows the scenario in force",
        (|| get(scenario::read), scenario::READ),
    ),
    route(
        "PUT",
        "/_admin/scenario",
        "replaces the scenario",
        (|| put(scenario::write), scenario::WRITE),
    ),
    route(
        "DELETE",
        "/_admin/scenario",
        "takes the server's scenario again",
        (|| delete(scenario::back), scenario::RESTORE_DEFAULT),
    ),
    route(
        "GET",
        "/_admin/scenarios",
        "lists the built-in scenarios",
        (|| get(scenario::built_in), scenario::BUILT_INS),
    ),
    route(
        "GET",
        "/_admin/transactions",
        "lists transactions, newest first",
        (|| get(transactions::list), transactions::LIST),
    ),
    route(
        "POST",
        "/_admin/transactions",
        "adds payments or authorizations",
        (|| post(transactions::add), transactions::ADD),
    ),
    route(
        "GET",
        "/_admin/transactions/{id}",
        "shows one transaction, and how each provider reports it",
        (|| get(transactions::one), transactions::ONE),
    ),
    route(
        "POST",
        "/_admin/transactions/{id}/capture",
        "captures an authorization, whole or in part",
        (|| post(actions::capture), actions::CAPTURE),
    ),
    route(
        "POST",
        "/_admin/transactions/{id}/refund",
        "refunds a payment, whole or in part",
        (|| post(actions::refund), actions::REFUND),
    ),
    route(
        "POST",
        "/_admin/transactions/{id}/void",
        "voids an authorization",
        (|| post(actions::void), actions::VOID),
    ),
    route(
        "POST",
        "/_admin/transactions/{id}/chargeback",
        "charges a payment back, whole or in part",
        (|| post(actions::chargeback), actions::CHARGEBACK),
    ),
    route(
        "POST",
        "/_admin/transactions/{id}/dispute",
        "ends the dispute about a chargeback",
        (|| post(actions::dispute), actions::DISPUTE),
    ),
    route(
        "POST",
        "/_admin/transactions/{id}/settle",
        "settles a payment now",
        (|| post(actions::settle), actions::SETTLE),
    ),
    route(
        "POST",
        "/_admin/transactions/{id}/amend",
        "changes values of a transaction from an instant on",
        (|| post(actions::amend), actions::AMEND),
    ),
    route(
        "GET",
        "/_admin/deposits",
        "lists deposits, newest first",
        (|| get(deposits::list), deposits::LIST),
    ),
    route(
        "POST",
        "/_admin/deposits/{id}/fail",
        "makes a deposit fail on its way to the bank",
        (|| post(deposits::fail), deposits::FAIL),
    ),
    route(
        "POST",
        "/_admin/deposits/{id}/return",
        "makes a deposit come back from the bank",
        (|| post(deposits::send_back), deposits::RETURN),
    ),
    route(
        "POST",
        "/_admin/deposits/{id}/delay",
        "makes a deposit arrive later",
        (|| post(deposits::delay), deposits::DELAY),
    ),
    route(
        "GET",
        "/_admin/reporting/{provider}",
        "shows how late the reports of a provider are",
        (|| get(reporting::read), reporting::READ),
    ),
    route(
        "PUT",
        "/_admin/reporting/{provider}",
        "makes the reports of a provider late",
        (|| put(reporting::write), reporting::WRITE),
    ),
    route(
        "GET",
        "/_admin/reports",
        "lists reports that are prepared before they can be fetched",
        (|| get(reports::list), reports::LIST),
    ),
    route(
        "POST",
        "/_admin/reports/next",
        "sets in advance what becomes of the next report of a provider",
        (|| post(reports::next), reports::NEXT),
    ),
    route(
        "GET",
        "/_admin/reports/{id}",
        "shows one prepared report",
        (|| get(reports::one), reports::ONE),
    ),
    route(
        "POST",
        "/_admin/reports/{id}",
        "forces a prepared report into a phase",
        (|| post(reports::force), reports::FORCE),
    ),
    route(
        "GET",
        "/_admin/callbacks",
        "lists callbacks with their attempts",
        (|| get(callbacks::list), callbacks::LIST),
    ),
    route(
        "POST",
        "/_admin/callbacks/wait",
        "waits until callbacks are due, and lists them",
        (|| post(callbacks::wait), callbacks::WAIT),
    ),
    route(
        "GET",
        "/_admin/callbacks/{id}",
        "shows one callback",
        (|| get(callbacks::one), callbacks::ONE),
    ),
    route(
        "POST",
        "/_admin/callbacks/{id}/redeliver",
        "sends a callback again",
        (|| post(callbacks::redeliver), callbacks::REDELIVER),
    ),
    route(
        "POST",
        "/_admin/callbacks/{id}/answer",
        "answers a due callback in place of its receiver",
        (|| post(callbacks::answer_pull), callbacks::ANSWER),
    ),
    route("GET", "/_admin/faults", "lists the fault rules", (|| get(faults::list), faults::LIST)),
    route("POST", "/_admin/faults", "adds a fault rule", (|| post(faults::add), faults::ADD)),
    route(
        "DELETE",
        "/_admin/faults",
        "removes all fault rules",
        (|| delete(faults::clear), faults::CLEAR),
    ),
    route(
        "DELETE",
        "/_admin/faults/{id}",
        "removes one fault rule",
        (|| delete(faults::remove), faults::REMOVE),
    ),
    route(
        "GET",
        "/_admin/truth",
        "says what a right import holds",
        (|| get(truth::truth), truth::TRUTH),
    ),
    route(
        "POST",
        "/_admin/reconcile",
        "compares an import with the truth",
        (|| post(reconcile::reconcile), reconcile::RECONCILE),
    ),
    route(
        "GET",
        "/_admin/coverage",
        "says which hard cases a client has met",
        (|| get(coverage::coverage), coverage::COVERAGE),
    ),
    route(
        "GET",
        "/_admin/journal",
        "lists requests to providers, newest first",
        (|| get(journal::list), journal::LIST),
    ),
    route(
        "DELETE",
        "/_admin/journal",
        "empties the journal",
        (|| delete(journal::clear), journal::CLEAR),
    ),
    route(
        "GET",
        "/_admin/journal/{id}",
        "shows one request with its answer and explanation",
        (|| get(entry::one), entry::ONE),
    ),
    route(
        "POST",
        "/_admin/journal/wait",
        "waits until the expected requests have arrived",
        (|| post(wait::wait), wait::WAIT),
    ),
    route(
        "POST",
        "/_admin/diagnose",
        "explains why a proof of identity is refused; compares the caller's string to sign with ours",
        (|| post(diagnose::diagnose), diagnose::DIAGNOSE),
    ),
    route("GET", "/_admin/spaces", "lists the spaces", (|| get(spaces::list), spaces::LIST)),
    route(
        "POST",
        "/_admin/spaces",
        "makes a space, with a scenario of its own if wanted",
        (|| post(spaces::create), spaces::CREATE),
    ),
    route(
        "DELETE",
        "/_admin/spaces",
        "deletes all spaces but the default one",
        (|| delete(spaces::clear), spaces::CLEAR),
    ),
    route(
        "DELETE",
        "/_admin/spaces/{name}",
        "deletes a space",
        (|| delete(spaces::remove), spaces::REMOVE),
    ),
    route(
        "GET",
        "/_admin/changes",
        "waits until something changes, and says what",
        (|| get(changes::read), changes::READ),
    ),
    route(
        "GET",
        "/_admin/history",
        "lists all events of the space, in order",
        (|| get(history::list), history::LIST),
    ),
    route(
        "POST",
        "/_admin/history/rewind",
        "takes the space back to an event of its history",
        (|| post(history::rewind), history::REWIND),
    ),
    route(
        "GET",
        "/_admin/snapshot",
        "returns the whole state of the space, to be restored",
        (|| get(snapshot::read), snapshot::READ),
    ),
    route(
        "PUT",
        "/_admin/snapshot",
        "restores the state of a snapshot",
        (|| put(snapshot::write), snapshot::WRITE),
    ),
    #[cfg(feature = "metrics")]
    route(
        "GET",
        "/_admin/metrics",
        "metrics for Prometheus",
        (|| get(metrics::read), metrics::READ),
    ),
    route(
        "POST",
        "/_admin/mcp",
        "offers these calls as tools to agents (Model Context Protocol)",
        (|| post(mcp::call), mcp::CALL),
    ),
    route(
        "GET",
        "/_admin/openapi.json",
        "describes this API and the providers', OpenAPI 3.1",
        (|| get(openapi::read), openapi::READ),
    ),
];
