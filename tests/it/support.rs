//! A server on a free port, and a client that sends requests unchanged.

use std::io::Read;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use flate2::read::GzDecoder;
use jiff::Timestamp;
use sandtill::app::app;
use sandtill::providers;
use sandtill::sandbox::Options;
use sandtill::sandbox::actions::{self, Action, ActionError};
use sandtill::sandbox::callbacks;
use sandtill::sandbox::ledger::{AddedRow, RowId};
use sandtill::sandbox::log::Log;
use sandtill::sandbox::merchant::MerchantId;
use sandtill::sandbox::policy::Policy;
use sandtill::sandbox::scenario::{Overrides, Scenario, Vocabulary};
use sandtill::sandbox::space::Space;
use sandtill::sandbox::spaces::Spaces;
use sandtill::sandbox::state::event::Event;
use sandtill::sandbox::state::jobs::Phase;
use sandtill::sandbox::state::outbox::{Callback, Message};
use sha2::{Digest, Sha256};
use tokio::net::TcpListener;
use tokio::sync::oneshot;

/// The default time of tests: a Saturday noon.
pub(crate) const NOON: &str = "2026-03-14T12:00:00Z";

/// A running server; dropping it stops it.
pub(crate) struct Server {
    /// `http://127.0.0.1:PORT`.
    pub(crate) url: String,
    /// The spaces of the server, for tests that read its state directly.
    pub(crate) spaces: Spaces,
    client: reqwest::Client,
    /// The space that its requests go to, and what they are recorded in.
    space: String,
    record: Option<Arc<Record>>,
    _stop: Option<oneshot::Sender<()>>,
}

/// What was asked in a space and what came back, without what differs between two runs.
#[derive(Debug, Default)]
pub(crate) struct Record {
    /// Texts that differ between two runs, with what stands for them.
    pub(crate) plain: Mutex<Vec<(String, &'static str)>>,
    /// A line a request.
    pub(crate) lines: Mutex<Vec<String>>,
    /// How many of the requests are those that the journal has.
    pub(crate) journaled: AtomicU64,
}

impl Record {
    fn note(&self, (method, path): (&str, &str), sent: &[u8], answer: &Answer) {
        if !path.starts_with("/_admin") {
            self.journaled.fetch_add(1, Ordering::SeqCst);
        }
        let (sent, got) = (self.without_chance(sent), self.without_chance(&answer.body));
        let digest = hex::encode(Sha256::digest(format!("{sent}\n{got}")));
        let path = self.without_chance(path.as_bytes());
        let entry = answer.header("sandtill-journal").rsplit('/').next().unwrap_or_default();
        let status = answer.status;
        let line = format!("{method} {path} {status} {entry} {got} {digest}");
        self.lines.lock().unwrap().push(line);
    }

    fn without_chance(&self, body: &[u8]) -> String {
        // An address in a packed body changes all that follows it.
        let mut plain = Vec::new();
        let is_packed = GzDecoder::new(body).read_to_end(&mut plain).is_ok();
        let mut text = String::from_utf8_lossy(if is_packed { &plain } else { body }).into_owned();
        for (from, to) in &*self.plain.lock().unwrap() {
            text = text.replace(from, to);
        }
        // Of the real clock: answers of the admin API and the age of a space have it.
        let names = ["real_at", "duration_us", "checksum", "made_at", "age_s", "idle_s"];
        match serde_json::from_str(&text) {
            Ok(mut value) if names.iter().any(|name| text.contains(name)) => {
                without(&mut value, &names);
                value.to_string()
            }
            _ => text,
        }
    }
}

/// Takes out what tells two runs apart that do the same at different times.
pub(crate) fn without_real_time(value: &mut serde_json::Value) {
    without(value, &["real_at", "duration_us", "checksum"]);
}

/// Takes out all members with these names.
fn without(value: &mut serde_json::Value, names: &[&str]) {
    use serde_json::Value;
    match value {
        Value::Object(members) => {
            for name in names {
                members.shift_remove(*name);
            }
            members.values_mut().for_each(|it| without(it, names));
        }
        Value::Array(items) => items.iter_mut().for_each(|it| without(it, names)),
        _ => {}
    }
}

async fn received(request: reqwest::RequestBuilder) -> reqwest::Result<Answer> {
    let response = request.send().await?;
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    Ok(Answer { status, headers, body: response.bytes().await?.to_vec() })
}

/// A complete response.
#[derive(Debug, Default)]
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

/// A built-in scenario with its clock frozen at `now`.
pub(crate) fn frozen(name: &str, now: &str) -> Scenario {
    parsed(name, now, &providers::vocabulary())
}

fn parsed(name: &str, now: &str, vocabulary: &Vocabulary) -> Scenario {
    let built_in = sandtill::sandbox::scenario::BUILT_IN;
    let text = built_in.iter().find(|it| it.name == name).unwrap().text;
    let text = if text.contains("[clock]") {
        text.to_owned()
    } else {
        format!("{text}\n[clock]\nmode = \"frozen\"\nnow = \"{now}\"\n")
    };
    Scenario::parse(name, &text, vocabulary, &Overrides::default()).unwrap()
}

/// A scenario from text.
pub(crate) fn scenario(text: &str) -> Scenario {
    Scenario::parse("test.toml", text, &providers::vocabulary(), &Overrides::default()).unwrap()
}

impl Server {
    /// Serves a scenario on a free port.
    pub(crate) async fn with(scenario: Scenario) -> Self {
        Self::started(scenario, Options::default()).await
    }

