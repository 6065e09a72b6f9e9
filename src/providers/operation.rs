//! The operations of providers as the OpenAPI description shows them, and the single requests of ready
//! commands.

use std::fmt::Write;

use serde_json::{Map, Value, json};

use crate::providers::fidelity::Fidelity;
use crate::wire::rows::Layout;

/// One operation of a provider.
#[derive(Clone, Copy, Debug)]
pub struct Operation {
    /// The name that [`super::Provider::operation`] returns.
    pub name: &'static str,
    /// The method that the provider documents.
    pub method: &'static str,
    /// The path, with `{…}` for path parameters.
    pub path: &'static str,
    /// A short description for the OpenAPI document.
    pub does: &'static str,
    /// How the client authenticates.
    pub proof: Proof,
    /// Makes the schemas of its requests and answers.
    pub shape: fn() -> Shape,
    /// What the emulation rests on.
    pub fidelity: Fidelity,
    /// Where its answers have their rows; `None` for an operation without rows.
    pub listing: Option<&'static Listing>,
}

/// Where the answers of an operation have their rows.
#[derive(Clone, Copy, Debug)]
pub struct Listing {
    /// The forms that an answer can have; the first that fits counts.
    pub layouts: &'static [Layout],
    /// Whether a request asks for one page of several.
    pub has_pages: bool,
    /// Whether a request names a range of time.
    pub has_range: bool,
    /// Whether the report is prepared first: its rows are fixed before it is asked for.
    pub is_prepared: bool,
}

/// How a client authenticates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proof {
    /// Not by a header: by a part of the request, for example a signature, or not at all.
    Request,
    /// HTTP Basic.
    Basic,
    /// `Authorization: Bearer …`.
    Bearer,
    /// `Authorization: Token …`.
    Token,
}

