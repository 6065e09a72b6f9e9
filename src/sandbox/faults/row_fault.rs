//! What goes wrong with the rows of an answer, as data; `wire::rows` carries it out.

/// Where rows are repeated or left out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, strum::EnumString, strum::VariantNames)]
#[strum(serialize_all = "snake_case")]
pub enum Place {
    /// Anywhere, drawn.
    #[default]
    Anywhere,
    /// The last rows of the answer, next to the following page.
    Edge,
}

/// How many rows of a short report are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kept {
    /// So many, the first ones.
    Rows(u64),
    /// This share of them in millionths, the first ones.
    Share(u32),
}

impl Kept {
    /// How many of so many rows are kept.
    #[must_use]
    pub fn of(self, rows: usize) -> usize {
        match self {
            Self::Rows(kept) => usize::try_from(kept).unwrap_or(usize::MAX).min(rows),
            Self::Share(millionths) => {
                let millionths = usize::try_from(millionths).unwrap_or(0);
                rows.saturating_mul(millionths) / 1_000_000
            }
        }
    }
}

/// How the schema of the rows changes.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, strum::EnumString, strum::IntoStaticStr, strum::VariantNames,
)]
#[strum(serialize_all = "snake_case")]
pub enum Change {
    /// A field is added.
    Add,
    /// A field is gone.
    Remove,
    /// A field has another name.
    Rename,
    /// A field has no value.
    Null,
    /// Numbers are spelled otherwise: as texts in JSON (texts with numbers as numbers, if there are no
    /// numbers), with another decimal mark elsewhere.
    TextNumbers,
    /// The fields have another order.
    Reorder,
    /// A field has a word that nobody knows.
    NewWord,
}

/// A change of the schema.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Drift {
    /// What changes.
    pub change: Change,
    /// The field that it is about; `None` to draw one.
    pub field: Option<String>,
    /// The new name or the new word; `None` for a made-up one.
    pub to: Option<String>,
}

/// What goes wrong with the rows of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RowFault {
    /// The report ends properly and lacks its last rows.
    Short {
        /// How many rows there are.
        kept: Kept,
        /// Whether the numbers of rows in the answer are those of the rows that are there.
        is_honest: bool,
    },
    /// Rows are there twice.
    Repeat(u64, Place),
    /// Rows are left out.
    Skip(u64, Place),
    /// The rows have another order.
    Shuffle,
    /// The schema has changed.
    Drift(Drift),
}
