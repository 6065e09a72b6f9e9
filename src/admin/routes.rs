//! The table of all calls of the admin API; the router, `GET /_admin`, the answers 404 and the OpenAPI
//! description are made from it.

use axum::routing::{MethodRouter, delete, get, post, put};

#[cfg(feature = "metrics")]
use super::metrics;
use super::spec::Spec;
use super::{
    INDEX, actions, callbacks, changes, clock, coverage, deposits, diagnose, entry, faults,
    history, index, journal, openapi, reconcile, reporting, reports, scenario, snapshot, spaces,
    status, tls, transactions, truth, wait,
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
    route("GET", "/healthz", "whether the server lives", (|| get(status::probe), status::PROBE)),
    route(
        "GET",
        "/readyz",
        "whether the first call would succeed",
        (|| get(status::ready), status::READY),
    ),
    route("GET", "/_admin", "this list", (|| get(index), INDEX)),
    route(
        "GET",
        "/_admin/health",
        "version, scenario, seed, now",
        (|| get(status::health), status::HEALTH),
    ),
    route(
        "GET",
        "/_admin/credentials",
        "every credential, by provider",
        (|| get(status::credentials), status::CREDENTIALS),
    ),
    route(
        "GET",
        "/_admin/providers",
        "the providers with their operations and quirks",
        (|| get(status::providers), status::PROVIDERS),
    ),
    route(
        "GET",
        "/_admin/tls/ca.pem",
        "the root certificate of the TLS port",
        (|| get(tls::ca), tls::CA),
    ),
    route("GET", "/_admin/clock", "the clock", (|| get(clock::read), clock::READ)),
    route("PUT", "/_admin/clock", "freeze, run, jump", (|| put(clock::write), clock::WRITE)),
    route(
        "POST",
        "/_admin/clock/advance",
        "go on in time and do what falls due",
        (|| post(clock::advance), clock::ADVANCE),
    ),
    route(
        "POST",
        "/_admin/reset",
        "back to the scenario as it was loaded",
        (|| post(scenario::reset), scenario::RESET),
    ),
    route(
        "GET",
        "/_admin/scenario",
        "the scenario in force",
        (|| get(scenario::read), scenario::READ),
    ),
    route(
        "PUT",
        "/_admin/scenario",
        "another scenario",
        (|| put(scenario::write), scenario::WRITE),
    ),
    route(
        "DELETE",
        "/_admin/scenario",
        "back to the server's scenario",
        (|| delete(scenario::back), scenario::RESTORE_DEFAULT),
    ),
    route(
        "GET",
        "/_admin/scenarios",
        "the built-in scenarios",
        (|| get(scenario::built_in), scenario::BUILT_INS),
    ),
    route(
        "GET",
        "/_admin/transactions",
        "what was paid, newest first",
        (|| get(transactions::list), transactions::LIST),
    ),
    route(
        "POST",
        "/_admin/transactions",
        "add a payment or an authorization",
        (|| post(transactions::add), transactions::ADD),
    ),
    route(
        "GET",
        "/_admin/transactions/{id}",
        "one transaction",
        (|| get(transactions::one), transactions::ONE),
    ),
    route(
        "POST",
        "/_admin/transactions/{id}/capture",
        "take reserved money",
        (|| post(actions::capture), actions::CAPTURE),
    ),
    route(
        "POST",
        "/_admin/transactions/{id}/refund",
        "give money back",
        (|| post(actions::refund), actions::REFUND),
    ),
    route(
        "POST",
        "/_admin/transactions/{id}/void",
        "release reserved money",
        (|| post(actions::void), actions::VOID),
    ),
    route(
        "POST",
        "/_admin/transactions/{id}/chargeback",
        "have money forced back",
        (|| post(actions::chargeback), actions::CHARGEBACK),
    ),
    route(
        "POST",
        "/_admin/transactions/{id}/dispute",
        "end the dispute about a chargeback",
        (|| post(actions::dispute), actions::DISPUTE),
    ),
    route(
        "POST",
        "/_admin/transactions/{id}/settle",
        "have money arrive now",
        (|| post(actions::settle), actions::SETTLE),
    ),
    route(
        "POST",
        "/_admin/transactions/{id}/amend",
        "have reports tell other values",
        (|| post(actions::amend), actions::AMEND),
    ),
    route(
        "GET",
        "/_admin/deposits",
        "what is paid out to merchants",
        (|| get(deposits::list), deposits::LIST),
    ),
    route(
        "POST",
        "/_admin/deposits/{id}/fail",
        "have a payout fail",
        (|| post(deposits::fail), deposits::FAIL),
    ),
    route(
        "POST",
        "/_admin/deposits/{id}/return",
        "have the bank send a payout back",
        (|| post(deposits::send_back), deposits::RETURN),
    ),
    route(
        "POST",
        "/_admin/deposits/{id}/delay",
        "have the bank book a payout later",
        (|| post(deposits::delay), deposits::DELAY),
    ),
    route(
        "GET",
        "/_admin/reporting/{provider}",
        "how far its reports are behind",
        (|| get(reporting::read), reporting::READ),
    ),
    route(
        "PUT",
        "/_admin/reporting/{provider}",
        "let its reports be late",
        (|| put(reporting::write), reporting::WRITE),
    ),
    route(
        "GET",
        "/_admin/reports",
        "reports that are prepared first",
        (|| get(reports::list), reports::LIST),
    ),
    route(
        "POST",
        "/_admin/reports/next",
        "what becomes of the next report of a provider",
        (|| post(reports::next), reports::NEXT),
    ),
    route(
        "GET",
        "/_admin/reports/{id}",
        "one prepared report",
        (|| get(reports::one), reports::ONE),
    ),
    route(
        "POST",
        "/_admin/reports/{id}",
        "force its phase",
        (|| post(reports::force), reports::FORCE),
    ),
    route(
        "GET",
        "/_admin/callbacks",
        "deliveries with every attempt",
        (|| get(callbacks::list), callbacks::LIST),
    ),
    route(
        "POST",
        "/_admin/callbacks/wait",
        "those that are due, once there are any",
        (|| post(callbacks::wait), callbacks::WAIT),
    ),
    route(
        "GET",
        "/_admin/callbacks/{id}",
        "one delivery",
        (|| get(callbacks::one), callbacks::ONE),
    ),
    route(
        "POST",
        "/_admin/callbacks/{id}/redeliver",
        "send it once more",
        (|| post(callbacks::redeliver), callbacks::REDELIVER),
    ),
    route(
        "POST",
        "/_admin/callbacks/{id}/answer",
        "play the receiver of a due one",
        (|| post(callbacks::answer_pull), callbacks::ANSWER),
    ),
    route("GET", "/_admin/faults", "what shall go wrong", (|| get(faults::list), faults::LIST)),
    route("POST", "/_admin/faults", "make something go wrong", (|| post(faults::add), faults::ADD)),
    route("DELETE", "/_admin/faults", "let all go well", (|| delete(faults::clear), faults::CLEAR)),
    route(
        "DELETE",
        "/_admin/faults/{id}",
        "take one fault back",
        (|| delete(faults::remove), faults::REMOVE),
    ),
    route(
        "GET",
        "/_admin/truth",
        "what a right import holds",
        (|| get(truth::truth), truth::TRUTH),
    ),
    route(
        "POST",
        "/_admin/reconcile",
        "compare an import with the truth",
        (|| post(reconcile::reconcile), reconcile::RECONCILE),
    ),
    route(
        "GET",
        "/_admin/coverage",
        "which of the hard things were met",
        (|| get(coverage::coverage), coverage::COVERAGE),
    ),
    route(
        "GET",
        "/_admin/journal",
        "requests, newest first",
        (|| get(journal::list), journal::LIST),
    ),
    route(
        "DELETE",
        "/_admin/journal",
        "forget all requests",
        (|| delete(journal::clear), journal::CLEAR),
    ),
    route("GET", "/_admin/journal/{id}", "one request, whole", (|| get(entry::one), entry::ONE)),
    route(
        "POST",
        "/_admin/journal/wait",
        "answer once what is expected was asked",
        (|| post(wait::wait), wait::WAIT),
    ),
    route(
        "POST",
        "/_admin/diagnose",
        "why a proof of identity is refused, or your own string against ours",
        (|| post(diagnose::diagnose), diagnose::DIAGNOSE),
    ),
    route("GET", "/_admin/spaces", "the worlds there are", (|| get(spaces::list), spaces::LIST)),
    route(
        "POST",
        "/_admin/spaces",
        "a world with a scenario of its own",
        (|| post(spaces::create), spaces::CREATE),
    ),
    route(
        "DELETE",
        "/_admin/spaces",
        "drop all worlds but the default one",
        (|| delete(spaces::clear), spaces::CLEAR),
    ),
    route(
        "DELETE",
        "/_admin/spaces/{name}",
        "drop a world",
        (|| delete(spaces::remove), spaces::REMOVE),
    ),
    route(
        "GET",
        "/_admin/changes",
        "what has moved, as soon as anything does",
        (|| get(changes::read), changes::READ),
    ),
    route(
        "GET",
        "/_admin/history",
        "everything that was done to the space, in order",
        (|| get(history::list), history::LIST),
    ),
    route(
        "POST",
        "/_admin/history/rewind",
        "back to what the space was behind an event",
        (|| post(history::rewind), history::REWIND),
    ),
    route(
        "GET",
        "/_admin/snapshot",
        "the world as it is, to be restored",
        (|| get(snapshot::read), snapshot::READ),
    ),
    route(
        "PUT",
        "/_admin/snapshot",
        "the world as a snapshot has it",
        (|| put(snapshot::write), snapshot::WRITE),
    ),
    #[cfg(feature = "metrics")]
    route(
        "GET",
        "/_admin/metrics",
        "figures for Prometheus",
        (|| get(metrics::read), metrics::READ),
    ),
    route(
        "GET",
        "/_admin/openapi.json",
        "this API and the providers', OpenAPI 3.1",
        (|| get(openapi::read), openapi::READ),
    ),
];
