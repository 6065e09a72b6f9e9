//! Writes a scenario as JSON in the file format, with the seed and the quirks in force.

use serde_json::{Value, json};

use super::Scenario;

impl Scenario {
    /// The scenario as JSON in the file format. Seed and quirks are those in force, because the command line
    /// can override those of the file.
    ///
    /// # Errors
    ///
    /// A value cannot be written as JSON.
    pub fn document(&self) -> Result<Value, serde_json::Error> {
        let mut document = serde_json::to_value(&self.file)?;
        drop_nulls(&mut document);
        if let Some(members) = document.as_object_mut() {
            members.insert("seed".to_owned(), json!(self.seed));
            members.insert("quirks".to_owned(), json!(self.quirks));
        }
        Ok(document)
    }
}

/// Removes members that are `null`, because they are absent in the file.
fn drop_nulls(value: &mut Value) {
    match value {
        Value::Object(members) => {
            members.retain(|_, member| !member.is_null());
            members.values_mut().for_each(drop_nulls);
        }
        Value::Array(items) => items.iter_mut().for_each(drop_nulls),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
