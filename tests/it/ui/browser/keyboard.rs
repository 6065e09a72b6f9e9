//! From the first page to the diagnosis of a refused request without a mouse.

use super::driver::Browser;
use super::wrong_signature;
use crate::support::Server;

const ENTER: &str = "\u{e007}";
const TAB: &str = "\u{e004}";
const ESCAPE: &str = "\u{e00c}";

/// Presses Tab until the focus is on what the expression describes; at most 80 times.
async fn tab_to(browser: &Browser, condition: &str) {
    for _ in 0..80 {
        browser.press(TAB).await;
        let script = format!("const it = document.activeElement; return {condition}");
        if browser.script(&script).await == true {
            return;
        }
    }
    panic!("Tab does not lead to {condition}");
}

#[tokio::test(flavor = "multi_thread")]
async fn tab_and_enter_lead_from_the_start_to_a_diagnosis() {
    let Some(browser) = Browser::start().await else { return };
    let server = Server::start().await;
    wrong_signature(&server).await;
    browser.go(&server.url).await;
    tab_to(&browser, "it.textContent === 'Skip to content'").await;
    tab_to(&browser, "it.textContent === 'Journal'").await;
    // The focus can be seen: the ring is not taken away.
    let ring = browser.script("return getComputedStyle(document.activeElement).outlineStyle").await;
    assert_ne!(ring, "none");
    browser.press(ENTER).await;
    browser.until("document.title.startsWith('Journal')").await;
    tab_to(&browser, "it.matches('a.row')").await;
    browser.press(ENTER).await;
    browser.until("document.title.startsWith('Entry 1')").await;
    assert!(browser.text().await.contains("Why it was refused"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_keys_of_the_script_do_the_same() {
    let Some(browser) = Browser::start().await else { return };
    let server = Server::start().await;
    wrong_signature(&server).await;
    wrong_signature(&server).await;
    browser.go(&server.url).await;
    browser.press("?").await;
    browser.until("document.getElementById('keys').open").await;
    browser.press(ESCAPE).await;
    browser.until("!document.getElementById('keys').open").await;
    browser.press("g").await;
    browser.press("j").await;
    browser.until("document.title.startsWith('Journal')").await;
    browser.press("j").await;
    browser.until("document.activeElement.matches('a.row')").await;
    browser.press(ENTER).await;
    browser.until("document.title.startsWith('Entry 2')").await;
    browser.press("j").await;
    browser.until("document.title.startsWith('Entry 1')").await;
    browser.press("k").await;
    browser.until("document.title.startsWith('Entry 2')").await;
    browser.press(ESCAPE).await;
    browser.until("document.title.startsWith('Journal')").await;
    browser.press("/").await;
    browser.until("document.activeElement.matches('input')").await;
}
