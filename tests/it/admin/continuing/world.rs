//! A space of a server as its clients use it: runs operations and returns the responses.

use serde_json::{Value, json};

use super::operations::{
    AMENDMENTS, DEPOSIT_FATES, FATES, LAGS, OUTCOMES, Operation, PROVIDERS, RULES,
};
use crate::admin::SHOP;
use crate::payfort::EVERYWHERE;
use crate::support::{Server, without_real_time};

/// A space of a server, and what a client of it remembers.
pub(super) struct World<'a> {
    pub(super) server: &'a Server,
    /// What its paths begin with.
    pub(super) prefix: &'static str,
    pub(super) token: String,
    /// Callback URLs: a receiver that accepts, one that refuses, one that does either depending on
    /// the report, and an address without a receiver.
    pub(super) uris: [String; 4],
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
        // As some providers escape it in JSON, and as it is.
        text.replace(&self.prefix.replace('/', "\\/"), "").replace(self.prefix, "")
    }

    pub(super) async fn admin(&self, method: &str, path: &str, body: &str) -> (u16, String) {
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
    pub(super) async fn perform(&mut self, operation: &Operation) -> Vec<(u16, String)> {
        let mut answers = match operation {
            Operation::Add { .. }
            | Operation::Act { .. }
            | Operation::Fault(_)
            | Operation::Fate(_)
            | Operation::Lag { .. }
            | Operation::Amend { .. }
            | Operation::Dispute { .. }
            | Operation::Deposit { .. }
            | Operation::Spare { .. }
            | Operation::Advance { .. }
            | Operation::Jump { .. } => vec![self.govern(operation).await],
            Operation::Force { pick, phase } => {
                let phase = ["queued", "running", "ready", "failed", "expired"][*phase];
                vec![self.edit("reports", *pick, "", json!({"phase": phase})).await]
            }
            Operation::Answer { pick, yes } => {
                let status = if *yes { 200 } else { 500 };
                vec![self.edit("callbacks", *pick, "/answer", json!({"status": status})).await]
            }
            Operation::Redeliver { pick } => {
                vec![self.edit("callbacks", *pick, "/redeliver", json!({})).await]
            }
            Operation::Token => vec![self.issue().await],
            Operation::Call { times } => {
                let mut answers = Vec::new();
                for _ in 0..*times {
                    answers.push(self.wepay("user", String::new()).await);
                }
                answers
            }
            Operation::Flitt
            | Operation::Shop
            | Operation::Generate(_)
            | Operation::Download(_)
            | Operation::Create { .. }
            | Operation::Look { .. } => vec![self.call(operation).await],
        };
        // What is due at once leaves by itself; here nothing goes on before it has arrived.
        answers.push(self.advance(0).await);
        answers
    }

    /// Does something to one of the items of a list.
    async fn edit(&self, list: &str, pick: usize, action: &str, body: Value) -> (u16, String) {
        let id = self.pick(&format!("/{list}?limit=1000"), list, pick).await;
        self.admin("POST", &format!("/{list}/{id}{action}"), &body.to_string()).await
    }

    /// Runs an operation of the admin API.
    async fn govern(&self, operation: &Operation) -> (u16, String) {
        match operation {
            Operation::Add { amount, held } => {
                let state = if *held { "authorized" } else { "captured" };
                let body = json!({"merchant": "everywhere", "amount": amount, "status": state});
                self.admin("POST", "/transactions", &body.to_string()).await
            }
            Operation::Act { pick, action, amount } => {
                let list = "/transactions?merchant=everywhere&limit=30";
                let id = self.pick(list, "transactions", *pick).await;
                let action = ["capture", "refund", "void", "chargeback", "settle"][*action];
                let amount = amount.filter(|_| matches!(action, "capture" | "refund"));
                let body = amount.map_or_else(String::new, |it| json!({"amount": it}).to_string());
                self.admin("POST", &format!("/transactions/{id}/{action}"), &body).await
            }
            Operation::Fault(rule) => self.admin("POST", "/faults", RULES[*rule]).await,
            Operation::Fate(fate) => self.admin("POST", "/reports/next", FATES[*fate]).await,
            Operation::Amend { pick, values } => {
                let list = "/transactions?merchant=everywhere&limit=30";
                let id = self.pick(list, "transactions", *pick).await;
                let path = format!("/transactions/{id}/amend");
                self.admin("POST", &path, AMENDMENTS[*values]).await
            }
            Operation::Dispute { pick, outcome } => {
                let list = "/transactions?merchant=everywhere&kind=chargeback&limit=30";
                let id = self.pick(list, "transactions", *pick).await;
                let path = format!("/transactions/{id}/dispute");
                self.admin("POST", &path, OUTCOMES[*outcome]).await
            }
            Operation::Deposit { pick, fate } => {
                let list = "/deposits?merchant=everywhere&limit=8";
                let id = self.pick(list, "deposits", *pick).await;
                let (does, body) = DEPOSIT_FATES[*fate];
                self.admin("POST", &format!("/deposits/{id}/{does}"), body).await
            }
            Operation::Lag { provider, rules } => {
                let path = format!("/reporting/{}", PROVIDERS[*provider]);
                self.admin("PUT", &path, LAGS[*rules]).await
            }
            Operation::Spare { pick } => {
                let id = self.pick("/faults", "faults", *pick).await;
                self.admin("DELETE", &format!("/faults/{id}"), "").await
            }
            Operation::Advance { seconds } => self.advance(*seconds).await,
            Operation::Jump { hours } => {
                let (_, clock) = self.admin("GET", "/clock", "").await;
                let clock: Value = serde_json::from_str(&clock).unwrap();
                let now: jiff::Timestamp = clock["now"].as_str().unwrap().parse().unwrap();
                let now = now + jiff::SignedDuration::from_hours(i64::from(*hours));
                self.admin("PUT", "/clock", &json!({"now": now.to_string()}).to_string()).await
            }
            other => panic!("{other:?} is for everybody"),
        }
    }

    /// Does what a client of a provider can.
    async fn call(&self, operation: &Operation) -> (u16, String) {
        match operation {
            Operation::Flitt => {
                let token = format!("Token {}", self.token);
                let body = r#"{"on_page":3,"page":1,"filters":[{"s":"tran_timestart","m":"dateis","v":"2026-03-13"}],"merchant_id":1549902,"report_id":528}"#;
                let path = "/api/extend/company/report/";
                self.ask("POST", path, &[("Authorization", &token)], body.to_owned()).await
            }
            Operation::Shop => {
                let body = r#"{"report_params":{"date_type":"created_at","from":"2026-03-14 08:00:00","to":"2026-03-14 23:59:59","status":"all","payment_method_type":"credit_card","time_zone":"UTC"}}"#;
                let headers = [SHOP, ("X-Api-Version", "3")];
                self.ask("POST", "/api/reports", &headers, body.to_owned()).await
            }
            Operation::Generate(number) => {
                self.payfort(&EVERYWHERE.generate(&format!("r-{number}"))).await
            }
            Operation::Download(number) => {
                self.payfort(&EVERYWHERE.download(&format!("r-{number}"))).await
            }
            Operation::Create { uri } => {
                let body = json!({
                    "type": "merchant_transactions",
                    "resource": {"object_type": "account", "object_id": 216_083_313},
                    "callback_uri": self.uris[*uri],
                });
                self.wepay("report/create", body.to_string()).await
            }
            Operation::Look { pick } => {
                let id = self.pick("/reports?provider=wepay", "reports", *pick).await;
                let (_, job) = self.admin("GET", &format!("/reports/{id}"), "").await;
                let job: Value = serde_json::from_str(&job).unwrap();
                let id = job["reference"].as_str().unwrap_or("0");
                self.wepay("report", format!(r#"{{"report_id":{id}}}"#)).await
            }
            other => panic!("{other:?} is no call"),
        }
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
    pub(super) async fn observable_state(&self) -> Vec<Value> {
        let mut documents = Vec::new();
        for path in [
            "/clock",
            "/transactions?merchant=everywhere&limit=300",
            "/deposits?merchant=everywhere&limit=30",
            "/reports?limit=1000",
            "/callbacks?limit=1000",
            "/faults",
            "/snapshot",
        ] {
            let (status, text) = self.admin("GET", path, "").await;
            assert_eq!(status, 200, "{path}: {text}");
            let mut observable_state: Value = serde_json::from_str(&text).unwrap();
            without_real_time(&mut observable_state);
            documents.push(observable_state);
        }
        documents
    }
}
