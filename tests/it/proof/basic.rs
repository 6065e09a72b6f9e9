//! Ten ways to send credentials over HTTP Basic wrongly, at beGateway and at EpicPay.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::{Row, likely_mistake};
use crate::support::{NOON, Server, scenario};

/// A shop whose secret key has a letter beyond ASCII, and a second one.
fn world() -> String {
    let shop = |name: &str, id: &str, key: &str, key_id: &str, password: &str| {
        format!(
            "[[merchant]]\nname = \"{name}\"\n\
             [[merchant.credentials.begateway]]\nshop_id = \"{id}\"\nsecret_key = \"{key}\"\n\
             [[merchant.credentials.epicpay]]\nkey_id = \"{key_id}\"\npassword = \"{password}\"\n"
        )
    };
    let first = shop("first", "361", "geheim-ß-key", "terminal-1", "pass word");
    let second = shop("second", "362", "other-key", "terminal-2", "password-2");
    format!("[clock]\nmode = \"frozen\"\nnow = \"{NOON}\"\n{first}{second}")
}

pub(super) async fn rows() -> Vec<Row> {
    let server = Server::with(scenario(&world())).await;
    let basic = |text: &str| format!("Basic {}", STANDARD.encode(text));
    let right = "361:geheim-ß-key";
    // ß is U+00DF, one byte in Latin-1.
    let latin1: Vec<u8> = right.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect();
    let (shop, epic) = ("/api/reports", "/reporting/v1/GetReport/batches");
    let mut rows = Vec::new();
    for (mistake, path, header, wanted) in [
        ("swapped", shop, basic("geheim-ß-key:361"), "swapped"),
        ("encoded twice", shop, basic(&STANDARD.encode(right)), "base64 once too often"),
        ("not encoded", epic, "Basic terminal-1:pass word".to_owned(), "not encoded in base64"),
        ("Latin-1", shop, format!("Basic {}", STANDARD.encode(latin1)), "Latin-1"),
        (
            "no colon",
            epic,
            basic("terminal-1pass word"),
            "colon between key id and password is missing",
        ),
        ("secret of another shop", shop, basic("361:other-key"), "the one of shop id `362`"),
        ("line break behind the password", epic, basic("terminal-2:password-2\n"), "line break"),
        (
            "credentials of another provider",
            shop,
            basic("terminal-2:password-2"),
            "the key id of merchant `second` at epicpay",
        ),
        (
            "scheme Bearer",
            epic,
            basic("terminal-2:password-2").replace("Basic", "Bearer"),
            "`Bearer` and not `Basic`",
        ),
        (
            "quoted and without the scheme",
            shop,
            format!("\"{}\"", STANDARD.encode("362:other-key")),
            "`Basic` is missing in front; and there are quotes",
        ),
    ] {
        let headers = [("Authorization", header.as_str()), ("X-Api-Version", "3")];
        let answer = server.send("POST", path, &headers, "{}").await;
        assert_eq!(answer.status, 401, "{mistake}");
        rows.push(Row {
            scheme: "basic",
            mistake,
            wanted,
            likely_mistake: likely_mistake(&server).await,
        });
    }
    rows
}

#[tokio::test]
async fn passwords_stay_hidden_until_they_are_asked_for() {
    let server = Server::start().await;
    let header = format!("Basic {}", STANDARD.encode("1:not-my-secret"));
    let headers = [("Authorization", header.as_str()), ("X-Api-Version", "3")];
    server.send("POST", "/api/reports", &headers, "{}").await;
    let masked = server.did("GET", "/journal/1", "").await["explanation"].clone();
    assert_eq!(masked["string_to_sign"], "1:‹secret_key›");
    assert_eq!(masked["expected"], "Basic ‹base64 of 1:secret_key›");
    assert_eq!(masked["received"], "Basic ‹20 characters›");
    assert_eq!(masked["decoded"], "1:‹13 characters›");
    assert_eq!(
        masked["likely_mistake"],
        "the secret key is another one: 13 characters came, and ours has 20"
    );
    assert!(!masked.to_string().contains("not-my-secret"));
    let shown = server.did("GET", "/journal/1?secrets=shown", "").await;
    assert_eq!(shown["explanation"]["string_to_sign"], "1:sandtill-shop-secret");
    assert_eq!(shown["explanation"]["received"], header);
    let sent = ["authorization", header.as_str()];
    let all = shown["request"]["headers"].as_array().unwrap();
    assert!(all.contains(&serde_json::json!(sent)));
}
