//! What was played, put where the description has its examples.

use serde_json::{Map, Value};

use super::example_recorder::RecordedExample;
use super::example_recorder::set;

pub(super) fn put(paths: &mut Map<String, Value>, recorded: &[RecordedExample]) {
    for example in recorded {
        let operation = paths.get_mut(example.path);
        let operation = operation.and_then(|it| it.get_mut(example.method.to_lowercase()));
        if let Some(operation) = operation {
            put_parameters(operation, example);
            put_body(operation, example);
            put_answer(operation, example);
        }
    }
}

/// A request that was refused is no example of a good one.
fn is_good(example: &RecordedExample) -> bool {
    example.status < 300
}

fn put_parameters(operation: &mut Value, example: &RecordedExample) {
    let Some(parameters) = operation.get_mut("parameters").and_then(Value::as_array_mut) else {
        return;
    };
    for parameter in parameters.iter_mut().filter(|_| is_good(example)) {
        let name = parameter.get("name").and_then(Value::as_str).unwrap_or("");
        let Some((_, value)) = example.parameters.iter().find(|it| it.0.eq_ignore_ascii_case(name))
        else {
            continue;
        };
        let is_number = parameter.pointer("/schema/type").is_some_and(|it| it == "integer");
        let number = value.parse::<i64>().ok().filter(|_| is_number);
        let value = number.map_or_else(|| Value::from(value.as_str()), Value::from);
        set(parameter, &["examples", &example.name, "value"], value);
    }
}

fn put_body(operation: &mut Value, example: &RecordedExample) {
    let Some(body) = example.body.as_ref().filter(|_| is_good(example)) else { return };
    let content = operation.pointer_mut("/requestBody/content/application~1json");
    if let Some(content) = content {
        set(content, &["examples", &example.name, "value"], body.clone());
    }
}

fn put_answer(operation: &mut Value, example: &RecordedExample) {
    let responses = operation.get_mut("responses").and_then(Value::as_object_mut);
    let Some(responses) = responses else { return };
    // Problems are described once for all calls; what is not described has no place either.
    let Some(response) = responses.get_mut(&example.status.to_string()) else { return };
    if let Some(content) = response.get_mut("content").and_then(|it| it.get_mut(&example.media)) {
        set(content, &["examples", &example.name, "value"], example.answer.clone());
    }
}
