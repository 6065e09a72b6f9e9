//! What only people read of a row: names, addresses, cards, browsers. Drawn when shown, never stored.

use fake::Fake;
use fake::faker::name::raw::{FirstName, LastName};
use fake::locales::{Data, EN};

use super::overlay::Added;
use crate::sandbox::facts::Decline;
use crate::sandbox::facts::Outcome;
use crate::sandbox::generate::calendar::Day;
use crate::sandbox::generate::stream::Draw;
use crate::sandbox::merchant::{Brand, Names, Trade};

/// Purposes of the short streams of a row that are about what people read. Providers use 16 and up.
mod purpose {
    pub(super) const PERSON: u64 = 8;
    pub(super) const ADDRESS: u64 = 9;
    pub(super) const CARD: u64 = 10;
    pub(super) const BANK: u64 = 11;
    pub(super) const BROWSER: u64 = 12;
    pub(super) const THREE_DS: u64 = 13;
    pub(super) const DESCRIPTION: u64 = 14;
}

/// A customer.
#[derive(Clone, Copy, Debug)]
pub struct Person<'a> {
    /// First name.
    pub first: &'a str,
    /// Last name.
    pub last: &'a str,
    email: Option<&'a str>,
    key: u64,
}

/// First and last names beyond Latin letters, with what tends to break exports in between.
const UNICODE: [(&str, &str); 14] = [
    ("فاطمة", "العلي"),
    ("عبد الرحمن", "آل سعود"),
    ("გიორგი", "მაისურაძე"),
    ("ნინო", "ბერიძე"),
    ("Алексей", "Воробьёв"),
    ("Світлана", "Ґонта"),
    ("José María", "Muñoz, hijo"),
    ("Renée \"Ren\"", "D’Arcy-O'Neil"),
    ("山田", "太郎"),
    ("Zoë 🌊", "Ångström"),
    ("Line\nBreak", "van der Berg"),
    ("Günther", "Großmann; & Söhne"),
    ("Łukasz", "Żółć"),
    ("Tab\tbed", "<b>Bold</b>"),
];

/// How drawn e-mail addresses end.
const DOMAINS: [&str; 6] = [
    "@example.com",
    "@example.org",
    "@example.net",
    "@mail.example.com",
    "@post.example.org",
    "@inbox.example.net",
];

impl<'a> Person<'a> {
    pub(super) fn of(key: u64, names: Names, added: Option<&'a Added>) -> Self {
        let mut draw = Draw::new(key, purpose::PERSON);
        let (first, last) = match names {
            Names::Latin => {
                let first: &'static str = FirstName(EN).fake_with_rng(draw.rng());
                (first, LastName(EN).fake_with_rng(draw.rng()))
            }
            Names::Unicode => usize::try_from(draw.below(14))
                .ok()
                .and_then(|place| UNICODE.get(place))
                .copied()
                .unwrap_or(("", "")),
        };
        Self {
            first: added.and_then(|added| added.first_name.as_deref()).unwrap_or(first),
            last: added.and_then(|added| added.last_name.as_deref()).unwrap_or(last),
            email: added.and_then(|added| added.email.as_deref()),
            key,
        }
    }

    /// First and last name.
    #[must_use]
    pub fn name(&self) -> String {
        let mut name = String::with_capacity(self.first.len() + self.last.len() + 1);
        name.push_str(self.first);
        name.push(' ');
        name.push_str(self.last);
        name
    }

    /// An address at a domain that is reserved for examples.
    #[must_use]
    pub fn email(&self) -> String {
        let mut text = String::with_capacity(40);
        self.push_email(&mut text);
        text
    }

    /// Appends the e-mail address.
    pub fn push_email(&self, text: &mut String) {
        if let Some(email) = self.email {
            return text.push_str(email);
        }
        let from = text.len();
        push_plain(text, self.first);
        if text.len() > from {
            text.push('.');
        }
        push_plain(text, self.last);
        if text.len() == from {
            text.push_str("customer");
        }
        let number = self.key >> 20 & 0x3ff;
        text.push_str(itoa::Buffer::new().format(number));
        text.push_str(domain(self.key));
    }

