//! Ready commands: the calls of a token, and a report from its request to its file.

use crate::providers::Example;
use crate::providers::operation::Step;
use crate::sandbox::merchant::Merchant;
use crate::sandbox::space::Moment;

/// Seconds after which a report is complete in every built-in scenario.
const RIPE: i64 = 4;

/// The fields of a merchant's credential that calls are made with.
struct Caller<'a> {
    token: &'a str,
    account: &'a str,
    client: [&'a str; 2],
}

impl<'a> Caller<'a> {
    fn of(merchant: &'a Merchant) -> Option<Self> {
        let field = |name| merchant.credential_field("wepay", name);
        Some(Self {
            token: field("access_token")?,
            account: field("account_id")?,
            client: [field("client_id")?, field("client_secret")?],
        })
    }

    fn post(&self, call: &str, body: &str) -> Step {
        Step::post(format!("/v2/{call}"), body.to_owned())
            .with("Authorization", format!("Bearer {}", self.token))
            .with("Content-Type", "application/json")
    }

    fn create(&self) -> Step {
        let body = format!(
            "{{\"type\":\"merchant_transactions\",\"resource\":{{\"object_type\":\"account\",\
             \"object_id\":{}}},\"callback_uri\":\"http://receiver.invalid/ipn\"}}",
            self.account
        );
        let gives = Some(("id", "/report_id"));
        Step { gives, ..self.post("report/create", &body) }
    }

    fn watch(&self) -> Step {
        let step = self.post("report", "{\"report_id\":$id}");
        Step { uses: Some("id"), after: RIPE, ..step }
    }

    fn token(&self) -> Step {
        let [id, secret] = self.client;
        let body = format!(
            "{{\"client_id\":{id},\"client_secret\":\"{secret}\",\
             \"redirect_uri\":\"http://receiver.invalid/\",\"code\":\"any\"}}"
        );
        Step::post("/v2/oauth2/token", body).with("Content-Type", "application/json")
    }

    fn of_account(&self) -> String {
        format!("{{\"account_id\":{}}}", self.account)
    }
}

/// Commands for each merchant.
pub(super) fn all(moment: &Moment, base_url: &str) -> Vec<Example> {
    let mut examples = Vec::new();
    for merchant in moment.scenario().merchants() {
        let Some(caller) = Caller::of(merchant) else { continue };
        let (create, watch) = (caller.create(), caller.watch());
        // Time has to pass before the report is complete; under a frozen clock it stays `new`.
        let watched = format!(
            "id=$({} | sed 's/[^:]*:\\([0-9]*\\).*/\\1/'); sleep {RIPE}; {}",
            create.curl(base_url),
            watch.curl(base_url)
        );
        let mut add = |report: &str, command: String, steps: Vec<Step>| {
            let (report, merchant) = (report.to_owned(), merchant.name.clone());
            examples.push(Example { report, merchant, command, steps });
        };
        add("create", create.curl(base_url), vec![create.clone()]);
        add("report", watched, vec![create, watch]);
        for (report, step) in [
            ("user", caller.post("user", "{}")),
            ("account", caller.post("account", &caller.of_account())),
            ("accounts", caller.post("account/find", "{}")),
            ("withdrawals", caller.post("withdrawal/find", &caller.of_account())),
            ("token", caller.token()),
        ] {
            add(report, step.curl(base_url), vec![step]);
        }
    }
    examples
}

/// Chains of requests: a withdrawal by its id, and the file of a report.
pub(super) fn extra_examples(moment: &Moment) -> Vec<Vec<Step>> {
    let Some(caller) = moment.scenario().merchants().find_map(|it| Caller::of(it)) else {
        return Vec::new();
    };
    let found = Step {
        gives: Some(("id", "/0/withdrawal_id")),
        ..caller.post("withdrawal/find", &caller.of_account())
    };
    let withdrawal = caller.post("withdrawal", "{\"withdrawal_id\":$id}");
    let watch = Step { gives: Some(("file", "/report_uri")), ..caller.watch() };
    vec![
        vec![found, Step { uses: Some("id"), ..withdrawal }],
        vec![caller.create(), watch, Step { uses: Some("file"), ..Step::get("$file") }],
    ]
}
