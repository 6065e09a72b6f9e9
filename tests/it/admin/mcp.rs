//! The tools for agents: versions of the protocol, every call as a tool, and messages that are none.

use std::collections::BTreeSet;

use sandtill::admin::ROUTES;
use sandtill::sandbox::Options;
use serde_json::{Value, json};

use crate::support::{Answer, NOON, Server, frozen};

const PATH: &str = "/_admin/mcp";

impl Server {
    /// The answer to a message to the default space, with these headers.
    async fn mcp(&self, headers: &[(&str, &str)], message: &Value) -> Answer {
        self.send("POST", PATH, headers, message.to_string()).await
    }

    /// The result of a method.
    async fn result(&self, method: &str, params: Value) -> Value {
        let message = json!({"jsonrpc": "2.0", "id": 7, "method": method, "params": params});
        let answer = self.mcp(&[], &message).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        let answer = answer.json();
        assert_eq!((&answer["jsonrpc"], &answer["id"]), (&json!("2.0"), &json!(7)));
        assert_eq!(answer["error"], Value::Null, "{answer}");
        answer["result"].clone()
    }

    /// The text of a tool's result, and whether it is an error.
    async fn tool(&self, name: &str, arguments: Value) -> (String, bool) {
        let result = self.result("tools/call", json!({"name": name, "arguments": arguments})).await;
        let content = result["content"].as_array().unwrap();
        assert_eq!((content.len(), &content[0]["type"]), (1, &json!("text")));
        (content[0]["text"].as_str().unwrap().to_owned(), result["isError"].as_bool().unwrap())
    }

    /// The JSON that a tool answers.
    async fn call_tool(&self, name: &str, arguments: Value) -> Value {
        let (text, is_error) = self.tool(name, arguments).await;
        assert!(!is_error, "{name}: {text}");
        serde_json::from_str(&text).unwrap()
    }

    /// Status and code of the error of a message.
    async fn mistaken(
        &self,
        headers: &[(&str, &str)],
        body: impl Into<Vec<u8>>,
    ) -> (u16, i64, String) {
        let body: Vec<u8> = body.into();
        let answer = self.send("POST", PATH, headers, body).await;
        let error = answer.json()["error"].clone();
        let text = error["message"].as_str().unwrap_or_default().to_owned();
        (answer.status, error["code"].as_i64().unwrap_or(0), text)
    }
}

#[tokio::test]
async fn a_client_settles_on_a_version_it_knows() {
    let server = Server::start().await;
    for (wanted, settled) in [
        ("2025-11-25", "2025-11-25"),
        ("2025-06-18", "2025-06-18"),
        ("2025-03-26", "2025-03-26"),
        ("2024-11-05", "2024-11-05"),
        ("2031-01-01", "2025-11-25"),
    ] {
        let params = json!({
            "protocolVersion": wanted, "capabilities": {}, "clientInfo": {"name": "it", "version": "1"},
        });
        let result = server.result("initialize", params).await;
        assert_eq!(result["protocolVersion"], settled);
        assert_eq!(result["capabilities"], json!({"tools": {}}));
        assert_eq!(result["serverInfo"]["name"], "sandtill");
    }
    let done = json!({"jsonrpc": "2.0", "method": "notifications/initialized"});
    let answer = server.mcp(&[("MCP-Protocol-Version", "2025-11-25")], &done).await;
    assert_eq!((answer.status, answer.body.len()), (202, 0));
    assert_eq!(server.result("ping", json!({})).await, json!({}));
    let ping = r#"{"jsonrpc":"2.0","id":"p","method":"ping"}"#;
    let wrong = server.mistaken(&[("MCP-Protocol-Version", "1999-01-01")], ping).await;
    assert_eq!((wrong.0, wrong.1), (400, -32022));
    assert!(wrong.2.contains("2025-11-25"), "{}", wrong.2);
}

