//! The pages: what they show without a script, what their forms do, who gets in, and a real browser.

mod browser;
mod safety;
mod settlement;
mod truth;
mod views;
mod writes;

use url::form_urlencoded::Serializer;

use crate::support::{Answer, Server};

/// The views of the navigation, below `/_admin/ui/`.
pub(crate) const VIEWS: [&str; 13] = [
    "",
    "journal",
    "ledger",
    "settlement",
    "clock",
    "reports",
    "callbacks",
    "faults",
    "reconcile",
    "coverage",
    "spaces",
    "scenario",
    "api",
];

/// Sends a request to a page and follows no redirect.
pub(crate) async fn page(
    server: &Server,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: String,
) -> Answer {
    let none = reqwest::redirect::Policy::none();
    let client = reqwest::Client::builder().redirect(none).build().unwrap();
    let method = reqwest::Method::from_bytes(method.as_bytes()).unwrap();
    let mut request = client.request(method, format!("{}{path}", server.url)).body(body);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let response = request.send().await.unwrap();
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    Answer { status, headers, body: response.bytes().await.unwrap().to_vec() }
}

/// The page below `/_admin/ui/` of the default space.
pub(crate) async fn get(server: &Server, path: &str) -> String {
    let answer = page(server, "GET", &format!("/_admin/ui/{path}"), &[], String::new()).await;
    assert_eq!(answer.status, 200, "{path}: {}", answer.text());
    answer.text()
}

/// Posts a form as a browser does, and returns the answer.
pub(crate) async fn post(server: &Server, path: &str, fields: &[(&str, &str)]) -> Answer {
    let body = Serializer::new(String::new()).extend_pairs(fields).finish();
    let origin = server.url.clone();
    let kind = ("content-type", "application/x-www-form-urlencoded");
    page(server, "POST", &format!("/_admin/ui/{path}"), &[kind, ("origin", &origin)], body).await
}

/// Posts a form that is taken, and returns where it leads.
pub(crate) async fn done(server: &Server, path: &str, fields: &[(&str, &str)]) -> String {
    let answer = post(server, path, fields).await;
    assert_eq!(answer.status, 303, "{path} {fields:?}: {}", answer.text());
    answer.header("location").to_owned()
}

/// Sends JSON to the admin API.
pub(crate) async fn api(server: &Server, method: &str, path: &str, body: &str) -> Answer {
    server.send(method, &format!("/_admin/{path}"), &[], body.to_owned()).await
}

/// A request that beGateway refuses.
pub(crate) async fn refused(server: &Server) {
    let basic = ("authorization", "Basic MTp3cm9uZw==");
    let answer = server.send("POST", "/api/reports/count", &[basic], "{}").await;
    assert_eq!(answer.status, 401);
}
