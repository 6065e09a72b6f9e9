//! No dead switches: every quirk of every provider changes an answer, and what it is without them is
//! the documented form.

use sandtill::providers;
use serde_json::json;

use crate::drivers::{self, ReportQuery, flitt};
use crate::support::{Answer, NOON, Server, frozen};

/// What a quirk changes: a request that shows it, what its answer has while it is off, as the
/// vendor's documents say, and what it has while it is on.
struct Switch {
    ask: RequestKind,
    off: &'static str,
    on: &'static str,
}

/// The requests that show quirks.
#[derive(Clone, Copy)]
enum RequestKind {
    PayFortDownload,
    FlittPage,
    FlittWithoutFilter,
    FlittBadSignature,
    BeGatewayFromMinsk,
    EpicPayDeposits,
    EpicPayAsNobody,
    WePayCreate,
    WePayManyCalls,
}

fn switch(slug: &str, quirk: &str) -> Switch {
    let (ask, off, on) = match (slug, quirk) {
        ("payfort", "download-envelope") => (
            RequestKind::PayFortDownload,
            r#"[{"data_count":"#,
            r#""query_command":"DOWNLOAD_REPORT""#,
        ),
        ("flitt", "html-content-type") => {
            (RequestKind::FlittPage, "200 application/json\n", "200 text/html; charset=UTF-8\n")
        }
        ("flitt", "wide-745") => (
            RequestKind::FlittPage,
            r#""actual_amount", "currency""#,
            r#""actual_amount", "transaction_id", "currency""#,
        ),
        ("flitt", "lenient-filters") => {
            (RequestKind::FlittWithoutFilter, r#"{"error": ""#, r#"{"data": [["#)
        }
        ("flitt", "token-errors-200") => {
            (RequestKind::FlittBadSignature, "403 application/json\n", "200 application/json\n")
        }
        // Noon in Minsk is nine o'clock in UTC.
        ("begateway", "local-time-z") => {
            (RequestKind::BeGatewayFromMinsk, r#""created_at":"2026-03-13T09:"#, r#"T12:"#)
        }
        ("begateway", "string-object-ids") => {
            (RequestKind::BeGatewayFromMinsk, r#""last_object_id":5"#, r#""last_object_id":"5"#)
        }
        ("epicpay", "account-no") => {
            (RequestKind::EpicPayDeposits, r#""account_number":""#, r#""account_no":""#)
        }
        ("epicpay", "unauthorized-200") => {
            (RequestKind::EpicPayAsNobody, "401 application/json\n", "200 application/json\n")
        }
        // 2026-03-01T12:34:56Z, and the midnight before it.
        ("wepay", "unrounded-times") => {
            (RequestKind::WePayCreate, r#""start_time":1772323200"#, r#""start_time":1772368496"#)
        }
        ("wepay", "throttle") => (
            RequestKind::WePayManyCalls,
            "200 application/json\n",
            r#""error":"throttle_exceeded""#,
        ),
        other => panic!("say what {other:?} changes"),
    };
    Switch { ask, off, on }
}

const EVERYWHERE: &str = "everywhere";

fn query() -> ReportQuery<'static> {
    let day = "2026-03-13".parse().unwrap();
    ReportQuery { merchant: EVERYWHERE, first: day, last: day, size: 3 }
}

async fn flitt_page(server: &Server, filters: serde_json::Value) -> Answer {
    let token = flitt::token(server, EVERYWHERE).await;
    let merchant_id = drivers::credential(server, "flitt", EVERYWHERE, "merchant_id");
    let page = flitt::Page { merchant_id: &merchant_id, report: 745, filters, number: 1, size: 2 };
    flitt::page(server, &token, &page).await
}

async fn ask(server: &Server, ask: RequestKind) -> Answer {
    let json = ("Content-Type", "application/json");
    match ask {
        RequestKind::PayFortDownload => {
            let client = drivers::payfort::client(EVERYWHERE);
            let request = drivers::payfort::request(query(), "quirk", &["fort_id"]);
            assert_eq!(client.ask(server, &request).await.json()["response_code"], "56000");
            crate::payfort::pass(server, 2);
            client.ask(server, &client.download("quirk")).await
        }
        RequestKind::FlittPage => {
            let day = json!({"s": "order_timestart", "m": "dateis", "v": "2026-03-13"});
            flitt_page(server, json!([day])).await
        }
        RequestKind::FlittWithoutFilter => flitt_page(server, json!([])).await,
        RequestKind::FlittBadSignature => {
            let body = r#"{"application_id":"1019","date":"x","signature":"00"}"#;
            server.send("POST", "/authorizer/token/application/get", &[], body).await
        }
        RequestKind::BeGatewayFromMinsk => {
            let params = json!({
                "date_type": "created_at", "from": "2026-03-13 12:00:00",
                "to": "2026-03-13 12:59:59", "status": "all",
                "payment_method_type": "credit_card", "time_zone": "Europe/Minsk",
            });
            drivers::begateway::ask(server, EVERYWHERE, "/api/reports", &params).await
        }
        RequestKind::EpicPayDeposits => {
            let authorization = crate::epicpay::EVERYWHERE;
            crate::epicpay::ask(server, authorization, "deposits", "2026-03-13", "2026-03-13").await
        }
        RequestKind::EpicPayAsNobody => {
            let dates = r#"{"start_date":"2026-03-13","end_date":"2026-03-13"}"#;
            server.send("POST", "/reporting/v1/GetReport/batches", &[json], dates).await
        }
        RequestKind::WePayCreate => {
            let account = drivers::wepay::account(server, EVERYWHERE);
            let request = drivers::wepay::transactions(account, (1_772_368_496, 1_772_600_000));
            drivers::wepay::call(server, EVERYWHERE, "report/create", &request).await
        }
        RequestKind::WePayManyCalls => {
            let user = async || drivers::wepay::call(server, EVERYWHERE, "user", &json!({})).await;
            for _ in 0..30 {
                assert_eq!(user().await.status, 200);
            }
            user().await
        }
    }
}

/// Status, content type and body.
async fn answer(kind: RequestKind, quirk: Option<&str>) -> String {
    let mut scenario = frozen("default", NOON);
    scenario.quirks.extend(quirk.map(str::to_owned));
    let server = Server::with(scenario).await;
    let answer = ask(&server, kind).await;
    let text = answer.text().replace(&server.url, "URL");
    format!("{} {}\n{text}", answer.status, answer.header("content-type"))
}

#[tokio::test]
async fn every_quirk_changes_an_answer_and_is_off_in_the_documented_form() {
    let mut quirks = 0;
    for provider in providers::ALL {
        for quirk in provider.quirks {
            let switch = switch(provider.slug, quirk.name);
            let name = format!("{}.{}", provider.slug, quirk.name);
            let off = answer(switch.ask, None).await;
            let on = answer(switch.ask, Some(&name)).await;
            assert!(off.contains(switch.off) && !off.contains(switch.on), "{name} off: {off}");
            assert!(on.contains(switch.on) && !on.contains(switch.off), "{name} on: {on}");
            quirks += 1;
        }
    }
    assert_eq!(quirks, 11);
}

#[tokio::test]
async fn all_quirks_together_are_what_observed_means() {
    use sandtill::sandbox::scenario::Overrides;
    let built_in = sandtill::sandbox::scenario::BUILT_IN;
    let text = built_in.iter().find(|it| it.name == "default").unwrap().text;
    let overrides =
        |keyword: &str| Overrides { quirks: Some(vec![keyword.to_owned()]), seed: None };
    let quirks = |keyword: &str| {
        let vocabulary = providers::vocabulary();
        let scenario = sandtill::sandbox::scenario::Scenario::parse(
            "default",
            text,
            &vocabulary,
            &overrides(keyword),
        );
        scenario.unwrap().quirks.into_iter().collect::<Vec<_>>()
    };
    let mut all: Vec<String> = Vec::new();
    for provider in providers::ALL {
        all.extend(provider.quirks.iter().map(|it| format!("{}.{}", provider.slug, it.name)));
    }
    all.sort();
    assert_eq!(quirks("observed"), all);
    assert_eq!(quirks("documented"), Vec::<String>::new());
}
