//! Reads the tree of a document into the types of the file format, and goes on behind mistakes: a value that
//! does not fit is reported and then read as if it were not there.

use serde::de::{
    DeserializeOwned, DeserializeSeed, Deserializer, Error as _, IntoDeserializer, MapAccess,
    SeqAccess, Visitor,
};
use serde::forward_to_deserialize_any;

use super::document::{Member, Node, Path, Shown, State, Step, Table, Value};
use super::error::suggestion;
use super::mistakes::Mistakes;
use super::wrong::{Kind, Wrong, expecting, wanted_text};

/// Reads the whole document. `None` if nothing could be read in spite of the mistakes that were reported.
pub(super) fn read<T: DeserializeOwned>(mistakes: &mut Mistakes<'_, '_>) -> Option<T> {
    let document = mistakes.document;
    let no_root = !matches!(document.root.value, Value::Table(_));
    if no_root {
        let problem = format!("is {}; wanted is an object", document.root.described());
        mistakes.push(document.root.at, "the scenario".to_owned(), problem);
        return None;
    }
    loop {
        let unknown = std::cell::RefCell::new(Vec::new());
        let path = Path::default();
        let reader = Reader {
            node: Some(&document.root),
            path: &path,
            is_toml: document.is_toml(),
            unknown: &unknown,
        };
        let read = T::deserialize(reader);
        for Unknown { path, at, problem } in unknown.take() {
            mistakes.push(at, document.key_of(&path), problem);
        }
        match read {
            Ok(read) => return Some(read),
            Err(_) if mistakes.is_full() => return None,
            Err(wrong) => mend(wrong, mistakes)?,
        }
    }
}

/// Tells a mistake and takes its cause out of the tree. `None` if there is no cause to take out.
fn mend(wrong: Wrong<'_>, mistakes: &mut Mistakes<'_, '_>) -> Option<()> {
    let path = Path(wrong.steps.iter().rev().cloned().collect());
    let node = wrong.node?;
    if let (Kind::Missing(key), Value::Table(table)) = (&wrong.kind, &node.value) {
        let is_skipped = table.members.iter().any(|member| member.key == *key);
        let is_known = table.missing.borrow().contains(key);
        if is_known {
            return None;
        }
        // In a text with broken lines the key can be on one of them.
        if !is_skipped && mistakes.document.broken.is_empty() {
            mistakes.push(
                node.at,
                mistakes.document.key_of(&path.key(key)),
                format!("the key `{key}` is missing here"),
            );
        }
        table.missing.borrow_mut().push(key);
        return Some(());
    }
    if node.is_skipped() {
        return None;
    }
    mistakes.push(node.at, mistakes.document.key_of(&path), wrong.problem());
    node.state.set(State::Skipped);
    Some(())
}

/// A mistake that does not keep the value around it from being read.
struct Unknown {
    path: Path,
    at: usize,
    problem: String,
}

type UnknownKeys = std::cell::RefCell<Vec<Unknown>>;

/// A value that is to be read; without a node, a value that is missing and reads as an empty one.
#[derive(Clone, Copy)]
struct Reader<'d, 'p> {
    node: Option<&'d Node>,
    path: &'p Path,
    is_toml: bool,
    unknown: &'p UnknownKeys,
}

impl<'d> Reader<'d, '_> {
    /// Adds the node to a mistake that has none yet.
    fn located<T>(self, read: Result<T, Wrong<'d>>) -> Result<T, Wrong<'d>> {
        read.map_err(|wrong| Wrong { node: wrong.node.or(self.node), ..wrong })
    }

    fn wanted<T>(self, wanted: &str) -> Result<T, Wrong<'d>> {
        let described = self.node.map_or_else(String::new, Node::described);
        self.located(Err(Wrong::custom(format!("is {described}; wanted is {wanted}"))))
    }

    /// A whole number within these limits.
    fn whole(self, least: i128, most: i128) -> Result<i128, Wrong<'d>> {
        let wanted = || match (least, most) {
            (0, most) if most > 1_000_000_000_000 => "a whole number, at least 0".to_owned(),
            (least, most) if most > 1_000_000_000_000 && least < 0 => "a whole number".to_owned(),
            (least, most) => format!("a whole number from {least} to {most}"),
        };
        let number = match self.node.map(|node| &node.value) {
            None => return Ok(0),
            Some(Value::Integer(number)) => Some(*number),
            // Some clients write the whole number `142` as `142.0`.
            Some(Value::Float(number)) if !self.is_toml => {
                number.to_string().strip_suffix(".0").unwrap_or(&number.to_string()).parse().ok()
            }
            Some(_) => None,
        };
        match number.filter(|number| (least..=most).contains(number)) {
            Some(number) => Ok(number),
            None => self.wanted(&wanted()),
        }
    }

    fn unknown(self, member: &Member, fields: &'static [&'static str], table: &Table) {
        if member.node.is_skipped() {
            return;
        }
        member.node.state.set(State::Skipped);
        let near = suggestion(&member.key, fields.iter().copied());
        let meant = fields.iter().find(|field| near.contains(&format!("did you mean `{field}`")));
        if let Some(meant) = meant.filter(|meant| !table.members.iter().any(|it| it.key == **meant))
        {
            // It stands there under another name, so nobody has to be told that it is missing.
            table.missing.borrow_mut().push(meant);
        }
        self.unknown.borrow_mut().push(Unknown {
            path: self.path.key(&member.key),
            at: member.key_at,
            problem: format!("unknown key `{}`{near}", Shown(&member.key)),
        });
    }
}

