//! The story of a new user: from the first look to a callback that is tried again, with a mouse and no
//! documentation.

use std::process::Command;

use super::driver::Browser;
use crate::receiver::{Receiver, status};
use crate::support::Server;

/// Runs a command as a user who pastes it into a shell.
async fn pasted(command: String) {
    let ran =
        tokio::task::spawn_blocking(move || Command::new("sh").args(["-c", &command]).output());
    let output = ran.await.unwrap().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// The command on the card of a provider.
async fn command(browser: &Browser, slug: &str) -> String {
    let script = format!(
        "return document.getElementById('provider-{slug}').closest('section').querySelector('pre code').textContent"
    );
    browser.script(&script).await.as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_user_finds_out_what_went_wrong_and_makes_things_happen() {
    let Some(browser) = Browser::start().await else { return };
    let receiver = Receiver::new(|_, _| Box::pin(async { status(500) })).await;
    let server = Server::start().await;
    browser.go(&server.url).await;
    sees_why_a_signature_was_refused(&browser).await;
    freezes_the_clock(&browser).await;
    sees_a_payment_paid_out(&browser).await;
    breaks_the_next_report(&browser).await;
    report_with_callback(&server, &receiver).await;
    sees_a_callback_tried_again(&browser).await;
}

/// A request with a wrong signature comes in by itself, and its page has both, the first difference marked.
async fn sees_why_a_signature_was_refused(browser: &Browser) {
    assert!(browser.text().await.contains("Nothing has arrived yet"));
    let curl = command(browser, "payfort").await;
    let (generate, _) = curl.split_once("; echo").unwrap();
    let (before, signature) = generate.rsplit_once("\"signature\":\"").unwrap();
    let wrong = signature.replacen(&signature[..8], "deadbeef", 1);
    pasted(format!("{before}\"signature\":\"{wrong}")).await;
    browser.until("document.querySelector('a.row')").await;
    assert!(!browser.text().await.contains("Nothing has arrived yet"));
    browser.click("a.row").await;
    browser.until("document.title.startsWith('Entry 1')").await;
    let text = browser.text().await;
    assert!(text.contains("Why it was refused") && text.contains("Likely mistake"), "{text}");
    let yours = browser.script("return document.querySelector('mark.yours').textContent").await;
    assert!(yours.as_str().unwrap().starts_with("deadbeef"), "{yours}");
}

/// The clock runs and is frozen again; what is shown beside the navigation follows.
async fn freezes_the_clock(browser: &Browser) {
    open(browser, "Clock").await;
    browser.click_text("Let it run").await;
    browser.until("document.querySelector('#now .chip').textContent === 'running'").await;
    browser.click_text("Freeze").await;
    browser.until("document.querySelector('#now .chip').textContent === 'frozen'").await;
}

/// A payment of their own, the day on which its money arrives, and the deposit that has it.
async fn sees_a_payment_paid_out(browser: &Browser) {
    open(browser, "Ledger").await;
    browser.click_text("Add a payment").await;
    browser.fill("#add input[name=amount]", "12.34").await;
    browser.click_text("Add").await;
    browser.until("document.title.startsWith('Payment')").await;
    assert!(browser.text().await.contains("12.34"));
    browser.click_text("Advance to its settlement").await;
    browser.until("document.body.innerText.includes('The clock has moved')").await;
    let day =
        browser.script("return document.querySelector('#now time').dateTime.slice(0, 10)").await;
    open(browser, "Settlement").await;
    let text = browser.text().await;
    assert!(text.contains("deposits tie out") && text.contains(day.as_str().unwrap()), "{text}");
}

/// The next answer of Flitt is broken on purpose, and the journal says so.
async fn breaks_the_next_report(browser: &Browser) {
    open(browser, "Faults and levers").await;
    browser.choose("#f-provider", "flitt").await;
    browser.choose("#f-kind", "broken_json").await;
    browser.click("form:has(#f-kind) button.primary").await;
    browser.until("document.querySelector('tr[id^=fault-]')").await;
    open(browser, "Start").await;
    let curl = command(browser, "flitt").await;
    pasted(curl).await;
    browser
        .until(
            "[...document.querySelectorAll('td .chip')].some((it) => it.textContent === 'faulted')",
        )
        .await;
}

/// A callback fails and is tried again when its time has come.
async fn sees_a_callback_tried_again(browser: &Browser) {
    open(browser, "Clock").await;
    browser.click_text("To the next thing due").await;
    browser.until("document.body.innerText.includes('The clock has moved')").await;
    browser.click_text("+ 1 day").await;
    browser.until("document.querySelectorAll('li.new').length >= 2").await;
    open(browser, "Callbacks").await;
    let attempts =
        browser.script("return document.querySelectorAll('#callback-1 tbody tr').length").await;
    assert!(attempts.as_u64().unwrap() >= 2, "{}", browser.text().await);
}

/// Follows the navigation.
async fn open(browser: &Browser, title: &str) {
    browser.click_text(title).await;
    browser.until(&format!("document.title.startsWith('{title} ')")).await;
}

/// Asks WePay for a report with a callback, as an importer does.
async fn report_with_callback(server: &Server, receiver: &Receiver) {
    let report = format!(
        r#"{{"type":"merchant_transactions","resource":{{"object_type":"account","object_id":216083312}},"callback_uri":"{}/ipn"}}"#,
        receiver.url
    );
    let bearer = ("authorization", "Bearer STAGE_sandtill");
    let answer = server
        .send("POST", "/v2/report/create", &[bearer, ("content-type", "application/json")], report)
        .await;
    assert_eq!(answer.status, 200, "{}", answer.text());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refresh_keeps_focus_and_what_was_typed() {
    let Some(browser) = Browser::start().await else { return };
    let server = Server::start().await;
    super::wrong_signature(&server).await;
    browser.go(&format!("{}/_admin/ui/journal", server.url)).await;
    browser.fill("#f-operation", "repo").await;
    browser.script("document.querySelector('#f-operation').focus()").await;
    super::wrong_signature(&server).await;
    browser.until("document.querySelectorAll('a.row').length === 2").await;
    let kept = browser
        .script(
            "return document.activeElement.id + ' ' + document.querySelector('#f-operation').value",
        )
        .await;
    assert_eq!(kept, "f-operation repo");
    // What comes in is said to who listens.
    browser.until("document.getElementById('news').textContent === 'One new row.'").await;

    browser.click("button.pause").await;
    super::wrong_signature(&server).await;
    browser.click("button.pause").await;
    browser.until("document.querySelectorAll('a.row').length === 3").await;
    assert!(browser.script("return navigator.webdriver").await == true);
}
