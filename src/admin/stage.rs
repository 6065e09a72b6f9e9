//! A stage: a server like this one with worlds of its own, on which the examples of the OpenAPI
//! description are played. Nobody's journal, tokens or reports know of it.

use std::fmt;
use std::sync::Arc;

use axum::extract::Request;
use axum::response::Response;
use futures_util::future::BoxFuture;
use tokio::sync::OnceCell;

use super::openapi::Played;
use crate::sandbox::spaces::Spaces;

type Answering = dyn Fn(Spaces, Request) -> BoxFuture<'static, Response> + Send + Sync;

/// What plays, and what was played once.
#[derive(Clone)]
pub struct Stage {
    answering: Arc<Answering>,
    played: Arc<OnceCell<Vec<Played>>>,
}

impl fmt::Debug for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stage").finish_non_exhaustive()
    }
}

impl Stage {
    /// A stage where requests to any worlds are answered so.
    pub fn new(
        answering: impl Fn(Spaces, Request) -> BoxFuture<'static, Response> + Send + Sync + 'static,
    ) -> Self {
        Self { answering: Arc::new(answering), played: Arc::default() }
    }

    /// Answers a request to these worlds.
    pub(super) async fn answer(&self, spaces: Spaces, request: Request) -> Response {
        (self.answering)(spaces, request).await
    }

    /// What was played; the first who asks waits until it is.
    pub(super) fn played(&self) -> &OnceCell<Vec<Played>> {
        &self.played
    }
}
