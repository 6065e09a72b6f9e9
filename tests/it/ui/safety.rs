//! Who gets in, what a page forbids the browser, and that no text of a client is ever markup.

use sandtill::sandbox::Options;

use super::{VIEWS, api, get, page, post, refused};
use crate::support::{NOON, Server, frozen, scenario};

/// What must never come out as it went in.
const MARKUP: &str = "<script>alert(1)</script>\"'><img src=x>";

/// The markup as text of a page.
const ESCAPED: &str = "&lt;script&gt;alert(1)&lt;/script&gt;";

#[tokio::test]
async fn every_page_forbids_all_but_its_own_files_and_frames() {
    let server = Server::start().await;
    for path in VIEWS.iter().copied().chain(["nowhere", "app.css", "app.js", "icon.svg", "login"]) {
        let path = format!("/_admin/ui/{path}");
        let answer = page(&server, "GET", &path, &[], String::new()).await;
        let policy = answer.header("content-security-policy");
        for part in ["default-src 'none'", "script-src 'self'", "frame-ancestors 'none'"] {
            assert!(policy.contains(part), "{path}: {policy}");
        }
        assert!(!policy.contains("unsafe"), "{path}: {policy}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        let text = answer.text();
        // The policy would block them, so none may be needed.
        assert!(!text.contains("style=\"") && !text.contains(" onclick="), "{path}");
    }
}

#[tokio::test]
async fn files_have_a_tag_and_are_not_sent_twice() {
    let server = Server::frozen("empty", NOON).await;
    for file in ["app.css", "app.js", "icon.svg"] {
        let path = format!("/_admin/ui/{file}");
        let first = page(&server, "GET", &path, &[], String::new()).await;
        let tag = first.header("etag").to_owned();
        assert!(first.status == 200 && tag.len() > 10 && !first.body.is_empty(), "{file}");
        let again = page(&server, "GET", &path, &[("if-none-match", &tag)], String::new()).await;
        assert_eq!(
            (again.status, again.body.len(), again.header("etag")),
            (304, 0, &*tag),
            "{file}"
        );
        let other = page(&server, "GET", &path, &[("if-none-match", "\"x\"")], String::new()).await;
        assert_eq!(other.status, 200, "{file}");
    }
}

#[tokio::test]
async fn no_foreign_page_and_no_foreign_host_gets_in() {
    let server = Server::start().await;
    let evil = [("origin", "https://evil.example")];
    for path in [
        "clock",
        "ledger",
        "faults",
        "spaces",
        "scenario",
        "journal",
        "callbacks",
        "reports",
        "login",
        "logout",
    ] {
        let path = format!("/_admin/ui/{path}");
        let answer = page(&server, "POST", &path, &evil, "do=mode&mode=running".to_owned()).await;
        assert_eq!(answer.status, 403, "{path}");
        assert!(answer.text().contains("a page of https://evil.example"), "{path}");
    }
    let answer = page(
        &server,
        "POST",
        "/_admin/ui/clock",
        &[("origin", "null")],
        "do=mode&mode=running".to_owned(),
    )
    .await;
    assert_eq!(answer.status, 403);
    let clock = api(&server, "GET", "clock", "").await.json();
    assert_eq!(clock["mode"], "frozen");
    let answer =
        page(&server, "GET", "/_admin/ui/", &[("host", "evil.example")], String::new()).await;
    assert_eq!(answer.status, 403);
    assert!(answer.text().contains("<h1>"), "{}", answer.text());
    let options = Options { beyond_loopback: true, ..Options::default() };
    let server = Server::started(frozen("empty", NOON), options).await;
    let answer = page(&server, "GET", "/_admin/ui/", &[], String::new()).await;
    assert_eq!(answer.status, 403);
    assert!(answer.text().contains("--admin-token"));
}

#[tokio::test]
async fn with_a_token_a_browser_signs_in_once() {
    let options = Options { admin_token: Some("t0ken-of-admin".into()), ..Options::default() };
    let server = Server::started(frozen("default", NOON), options).await;
    for view in VIEWS {
        let path = format!("/_admin/ui/{view}");
        let answer = page(&server, "GET", &path, &[], String::new()).await;
        assert_eq!(answer.status, 401, "{path}");
        let text = answer.text();
        assert!(
            text.contains("type=\"password\"") && text.contains(&format!("value=\"{path}\"")),
            "{text}"
        );
        assert!(!text.contains("CycHZxVj") && !text.contains(NOON), "{text}");
    }
    let answer = post(&server, "login", &[("token", "wrong"), ("next", "/_admin/ui/ledger")]).await;
    assert_eq!((answer.status, answer.header("set-cookie")), (401, ""));
    assert!(answer.text().contains("not the token"));

    let answer =
        post(&server, "login", &[("token", "t0ken-of-admin"), ("next", "/_admin/ui/ledger")]).await;
    assert_eq!((answer.status, answer.header("location")), (303, "/_admin/ui/ledger"));
    let cookie = answer.header("set-cookie").to_owned();
    for part in ["HttpOnly", "SameSite=Strict", "Path=/"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    assert!(!cookie.contains("t0ken"), "{cookie}");
    let pair = cookie.split(';').next().unwrap();
    let answer =
        page(&server, "GET", "/_admin/ui/ledger", &[("cookie", pair)], String::new()).await;
    assert_eq!(answer.status, 200);
    // The script asks the API with the same cookie; another page cannot write with it.
    let answer = page(&server, "GET", "/_admin/changes", &[("cookie", pair)], String::new()).await;
    assert_eq!(answer.status, 200);
    let evil = [("cookie", pair), ("origin", "https://evil.example")];
    let answer =
        page(&server, "POST", "/_admin/ui/clock", &evil, "do=mode&mode=running".to_owned()).await;
    assert_eq!(answer.status, 403);

    let ended = format!("sandtill_session=1000000000.{}", pair.split('.').nth(1).unwrap());
    let answer = page(&server, "GET", "/_admin/ui/", &[("cookie", &ended)], String::new()).await;
    assert_eq!(answer.status, 401);
    let bearer = [("authorization", "Bearer t0ken-of-admin")];
    let answer = page(&server, "GET", "/_admin/ui/", &bearer, String::new()).await;
    assert_eq!(answer.status, 200);
    let answer = post(&server, "logout", &[]).await;
    assert!(answer.header("set-cookie").contains("Max-Age=0"));
}

#[tokio::test]
async fn a_login_leads_to_own_pages_alone() {
    let options = Options { admin_token: Some("t0ken".into()), ..Options::default() };
    let server = Server::started(frozen("empty", NOON), options).await;
    for next in
        ["https://evil.example/", "//evil.example", "/\\evil.example", "/@t1/_admin/ui/", ""]
    {
        let answer = post(&server, "login", &[("token", "t0ken"), ("next", next)]).await;
        assert_eq!(answer.header("location"), "/_admin/ui/", "{next}");
    }
}

/// The text has the markup, escaped, at least so often, and nowhere as markup.
#[track_caller]
fn is_text(path: &str, page: &str, least: usize) {
    assert!(!page.contains("<script>alert"), "{path}");
    assert!(!page.contains("<img src=x"), "{path}");
    let found = page.matches(ESCAPED).count();
    assert!(found >= least, "{path}: {found} of {least}\n{page}");
}

#[tokio::test]
async fn text_of_clients_is_never_markup() {
    let json = |text: &str| serde_json::to_string(text).unwrap();
    let name = json(MARKUP);
    let text = format!(
        "[clock]\nmode = \"frozen\"\nnow = \"{NOON}\"\n[[merchant]]\nname = \"shop\"\n[[merchant.credentials.begateway]]\nshop_id = \"1\"\nsecret_key = \"s3cret\"\n"
    );
    let server = Server::with(scenario(&text)).await;
    let new = format!(
        r#"{{"merchant":"shop","amount":100,"currency":"USD","status":"captured","order":{name},"description":{name},"customer":{{"first_name":{name},"last_name":{name},"email":{name}}}}}"#
    );
    let added = api(&server, "POST", "transactions", &new).await;
    assert_eq!(added.status, 201, "{}", added.text());
    let id = added.json()["id"].as_i64().unwrap();
    let header = [("x-markup", MARKUP), ("authorization", "Basic eDp5")];
    server.send("POST", "/api/reports/count?q=<script>alert(1)</script>", &header, MARKUP).await;
    server.send("POST", "/nobody", &[("x-markup", MARKUP)], MARKUP).await;

    is_text("start", &get(&server, "").await, 0);
    is_text("ledger", &get(&server, "ledger").await, 2);
    is_text("payment", &get(&server, &format!("ledger/{id}")).await, 5);
    is_text("entry 1", &get(&server, "journal/1").await, 2);
    is_text("entry 2", &get(&server, "journal/2").await, 2);
    is_text("journal", &get(&server, "journal").await, 0);
    is_text("clock", &get(&server, "clock").await, 0);
    let query = "%3Cscript%3Ealert(1)%3C/script%3E";
    let path = format!("journal?contains={query}&operation={query}&merchant={query}");
    is_text(&path, &get(&server, &path).await, 1);
    for path in [
        format!("journal?outcome={query}"),
        format!("ledger?merchant={query}"),
        format!("ledger?currency={query}"),
        format!("ledger?day={query}"),
        format!("journal/{query}"),
        query.to_owned(),
    ] {
        let answer = page(&server, "GET", &format!("/_admin/ui/{path}"), &[], String::new()).await;
        is_text(&path, &answer.text(), 0);
        assert!(answer.status >= 400, "{path}");
    }
    for (path, fields, least) in [
        ("clock", [("do", "advance"), ("by", MARKUP)], 1),
        ("scenario", [("do", "write"), ("text", MARKUP)], 1),
        ("faults", [("do", "add"), ("kind", MARKUP)], 0),
        ("spaces", [("do", "make"), ("name", MARKUP)], 0),
        ("journal", [("do", MARKUP), ("id", "")], 1),
    ] {
        let answer = post(&server, path, &fields).await;
        is_text(path, &answer.text(), least);
        assert!(answer.status >= 400, "{path}");
    }
    let fault = format!(r#"{{"provider":"begateway","fault":{{"kind":"error","code":{name}}}}}"#);
    api(&server, "POST", "faults", &fault).await;
    is_text("faults", &get(&server, "faults").await, 0);
    is_text("scenario", &get(&server, "scenario").await, 0);
}

#[tokio::test]
async fn arabic_emoji_and_bytes_that_are_no_text_are_shown() {
    let server = Server::start().await;
    let new = r#"{"merchant":"everywhere","amount":100,"currency":"USD","status":"captured","description":"قهوة ☕ 𝄞"}"#;
    let id = api(&server, "POST", "transactions", new).await.json()["id"].as_i64().unwrap();
    assert!(get(&server, &format!("ledger/{id}")).await.contains("قهوة ☕ 𝄞"));
    let bytes: Vec<u8> = (0..=255).collect();
    server.send("POST", "/nobody", &[], bytes).await;
    let text = get(&server, "journal/1").await;
    assert!(
        text.contains("binary") && text.contains("256 B") && text.contains("\\u{1b}"),
        "{text}"
    );
    server.send("POST", "/nobody/%D9%82%D9%87%D9%88%D8%A9", &[], "").await;
    get(&server, "journal/2").await;
}

#[tokio::test]
async fn a_thousand_entries_with_a_megabyte_each_make_a_page() {
    let server = Server::start().await;
    let body = "x".repeat(1024 * 1024);
    for _ in 0..20 {
        server.send("POST", "/nobody", &[], body.clone()).await;
    }
    for _ in 0..1000 {
        refused(&server).await;
    }
    for path in ["", "journal", "journal/1020", "journal/20"] {
        let answer = page(&server, "GET", &format!("/_admin/ui/{path}"), &[], String::new()).await;
        assert!(answer.body.len() < 1_000_000, "{path}: {} bytes", answer.body.len());
        assert!([200, 404].contains(&answer.status), "{path}: {}", answer.status);
    }
}
