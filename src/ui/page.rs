//! The argument of the handlers of pages: the admin API of the space, and the fields of the request.

use axum::extract::{FromRequest, Request};
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures_util::future::BoxFuture;
use maud::{Markup, Render, html};
use serde_json::Value;

use super::values::{Fields, Members};
use super::{View, layout};
use crate::admin::{Document, Inside};
use crate::wire::call::response;
use crate::wire::problem::Problem;

/// A request for a page.
#[derive(Clone, Debug)]
pub(super) struct Page {
    pub(super) inside: Inside,
    pub(super) query: Fields,
    pub(super) form: Fields,
}

impl<S: Send + Sync> FromRequest<S> for Page {
    type Rejection = Response;

    async fn from_request(request: Request, state: &S) -> Result<Self, Response> {
        let inside = Inside::from_request(request, state).await?;
        let query = Fields::parse(inside.uri().query().unwrap_or("").as_bytes());
        let form = Fields::parse(inside.body());
        Ok(Self { inside, query, form })
    }
}

/// Paths of the admin API that a page requests, or why it cannot.
pub(super) type Paths = Result<Vec<String>, Problem>;

/// A page that shows what the admin API answers. Its functions are plain ones: code that waits is written once,
/// in [`Template::show`].
#[derive(Clone, Copy, Debug)]
pub(super) struct Template {
    /// The view that the page belongs to.
    pub(super) view: &'static View,
    /// The paths to get next when these were answered so far, until there are none.
    pub(super) requests: fn(&Page, &[Document]) -> Paths,
    /// The title, where it is not that of the view.
    pub(super) title: Option<fn(&[Document]) -> String>,
    pub(super) content: fn(&Page, &[Document]) -> Markup,
}

impl Template {
    /// Shows the page.
    pub(super) fn show(&'static self, page: Page) -> BoxFuture<'static, Result<Response, Problem>> {
        Box::pin(async move {
            let answers = page.answers(self.requests).await?;
            let title = self.title.map(|title| title(&answers));
            let title = title.as_deref().unwrap_or(self.view.title);
            page.render(Head { view: self.view, title }, (self.content)(&page, &answers)).await
        })
    }
}

/// The paths of a page that requests all it shows at once.
#[expect(clippy::unnecessary_wraps, reason = "it is what `requests` returns")]
pub(super) fn once(answers: &[Document], paths: Vec<String>) -> Paths {
    Ok(if answers.is_empty() { paths } else { Vec::new() })
}

/// A call of the admin API: method, path and body.
pub(super) type Call = (Method, String, Bytes);

/// A call with a JSON body.
pub(super) fn call(method: Method, path: String, body: &Value) -> Call {
    (method, path, Bytes::from(body.to_string()))
}

/// A form that makes calls of the admin API, one after the other. Its functions are plain ones, like those of a
/// [`Template`].
#[derive(Clone, Copy, Debug)]
pub(super) struct Form {
    /// The paths to get before it is known what to call.
    pub(super) requests: fn(&Page, &[Document]) -> Paths,
    /// The calls, with the answers to `requests`.
    pub(super) calls: fn(&Page, &[Document]) -> Result<Vec<Call>, Problem>,
    /// The page that is shown then, with the answers to `requests` and to the calls.
    pub(super) leads_to: fn(&Page, &[Document]) -> String,
}

/// What a form requests that needs to know nothing first.
#[expect(clippy::unnecessary_wraps, reason = "it is what `requests` returns")]
pub(super) fn nothing(_: &Page, _: &[Document]) -> Paths {
    Ok(Vec::new())
}

impl Form {
    /// Does what the form asks for.
    pub(super) fn post(&'static self, page: Page) -> BoxFuture<'static, Result<Response, Problem>> {
        Box::pin(async move {
            let mut answers = page.answers(self.requests).await?;
            for (method, path, body) in (self.calls)(&page, &answers)? {
                answers.push(page.inside.call(method, &path, body).await?);
            }
            Ok(page.go(&(self.leads_to)(&page, &answers)))
        })
    }
}

/// The address of a page.
#[derive(Clone, Copy, Debug)]
pub(super) struct Link<'a>(&'a Page, &'a str);

impl Render for Link<'_> {
    fn render(&self) -> Markup {
        html! { (self.0.inside.prefix()) "/_admin/ui/" (self.1) }
    }
}

/// The address of a call of the admin API.
#[derive(Clone, Copy, Debug)]
pub(super) struct ApiLink<'a>(&'a Page, &'a str);

impl Render for ApiLink<'_> {
    fn render(&self) -> Markup {
        html! { (self.0.inside.prefix()) "/_admin/" (self.1) }
    }
}

