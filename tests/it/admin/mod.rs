//! The admin API from outside.

mod amended_snapshots;
mod basics;
mod books;
mod continuing;
mod driven_clock;
mod exact;
mod faults;
mod growth;
mod journal;
mod mcp;
mod openapi;
mod refused;
mod snapshots;
mod transactions;
mod worlds;

use serde_json::Value;

use crate::support::{Answer, Server};

/// An authorized page request to beGateway: good for leaving an entry in the journal.
pub(crate) const SHOP: (&str, &str) = ("Authorization", "Basic MTpzYW5kdGlsbC1zaG9wLXNlY3JldA==");

impl Server {
    pub(crate) async fn admin(&self, method: &str, path: &str, body: &str) -> Answer {
        self.send(method, &format!("/_admin{path}"), &[], body.to_owned()).await
    }

    /// The answer of a call that has to succeed.
    pub(crate) async fn did(&self, method: &str, path: &str, body: &str) -> Value {
        let answer = self.admin(method, path, body).await;
        assert!(answer.status < 300, "{method} {path}: {}", answer.text());
        if answer.body.is_empty() { Value::Null } else { answer.json() }
    }

    /// The detail of a call that has to fail with this status.
    pub(crate) async fn refuses(
        &self,
        status: u16,
        method: &str,
        path: &str,
        body: &str,
    ) -> String {
        let answer = self.admin(method, path, body).await;
        assert_eq!(answer.status, status, "{method} {path}: {}", answer.text());
        assert_eq!(answer.header("content-type"), "application/problem+json");
        let problem = answer.json();
        assert_eq!(problem["status"], status);
        problem["detail"].as_str().unwrap().to_owned()
    }

    /// beGateway's count of the payments of a span of days, of the shop of this key.
    pub(crate) async fn count(&self, prefix: &str, from: &str, to: &str) -> Answer {
        let body = format!(
            r#"{{"report_params":{{"date_type":"created_at","from":"{from} 00:00:00","to":"{to} 23:59:59","status":"all","payment_method_type":"credit_card","time_zone":"UTC"}}}}"#
        );
        let path = format!("{prefix}/api/reports/count");
        self.send("POST", &path, &[SHOP, ("X-Api-Version", "3")], body).await
    }
}
