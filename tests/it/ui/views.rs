//! Every view without a script: its frame, what it shows, and what it says about what is not there.

use super::{VIEWS, api, done, get, page, refused};
use crate::support::{NOON, Server};

fn count(text: &str, part: &str) -> usize {
    text.matches(part).count()
}

#[tokio::test]
async fn every_view_has_one_heading_a_main_part_navigation_title_and_icon() {
    let server = Server::start().await;
    refused(&server).await;
    for space in ["", "/@t1"] {
        for view in VIEWS {
            let path = format!("{space}/_admin/ui/{view}");
            let answer = page(&server, "GET", &path, &[], String::new()).await;
            let text = answer.text();
            assert_eq!(answer.status, 200, "{path}: {text}");
            assert_eq!(answer.header("content-type"), "text/html; charset=utf-8", "{path}");
            for (part, times) in [
                ("<h1", 1),
                ("<main", 1),
                ("<nav", 1),
                ("<title>", 1),
                ("rel=\"icon\"", 1),
                ("aria-current=\"page\"", 1),
                ("<html lang=\"en\">", 1),
                ("aria-live=\"polite\"", 1),
            ] {
                assert_eq!(count(&text, part), times, "{path} {part}");
            }
            // All links of a space stay in it: those to pages, to calls and to files.
            // The list of spaces alone leads to others.
            let own = count(&text, &format!("=\"{space}/_admin/"));
            let all = count(&text, "=\"/_admin/") + count(&text, "=\"/@");
            let others = usize::from(view == "spaces" && !space.is_empty());
            assert_eq!(all - own, others, "{path}");
        }
    }
}

#[tokio::test]
async fn every_view_is_in_the_navigation_and_no_page_is_missing_there() {
    let server = Server::frozen("empty", NOON).await;
    let text = get(&server, "").await;
    let nav = text.split_once("<nav").unwrap().1.split_once("</nav>").unwrap().0;
    let linked: Vec<&str> =
        nav.split("href=\"/_admin/ui/").skip(1).filter_map(|it| it.split('"').next()).collect();
    assert_eq!(linked, VIEWS);
}

#[tokio::test]
async fn a_browser_at_the_root_is_led_to_the_pages_of_its_space() {
    let server = Server::frozen("empty", NOON).await;
    let html = [("accept", "text/html,application/xhtml+xml,*/*;q=0.8")];
    for (path, to) in [
        ("/", "/_admin/ui/"),
        ("/@t1", "/@t1/_admin/ui/"),
        ("/@t1/", "/@t1/_admin/ui/"),
        ("/_admin/ui", "/_admin/ui/"),
        ("/@t1/_admin/ui", "/@t1/_admin/ui/"),
    ] {
        let answer = page(&server, "GET", path, &html, String::new()).await;
        assert_eq!((answer.status, answer.header("location")), (303, to), "{path}");
    }
    // A program at the root is still told that nobody has this path, and the journal has its request.
    let answer = page(&server, "GET", "/", &[("accept", "*/*")], String::new()).await;
    assert_eq!(answer.status, 404);
    assert_eq!(server.space().journal.entries().len(), 1);
}

#[tokio::test]
async fn what_does_not_exist_has_a_page_that_says_so() {
    let server = Server::start().await;
    for (path, status, says) in [
        ("nowhere", 404, "there is no page"),
        ("journal/17", 404, "there is no entry 17"),
        ("journal/x", 404, "is not the id of a journal entry"),
        ("journal/999999999999999999999", 404, "is not the id"),
        ("ledger/1", 404, "1"),
        ("ledger/x", 404, "is not the id of a transaction"),
        ("journal?outcome=refuse", 400, "refused"),
        ("journal?since=x", 400, "whole number"),
        ("ledger?day=yesterday", 400, "write it like 2026-03-14"),
        ("ledger?merchant=nobody", 400, "unknown merchant"),
        ("reports?phase=never", 400, "phase"),
    ] {
        let path = format!("/_admin/ui/{path}");
        let answer = page(&server, "GET", &path, &[], String::new()).await;
        let text = answer.text();
        assert_eq!(answer.status, status, "{path}: {text}");
        assert!(text.contains(says), "{path}: {text}");
        assert!(text.contains("<h1>") && text.contains("<nav"), "{path}: {text}");
        assert_eq!(answer.header("content-type"), "text/html; charset=utf-8", "{path}");
    }
    let answer = page(&server, "GET", "/@a%20b/_admin/ui/", &[], String::new()).await;
    assert_eq!(answer.status, 404);
    let answer = page(&server, "PUT", "/_admin/ui/clock", &[], String::new()).await;
    assert_eq!(answer.status, 405);
}

