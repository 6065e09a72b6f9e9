//! `POST /_admin/diagnose`: the caller's own string against ours, a request that was never sent, an entry.

use serde_json::{Value, json};

use crate::flitt::SIGNATURE;
use crate::payfort::{EVERYWHERE, HOME, hash, send, string};
use crate::support::Server;

async fn diagnose(server: &Server, question: &Value) -> Value {
    server.did("POST", "/diagnose", &question.to_string()).await
}

/// The string and the signature of a client that makes `change` to the right string.
fn own(request: &Value, change: impl Fn(&str) -> String) -> (String, String) {
    let own = change(&string(request.as_object().unwrap(), "sandtill-request"));
    let signature = hash("sha256", "", &own);
    (own, signature)
}

#[tokio::test]
async fn the_callers_own_string_is_compared_with_ours() {
    let server = Server::start().await;
    let request = HOME.generate("own-1");
    for (change, at, says) in [
        // 16 characters of the phrase; the first field is access_code.
        ("access_code=", 16, "the field `access_code` is missing from the string"),
        ("[fort_id, amount]", 16 + 40, "no blank behind the commas"),
        ("proof", 0, ""),
    ] {
        let (own, signature) = own(&request, |right| match change {
            "access_code=" => right.replace("access_code=zx0IPmPy5jp1vAz8Kpg7", ""),
            "proof" => right.to_owned(),
            other => right.replace(other, "[fort_id,amount]"),
        });
        let question = json!({"provider": "payfort", "request": request, "string": own,
            "signature": signature});
        let answer = diagnose(&server, &question).await;
        let mistake = answer["likely_mistake"].as_str().unwrap_or("");
        assert!(mistake.contains(says) && mistake.is_empty() == says.is_empty(), "{answer}");
        if says.is_empty() {
            assert_eq!(answer["expected"], answer["received"]);
            assert_eq!(answer["first_difference"], json!(null));
        } else if at == 16 {
            let difference = json!({"at": 16, "ours": answer["first_difference"]["ours"],
                "yours": answer["first_difference"]["yours"]});
            assert_eq!(answer["first_difference"], difference);
            let ours = answer["first_difference"]["ours"].as_str().unwrap();
            assert!(ours.starts_with("access_code=zx0IPmPy5jp1vAz8Kpg7columns"), "{ours}");
        }
        assert!(!answer.to_string().contains("sandtill-request"), "{answer}");
    }
}

