//! The pages of the server: they show what the admin API answers and do what it does, through the same
//! handlers, for people with a browser.
//!
//! Pages are made on the server and work without scripts; `app.js` refreshes them and adds keys.

mod api;
mod assets;
mod callbacks;
mod clock;
mod coverage;
mod deposits;
mod entry;
mod faults;
mod form;
mod journal;
mod layout;
mod ledger;
mod levers;
mod login;
mod page;
mod payment;
mod pieces;
mod plot;
mod problem;
mod reconcile;
mod reports;
mod scenario;
mod settlement;
mod snippets;
mod spaces;
mod start;
mod subject;
mod values;
mod wire_rows;

use std::future::ready;

use axum::Router;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{MethodRouter, any, get};
use futures_util::future::BoxFuture;

use self::form::Form;
use self::page::{Page, Template};
pub use self::problem::PageRequest;
use crate::admin::Door;
use crate::wire::problem::Problem;

/// A view: an entry of the navigation.
#[derive(Clone, Copy, Debug)]
struct View {
    /// The path below `/_admin/ui/`.
    path: &'static str,
    title: &'static str,
    /// The topics of `GET /_admin/changes` after which the page is shown anew.
    topics: &'static str,
}

const fn view(path: &'static str, title: &'static str, topics: &'static str) -> View {
    View { path, title, topics }
}

const START: View = view("", "Start", "journal clock");
const JOURNAL: View = view("journal", "Journal", "journal clock");
const LEDGER: View = view("ledger", "Ledger", "ledger clock");
const SETTLEMENT: View = view("settlement", "Settlement", "ledger clock");
const CLOCK: View = view("clock", "Clock", "clock callbacks reports ledger");
const REPORTS: View = view("reports", "Reports", "reports clock");
const CALLBACKS: View = view("callbacks", "Callbacks", "callbacks clock");
const FAULTS: View = view("faults", "Faults and levers", "faults journal");
const RECONCILE: View = view("reconcile", "Reconcile", "");
const COVERAGE: View = view("coverage", "Coverage", "journal callbacks");
const SPACES: View = view("spaces", "Spaces", "spaces");
const SCENARIO: View = view("scenario", "Scenario", "");
const API: View = view("api", "API", "");

/// The navigation, in this order.
const VIEWS: &[View] = &[
    START, JOURNAL, LEDGER, SETTLEMENT, CLOCK, REPORTS, CALLBACKS, FAULTS, RECONCILE, COVERAGE,
    SPACES, SCENARIO, API,
];

/// Every page: its path, what it shows, and the form that it takes.
const PAGES: &[(&str, &Template, Option<&Form>)] = &[
    ("/_admin/ui/", &start::TEMPLATE, None),
    ("/_admin/ui/journal", &journal::TEMPLATE, Some(&journal::FORM)),
    ("/_admin/ui/journal/{id}", &entry::TEMPLATE, None),
    ("/_admin/ui/ledger", &ledger::TEMPLATE, Some(&ledger::FORM)),
    ("/_admin/ui/ledger/{id}", &payment::TEMPLATE, Some(&payment::FORM)),
    ("/_admin/ui/reports", &reports::TEMPLATE, Some(&reports::FORM)),
    ("/_admin/ui/callbacks", &callbacks::TEMPLATE, Some(&callbacks::FORM)),
    ("/_admin/ui/faults", &faults::TEMPLATE, Some(&faults::FORM)),
    ("/_admin/ui/spaces", &spaces::TEMPLATE, Some(&spaces::FORM)),
    ("/_admin/ui/scenario", &scenario::TEMPLATE, Some(&scenario::FORM)),
    ("/_admin/ui/api", &api::TEMPLATE, None),
    ("/_admin/ui/settlement", &settlement::TEMPLATE, Some(&deposits::FORM)),
    ("/_admin/ui/reconcile", &reconcile::TEMPLATE, Some(&reconcile::FORM)),
    ("/_admin/ui/coverage", &coverage::TEMPLATE, None),
    ("/_admin/ui/clock", &clock::TEMPLATE, Some(&clock::FORM)),
];

