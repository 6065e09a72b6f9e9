//! Finer points of what is said about a wrong proof: hashes, ends of the string, tokens that are none, passwords.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::likely_mistake;
use crate::payfort::{HOME, hash, send, signing_with, string};
use crate::support::Server;

const REQUEST: &str = "sandtill-request";
const RESPONSE: &str = "sandtill-response";

/// What is said of a PayFort request whose signature is made of the right string.
async fn signed(server: &Server, sign: impl Fn(&str) -> String) -> String {
    let mut request = HOME.generate("finer-1");
    let right = string(request.as_object().unwrap(), REQUEST);
    request["signature"] = json!(sign(&right));
    send(server, &request).await;
    likely_mistake(server).await
}

#[tokio::test]
async fn a_hash_of_a_hash_is_told() {
    let server = Server::start().await;
    let of_bytes = signed(&server, |right| hex::encode(Sha256::digest(Sha256::digest(right))));
    assert_eq!(of_bytes.await, "the string is hashed twice");
    let of_hex = signed(&server, |right| hash("sha256", "", &hash("sha256", "", right)));
    assert_eq!(of_hex.await, "the string is hashed twice");
}

#[tokio::test]
async fn another_phrase_at_one_end_is_told_from_one_at_both() {
    let server = Server::start().await;
    let inner = |right: &str| right.replace(REQUEST, "");
    let at_end = signed(&server, |right| {
        hash("sha256", "", &format!("{REQUEST}{}{RESPONSE}", inner(right)))
    });
    let at_end = at_end.await;
    assert!(at_end.starts_with("at the end stands the response phrase"), "{at_end}");
    let in_front = signed(&server, |right| {
        hash("sha256", "", &format!("{RESPONSE}{}{REQUEST}", inner(right)))
    });
    let in_front = in_front.await;
    assert!(in_front.starts_with("in front stands the response phrase"), "{in_front}");
    let both = signed(&server, |right| hash("sha256", "", &right.replace(REQUEST, RESPONSE))).await;
    assert!(both.starts_with("it is signed with the response phrase"), "{both}");
}

#[tokio::test]
async fn a_header_without_a_token_says_what_stands_there() {
    let server = Server::start().await;
    for (header, wanted) in [
        ("Bearer", "is empty; a variable may be unset"),
        ("Bearer null", "is `null`: the client has none"),
        ("Bearer undefined", "is `undefined`: the client has none"),
        ("Bearer $TOKEN", "is a variable that was not filled in"),
        ("Bearer {{token}}", "is a variable that was not filled in"),
        ("Bearer x{{token}}", "is a variable that was not filled in"),
        ("Bearer STAGE_some", "is none of those handed out here"),
    ] {
        server.send("POST", "/v2/user", &[("Authorization", header)], "").await;
        let mistake = likely_mistake(&server).await;
        assert!(mistake.contains(wanted), "{header}: {mistake}");
    }
}

#[tokio::test]
async fn a_difference_in_a_password_hides_all_of_it_and_one_before_hides_what_is_behind_the_colon()
{
    let server = Server::start().await;
    for (sent, difference) in [
        // `sandtill-terminal-1:` has 20 characters, and `sandtill-password-1` has 19.
        (
            "sandtill-terminal-1:guess",
            json!({"at": 20, "ours": "‹19 characters›", "yours": "‹5 characters›"}),
        ),
        (
            "sandtill-terminal-1:gu:ess",
            json!({"at": 20, "ours": "‹19 characters›", "yours": "‹6 characters›"}),
        ),
        (
            "sandtill-terminal-1:sandtill-x:y",
            json!({"at": 29, "ours": "‹10 characters›", "yours": "‹3 characters›"}),
        ),
    ] {
        let header = format!("Basic {}", STANDARD.encode(sent));
        let headers = [("Authorization", header.as_str())];
        server.send("POST", "/reporting/v1/GetReport/batches", &headers, "").await;
        let entries = server.did("GET", "/journal?limit=1", "").await;
        let entry = format!("/journal/{}", entries["entries"][0]["id"]);
        let explanation: Value = server.did("GET", &entry, "").await["explanation"].clone();
        assert_eq!(explanation["first_difference"], difference, "{sent}");
    }
}

#[tokio::test]
async fn the_key_of_a_keyed_hash_is_told() {
    let server = Server::start().await;
    for (key, says) in [(RESPONSE, "the response phrase"), ("", "nothing"), (HOME.access_code, "")]
    {
        let mistake = signed(&server, |right| hash("hmac-sha256", key, right)).await;
        let wanted = format!("the signature is HMAC with SHA-256, keyed with {says}");
        assert!(mistake.starts_with(&wanted), "{key}: {mistake}");
    }
    let documented = signed(&server, |right| hash("hmac-sha256", REQUEST, right)).await;
    assert!(
        documented.starts_with("the signature is HMAC with SHA-256 instead of plain SHA-256"),
        "{documented}"
    );
}

/// A merchant whose signatures are keyed: the key is another one, and the lists are printed otherwise.
#[tokio::test]
async fn two_mistakes_of_a_keyed_signature_are_told_together() {
    let server = signing_with("hmac-sha256").await;
    let mistake = signed(&server, |right| {
        let tight = right.replace("[fort_id, amount]", "[fort_id,amount]");
        assert_ne!(tight, right);
        hash("hmac-sha256", RESPONSE, &tight.replace(REQUEST, RESPONSE))
    })
    .await;
    assert!(mistake.contains("it is signed with the response phrase"), "{mistake}");
    assert!(mistake.contains("there is no blank behind the commas"), "{mistake}");
}

#[tokio::test]
async fn zeros_that_a_number_loses_are_told() {
    let server = Server::start().await;
    let zero = (0..200).map(|number| HOME.generate(&format!("zeros-{number}"))).find_map(|it| {
        let signature = hash("sha256", "", &string(it.as_object().unwrap(), REQUEST));
        signature.starts_with('0').then_some((it, signature))
    });
    let (mut request, signature) = zero.unwrap();
    request["signature"] = json!(signature.trim_start_matches('0'));
    send(&server, &request).await;
    let mistake = likely_mistake(&server).await;
    assert_eq!(mistake, "the zeros at the beginning of the signature are missing");
}

#[tokio::test]
async fn a_signature_of_a_thousand_digits_is_measured_and_not_searched_for() {
    let server = Server::start().await;
    let long = signed(&server, |right| hash("sha256", "", right).repeat(17)).await;
    assert_eq!(long, "the signature has 1088 hex digits; sha256 makes 64");
}

/// PayFort compares signatures without case (vendor-docs, "Signature"); Flitt's digits are small.
#[tokio::test]
async fn capitals_are_a_mistake_where_the_provider_minds() {
    let server = Server::start().await;
    let request = HOME.generate("capitals-1");
    let own = string(request.as_object().unwrap(), REQUEST);
    let signature = hash("sha256", "", &own).to_uppercase();
    let question = json!({"provider": "payfort", "request": request, "string": own,
        "signature": signature});
    let answer = server.did("POST", "/diagnose", &question.to_string()).await;
    assert_eq!(answer["likely_mistake"], json!(null), "{answer}");
}

#[tokio::test]
async fn a_token_in_another_header_is_found_with_a_word_before_it_and_without() {
    let server = Server::start().await;
    for value in ["Bearer STAGE_sandtill", "STAGE_sandtill"] {
        server.send("POST", "/v2/user", &[("X-Original-Auth", value)], "").await;
        let mistake = likely_mistake(&server).await;
        assert!(mistake.contains("in the header `x-original-auth`"), "{value}: {mistake}");
    }
}
