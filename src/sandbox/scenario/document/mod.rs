//! A scenario text as a tree whose parts know where they stand, so that a mistake can be shown there.

mod json;
mod toml;

use std::cell::{Cell, RefCell};
use std::fmt::{self, Write};

/// The maximum depth of tables and lists in each other.
const MAX_DEPTH: usize = 64;

/// A step from a table or list to one of its parts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// The member of a table with this key.
    Key(String),
    /// The part of a list at this position, from 0.
    Index(usize),
}

/// The way from the whole document to one of its parts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Path(pub(super) Vec<Step>);

impl Path {
    /// The path of a top-level key.
    pub(super) fn of(key: &str) -> Self {
        Self::default().key(key)
    }

    /// The path of a member of the table at this path.
    pub(super) fn key(&self, key: &str) -> Self {
        self.with(Step::Key(key.to_owned()))
    }

    /// The path of a part of the list at this path.
    pub(super) fn index(&self, index: usize) -> Self {
        self.with(Step::Index(index))
    }

    fn with(&self, step: Step) -> Self {
        Self(self.0.iter().cloned().chain([step]).collect())
    }

    /// The keys with dots between them. The parts of lists have their position only if `numbered`, because
    /// the tables of a TOML file have none.
    fn text(&self, numbered: bool) -> String {
        let mut text = String::new();
        for step in &self.0 {
            let _ = match step {
                Step::Key(key) if text.is_empty() => write!(text, "{}", Shown(key)),
                Step::Key(key) => write!(text, ".{}", Shown(key)),
                Step::Index(index) if numbered => write!(text, "[{index}]"),
                Step::Index(_) => Ok(()),
            };
        }
        text
    }
}

/// The longest part of a text of the user that a message shows, in characters.
const MAX_SHOWN: usize = 80;

/// A text of the user in a message: on one line, and cut if it is long.
pub(super) struct Shown<'a>(pub(in crate::sandbox::scenario) &'a str);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for c in self.0.chars().take(MAX_SHOWN) {
            if c.is_control() { write!(f, "{}", c.escape_default())? } else { f.write_char(c)? }
        }
        if self.0.chars().nth(MAX_SHOWN).is_some() { f.write_char('…') } else { Ok(()) }
    }
}

/// What the reader has found out about a node.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum State {
    /// Nothing is wrong.
    #[default]
    Good,
    /// A mistake was reported, and the value is used all the same.
    Reported,
    /// A mistake was reported, and the value is not used.
    Skipped,
}

/// A value with its place in the text.
#[derive(Debug)]
pub(super) struct Node {
    /// The offset of its first byte.
    pub(super) at: usize,
    pub(super) value: Value,
    pub(super) state: Cell<State>,
}

/// A value as TOML and JSON have them.
#[derive(Debug)]
pub(super) enum Value {
    Null,
    Bool(bool),
    Integer(i128),
    Float(f64),
    Text(String),
    /// A date or time of TOML, as it is written.
    Date(String),
    List(Vec<Node>),
    Table(Table),
}

/// The members of a table, in the order of the text.
#[derive(Debug, Default)]
pub(super) struct Table {
    pub(super) members: Vec<Member>,
    /// Required keys that are not there; they were reported, and are read as empty values.
    pub(super) missing: RefCell<Vec<&'static str>>,
}

/// A member of a table.
#[derive(Debug)]
pub(super) struct Member {
    pub(super) key: String,
    /// The offset of the first byte of the key.
    pub(super) key_at: usize,
    pub(super) node: Node,
}

impl Node {
    fn new(at: usize, value: Value) -> Self {
        Self { at, value, state: Cell::default() }
    }

    pub(super) fn is_skipped(&self) -> bool {
        self.state.get() == State::Skipped
    }

    /// What it is, for a message: its kind, and the value of a short one.
    pub(super) fn described(&self) -> String {
        match &self.value {
            Value::Null => "`null`".to_owned(),
            Value::Bool(value) => format!("`{value}`"),
            Value::Integer(value) => format!("the whole number {value}"),
            Value::Float(value) => format!("the number {value}, which is not whole"),
            Value::Text(text) => format!("the text \"{}\"", Shown(text)),
            Value::Date(text) => format!("the date or time {text}"),
            Value::List(_) => "a list".to_owned(),
            Value::Table(_) => "a table".to_owned(),
        }
    }
}

/// The language of a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Syntax {
    Toml,
    Json,
}

/// A mistake in the syntax.
#[derive(Clone, Debug)]
pub(super) struct Broken {
    pub(super) at: usize,
    pub(super) problem: String,
}

/// A scenario text and its tree.
#[derive(Debug)]
pub(super) struct Document<'t> {
    pub(super) name: &'t str,
    text: &'t str,
    syntax: Syntax,
    pub(super) root: Node,
    /// Mistakes in the syntax. The tree has what could be read in spite of them.
    pub(super) broken: Vec<Broken>,
}

/// Where a path leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// The offset of the key that names the part.
    pub(super) key: usize,
    /// The offset of its value.
    pub(super) value: usize,
    /// Whether a mistake was reported for it already, or for what it is a part of.
    pub(super) is_told: bool,
}

impl<'t> Document<'t> {
    /// Reads a text as JSON if it begins with a brace, otherwise as TOML.
    pub(super) fn of(name: &'t str, bytes: &'t [u8]) -> Self {
        let is_json = trimmed(bytes).first() == Some(&b'{');
        Self::read(name, bytes, if is_json { Syntax::Json } else { Syntax::Toml })
    }

    /// Reads a text as JSON.
    pub(super) fn of_json(name: &'t str, bytes: &'t [u8]) -> Self {
        Self::read(name, bytes, Syntax::Json)
    }

