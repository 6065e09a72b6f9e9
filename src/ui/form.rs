//! Forms: the calls of the admin API that a posted one makes, and what the browser is shown then.

use axum::http::{Method, StatusCode};
use axum::response::Response;
use bytes::Bytes;
use futures_util::future::BoxFuture;
use maud::Markup;
use serde_json::Value;

use super::View;
use super::page::{Head, Page, Paths};
use crate::admin::Document;
use crate::wire::call::response;
use crate::wire::problem::Problem;

/// A call of the admin API.
#[derive(Clone, Debug)]
pub(super) struct Call {
    method: Method,
    path: String,
    content_type: &'static str,
    body: Bytes,
}

impl Call {
    /// A call whose body is JSON or empty.
    #[inline(never)]
    pub(super) fn new(method: Method, path: &str, body: &str) -> Self {
        let body = Bytes::copy_from_slice(body.as_bytes());
        Self { method, path: path.to_owned(), content_type: "application/json", body }
    }

    /// A call with this JSON.
    #[inline(never)]
    pub(super) fn json(method: Method, path: &str, body: &Value) -> Self {
        Self::new(method, path, &body.to_string())
    }

    /// A call whose body is TOML.
    pub(super) fn toml(method: Method, path: &str, body: &str) -> Self {
        Self { content_type: "application/toml", ..Self::new(method, path, body) }
    }
}

/// What a browser is shown after a form was posted.
#[derive(Clone, Debug)]
pub(super) enum Next {
    /// It is led to this page of the space.
    Page(String),
    /// This content, in the place of the form's page.
    Content(Markup),
    /// A text of this content type, which is no page.
    File(&'static str, String),
}

/// What a page shows when a call is refused; nothing where the form is not to blame.
pub(super) type Refused = fn(&Page, &[Document], &Problem) -> Option<Markup>;

/// A form that makes calls of the admin API, one after the other. Its functions are plain ones, like those of a
/// [`Template`](super::page::Template).
#[derive(Clone, Copy, Debug)]
pub(super) struct Form {
    /// The paths to get before it is known what to call.
    pub(super) requests: fn(&Page, &[Document]) -> Paths,
    /// The calls, with the answers to `requests`.
    pub(super) calls: fn(&Page, &[Document]) -> Result<Vec<Call>, Problem>,
    /// The page with what was typed, and why a call was refused, where the form is what is wrong; else the
    /// problem has a page of its own.
    pub(super) refused: Option<Refused>,
    /// What is shown then, with the answers to `requests` and to the calls.
    pub(super) leads_to: fn(&Page, &[Document]) -> Next,
}

/// What a form requests that needs to know nothing first.
#[expect(clippy::unnecessary_wraps, reason = "it is what `requests` returns")]
pub(super) fn nothing(_: &Page, _: &[Document]) -> Paths {
    Ok(Vec::new())
}

impl Form {
    /// Does what the form of a view asks for.
    pub(super) fn post(
        &'static self,
        view: &'static View,
        page: Page,
    ) -> BoxFuture<'static, Result<Response, Problem>> {
        Box::pin(async move {
            let head = Head { view, title: view.title };
            let mut answers = page.answers(self.requests).await?;
            for Call { method, path, content_type, body } in (self.calls)(&page, &answers)? {
                match page.inside.send(method, &path, (content_type, body)).await {
                    Ok(answer) => answers.push(answer),
                    Err(problem) => {
                        let content =
                            self.refused.and_then(|refused| refused(&page, &answers, &problem));
                        let Some(content) = content else { return Err(problem) };
                        let mut response = page.render(head, content).await?;
                        *response.status_mut() = problem.status();
                        return Ok(response);
                    }
                }
            }
            match (self.leads_to)(&page, &answers) {
                Next::Page(path) => Ok(page.go(&path)),
                Next::Content(content) => page.render(head, content).await,
                Next::File(kind, text) => Ok(response(StatusCode::OK, kind, text)),
            }
        })
    }
}

/// The problem of a form with an unknown `do`.
pub(super) fn unknown_action(page: &Page) -> Problem {
    let sent = page.form.text("do");
    Problem::bad_request(format!("the form says `do={sent}`, which this page does not know"))
}
