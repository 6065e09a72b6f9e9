//! A table of columns compiled for printing: what is the same for every row is copied in one piece
//! between two values.

use super::column::{Column, Name, Presence, Value, Write};
use super::pieces::push_raw;
use super::row_context::RowContext;
use super::values;
use crate::wire::line::{Constant, Line};

/// A compiled table.
#[derive(Debug, Default)]
pub(super) struct Template {
    /// Constant text with what is written behind it.
    steps: Vec<(Constant, Step)>,
    /// The constant text behind the last step.
    end: Constant,
}

/// A template that is being compiled.
#[derive(Default)]
struct Builder {
    steps: Vec<(Constant, Step)>,
    /// The constant text behind the last step.
    end: Vec<u8>,
}

#[derive(Debug)]
enum Step {
    Value(Write),
    /// A column that some rows do not have, with the comma before it.
    Optional(Presence, Template),
}

impl Template {
    /// The template of an object. Its first column has to be one that every row has.
    pub(super) fn of(columns: &[Column]) -> Self {
        let mut builder = Builder::default();
        builder.object(columns);
        builder.built()
    }

    /// Appends the object of a row.
    pub(super) fn push(&self, row: &RowContext<'_>, out: &mut Line) {
        for (constant, step) in &self.steps {
            constant.push(out);
            match step {
                Step::Value(write) => write(row, out),
                Step::Optional(presence, template) if presence.holds(row) => {
                    template.push(row, out);
                }
                Step::Optional(..) => {}
            }
        }
        self.end.push(out);
    }
}

impl Builder {
    fn built(self) -> Template {
        Template { steps: self.steps, end: Constant::of(&self.end) }
    }

    fn object(&mut self, columns: &[Column]) {
        self.constant("{");
        for (index, column) in columns.iter().enumerate() {
            let comma = if index > 0 { "," } else { "" };
            if column.presence == Presence::Always {
                self.column(comma, column);
            } else {
                let mut optional = Self::default();
                optional.column(comma, column);
                self.step(Step::Optional(column.presence, optional.built()));
            }
        }
        self.constant("}");
    }

    fn column(&mut self, comma: &str, column: &Column) {
        self.constant(comma);
        self.constant("\"");
        match column.name {
            Name::Fixed(name) => self.constant(name),
            Name::TransactionType => self.step(Step::Value(|it, out| {
                push_raw(out, values::type_of(it.row.kind));
            })),
        }
        self.constant("\":");
        match column.value {
            Value::Constant(json) => self.constant(json),
            Value::Json(write) => self.step(Step::Value(write)),
            Value::Quoted(write) => {
                self.constant("\"");
                self.step(Step::Value(write));
                self.constant("\"");
            }
            Value::Object(columns) => self.object(columns),
        }
    }

    fn constant(&mut self, text: &str) {
        self.end.extend_from_slice(text.as_bytes());
    }

    fn step(&mut self, step: Step) {
        self.steps.push((Constant::of(&std::mem::take(&mut self.end)), step));
    }
}