#[tokio::test]
async fn every_call_of_the_admin_api_is_a_tool_with_a_schema_that_stands_alone() {
    let server = Server::start().await;
    let tools = server.result("tools/list", json!({})).await["tools"].clone();
    let tools = tools.as_array().unwrap();
    // All but the probes, the list of calls, the description, and this call itself.
    let calls: Vec<_> = ROUTES
        .iter()
        .filter(|it| it.path.starts_with("/_admin/"))
        .filter(|it| !it.path.ends_with("/mcp") && !it.path.ends_with("/openapi.json"))
        .collect();
    assert_eq!(tools.len(), calls.len());
    let mut names = BTreeSet::new();
    for (tool, call) in tools.iter().zip(calls) {
        let name = tool["name"].as_str().unwrap();
        assert!(names.insert(name.to_owned()), "{name} is there twice");
        let is_plain = name.bytes().all(|it| it.is_ascii_alphanumeric() || it == b'_');
        assert!(is_plain && name.len() <= 64, "{name}");
        assert!(tool["description"].as_str().unwrap().starts_with(call.does), "{tool}");
        assert_eq!(tool["annotations"]["readOnlyHint"], call.method == "GET", "{name}");
        let schema = &tool["inputSchema"];
        assert_eq!(schema["type"], "object", "{name}");
        assert!(!schema.to_string().contains("$ref"), "{name}: {schema}");
        jsonschema::draft202012::new(schema).unwrap();
    }
    assert!(names.contains("post_clock_advance"), "{names:?}");
    assert!(names.contains("post_transactions_id_refund"), "{names:?}");
}

#[tokio::test]
async fn tools_do_what_their_calls_do() {
    let server = Server::frozen("default", NOON).await;
    assert_eq!(server.call_tool("get_clock", json!({})).await["now"], NOON);
    let body = json!({"by": "36h"});
    let moved = server.call_tool("post_clock_advance", json!({"body": body})).await;
    assert_eq!(moved["now"], "2026-03-16T00:00:00Z");
    let payment = json!({"merchant": "everywhere", "amount": 12345, "currency": "USD"});
    let payment = server.call_tool("post_transactions", json!({"body": payment})).await;
    let id = &payment["id"];
    // Ids are numbers or text; a body that may be absent may be absent.
    let part = json!({"id": id, "body": {"amount": 2345}});
    assert_eq!(server.call_tool("post_transactions_id_refund", part).await["amount"], 2345);
    let rest = server.call_tool("post_transactions_id_refund", json!({"id": id.to_string()})).await;
    assert_eq!(rest["amount"], 10_000);
    let found = json!({"merchant": "everywhere", "limit": 1, "kind": "payment", "from": null});
    let found = server.call_tool("get_transactions", found).await;
    assert_eq!(&found["transactions"][0]["id"], id);
    // A list, JSON as text, and a file as text.
    let two =
        json!([{"merchant": "everywhere", "amount": 1}, {"merchant": "everywhere", "amount": 2}]);
    let two = server.call_tool("post_transactions", json!({"body": two})).await;
    assert_eq!(two["transactions"].as_array().unwrap().len(), 2);
    let text = json!({"body": r#"{"mode":"running"}"#});
    assert_eq!(server.call_tool("put_clock", text).await["mode"], "running");
    let import = json!({
        "provider": "begateway", "merchant": "everywhere", "from": "2026-03-10", "to": "2026-03-10",
        "body": "id,amount,currency\nnobody,1.00,USD\n",
    });
    let found = server.call_tool("post_reconcile", import).await;
    let is_unexpected = |it: &Value| it["kind"] == "unexpected" && it["id"] == "nobody";
    assert!(found["findings"].as_array().unwrap().iter().any(is_unexpected), "{found}");
    assert_eq!(server.tool("delete_faults", json!({})).await, ("done".to_owned(), false));
    let curl = server.tool("get_metrics", json!({})).await;
    assert!(!curl.1 && curl.0.contains("# EOF"), "{}", curl.0);
}

#[tokio::test]
async fn a_space_has_tools_of_its_own() {
    let server = Server::frozen("default", NOON).await;
    let freeze =
        json!({"name": "put_clock", "arguments": {"body": {"now": "2026-03-20T00:00:00Z"}}});
    let message = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": freeze});
    let answer = server.send("POST", "/@t1/_admin/mcp", &[], message.to_string()).await;
    assert!(answer.text().contains("2026-03-20T00:00:00Z"), "{}", answer.text());
    assert_eq!(server.call_tool("get_clock", json!({})).await["now"], NOON);
}

#[tokio::test]
async fn a_refusal_is_text_that_a_model_can_read() {
    let server = Server::start().await;
    for (name, arguments, part) in [
        ("get_transactions_id", json!({"id": 1}), "1"),
        ("get_transactions_id", json!({}), "the argument `id` is missing"),
        ("get_transactions_id", json!({"id": ""}), "the argument `id` is missing"),
        ("get_transactions_id", json!({"id": "../clock"}), "is not the id of a transaction"),
        ("get_transactions", json!({"limt": 1}), "unknown argument `limt`; did you mean `limit`?"),
        (
            "get_transactions",
            json!({"limit": [1]}),
            "the argument `limit` must be text or a number",
        ),
        ("get_transactions", json!({"merchant": "nobody"}), "nobody"),
        ("get_clock", json!({"body": {}}), "unknown argument `body`"),
        ("post_clock_advance", json!({}), "the argument `body` is missing"),
        ("post_clock_advance", json!({"body": {"by": "soon"}}), "`by` is `soon`"),
        ("post_clock_advance", json!({"body": 7}), "must be a JSON object"),
        ("put_clock", json!({"body": "frozen"}), "not JSON"),
    ] {
        let (text, is_error) = server.tool(name, arguments.clone()).await;
        assert!(is_error && text.contains(part), "{name} {arguments}: {text}");
    }
    let call = |params: Value| {
        json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}).to_string()
    };
    for (params, part) in [
        (json!({"name": "get_clok"}), "did you mean `get_clock`?"),
        (json!({"name": "post_mcp"}), "there is no tool `post_mcp`"),
        (json!({}), "`name` must be"),
        (json!({"name": "get_clock", "arguments": [1]}), "`arguments` must be an object"),
    ] {
        let (status, code, text) = server.mistaken(&[], call(params)).await;
        assert_eq!((status, code), (200, -32602), "{text}");
        assert!(text.contains(part), "{text}");
    }
    let next = r#"{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"cursor":"x"}}"#;
    assert_eq!(server.mistaken(&[], next).await.1, -32602);
    for method in ["resources/list", "prompts/list", "tool/list", "notifications/initialized", ""] {
        let message = json!({"jsonrpc": "2.0", "id": 1, "method": method}).to_string();
        let (status, code, text) = server.mistaken(&[], message).await;
        assert_eq!((status, code), (200, -32601), "{method}: {text}");
    }
}

