//! Payment details of a row: card, bank account, 3-D Secure. They are drawn when they are shown, never
//! stored.

use super::calendar::Day;
use super::stream::Draw;
use crate::sandbox::facts::{Decline, Outcome};
use crate::sandbox::merchant::{Brand, Trade};

/// Purposes of the random draws for payment details. Providers use 16 and above.
mod purpose {
    pub(super) const CARD: u64 = 10;
    pub(super) const BANK: u64 = 11;
    pub(super) const THREE_DS: u64 = 13;
}

/// A masked card: the parts of the number that may be stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(into = "CardParts")]
pub struct Card {
    /// Its brand.
    pub brand: Brand,
    /// The first six digits.
    pub bin: u32,
    /// The last four digits.
    pub last4: u16,
    /// Month of expiry, 1 to 12.
    pub exp_month: u8,
    /// Year of expiry, four digits.
    pub exp_year: u16,
    /// Country of the issuer, two letters.
    pub country: &'static str,
    /// Name of the issuing bank.
    pub issuer: &'static str,
}

/// The serialized card: BIN, last four digits, month and year of expiry. The other values follow from the
/// BIN.
type CardParts = (u32, u16, u8, u16);

impl From<Card> for CardParts {
    fn from(card: Card) -> Self {
        (card.bin, card.last4, card.exp_month, card.exp_year)
    }
}

// Implemented by hand: a derived implementation would need the `'static` texts in the input.
impl<'de> serde::Deserialize<'de> for Card {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let (bin, last4, month, year) = CardParts::deserialize(from)?;
        if bin > 999_999 || last4 > 9999 {
            let problem = "a card has more than six and four digits";
            return Err(serde::de::Error::custom(problem));
        }
        Ok(Self::known(bin, last4, month, year))
    }
}

/// A range of card numbers: brand, BIN, country and issuer.
struct Range(Brand, u32, &'static str, &'static str);

/// Ranges that card schemes and providers publish for tests, with matching issuers.
const RANGES: [Range; 22] = [
    Range(Brand::Visa, 420_000, "IT", "INVESTBANK"),
    Range(Brand::Visa, 411_111, "PL", "CONOTOXIA SP. Z O.O."),
    Range(Brand::Visa, 400_555, "US", "BANK OF AMERICA"),
    Range(Brand::Visa, 401_288, "GB", "BARCLAYS BANK PLC"),
    Range(Brand::Visa, 424_242, "GB", "STRIPE PAYMENTS UK"),
    Range(Brand::Visa, 455_701, "AE", "EMIRATES NBD BANK"),
    Range(Brand::Visa, 476_173, "DE", "LANDESBANK BADEN-WUERTTEMBERG"),
    Range(Brand::Mastercard, 512_345, "AE", "FIRST ABU DHABI BANK"),
    Range(Brand::Mastercard, 555_555, "US", "CITIBANK"),
    Range(Brand::Mastercard, 545_454, "FR", "CREDIT AGRICOLE"),
    Range(Brand::Mastercard, 222_300, "GE", "TBC BANK"),
    Range(Brand::Mastercard, 510_510, "GE", "BANK OF GEORGIA"),
    Range(Brand::Mastercard, 520_082, "SA", "RIYAD BANK"),
    Range(Brand::Amex, 378_282, "US", "AMERICAN EXPRESS"),
    Range(Brand::Amex, 345_678, "GB", "AMERICAN EXPRESS"),
    Range(Brand::Discover, 601_111, "US", "DISCOVER BANK"),
    Range(Brand::Jcb, 353_011, "JP", "JCB CO."),
    Range(Brand::Diners, 305_693, "US", "DINERS CLUB"),
    Range(Brand::Mada, 529_741, "SA", "AL RAJHI BANK"),
    Range(Brand::Mada, 446_404, "SA", "SAUDI NATIONAL BANK"),
    Range(Brand::Meeza, 507_803, "EG", "BANQUE MISR"),
    Range(Brand::Meeza, 981_895, "EG", "NATIONAL BANK OF EGYPT"),
];

impl Card {
    /// The card that is drawn for a payment with this key and a first use on day `used`.
    pub(in crate::sandbox) fn of(key: u64, trade: &Trade, used: Day) -> Self {
        let mut draw = Draw::new(key, purpose::CARD);
        let brand = draw.weighted(&trade.brands).copied().unwrap_or(Brand::Visa);
        let count = RANGES.iter().filter(|range| range.0 == brand).count();
        let index = draw.below(u32::try_from(count).unwrap_or(1));
        let range = RANGES.iter().filter(|range| range.0 == brand).nth(index as usize);
        let Range(_, bin, country, issuer) = range.unwrap_or(&RANGES[0]);
        let last4 = u16::try_from(draw.below(10_000)).unwrap_or(0);
        let exp_month = u8::try_from(1 + draw.below(12)).unwrap_or(1);
        // The card expires one to four years after the year of its first use.
        let year = 2010 + used * 4 / 1461;
        let exp_year = u16::try_from(year + 1 + draw.below(4)).unwrap_or(2030);
        Self { brand, bin: *bin, last4, exp_month, exp_year, country, issuer }
    }

