//! Whose money it is: merchants, their credentials at each provider, and the trade they do.

use std::collections::BTreeMap;

use super::money::Currency;

/// A merchant's place in its scenario, 0 to 99; part of every id its rows have on a wire.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
#[serde(transparent)]
pub struct MerchantId(pub u8);

/// What a merchant proves itself with at one provider: names and values as the provider spells them.
pub type Credential = BTreeMap<String, String>;

/// One merchant of a scenario.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Merchant {
    /// Its place in the scenario.
    pub id: MerchantId,
    /// Its name in the scenario file, in the admin API and in the journal.
    pub name: String,
    /// What it calls itself towards its customers.
    pub display_name: String,
    /// Credentials by the slug of the provider; several where a merchant has several keys.
    pub credentials: BTreeMap<String, Vec<Credential>>,
    /// What its generated days look like.
    pub trade: Trade,
}

impl Merchant {
    /// The first credential at a provider, where it has any.
    #[must_use]
    pub fn credential(&self, provider: &str) -> Option<&Credential> {
        self.credentials.get(provider)?.first()
    }

    /// One field of the first credential at a provider.
    #[must_use]
    pub fn credential_field(&self, provider: &str, field: &str) -> Option<&str> {
        self.credential(provider)?.get(field).map(String::as_str)
    }
}

/// Which names the customers of a merchant have.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, strum::EnumString, strum::IntoStaticStr, strum::VariantNames,
)]
#[strum(serialize_all = "snake_case")]
pub enum Names {
    /// Latin letters only.
    Latin,
    /// Arabic, Georgian, Cyrillic, CJK, emoji, commas, quotes, newlines.
    Unicode,
}

/// A card brand.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    strum::EnumString,
    strum::IntoStaticStr,
    strum::VariantNames,
)]
#[strum(serialize_all = "snake_case")]
pub enum Brand {
    /// Visa.
    Visa,
    /// Mastercard.
    Mastercard,
    /// American Express.
    Amex,
    /// Discover.
    Discover,
    /// JCB.
    Jcb,
    /// Diners Club.
    Diners,
    /// mada, the domestic scheme of Saudi Arabia.
    Mada,
    /// Meeza, the domestic scheme of Egypt.
    Meeza,
}

/// What the generated days of a merchant look like. Shares are in thousandths of the payments they
/// speak of. Everything here is part of what a day is a function of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trade {
    /// Payments attempted on an average day; 0 for none at all.
    pub volume: u32,
    /// Whether every day has exactly `volume` of them, and none of their children.
    pub exact: bool,
    /// The middle amount, in US cents; converted to an order of magnitude in other currencies.
    pub median: u32,
    /// Currencies and how often each.
    pub currencies: Vec<(Currency, u32)>,
    /// Card brands and how often each.
    pub brands: Vec<(Brand, u32)>,
    /// Share paid from a bank account (ACH).
    pub bank: u32,
    /// Share paid by an alternative method (wallets, vouchers, invoices).
    pub alternative: u32,
    /// Share of card payments that are authorized first and captured later.
    pub authorized_first: u32,
    /// Share that is declined.
    pub declined: u32,
    /// Share that the customer never finishes.
    pub incomplete: u32,
    /// Share of paid ones that are refunded, whole or in part.
    pub refunded: u32,
    /// Share of paid card ones that are charged back.
    pub charged_back: u32,
    /// Share of paid bank ones that come back as rejects.
    pub rejected: u32,
    /// Share that are test transactions.
    pub test: u32,
    /// Share corrected by hand later.
    pub corrected: u32,
    /// New subscriptions in a thousand days.
    pub subscriptions: u32,
    /// Proportional part of the fee, in hundredths of a percent.
    pub fee_rate: u32,
    /// Fixed part of the fee, in minor units.
    pub fee_fixed: u32,
    /// Fee of a chargeback, in minor units.
    pub chargeback_fee: u32,
    /// Business days from payment to settlement.
    pub settlement_days: u32,
    /// Part of each deposit that is held back, in hundredths of a percent of its sales.
    pub reserve_rate: u32,
    /// Taken with the first deposit of a month, in minor units; 0 for none.
    pub month_end_fee: u32,
    /// Which names customers have.
    pub names: Names,
}

impl Default for Trade {
    fn default() -> Self {
        Self {
            volume: 100,
            exact: false,
            median: 3500,
            currencies: vec![(Currency::USD, 100)],
            brands: vec![
                (Brand::Visa, 55),
                (Brand::Mastercard, 36),
                (Brand::Amex, 6),
                (Brand::Discover, 3),
            ],
            bank: 0,
            alternative: 60,
            authorized_first: 120,
            declined: 70,
            incomplete: 40,
            refunded: 40,
            charged_back: 4,
            rejected: 30,
            test: 10,
            corrected: 3,
            subscriptions: 0,
            fee_rate: 190,
            fee_fixed: 20,
            chargeback_fee: 1500,
            settlement_days: 2,
            reserve_rate: 0,
            month_end_fee: 0,
            names: Names::Latin,
        }
    }
}
