//! Reads and checks the `[merchant.trade]` table of a scenario file.

use std::collections::BTreeMap;

use strum::VariantNames;
use toml::Spanned;

use super::error::{ScenarioError, Source, suggestion};
use super::format::TradeFile;
use crate::sandbox::merchant::{Brand, Names, Trade};
use crate::sandbox::money::Currency;

impl TradeFile {
    pub(super) fn to_trade(&self, source: &Source<'_>) -> Result<Trade, ScenarioError> {
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
        check(source, &trade)?;
        if let Some(currencies) = &self.currencies {
            trade.currencies = weights(source, currencies, "currency", Currency::parse, || {
                Currency::codes().collect()
            })?;
        }
        if let Some(brands) = &self.brands {
            trade.brands = weights(
                source,
                brands,
                "brand",
                |name| name.parse().ok(),
                || Brand::VARIANTS.to_vec(),
            )?;
        }
        if let Some(names) = &self.names {
            trade.names = names.as_ref().parse().map_err(|_| {
                let near = suggestion(names.as_ref(), Names::VARIANTS.iter().copied());
                let problem = format!("unknown names `{}`{near}", names.as_ref());
                source.at(names.span().start, problem)
            })?;
        }
        Ok(trade)
    }
}

fn check(source: &Source<'_>, trade: &Trade) -> Result<(), ScenarioError> {
    let shares = [
        ("bank", trade.bank),
        ("alternative", trade.alternative),
        ("bank and alternative together", trade.bank.saturating_add(trade.alternative)),
        ("authorized_first", trade.authorized_first),
        ("declined", trade.declined),
        ("incomplete", trade.incomplete),
        ("declined and incomplete together", trade.declined.saturating_add(trade.incomplete)),
        ("refunded", trade.refunded),
        ("charged_back", trade.charged_back),
        ("rejected", trade.rejected),
        ("test", trade.test),
        ("corrected", trade.corrected),
        ("amended", trade.amended),
    ];
    if let Some((name, share)) = shares.into_iter().find(|(_, share)| *share > 1000) {
        let problem = format!("{name} is {share}, more than 1000 thousandths");
        return Err(source.complain("trade", problem));
    }
    let limits = [
        ("volume", trade.volume, 400_000),
        ("median", trade.median, 10_000_000),
        ("fee_rate", trade.fee_rate, 10_000),
        ("reserve_rate", trade.reserve_rate, 10_000),
        ("settlement_days", trade.settlement_days, 30),
        ("subscriptions", trade.subscriptions, 20_000),
    ];
    match limits.into_iter().find(|(_, value, most)| value > most) {
        Some((name, value, most)) => {
            Err(source.complain("trade", format!("{name} is {value}, the most is {most}")))
        }
        None => Ok(()),
    }
}

fn weights<T>(
    source: &Source<'_>,
    table: &BTreeMap<Spanned<String>, u32>,
    noun: &str,
    parse: impl Fn(&str) -> Option<T>,
    known: impl Fn() -> Vec<&'static str>,
) -> Result<Vec<(T, u32)>, ScenarioError> {
    let mut weights = Vec::new();
    for (name, weight) in table {
        let start = name.span().start;
        let Some(value) = parse(name.as_ref()) else {
            let near = suggestion(name.as_ref(), known().into_iter());
            return Err(source.at(start, format!("unknown {noun} `{}`{near}", name.as_ref())));
        };
        if *weight > 1_000_000 {
            let problem = format!("the weight of `{}` is above 1000000", name.as_ref());
            return Err(source.at(start, problem));
        }
        weights.push((value, *weight));
    }
    if weights.iter().all(|choice| choice.1 == 0) || weights.len() > 31 {
        return Err(source.complain("trade", format!("needs 1 to 31 entries for {noun}")));
    }
    Ok(weights)
}
