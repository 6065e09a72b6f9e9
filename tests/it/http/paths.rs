//! A path that nobody has: the answer and the journal name the path that was probably meant.

use crate::admin::SHOP;
use crate::support::Server;

#[tokio::test]
async fn a_path_that_nobody_has_names_the_nearest_one() {
    let server = Server::start().await;
    for (path, meant) in [
        ("/api//reports", "/api/reports"),
        ("/API/Reports", "/api/reports"),
        ("/fortapi/reportingApi", "/FortAPI/reportingApi"),
        ("/reports/count", "/api/reports/count"),
        ("/reporting/api/extend/company/report", "/api/extend/company/report/"),
        ("/@elsewhere/GetReport/deposits", "/reporting/v1/GetReport/deposits"),
    ] {
        let answer = server.send("POST", path, &[SHOP], "{}").await;
        assert_eq!(answer.status, 404, "{path}");
        let detail = answer.json()["detail"].as_str().unwrap().to_owned();
        assert!(detail.ends_with(&format!("did you mean `{meant}`?")), "{path}: {detail}");
        let entry = server.send("GET", answer.header("sandtill-journal"), &[], "").await.json();
        let reason = entry["reason"].as_str().unwrap();
        assert!(reason.ends_with(&format!("did you mean `{meant}`?")), "{path}: {reason}");
    }
    let answer = server.send("GET", "/favicon.ico", &[], "").await;
    assert!(answer.json()["detail"].as_str().unwrap().contains("GET /_admin/providers"));
}

#[tokio::test]
async fn within_a_providers_prefix_the_hint_is_in_the_reason_only() {
    let server = Server::start().await;
    for (path, meant) in [
        ("/v2/reprot", "/v2/report"),
        ("/FortAPI/ReportingAPI", "/FortAPI/reportingApi"),
        ("/reporting/v1/GetReports/deposits", "/reporting/v1/GetReport/deposits"),
        ("/authorizer/token/get", "/authorizer/token/application/get"),
    ] {
        let answer = server.send("POST", path, &[], "{}").await;
        assert!(!answer.text().contains("did you mean"), "{path}: {}", answer.text());
        let entry = server.send("GET", answer.header("sandtill-journal"), &[], "").await.json();
        let reason = entry["reason"].as_str().unwrap();
        assert!(reason.ends_with(&format!("did you mean `{meant}`?")), "{path}: {reason}");
    }
}
