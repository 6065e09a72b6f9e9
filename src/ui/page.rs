//! The argument of the handlers of pages: the admin API of the space, and the fields of the request.

use std::fmt::Arguments;

use axum::extract::{FromRequest, Request};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures_util::future::BoxFuture;
use maud::{Markup, Render, html};

use super::values::{Fields, Members, nth};
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
#[inline(never)]
#[expect(clippy::unnecessary_wraps, reason = "it is what `requests` returns")]
pub(super) fn once(answers: &[Document], paths: &[&str]) -> Paths {
    let paths = if answers.is_empty() { paths } else { &[] };
    Ok(paths.iter().map(|it| (*it).to_owned()).collect())
}

/// The address of a page.
#[derive(Clone, Copy, Debug)]
pub(super) struct Link<'a>(&'a Page, &'a str);

impl Render for Link<'_> {
    fn render(&self) -> Markup {
        html! { (self.0.inside.prefix()) "/_admin/ui/" (self.1) }
    }
}

/// A link to a page of the space: its class, the path with the query, and the text.
#[derive(Clone, Copy, Debug)]
pub(super) struct Anchor<'a>(&'a Page, &'a str, Arguments<'a>, Arguments<'a>);

impl Render for Anchor<'_> {
    fn render(&self) -> Markup {
        let Self(page, class, path, text) = *self;
        html! {
            a class=[(!class.is_empty()).then_some(class)] href={ (page.link("")) (path) } { (text) }
        }
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

    /// A link to a page of this space; `class` may be empty.
    pub(super) fn anchor<'a>(
        &'a self,
        class: &'a str,
        path: Arguments<'a>,
        text: Arguments<'a>,
    ) -> Anchor<'a> {
        Anchor(self, class, path, text)
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
            let answers = self.answers(frame).await?;
            let frame = layout::Frame {
                prefix: self.inside.prefix(),
                space: self.inside.space().to_owned(),
                since: nth(&answers, 0).number("last"),
                health: nth(&answers, 1),
                clock: nth(&answers, 2),
            };
            Ok(html(StatusCode::OK, layout::page(&frame, head, &content)))
        })
    }
}

/// What the frame of a page requests. To read the changes before anything else of the page would be better; a
/// change in between is shown twice at worst.
fn frame(_: &Page, answers: &[Document]) -> Paths {
    once(answers, &["/_admin/changes", "/_admin/health", "/_admin/clock"])
}

/// The content type of a page.
pub(super) const HTML: &str = "text/html; charset=utf-8";

/// A page with this status.
pub(super) fn html(status: StatusCode, page: Markup) -> Response {
    response(status, HTML, page.into_string())
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