    /// Reads a text as TOML.
    pub(super) fn of_toml(name: &'t str, bytes: &'t [u8]) -> Self {
        Self::read(name, bytes, Syntax::Toml)
    }

    fn read(name: &'t str, bytes: &'t [u8], syntax: Syntax) -> Self {
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        let empty = || Node::new(0, Value::Table(Table::default()));
        let text = match std::str::from_utf8(bytes) {
            Ok(text) => text,
            Err(err) => {
                let good = bytes.get(..err.valid_up_to()).unwrap_or_default();
                let text = std::str::from_utf8(good).unwrap_or_default();
                let broken = vec![Broken { at: good.len(), problem: not_utf8(bytes) }];
                return Self { name, text, syntax, root: empty(), broken };
            }
        };
        let (root, broken) = match syntax {
            Syntax::Toml => toml::read(text),
            Syntax::Json => json::read(text),
        };
        Self { name, text, syntax, root: root.unwrap_or_else(empty), broken }
    }

    /// Whether the text is TOML.
    pub(super) fn is_toml(&self) -> bool {
        self.syntax == Syntax::Toml
    }

    /// The path as the messages of this document write it.
    pub(super) fn key_of(&self, path: &Path) -> String {
        path.text(self.syntax == Syntax::Json)
    }

    /// Whether the head of a table of a TOML file is broken. The keys below it belong to no table then.
    pub(super) fn has_broken_header(&self) -> bool {
        self.is_toml() && self.broken.iter().any(|it| self.line_of(it.at).starts_with('['))
    }

    /// Line and column of an offset, from 1; the column counts characters.
    pub(super) fn line_and_column(&self, at: usize) -> (usize, usize) {
        let before = self.text.as_bytes().get(..at).unwrap_or(self.text.as_bytes());
        let begin = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |it| it + 1);
        let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
        let starts = before.get(begin..).unwrap_or_default().iter();
        // A continuation byte of UTF-8 begins no character.
        let column = starts.filter(|byte| **byte & 0xC0 != 0x80).count() + 1;
        (line, column)
    }

    /// The key that the line of an offset seems to be about, in a TOML file; empty if there is none.
    pub(super) fn key_on_line(&self, at: usize) -> String {
        let line = self.line_of(at);
        let head = line.trim_start_matches('[').split([']', '=', ' ', '#']).next().unwrap_or("");
        let is_key =
            |key: &str| key.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.'));
        if self.is_toml() && is_key(head) { Shown(head).to_string() } else { String::new() }
    }

    /// The line of an offset, without white space in front.
    pub(super) fn line_of(&self, at: usize) -> &str {
        let (line, _) = self.line_and_column(at);
        self.text.lines().nth(line - 1).unwrap_or("").trim_start()
    }

    /// The place of a path, or of the longest part of it that exists.
    pub(super) fn place(&self, path: &Path) -> Place {
        let mut node = &self.root;
        let mut place = Place { key: node.at, value: node.at, is_told: node.is_skipped() };
        for step in &path.0 {
            let next = match (step, &node.value) {
                (Step::Key(key), Value::Table(table)) => {
                    place.is_told |= table.missing.borrow().iter().any(|it| it == key);
                    table.member(key).map(|it| (it.key_at, &it.node))
                }
                (Step::Index(index), Value::List(list)) => {
                    list.get(*index).map(|node| (node.at, node))
                }
                // A table in place of a list of tables is read as a list of one.
                (Step::Index(0), Value::Table(_)) => Some((place.key, node)),
                _ => None,
            };
            let Some((key, next)) = next else { return place };
            node = next;
            place.is_told |= node.is_skipped();
            (place.key, place.value) = (key, node.at);
        }
        place.is_told |= node.has_skipped_part();
        place
    }
}

impl Document<'_> {
    /// The value at a path.
    pub(super) fn node(&self, path: &Path) -> Option<&Node> {
        path.0.iter().try_fold(&self.root, |node, step| match (step, &node.value) {
            (Step::Key(key), Value::Table(table)) => table.member(key).map(|it| &it.node),
            (Step::Index(index), Value::List(list)) => list.get(*index),
            (Step::Index(0), Value::Table(_)) => Some(node),
            _ => None,
        })
    }

    /// The path of the part of a table that has this key or this text, at any depth.
    pub(super) fn find_part(&self, path: &Path, word: &str) -> Option<Path> {
        let Value::Table(table) = &self.node(path)?.value else { return None };
        let is_text = |node: &Node| matches!(&node.value, Value::Text(text) if text == word);
        let mut members = table.members.iter();
        let found = members.find(|it| it.key == word || is_text(&it.node));
        found.map(|member| path.key(&member.key)).or_else(|| {
            table.members.iter().find_map(|member| self.find_part(&path.key(&member.key), word))
        })
    }
}

impl Table {
    fn member(&self, key: &str) -> Option<&Member> {
        self.members.iter().find(|member| member.key == key)
    }
}

impl Node {
    fn has_skipped_part(&self) -> bool {
        match &self.value {
            Value::List(list) => list.iter().any(Self::is_skipped),
            Value::Table(table) => table.members.iter().any(|it| it.node.is_skipped()),
            _ => false,
        }
    }
}

/// The bytes behind a byte order mark and white space.
fn trimmed(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes).trim_ascii_start()
}

fn not_utf8(bytes: &[u8]) -> String {
    let utf16 = bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff");
    if utf16 {
        "the text is UTF-16; save it as UTF-8".to_owned()
    } else {
        "the text is not UTF-8 from here on; save it as UTF-8".to_owned()
    }
}

fn too_deep() -> String {
    format!("tables and lists are more than {MAX_DEPTH} deep in each other")
}
