//! A request for rows at every operation that has some, and its answer read without the code that wrote it.

use base64::Engine;
use serde_json::{Value, json};

use crate::drivers::{begateway, credential, flitt, wepay};
use crate::payfort::EVERYWHERE;
use crate::support::{Answer, NOON, Server, frozen};

/// The merchant that has all five providers.
const MERCHANT: &str = "everywhere";

/// A request whose answer has rows.
#[derive(Debug)]
pub(super) struct Request {
    pub(super) provider: &'static str,
    pub(super) operation: String,
    form: Form,
    method: &'static str,
    path: String,
    headers: Vec<(&'static str, String)>,
    body: String,
}

/// How the rows of an answer are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// JSON objects: the pointer to them, the pointer to their number.
    Objects(&'static str, Option<&'static str>),
    /// Flitt's lists of values with `fields`.
    Lists,
    /// PayFort's XML.
    Xml,
    /// WePay's files.
    Csv,
}

/// A row: names and values, in its order.
pub(super) type Row = Vec<(String, Value)>;

/// The rows of an answer, and how many it says there are.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Rows {
    pub(super) rows: Vec<Row>,
    pub(super) count: Option<i64>,
}

impl Request {
    pub(super) async fn send(&self, server: &Server) -> Answer {
        let headers: Vec<_> = self.headers.iter().map(|it| (it.0, it.1.as_str())).collect();
        server.send(self.method, &self.path, &headers, self.body.clone()).await
    }

    /// The rows of an answer to this request.
    pub(super) fn read(&self, text: &str) -> Rows {
        match self.form {
            Form::Objects(rows, count) => {
                let json: Value = serde_json::from_str(text).unwrap();
                let whole = |value: &Value| value.as_i64().or_else(|| value.as_str()?.parse().ok());
                let count = count.map(|it| whole(json.pointer(it).unwrap()).unwrap());
                let rows = json.pointer(rows).unwrap().as_array().unwrap();
                let row = |row: &Value| {
                    row.as_object().unwrap().iter().map(|(k, v)| (k.clone(), v.clone())).collect()
                };
                Rows { rows: rows.iter().map(row).collect(), count }
            }
            Form::Lists => {
                let json: Value = serde_json::from_str(text).unwrap();
                let names: Vec<_> = json["fields"].as_array().unwrap().iter().collect();
                let row = |row: &Value| {
                    let cells = row.as_array().unwrap();
                    assert_eq!(cells.len(), names.len());
                    let name = |it: &Value| it.as_str().unwrap().to_owned();
                    names.iter().zip(cells).map(|(k, v)| (name(k), v.clone())).collect()
                };
                let rows = json["data"].as_array().unwrap().iter().map(row).collect();
                Rows { rows, count: json["rows_count"].as_i64() }
            }
            Form::Xml => {
                let document = roxmltree::Document::parse(text).unwrap();
                let named = |name| document.descendants().filter(move |it| it.has_tag_name(name));
                let cell = |it: roxmltree::Node<'_, '_>| {
                    (it.tag_name().name().to_owned(), json!(it.text().unwrap_or("")))
                };
                let row = |it: roxmltree::Node<'_, '_>| it.children().map(cell).collect();
                let count = named("data_count").next().and_then(|it| it.text()?.parse().ok());
                Rows { rows: named("data").map(row).collect(), count }
            }
            Form::Csv => {
                let mut records = wepay::records(text).into_iter();
                let names = records.next().unwrap();
                let row = |record: Vec<String>| {
                    assert_eq!(record.len(), names.len());
                    names.iter().cloned().zip(record.into_iter().map(Value::from)).collect()
                };
                Rows { rows: records.map(row).collect(), count: None }
            }
        }
    }
}

/// A server with a report of every provider that can be fetched, and the requests for rows.
pub(super) async fn served(scenario: &str) -> (Server, Vec<Request>) {
    let mut scenario = frozen(scenario, NOON);
    scenario.settings.insert(
        "begateway.page_size".to_owned(),
        sandtill::sandbox::scenario::SettingValue::Number(20),
    );
    let server = Server::with(scenario).await;
    let mut requests = payfort(&server).await;
    requests.push(flitt_page(&server).await);
    requests.extend(begateway(&server));
    requests.extend(epicpay(&server));
    requests.extend(wepay(&server).await);
    (server, requests)
}

