//! Thirty ways to sign a request of PayFort wrongly; the strings are written down, not computed by Sandtill.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use md5::Md5;
use serde_json::{Value, json};
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha512};

use super::{Row, likely_mistake};
use crate::payfort::{HOME, hash, send, string};
use crate::support::Server;

const PHRASE: &str = "sandtill-request";

/// The request that is signed wrongly: with lists, a `+` and a space.
fn request() -> Value {
    let mut request = HOME.generate("proof-1");
    request["columns"] = json!(["fort_id", "amount"]);
    request["filters"] = json!([{"key": "currency", "value": "AED"}]);
    request
}

/// The right string with its two lists printed otherwise.
fn lists(right: &str, columns: &str, filters: &str) -> String {
    let (old_columns, old_filters) =
        ("columns=[fort_id, amount]", "filters=[{key=currency, value=AED}]");
    assert!(right.contains(old_columns) && right.contains(old_filters));
    right.replace(old_columns, columns).replace(old_filters, filters)
}

fn sha256(string: &str) -> String {
    hex::encode(Sha256::digest(string))
}

/// Name, signature, and the words that must be said.
type Mistake = (&'static str, String, &'static str);

fn of_hash(right: &str, inner: &str) -> Vec<Mistake> {
    let digest = Sha256::digest(right);
    let pairs: Vec<String> = hex::encode_upper(digest)
        .as_bytes()
        .chunks(2)
        .map(|pair| String::from_utf8(pair.to_vec()).unwrap())
        .collect();
    vec![
        ("SHA-1", hex::encode(Sha1::digest(right)), "SHA-1 instead of SHA-256"),
        ("SHA-512", hex::encode(Sha512::digest(right)), "SHA-512 instead of SHA-256"),
        ("MD5", hex::encode(Md5::digest(right)), "MD5 instead of SHA-256"),
        (
            "HMAC over the string with phrases",
            hash("hmac-sha256", PHRASE, right),
            "HMAC with SHA-256 instead of plain",
        ),
        (
            "HMAC over the string without phrases",
            hash("hmac-sha256", PHRASE, inner),
            "the phrase is missing; and the signature is HMAC",
        ),
        ("base64 digest", STANDARD.encode(digest), "base64 and not in hex"),
        ("BitConverter digest", pairs.join("-"), "BitConverter"),
    ]
}

/// The fields of the string in the order of the request.
fn as_sent(inner: &str) -> String {
    let mut as_sent = String::new();
    for name in request().as_object().unwrap().keys() {
        let at = inner.find(&format!("{name}=")).unwrap();
        let ends = request();
        let ends = ends.as_object().unwrap().keys().filter_map(|it| inner.find(&format!("{it}=")));
        let end = ends.filter(|end| *end > at).min().unwrap_or(inner.len());
        as_sent.push_str(&inner[at..end]);
    }
    as_sent
}

fn of_string(right: &str, inner: &str) -> Vec<Mistake> {
    let swapped = string(request().as_object().unwrap(), "sandtill-response");
    let everywhere = string(request().as_object().unwrap(), "everywhere-request");
    let as_sent = as_sent(inner);
    let fields = inner
        .replace("columns=", "&columns=")
        .replace("filters=", "&filters=")
        .replace("from_date=", "&from_date=")
        .replace("merchant_", "&merchant_")
        .replace("query_", "&query_")
        .replace("to_date=", "&to_date=");
    vec![
        ("fields as sent", sha256(&format!("{PHRASE}{as_sent}{PHRASE}")), "not sorted by name"),
        (
            "`&` between fields",
            sha256(&format!("{PHRASE}{fields}{PHRASE}")),
            "`&` between the fields",
        ),
        ("phrase in front only", sha256(&format!("{PHRASE}{inner}")), "missing at the end"),
        ("phrase doubled", sha256(&format!("{PHRASE}{right}{PHRASE}")), "twice at each end"),
        ("response phrase", sha256(&swapped), "the response phrase"),
        ("phrase of another merchant", sha256(&everywhere), "merchant `everywhere`"),
        (
            "line break behind the phrase",
            sha256(&format!("{PHRASE}\n{inner}{PHRASE}\n")),
            "a line break behind the request phrase",
        ),
        (
            "values URL-encoded",
            sha256(
                &right
                    .replace(':', "%3A")
                    .replace('+', "%2B")
                    .replace(", ", "%2C%20")
                    .replace("[fort_id%2C%20amount]", "%5Bfort_id%2C%20amount%5D")
                    .replace(
                        "[{key=currency%2C%20value=AED}]",
                        "%5B%7Bkey%3Dcurrency%2C%20value%3DAED%7D%5D",
                    ),
            ),
            "percent-encoded",
        ),
        (
            "`signature=` in the string",
            sha256(&right.replace("to_date=", "signature=to_date=")),
            "`signature` is in the string",
        ),
        (
            "a default that was not sent",
            sha256(&right.replace("merchant_identifier=", "language=enmerchant_identifier=")),
            "`language=en`",
        ),
    ]
}

