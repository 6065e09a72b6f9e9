//! Faults and levers: what goes wrong on purpose, how often it struck, and ready sets to begin with.

use axum::http::Method;
use maud::{Markup, html};
use serde_json::{Map, Value};

use super::form::{Call, Form, Next, nothing, unknown_action};
use super::page::{Page, Paths, Template};
use super::pieces::{Button, Choice, Code, Coloured, Field, words};
use super::values::{Members, plain, segment, texts};
use super::{FAULTS, levers};
use crate::admin::Document;
use crate::wire::problem::Problem;

/// Rules on a page.
const LIMIT: usize = 100;

/// Kinds of the form: first those that need no value.
const KINDS: [&str; 14] = [
    "broken_json",
    "truncate",
    "empty",
    "reset",
    "throttle",
    "expired_token",
    "duplicate",
    "reorder",
    "drop",
    "status",
    "delay",
    "drip",
    "error",
    "late",
];

/// The fields of the form: name, label, value and hint.
const FIELDS: [(&str, &str, &str, &str); 5] = [
    ("value", "Value", "", "503, 1500 ms, a code"),
    ("after", "Skip first", "", "0"),
    ("times", "Times", "1", "always"),
    ("every", "Every", "", "1"),
    ("probability", "Probability", "", "0.2"),
];

/// The rule that the form for JSON begins with.
const EXAMPLE: &str = r#"{"provider": "", "times": 1, "fault": {"kind": "truncate"}}"#;

/// A set of rules that are added together; `…` in them is each provider that the rule can strike.
struct Set {
    name: &'static str,
    title: &'static str,
    about: &'static str,
    faults: &'static [&'static str],
}

