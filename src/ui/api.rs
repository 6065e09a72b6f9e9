//! The description of the admin API for people: every call with its examples.

use maud::{Markup, html};
use serde_json::Value;

use super::API;
use super::page::{Page, Paths, Template, once};
use super::pieces::Code;
use super::values::{Members, pretty};
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
    let operation = description.member("paths").member(path).member(&method.to_ascii_lowercase());
    html! {
        li.call {
            h2.plain-heading { code { (method) " " (path) } }
            p { (call.text("does")) }
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

/// The examples of the body and of the first successful answer.
fn examples(operation: &Value) -> [(&'static str, Option<String>); 2] {
    let body = example(operation.member("requestBody"));
    let answers = operation.member("responses").as_object();
    let good = answers.and_then(|it| it.iter().find(|it| it.0.starts_with('2')).map(|it| it.1));
    [("Body", body), ("Answer", good.and_then(example))]
}

/// The example of the first content type of a body or an answer.
fn example(described: &Value) -> Option<String> {
    let media = described.member("content").as_object()?.values().next()?;
    let named = || media.member("examples").as_object()?.values().next()?.get("value");
    media.get("example").or_else(named).map(pretty)
}
