//! State that outlasts the process: the logs, the restart, the file and what can be wrong with it, the way
//! back to an earlier point.

mod damage;
mod killed;
mod logs;
mod past;
mod restart;

use serde_json::Value;

use crate::support::Server;

/// Status and JSON of a call of the admin API; `null` stands for no body.
async fn admin(server: &Server, method: &str, path: &str, body: Value) -> (u16, Value) {
    let body = if body.is_null() { String::new() } else { body.to_string() };
    let answer = server.send(method, path, &[], body).await;
    let value = if answer.body.is_empty() { Value::Null } else { answer.json() };
    (answer.status, value)
}

/// The names of the spaces of a server, as the admin API lists them.
async fn space_names(server: &Server) -> Vec<String> {
    let (_, list) = admin(server, "GET", "/_admin/spaces", Value::Null).await;
    let spaces = list["spaces"].as_array().unwrap().iter();
    spaces.map(|it| it["name"].as_str().unwrap().to_owned()).collect()
}
