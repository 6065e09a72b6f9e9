//! What a call of the admin API takes and answers: one statement for its handler, which reads
//! parameters by it, and for the OpenAPI description, which is made from it.

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::{Value, json};

use super::request::MAX_LIMIT;
use strum::VariantNames;

use crate::providers;
use crate::sandbox::scenario::schema::INSTANT;

/// How a schema is made by one of the two generators of the description.
pub(super) type Shape = fn(&mut SchemaGenerator) -> Schema;

/// The schema of a type.
fn of<T: JsonSchema>(generator: &mut SchemaGenerator) -> Schema {
    generator.subschema_for::<T>()
}

/// What a call takes and answers.
#[derive(Clone, Copy, Debug)]
pub(super) struct Spec {
    /// Parameters behind the `?`; others are refused.
    pub(super) query: &'static [Parameter],
    /// The body, where it has one.
    pub(super) body: Option<Body>,
    /// What it answers when it succeeds.
    pub(super) answers: &'static [Answer],
    /// Statuses of the problems it can have, besides those that every call can have.
    pub(super) problems: &'static [u16],
}

impl Spec {
    /// Takes nothing and answers nothing; to be filled in.
    pub(super) const PLAIN: Self =
        Self { query: &[], body: None, answers: &[Answer::NOTHING], problems: &[] };
}

/// A parameter behind the `?`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Parameter {
    pub(super) name: &'static str,
    pub(super) values: Values,
}

/// What a parameter can be.
#[derive(Clone, Copy, Debug)]
pub(super) enum Values {
    /// Any text.
    Text,
    /// A whole number, at least 0.
    Number,
    /// How many items a page shall have.
    Limit,
    /// An instant.
    Instant,
    /// How long to wait, real time.
    Wait,
    /// One of these words.
    OneOf(fn() -> Vec<&'static str>),
    /// The name of a merchant of the scenario in force.
    Merchant,
}

/// A parameter of this name.
pub(super) const fn parameter(name: &'static str, values: Values) -> Parameter {
    Parameter { name, values }
}

/// How many items a page shall have.
pub(super) const LIMIT: Parameter = parameter("limit", Values::Limit);
/// The id of the last item of the page before.
pub(super) const AFTER: Parameter = parameter("after", Values::Number);

impl Values {
    /// The schema of the parameter.
    pub(super) fn schema(self) -> Value {
        match self {
            Self::Text => json!({"type": "string"}),
            Self::Number => json!({"type": "integer", "minimum": 0, "maximum": i64::MAX}),
            Self::Limit => json!({"type": "integer", "minimum": 1, "maximum": MAX_LIMIT}),
            Self::Instant => json!({"type": "string", "pattern": INSTANT}),
            Self::Wait => json!({"type": "string", "pattern": "^[1-5]?[0-9]{1,2}(ms|s)$"}),
            Self::OneOf(names) => json!({"type": "string", "enum": names()}),
            Self::Merchant => json!({"$ref": "#/components/schemas/MerchantName"}),
        }
    }
}

/// A body that a call takes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Body {
    /// Whether a request without one makes no sense.
    pub(super) required: bool,
    pub(super) media: &'static [&'static str],
    pub(super) shape: Shape,
}

impl Body {
    /// JSON that has to be there.
    pub(super) const fn json<T: JsonSchema>() -> Self {
        Self::shaped(of::<T>)
    }

    /// JSON of a shape that has to be there.
    pub(super) const fn shaped(shape: Shape) -> Self {
        Self { required: true, media: &["application/json"], shape }
    }

    /// JSON; none is the same as `{}`.
    pub(super) const fn optional<T: JsonSchema>() -> Self {
        Self { required: false, ..Self::json::<T>() }
    }
}

/// An answer of a call that succeeds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    /// Empty for an answer without a body.
    pub(super) media: &'static str,
    pub(super) shape: Shape,
    /// Whether the shape is one that requests have as well, such as a whole scenario.
    pub(super) is_sent: bool,
}

impl Answer {
    /// Done, and nothing to say.
    pub(super) const NOTHING: Self = Self { status: 204, ..Self::text("") };

    /// JSON.
    pub(super) const fn json<T: JsonSchema>(status: u16) -> Self {
        Self { status, media: "application/json", shape: of::<T>, is_sent: false }
    }

    /// JSON of a shape.
    pub(super) const fn shaped(shape: Shape) -> Self {
        Self { is_sent: false, ..Self::as_sent(shape) }
    }

    /// JSON of a shape that requests have as well.
    pub(super) const fn as_sent(shape: Shape) -> Self {
        Self { status: 200, media: "application/json", shape, is_sent: true }
    }

    /// Text of this media type.
    pub(super) const fn text(media: &'static str) -> Self {
        Self { status: 200, media, shape: of::<String>, is_sent: true }
    }
}

/// The names of an enumeration's variants.
pub(super) fn names<T: VariantNames>() -> Vec<&'static str> {
    T::VARIANTS.to_vec()
}

/// What a provider is called where one is asked for.
pub(super) fn slugs() -> Vec<&'static str> {
    providers::ALL.iter().map(|it| it.slug).collect()
}