    /// Serves a scenario on a free port with these options.
    pub(crate) async fn started(scenario: Scenario, options: Options) -> Self {
        Self::serving(Spaces::new(Arc::new(scenario), options)).await
    }

    /// Serves the spaces of a log on a free port, as after a restart.
    pub(crate) async fn resumed(scenario: Scenario, options: Options, log: Arc<dyn Log>) -> Self {
        let opened = Spaces::open(Arc::new(scenario), options, log, providers::vocabulary());
        let spaces = opened.unwrap();
        spaces.go_on();
        Self::serving(spaces).await
    }

    async fn serving(spaces: Spaces) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (stop, stopped) = oneshot::channel::<()>();
        tokio::spawn(sandtill::server::run(listener, app(spaces.clone()), async {
            let _ = stopped.await;
        }));
        let (space, client) = (String::new(), reqwest::Client::new());
        Self { url, spaces, client, space, record: None, _stop: Some(stop) }
    }

    /// The same server as clients of one of its spaces see it; their requests are recorded, and one that ends
    /// without an answer has the status 0. It does not keep the server running.
    pub(crate) fn in_space(&self, name: &str, record: Arc<Record>) -> Self {
        let root = self.url.split("/@").next().unwrap();
        let prefix = if name.is_empty() { String::new() } else { format!("/@{name}") };
        Self {
            url: format!("{root}{prefix}"),
            spaces: self.spaces.clone(),
            client: self.client.clone(),
            space: name.to_owned(),
            record: Some(record),
            _stop: None,
        }
    }

    /// Serves a built-in scenario with its clock frozen at `now`.
    pub(crate) async fn frozen(name: &str, now: &str) -> Self {
        Self::with(frozen(name, now)).await
    }

    /// The default scenario at [`NOON`].
    pub(crate) async fn start() -> Self {
        Self::frozen("default", NOON).await
    }

    /// The space that its requests go to: the default one, unless it is [`Self::in_space`].
    pub(crate) fn space(&self) -> Arc<Space> {
        self.spaces.find(&self.space).unwrap()
    }

    /// Moves the clock of the default space.
    pub(crate) fn jump(&self, now: &str) {
        jump(&self.space(), now.parse().unwrap());
    }

    /// Sends a request with these headers and this body.
    pub(crate) async fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<reqwest::Body>,
    ) -> Answer {
        let (body, sent) = (body.into(), self.record.as_ref());
        let sent = sent.map(|_| body.as_bytes().map(<[u8]>::to_vec).unwrap_or_default());
        let http_method = reqwest::Method::from_bytes(method.as_bytes()).unwrap();
        let mut request =
            self.client.request(http_method, format!("{}{path}", self.url)).body(body);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let answer = received(request).await;
        let Some((record, sent)) = self.record.as_ref().zip(sent) else { return answer.unwrap() };
        let answer = answer.unwrap_or_default();
        record.note((method, path), &sent, &answer);
        answer
    }

    /// The last entry of the journal of the default space.
    pub(crate) fn last_entry(&self) -> Arc<sandtill::sandbox::journal::Entry> {
        self.space().journal.entries().last().unwrap().clone()
    }
}

/// Moves the clock of a space.
pub(crate) fn jump(space: &Arc<Space>, now: Timestamp) {
    space.set_clock(None, Some(now)).unwrap();
}

/// Plans a callback and starts the dispatcher.
pub(crate) fn plan(space: &Arc<Space>, message: Message, due: Timestamp) -> Option<u64> {
    let planned = space.change(|draft| draft.plan(message.clone(), due));
    callbacks::start(space);
    planned.ok().map(|it| it.0)
}

/// A callback of a space.
pub(crate) fn callback(space: &Arc<Space>, id: u64) -> Arc<Callback> {
    space.world().state.outbox.get(id).unwrap().clone()
}

/// A built-in scenario with its clock frozen at `now` and with another callback policy for its
/// provider.
pub(crate) fn frozen_with(name: &str, now: &str, policy: &'static Policy) -> Scenario {
    let mut vocabulary = providers::vocabulary();
    for dialect in &mut vocabulary.0 {
        dialect.callbacks = (dialect.slug == policy.provider).then_some(policy);
    }
    parsed(name, now, &vocabulary)
}

/// Adds a transaction to a space.
pub(crate) fn add(space: &Arc<Space>, merchant: MerchantId, row: AddedRow) -> RowId {
    space.change(|draft| actions::add(draft, merchant, row.clone())).unwrap().0
}

/// Runs an action on a transaction of a space.
pub(crate) fn act(space: &Arc<Space>, number: i64, action: Action) -> Result<i64, ActionError> {
    space.change(|draft| actions::act(draft, number, (action, None))).map(|it| it.0)
}

/// Forces the phase of a report, as the admin API does.
pub(crate) fn force(space: &Arc<Space>, id: u64, phase: Phase) {
    let forced = space.change(|draft| {
        draft.push(Event::ReportForced { id, phase, since: draft.now });
        let job = draft.state().reports.get(id).unwrap().clone();
        (providers::find(&job.provider).unwrap().on_phase_forced)(draft, &job)
    });
    forced.unwrap();
    callbacks::start(space);
}