fn of_omissions(right: &str) -> Vec<Mistake> {
    let without = |text: &str, part: &str| {
        assert!(text.contains(part), "{part}");
        sha256(&text.replace(part, ""))
    };
    let reference = "merchant_reference=proof-1";
    vec![
        ("one field left out", without(right, reference), "`merchant_reference` is missing"),
        (
            "two fields left out",
            without(&right.replace("query_command=GENERATE_REPORT", ""), reference),
            "`query_command` is missing from the string; and the field `merchant_reference`",
        ),
    ]
}

fn of_lists(right: &str) -> Vec<Mistake> {
    let of = |columns: &str, filters: &str| {
        let (columns, filters) = (format!("columns={columns}"), format!("filters={filters}"));
        lists(right, &columns, &filters)
    };
    let json = of(r#"["fort_id","amount"]"#, r#"[{"key":"currency","value":"AED"}]"#);
    let python = of("['fort_id', 'amount']", "[{'key': 'currency', 'value': 'AED'}]");
    let ruby = |pair: &str| {
        let filters = format!(r#"[{{"key"{pair}"currency", "value"{pair}"AED"}}]"#);
        sha256(&of(r#"["fort_id", "amount"]"#, &filters))
    };
    let brackets = lists(
        right,
        "columns[0]=fort_idcolumns[1]=amount",
        "filters[0][key]=currencyfilters[0][value]=AED",
    );
    let net = "System.Collections.Generic.List`1";
    let net = of(&format!("{net}[System.String]"), &format!("{net}[System.Object]"));
    // A dictionary's own name, where the list is one of dictionaries.
    let dictionaries = "System.Collections.Generic.List`1[System.Collections.Generic.Dictionary`2[System.String,System.String]]";
    let net = net.replace("System.Collections.Generic.List`1[System.Object]", dictionaries);
    vec![
        ("JavaScript", sha256(&of("fort_id,amount", "[object Object]")), "JavaScript"),
        ("Python", sha256(&python), "Python"),
        (
            "Python, json.dumps",
            sha256(&of(r#"["fort_id", "amount"]"#, r#"[{"key": "currency", "value": "AED"}]"#)),
            "as in JSON",
        ),
        ("PHP, Array", sha256(&of("Array", "Array")), "`Array`"),
        ("PHP, brackets", sha256(&brackets), "brackets, as PHP"),
        ("Ruby before 3.4", ruby("=>"), "Ruby"),
        ("Ruby since 3.4", ruby(" => "), "Ruby"),
        ("Go", sha256(&of("[fort_id amount]", "[map[key:currency value:AED]]")), "Go prints"),
        (
            "Java without blanks",
            sha256(&of("[fort_id,amount]", "[{key=currency,value=AED}]")),
            "no blank behind",
        ),
        (".NET", sha256(&net), ".NET"),
        (
            "JSON lists and SHA-512",
            hex::encode(Sha512::digest(&json)),
            "as in JSON, not as `[a, b]` and `{key=k, value=v}`; and the signature is SHA-512",
        ),
    ]
}

pub(super) async fn rows() -> Vec<Row> {
    let server = Server::start().await;
    let request = request();
    let fields = request.as_object().unwrap();
    let (right, inner) = (string(fields, PHRASE), string(fields, ""));
    let mut mistakes = of_hash(&right, &inner);
    mistakes.extend(of_string(&right, &inner));
    mistakes.extend(of_omissions(&right));
    mistakes.extend(of_lists(&right));
    let mut rows = Vec::new();
    for (mistake, signature, wanted) in mistakes {
        let mut sent = request.clone();
        sent["signature"] = json!(signature);
        let code = send(&server, &sent).await.json()["response_code"].clone();
        assert!(code == "00008" || code == "00002", "{code} for {mistake}");
        rows.push(Row {
            scheme: "payfort",
            mistake,
            wanted,
            likely_mistake: likely_mistake(&server).await,
        });
    }
    rows
}
