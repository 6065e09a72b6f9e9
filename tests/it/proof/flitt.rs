//! Twelve ways to sign a token request of Flitt wrongly.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::json;
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha512};

use super::{Row, likely_mistake};
use crate::support::Server;

const TOKEN: &str = "/authorizer/token/application/get";

fn sha512(string: &str) -> String {
    hex::encode(Sha512::digest(string))
}

pub(super) async fn rows() -> Vec<Row> {
    let server = Server::start().await;
    let right = "test|1019|2026-04-06 11:15:27";
    let mac = Hmac::<Sha512>::new_from_slice(b"test").unwrap();
    let keyed = hex::encode(mac.chain_update("1019|2026-04-06 11:15:27").finalize().into_bytes());
    let mut rows = Vec::new();
    for (mistake, signature, wanted) in [
        ("SHA-1", hex::encode(Sha1::digest(right)), "SHA-1 instead of SHA-512"),
        ("SHA-256", hex::encode(Sha256::digest(right)), "SHA-256 instead of SHA-512"),
        ("HMAC", keyed, "HMAC with SHA-512"),
        ("key at the end", sha512("1019|2026-04-06 11:15:27|test"), "the key is at the end"),
        ("key missing", sha512("1019|2026-04-06 11:15:27"), "the key is missing"),
        ("no separators", sha512("test10192026-04-06 11:15:27"), "nothing and not `|`"),
        ("commas", sha512("test,1019,2026-04-06 11:15:27"), "a comma and not `|`"),
        ("date first", sha512("test|2026-04-06 11:15:27|1019"), "in another order"),
        ("upper-case hex", sha512(right).to_uppercase(), "upper case"),
        ("base64", STANDARD.encode(Sha512::digest(right)), "base64 and not in hex"),
        ("line break at the end", sha512(&format!("{right}\n")), "a line break at the end"),
        (
            "key of another application, and base64",
            STANDARD.encode(Sha512::digest("everywhere-key|1019|2026-04-06 11:15:27")),
            "the key of merchant `everywhere`; and it is written in base64",
        ),
    ] {
        let body = json!({
            "application_id": "1019", "date": "2026-04-06 11:15:27", "signature": signature,
        });
        assert_eq!(server.send("POST", TOKEN, &[], body.to_string()).await.status, 403);
        rows.push(Row {
            scheme: "flitt",
            mistake,
            wanted,
            likely_mistake: likely_mistake(&server).await,
        });
    }
    rows
}
