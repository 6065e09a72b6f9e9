//! What a provider's operations take and answer, as the OpenAPI description has it, and the single
//! requests that ready commands are made of.

use std::fmt::Write;

use serde_json::{Map, Value, json};

/// One operation of a provider.
#[derive(Clone, Copy, Debug)]
pub struct Operation {
    /// What [`super::Provider::operation`] calls it.
    pub name: &'static str,
    /// The method that the provider documents.
    pub method: &'static str,
    /// Its path, with `{…}` for what varies.
    pub path: &'static str,
    /// What it does, in a few words.
    pub does: &'static str,
    /// How the client proves who it is.
    pub proof: Proof,
    /// What it takes and answers.
    pub shape: fn() -> Shape,
}

/// How a client proves who it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proof {
    /// In no header: something in the request itself, or nothing.
    Request,
    /// HTTP Basic.
    Basic,
    /// `Authorization: Bearer …`.
    Bearer,
    /// `Authorization: Token …`.
    Token,
}

/// What an operation takes and answers; schemas are JSON Schema 2020-12.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Shape {
    /// Its parameters outside of the body, as OpenAPI has them.
    pub parameters: Vec<Value>,
    /// The schema of its JSON body, where it has one.
    pub body: Option<Value>,
    /// Whether none is as good as an empty one.
    pub body_is_optional: bool,
    /// Its answers: status, media type (empty for none), schema.
    pub answers: Vec<(u16, &'static str, Value)>,
    /// Schemas that the others point at by [`named`].
    pub schemas: Vec<(&'static str, Value)>,
}

/// A pattern for months and days, without the 29th of February.
pub const MONTH_DAY: &str = "((0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])|(0[469]|11)-(0[1-9]|[12][0-9]|30)|02-(0[1-9]|1[0-9]|2[0-8]))";

/// One request of a ready command.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Step {
    /// Its method.
    pub method: &'static str,
    /// Its path with its query.
    pub path: String,
    /// Its headers.
    pub headers: Vec<(&'static str, String)>,
    /// Its body.
    pub body: Option<String>,
    /// What its answer gives to steps behind it: the name of a variable, and the JSON pointer to its
    /// value.
    pub gives: Option<(&'static str, &'static str)>,
    /// The variable that stands in it as `$NAME`.
    pub uses: Option<&'static str>,
    /// Seconds of sandbox time that have to pass before it.
    pub after: i64,
}

impl Step {
    /// A POST with this body.
    #[must_use]
    pub fn post(path: impl Into<String>, body: String) -> Self {
        Self { method: "POST", path: path.into(), body: Some(body), ..Self::default() }
    }

    /// A GET.
    #[must_use]
    pub fn get(path: impl Into<String>) -> Self {
        Self { method: "GET", path: path.into(), ..Self::default() }
    }

    /// With one more header.
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

    /// The same with the variable's value in its place.
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

/// What points at the schema of this name in [`Shape::schemas`].
#[must_use]
pub fn named(name: &str) -> Value {
    json!({"$ref": format!("#/components/schemas/{name}")})
}

/// Any text.
#[must_use]
pub fn text() -> Value {
    json!({"type": "string"})
}

/// Text, or `null`.
#[must_use]
pub fn text_or_null() -> Value {
    json!({"type": ["string", "null"]})
}

/// A whole number.
#[must_use]
pub fn integer() -> Value {
    json!({"type": "integer"})
}

/// Any number.
#[must_use]
pub fn number() -> Value {
    json!({"type": "number"})
}

/// A truth value.
#[must_use]
pub fn flag() -> Value {
    json!({"type": "boolean"})
}

/// A list of what has this schema.
#[must_use]
pub fn list(items: &Value) -> Value {
    json!({"type": "array", "items": items})
}

/// An object with all of these members; others are not looked at.
#[must_use]
pub fn open(members: &[(&str, Value)]) -> Value {
    with_optional(members, &[])
}

/// An object with all of these members, and perhaps some of those.
#[must_use]
pub fn with_optional(members: &[(&str, Value)], optional: &[(&str, Value)]) -> Value {
    let all = members.iter().chain(optional);
    let properties: Map<String, Value> =
        all.map(|(name, schema)| ((*name).to_owned(), schema.clone())).collect();
    let required: Vec<&str> = members.iter().map(|it| it.0).collect();
    json!({"type": "object", "required": required, "properties": properties})
}

/// The schema with no other members than those it names.
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
