//! Merchants, their credentials at each provider, and the settings of their generated transactions.

use std::collections::BTreeMap;

use super::money::Currency;

/// A merchant's position in its scenario, 0 to 99; part of the number of each of its rows.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
#[serde(transparent)]
pub struct MerchantId(pub u8);

/// The credentials of a merchant at one provider: names and values as the provider spells them.
pub type Credential = BTreeMap<String, String>;

/// One merchant of a scenario.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Merchant {
    /// Its position in the scenario.
    pub id: MerchantId,
    /// Its name in the scenario file, in the admin API and in the journal.
    pub name: String,
    /// The name that its customers see.
    pub display_name: String,
    /// Credentials by slug of the provider; more than one if the merchant has several keys there.
    pub credentials: BTreeMap<String, Vec<Credential>>,
    /// Whether its wallet and voucher payments carry a card (a device card): one of its providers shows a
    /// card for every payment that is not from a bank account.
    pub device_cards: bool,
    /// The settings of its generated transactions.
    pub trade: Trade,
}

impl Merchant {
    /// The first credential at a provider; `None` if the merchant has none there.
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

/// The kind of names that the customers of a merchant have.
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

/// The settings of a merchant's generated transactions. Shares are in thousandths of the payments that they
/// refer to. Generated days depend on every value here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trade {
    /// Payments attempted on an average day; 0 for none.
    pub volume: u32,
    /// Whether every day has exactly `volume` payments, without follow-ups.
    pub exact: bool,
    /// The median amount in US cents; other currencies use the same order of magnitude.
    pub median: u32,
    /// Currencies with their weights.
    pub currencies: Vec<(Currency, u32)>,
    /// Card brands with their weights.
    pub brands: Vec<(Brand, u32)>,
    /// Share of payments from a bank account (ACH).
    pub bank: u32,
    /// Share of payments with an alternative method (wallets, vouchers, invoices).
    pub alternative: u32,
    /// Share of card payments that are authorized first and captured later.
    pub authorized_first: u32,
    /// Share of declined payments.
    pub declined: u32,
    /// Share of payments that the customer does not finish.
    pub incomplete: u32,
    /// Share of successful payments that are refunded, in full or in part.
    pub refunded: u32,
    /// Share of successful card payments with a chargeback.
    pub charged_back: u32,
    /// Share of successful bank payments that the bank rejects later.
    pub rejected: u32,
    /// Share of test transactions.
    pub test: u32,
    /// Share of transactions that are marked as corrected by hand later.
    pub corrected: u32,
    /// Share of captured payments that are amended later: fee, amount or description.
    pub amended: u32,
    /// Share of card payments that equal the payment before them: the same second, amount, card and
    /// description.
    pub lookalikes: u32,
    /// Share of transactions that reports tell twice under one id.
    pub repeated: u32,
    /// New subscriptions in 1000 days.
    pub subscriptions: u32,
    /// Proportional part of the fee, in hundredths of a percent.
    pub fee_rate: u32,
    /// Fixed part of the fee, in minor units.
    pub fee_fixed: u32,
    /// Fee of a chargeback, in minor units.
    pub chargeback_fee: u32,
    /// Business days from payment to settlement.
    pub settlement_days: u32,
    /// Reserve held back from each deposit, in hundredths of a percent of its sales.
    pub reserve_rate: u32,
    /// Fee taken with the first deposit of a month, in minor units; 0 for none.
    pub month_end_fee: u32,
    /// The kind of names that the customers have.
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
            amended: 0,
            lookalikes: 0,
            repeated: 0,
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