async fn payfort(server: &Server) -> Vec<Request> {
    let mut requests = Vec::new();
    for (format, form) in [("JSON", Form::Objects("/1", Some("/0/data_count"))), ("XML", Form::Xml)]
    {
        let mut generate = EVERYWHERE.generate(format);
        generate["from_date"] = json!("2026-03-10T00:00:00+00:00");
        generate["columns"] = json!(["fort_id", "amount", "currency", "response_message"]);
        generate["response_format"] = json!(format);
        assert_eq!(EVERYWHERE.ask(server, &generate).await.status, 200);
        let body = EVERYWHERE.signed(&EVERYWHERE.download(format)).to_string();
        let operation = operation(server, "payfort", "/FortAPI/reportingApi");
        let headers = vec![("Content-Type", "application/json".to_owned())];
        let path = "/FortAPI/reportingApi".to_owned();
        requests.push(Request {
            provider: "payfort",
            operation,
            form,
            method: "POST",
            path,
            headers,
            body,
        });
    }
    server.did("POST", "/clock/advance", r#"{"by":"5s"}"#).await;
    requests
}

/// The operation that has rows at this path.
fn operation(_: &Server, slug: &str, path: &str) -> String {
    let provider = sandtill::providers::find(slug).unwrap();
    let rows = provider.operations.iter().filter(|it| it.listing.is_some());
    rows.rev().find(|it| it.path == path).unwrap().name.to_owned()
}

async fn flitt_page(server: &Server) -> Request {
    let token = flitt::token(server, MERCHANT).await;
    let merchant_id = credential(server, "flitt", MERCHANT, "merchant_id");
    let filters = json!([{"s": "order_timestart", "m": "from", "v": "2026-03-10"}]);
    let body = json!({
        "filters": filters, "merchant_id": merchant_id, "report_id": 745, "page": 1, "on_page": 20,
    });
    Request {
        provider: "flitt",
        operation: "report".to_owned(),
        form: Form::Lists,
        method: "POST",
        path: "/api/extend/company/report/".to_owned(),
        headers: vec![("Authorization", format!("Token {token}"))],
        body: body.to_string(),
    }
}

fn basic(server: &Server, slug: &str, fields: [&str; 2]) -> (&'static str, String) {
    let [user, password] = fields.map(|field| credential(server, slug, MERCHANT, field));
    let encoded = base64::engine::general_purpose::STANDARD.encode(format!("{user}:{password}"));
    ("Authorization", format!("Basic {encoded}"))
}

fn begateway(server: &Server) -> Vec<Request> {
    let day = "2026-03-13".parse().unwrap();
    let query = crate::drivers::ReportQuery { merchant: MERCHANT, first: day, last: day, size: 20 };
    let pages = begateway::params(query, "credit_card");
    let mut days = pages.clone();
    days["date"] = json!("2026-03-13");
    let request = |operation: &str, version: &str, params: &Value| Request {
        provider: "begateway",
        operation: operation.to_owned(),
        form: Form::Objects("/transactions", Some("/count")),
        method: "POST",
        path: "/api/reports".to_owned(),
        headers: vec![
            basic(server, "begateway", ["shop_id", "secret_key"]),
            ("X-Api-Version", version.to_owned()),
        ],
        body: json!({"report_params": params}).to_string(),
    };
    vec![request("reports", "3", &pages), request("day", "2", &days)]
}

fn epicpay(server: &Server) -> Vec<Request> {
    let provider = sandtill::providers::find("epicpay").unwrap();
    let examples = (provider.examples)(&server.space().moment(), &server.url);
    let own = examples.into_iter().filter(|it| it.merchant == MERCHANT);
    own.map(|example| {
        let step = &example.steps[0];
        Request {
            provider: "epicpay",
            operation: example.report.clone(),
            form: Form::Objects("/result/data", Some("/result/record_count")),
            method: "POST",
            path: step.path.clone(),
            headers: step.headers.clone(),
            body: step.body.clone().unwrap(),
        }
    })
    .collect()
}

async fn wepay(server: &Server) -> Vec<Request> {
    let account = wepay::account(server, MERCHANT);
    let token = format!("Bearer {}", credential(server, "wepay", MERCHANT, "access_token"));
    let call = |operation: &str, body: Value| Request {
        provider: "wepay",
        operation: operation.to_owned(),
        form: Form::Objects("", None),
        method: "POST",
        path: format!("/v2/{operation}"),
        headers: vec![
            ("Authorization", token.clone()),
            ("Content-Type", "application/json".to_owned()),
        ],
        body: body.to_string(),
    };
    // 2026-03-08 and 2026-03-10.
    let create = wepay::transactions(account, (1_772_928_000, 1_773_100_800));
    let report = wepay::create(server, MERCHANT, &create).await;
    server.did("POST", "/clock/advance", r#"{"by":"5s"}"#).await;
    let report =
        wepay::call(server, MERCHANT, "report", &json!({"report_id": report})).await.json();
    let uri = report["report_uri"].as_str().unwrap();
    vec![
        call("withdrawal/find", json!({"account_id": account, "limit": 10})),
        call("account/find", json!({})),
        Request {
            provider: "wepay",
            operation: "file".to_owned(),
            form: Form::Csv,
            method: "GET",
            path: uri.strip_prefix(server.url.as_str()).unwrap().to_owned(),
            headers: Vec::new(),
            body: String::new(),
        },
    ]
}