    /// The card with this BIN; for a BIN outside the table, the first digit gives the brand.
    #[must_use]
    pub fn known(bin: u32, last4: u16, exp_month: u8, exp_year: u16) -> Self {
        let range = RANGES.iter().find(|range| range.1 == bin);
        let brand = range.map_or_else(|| Self::brand_of(bin), |range| range.0);
        let country = range.map_or("US", |range| range.2);
        let issuer = range.map_or("UNKNOWN BANK", |range| range.3);
        Self { brand, bin, last4, exp_month, exp_year, country, issuer }
    }

    fn brand_of(bin: u32) -> Brand {
        match (bin / 100_000, bin / 10_000) {
            (2 | 5, _) => Brand::Mastercard,
            (_, 34 | 37) => Brand::Amex,
            (_, 35) => Brand::Jcb,
            (_, 30 | 36 | 38) => Brand::Diners,
            (6, _) => Brand::Discover,
            _ => Brand::Visa,
        }
    }
}

/// A bank account in the United States, masked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BankAccount {
    /// ABA routing number, nine digits with a valid check digit.
    pub routing: u32,
    /// The first seven digits of the account number, which are shown.
    pub head: u32,
    /// Last four digits of the account number.
    pub last4: u16,
    /// Whether it is a savings account; otherwise it is a checking account.
    pub savings: bool,
    /// Whether it belongs to a business.
    pub business: bool,
}

/// Routing numbers of the Federal Reserve districts, without their check digits.
const ROUTING: [u32; 8] =
    [2_100_002, 12_100_035, 3_110_064, 6_100_005, 7_100_001, 11_100_002, 26_007_689, 32_227_162];

impl BankAccount {
    pub(in crate::sandbox) fn of(key: u64) -> Self {
        let mut draw = Draw::new(key, purpose::BANK);
        let index = draw.below(8) as usize;
        let head = ROUTING.get(index).copied().unwrap_or(2_100_002);
        Self {
            routing: head * 10 + check_digit(head),
            head: draw.below(10_000_000),
            last4: u16::try_from(draw.below(10_000)).unwrap_or(0),
            savings: draw.below(5) == 0,
            business: draw.below(6) == 0,
        }
    }
}

/// The check digit of an ABA routing number: 3·d1 + 7·d2 + d3 + … must be divisible by ten.
#[must_use]
pub fn check_digit(head: u32) -> u32 {
    let weights = [3, 7, 1, 3, 7, 1, 3, 7];
    let sum: u32 = (0..8_u32)
        .zip(weights)
        .map(|(index, weight)| head / 10_u32.pow(7 - index) % 10 * weight)
        .sum();
    (10 - sum % 10) % 10
}

/// The result of 3-D Secure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ThreeDs {
    /// Authentication began, and the customer did not return.
    Started,
    /// The customer was authenticated.
    Authenticated,
    /// The card is not enrolled; the card scheme vouches for the payment nevertheless.
    Attempted,
    /// The customer failed the authentication.
    Failed,
}

impl ThreeDs {
    pub(in crate::sandbox) fn of(key: u64, outcome: Outcome, decline: Decline) -> Option<Self> {
        if outcome == Outcome::Abandoned {
            return Some(Self::Started);
        }
        if outcome == Outcome::Declined && decline == Decline::AuthenticationFailed {
            return Some(Self::Failed);
        }
        match Draw::new(key, purpose::THREE_DS).below(100) {
            0..62 => Some(Self::Authenticated),
            62..70 => Some(Self::Attempted),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn routing_numbers_have_valid_check_digits() {
        // JPMorgan Chase, 021000021, as published, and the number in the vendor's sample.
        assert_eq!(check_digit(2_100_002), 1);
        for head in ROUTING {
            let number = head * 10 + check_digit(head);
            let digits: Vec<u32> =
                format!("{number:09}").chars().filter_map(|c| c.to_digit(10)).collect();
            let sum: u32 = digits.iter().zip([3, 7, 1, 3, 7, 1, 3, 7, 1]).map(|(d, w)| d * w).sum();
            assert_eq!(sum % 10, 0, "{number:09}");
        }
    }
}
