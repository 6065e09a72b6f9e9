//! What PayFort signs: `name=value` of all fields but the signature, sorted by name, between two phrases.

use super::auth::{Caller, Keys};
use crate::sandbox::facts::Named;
use crate::sandbox::scenario::Scenario;
use crate::wire::proof::signed::Signing;
use crate::wire::proof::{Recipe, Secret, known};
use crate::wire::raw_json::JsonObject;

/// Fields that clients sign without sending them. The first has no value yet when the string is made.
const UNSENT: &[(&str, &str)] = &[
    ("signature", ""),
    ("signature", "null"),
    ("language", "en"),
    ("language", "ar"),
    ("response_format", "JSON"),
    ("response_format", "XML"),
    ("merchant_reference", ""),
    ("filters", "[]"),
    ("filters", ""),
    ("columns", ""),
    ("service_command", "GENERATE_REPORT"),
    ("query_command", "GENERATE_REPORT"),
    ("command", "GENERATE_REPORT"),
];

/// The fields of a request that are signed.
pub(super) fn signed_fields(mut request: JsonObject<'_>) -> JsonObject<'_> {
    request.0.retain(|(name, _)| name != "signature");
    request
}

/// How this merchant signs these fields.
pub(super) fn signing<'a>(
    scenario: &'a Scenario,
    caller: &Caller<'a>,
    fields: &'a JsonObject<'a>,
) -> Signing<'a> {
    let keys = &caller.keys;
    let phrase = keys.request_phrase;
    Signing {
        fields,
        documented: Recipe::sorted_between(phrase),
        algorithm: keys.algorithm,
        hash_name: keys.algorithm.name(),
        who_signs: "this merchant",
        word: "phrase",
        secret: Secret::new("request phrase", "the request phrase", phrase),
        others: others(scenario, keys),
        unsent: UNSENT,
        replaced: Vec::new(),
        takes_upper_case: true,
    }
}

/// What clients take for the request phrase: the nearest mistakes first.
fn others<'a>(scenario: &'a Scenario, keys: &Keys<'a>) -> Vec<Secret<'a>> {
    let says = "the response phrase; requests take the request phrase";
    let mut all = vec![Secret::near("response phrase", says, keys.response_phrase)];
    all.extend(known::all(scenario).map(|known| {
        let is_near = known.provider == "payfort" && known.field.ends_with("_phrase");
        Secret { is_near, ..known.secret("payfort") }
    }));
    // The phrases of the vendor's own examples.
    for sample in ["PASS", "TESTSHAIN", "TESTSHAOUT"] {
        let says = format!("`{sample}`, the phrase of the vendor's examples");
        all.push(Secret::near(&format!("sample phrase {sample}"), says, sample));
    }
    let mut values = std::collections::BTreeSet::from([keys.request_phrase]);
    all.retain(|secret| !secret.value.is_empty() && values.insert(secret.value));
    all
}

#[cfg(test)]
mod tests {

    use crate::sandbox::digest::Algorithm;
    use crate::wire::proof::Recipe;
    use crate::wire::raw_json::{DEEPEST, parse};

    #[track_caller]
    fn check(phrase: &str, algorithm: Algorithm, request: &str, expected: &str) {
        let members = parse(request.as_bytes(), DEEPEST).unwrap();
        let string = Recipe::sorted_between(phrase).string(&super::signed_fields(members));
        assert_eq!(algorithm.hash(phrase.as_bytes(), string.as_bytes()), expected, "{string}");
    }

