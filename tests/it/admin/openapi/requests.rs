//! What a request schema takes the call takes, and what it refuses the call refuses.

use super::description::Description;
use crate::support::Server;

#[tokio::test]
async fn what_a_schema_takes_the_call_takes_and_what_it_refuses_the_call_refuses() {
    let server = Server::start().await;
    let api = Description::of(&server).await;
    for (line, body, is_good) in [
        ("PUT /_admin/clock", r#"{"mode":"frozen","now":"2026-01-31T12:00:00Z"}"#, true),
        ("PUT /_admin/clock", r#"{"mode":"frozen","now":null}"#, true),
        ("PUT /_admin/clock", r#"{"mode":"stopped"}"#, false),
        ("PUT /_admin/clock", r#"{"mode":null}"#, false),
        ("PUT /_admin/clock", r#"["frozen"]"#, false),
        ("PUT /_admin/clock", "null", false),
        ("POST /_admin/clock/advance", r#"{"by":"2h","to":null}"#, true),
        ("POST /_admin/clock/advance", r#"{"by":"2h","to":"2026-04-01T00:00:00Z"}"#, false),
        ("POST /_admin/transactions", r#"{"merchant":"flitt","amount":1,"of":null}"#, true),
        ("POST /_admin/transactions", r#"{"merchant":"flitt","amount":-1}"#, false),
        ("POST /_admin/transactions", r#"{"merchant":"nobody","amount":1}"#, false),
        ("POST /_admin/transactions", r#"{"merchant":"flitt","amount":1,"kind":"refund"}"#, false),
        ("POST /_admin/transactions", r#"{"merchant":"flitt","amount":1,"label":"x"}"#, false),
        ("POST /_admin/faults", r#"{"fault":{"kind":"drop"},"every":2}"#, true),
        ("POST /_admin/faults", r#"{"fault":{"kind":"drop"},"every":2,"times":1}"#, true),
        ("POST /_admin/faults", r#"{"fault":{"kind":"drop"},"every":0}"#, false),
        ("POST /_admin/faults", r#"{"fault":{"kind":"drop"},"when":{}}"#, false),
        ("POST /_admin/faults", r#"{"fault":{"kind":"reset"},"when":{"page":0}}"#, false),
        ("POST /_admin/faults", r#"{"fault":{"kind":"drop","ms":1}}"#, false),
        ("POST /_admin/faults", r#"{"fault":{"kind":"drip"}}"#, false),
        (
            "POST /_admin/faults",
            r#"{"provider":"epicpay","operation":"batches","fault":{"kind":"empty"}}"#,
            true,
        ),
        (
            "POST /_admin/faults",
            r#"{"provider":"epicpay","operation":"token","fault":{"kind":"empty"}}"#,
            false,
        ),
        ("POST /_admin/faults", r#"{"operation":"token","fault":{"kind":"empty"}}"#, false),
        ("POST /_admin/journal/wait", r#"{"at_least":1,"exactly":1,"timeout_ms":0}"#, false),
        ("POST /_admin/journal/wait", r#"{"timeout_ms":600001}"#, false),
        ("POST /_admin/spaces", r#"{"name":"a b"}"#, false),
        ("POST /_admin/spaces", r#"{"name":"a","scenario":"no such"}"#, false),
        ("POST /_admin/spaces", r#"{"name":"a","scenario":{"days":5,"merchant":[]}}"#, true),
        ("PUT /_admin/scenario", r#"{"days":0}"#, false),
        (
            "PUT /_admin/scenario",
            r#"{"days":1,"quirks":["wepay.throttle"],"settings":{"wepay":{"report_queued":"2s"}}}"#,
            true,
        ),
        ("PUT /_admin/scenario", "[]", false),
        ("PUT /_admin/scenario", r#"{"days":2,"fault":null,"clock":{"mode":null}}"#, true),
        ("POST /_admin/callbacks/wait", r#"{"timeout_ms":1.0}"#, true),
    ] {
        let (method, path) = line.split_once(' ').unwrap();
        let schema =
            &api.operation(method, path)["requestBody"]["content"]["application/json"]["schema"];
        let complaints = api.complaints(schema, &serde_json::from_str(body).unwrap());
        assert_eq!(complaints.is_empty(), is_good, "{line} {body}: {complaints:?}");
        let answer = server.send(method, path, &[], body).await;
        assert_eq!(answer.status < 300, is_good, "{line} {body}: {}", answer.text());
        api.holds(method, path, &answer);
    }
}

#[tokio::test]
async fn bodies_that_are_no_objects_or_say_things_twice_are_problems() {
    let server = Server::start().await;
    let long = format!(r#"{{"name":"{}"}}"#, "n".repeat(65));
    for (method, path, body, part) in [
        ("PUT", "/clock", &b"[]"[..], "must be a JSON object"),
        ("PUT", "/clock", b"null", "must be a JSON object"),
        ("PUT", "/scenario", b"\"defualt\"", "did you mean `default`?"),
        ("PUT", "/snapshot", b"7", "must be a JSON object"),
        ("POST", "/transactions", b"[\"everywhere\",1]", "must hold JSON objects"),
        (
            "POST",
            "/faults",
            br#"{"times":1,"times":2,"fault":{"kind":"drop"}}"#,
            "`times` is there twice",
        ),
        (
            "POST",
            "/transactions",
            br#"{"merchant":"flitt","amount":1,"wire":{"flitt":"{}","flitt":"{}"}}"#,
            "`flitt` is there twice",
        ),
        ("PUT", "/scenario", br#"{"seed":1,"seed":2}"#, "`seed` is there twice"),
        ("PUT", "/scenario", br#"{"sede":null}"#, "did you mean `seed`?"),
        ("PUT", "/scenario?builtin=empty", b"{}", "not both"),
        (
            "POST",
            "/transactions",
            br#"{"merchant":"flitt","amount":1,"customer":[]}"#,
            "takes a list",
        ),
        ("POST", "/spaces", b"{\"name\":\"\xff\"}", "not JSON"),
        ("POST", "/spaces", long.as_bytes(), "1 to 64"),
    ] {
        let before = server.did("GET", "/clock", "").await["mode"].clone();
        let answer = server.send(method, &format!("/_admin{path}"), &[], body.to_vec()).await;
        assert_eq!(answer.status, 400, "{path}: {}", answer.text());
        assert_eq!(answer.header("content-type"), "application/problem+json");
        let detail = answer.json()["detail"].as_str().unwrap().to_owned();
        assert!(detail.contains(part), "{path}: {detail}");
        assert_eq!(server.did("GET", "/clock", "").await["mode"], before);
    }
    // A path that is spelled out has the methods it has, not those of its neighbours.
    let allowed = server.admin("DELETE", "/journal/wait", "").await;
    assert_eq!((allowed.status, allowed.header("allow")), (405, "POST"));
    let allowed = server.admin("PUT", "/journal/7", "").await;
    assert_eq!((allowed.status, allowed.header("allow")), (405, "GET"));
    for query in ["limit=1&limit=2", "limit=", "after=-1", "from=yesterday"] {
        server.refuses(400, "GET", &format!("/transactions?{query}"), "").await;
    }
}