/// What is done with a request for a page.
#[derive(Clone, Copy, Debug)]
enum Task {
    Show(&'static Template),
    Take(&'static View, &'static Form),
    /// The path is unknown.
    Unknown,
    /// The path does not take the method.
    Refuse,
}

/// The one type of handlers of pages: the code that reads a request is compiled once for each type.
fn handler(task: Task) -> impl Fn(Page) -> BoxFuture<'static, Result<Response, Problem>> + Clone {
    move |page: Page| match task {
        Task::Show(template) => template.show(page),
        Task::Take(view, form) => form.post(view, page),
        Task::Unknown => Box::pin(ready(Err(unknown(&page)))),
        Task::Refuse => Box::pin(ready(Err(wrong_method(&page)))),
    }
}

/// What answers without a session: signing in, and the files of the pages.
type Open = fn(Door, Request) -> BoxFuture<'static, Response>;

/// The paths that need no session, with what answers `GET` and `POST`.
const OPEN: &[(&str, Option<Open>, Option<Open>)] = &[
    ("/_admin/ui", Some(|_, request| Box::pin(ready(home(&request)))), None),
    (
        "/_admin/ui/login",
        Some(|door, request| Box::pin(ready(login::show(&door, &request)))),
        Some(|door, request| Box::pin(login::write(door, request))),
    ),
    ("/_admin/ui/logout", None, Some(|door, request| Box::pin(login::end(door, request)))),
    ("/_admin/ui/app.css", Some(|_, request| Box::pin(ready(assets::css(&request)))), None),
    ("/_admin/ui/app.js", Some(|_, request| Box::pin(ready(assets::js(&request)))), None),
    ("/_admin/ui/icon.svg", Some(|_, request| Box::pin(ready(assets::icon(&request)))), None),
];

/// The pages, which show the space of the request. Their answers are to be dressed by [`PageRequest::dress`].
pub fn pages() -> Router {
    let pages = PAGES.iter().fold(Router::new(), |router, (path, template, form)| {
        let show = get(handler(Task::Show(template)));
        let take = |it: MethodRouter, form| it.post(handler(Task::Take(template.view, form)));
        router.route(path, form.iter().copied().fold(show, take))
    });
    pages
        .route("/_admin/ui/{*rest}", any(handler(Task::Unknown)))
        .method_not_allowed_fallback(handler(Task::Refuse))
}

/// The router with the paths of the pages that need no session.
pub fn open(router: Router, door: &Door) -> Router {
    let handler = |handler: Open| {
        let door = door.clone();
        move |request: Request| handler(door.clone(), request)
    };
    OPEN.iter().fold(router, |router, (path, read, write)| {
        let methods = read.iter().fold(MethodRouter::new(), |it, read| it.get(handler(*read)));
        router.route(path, write.iter().fold(methods, |it, write| it.post(handler(*write))))
    })
}

/// Whether a request asks for a page, as browsers do for the address that a user typed.
#[must_use]
pub fn is_browser(request: &Request) -> bool {
    let accept = request.headers().get(axum::http::header::ACCEPT);
    let accept = accept.and_then(|it| it.to_str().ok()).unwrap_or("");
    accept.split(',').any(|it| it.split(';').next().is_some_and(|it| it.trim() == "text/html"))
}

/// Leads a request to the first page of its space.
pub fn home(request: &Request) -> Response {
    page::redirect(&format!("{}/_admin/ui/", Door::prefix(request)))
}

fn unknown(page: &Page) -> Problem {
    Problem::not_found(format!(
        "there is no page `{}`; the navigation lists all pages",
        page.inside.uri().path()
    ))
}

fn wrong_method(page: &Page) -> Problem {
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, "Method not allowed")
        .detail(format!("`{}` does not take this method", page.inside.uri().path()))
}
