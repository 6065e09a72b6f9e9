//! A snapshot that is restored goes on byte by byte as the world it was taken of, whatever has happened
//! before and whatever is done afterwards.

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{RngAlgorithm, TestRng, TestRunner};
use sandtill::providers;
use sandtill::sandbox::scenario::{BUILT_IN, Overrides, Scenario};
use serde_json::{Value, json};

use super::SHOP;
use crate::payfort::EVERYWHERE;
use crate::receiver::{Receiver, status};
use crate::support::{NOON, Server};

/// Something a test might do.
#[derive(Clone, Debug)]
enum Deed {
    Add { amount: u32, held: bool },
    Act { pick: usize, what: usize, amount: Option<u32> },
    Token,
    Flitt,
    Shop,
    Generate(u8),
    Download(u8),
    Create { uri: usize },
    Look { pick: usize },
    Call { times: usize },
    Fault(usize),
    Spare { pick: usize },
    Force { pick: usize, phase: usize },
    Answer { pick: usize, yes: bool },
    Redeliver { pick: usize },
    Advance { seconds: u32 },
    Jump { hours: i32 },
}

fn deed() -> impl Strategy<Value = Deed> {
    let any = any::<usize>;
    prop_oneof![
        2 => (1..30_000_u32, prop::bool::ANY).prop_map(|(amount, held)| Deed::Add { amount, held }),
        3 => (any(), 0..5_usize, prop::option::of(1..20_000_u32))
            .prop_map(|(pick, what, amount)| Deed::Act { pick, what, amount }),
        1 => Just(Deed::Token),
        1 => Just(Deed::Flitt),
        1 => Just(Deed::Shop),
        2 => (0..4_u8).prop_map(Deed::Generate),
        2 => (0..4_u8).prop_map(Deed::Download),
        3 => (0..4_usize).prop_map(|uri| Deed::Create { uri }),
        1 => any().prop_map(|pick| Deed::Look { pick }),
        1 => (1..16_usize).prop_map(|times| Deed::Call { times }),
        2 => (0..RULES.len()).prop_map(Deed::Fault),
        1 => any().prop_map(|pick| Deed::Spare { pick }),
        1 => (any(), 0..5_usize).prop_map(|(pick, phase)| Deed::Force { pick, phase }),
        1 => (any(), prop::bool::ANY).prop_map(|(pick, yes)| Deed::Answer { pick, yes }),
        1 => any().prop_map(|pick| Deed::Redeliver { pick }),
        3 => (0..2000_u32).prop_map(|seconds| Deed::Advance { seconds }),
        1 => (-40..90_i32).prop_map(|hours| Deed::Jump { hours }),
    ]
}

const RULES: [&str; 10] = [
    r#"{"provider":"wepay","times":2,"fault":{"kind":"duplicate"}}"#,
    r#"{"every":3,"fault":{"kind":"late","by":"20m"}}"#,
    r#"{"provider":"wepay","times":1,"fault":{"kind":"reorder"}}"#,
    r#"{"probability":0.3,"fault":{"kind":"drop"}}"#,
    r#"{"provider":"flitt","times":1,"fault":{"kind":"error","error":"Incorrect signature"}}"#,
    r#"{"probability":0.2,"fault":{"kind":"status","status":503}}"#,
    r#"{"provider":"payfort","every":2,"fault":{"kind":"error","error":"00006"}}"#,
    r#"{"provider":"begateway","times":3,"fault":{"kind":"throttle"}}"#,
    r#"{"provider":"wepay","operation":"user","every":4,"fault":{"kind":"expired_token"}}"#,
    r#"{"times":2,"fault":{"kind":"broken_json"}}"#,
];

/// A space of a server, and what a client of it remembers.
struct World<'a> {
    server: &'a Server,
    /// What its paths begin with.
    prefix: &'static str,
    token: String,
    /// Where callbacks may be sent: to one who says yes, no, and not the same to everything, and to
    /// nobody.
    uris: [String; 4],
}