#[tokio::test]
async fn what_is_no_message_is_an_error_and_makes_no_space() {
    let server = Server::start().await;
    let deep = "[".repeat(100_000);
    let deep_params =
        format!(r#"{{"jsonrpc":"2.0","id":1,"method":"ping","params":{}"#, r#"{"a":"#.repeat(5000));
    for (body, code) in [
        (&b""[..], -32700),
        (b"{", -32700),
        (b"\xff\xfe", -32700),
        (deep.as_bytes(), -32700),
        (deep_params.as_bytes(), -32700),
        (b"null", -32600),
        (b"7", -32600),
        (b"[]", -32600),
        (b"{}", -32600),
        (br#"{"jsonrpc":"1.0","id":1,"method":"ping"}"#, -32600),
        (br#"{"jsonrpc":"2.0","id":null,"method":"ping"}"#, -32600),
        (br#"{"jsonrpc":"2.0","id":1.5,"method":"ping"}"#, -32600),
        (br#"{"jsonrpc":"2.0","id":1,"method":7}"#, -32600),
        (br#"{"jsonrpc":"2.0","id":1,"id":2,"method":"ping"}"#, -32600),
    ] {
        let answer = server.send("POST", "/@nobodys/_admin/mcp", &[], body.to_vec()).await;
        let text = answer.text();
        let shown = String::from_utf8_lossy(&body[..body.len().min(80)]).into_owned();
        assert_eq!(answer.status, 400, "{shown}: {text}");
        assert_eq!(answer.json()["error"]["code"], code, "{shown}: {text}");
    }
    let spaces = server.spaces.all();
    assert!(spaces.iter().all(|it| it.name().is_empty()), "{}", spaces.len());
    let params = r#"{"jsonrpc":"2.0","id":"a","method":"ping","params":[1]}"#;
    let answer = server.send("POST", PATH, &[], params).await;
    assert_eq!(
        (&answer.json()["id"], &answer.json()["error"]["code"]),
        (&json!("a"), &json!(-32602))
    );
    // Nobody waits for an answer to these.
    for body in [
        r#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}}"#,
        r#"{"jsonrpc":"2.0","method":"tools/call","params":{"name":"post_reset"}}"#,
        r#"{"jsonrpc":"2.0","id":1,"result":{}}"#,
    ] {
        let answer = server.send("POST", PATH, &[], body).await;
        assert_eq!((answer.status, answer.body.len()), (202, 0), "{body}");
    }
    assert_eq!(server.admin("POST", "/mcp?a=1", "{}").await.status, 400);
}

#[tokio::test]
async fn several_messages_in_one_body_are_for_older_clients() {
    let server = Server::frozen("default", NOON).await;
    let call = |id: u64, name: &str, arguments: Value| {
        let params = json!({"name": name, "arguments": arguments});
        json!({"jsonrpc": "2.0", "id": id, "method": "tools/call", "params": params})
    };
    let messages = json!([
        call(1, "post_clock_advance", json!({"body": {"by": "1h"}})),
        {"jsonrpc": "2.0", "method": "notifications/initialized"},
        call(2, "get_clock", json!({})),
        7,
    ]);
    let answer = server.mcp(&[("MCP-Protocol-Version", "2025-03-26")], &messages).await.json();
    assert_eq!(answer.as_array().unwrap().len(), 3);
    // The second sees what the first has done.
    let text = answer[1]["result"]["content"][0]["text"].as_str().unwrap();
    assert!(text.contains("2026-03-14T13:00:00Z"), "{text}");
    assert_eq!((&answer[2]["id"], &answer[2]["error"]["code"]), (&Value::Null, &json!(-32600)));
    let newer = [("MCP-Protocol-Version", "2025-06-18")];
    assert_eq!(server.mistaken(&newer, messages.to_string()).await.0, 400);
    let many = Value::Array(vec![json!({"jsonrpc": "2.0", "id": 1, "method": "ping"}); 101]);
    assert_eq!(server.mistaken(&[], many.to_string()).await.1, -32600);
    let notices = json!([{"jsonrpc": "2.0", "method": "notifications/initialized"}]);
    assert_eq!(server.mcp(&[], &notices).await.status, 202);
}

#[tokio::test]
async fn the_version_without_a_handshake_names_itself_in_each_request() {
    let server = Server::start().await;
    let message = |method: &str, version: &str| {
        let meta = json!({
            "io.modelcontextprotocol/protocolVersion": version,
            "io.modelcontextprotocol/clientCapabilities": {},
        });
        json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": {"_meta": meta}})
    };
    let headers = |method| [("MCP-Protocol-Version", "2026-07-28"), ("Mcp-Method", method)];
    let discover = message("server/discover", "2026-07-28");
    let answer = server.mcp(&headers("server/discover"), &discover).await;
    let result = answer.json()["result"].clone();
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(result["supportedVersions"][0], "2026-07-28");
    assert_eq!(result["resultType"], "complete");
    let list = message("tools/list", "2026-07-28");
    let result = server.mcp(&headers("tools/list"), &list).await.json()["result"].clone();
    assert_eq!((&result["resultType"], &result["ttlMs"]), (&json!("complete"), &json!(0)));
    assert!(result["tools"].as_array().unwrap().len() > 40);

    // Header and body that differ, an unknown version, a missing part, an unknown method.
    for (headers, message, status, code) in [
        (headers("ping"), list.clone(), 400, -32020),
        ([("MCP-Protocol-Version", "2025-11-25"), ("Mcp-Method", "tools/list")], list, 400, -32020),
        (
            [("MCP-Protocol-Version", "2027-01-01"), ("Mcp-Method", "ping")],
            message("ping", "2027-01-01"),
            400,
            -32022,
        ),
        (headers("ping"), json!({"jsonrpc": "2.0", "id": 1, "method": "ping"}), 400, -32602),
        (headers("initialize"), message("initialize", "2026-07-28"), 404, -32601),
        (headers("tools/call"), message("tools/call", "2026-07-28"), 400, -32602),
    ] {
        let wrong = server.mistaken(&headers, message.to_string()).await;
        assert_eq!((wrong.0, wrong.1), (status, code), "{message}: {}", wrong.2);
    }
    let mut call = message("tools/call", "2026-07-28");
    call["params"]["name"] = json!("get_clock");
    let named = headers("tools/call");
    let other = [named[0], named[1], ("Mcp-Name", "get_health")];
    assert_eq!(server.mistaken(&other, call.to_string()).await.1, -32020);
    let answer = server.mcp(&[named[0], named[1], ("Mcp-Name", "get_clock")], &call).await;
    assert_eq!(answer.json()["result"]["isError"], false, "{}", answer.text());
}

#[tokio::test]
async fn it_stands_behind_the_guard_of_the_admin_api() {
    let open = Server::start().await;
    let gone = open.admin("GET", "/mcp", "").await;
    assert_eq!((gone.status, gone.header("allow")), (405, "POST"));
    assert_eq!(open.admin("DELETE", "/mcp", "").await.status, 405);
    let ping = r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#;
    let page = [("Origin", "https://evil.example")];
    assert_eq!(open.send("POST", PATH, &page, ping).await.status, 403);
    let options = Options { admin_token: Some("t0ken".to_owned()), ..Options::default() };
    let locked = Server::started(frozen("empty", NOON), options).await;
    assert_eq!(locked.send("POST", PATH, &[], ping).await.status, 401);
    let token = [("Authorization", "Bearer t0ken")];
    assert_eq!(locked.send("POST", PATH, &token, ping).await.json()["result"], json!({}));
}