#[tokio::test]
async fn a_space_that_was_not_declared_has_a_page_that_says_so() {
    let options = sandtill::sandbox::Options {
        declared_spaces: true,
        ..sandtill::sandbox::Options::default()
    };
    let server = Server::started(crate::support::frozen("empty", NOON), options).await;
    let answer = page(&server, "GET", "/@nobody/_admin/ui/", &[], String::new()).await;
    let text = answer.text();
    assert_eq!(answer.status, 404, "{text}");
    assert!(text.contains("there is no space `nobody`") && text.contains("<h1>"), "{text}");
}

#[tokio::test]
async fn the_start_page_has_a_card_a_provider_with_what_the_api_says() {
    let server = Server::start().await;
    let text = get(&server, "").await;
    assert!(text.contains("Nothing has arrived yet"), "{text}");
    let providers = api(&server, "GET", "providers", "").await.json();
    for provider in providers["providers"].as_array().unwrap() {
        assert!(
            text.contains(&format!(">{}</h3>", provider["name"].as_str().unwrap())),
            "{provider}"
        );
        let command = provider["examples"][0]["command"].as_str().unwrap();
        let first = command.lines().next().unwrap().replace('&', "&amp;").replace('"', "&quot;");
        assert!(text.contains(&first), "{first}");
    }
    for known in ["CycHZxVj", "1549902", "sandtill-shop-secret", "sandtill-terminal-1", "216083312"]
    {
        assert!(text.contains(known), "{known}");
    }
    refused(&server).await;
    let text = get(&server, "").await;
    assert!(!text.contains("Nothing has arrived yet"));
    assert!(text.contains("1 in the last minute"), "{text}");
}

#[tokio::test]
async fn an_entry_shows_why_it_was_refused_and_the_journal_leads_to_it() {
    let server = Server::start().await;
    let client = crate::payfort::HOME;
    let mut request = client.generate("r1");
    request["signature"] = "deadbeef".repeat(8).into();
    crate::payfort::send(&server, &request).await;
    let list = get(&server, "journal").await;
    assert!(list.contains("href=\"/_admin/ui/journal/1\""), "{list}");
    let entry = api(&server, "GET", "journal/1", "").await.json();
    let text = get(&server, "journal/1").await;
    let reason = entry["reason"].as_str().unwrap();
    assert!(text.contains("Why it was refused") && text.contains(reason), "{text}");
    assert!(text.contains("The string to sign") && text.contains("‹request phrase›"), "{text}");
    // Both digests, of which the first different character is marked.
    assert!(text.contains("<mark class=\"ours\">") && text.contains("<mark class=\"yours\">"));
    assert!(text.contains("curl -sS -X POST"), "{text}");
    for language in ["pytest", "Rust", "JavaScript"] {
        assert!(text.contains(language), "{language}");
    }
}

#[tokio::test]
async fn filters_run_on_the_server_and_stay_in_links() {
    let server = Server::start().await;
    for _ in 0..3 {
        refused(&server).await;
    }
    server.send("GET", "/somewhere/else", &[], "").await;
    let of = |text: &str| count(text, "<tr id=\"entry-");
    assert_eq!(of(&get(&server, "journal").await), 4);
    let filtered = get(&server, "journal?provider=begateway&outcome=refused").await;
    assert_eq!(of(&filtered), 3);
    assert!(filtered.contains("journal/1?provider=begateway&amp;outcome=refused"), "{filtered}");
    assert_eq!(of(&get(&server, "journal?path=somewhere").await), 1);
    assert_eq!(of(&get(&server, "journal?status=401&contains=%7B%7D").await), 3);
    assert!(get(&server, "journal?provider=wepay").await.contains("No request fits this filter"));
}