impl World<'_> {
    /// An answer, without what says which of two worlds it comes from.
    async fn ask(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: String,
    ) -> (u16, String) {
        let headers: Vec<_> = headers.iter().copied().chain([("Host", "localhost")]).collect();
        let path = format!("{}{path}", self.prefix);
        let answer = self.server.send(method, &path, &headers, body).await;
        let entry = answer.header("sandtill-journal");
        (answer.status, self.plain(&format!("{entry} {}", answer.text())))
    }

    fn plain(&self, text: &str) -> String {
        if self.prefix.is_empty() {
            return text.to_owned();
        }
        text.replace(self.prefix, "").replace(&self.prefix.replace('/', "\\/"), "")
    }

    async fn admin(&self, method: &str, path: &str, body: &str) -> (u16, String) {
        self.ask(method, &format!("/_admin{path}"), &[], body.to_owned()).await
    }

    async fn list(&self, path: &str, name: &str) -> Vec<Value> {
        let (_, text) = self.admin("GET", path, "").await;
        let list: Value = serde_json::from_str(&text).unwrap();
        list[name].as_array().unwrap().clone()
    }

    /// The id of one of the items of a list.
    async fn pick(&self, path: &str, name: &str, pick: usize) -> String {
        let list = self.list(path, name).await;
        let Some(item) = list.get(pick % list.len().max(1)) else { return "0".to_owned() };
        item["id"].as_str().map_or_else(|| item["id"].to_string(), str::to_owned)
    }

    async fn wepay(&self, call: &str, body: String) -> (u16, String) {
        let token =
            [("Authorization", "Bearer STAGE_everywhere"), ("Content-Type", "application/json")];
        self.ask("POST", &format!("/v2/{call}"), &token, body).await
    }

    /// Does it, and lets everything that is due happen; all that was answered.
    async fn perform(&mut self, deed: &Deed) -> Vec<(u16, String)> {
        let answer = match deed {
            Deed::Add { amount, held } => {
                let state = if *held { "authorized" } else { "captured" };
                let body = json!({"merchant": "everywhere", "amount": amount, "status": state});
                self.admin("POST", "/transactions", &body.to_string()).await
            }
            Deed::Act { pick, what, amount } => {
                let list = "/transactions?merchant=everywhere&limit=30";
                let id = self.pick(list, "transactions", *pick).await;
                let what = ["capture", "refund", "void", "chargeback", "settle"][*what];
                let amount = amount.filter(|_| matches!(what, "capture" | "refund"));
                let body = amount.map_or_else(String::new, |it| json!({"amount": it}).to_string());
                self.admin("POST", &format!("/transactions/{id}/{what}"), &body).await
            }
            Deed::Token => self.issue().await,
            Deed::Flitt => {
                let token = format!("Token {}", self.token);
                let body = r#"{"on_page":3,"page":1,"filters":[{"s":"tran_timestart","m":"dateis","v":"2026-03-13"}],"merchant_id":1549902,"report_id":528}"#;
                let path = "/api/extend/company/report/";
                self.ask("POST", path, &[("Authorization", &token)], body.to_owned()).await
            }
            Deed::Shop => {
                let body = r#"{"report_params":{"date_type":"created_at","from":"2026-03-14 08:00:00","to":"2026-03-14 23:59:59","status":"all","payment_method_type":"credit_card","time_zone":"UTC"}}"#;
                let headers = [SHOP, ("X-Api-Version", "3")];
                self.ask("POST", "/api/reports", &headers, body.to_owned()).await
            }
            Deed::Generate(number) => {
                self.payfort(&EVERYWHERE.generate(&format!("r-{number}"))).await
            }
            Deed::Download(number) => {
                self.payfort(&EVERYWHERE.download(&format!("r-{number}"))).await
            }
            Deed::Create { uri } => {
                let body = json!({
                    "type": "merchant_transactions",
                    "resource": {"object_type": "account", "object_id": 216_083_313},
                    "callback_uri": self.uris[*uri],
                });
                self.wepay("report/create", body.to_string()).await
            }
            Deed::Look { pick } => {
                let id = self.pick("/reports?provider=wepay", "reports", *pick).await;
                let (_, job) = self.admin("GET", &format!("/reports/{id}"), "").await;
                let job: Value = serde_json::from_str(&job).unwrap();
                let id = job["reference"].as_str().unwrap_or("0");
                self.wepay("report", format!(r#"{{"report_id":{id}}}"#)).await
            }
            Deed::Call { times } => {
                let mut answers = Vec::new();
                for _ in 0..*times {
                    answers.push(self.wepay("user", String::new()).await);
                }
                return answers;
            }
            Deed::Fault(rule) => self.admin("POST", "/faults", RULES[*rule]).await,
            Deed::Spare { pick } => {
                let id = self.pick("/faults", "faults", *pick).await;
                self.admin("DELETE", &format!("/faults/{id}"), "").await
            }
            Deed::Force { pick, phase } => {
                let id = self.pick("/reports", "reports", *pick).await;
                let phase = ["queued", "running", "ready", "failed", "expired"][*phase];
                let body = json!({"phase": phase}).to_string();
                self.admin("POST", &format!("/reports/{id}"), &body).await
            }
            Deed::Answer { pick, yes } => {
                let id = self.pick("/callbacks?state=due", "callbacks", *pick).await;
                let body = json!({"status": if *yes { 200 } else { 500 }}).to_string();
                self.admin("POST", &format!("/callbacks/{id}/answer"), &body).await
            }
            Deed::Redeliver { pick } => {
                let id = self.pick("/callbacks", "callbacks", *pick).await;
                self.admin("POST", &format!("/callbacks/{id}/redeliver"), "").await
            }
            Deed::Advance { seconds } => self.advance(*seconds).await,
            Deed::Jump { hours } => {
                let (_, clock) = self.admin("GET", "/clock", "").await;
                let clock: Value = serde_json::from_str(&clock).unwrap();
                let now: jiff::Timestamp = clock["now"].as_str().unwrap().parse().unwrap();
                let now = now + jiff::SignedDuration::from_hours(i64::from(*hours));
                self.admin("PUT", "/clock", &json!({"now": now.to_string()}).to_string()).await
            }
        };
        // What is due at once leaves by itself; here nothing goes on before it has arrived.
        vec![answer, self.advance(0).await]
    }

    async fn payfort(&self, request: &Value) -> (u16, String) {
        let headers = [("Content-Type", "application/json")];
        let body = EVERYWHERE.signed(request).to_string();
        self.ask("POST", crate::payfort::PATH, &headers, body).await
    }

    async fn issue(&mut self) -> (u16, String) {
        // The signature of the README.
        let body = r#"{"application_id":"1019","date":"readme","signature":"1cd7328b61275a33145f8b40541e5b3be7ac25fb2d712ef1675e0654ac849763f020b3dff46f87f5ade7836abf7e47b68029ba8684302920a6b0a15eda4ae569"}"#;
        let path = "/authorizer/token/application/get";
        let answer = self.ask("POST", path, &[], body.to_owned()).await;
        if let Some(token) = answer.1.split("\"token\": \"").nth(1) {
            self.token = token.split('"').next().unwrap().to_owned();
        }
        answer
    }

    async fn advance(&self, seconds: u32) -> (u16, String) {
        self.admin("POST", "/clock/advance", &json!({"by": format!("{seconds}s")}).to_string())
            .await
    }

    /// Everything that can be looked at, but for what real time it was.
    async fn look(&self) -> Vec<Value> {
        let mut looks = Vec::new();
        for path in [
            "/clock",
            "/transactions?merchant=everywhere&limit=300",
            "/reports?limit=1000",
            "/callbacks?limit=1000",
            "/faults",
            "/snapshot",
        ] {
            let (status, text) = self.admin("GET", path, "").await;
            assert_eq!(status, 200, "{path}: {text}");
            let mut look: Value = serde_json::from_str(&text).unwrap();
            unreal(&mut look);
            looks.push(look);
        }
        looks
    }
}

/// Takes out what tells two runs apart that do the same at different times.
fn unreal(value: &mut Value) {
    match value {
        Value::Object(members) => {
            for name in ["real_at", "duration_us", "checksum"] {
                members.shift_remove(name);
            }
            members.values_mut().for_each(unreal);
        }
        Value::Array(items) => items.iter_mut().for_each(unreal),
        _ => {}
    }
}

fn throttled() -> Scenario {
    let text = BUILT_IN.iter().find(|it| it.name == "default").unwrap().text;
    let text = format!("{text}\n[clock]\nmode = \"frozen\"\nnow = \"{NOON}\"\n");
    let overrides = Overrides { quirks: Some(vec!["wepay.throttle".into()]), seed: Some(u64::MAX) };
    Scenario::parse("default", &text, &providers::vocabulary(), &overrides).unwrap()
}

/// Which of the things that a snapshot has to hold this one does.
fn held(snapshot: &str) -> Vec<&'static str> {
    let state = &serde_json::from_str::<Value>(snapshot).unwrap()["state"];
    let any =
        |list: &Value, holds: &dyn Fn(&Value) -> bool| list.as_array().unwrap().iter().any(holds);
    let callback = |holds: &dyn Fn(&Value) -> bool| any(&state["callbacks"]["callbacks"], holds);
    let report = |holds: &dyn Fn(&Value) -> bool| any(&state["reports"], holds);
    let merchant = |holds: &dyn Fn(&Value) -> bool| any(&state["merchants"], holds);
    let waits = |it: &Value| it["ending"].is_null() && !it["attempts"][0].is_null();
    [
        ("tokens", state["tokens"]["count"] != 0),
        ("calls that count", state["throttle"] != json!({})),
        ("rules that struck", any(&state["faults"]["rules"], &|it| it["hits"] != 0)),
        ("rows", merchant(&|it| it["versions"][0]["rows"] != json!([]))),
        ("patches", merchant(&|it| it["versions"][0]["patches"] != json!([]))),
        ("rows of before", merchant(&|it| !it["versions"][1].is_null())),
        ("reports fetched as they are", report(&|it| it["fetched"][0] == 0)),
        ("forced phases", report(&|it| !it["forced"].is_null())),
        ("callbacks held", callback(&|it| it["is"]["held"] == true)),
        ("callbacks to be tried again", callback(&waits)),
        ("callbacks that have ended", callback(&|it| !it["ending"].is_null())),
        ("callbacks named by a fault", callback(&|it| !it["fault"].is_null())),
        ("copies", callback(&|it| !it["copy_of"].is_null())),
    ]
    .into_iter()
    .filter_map(|(what, is_there)| is_there.then_some(what))
    .collect()
}

