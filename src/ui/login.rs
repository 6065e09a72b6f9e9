//! Signing in with the admin token, and signing out.

use axum::extract::Request;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};

use super::values::Fields;
use super::{layout, page};
use crate::admin::Door;
use crate::wire::problem::Problem;

/// The login form; `refusal` says why the last attempt failed.
pub(super) fn form(prefix: &str, next: &str, refusal: Option<&str>) -> Markup {
    let content = html! {
        p.lead { "This server was started with an admin token. The page asks for it once." }
        @if let Some(refusal) = refusal { p.bad role="alert" { (refusal) } }
        form.stack method="post" action={ (prefix) "/_admin/ui/login" } {
            input type="hidden" name="next" value=(next);
            label for="token" { "Admin token" }
            input #token type="password" name="token" required autocomplete="current-password";
            div { button.primary type="submit" { "Sign in" } }
        }
        p.muted { "It is the value of --admin-token or SANDTILL_ADMIN_TOKEN. The browser keeps a session \
                   of twelve hours, never the token." }
    };
    layout::bare(prefix, "Sign in", &content)
}

pub(super) fn show(door: &Door, request: &Request) -> Response {
    let prefix = Door::prefix(request);
    if !door.has_token() {
        return page::redirect(&format!("{prefix}/_admin/ui/"));
    }
    page::html(StatusCode::OK, form(&prefix, "", None))
}

pub(super) async fn write(door: Door, request: Request) -> Response {
    sign_in(&door, request).await.unwrap_or_else(Problem::into_response)
}

async fn sign_in(door: &Door, request: Request) -> Result<Response, Problem> {
    let prefix = Door::prefix(&request);
    let (parts, body) = door.form(request).await?;
    let fields = Fields::parse(&body);
    let start = format!("{prefix}/_admin/ui/");
    let next = fields.get("next").filter(|next| is_own(&start, next)).unwrap_or(&start);
    match door.sign_in(&parts, fields.text("token")) {
        Ok(cookie) => Ok(with_cookie(page::redirect(next), &cookie)),
        Err(problem) => {
            let page = form(&prefix, next, Some(&problem.to_string()));
            Ok(page::html(problem.status(), page))
        }
    }
}

/// Whether an address is a page of this server and space.
fn is_own(start: &str, next: &str) -> bool {
    next.starts_with(start) && !next.contains(['\\', '\r', '\n'])
}

pub(super) async fn end(door: Door, request: Request) -> Response {
    let prefix = Door::prefix(&request);
    match door.form(request).await {
        Ok(_) => with_cookie(page::redirect(&format!("{prefix}/_admin/ui/")), &Door::sign_out()),
        Err(problem) => problem.into_response(),
    }
}

fn with_cookie(mut response: Response, cookie: &str) -> Response {
    if let Ok(cookie) = HeaderValue::from_str(cookie) {
        response.headers_mut().insert(header::SET_COOKIE, cookie);
    }
    response
}
