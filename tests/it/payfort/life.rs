//! Tests the phases of a report: created, pending, ready, and unchanged afterwards.

use serde_json::{Value, json};

use super::{EVERYWHERE, HOME, pass, send};
use crate::support::{NOON, Server, frozen, scenario};

/// The default scenario with settings of PayFort.
fn with_settings(settings: &str) -> sandtill::sandbox::scenario::Scenario {
    let built_in = sandtill::sandbox::scenario::BUILT_IN;
    let text = built_in.iter().find(|it| it.name == "default").unwrap().text;
    scenario(&format!(
        "{text}\n[clock]\nmode = \"frozen\"\nnow = \"{NOON}\"\n[settings.payfort]\n{settings}\n"
    ))
}

#[track_caller]
fn code(answer: &crate::support::Answer) -> String {
    assert_eq!(answer.status, 200);
    answer.json()["response_code"]
        .as_str()
        .unwrap_or_else(|| panic!("{}", answer.text()))
        .to_owned()
}

#[tokio::test]
async fn a_report_is_pending_until_its_time_has_come() {
    let server = Server::start().await;
    let download = HOME.download("life-1");
    let early = HOME.ask(&server, &download).await;
    assert_eq!(code(&early), "57127");
    assert_eq!(early.json()["response_message"], "Merchant reference is not generated yet");
    HOME.verify(&early.json());

    assert_eq!(code(&HOME.ask(&server, &HOME.generate("life-1")).await), "56000");
    pass(&server, 1);
    let pending = HOME.ask(&server, &download).await;
    assert_eq!(code(&pending), "57128");
    assert_eq!(
        pending.json()["response_message"],
        "The generated report is still pending, you can’t download it now"
    );
    HOME.verify(&pending.json());
    let reason = server.last_entry().note.reason.clone().unwrap();
    assert!(reason.contains("2026-03-14T12:00:02Z"), "{reason}");

    pass(&server, 1);
    let ready = HOME.ask(&server, &download).await.json();
    assert!(ready[1].as_array().unwrap().len() > 1000);
    assert_eq!(server.last_entry().note.merchant.as_deref(), Some("payfort"));
}

#[tokio::test]
async fn repeated_downloads_are_identical_whatever_happens_meanwhile() {
    let server = Server::start().await;
    HOME.ask(&server, &HOME.generate("life-2")).await;
    pass(&server, 2);
    let first = HOME.ask(&server, &HOME.download("life-2")).await;
    pass(&server, 20 * 86_400);
    let file: sandtill::sandbox::scenario::TransactionFile = serde_json::from_value(
        json!({"merchant": "payfort", "amount": 1, "at": "2026-03-10T00:00:00Z"}),
    )
    .unwrap();
    let sandbox = server.space();
    let merchant = sandbox.world().scenario.merchant("payfort").unwrap().clone();
    let added = file.to_row(&merchant, sandbox.moment().now).unwrap();
    crate::support::add(&sandbox, merchant.id, added);
    let second = HOME.ask(&server, &HOME.download("life-2")).await;
    assert_eq!(first.body, second.body);
    let later = HOME.rows(&server, &HOME.generate("life-3")).await;
    assert!(later.len() > second.json()[1].as_array().unwrap().len());
}

#[tokio::test]
async fn a_report_shows_the_moment_it_got_ready_and_not_that_of_its_download() {
    let server = Server::start().await;
    HOME.ask(&server, &HOME.generate("life-4")).await;
    pass(&server, 10 * 86_400);
    let late = HOME.ask(&server, &HOME.download("life-4")).await;
    let other = Server::start().await;
    HOME.ask(&other, &HOME.generate("life-4")).await;
    pass(&other, 2);
    let early = HOME.ask(&other, &HOME.download("life-4")).await;
    assert_eq!(late.body, early.body);
}

#[tokio::test]
async fn a_reference_is_used_up_by_success_and_by_nothing_else() {
    let server = Server::start().await;
    let mut wrong = HOME.generate("life-5");
    wrong["columns"] = json!(["no_such_column"]);
    assert_eq!(code(&HOME.ask(&server, &wrong).await), "00033");
    let mut reversed = HOME.generate("life-5");
    reversed["to_date"] = json!("2026-02-01T00:00:00+00:00");
    assert_eq!(code(&HOME.ask(&server, &reversed).await), "57122");
    assert_eq!(code(&HOME.ask(&server, &HOME.generate("life-5")).await), "56000");
    let again = HOME.ask(&server, &HOME.generate("life-5")).await;
    assert_eq!(code(&again), "57066");
    assert_eq!(again.json()["response_message"], "Merchant reference already exists");
    HOME.verify(&again.json());
}