    /// Where they live.
    #[must_use]
    pub fn address(&self) -> Address {
        let mut draw = Draw::new(self.key, purpose::ADDRESS);
        Address {
            house: 1 + draw.below(240),
            street: LastName(EN).fake_with_rng(draw.rng()),
            kind: pick(&mut draw, EN::ADDRESS_STREET_SUFFIX),
            town: LastName(EN).fake_with_rng(draw.rng()),
            ending: pick(&mut draw, EN::ADDRESS_CITY_SUFFIX),
            zip: draw.below(100_000),
            phone: draw.below(10_000_000),
        }
    }

    /// The IPv4 address they came from, in a block reserved for documentation (RFC 5737).
    #[must_use]
    pub fn ip(&self) -> [u8; 4] {
        let host = u8::try_from(self.key >> 40 & 0xff).unwrap_or(1);
        match self.key >> 48 & 3 {
            0 => [192, 0, 2, host],
            1 => [198, 51, 100, host],
            _ => [203, 0, 113, host],
        }
    }

    /// What they browsed with.
    #[must_use]
    pub fn browser(&self) -> Browser {
        let mut draw = Draw::new(self.key, purpose::BROWSER);
        let agent = draw.weighted(&AGENTS).copied().unwrap_or("Mozilla/5.0");
        let (width, height) = draw.weighted(&SCREENS).copied().unwrap_or((1920, 1080));
        let (language, zone, minutes) =
            draw.weighted(&PLACES).copied().unwrap_or(("en", "Europe/London", 0));
        Browser { agent, width, height, language, zone, minutes }
    }
}

/// How the drawn address of a key ends, from the `@` on.
fn domain(key: u64) -> &'static str {
    let place = usize::try_from(key >> 30 & 0xff).unwrap_or(0) % DOMAINS.len();
    DOMAINS.get(place).copied().unwrap_or("@example.com")
}

/// The e-mail address of a customer, drawn no further than somebody looks.
#[derive(Clone, Copy, Debug)]
pub struct Email<'a> {
    key: u64,
    names: Names,
    added: Option<&'a Added>,
}

impl<'a> Email<'a> {
    pub(super) fn of(key: u64, names: Names, added: Option<&'a Added>) -> Self {
        Self { key, names, added }
    }

    /// A part of the address that costs nothing to see: its end; empty where it has to be looked up.
    #[must_use]
    pub fn end(&self) -> &'static str {
        if self.added.is_some() { "" } else { domain(self.key) }
    }

    /// The whole address.
    #[must_use]
    pub fn whole(&self) -> String {
        Person::of(self.key, self.names, self.added).email()
    }
}

/// Appends the letters and digits of a name that are ASCII, lower case.
fn push_plain(text: &mut String, name: &str) {
    let from = text.len();
    // Most names are nothing but letters, and then they go over in one piece.
    if name.bytes().fold(true, |plain, byte| plain & byte.is_ascii_alphanumeric()) {
        text.push_str(name);
    } else {
        text.extend(name.chars().filter(char::is_ascii_alphanumeric));
    }
    if let Some(pushed) = text.get_mut(from..) {
        pushed.make_ascii_lowercase();
    }
}

/// One of a list of `fake`.
fn pick(draw: &mut Draw, list: &'static [&'static str]) -> &'static str {
    let length = u32::try_from(list.len()).unwrap_or(0);
    list.get(draw.below(length) as usize).copied().unwrap_or("")
}

/// A postal address with a phone number (555, never connected). Letters and blanks only, so that it
/// needs no escapes in any format.
#[derive(Clone, Copy, Debug)]
pub struct Address {
    house: u32,
    street: &'static str,
    kind: &'static str,
    town: &'static str,
    ending: &'static str,
    /// Five digits.
    pub zip: u32,
    /// The last seven digits of a number that begins with +1 555.
    pub phone: u32,
}