/// What a page says beside its content.
#[derive(Clone, Copy, Debug)]
pub(super) struct Head<'a> {
    pub(super) view: &'a View,
    /// The heading and the title.
    pub(super) title: &'a str,
}

impl Page {
    /// What the admin API answers to the paths of `requests`.
    pub(super) fn answers<'a>(
        &'a self,
        requests: fn(&Self, &[Document]) -> Paths,
    ) -> BoxFuture<'a, Result<Vec<Document>, Problem>> {
        Box::pin(async move {
            let mut answers = Vec::new();
            loop {
                let paths = requests(self, &answers)?;
                if paths.is_empty() {
                    return Ok(answers);
                }
                for path in paths {
                    answers.push(self.inside.get(&path).await?);
                }
            }
        })
    }

    /// The address of a page of this space.
    pub(super) fn link<'a>(&'a self, path: &'a str) -> Link<'a> {
        Link(self, path)
    }

    /// The address of a call of the admin API of this space.
    pub(super) fn api<'a>(&'a self, path: &'a str) -> ApiLink<'a> {
        ApiLink(self, path)
    }

    /// Leads the browser to another page of this space after a form was posted.
    pub(super) fn go(&self, path: &str) -> Response {
        redirect(&format!("{}/_admin/ui/{path}", self.inside.prefix()))
    }

    /// A segment of the path, decoded; 0 is the first one after `/_admin/ui`.
    pub(super) fn segment(&self, index: usize) -> String {
        let segment = self.inside.uri().path().split('/').nth(index + 3).unwrap_or("");
        percent_encoding::percent_decode_str(segment).decode_utf8_lossy().into_owned()
    }

    /// A page with navigation, heading and this content.
    pub(super) fn render<'a>(
        &'a self,
        head: Head<'a>,
        content: Markup,
    ) -> BoxFuture<'a, Result<Response, Problem>> {
        Box::pin(async move {
            // Read before anything else of the page would be better; a change in between is shown twice at worst.
            let changes = self.inside.get("/_admin/changes").await?;
            let health = self.inside.get("/_admin/health").await?;
            let clock = self.inside.get("/_admin/clock").await?;
            let frame = layout::Frame {
                prefix: self.inside.prefix(),
                space: self.inside.space().to_owned(),
                health: &health,
                clock: &clock,
                since: changes.number("last"),
            };
            Ok(html(StatusCode::OK, layout::page(&frame, head, &content)))
        })
    }
}

/// A page with this status.
pub(super) fn html(status: StatusCode, page: Markup) -> Response {
    response(status, "text/html; charset=utf-8", page.into_string())
}

/// Leads a browser to another page, with `GET`.
pub(super) fn redirect(to: &str) -> Response {
    let Ok(to) = HeaderValue::from_str(to) else {
        return Problem::bad_request("the address to go to is not valid").into_response();
    };
    let mut response = StatusCode::SEE_OTHER.into_response();
    response.headers_mut().insert(header::LOCATION, to);
    response
}

/// The problem of a form with an unknown `do`.
pub(super) fn unknown_action(page: &Page) -> Problem {
    let sent = page.form.text("do");
    Problem::bad_request(format!("the form says `do={sent}`, which this page does not know"))
}
