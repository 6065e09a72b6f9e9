//! A server on a free port, and a client that sends exactly what a test says.

use std::sync::Arc;

use jiff::Timestamp;
use sandtill::app::app;
use sandtill::providers;
use sandtill::sandbox::scenario::{Overrides, Scenario};
use sandtill::sandbox::spaces::Spaces;
use sandtill::sandbox::{Options, Sandbox};
use tokio::net::TcpListener;
use tokio::sync::oneshot;

/// The instant at which tests stand unless they say otherwise: a Saturday noon.
pub(crate) const NOON: &str = "2026-03-14T12:00:00Z";

/// A running server; dropping it stops it.
pub(crate) struct Server {
    /// `http://127.0.0.1:PORT`.
    pub(crate) url: String,
    /// Its spaces, for looking at the world from inside.
    pub(crate) spaces: Spaces,
    client: reqwest::Client,
    _stop: oneshot::Sender<()>,
}

/// An answer, whole.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: reqwest::header::HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.body.clone()).unwrap()
    }

    #[track_caller]
    pub(crate) fn json(&self) -> serde_json::Value {
        let text = self.text();
        serde_json::from_str(&text).unwrap_or_else(|err| panic!("{err} in {text}"))
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

/// A built-in scenario, its clock standing at `now`.
pub(crate) fn frozen(name: &str, now: &str) -> Scenario {
    let vocabulary = providers::vocabulary();
    let built_in = sandtill::sandbox::scenario::BUILT_IN;
    let text = built_in.iter().find(|it| it.name == name).unwrap().text;
    let text = if text.contains("[clock]") {
        text.to_owned()
    } else {
        format!("{text}\n[clock]\nmode = \"frozen\"\nnow = \"{now}\"\n")
    };
    Scenario::parse(name, &text, &vocabulary, &Overrides::default()).unwrap()
}

/// A scenario from text.
pub(crate) fn scenario(text: &str) -> Scenario {
    Scenario::parse("test.toml", text, &providers::vocabulary(), &Overrides::default()).unwrap()
}

impl Server {
    /// Serves a scenario on a free port.
    pub(crate) async fn with(scenario: Scenario) -> Self {
        let spaces = Spaces::new(Arc::new(scenario), Options::default());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (stop, stopped) = oneshot::channel::<()>();
        tokio::spawn(sandtill::server::run(listener, app(spaces.clone()), async {
            let _ = stopped.await;
        }));
        Self { url, spaces, client: reqwest::Client::new(), _stop: stop }
    }

    /// Serves a built-in scenario with its clock standing at `now`.
    pub(crate) async fn frozen(name: &str, now: &str) -> Self {
        Self::with(frozen(name, now)).await
    }

    /// The default scenario at [`NOON`].
    pub(crate) async fn start() -> Self {
        Self::frozen("default", NOON).await
    }

    /// The world of the default space.
    pub(crate) fn sandbox(&self) -> Sandbox {
        self.spaces.space("").unwrap()
    }

    /// Moves the clock of the default space.
    pub(crate) fn jump(&self, now: &str) {
        self.sandbox().clock.jump(now.parse::<Timestamp>().unwrap());
    }

    /// Sends a request with these headers and this body.
    pub(crate) async fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<reqwest::Body>,
    ) -> Answer {
        let method = reqwest::Method::from_bytes(method.as_bytes()).unwrap();
        let mut request = self.client.request(method, format!("{}{path}", self.url)).body(body);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = request.send().await.unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Answer { status, headers, body: response.bytes().await.unwrap().to_vec() }
    }

    /// The last entry of the journal of the default space.
    pub(crate) fn last_entry(&self) -> Arc<sandtill::sandbox::journal::Entry> {
        self.sandbox().journal.entries().last().unwrap().clone()
    }
}
