//! The server of the fuzz targets, in the process and without a socket.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::Request;
use axum::http::HeaderMap;
use bytes::Bytes;
use http_body_util::BodyExt;
use sandtill::app::{App, app};
use sandtill::providers;
use sandtill::sandbox::Options;
use sandtill::sandbox::journal::Entry;
use sandtill::sandbox::scenario::{Overrides, Scenario};
use sandtill::sandbox::spaces::Spaces;
use tokio::runtime::{Builder, Runtime};

/// The world in which every input begins.
const WORLD: &str = include_str!("../world.toml");

thread_local! {
    static BENCH: Bench = Bench::start();
}

/// A server whose time stands still while it works: what waits is woken at once.
pub(crate) struct Bench {
    runtime: Runtime,
    app: App,
    pub(crate) spaces: Spaces,
}

/// A whole answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    /// Whether the body ended as it should.
    pub(crate) is_whole: bool,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|it| it.to_str().ok()).unwrap_or("")
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON; `null` if it is none.
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }
}

/// The scenario of [`WORLD`].
pub(crate) fn world() -> Scenario {
    let vocabulary = providers::vocabulary();
    Scenario::parse("fuzz", WORLD, &vocabulary, &Overrides::default()).expect("world.toml is right")
}

impl Bench {
    fn start() -> Self {
        let runtime = Builder::new_current_thread().enable_all().start_paused(true).build();
        let runtime = runtime.expect("a runtime");
        let options = Options {
            hold_callbacks: true,
            longest_wait_ms: Some(50),
            max_spaces: Some(20),
            journal_entries: Some(50),
            history_events: Some(200),
            ..Options::default()
        };
        let spaces = Spaces::new(Arc::new(world()), options);
        Self { runtime, app: app(spaces.clone()), spaces }
    }

    /// Runs something in a world in which nothing has happened yet.
    pub(crate) fn run<T>(work: impl FnOnce(&Self) -> T) -> T {
        BENCH.with(|bench| {
            bench.begin();
            work(bench)
        })
    }

    /// Forgets everything that happened.
    pub(crate) fn begin(&self) {
        let _inside = self.runtime.enter();
        self.spaces.drop_all();
        self.spaces.default_space().load(self.spaces.scenario());
    }

    pub(crate) fn scenario(&self) -> Arc<Scenario> {
        self.spaces.scenario()
    }

    pub(crate) fn ask(&self, request: Request) -> Answer {
        self.runtime.block_on(async {
            let (parts, mut body) = self.app.answer(request).await.into_parts();
            let (mut whole, mut is_whole) = (Vec::new(), true);
            while let Some(frame) = body.frame().await {
                match frame {
                    Ok(frame) => whole.extend_from_slice(frame.data_ref().map_or(&[], |it| it)),
                    Err(_) => is_whole = false,
                }
                if !is_whole {
                    break;
                }
            }
            let status = parts.status.as_u16();
            Answer { status, headers: parts.headers, body: whole.into(), is_whole }
        })
    }

    /// A request that is sent as it is written here.
    pub(crate) fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<Body>,
    ) -> Answer {
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.ask(request.body(body.into()).expect("a request that can be sent"))
    }

    /// The journal entry of an answer.
    pub(crate) fn entry(&self, answer: &Answer) -> Option<Arc<Entry>> {
        let name = match answer.header("sandtill-space") {
            "-" => "",
            name => name,
        };
        let id = answer.header("sandtill-journal").rsplit('/').next()?.parse().ok()?;
        self.spaces.find(name)?.journal.entry(id)
    }
}

/// Whether a text asks for more rows than a fuzzer has time for: a built-in scenario, or a volume of its own.
pub(crate) fn is_too_large(text: &[u8]) -> bool {
    let text = String::from_utf8_lossy(text);
    text.contains("large") || text.contains("volume")
}