impl Address {
    /// Appends house and street.
    pub fn push_line(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(itoa::Buffer::new().format(self.house).as_bytes());
        out.push(b' ');
        out.extend(self.street.bytes().filter(u8::is_ascii_alphabetic));
        out.push(b' ');
        out.extend_from_slice(self.kind.as_bytes());
    }

    /// Appends the city.
    pub fn push_city(&self, out: &mut Vec<u8>) {
        out.extend(self.town.bytes().filter(u8::is_ascii_alphabetic));
        out.extend_from_slice(self.ending.as_bytes());
    }
}

/// A browser and the screen it ran on.
#[derive(Clone, Copy, Debug)]
pub struct Browser {
    /// User agent.
    pub agent: &'static str,
    /// Screen width in pixels.
    pub width: u32,
    /// Screen height in pixels.
    pub height: u32,
    /// Two letters.
    pub language: &'static str,
    /// Name in the time zone database.
    pub zone: &'static str,
    /// Minutes that UTC is ahead, as browsers report it.
    pub minutes: i32,
}

/// `fake` draws user agents with versions that never were; these were.
const AGENTS: [(&str, u32); 6] = [
    (
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36",
        38,
    ),
    (
        "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1",
        26,
    ),
    (
        "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Mobile Safari/537.36",
        18,
    ),
    (
        "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Safari/605.1.15",
        10,
    ),
    ("Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0", 5),
    ("Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:132.0) Gecko/20100101 Firefox/132.0", 3),
];

const SCREENS: [((u32, u32), u32); 5] =
    [((1920, 1080), 40), ((390, 844), 25), ((412, 915), 18), ((1440, 900), 10), ((2560, 1440), 7)];

const PLACES: [((&str, &str, i32), u32); 6] = [
    (("en", "Europe/London", 0), 30),
    (("de", "Europe/Berlin", -60), 20),
    (("it", "Europe/Rome", -60), 15),
    (("ar", "Asia/Dubai", -240), 15),
    (("ka", "Asia/Tbilisi", -240), 10),
    (("en", "America/New_York", 300), 10),
];

/// A card as far as anybody may keep it: masked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(into = "CardParts")]
pub struct Card {
    /// Its brand.
    pub brand: Brand,
    /// First six digits.
    pub bin: u32,
    /// Last four digits.
    pub last4: u16,
    /// 1 to 12.
    pub exp_month: u8,
    /// Four digits.
    pub exp_year: u16,
    /// Country of the issuer, two letters.
    pub country: &'static str,
    /// Name of the issuer.
    pub issuer: &'static str,
}

/// BIN, last four digits, month and year of expiry: how a card is written down. The rest follows.
type CardParts = (u32, u16, u8, u16);

impl From<Card> for CardParts {
    fn from(card: Card) -> Self {
        (card.bin, card.last4, card.exp_month, card.exp_year)
    }
}

// By hand, since a derived one would want the texts of a card in what is read.
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

/// A range of card numbers.
struct Range(Brand, u32, &'static str, &'static str);

/// Ranges that the schemes and the providers publish for tests, with issuers to go with them.
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
    /// The card that a payment with this key, first used on this day, is drawn to have.
    pub(in crate::sandbox) fn of(key: u64, trade: &Trade, used: Day) -> Self {
        let mut draw = Draw::new(key, purpose::CARD);
        let brand = draw.weighted(&trade.brands).copied().unwrap_or(Brand::Visa);
        let count = RANGES.iter().filter(|range| range.0 == brand).count();
        let place = draw.below(u32::try_from(count).unwrap_or(1));
        let range = RANGES.iter().filter(|range| range.0 == brand).nth(place as usize);
        let Range(_, bin, country, issuer) = range.unwrap_or(&RANGES[0]);
        let last4 = u16::try_from(draw.below(10_000)).unwrap_or(0);
        let exp_month = u8::try_from(1 + draw.below(12)).unwrap_or(1);
        // Good for one to four more years from the year it was first used.
        let year = 2010 + used * 4 / 1461;
        let exp_year = u16::try_from(year + 1 + draw.below(4)).unwrap_or(2030);
        Self { brand, bin: *bin, last4, exp_month, exp_year, country, issuer }
    }

    /// A card of this range; the brand of an unknown one is told by its first digit.
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
    /// First digits of the account number, shown; seven of them.
    pub head: u32,
    /// Last four digits of the account number.
    pub last4: u16,
    /// Whether it is a savings account and not a checking one.
    pub savings: bool,
    /// Whether it belongs to a business.
    pub business: bool,
}