const SETS: [Set; 3] = [
    Set {
        name: "bad-monday",
        title: "Bad Monday",
        about: "The next answer comes late and is a 503, the one after it is cut off in the middle.",
        faults: &[
            r#"{"times":1,"fault":{"kind":"delay","ms":1500}}"#,
            r#"{"times":1,"fault":{"kind":"status","status":503}}"#,
            r#"{"times":1,"fault":{"kind":"truncate"}}"#,
        ],
    },
    Set {
        name: "flaky-network",
        title: "Flaky network",
        about: "One answer in five never comes: the connection is reset.",
        faults: &[r#"{"probability":0.2,"fault":{"kind":"reset"}}"#],
    },
    Set {
        name: "slow-bank",
        title: "Slow day",
        about: "Every answer takes between half a second and two.",
        faults: &[r#"{"fault":{"kind":"delay","min_ms":500,"max_ms":2000}}"#],
    },
];

pub(super) const TEMPLATE: Template = Template { view: &FAULTS, requests, title: None, content };

fn requests(_: &Page, answers: &[Document]) -> Paths {
    Ok(match answers {
        [] => vec![format!("/_admin/faults?limit={LIMIT}"), "/_admin/providers".to_owned()],
        [_, providers] => levers::paths(providers),
        _ => Vec::new(),
    })
}

fn content(page: &Page, answers: &[Document]) -> Markup {
    let [found, providers, lags @ ..] = answers else { return html! {} };
    let rules = found.list("faults");
    html! {
        @if rules.is_empty() {
            p.lead { "Nothing goes wrong on purpose. Add a fault below, or one of the ready sets." }
        } @else {
            (table(page, rules))
            (Button(page.link("faults"), "clear", "", format_args!("Everything off")))
        }
        (sets(page))
        (add_form(page, providers))
        (levers::section(page, providers, lags))
    }
}

fn table(page: &Page, rules: &[Value]) -> Markup {
    html! {
        div.wide tabindex="0" role="region" aria-label="Faults" {
            table {
                thead {
                    tr {
                        th scope="col" { "Fault" } th scope="col" { "Where" } th scope="col" { "When" }
                        th.right scope="col" { "Matched" } th.right scope="col" { "Struck" }
                        th scope="col" { "State" } th scope="col" { "Off" }
                    }
                }
                tbody {
                    @for rule in rules {
                        @let id = rule.text("id");
                        tr id={ "fault-" (id) } {
                            td { strong { (kind(rule)) } span.reason { (members(rule.member("fault"), &["kind"])) } }
                            td {
                                @if rule.text("provider").is_empty() { "every provider" } @else { (rule.text("provider")) }
                                " " (rule.text("operation"))
                            }
                            td { (members(rule, &["id", "fault", "provider", "operation", "seen", "hits", "over"])) }
                            td.right { (rule.whole("seen")) }
                            td.right {
                                @if rule.number("hits") > 0 {
                                    (page.anchor("", format_args!("journal?outcome=faulted"), format_args!("{}", rule.number("hits"))))
                                } @else { "0" }
                            }
                            td { @if rule.is("over") { (Coloured("plain", "over")) } @else { (Coloured("due", "on")) } }
                            td { (Button(page.link("faults"), "remove", id, format_args!("Remove {id}"))) }
                        }
                    }
                }
            }
        }
    }
}

fn kind(rule: &Value) -> String {
    words(rule.member("fault").text("kind"))
}

/// The members of a rule in one line, without those that have a column.
fn members(value: &Value, without: &[&str]) -> String {
    let mut line = String::new();
    for (name, value) in value.as_object().unwrap_or(&Map::new()) {
        if without.contains(&name.as_str()) || value.is_null() {
            continue;
        }
        let comma = if line.is_empty() { "" } else { ", " };
        line.push_str(&format!("{comma}{name} {}", plain(value)));
    }
    line
}

fn sets(page: &Page) -> Markup {
    html! {
        section aria-labelledby="sets" {
            h2 #sets { "Ready sets" }
            div.cards {
                @for set in &SETS {
                    section.card aria-labelledby={ "set-" (set.name) } {
                        h3 id={ "set-" (set.name) } { (set.title) }
                        p { (set.about) }
                        details { summary { "What it posts" } (Code(format_args!("rules of {}", set.title), &set.faults.join("\n"))) }
                        (Button(page.link("faults"), "set", set.name, format_args!("Turn on: {}", set.title)))
                    }
                }
            }
        }
    }
}

fn add_form(page: &Page, providers: &Value) -> Markup {
    let slugs = texts(providers.list("providers"), "slug");
    html! {
        section.card aria-labelledby="add" {
            h2 #add { "Add a fault" }
            form method="post" action=(page.link("faults")) {
                input type="hidden" name="do" value="add";
                div.grid {
                    (Choice(("provider", "Provider"), "every one", &slugs, page.query.text("provider")))
                    div.field {
                        label for="f-operation" { "Operation" }
                        input #f-operation name="operation" list="operations" placeholder="any" autocomplete="off";
                        datalist #operations {
                            @for provider in providers.list("providers") {
                                @for operation in provider.list("operations") {
                                    option value=(operation.text("name")) { (provider.text("name")) }
                                }
                            }
                        }
                    }
                    (Choice(("kind", "Kind"), "", &KINDS, ""))
                    @for (name, label, value, hint) in FIELDS { (Field(name, label, value, hint)) }
                    div.buttons { button.primary type="submit" { "Add" } }
                }
                p.muted {
                    "The value is the HTTP status of status, the milliseconds of delay and drip, the code of \
                     error, and the length (15m) of late."
                }
            }
            details {
                summary { "As JSON" }
                form method="post" action=(page.link("faults")) {
                    input type="hidden" name="do" value="json";
                    div.field.long {
                        label for="f-json" { "The body of POST /_admin/faults" }
                        textarea #f-json name="json" spellcheck="false" { (EXAMPLE) }
                    }
                    button type="submit" { "Add this" }
                }
            }
        }
    }
}

/// The JSON of the form. Values that are no numbers are sent as text, so that the API says what is wrong.
fn rule(page: &Page) -> Value {
    let form = &page.form;
    let number =
        |text: &str| text.parse::<serde_json::Number>().map_or_else(|_| text.into(), Value::Number);
    let mut rule = form.object(&["provider", "operation"]);
    for name in ["after", "times", "every", "probability"] {
        if let Some(text) = form.get(name) {
            rule.insert(name.to_owned(), number(text));
        }
    }
    let kind = form.text("kind");
    let mut fault = form.object(&["kind"]);
    if let Some(value) = form.get("value") {
        let (name, value) = match kind {
            "status" => ("status", number(value)),
            "error" => ("code", value.into()),
            "late" => ("by", value.into()),
            "truncate" => ("after", number(value)),
            _ => ("ms", number(value.trim_end_matches("ms").trim())),
        };
        fault.insert(name.to_owned(), value);
    }
    rule.insert("fault".to_owned(), Value::Object(fault));
    Value::Object(rule)
}

pub(super) const FORM: Form = Form {
    requests: nothing,
    calls,
    refused: None,
    leads_to: |_, _| Next::Page("faults".to_owned()),
};

fn calls(page: &Page, _: &[Document]) -> Result<Vec<Call>, Problem> {
    let form = &page.form;
    let path = "/_admin/faults";
    Ok(vec![match form.text("do") {
        "add" => Call::json(Method::POST, path, &rule(page)),
        "json" => Call::new(Method::POST, path, form.text("json")),
        "set" => return rules_of(form.text("id")),
        "remove" => Call::new(Method::DELETE, &format!("{path}/{}", segment(form.text("id"))), ""),
        "clear" => Call::new(Method::DELETE, path, ""),
        "reporting" => levers::call(page),
        _ => return Err(unknown_action(page)),
    }])
}

/// The calls that add the rules of a set.
fn rules_of(name: &str) -> Result<Vec<Call>, Problem> {
    let set = SETS.iter().find(|it| it.name == name);
    let set = set.ok_or_else(|| Problem::not_found(format!("there is no set `{name}`")))?;
    let call = |fault: &&str| Call::new(Method::POST, "/_admin/faults", fault);
    Ok(set.faults.iter().map(call).collect())
}
