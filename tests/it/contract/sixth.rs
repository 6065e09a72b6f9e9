//! A sixth provider needs one folder, one line in `providers::ALL` and one driver: a toy provider is
//! routed, authenticated, journaled and faulted, and no code outside the folders names a provider.

use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode};
use axum::response::{IntoResponse, Response};
use sandtill::app::app_of;
use sandtill::providers::request_scope::RequestScope;
use sandtill::providers::{self, Provider, at_once};
use sandtill::sandbox::Options;
use sandtill::sandbox::facts::Named;
use sandtill::sandbox::journal::Note;
use sandtill::sandbox::ledger::Axis;
use sandtill::sandbox::scenario::{Field, Overrides, Scenario, ScenarioError};
use sandtill::sandbox::spaces::Spaces;
use sandtill::wire::call::{Call, response, with_note};

static TOY: [Provider; 1] = [Provider {
    name: "Toy",
    slug: "toy",
    docs: "https://toy.example/docs",
    hosts: &["toy.example"],
    paths: &["/toy/rows"],
    operation: |_| "rows",
    narrowed: |operation, _, _| operation,
    operations: &[],
    request_scope: |_| RequestScope::default(),
    handler: || at_once(rows),
    row_reports: Vec::new,
    credentials: &[Field { name: "key", required: true, secret: true, ..Field::PLAIN }],
    device_cards: false,
    quirks: &[],
    settings: &[],
    examples: |_, _| Vec::new(),
    extra_examples: |_| Vec::new(),
    reject_early: |_, _, _, _| StatusCode::BAD_REQUEST.into_response(),
    error_response: |_, _, _, _| None,
    sign: None,
    sign_again: None,
    diagnose: |_, _| None,
    codes: Vec::new,
    knows: |_, _| false,
    lag_counts_from: Axis::Created,
    callbacks: None,
    on_phase_forced: |_, _| Ok(()),
    fetch: |_, _| None,
    row_mapping: None,
    row: |_, _| Vec::new(),
}];

/// How many rows the merchant with the key in the query has.
fn rows(call: &Call) -> Response {
    let mut known = call.scenario().credentials("toy");
    let own = known.find(|(_, it)| it.get("key").map(String::as_str) == call.uri.query());
    let Some(view) = own.and_then(|(merchant, _)| call.view(merchant.id)) else {
        let refused = response(StatusCode::UNAUTHORIZED, "text/plain", "who?");
        return with_note(refused, Note::refused(None, "no merchant has this key"));
    };
    let count = view.rows(Axis::Created, 0..view.now + 1).count();
    response(StatusCode::OK, "text/plain", count.to_string())
}

fn scenario(more: &str) -> Result<Scenario, ScenarioError> {
    let text = format!(
        "[clock]\nmode = \"frozen\"\nnow = \"2026-03-14T12:00:00Z\"\n[[merchant]]\nname = \"shop\"\n\
         [[merchant.credentials.toy]]\nkey = \"k1\"\n\
         [merchant.trade]\nvolume = 0\n{more}"
    );
    let vocabulary = providers::vocabulary_of(&TOY);
    Scenario::parse("toy.toml", &text, &vocabulary, &Overrides::default())
}

const THREE_ROWS: &str = "[[transaction]]\nmerchant = \"shop\"\namount = 100\n\
     at = \"2026-03-13T10:00:00Z\"\n[[transaction]]\nmerchant = \"shop\"\namount = 200\n\
     at = \"2026-03-13T11:00:00Z\"\n[[transaction]]\nmerchant = \"shop\"\namount = 300\n\
     at = \"2026-03-14T11:00:00Z\"\n";

#[tokio::test]
async fn a_toy_provider_is_routed_journaled_and_faulted() {
    let fault =
        "[[fault]]\nprovider = \"toy\"\ntimes = 1\nfault = { kind = \"status\", status = 503 }\n";
    let world = scenario(&format!("{THREE_ROWS}{fault}")).unwrap();
    let spaces = Spaces::new(Arc::new(world), Options::default());
    let app = app_of(spaces.clone(), &TOY);
    let ask = async |target: &str| {
        let request = Request::get(target).body(Body::empty()).unwrap();
        let answer = app.answer(request).await;
        let status = answer.status().as_u16();
        let body = to_bytes(answer.into_body(), 1 << 16).await.unwrap();
        (status, String::from_utf8_lossy(&body).into_owned())
    };
    assert_eq!(ask("/toy/rows?k1").await.0, 503);
    assert_eq!(ask("/toy/rows?k1").await, (200, "3".to_owned()));
    assert_eq!(ask("/toy/rows?other").await, (401, "who?".to_owned()));
    assert_eq!(ask("/api/reports").await.0, 404);
    let journal = &spaces.space("").unwrap().0.journal;
    let entries = journal.entries();
    let summaries = entries.iter().map(|it| (it.provider, it.operation, it.outcome.name()));
    let of_toy: Vec<_> = summaries.filter(|it| it.0 == "toy").collect();
    assert_eq!(
        of_toy,
        [("toy", "rows", "faulted"), ("toy", "rows", "answered"), ("toy", "rows", "refused")]
    );
}

#[test]
fn the_scenario_checks_the_words_of_a_toy_provider() {
    let wrong = |more: &str| scenario(more).unwrap_err().to_string();
    let error = "[[fault]]\nprovider = \"toy\"\nfault = { kind = \"error\", error = \"E1\" }\n";
    assert!(wrong(error).contains("toy has no error `E1`"), "{}", wrong(error));
    let late = "[[fault]]\nprovider = \"toy\"\nfault = { kind = \"drop\" }\n";
    assert!(wrong(late).contains("toy sends none"), "{}", wrong(late));
}
