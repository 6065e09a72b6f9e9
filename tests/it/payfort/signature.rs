//! Signatures: the vendor's and others' golden vectors, tampering, and what the journal says of slips.

use proptest::prelude::{Strategy, any};
use proptest::test_runner::{Config, TestRunner};
use sandtill::providers::{SignOptions, find};
use serde_json::{Value, json};

use super::{EVERYWHERE, HOME, PATH, hash, pass, send, string};
use crate::support::{NOON, Server, frozen};

/// The reporting request of the vendor's signature page: 12 columns.
fn official() -> Value {
    json!({
        "query_command": "GENERATE_REPORT",
        "access_code": "zx0IPmPy5jp1vAz8Kpg7",
        "merchant_identifier": "CycHZxVj",
        "merchant_reference": "XYZ9239-yu898",
        "from_date": "2017-08-03T00:00:01+03:00",
        "to_date": "2017-08-03T23:59:59+03:00",
        "response_format": "JSON",
        "language": "en",
        "columns": [
            "order_description", "customer_ip", "eci", "geolocation_ip", "merchant_reference",
            "card_holder_name", "currency", "amount", "payment_option", "fort_id",
            "customer_email", "customer_name",
        ],
        "filters": [
            {"key": "currency", "value": "USD"},
            {"key": "payment_option", "value": "VISA"},
        ],
        "signature": "03a36d58acfc611f521528f2039a2228031d7ae4248d95181f2a24cfbe9f7865",
    })
}

fn sign(
    request: &str,
    phrase: Option<&str>,
    hash: Option<&str>,
) -> Result<(String, String), String> {
    let options = SignOptions { secret: phrase.map(str::to_owned), hash: hash.map(str::to_owned) };
    let scenario = frozen("default", NOON);
    let signed = (find("payfort").unwrap().sign.unwrap())(&scenario, request.as_bytes(), &options)?;
    Ok((signed.string, signed.signature))
}

#[test]
fn the_command_line_signs_as_the_vendor_does() {
    // The official example (SHA-256), and the same string hashed by Python.
    for (hash, expected) in [
        (None, "6750d396772be7df79347306324b1ad20320b31522583346e79b2ae8a5bc8970"),
        (
            Some("sha512"),
            "cfd4ed086008138605894c26cb2a91021267cd2b96ccdef615994d3f5eacdc88\
             9aacdc2fe9bf15952347f586c79c79ef33034baa57eaee16a472005f65c49166",
        ),
        (Some("hmac-sha256"), "2e5619ef5b13686a21d64cd02643f54605db30ea41d1eba87dfb11b18c253216"),
        (
            Some("hmac-sha512"),
            "24ad11e8efa14407e6cb4fdc202475edf8769ea7d24476e5b76e74efa3350968\
             de0974b756b2416e02b3f1f7620a99cce2117f20f9ffb505a07c55f24d7b4733",
        ),
    ] {
        let (string, signature) = sign(&official().to_string(), Some("PASS"), hash).unwrap();
        assert!(string.starts_with("PASSaccess_code=zx0IPmPy5jp1vAz8Kpg7columns=[order_desc"));
        assert!(string.ends_with("to_date=2017-08-03T23:59:59+03:00PASS"));
        assert_eq!(signature, expected);
    }
    let purchase = r#"{"command":"PURCHASE","merchant_reference":"Test010","amount":1000,"access_code":"SILgpo7pWbmzuURp2qri","merchant_identifier":"MxvOupuG","currency":"USD","language":"en","customer_email":"test@gmail.com"}"#;
    assert_eq!(
        sign(purchase, Some("PASS"), None).unwrap().1,
        "94c38afc7bdae0114fc8c740edf12416f22998241ce4b4ea70d5521233a2c882"
    );
}