macro_rules! whole {
    ($($method:ident $visit:ident $type:ty),* $(,)?) => {
        $(fn $method<V: Visitor<'d>>(self, visitor: V) -> Result<V::Value, Wrong<'d>> {
            let number = self.whole(<$type>::MIN.into(), <$type>::MAX.into())?;
            // `whole` has checked the limits.
            let read = visitor.$visit(<$type>::try_from(number).unwrap_or(0));
            self.located(read)
        })*
    };
}

impl<'d> Deserializer<'d> for Reader<'d, '_> {
    type Error = Wrong<'d>;

    whole! {
        deserialize_i8 visit_i8 i8, deserialize_i16 visit_i16 i16, deserialize_i32 visit_i32 i32,
        deserialize_i64 visit_i64 i64, deserialize_u8 visit_u8 u8, deserialize_u16 visit_u16 u16,
        deserialize_u32 visit_u32 u32, deserialize_u64 visit_u64 u64,
    }

    fn deserialize_any<V: Visitor<'d>>(self, visitor: V) -> Result<V::Value, Wrong<'d>> {
        let Some(node) = self.node else { return visitor.visit_str("") };
        let read = match &node.value {
            Value::Null => visitor.visit_unit(),
            Value::Bool(value) => visitor.visit_bool(*value),
            Value::Integer(number) => match (i64::try_from(*number), u64::try_from(*number)) {
                (Ok(number), _) => visitor.visit_i64(number),
                (_, Ok(number)) => visitor.visit_u64(number),
                _ => return self.wanted("a whole number of at most 64 bits"),
            },
            Value::Float(number) => visitor.visit_f64(*number),
            Value::Text(text) | Value::Date(text) => visitor.visit_str(text),
            Value::List(list) => visitor.visit_seq(Items { reader: self, list, next: 0 }),
            Value::Table(table) => visitor.visit_map(Members::of(self, Some(table))),
        };
        self.located(read)
    }

    fn deserialize_bool<V: Visitor<'d>>(self, visitor: V) -> Result<V::Value, Wrong<'d>> {
        match self.node.map(|node| &node.value) {
            None => visitor.visit_bool(false),
            Some(Value::Bool(value)) => visitor.visit_bool(*value),
            Some(_) => self.wanted("`true` or `false`"),
        }
    }

    fn deserialize_f64<V: Visitor<'d>>(self, visitor: V) -> Result<V::Value, Wrong<'d>> {
        let read = match self.node.map(|node| &node.value) {
            None => visitor.visit_f64(0.0),
            Some(Value::Float(number)) => visitor.visit_f64(*number),
            Some(Value::Integer(number)) => match i64::try_from(*number) {
                Ok(number) => visitor.visit_i64(number),
                Err(_) => return self.wanted("a number"),
            },
            Some(_) => return self.wanted("a number"),
        };
        self.located(read)
    }

    fn deserialize_str<V: Visitor<'d>>(self, visitor: V) -> Result<V::Value, Wrong<'d>> {
        let wanted = expecting(&visitor);
        let wanted = wanted_text(&wanted);
        let text = match self.node.map(|node| &node.value) {
            None => return visitor.visit_str(wanted.example),
            Some(Value::Text(text) | Value::Date(text)) => text,
            Some(_) => return self.wanted(wanted.noun),
        };
        match visitor.visit_str(text) {
            Err(_) if wanted.is_time => self.wanted(wanted.noun),
            read => self.located(read),
        }
    }

    fn deserialize_string<V: Visitor<'d>>(self, visitor: V) -> Result<V::Value, Wrong<'d>> {
        self.deserialize_str(visitor)
    }

    fn deserialize_option<V: Visitor<'d>>(self, visitor: V) -> Result<V::Value, Wrong<'d>> {
        match self.node.map(|node| &node.value) {
            None | Some(Value::Null) => visitor.visit_none(),
            Some(_) => visitor.visit_some(self),
        }
    }

    fn deserialize_seq<V: Visitor<'d>>(self, visitor: V) -> Result<V::Value, Wrong<'d>> {
        let read = match self.node.map(|node| (node, &node.value)) {
            None => visitor.visit_seq(Items { reader: self, list: &[], next: 0 }),
            Some((_, Value::List(list))) => {
                visitor.visit_seq(Items { reader: self, list, next: 0 })
            }
            Some((node, Value::Table(_))) if self.is_toml => {
                if node.state.get() == State::Good {
                    node.state.set(State::Reported);
                    let name = self.path.0.iter().filter_map(|step| match step {
                        Step::Key(key) => Some(key.as_str()),
                        Step::Index(_) => None,
                    });
                    let name = name.collect::<Vec<_>>().join(".");
                    let problem = format!(
                        "`[{name}]` is one table; there can be several, so it is written `[[{name}]]`"
                    );
                    let unknown = Unknown { path: self.path.clone(), at: node.at, problem };
                    self.unknown.borrow_mut().push(unknown);
                }
                visitor.visit_seq(Items { reader: self, list: std::slice::from_ref(node), next: 0 })
            }
            Some(_) => return self.wanted("a list"),
        };
        self.located(read)
    }