/// Routing numbers that the Federal Reserve's districts begin with, without their check digit.
const ROUTING: [u32; 8] =
    [2_100_002, 12_100_035, 3_110_064, 6_100_005, 7_100_001, 11_100_002, 26_007_689, 32_227_162];

impl BankAccount {
    pub(super) fn of(key: u64) -> Self {
        let mut draw = Draw::new(key, purpose::BANK);
        let place = draw.below(8) as usize;
        let head = ROUTING.get(place).copied().unwrap_or(2_100_002);
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
        .map(|(place, weight)| head / 10_u32.pow(7 - place) % 10 * weight)
        .sum();
    (10 - sum % 10) % 10
}

/// How 3-D Secure went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ThreeDs {
    /// Begun, and the customer never came back.
    Started,
    /// Authenticated.
    Authenticated,
    /// The card takes no part; the scheme vouches all the same.
    Attempted,
    /// The customer failed it.
    Failed,
}

impl ThreeDs {
    pub(super) fn of(key: u64, outcome: Outcome, decline: Decline) -> Option<Self> {
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

const GOODS: [&str; 12] = [
    "Monthly plan",
    "Annual plan",
    "Gift card",
    "Running shoes",
    "Coffee beans 1 kg",
    "Concert ticket",
    "Hotel booking",
    "Headphones",
    "Textbook",
    "Parking permit",
    "Plant pot, large",
    "Bicycle service",
];

const UNICODE_GOODS: [&str; 6] = [
    "Кофе «Утро», 1 кг",
    "ქართული ღვინო 🍷",
    "قهوة عربية",
    "Gift; \"two\" for one, really",
    "Ligne 1\nLigne 2",
    "靴 — 27 cm",
];

/// What somebody bought.
pub(super) fn description(key: u64, names: Names) -> &'static str {
    let goods: &[&'static str] = match names {
        Names::Latin => &GOODS,
        Names::Unicode => &UNICODE_GOODS,
    };
    let place = Draw::new(key, purpose::DESCRIPTION).below(u32::try_from(goods.len()).unwrap_or(1));
    goods.get(place as usize).copied().unwrap_or("Goods")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn routing_numbers_have_valid_check_digits() {
        // JPMorgan Chase, 021000021, as published; and the one of the vendor's sample.
        assert_eq!(check_digit(2_100_002), 1);
        for head in ROUTING {
            let number = head * 10 + check_digit(head);
            let digits: Vec<u32> =
                format!("{number:09}").chars().filter_map(|c| c.to_digit(10)).collect();
            let sum: u32 = digits.iter().zip([3, 7, 1, 3, 7, 1, 3, 7, 1]).map(|(d, w)| d * w).sum();
            assert_eq!(sum % 10, 0, "{number:09}");
        }
    }

    #[test]
    fn emails_are_plain_ascii_at_example_domains() {
        for names in [Names::Latin, Names::Unicode] {
            for key in 0..200_u64 {
                let email =
                    Person::of(key.wrapping_mul(0x9e37_79b9_97f4_a7c1), names, None).email();
                assert!(
                    email.is_ascii() && email.contains("@") && email.contains("example"),
                    "{email}"
                );
            }
        }
    }
}