#[test]
fn the_command_line_takes_phrase_and_hash_of_the_merchant_that_asks() {
    let (string, signature) = sign(&EVERYWHERE.download("x").to_string(), None, None).unwrap();
    assert_eq!(
        string,
        "everywhere-requestaccess_code=everywhereAccess0001merchant_identifier=EvryWhre\
         merchant_reference=xquery_command=DOWNLOAD_REPORTeverywhere-request"
    );
    assert_eq!(signature, hash("sha512", "", &string));
    for (request, phrase, hash, problem) in [
        ("[]", None, None, "not a JSON object"),
        ("{", None, None, "not a JSON object"),
        ("{}", None, None, "no merchant_identifier"),
        (r#"{"merchant_identifier":"x"}"#, None, None, "`x`"),
        ("{}", Some("p"), Some("md5"), "unknown hash `md5`; known are sha256"),
    ] {
        let err = sign(request, phrase, hash).unwrap_err();
        assert!(err.contains(problem), "{err}");
    }
    let deep = format!("{{\"a\":{}{}}}", "[".repeat(100), "]".repeat(100));
    assert!(sign(&deep, Some("p"), None).unwrap_err().contains("deeper"));
}

#[tokio::test]
async fn every_hash_a_merchant_can_have_is_asked_of_it_and_answered_with() {
    for kind in ["sha256", "sha512", "hmac-sha256", "hmac-sha512"] {
        let server = super::signing_with(kind).await;
        let client = super::Client { hash: kind, ..HOME };
        let answer = client.ask(&server, &client.generate("h")).await.json();
        assert_eq!(answer["response_code"], "56000", "{kind}");
        client.verify(&answer);
        let other =
            super::Client { hash: if kind == "sha256" { "sha512" } else { "sha256" }, ..HOME };
        let answer = other.ask(&server, &client.generate("i")).await.json();
        assert_eq!(answer["response_code"], "00008", "{kind}");
        let slip = slip(&server);
        assert!(slip.contains(&format!("this merchant signs with {kind}")), "{slip}");
    }
}

#[tokio::test]
async fn hex_may_be_in_any_case_and_answers_are_in_lower_case() {
    let server = Server::start().await;
    let mut request = HOME.signed(&HOME.generate("case"));
    request["signature"] = json!(request["signature"].as_str().unwrap().to_uppercase());
    let answer = send(&server, &request).await.json();
    assert_eq!(answer["response_code"], "56000");
    let signature = answer["signature"].as_str().unwrap();
    assert_eq!(signature, signature.to_lowercase());
}

#[tokio::test]
async fn filters_may_be_signed_in_either_order_and_empty_fields_left_out() {
    let server = Server::start().await;
    let mut request = HOME.generate("tolerant-1");
    request["filters"] = json!([{"value": "AED", "key": "currency"}]);
    // As sent, and as documented.
    assert_eq!(HOME.ask(&server, &request).await.json()["response_code"], "56000");
    let mut documented = HOME.generate("tolerant-2");
    documented["filters"] = json!([{"key": "currency", "value": "AED"}]);
    let mut sent = HOME.signed(&documented);
    sent["filters"] = request["filters"].clone();
    assert_eq!(send(&server, &sent).await.json()["response_code"], "56000");

    let mut sent = HOME.signed(&HOME.generate("tolerant-3"));
    sent["language"] = json!("");
    sent["filters"] = json!([]);
    assert_eq!(send(&server, &sent).await.json()["response_code"], "56000");
    let mut all = HOME.generate("tolerant-4");
    all["language"] = json!("");
    all["filters"] = json!([]);
    assert_eq!(HOME.ask(&server, &all).await.json()["response_code"], "56000");
}

#[track_caller]
fn explained(server: &Server, name: &str) -> String {
    let entry = server.last_entry();
    let explanation = entry.note.explanation.clone().unwrap();
    let found = match name {
        "string_to_sign" => explanation.string_to_sign,
        "expected" => explanation.expected,
        "received" => explanation.received,
        _ => explanation.likely_mistake,
    };
    found.unwrap_or_else(|| panic!("no {name} in {:?}", entry.note))
}

#[track_caller]
fn slip(server: &Server) -> String {
    explained(server, "likely_mistake")
}

#[tokio::test]
async fn the_journal_explains_a_mismatch_without_telling_the_phrase() {
    let server = Server::start().await;
    let mut request = HOME.signed(&HOME.download("j-1"));
    let expected = request["signature"].clone();
    request["signature"] = json!("00FF");
    send(&server, &request).await;
    assert_eq!(
        explained(&server, "string_to_sign"),
        "‹request phrase›access_code=zx0IPmPy5jp1vAz8Kpg7merchant_identifier=CycHZxVj\
         merchant_reference=j-1query_command=DOWNLOAD_REPORT‹request phrase›"
    );
    assert_eq!(explained(&server, "expected"), expected);
    assert_eq!(explained(&server, "received"), "00FF");
    assert!(slip(&server).contains("4 hex digits; sha256 makes 64"));
    let entry = server.last_entry();
    assert!(!format!("{:?}", entry.note).contains("sandtill-request"));
}

#[tokio::test]
async fn the_journal_names_the_usual_slips() {
    let server = Server::start().await;
    let mut request = HOME.generate("slips-1");
    request["filters"] = json!([{"key": "currency", "value": "AED"}]);
    request["language"] = json!("en");
    let fields = request.as_object().unwrap();
    let phrase = "sandtill-request";
    let right = string(fields, phrase);
    let inner = string(fields, "");
    let unsorted: String = fields
        .iter()
        .map(|(name, value)| {
            let one = [(name.clone(), value.clone())].into_iter().collect();
            string(&one, "")
        })
        .collect();
    let json_lists = right
        .replace("[fort_id, amount]", r#"["fort_id","amount"]"#)
        .replace("[{key=currency, value=AED}]", r#"[{"key":"currency","value":"AED"}]"#);
    for (string, expected) in [
        (string(fields, "sandtill-response"), "response phrase"),
        (string(fields, "everywhere-request"), "merchant `everywhere`"),
        (format!("{phrase}{unsorted}{phrase}"), "not sorted"),
        (json_lists, "as in JSON"),
        (right.replace(", ", ","), "no blank behind the commas"),
        (right.replace("language=en", ""), "`language` is missing"),
        (right.replace("columns=[fort_id, amount]", ""), "`columns` is missing"),
        (right.replace("language=", "LANGUAGE="), "none of the usual"),
        (upper_names(&request, phrase), "names of fields are in upper case"),
        (format!("{right}\n"), "line break at the end"),
        (format!("{phrase}\n{inner}{phrase}\n"), "a line break behind the request phrase"),
        (format!("{phrase}{inner}"), "missing at the end"),
        (format!("{inner}{phrase}"), "missing at the beginning"),
        (inner.clone(), "the phrase is missing"),
        (right.replace('+', " "), "`+` in values has become a blank"),
    ] {
        let mut sent = request.clone();
        sent["signature"] = json!(hash("sha256", "", &string));
        assert_eq!(send(&server, &sent).await.json()["response_code"], "00008", "{string}");
        let slip = slip(&server);
        assert!(slip.contains(expected), "{slip} for {expected}");
    }
    let mut sent = request.clone();
    sent["signature"] = json!("zz");
    send(&server, &sent).await;
    assert!(slip(&server).contains("not hex"));
}

fn upper_names(request: &Value, phrase: &str) -> String {
    let mut text = string(request.as_object().unwrap(), phrase);
    for name in request.as_object().unwrap().keys() {
        text = text.replace(&format!("{name}="), &format!("{}=", name.to_uppercase()));
    }
    text
}

#[test]
fn a_byte_changed_anywhere_in_a_signed_request_is_refused() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let server = runtime.block_on(Server::start());
    let mut request = HOME.generate("tampered");
    request["filters"] = json!([{"key": "currency", "value": "AED"}]);
    let body = HOME.signed(&request).to_string().into_bytes();
    let change =
        (0..body.len(), any::<u8>()).prop_filter("the same byte", |(at, byte)| body[*at] != *byte);
    let mut runner = TestRunner::new(Config { cases: 150, ..Config::default() });
    let result = runner.run(&change, |(at, byte)| {
        let mut tampered = body.clone();
        tampered[at] = byte;
        let meaning = |body: &[u8]| {
            let mut value: Option<Value> = serde_json::from_slice(body).ok();
            // Only the case of a signature's hex means nothing.
            if let Some(signature) = value.as_mut().and_then(|it| it.get_mut("signature")) {
                *signature = json!(signature.as_str().map(str::to_lowercase));
            }
            value
        };
        let same = meaning(&tampered) == meaning(&body);
        let answer = runtime.block_on(server.send("POST", PATH, &[], tampered));
        let code = answer.json()["response_code"].clone();
        assert_eq!(code == "56000" || code == "57066", same, "{code} for byte {byte} at {at}");
        assert!(code.as_str().is_some_and(|it| same || it.starts_with("00")), "{code}");
        Ok(())
    });
    result.unwrap();
}

#[test]
fn a_letter_changed_in_a_value_that_anything_may_be_is_00008() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let server = runtime.block_on(Server::start());
    let mut request = HOME.generate("abcdefghijklmnopqrst");
    request["filters"] = json!([{"key": "customer_name", "value": "Somebody Somewhere"}]);
    let body = HOME.signed(&request).to_string();
    let places: Vec<usize> = ["abcdefghijklmnopqrst", "Somebody Somewhere"]
        .iter()
        .chain(&[HOME.signed(&request)["signature"].as_str().unwrap()])
        .flat_map(|text| {
            let start = body.find(text).unwrap();
            start..start + text.len()
        })
        .collect();
    for at in places {
        let mut tampered = body.clone().into_bytes();
        tampered[at] = if tampered[at] == b'0' { b'1' } else { b'0' };
        let answer = runtime.block_on(server.send("POST", PATH, &[], tampered));
        assert_eq!(answer.json()["response_code"], "00008", "at {at}");
    }
    assert_eq!(server.space().world().state.reports.all().count(), 0);
}

#[tokio::test]
async fn the_printed_commands_are_signed_for_the_server_that_prints_them() {
    let server = Server::start().await;
    let examples = (find("payfort").unwrap().examples)(&server.space().moment(), "http://x");
    let named: Vec<_> =
        examples.iter().map(|it| (it.report.as_str(), it.merchant.as_str())).collect();
    assert_eq!(
        named,
        [
            ("report", "payfort"),
            ("xml", "payfort"),
            ("report", "everywhere"),
            ("xml", "everywhere")
        ]
    );
    for example in examples {
        let commands: Vec<&str> = example.command.split("; ").collect();
        assert_eq!((commands[1], commands[2]), ("echo", "sleep 3"));
        for (command, expected) in [(commands[0], "56000"), (commands[3], "data_count")] {
            assert!(
                command.starts_with("curl -s http://x/FortAPI/reportingApi -H 'Content-Type: ")
            );
            let body = command.split("-d '").nth(1).unwrap().strip_suffix('\'').unwrap();
            let headers = [("Content-Type", "application/json")];
            let answer = server.send("POST", PATH, &headers, body.to_owned()).await;
            assert!(answer.text().contains(expected), "{}", answer.text());
            pass(&server, 3);
        }
    }
}