/// The parameters, request and answers of an operation; schemas are JSON Schema 2020-12.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Shape {
    /// Parameters outside of the body, as OpenAPI parameter objects.
    pub parameters: Vec<Value>,
    /// The schema of the JSON body; `None` if the operation has no body.
    pub body: Option<Value>,
    /// Whether the body may be absent.
    pub body_is_optional: bool,
    /// The answers: status, media type (empty for an answer without body), schema.
    pub answers: Vec<(u16, &'static str, Value)>,
    /// Named schemas; other schemas refer to them by [`named`].
    pub schemas: Vec<(&'static str, Value)>,
}

/// A regular expression for `MM-DD`, without the 29th of February.
pub const MONTH_DAY: &str = "((0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])|(0[469]|11)-(0[1-9]|[12][0-9]|30)|02-(0[1-9]|1[0-9]|2[0-8]))";

/// One request of a ready command.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Step {
    /// The HTTP method.
    pub method: &'static str,
    /// The path with the query.
    pub path: String,
    /// The headers: name and value.
    pub headers: Vec<(&'static str, String)>,
    /// The body, if there is one.
    pub body: Option<String>,
    /// A value of the answer that later steps use: the name of a variable, and the JSON pointer to the
    /// value in the answer.
    pub gives: Option<(&'static str, &'static str)>,
    /// The name of the variable that this step contains as `$NAME`.
    pub uses: Option<&'static str>,
    /// Seconds of sandbox time that must pass before this step.
    pub after: i64,
}

impl Step {
    /// A POST request with this body.
    #[must_use]
    pub fn post(path: impl Into<String>, body: String) -> Self {
        Self { method: "POST", path: path.into(), body: Some(body), ..Self::default() }
    }

    /// A GET request.
    #[must_use]
    pub fn get(path: impl Into<String>) -> Self {
        Self { method: "GET", path: path.into(), ..Self::default() }
    }

    /// Adds a header.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// The `curl` command for a server at this base URL.
    #[must_use]
    pub fn curl(&self, base_url: &str) -> String {
        let variable = self.uses.map(|name| format!("${name}"));
        let uses = |text: &str| variable.as_ref().is_some_and(|it| text.contains(it));
        let mut command = format!("curl -s {base_url}{}", self.path);
        if self.path.contains(['?', '&']) {
            command = format!("curl -s '{base_url}{}'", self.path);
        }
        for (name, value) in &self.headers {
            let quote = if uses(value) { '"' } else { '\'' };
            let _ = write!(command, " -H {quote}{name}: {value}{quote}");
        }
        if let Some(body) = &self.body {
            let mut body = body.replace('\'', r"'\''");
            if let Some(variable) = variable {
                body = body.replace(&variable, &format!("'{variable}'"));
            }
            let _ = write!(command, " -d '{body}'");
        }
        command
    }

    /// The step with the variable replaced by its value.
    #[must_use]
    pub fn filled(&self, value: &str) -> Self {
        let Some(variable) = self.uses.map(|name| format!("${name}")) else { return self.clone() };
        let fill = |text: &String| text.replace(&variable, value);
        Self {
            path: fill(&self.path),
            headers: self.headers.iter().map(|(name, text)| (*name, fill(text))).collect(),
            body: self.body.as_ref().map(fill),
            ..self.clone()
        }
    }
}

/// A reference to the schema with this name in [`Shape::schemas`].
#[must_use]
pub fn named(name: &str) -> Value {
    json!({"$ref": format!("#/components/schemas/{name}")})
}

/// The schema of any text.
#[must_use]
pub fn text() -> Value {
    json!({"type": "string"})
}

/// The schema of a text or `null`.
#[must_use]
pub fn text_or_null() -> Value {
    json!({"type": ["string", "null"]})
}

/// The schema of an integer.
#[must_use]
pub fn integer() -> Value {
    json!({"type": "integer"})
}

/// The schema of any number.
#[must_use]
pub fn number() -> Value {
    json!({"type": "number"})
}

/// The schema of a boolean.
#[must_use]
pub fn flag() -> Value {
    json!({"type": "boolean"})
}

/// The schema of a list whose items have this schema.
#[must_use]
pub fn list(items: &Value) -> Value {
    json!({"type": "array", "items": items})
}

/// The schema of an object that has all of these members and may have others.
#[must_use]
pub fn open(members: &[(&str, Value)]) -> Value {
    with_optional(members, &[])
}

/// The schema of an object that has all of `members` and may have those of `optional`.
#[must_use]
pub fn with_optional(members: &[(&str, Value)], optional: &[(&str, Value)]) -> Value {
    let all = members.iter().chain(optional);
    let properties: Map<String, Value> =
        all.map(|(name, schema)| ((*name).to_owned(), schema.clone())).collect();
    let required: Vec<&str> = members.iter().map(|it| it.0).collect();
    json!({"type": "object", "required": required, "properties": properties})
}

/// The object schema, changed so that it allows no other members.
#[must_use]
pub fn closed(mut schema: Value) -> Value {
    if let Some(members) = schema.as_object_mut() {
        members.insert("additionalProperties".to_owned(), Value::Bool(false));
    }
    schema
}

/// The same answer for several statuses.
pub fn same(
    statuses: &[u16],
    media: &'static str,
    schema: &Value,
) -> impl Iterator<Item = (u16, &'static str, Value)> {
    statuses.iter().map(move |status| (*status, media, schema.clone()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_is_a_command_that_a_shell_reads_as_it_is_meant() {
        let step = Step {
            uses: Some("id"),
            ..Step::post("/a", r#"{"n":$id,"t":"it's"}"#.to_owned())
                .with("Authorization", "Token $id")
                .with("X-A", "b")
        };
        assert_eq!(
            step.curl("http://h"),
            r#"curl -s http://h/a -H "Authorization: Token $id" -H 'X-A: b' -d '{"n":'$id',"t":"it'\''s"}'"#
        );
        assert_eq!(step.filled("7").body.as_deref(), Some(r#"{"n":7,"t":"it's"}"#));
        assert_eq!(Step::get("/a?b=1").curl("http://h"), "curl -s 'http://h/a?b=1'");
    }
}
