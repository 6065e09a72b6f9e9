//! The description of the admin API for people: every call with its examples.

use maud::{Markup, html};
use serde_json::Value;

use super::API;
use super::page::{Page, Paths, Template, once};
use super::pieces::Code;
use super::values::Members;
use crate::admin::{self, Document};

pub(super) const TEMPLATE: Template = Template { view: &API, requests, title: None, content };

fn requests(_: &Page, answers: &[Document]) -> Paths {
    once(answers, &["/_admin"])
}

fn content(page: &Page, answers: &[Document]) -> Markup {
    let [calls] = answers else { return html! {} };
    html! {
        p.lead {
            "Everything that these pages show and do is here, for programs. "
            a href=(page.api("openapi.json")) { "OpenAPI 3.1" }
        }
        p { "Base URL " code { (page.inside.base_url()) } }
        ul.list-plain {
            @for call in calls.list("calls") { (shown(call, admin::description())) }
        }
    }
}

fn shown(call: &Value, description: &Value) -> Markup {
    let (method, path) = (call.text("method"), call.text("path"));
    let operation = description
        .get("paths")
        .and_then(|paths| paths.get(path)?.get(method.to_ascii_lowercase()));
    html! {
        li.call {
            h2.plain-heading { code { (method) " " (path) } }
            p { (call.text("does")) }
            @if let Some(operation) = operation {
                @let parameters = operation.list("parameters");
                @if !parameters.is_empty() {
                    p.muted {
                        "Parameters: "
                        @for (index, it) in parameters.iter().enumerate() {
                            @if index > 0 { ", " }
                            code { (it.text("name")) }
                        }
                    }
                }
                @for (name, text) in examples(operation) {
                    @if let Some(text) = text {
                        details { summary { (name) } (Code(format_args!("{name} of {method} {path}"), &text)) }
                    }
                }
            }
        }
    }
}

/// The examples of the body and of the first successful answer.
fn examples(operation: &Value) -> [(&'static str, Option<String>); 2] {
    let of = |content: Option<&Value>| -> Option<String> {
        let media = content?.as_object()?.values().next()?;
        let named = || media.get("examples")?.as_object()?.values().next()?.get("value");
        let example = media.get("example").or_else(named)?;
        serde_json::to_string_pretty(example).ok()
    };
    let body = of(operation.get("requestBody").and_then(|it| it.get("content")));
    let answers = operation.get("responses").and_then(Value::as_object);
    let good = answers.and_then(|it| it.iter().find(|it| it.0.starts_with('2')).map(|it| it.1));
    let answer = of(good.and_then(|it| it.get("content")));
    [("Body", body), ("Answer", answer)]
}