#[tokio::test]
async fn a_wrong_phrase_is_told_from_a_wrong_string() {
    let server = Server::start().await;
    let request = HOME.generate("own-2");
    let fields = request.as_object().unwrap();
    let ask = async |own: &str| {
        let signature = hash("sha256", "", own);
        let question = json!({"provider": "payfort", "request": request, "string": own,
            "signature": signature});
        diagnose(&server, &question).await["likely_mistake"].as_str().unwrap().to_owned()
    };
    let mistake = ask(&string(fields, "guess")).await;
    assert_eq!(mistake, "it is signed with another phrase (5 characters, and ours has 16)");
    let both = string(fields, "guess").replace("[fort_id, amount]", r#"["fort_id","amount"]"#);
    let mistake = ask(&both).await;
    assert!(
        mistake.contains("another phrase (5 characters") && mistake.contains("as in JSON"),
        "{mistake}"
    );
    let other = string(fields, "sandtill-request").replace("own-2", "own-3");
    assert_eq!(ask(&other).await, "the string differs at the field `merchant_reference`");
    // The string is right, and what is sent is not its hash.
    let question = json!({"provider": "payfort", "request": request,
        "string": string(fields, "sandtill-request"), "signature": hash("sha512", "", "x")});
    let mistake = diagnose(&server, &question).await["likely_mistake"].clone();
    assert_eq!(mistake, "the string is right: the signature is not the sha256 of this string");
}

#[tokio::test]
async fn an_entry_is_diagnosed_again_by_default_the_newest() {
    let server = Server::start().await;
    server.refuses(404, "POST", "/diagnose", r#"{"provider":"payfort"}"#).await;
    let mut request = EVERYWHERE.generate("entry-1");
    let right = string(request.as_object().unwrap(), "everywhere-request");
    request["signature"] = json!(hash("sha256", "", &right));
    send(&server, &request).await;
    let body = json!({"application_id": "1019", "date": "2026-04-06 11:15:27", "signature": "abc"});
    let token = "/authorizer/token/application/get";
    server.send("POST", token, &[], body.to_string()).await;
    for question in [json!({"provider": "payfort"}), json!({"entry": 1})] {
        let answer = diagnose(&server, &question).await;
        assert_eq!((&answer["provider"], &answer["entry"]), (&json!("payfort"), &json!(1)));
        let mistake = answer["likely_mistake"].as_str().unwrap();
        assert!(mistake.starts_with("the signature is SHA-256 instead of SHA-512"), "{mistake}");
        let entry = server.did("GET", "/journal/1", "").await["explanation"].clone();
        for name in ["string_to_sign", "expected", "received", "likely_mistake"] {
            assert_eq!(entry[name], answer[name], "{name}");
        }
        assert_eq!(answer["expected"], hash("sha512", "", &right));
    }
    let question = json!({"provider": "flitt", "string": "test|1019|2026-04-06"});
    let flitt = diagnose(&server, &question).await;
    assert_eq!((&flitt["entry"], &flitt["expected"]), (&json!(2), &json!(SIGNATURE)));
    assert_eq!(flitt["first_difference"], json!({"at": 20, "ours": " 11:15:27", "yours": ""}));
    let mistake = flitt["likely_mistake"].as_str().unwrap();
    assert!(mistake.starts_with("the date is signed without its time"), "{mistake}");
    for (status, question) in [
        (400, r#"{}"#),
        (400, r#"{"provider":"payfrot"}"#),
        (400, r#"{"provider":"flitt","entry":1}"#),
        (400, r#"{"entry":1,"request":{}}"#),
        (400, r#"{"provider":"flitt","headers":{}}"#),
        (400, r#"{"provider":"flitt","request":{},"path":"/x"}"#),
        (404, r#"{"entry":77}"#),
    ] {
        server.refuses(status, "POST", "/diagnose", question).await;
    }
}

#[tokio::test]
async fn secrets_stand_in_an_explanation_when_they_are_asked_for() {
    let server = Server::start().await;
    let mut request = HOME.download("secret-1");
    request["signature"] = json!("00");
    send(&server, &request).await;
    let right = string(request.as_object().unwrap(), "sandtill-request");
    let masked = server.did("GET", "/journal/1", "").await["explanation"]["string_to_sign"].clone();
    assert_eq!(masked, right.replace("sandtill-request", "‹request phrase›"));
    let shown = server.did("GET", "/journal/1?secrets=shown", "").await;
    assert_eq!(shown["explanation"]["string_to_sign"], right);
    let question = r#"{"provider":"payfort"}"#;
    let shown = server.did("POST", "/diagnose?secrets=shown", question).await;
    assert_eq!(shown["string_to_sign"], right);
}

#[tokio::test]
async fn credentials_and_tokens_are_diagnosed_from_headers_too() {
    let server = Server::start().await;
    // printf 'sandtill-shop-secret:1' | base64
    let swapped = json!({"provider": "begateway", "request": "",
        "headers": {"Authorization": "Basic c2FuZHRpbGwtc2hvcC1zZWNyZXQ6MQ=="}});
    let answer = diagnose(&server, &swapped).await;
    assert_eq!(answer["likely_mistake"], "shop id and secret key are swapped");
    let right = json!({"provider": "wepay", "request": {},
        "headers": {"authorization": "Bearer STAGE_sandtill"}});
    let answer = diagnose(&server, &right).await;
    assert_eq!(answer["likely_mistake"], json!(null), "{answer}");
    assert_eq!(answer["expected"], "Bearer ‹access_token›");
}

#[tokio::test]
async fn a_signature_in_capitals_is_right_at_payfort() {
    let server = Server::start().await;
    let request = HOME.generate("own-capitals");
    let (own, signature) = own(&request, str::to_owned);
    for signature in [signature.to_uppercase(), signature] {
        let question = json!({"provider": "payfort", "request": request, "string": own,
            "signature": signature});
        let answer = diagnose(&server, &question).await;
        assert_eq!(answer["likely_mistake"], Value::Null, "{answer}");
    }
}
