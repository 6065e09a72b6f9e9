//! The middleware of the admin API: checks the head of a request first, then finds its space, then reads its
//! body. A refused request makes no space.

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::guard;
use super::request::AdminRequest;
use crate::recorder::metrics::Metrics;
use crate::recorder::target::{self, Target};
use crate::sandbox::callbacks;
use crate::sandbox::space::Space;
use crate::sandbox::spaces::Spaces;
use crate::wire::body::{TransportError, discard, read};
use crate::wire::call::Call;
use crate::wire::problem::Problem;

/// Longest body of a request to the admin API, which takes whole scenarios and snapshots: 64 MiB.
const BODY_LIMIT: usize = 64 * 1024 * 1024;

/// Longest body of a health check, which needs none: 4 KiB.
const PROBE_BODY_LIMIT: usize = 4 * 1024;

/// The parts of the server that admin handlers use.
#[derive(Clone, Debug)]
pub(super) struct Server {
    pub(super) spaces: Spaces,
    pub(super) metrics: Metrics,
}

/// Lets a request through, or answers with the reason of the refusal. Probes (paths outside `/_admin`) need
/// no token.
pub(super) async fn admit(State(server): State<Server>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    let is_probe = !parts.uri.path().starts_with("/_admin");
    if !is_probe && let Err(problem) = guard::check(server.spaces.options(), &parts) {
        discard(&parts.headers, body).await;
        return refused(problem);
    }
    let Target { space: name, .. } = parts.extensions.remove().unwrap_or_default();
    if !is_probe && let Err(problem) = reached(&server.spaces, &name, parts.uri.path()).await {
        discard(&parts.headers, body).await;
        return problem.into_response();
    }
    let found = match is_probe && server.spaces.trouble().is_some() {
        // A probe is answered in any case, and makes no space while nothing can be made.
        true => Ok((server.spaces.default_space(), false)),
        false => server.spaces.space(&name),
    };
    let (space, is_new) = match found {
        Ok(found) => found,
        Err(err) => {
            discard(&parts.headers, body).await;
            return target::problem(&name, err).into_response();
        }
    };
    let in_use = space.begin_request();
    let spaces = server.spaces.clone();
    let before = spaces.failures();
    let limit = if is_probe { PROBE_BODY_LIMIT } else { BODY_LIMIT };
    let response = match read(&parts.headers, body, limit).await {
        Ok(body) => {
            let mut request = Request::from_parts(parts.clone(), Body::empty());
            let call = Call::new(space.moment(), "", parts, body);
            let Server { spaces, metrics } = server;
            request.extensions_mut().insert(AdminRequest { call, spaces, metrics });
            next.run(request).await
        }
        Err(error) => error.problem().into_response(),
    };
    callbacks::start(&space);
    let is_settled = is_probe || server_settled(&spaces, &space).await;
    let outcome = in_use.outcome().and(spaces.outcome(before));
    drop(in_use);
    if !is_settled {
        return TransportError::Unsettled.problem().into_response();
    }
    if let Err(why) = outcome {
        return target::away(why).problem().into_response();
    }
    if is_new && response.status().is_client_error() {
        spaces.drop_unused(space);
    }
    response
}

/// Learns what other servers have done in the space, and in the list of spaces if the call is about that.
async fn reached(spaces: &Spaces, name: &str, path: &str) -> Result<(), Problem> {
    if spaces.trouble().is_some() {
        return Err(TransportError::Unavailable.problem());
    }
    let is_list = ["/_admin/spaces", "/_admin/ui/spaces", "/_admin/mcp", "/_admin/metrics"];
    let is_list = is_list.iter().any(|list| path.starts_with(list));
    let all = async { if is_list { spaces.reach_all().await } else { Ok(()) } };
    let reached = all.await.and(spaces.reach(name, false).await);
    reached.map(drop).map_err(|why| {
        let problem = TransportError::Unavailable.problem();
        problem.detail(format!("{why}; nothing was done, try later"))
    })
}

/// Whether what was done is durable: in the space of the request, and in those that the request made or
/// dropped.
async fn server_settled(spaces: &Spaces, space: &Space) -> bool {
    space.settled().await.is_ok() && spaces.settled().await.is_ok()
}

fn refused(problem: Problem) -> Response {
    let is_unknown = problem.status() == StatusCode::UNAUTHORIZED;
    let mut response = problem.into_response();
    if is_unknown {
        let scheme = HeaderValue::from_static("Bearer realm=\"Sandtill admin\"");
        response.headers_mut().insert(header::WWW_AUTHENTICATE, scheme);
    }
    response
}
