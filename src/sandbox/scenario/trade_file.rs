//! Reads and checks the `[merchant.trade]` table of a scenario file.

use std::collections::BTreeMap;
use std::str::FromStr;

use strum::VariantNames;

use super::document::{Path, Shown};
use super::error::suggestion;
use super::format::TradeFile;
use super::mistakes::Mistakes;
use super::vocabulary::currency;
use crate::sandbox::merchant::{Brand, Trade};

impl TradeFile {
    /// The trade; where the file has a mistake, the default takes the place of the value.
    pub(super) fn to_trade(&self, path: &Path, mistakes: &mut Mistakes<'_, '_>) -> Trade {
        let plain = Trade::default();
        let mut trade = Trade {
            volume: self.volume.unwrap_or(plain.volume),
            exact: self.exact.unwrap_or(plain.exact),
            median: self.median.unwrap_or(plain.median),
            bank: self.bank.unwrap_or(plain.bank),
            alternative: self.alternative.unwrap_or(plain.alternative),
            authorized_first: self.authorized_first.unwrap_or(plain.authorized_first),
            declined: self.declined.unwrap_or(plain.declined),
            incomplete: self.incomplete.unwrap_or(plain.incomplete),
            refunded: self.refunded.unwrap_or(plain.refunded),
            charged_back: self.charged_back.unwrap_or(plain.charged_back),
            rejected: self.rejected.unwrap_or(plain.rejected),
            test: self.test.unwrap_or(plain.test),
            corrected: self.corrected.unwrap_or(plain.corrected),
            amended: self.amended.unwrap_or(plain.amended),
            lookalikes: self.lookalikes.unwrap_or(plain.lookalikes),
            repeated: self.repeated.unwrap_or(plain.repeated),
            subscriptions: self.subscriptions.unwrap_or(plain.subscriptions),
            fee_rate: self.fee_rate.unwrap_or(plain.fee_rate),
            fee_fixed: self.fee_fixed.unwrap_or(plain.fee_fixed),
            chargeback_fee: self.chargeback_fee.unwrap_or(plain.chargeback_fee),
            settlement_days: self.settlement_days.unwrap_or(plain.settlement_days),
            reserve_rate: self.reserve_rate.unwrap_or(plain.reserve_rate),
            month_end_fee: self.month_end_fee.unwrap_or(plain.month_end_fee),
            currencies: plain.currencies,
            brands: plain.brands,
            names: plain.names,
        };
        let is_good = check(path, &trade, mistakes);
        if let Some(currencies) = &self.currencies {
            trade.currencies = weights(&path.key("currencies"), currencies, mistakes, currency)
                .unwrap_or(trade.currencies);
        }
        if let Some(brands) = &self.brands {
            let brand = |name: &str| word::<Brand>("brand", name);
            trade.brands =
                weights(&path.key("brands"), brands, mistakes, brand).unwrap_or(trade.brands);
        }
        if let Some(names) = &self.names {
            match word("kind of names", names) {
                Ok(names) => trade.names = names,
                Err(problem) => mistakes.add(&path.key("names"), problem),
            }
        }
        if is_good { trade } else { Trade::default() }
    }
}

fn word<T: FromStr + VariantNames>(noun: &str, name: &str) -> Result<T, String> {
    name.parse().map_err(|_| {
        let near = suggestion(name, T::VARIANTS.iter().copied());
        format!("unknown {noun} `{}`{near}", Shown(name))
    })
}

/// Checks the numbers; returns whether all of them are good.
fn check(path: &Path, trade: &Trade, mistakes: &mut Mistakes<'_, '_>) -> bool {
    let mut is_good = true;
    let shares = [
        ("bank", trade.bank),
        ("alternative", trade.alternative),
        ("authorized_first", trade.authorized_first),
        ("declined", trade.declined),
        ("incomplete", trade.incomplete),
        ("refunded", trade.refunded),
        ("charged_back", trade.charged_back),
        ("rejected", trade.rejected),
        ("test", trade.test),
        ("corrected", trade.corrected),
        ("amended", trade.amended),
        ("lookalikes", trade.lookalikes),
        ("repeated", trade.repeated),
    ];
    let limits = [
        ("volume", trade.volume, 400_000),
        ("median", trade.median, 10_000_000),
        ("fee_rate", trade.fee_rate, 10_000),
        ("reserve_rate", trade.reserve_rate, 10_000),
        ("settlement_days", trade.settlement_days, 30),
        ("subscriptions", trade.subscriptions, 20_000),
    ];
    for (name, share) in shares.into_iter().filter(|(_, share)| *share > 1000) {
        mistakes.add(&path.key(name), format!("is {share}; the most is 1000 thousandths"));
        is_good = false;
    }
    for (name, value, most) in limits.into_iter().filter(|(_, value, most)| value > most) {
        mistakes.add(&path.key(name), format!("is {value}; the most is {most}"));
        is_good = false;
    }
    for (first, second, sum) in [
        ("bank", "alternative", trade.bank.saturating_add(trade.alternative)),
        ("declined", "incomplete", trade.declined.saturating_add(trade.incomplete)),
    ] {
        if is_good && sum > 1000 {
            let problem = format!(
                "`{first}` and `{second}` together are {sum}; the most is 1000 thousandths"
            );
            mistakes.add_to_later(&path.key(first), &path.key(second), problem);
            is_good = false;
        }
    }
    is_good
}

/// Reads a table of weights; `None` if it has a mistake.
fn weights<T>(
    path: &Path,
    table: &BTreeMap<String, u32>,
    mistakes: &mut Mistakes<'_, '_>,
    parse: impl Fn(&str) -> Result<T, String>,
) -> Option<Vec<(T, u32)>> {
    let mut weights = Vec::new();
    for (name, weight) in table {
        match parse(name) {
            Ok(value) => weights.push((value, *weight)),
            Err(problem) => mistakes.unknown_key(&path.key(name), problem),
        }
        if *weight > MAX_WEIGHT {
            let problem = format!("is {weight}; the weight of `{name}` is {MAX_WEIGHT} at most");
            mistakes.add(&path.key(name), problem);
            return None;
        }
    }
    if weights.iter().all(|choice| choice.1 == 0) || weights.len() > MAX_CHOICES {
        let count = weights.len();
        let problem = format!(
            "has {count} entries; wanted are 1 to {MAX_CHOICES}, one of them with a weight above 0"
        );
        mistakes.add(path, problem);
        return None;
    }
    Some(weights)
}

/// The greatest weight of a currency or brand.
const MAX_WEIGHT: u32 = 1_000_000;

/// The greatest number of currencies or brands of a merchant.
const MAX_CHOICES: usize = 31;
