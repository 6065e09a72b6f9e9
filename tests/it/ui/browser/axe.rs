//! What axe-core finds on the pages, in both colour schemes, and whether they fit every width.

use std::path::Path;

use super::driver::Browser;
use super::wrong_signature;
use crate::support::Server;
use crate::ui::{VIEWS, api, done};

/// Where `.ci/run` puts axe-core, which is not ours to carry.
fn axe() -> Option<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/axe/package/axe.min.js");
    let read = std::fs::read_to_string(&path);
    if read.is_err() {
        super::skipped(&format!("there is no {}; .ci/run fetches it", path.display()));
    }
    read.ok()
}

/// A server with something to see on every page, and the addresses of all its pages.
async fn server() -> (Server, Vec<String>) {
    let server = Server::start().await;
    wrong_signature(&server).await;
    server.send("POST", "/nobody", &[], "قهوة ☕").await;
    let new = r#"{"merchant":"everywhere","amount":12345,"currency":"USD","status":"captured"}"#;
    let id = api(&server, "POST", "transactions", new).await.json()["id"].as_i64().unwrap();
    api(&server, "POST", &format!("transactions/{id}/refund"), r#"{"amount":345}"#).await;
    let client = crate::payfort::HOME;
    client.ask(&server, &client.generate("r2")).await;
    let bearer = ("authorization", "Bearer STAGE_sandtill");
    let kind = ("content-type", "application/json");
    let report = r#"{"type":"merchant_transactions","resource":{"object_type":"account","object_id":216083312},"callback_uri":"http://receiver.invalid/ipn"}"#;
    server.send("POST", "/v2/report/create", &[bearer, kind], report).await;
    done(&server, "clock", &[("do", "advance"), ("by", "10s")]).await;
    // Last, because it strikes the next requests.
    done(&server, "faults", &[("do", "set"), ("id", "bad-monday")]).await;
    let one = [format!("ledger/{id}"), "journal/1".to_owned(), "nowhere".to_owned()];
    let paths = VIEWS.iter().map(|it| (*it).to_owned()).chain(one).collect();
    (server, paths)
}

#[tokio::test(flavor = "multi_thread")]
async fn axe_finds_nothing_on_any_page_in_both_colour_schemes() {
    let (Some(axe), Some(browser)) = (axe(), Browser::start().await) else { return };
    let (server, paths) = server().await;
    for scheme in ["light", "dark"] {
        browser.colours(scheme).await;
        for path in &paths {
            browser.go(&format!("{}/_admin/ui/{path}", server.url)).await;
            // What is folded away is read too.
            browser
                .script("for (const it of document.querySelectorAll('details')) it.open = true")
                .await;
            browser.script(&axe).await;
            let found = browser
                .promised("axe.run().then((it) => it.violations.map((v) => v.id + ': ' + v.nodes.map((n) => n.html + ' ' + n.failureSummary).slice(0, 3).join(' | ')))")
                .await;
            assert_eq!(found, serde_json::json!([]), "{scheme} {path}: {found:#}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_page_fits_from_320_to_2560_pixels() {
    let Some(browser) = Browser::start().await else { return };
    let (server, paths) = server().await;
    for width in [320, 768, 1280, 2560] {
        browser.size(width, 900).await;
        for path in &paths {
            browser.go(&format!("{}/_admin/ui/{path}", server.url)).await;
            // What is folded away has to fit too.
            browser
                .script("for (const it of document.querySelectorAll('details')) it.open = true")
                .await;
            let wide = browser.script("return document.documentElement.scrollWidth").await;
            assert_eq!(wide, width, "{path}");
        }
    }
}
