//! What is wrong with a transaction of a scenario file or of the admin API, found without the other
//! transactions.

use jiff::Timestamp;

use super::reporting::VisibleAtFile;
use super::transaction::{CardFile, TransactionError, TransactionFile, wrong};
use crate::sandbox::clock::{EARLIEST, LATEST};
use crate::sandbox::facts::MAX_AMOUNT;

/// The maximum length of a text of a transaction, in characters.
const MAX_TEXT: usize = 4096;

/// The maximum length of a row that is given exactly for one provider, in characters of JSON.
const MAX_WIRE: usize = 16 * 1024;

impl TransactionFile {
    /// Everything that is wrong with the values, where the clock shows `now`.
    pub(super) fn mistakes(&self, now: Timestamp) -> Vec<TransactionError> {
        let mut errors = self.amounts();
        errors.extend(self.lengths());
        errors.extend(self.instants(now));
        errors.extend(self.card.as_ref().into_iter().flat_map(CardFile::mistakes));
        for (slug, json) in &self.wire {
            let field = format!("wire.{slug}");
            match serde_json::from_str::<serde_json::Value>(json) {
                Ok(serde_json::Value::Object(_)) => {}
                Ok(_) => errors.push(wrong(&field, "must be the text of a JSON object".to_owned())),
                Err(err) => errors.push(wrong(
                    &field,
                    format!("must be the text of a JSON object; it is not JSON: {err}"),
                )),
            }
        }
        errors
    }

    /// The slugs of providers that it names, each with the table in which it does.
    pub fn providers(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let visible = self.visible_at.iter().flat_map(VisibleAtFile::instants);
        let visible = visible.filter_map(|(slug, _)| Some(("visible_at", slug?)));
        visible.chain(self.wire.keys().map(|slug| ("wire", slug.as_str())))
    }

    fn amounts(&self) -> Vec<TransactionError> {
        let mut errors = Vec::new();
        if !(0..=MAX_AMOUNT).contains(&self.amount) {
            let problem = format!("is {}; it must be 0 to {MAX_AMOUNT} minor units", self.amount);
            errors.push(wrong("amount", problem));
        }
        match self.fee {
            Some(fee) if fee < 0 => {
                errors
                    .push(wrong("fee", format!("is {fee}, negative; it must be 0 to the amount")));
            }
            Some(fee) if fee > self.amount.max(0) => {
                let problem = format!("is {fee}; it must be 0 to the amount of {}", self.amount);
                errors.push(wrong("fee", problem));
            }
            Some(_) | None => {}
        }
        errors
    }

    /// Texts that are longer than a row keeps.
    fn lengths(&self) -> Vec<TransactionError> {
        let customer = self.customer.as_ref();
        let texts = [
            ("order", &self.order),
            ("description", &self.description),
            ("customer.first_name", customer.map_or(&None, |it| &it.first_name)),
            ("customer.last_name", customer.map_or(&None, |it| &it.last_name)),
            ("customer.email", customer.map_or(&None, |it| &it.email)),
        ];
        let texts = texts.into_iter().filter_map(|(name, text)| Some((name, text.as_ref()?)));
        let texts = texts.map(|(name, text)| (name.to_owned(), text, MAX_TEXT));
        let wires = self.wire.iter().map(|(slug, json)| (format!("wire.{slug}"), json, MAX_WIRE));
        let lengths =
            texts.chain(wires).map(|(name, text, most)| (name, text.chars().count(), most));
        lengths
            .filter(|(_, length, most)| length > most)
            .map(|(name, length, most)| {
                wrong(&name, format!("has {length} characters; it must have at most {most}"))
            })
            .collect()
    }

    fn instants(&self, now: Timestamp) -> Vec<TransactionError> {
        let given = [
            ("at", self.at),
            ("paid_at", self.paid_at),
            ("settled_at", self.settled_at),
            ("corrected_at", self.corrected_at),
        ];
        let mut errors: Vec<_> = given
            .into_iter()
            .filter_map(|(name, at)| Some((name, at?)))
            .filter(|(_, at)| !(EARLIEST..=LATEST).contains(at))
            .map(|(name, at)| wrong(name, format!("is {at}; it must be {EARLIEST} to {LATEST}")))
            .collect();
        let at = self.at.unwrap_or(now);
        for (slug, visible) in self.visible_at.iter().flat_map(VisibleAtFile::instants) {
            let field = slug.map_or("visible_at".to_owned(), |slug| format!("visible_at.{slug}"));
            if !(EARLIEST..=LATEST).contains(&visible) {
                let problem = format!("is {visible}; it must be {EARLIEST} to {LATEST}");
                errors.push(wrong(&field, problem));
            } else if visible.as_second() < at.as_second() {
                let problem =
                    format!("is {visible}; no report shows a transaction before it is created");
                errors.push(wrong(&field, problem));
            }
        }
        // Rows store whole seconds, so instants are compared in seconds.
        let is_before = |early: Timestamp, late: Timestamp| early.as_second() < late.as_second();
        if let Some(paid) = self.paid_at.filter(|paid| is_before(*paid, at)) {
            let hint = if self.at.is_none() { " (now, since nothing is said)" } else { "" };
            errors
                .push(wrong("paid_at", format!("is {paid}; it cannot be before `at`, {at}{hint}")));
        }
        let paid = self.paid_at.unwrap_or(at);
        if let Some(settled) = self.settled_at.filter(|settled| is_before(*settled, paid)) {
            let problem = format!("is {settled}; it cannot be before it is paid, {paid}");
            errors.push(wrong("settled_at", problem));
        }
        errors
    }
}

impl CardFile {
    fn mistakes(&self) -> Vec<TransactionError> {
        let mut errors = Vec::new();
        let mut must = |is_good: bool, field: &str, value: u64, wanted: &str| {
            if !is_good {
                errors.push(wrong(field, format!("is {value}; it must be {wanted}")));
            }
        };
        must(self.bin <= 999_999, "card.bin", self.bin.into(), "a number of at most six digits");
        must(
            self.last4 <= 9999,
            "card.last4",
            self.last4.into(),
            "a number of at most four digits",
        );
        let is_month = (1..=12).contains(&self.exp_month);
        must(is_month, "card.exp_month", self.exp_month.into(), "1 to 12");
        errors
    }
}
