//! A description of the API as a server gives it, and whether answers are as it says.

use serde_json::{Value, json};

use crate::support::{Answer, Server};

/// The description of a server.
pub(super) struct Description(pub(super) Value);

impl Description {
    pub(super) async fn of(server: &Server) -> Self {
        Self(server.did("GET", "/openapi.json", "").await)
    }

    /// What is wrong with a value; nothing when it is as the schema says.
    pub(super) fn complaints(&self, schema: &Value, value: &Value) -> Vec<String> {
        let whole = json!({"allOf": [schema], "components": self.0["components"]});
        let options = jsonschema::draft202012::options().should_validate_formats(true);
        let validator = options.build(&whole).unwrap_or_else(|err| panic!("{err} in {schema}"));
        validator
            .iter_errors(value)
            .map(|err| format!("{err} at {}", err.instance_path()))
            .collect()
    }

    /// The operation a request is for.
    pub(super) fn operation(&self, method: &str, path: &str) -> &Value {
        let path = path.split('?').next().unwrap();
        let fits = |pattern: &str| {
            let (pattern, path): (Vec<_>, Vec<_>) =
                (pattern.split('/').collect(), path.split('/').collect());
            pattern.len() == path.len()
                && pattern
                    .iter()
                    .zip(&path)
                    .all(|(wanted, got)| wanted == got || wanted.starts_with('{'))
        };
        let mut found = self.0["paths"].as_object().unwrap().iter().filter(|it| fits(it.0));
        // A path with a name in it gives way to the one that is spelled out.
        let exact = found.clone().find(|it| it.0 == path);
        let item =
            exact.or_else(|| found.next()).unwrap_or_else(|| panic!("{path} is not described"));
        let operation = &item.1[method.to_lowercase()];
        assert!(operation.is_object(), "{method} {path} is not described");
        operation
    }

    pub(super) fn resolved<'a>(&'a self, value: &'a Value) -> &'a Value {
        match value["$ref"].as_str() {
            Some(pointer) => self.0.pointer(pointer.strip_prefix('#').unwrap()).unwrap(),
            None => value,
        }
    }

    #[track_caller]
    pub(super) fn holds(&self, method: &str, path: &str, answer: &Answer) {
        let expected_detail =
            format!("{method} {path}: {} {}", answer.status, String::from_utf8_lossy(&answer.body));
        let responses = &self.operation(method, path)["responses"];
        let response = self.resolved(&responses[answer.status.to_string()]);
        assert!(response.is_object(), "status not described, {expected_detail}");
        let media = answer.header("content-type").split(';').next().unwrap().trim();
        if media.is_empty() {
            assert!(
                response.get("content").is_none() && answer.body.is_empty(),
                "{expected_detail}"
            );
            return;
        }
        let schema = &response["content"][media]["schema"];
        assert!(schema.is_object(), "{media} not described, {expected_detail}");
        let value = if media.ends_with("json") { answer.json() } else { json!(answer.text()) };
        assert_eq!(self.complaints(schema, &value), Vec::<String>::new(), "{expected_detail}");
    }
}

impl Server {
    /// A call of the admin API whose answer has to be as described.
    pub(super) async fn held(
        &self,
        description: &Description,
        line: &str,
        body: &str,
        status: u16,
    ) -> Answer {
        let (method, path) = line.split_once(' ').unwrap();
        let answer = self.send(method, path, &[], body.to_owned()).await;
        assert_eq!(answer.status, status, "{line} {body}: {}", answer.text());
        description.holds(method, path, &answer);
        answer
    }
}

pub(super) fn operations(description: &Value) -> Vec<(String, &Value)> {
    let items = description["paths"].as_object().unwrap();
    let of = |(path, item)| {
        let item: &Value = item;
        let all = item.as_object().unwrap().iter();
        all.map(move |(method, it)| (format!("{method} {path}"), it)).collect::<Vec<_>>()
    };
    items.iter().flat_map(of).collect()
}