#[tokio::test]
async fn references_belong_to_their_merchant() {
    let server = Server::start().await;
    HOME.ask(&server, &HOME.generate("life-6")).await;
    pass(&server, 2);
    assert_eq!(code(&EVERYWHERE.ask(&server, &EVERYWHERE.download("life-6")).await), "57127");
    assert_eq!(code(&EVERYWHERE.ask(&server, &EVERYWHERE.generate("life-6")).await), "56000");
}

#[tokio::test]
async fn the_queue_takes_as_many_reports_as_the_setting_says() {
    let server = Server::with(with_settings("queue_limit = 2\nreport_ready = \"1m\"")).await;
    for reference in ["q1", "q2"] {
        assert_eq!(code(&HOME.ask(&server, &HOME.generate(reference)).await), "56000");
    }
    let full = HOME.ask(&server, &HOME.generate("q3")).await;
    assert_eq!(code(&full), "57129");
    assert_eq!(
        full.json()["response_message"],
        "“Downloaded report” queue is full. Wait till its empty again"
    );
    // Another merchant has a queue of its own.
    assert_eq!(code(&EVERYWHERE.ask(&server, &EVERYWHERE.generate("q3")).await), "56000");
    pass(&server, 60);
    assert_eq!(code(&HOME.ask(&server, &HOME.generate("q3")).await), "56000");
}

#[tokio::test]
async fn a_report_may_have_as_many_rows_as_the_setting_says_and_no_more() {
    let rows = {
        let server = Server::start().await;
        HOME.rows(&server, &HOME.generate("all")).await.len()
    };
    for (limit, expected) in [(rows, None), (rows - 1, Some("57134"))] {
        let server = Server::with(with_settings(&format!("row_limit = {limit}"))).await;
        HOME.ask(&server, &HOME.generate("r1")).await;
        pass(&server, 2);
        let answer = HOME.ask(&server, &HOME.download("r1")).await.json();
        assert_eq!(answer.get("response_code").and_then(Value::as_str), expected, "{limit}");
    }
}

#[tokio::test]
async fn a_phase_forced_by_hand_is_what_a_download_sees() {
    use sandtill::sandbox::state::jobs::Phase;
    let server = Server::start().await;
    HOME.ask(&server, &HOME.generate("f1")).await;
    let sandbox = server.space();
    for (phase, expected) in [
        (Phase::Queued, "57128"),
        (Phase::Running, "57128"),
        (Phase::Failed, "57127"),
        (Phase::Expired, "57127"),
    ] {
        crate::support::force(&sandbox, 1, phase);
        assert_eq!(code(&HOME.ask(&server, &HOME.download("f1")).await), expected, "{phase:?}");
    }
    crate::support::force(&sandbox, 1, Phase::Ready);
    assert!(HOME.ask(&server, &HOME.download("f1")).await.json().is_array());
}

#[tokio::test]
async fn the_format_of_a_download_is_its_own_or_else_that_of_its_report() {
    let server = Server::with(frozen("default", NOON)).await;
    let mut generate = HOME.generate("x1");
    generate["response_format"] = json!("XML");
    HOME.ask(&server, &generate).await;
    pass(&server, 2);
    let same = HOME.ask(&server, &HOME.download("x1")).await;
    assert!(same.text().starts_with("<response><response_code>56000</response_code><data_list>"));
    let mut json = HOME.download("x1");
    json["response_format"] = json!("JSON");
    assert!(HOME.ask(&server, &json).await.json().is_array());
}

#[tokio::test]
async fn a_stolen_body_does_not_open_anothers_report() {
    let server = Server::start().await;
    HOME.ask(&server, &HOME.generate("s1")).await;
    pass(&server, 2);
    let mut stolen = HOME.signed(&HOME.download("s1"));
    stolen["merchant_identifier"] = json!(EVERYWHERE.identifier);
    assert_eq!(code(&send(&server, &stolen).await), "00010");
    stolen["access_code"] = json!(EVERYWHERE.access_code);
    let answer = send(&server, &stolen).await;
    assert_eq!(code(&answer), "00008");
    EVERYWHERE.verify(&answer.json());
}

#[tokio::test]
async fn with_no_time_to_pass_a_report_is_ready_at_once() {
    let server = Server::with(with_settings("report_ready = \"0s\"")).await;
    HOME.ask(&server, &HOME.generate("now")).await;
    assert!(HOME.ask(&server, &HOME.download("now")).await.json().is_array());
}