    const G3: &str = r#"{"query_command":"GENERATE_REPORT","access_code":"zx0IPmPy5jp1vAz8Kpg7",
        "merchant_identifier":"CycHZxVj","merchant_reference":"XYZ9239-yu898",
        "from_date":"2017-08-03T00:00:01+03:00","to_date":"2017-08-03T23:59:59+03:00",
        "response_format":"JSON","language":"en","columns":["order_description","customer_ip","eci",
        "geolocation_ip","merchant_reference","card_holder_name","currency","amount",
        "payment_option","fort_id","customer_email","customer_name"],"filters":[{"key":"currency",
        "value":"USD"},{"value":"VISA","key":"payment_option"}],"signature":"anything"}"#;

    #[test]
    fn signatures_are_the_official_ones() {
        // The examples PURCHASE, TOKENIZATION and reporting request of the vendor's signature page.
        check(
            "PASS",
            Algorithm::Sha256,
            r#"{"command":"PURCHASE","merchant_reference":"Test010","amount":1000,
            "access_code":"SILgpo7pWbmzuURp2qri","merchant_identifier":"MxvOupuG",
            "currency":"USD","language":"en","customer_email":"test@gmail.com"}"#,
            "94c38afc7bdae0114fc8c740edf12416f22998241ce4b4ea70d5521233a2c882",
        );
        check(
            "PASS",
            Algorithm::Sha256,
            r#"{"service_command":"TOKENIZATION","language":"en","merchant_identifier":"MxvOupuG",
            "access_code":"SILgpo7pWbmzuURp2qri","merchant_reference":"MyReference0001"}"#,
            "7ee560ccd621da61bfc772f2f1b5849babda768f5ee36d4de67efa88403e4b99",
        );
        check(
            "PASS",
            Algorithm::Sha256,
            G3,
            "6750d396772be7df79347306324b1ad20320b31522583346e79b2ae8a5bc8970",
        );
    }

    #[test]
    fn variations_of_the_official_request_are_those_of_java_and_python() {
        let g4 = G3.replace("\"customer_name\"]", "\"customer_name\",\"operation\"]");
        check(
            "PASS",
            Algorithm::Sha256,
            &g4,
            "7b174d43ffd5fbdfd3b8e82e59609b34a006c74c9961c7e6b680e7ccbb5bda60",
        );
        check(
            "PASS",
            Algorithm::Sha256,
            &g4.replace("\"JSON\"", "\"XML\""),
            "5d6e86ddc315bcbc02f63f6bb1a21eeefb657c2e6db541c86c36133ea16514fb",
        );
        let bare = g4.replace(r#""response_format":"JSON","language":"en","#, "");
        let (head, rest) = bare.split_once(r#""filters""#).unwrap();
        let (_, tail) = rest.split_once(r#""signature""#).unwrap();
        check(
            "PASS",
            Algorithm::Sha256,
            &format!("{head}\"signature\"{tail}"),
            "9251e29eaea2047a1ca5cc24fe75a995c77d0be8843b7c40f5a43db57e6346e0",
        );
        check(
            "PASS",
            Algorithm::Sha256,
            r#"{"query_command":"DOWNLOAD_REPORT","access_code":"zx0IPmPy5jp1vAz8Kpg7",
            "merchant_identifier":"CycHZxVj","merchant_reference":"XYZ9239-yu898","language":"en"}"#,
            "9a57d883e493bda6c2fd207931b11036c8ffabcbf29cfb674de97c21c1a1ec55",
        );
        check(
            "sha-request-phrase",
            Algorithm::Sha256,
            r#"{"query_command":"CHECK_STATUS","merchant_reference":122333,"language":"en"}"#,
            "9eb08299a5f9cda485e4967a25d4c8ff7ecfc98ae8f6d23fcb12457ea709fb26",
        );
    }

    #[test]
    fn every_hash_of_the_official_request_is_that_of_python() {
        check(
            "PASS",
            Algorithm::Sha512,
            G3,
            "cfd4ed086008138605894c26cb2a91021267cd2b96ccdef615994d3f5eacdc88\
             9aacdc2fe9bf15952347f586c79c79ef33034baa57eaee16a472005f65c49166",
        );
        check(
            "PASS",
            Algorithm::HmacSha256,
            G3,
            "2e5619ef5b13686a21d64cd02643f54605db30ea41d1eba87dfb11b18c253216",
        );
        check(
            "PASS",
            Algorithm::HmacSha512,
            G3,
            "24ad11e8efa14407e6cb4fdc202475edf8769ea7d24476e5b76e74efa3350968\
             de0974b756b2416e02b3f1f7620a99cce2117f20f9ffb505a07c55f24d7b4733",
        );
    }
}