#[tokio::test]
async fn a_page_has_200_rows_at_most() {
    let server = Server::start().await;
    for _ in 0..250 {
        server.send("GET", "/nobody", &[], "").await;
    }
    for path in ["journal", "ledger", ""] {
        let rows = count(&get(&server, path).await, "<tr");
        assert!((5..=200).contains(&rows), "{path}: {rows}");
    }
    let first = get(&server, "ledger").await;
    let after = first.split_once("after=").unwrap().1.split_once('"').unwrap().0.to_owned();
    let second = get(&server, &format!("ledger?after={after}")).await;
    let ids = |text: &str| -> Vec<String> {
        let rows = text.split("<tr id=\"row-").skip(1);
        rows.map(|it| it.split('"').next().unwrap().to_owned()).collect()
    };
    let (first, second) = (ids(&first), ids(&second));
    assert_eq!((first.len(), second.len()), (100, 100));
    assert!(first.iter().all(|id| !second.contains(id)));
    let before = get(&server, "journal").await;
    assert!(before.contains("before=151"), "{before}");
}

#[tokio::test]
async fn a_payment_shows_its_life_and_what_followed() {
    let server = Server::start().await;
    let new = r#"{"merchant":"everywhere","amount":12345,"currency":"USD","status":"captured"}"#;
    let id = api(&server, "POST", "transactions", new).await.json()["id"].as_i64().unwrap();
    let refund = format!("transactions/{id}/refund");
    api(&server, "POST", &refund, r#"{"amount":345}"#).await;
    let text = get(&server, &format!("ledger/{id}")).await;
    assert!(text.contains("123.45"), "{text}");
    assert!(text.contains(">3.45 <"), "{text}");
    // Created has happened at noon; its settlement is to come, so its point is hollow.
    assert!(text.contains("class=\"accent\"") && text.contains("class=\"good hollow\""), "{text}");
    assert!(text.contains("settled (to come)"), "{text}");
}

#[tokio::test]
async fn a_payment_shows_its_whole_row_in_the_words_of_each_provider() {
    let server = Server::start().await;
    let new = r#"{"merchant":"everywhere","amount":1250,"currency":"USD","customer":{"first_name":"Ниno <b>"}}"#;
    let id = api(&server, "POST", "transactions", new).await.json()["id"].clone();
    let text = get(&server, &format!("ledger/{id}")).await;
    for provider in ["payfort", "flitt", "begateway", "epicpay", "wepay"] {
        assert!(text.contains(&format!("<details id=\"row-{provider}\"")), "{provider}");
    }
    let cell = |name: &str, value: &str| {
        let value = value.replace('"', "&quot;").replace('<', "&lt;").replace('>', "&gt;");
        format!("<dt>{name}</dt><dd><code>{value}</code></dd>")
    };
    for (name, value) in [
        ("fort_id", None),
        ("amount", Some("\"1250\"")),
        ("amount", Some("\"12.50\"")),
        ("amount", Some("1250")),
        ("gross", Some("\"12.50\"")),
        ("settlement_date", Some("null")),
        ("billing_address.first_name", Some("\"Ниno <b>\"")),
        ("customer_name", None),
        ("net", None),
    ] {
        let wanted = value.map_or_else(|| format!("<dt>{name}</dt>"), |value| cell(name, value));
        assert!(text.contains(&wanted), "{wanted} in {text}");
    }
    assert!(text.contains(", report 745: 26 values"), "{text}");
    assert!(text.contains(": 39 values"), "{text}");
}

#[tokio::test]
async fn the_clock_tells_what_will_happen_to_payments_and_their_deposits() {
    let server = Server::start().await;
    assert!(get(&server, "clock").await.contains("nothing of payments that were added or changed"));
    let new = r#"{"merchant":"everywhere","amount":1250,"currency":"USD","status":"captured"}"#;
    let id = api(&server, "POST", "transactions", new).await.json()["id"].clone();
    api(&server, "PUT", "reporting/flitt", r#"{"lag":"3h"}"#).await;
    let text = get(&server, "clock").await;
    let link = format!("<a href=\"/_admin/ui/ledger/{id}\">payment {id} of everywhere");
    assert!(text.contains(&format!("{link} is settled</a>")), "{text}");
    assert!(text.contains(&format!("{link} is shown by the reports of flitt</a>")), "{text}");
    assert!(text.contains("is on its way to the bank</a>"), "{text}");
    let settles = api(&server, "GET", &format!("transactions/{id}"), "").await.json();
    // To the next thing due: in three hours the row shows at Flitt.
    let to = done(&server, "clock", &[("do", "advance"), ("until", "next")]).await;
    assert!(to.starts_with("/_admin/ui/clock?since="), "{to}");
    let now = api(&server, "GET", "clock", "").await.json()["now"].clone();
    assert_eq!(now, "2026-03-14T15:00:00Z");
    assert!(settles["settles_at"].as_str().unwrap() > now.as_str().unwrap());
}