/// Whether a snapshot between these deeds goes on; what it held.
async fn goes_on(before: &[Deed], after: &[Deed], prefix: &'static str) -> Vec<&'static str> {
    let receiver = Receiver::new(|_, it| {
        let answer = match it.target.as_str() {
            "/yes" => 200,
            "/no" => 500,
            // Not the same to every report, and the same whenever it is asked.
            _ => 200 + u16::from(it.body.bytes().last().unwrap_or(0)) % 2,
        };
        Box::pin(async move { status(answer) })
    })
    .await;
    let uris = ["/yes", "/no", "/odd"].map(|path| format!("{}{path}", receiver.url));
    let [yes, no, odd] = uris;
    let uris = [yes, no, odd, "http://receiver.invalid/ipn".to_owned()];
    let first = Server::with(throttled()).await;
    let mut first = World { server: &first, prefix: "", token: String::new(), uris: uris.clone() };
    for deed in before {
        first.perform(deed).await;
    }
    let snapshot = first.admin("GET", "/snapshot", "").await.1.trim_start().to_owned();

    let other = Server::frozen("empty", "2026-01-01T00:00:00Z").await;
    let mut second = World { server: &other, prefix, token: first.token.clone(), uris };
    let (status, text) = second.admin("PUT", "/snapshot", &snapshot).await;
    assert_eq!(status, 200, "{text}");
    // It is the same before anything is done, to the byte.
    let again = second.admin("GET", "/snapshot", "").await.1.trim_start().to_owned();
    assert_eq!(again, snapshot);
    for path in ["/callbacks?limit=1000", "/reports?limit=1000", "/faults", "/clock", "/scenario"] {
        assert_eq!(first.admin("GET", path, "").await, second.admin("GET", path, "").await);
    }
    for deed in after {
        let (left, right) = (first.perform(deed).await, second.perform(deed).await);
        let (left, right): (Vec<_>, Vec<_>) =
            (left.iter().map(plain).collect(), right.iter().map(plain).collect());
        assert_eq!(left, right, "{deed:?}");
    }
    assert_eq!(first.look().await, second.look().await);
    held(&snapshot)
}

/// An answer without what real time it was.
fn plain(answer: &(u16, String)) -> (u16, String) {
    let (status, text) = answer;
    let (entry, body) = text.split_once(' ').unwrap();
    let Ok(mut value) = serde_json::from_str::<Value>(body) else { return answer.clone() };
    unreal(&mut value);
    (*status, format!("{entry} {value}"))
}

#[tokio::test]
async fn a_restored_snapshot_goes_on_as_the_world_it_was_taken_of() {
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let mut runner = TestRunner::new_with_rng(ProptestConfig::default(), rng);
    let deeds = (prop::collection::vec(deed(), 25..45), prop::collection::vec(deed(), 15..30));
    let mut all = std::collections::BTreeSet::new();
    for case in 0..16 {
        let (before, after) = deeds.new_tree(&mut runner).unwrap().current();
        let prefix = if case % 2 == 0 { "" } else { "/@copy" };
        all.extend(goes_on(&before, &after, prefix).await);
    }
    // Chance has brought about everything that could get lost.
    assert_eq!(all.len(), 13, "{all:?}");
}
