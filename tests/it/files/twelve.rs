//! `sandtill check` on a file with twelve planted mistakes prints twelve lines.

use std::process::{Command, Stdio};

/// The file, with a comment behind each planted mistake.
const FILE: &str = r#"seed = 7
days = 0
quirks = ["begateway.local-time-z", "flitt.wide-754"]

[clock]
mode = "frozen"
now = 2026-03-14T12:00:00Z

[settings.payfort]
report_ready = "soon"

[[merchant]]
name = "shop"

[[merchant.credentials.begateway]]
shop_id = "one"
secret_key = "s"

[[merchant.credentials.payfort]]
merchant_identifier = "Id"
access_code = "code"
hash = "sha1"
request_phrase = "a"
response_phrase = "b"

[merchant.trade]
volume = "many"
currencies = { USD = 90, EURO = 10 }
declined = 600
incomplete = 500

[[transaction]]
label = "first"
merchant = "shop"
amount = 1000
ammount = 1000
at = 2026-03-10T12:00:00Z

[[transaction]]
merchant = "shop"
kind = "refund"
of = "first"
amount = 1001
at = 2026-03-11T12:00:00Z

[[transaction]]
merchant = "shop"
kind = "refund"
of = "first"
amount = 1
at = 2026-03-09T12:00:00Z

[[fault]]
provider = "flit"
fault = { kind = "reset" }
"#;

const LINES: [&str; 12] = [
    "2:8: days: is 0; it must be 1 to 3660 days",
    "3:37: quirks: unknown quirk `flitt.wide-754`; did you mean `flitt.wide-745`?",
    "10:16: settings.payfort.report_ready: `report_ready` must be a length of time",
    "16:11: merchant.credentials.begateway.shop_id: `shop_id` must be a number",
    "22:8: merchant.credentials.payfort.hash: `hash` must be `sha256`",
    "27:10: merchant.trade.volume: is the text \"many\"; wanted is a whole number",
    "28:26: merchant.trade.currencies.EURO: unknown currency `EURO`; did you mean `EUR`?",
    "30:14: merchant.trade.incomplete: `declined` and `incomplete` together are 1100",
    "36:1: transaction.ammount: unknown key `ammount`; did you mean `amount`?",
    "43:10: transaction.amount: is 1001; a refund cannot be above its payment, 1000",
    "51:6: transaction.at: is 2026-03-09T12:00:00Z; a refund cannot be before its payment",
    "54:12: fault.provider: unknown provider `flit`; did you mean `flitt`?",
];

#[test]
fn twelve_mistakes_are_twelve_lines() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("planted.toml");
    std::fs::write(&path, FILE).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_sandtill"))
        .arg("check")
        .arg(&path)
        .env_clear()
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(output.stdout.is_empty());
    let text = String::from_utf8(output.stderr).unwrap();
    let found: Vec<&str> = text.lines().collect();
    for (line, expected) in found.iter().zip(LINES) {
        let expected = format!("{}:{expected}", path.display());
        assert!(line.starts_with(&expected), "{line}\n{expected}");
    }
    assert_eq!(found.len(), LINES.len(), "{text}");
}
