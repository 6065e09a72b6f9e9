//! Declares what a call of the admin API takes and answers. The handler reads its parameters by this
//! declaration, and the OpenAPI description is made from it.

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::{Value, json};

use super::request::MAX_LIMIT;
use strum::VariantNames;

use crate::providers;
use crate::sandbox::scenario::schema::INSTANT;

/// A function that makes a schema with one of the two generators of the description.
pub(super) type Shape = fn(&mut SchemaGenerator) -> Schema;

/// The shape of a type with a derived schema.
fn of<T: JsonSchema>(generator: &mut SchemaGenerator) -> Schema {
    generator.subschema_for::<T>()
}

/// The declaration of a call.
#[derive(Clone, Copy, Debug)]
pub(super) struct Spec {
    /// The query parameters; all others are refused.
    pub(super) query: &'static [Parameter],
    /// The body, if the call takes one.
    pub(super) body: Option<Body>,
    /// The answers of a successful call.
    pub(super) answers: &'static [Answer],
    /// Statuses of the problems of this call, besides those that every call can have.
    pub(super) problems: &'static [u16],
}

impl Spec {
    /// A call without parameters and body that answers 204; the base of all declarations.
    pub(super) const PLAIN: Self =
        Self { query: &[], body: None, answers: &[Answer::NOTHING], problems: &[] };
}

/// A query parameter.
#[derive(Clone, Copy, Debug)]
pub(super) struct Parameter {
    pub(super) name: &'static str,
    pub(super) values: Values,
}

/// The allowed values of a parameter.
#[derive(Clone, Copy, Debug)]
pub(super) enum Values {
    /// Any text.
    Text,
    /// A whole number, at least 0.
    Number,
    /// Items per page, from 1 to `MAX_LIMIT`.
    Limit,
    /// An instant (RFC 3339).
    Instant,
    /// Length of a wait, real time.
    Wait,
    /// One of these words.
    OneOf(fn() -> Vec<&'static str>),
    /// The name of a merchant of the scenario in force.
    Merchant,
}

/// A parameter with this name and these values.
pub(super) const fn parameter(name: &'static str, values: Values) -> Parameter {
    Parameter { name, values }
}

/// The parameter for the number of items per page.
pub(super) const LIMIT: Parameter = parameter("limit", Values::Limit);
/// The parameter for the id of the last item of the previous page.
pub(super) const AFTER: Parameter = parameter("after", Values::Number);

impl Values {
    /// The schema of the parameter's values.
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

/// The body of a call.
#[derive(Clone, Copy, Debug)]
pub(super) struct Body {
    /// Whether the call refuses a request without a body.
    pub(super) required: bool,
    pub(super) media: &'static [&'static str],
    pub(super) shape: Shape,
}

impl Body {
    /// A required JSON body of this type.
    pub(super) const fn json<T: JsonSchema>() -> Self {
        Self::shaped(of::<T>)
    }

    /// A required JSON body of this shape.
    pub(super) const fn shaped(shape: Shape) -> Self {
        Self { required: true, media: &["application/json"], shape }
    }

    /// A JSON body of this type; an empty body counts as `{}`.
    pub(super) const fn optional<T: JsonSchema>() -> Self {
        Self { required: false, ..Self::json::<T>() }
    }
}

/// The answer of a successful call.
#[derive(Clone, Copy, Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    /// The media type; empty for an answer without a body.
    pub(super) media: &'static str,
    pub(super) shape: Shape,
    /// Whether requests have this shape too, such as a whole scenario.
    pub(super) is_sent: bool,
}

impl Answer {
    /// 204 without a body.
    pub(super) const NOTHING: Self = Self { status: 204, ..Self::text("") };

    /// JSON of this type with this status.
    pub(super) const fn json<T: JsonSchema>(status: u16) -> Self {
        Self { status, media: "application/json", shape: of::<T>, is_sent: false }
    }

    /// JSON of this shape with this status.
    pub(super) const fn of_shape(status: u16, shape: Shape) -> Self {
        Self { status, media: "application/json", shape, is_sent: false }
    }

    /// JSON of this shape with status 200.
    pub(super) const fn shaped(shape: Shape) -> Self {
        Self { is_sent: false, ..Self::as_sent(shape) }
    }

    /// JSON with status 200 of a shape that requests have too.
    pub(super) const fn as_sent(shape: Shape) -> Self {
        Self { status: 200, media: "application/json", shape, is_sent: true }
    }

    /// Text of this media type with status 200.
    pub(super) const fn text(media: &'static str) -> Self {
        Self { status: 200, media, shape: of::<String>, is_sent: true }
    }
}

/// The names of all variants of an enumeration.
pub(super) fn names<T: VariantNames>() -> Vec<&'static str> {
    T::VARIANTS.to_vec()
}

/// The slugs of all providers, the values of a parameter `provider`.
pub(super) fn slugs() -> Vec<&'static str> {
    providers::ALL.iter().map(|it| it.slug).collect()
}
