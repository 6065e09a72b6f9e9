//! The way of pages into the sandbox: through the guard of the admin API, or by the token of the admin API.

use axum::Router;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::http::request::Parts;
use bytes::Bytes;

use super::admit::{self, Server};
use super::{guard, session};
use crate::recorder::metrics::Metrics;
use crate::recorder::target::Target;
use crate::sandbox::clock::real_now;
use crate::sandbox::spaces::Spaces;
use crate::wire::body::{TransportError, read};
use crate::wire::call::is_secure;
use crate::wire::problem::Problem;

/// Longest body of a login: 4 KiB.
const LOGIN_BODY_LIMIT: usize = 4 * 1024;

/// The door of the admin API for pages.
#[derive(Clone, Debug)]
pub struct Door {
    server: Server,
}

impl Door {
    /// The door to these spaces.
    #[must_use]
    pub fn new(spaces: Spaces, metrics: Metrics) -> Self {
        Self { server: Server { spaces, metrics } }
    }

    /// Routes behind the guard of the admin API; a refusal is a problem document.
    pub(super) fn guard(&self, routes: Router) -> Router {
        routes.route_layer(axum::middleware::from_fn_with_state(self.server.clone(), admit::admit))
    }

    /// The prefix of the space of a request that no page has taken yet: `/@name`, or nothing.
    #[must_use]
    pub fn prefix(request: &Request) -> String {
        let target = request.extensions().get::<Target>();
        let name = target.map_or("", |it| it.space.as_str());
        if name.is_empty() { String::new() } else { format!("/@{name}") }
    }

    /// Whether the server has an admin token, so that browsers have to sign in.
    #[must_use]
    pub fn has_token(&self) -> bool {
        self.server.spaces.options().admin_token.is_some()
    }

    /// Reads the body of a login form, from a page of this server alone.
    ///
    /// # Errors
    ///
    /// 403 for a foreign page; the body cannot be read.
    pub async fn form(&self, request: Request) -> Result<(Parts, Bytes), Problem> {
        let (parts, body) = request.into_parts();
        guard::check_origin(self.server.spaces.options(), &parts)?;
        let body = read(&parts.headers, body, LOGIN_BODY_LIMIT).await;
        Ok((parts, body.map_err(TransportError::problem)?))
    }

    /// The header `Set-Cookie` of a session for who knows the token.
    ///
    /// # Errors
    ///
    /// 401 for another token.
    pub fn sign_in(&self, parts: &Parts, token: &str) -> Result<String, Problem> {
        if session::is_token(self.server.spaces.options(), token) {
            return Ok(session::cookie(token, real_now(), is_secure(parts)));
        }
        Err(Problem::new(StatusCode::UNAUTHORIZED, "Unauthorized")
            .detail("this is not the token that the server was started with (--admin-token)"))
    }

    /// The header `Set-Cookie` that ends a session.
    #[must_use]
    pub fn sign_out() -> String {
        session::end()
    }
}