    fn deserialize_map<V: Visitor<'d>>(self, visitor: V) -> Result<V::Value, Wrong<'d>> {
        let read = match self.node.map(|node| &node.value) {
            None => visitor.visit_map(Members::of(self, None)),
            Some(Value::Table(table)) => visitor.visit_map(Members::of(self, Some(table))),
            Some(_) => return self.wanted("a table"),
        };
        self.located(read)
    }

    fn deserialize_struct<V: Visitor<'d>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Wrong<'d>> {
        if let Some(Value::Table(table)) = self.node.map(|node| &node.value) {
            let is_unknown = |member: &&Member| !fields.contains(&member.key.as_str());
            table.members.iter().filter(is_unknown).for_each(|it| self.unknown(it, fields, table));
        }
        self.deserialize_map(visitor)
    }

    fn deserialize_enum<V: Visitor<'d>>(
        self,
        _: &'static str,
        words: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Wrong<'d>> {
        let first = words.first().copied().unwrap_or("");
        let read = match self.node.map(|node| &node.value) {
            None => visitor.visit_enum(first.into_deserializer()),
            Some(Value::Text(text)) => visitor.visit_enum(text.as_str().into_deserializer()),
            Some(_) => return self.wanted(&format!("one of the words {}", words.join(", "))),
        };
        self.located(read)
    }

    fn deserialize_newtype_struct<V: Visitor<'d>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Wrong<'d>> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_ignored_any<V: Visitor<'d>>(self, visitor: V) -> Result<V::Value, Wrong<'d>> {
        visitor.visit_unit()
    }

    forward_to_deserialize_any! {
        <W: Visitor<'d>>
        i128 u128 f32 char bytes byte_buf unit unit_struct tuple tuple_struct identifier
    }
}

/// The parts of a list. Those that do not fit are reported and read as empty ones, so that the others keep their position.
struct Items<'d, 'p> {
    reader: Reader<'d, 'p>,
    list: &'d [Node],
    next: usize,
}

impl<'d> SeqAccess<'d> for Items<'d, '_> {
    type Error = Wrong<'d>;

    fn next_element_seed<T: DeserializeSeed<'d>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Wrong<'d>> {
        let Some(node) = self.list.get(self.next) else { return Ok(None) };
        let path = self.reader.path.index(self.next);
        let step = Step::Index(self.next);
        self.next += 1;
        let node = Some(node).filter(|node| !node.is_skipped());
        let read = seed.deserialize(Reader { node, path: &path, ..self.reader });
        read.map(Some).map_err(|wrong| wrong.below(step, node))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.list.len().saturating_sub(self.next))
    }
}

/// The members of a table that are to be read, then the keys that are missing.
struct Members<'d, 'p> {
    reader: Reader<'d, 'p>,
    left: std::vec::IntoIter<(&'d str, Option<&'d Node>)>,
    current: Option<(&'d str, Option<&'d Node>)>,
}

impl<'d, 'p> Members<'d, 'p> {
    fn of(reader: Reader<'d, 'p>, table: Option<&'d Table>) -> Self {
        let is_read = |member: &&'d Member| {
            !member.node.is_skipped() && !matches!(member.node.value, Value::Null)
        };
        let mut left: Vec<_> = Vec::new();
        if let Some(table) = table {
            let members = table.members.iter().filter(is_read);
            left.extend(members.map(|it| (it.key.as_str(), Some(&it.node))));
            left.extend(table.missing.borrow().iter().map(|key| (*key, None)));
        }
        Self { reader, left: left.into_iter(), current: None }
    }
}

impl<'d> MapAccess<'d> for Members<'d, '_> {
    type Error = Wrong<'d>;

    fn next_key_seed<K: DeserializeSeed<'d>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Wrong<'d>> {
        self.current = self.left.next();
        let Some((key, _)) = self.current else { return Ok(None) };
        let key: serde::de::value::BorrowedStrDeserializer<'d, Wrong<'d>> =
            serde::de::value::BorrowedStrDeserializer::new(key);
        seed.deserialize(key).map(Some)
    }

    fn next_value_seed<T: DeserializeSeed<'d>>(&mut self, seed: T) -> Result<T::Value, Wrong<'d>> {
        let (key, node) = self.current.take().unwrap_or(("", None));
        let path = self.reader.path.key(key);
        let read = seed.deserialize(Reader { node, path: &path, ..self.reader });
        read.map_err(|wrong| wrong.below(Step::Key(key.to_owned()), node))
    }
}
