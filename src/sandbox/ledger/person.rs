//! The customer details of a row: names, addresses, browsers. They are drawn when they are shown, never
//! stored.

use fake::Fake;
use fake::faker::name::raw::{FirstName, LastName};
use fake::locales::{Data, EN};

use super::overlay::AddedRow;
use crate::sandbox::generate::stream::Draw;
use crate::sandbox::merchant::Names;

/// Purposes of the random draws for customer details. Providers use 16 and above.
mod purpose {
    pub(super) const PERSON: u64 = 8;
    pub(super) const ADDRESS: u64 = 9;
    pub(super) const BROWSER: u64 = 12;
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

/// First and last names outside the Latin script, and names with characters that often break exports.
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

/// Domains of the drawn e-mail addresses.
const DOMAINS: [&str; 6] = [
    "@example.com",
    "@example.org",
    "@example.net",
    "@mail.example.com",
    "@post.example.org",
    "@inbox.example.net",
];

impl<'a> Person<'a> {
    pub(super) fn of(key: u64, names: Names, added: Option<&'a AddedRow>) -> Self {
        let mut draw = Draw::new(key, purpose::PERSON);
        let (first, last) = match names {
            Names::Latin => {
                let first: &'static str = FirstName(EN).fake_with_rng(draw.rng());
                (first, LastName(EN).fake_with_rng(draw.rng()))
            }
            Names::Unicode => usize::try_from(draw.below(14))
                .ok()
                .and_then(|index| UNICODE.get(index))
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
        let mut bytes = std::mem::take(text).into_bytes();
        self.drawn_email(|part| bytes.extend_from_slice(part));
        // ASCII was appended to a text, so this cannot fail.
        *text = String::from_utf8(bytes).unwrap_or_default();
    }

    /// The e-mail address that a scenario or an action gave; without one, it is drawn.
    #[must_use]
    pub fn given_email(&self) -> Option<&'a str> {
        self.email
    }

    /// Calls `each` with the parts of the drawn e-mail address, which are ASCII.
    pub fn drawn_email(&self, mut each: impl FnMut(&[u8])) {
        let has_first = plain(self.first, &mut each);
        if has_first {
            each(b".");
        }
        if !plain(self.last, &mut each) && !has_first {
            each(b"customer");
        }
        each(itoa::Buffer::new().format(self.key >> 20 & 0x3ff).as_bytes());
        each(domain(self.key).as_bytes());
    }

    /// The postal address and the phone number.
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

    /// The customer's IPv4 address, in a block reserved for documentation (RFC 5737).
    #[must_use]
    pub fn ip(&self) -> [u8; 4] {
        let host = u8::try_from(self.key >> 40 & 0xff).unwrap_or(1);
        match self.key >> 48 & 3 {
            0 => [192, 0, 2, host],
            1 => [198, 51, 100, host],
            _ => [203, 0, 113, host],
        }
    }

    /// The browser of the customer.
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

/// The domain of the e-mail address that is drawn from `key`, including the `@`.
fn domain(key: u64) -> &'static str {
    let index = usize::try_from(key >> 30 & 0xff).unwrap_or(0) % DOMAINS.len();
    DOMAINS.get(index).copied().unwrap_or("@example.com")
}

/// The e-mail address of a customer, drawn only as far as it is read.
#[derive(Clone, Copy, Debug)]
pub struct Email<'a> {
    key: u64,
    names: Names,
    added: Option<&'a AddedRow>,
}

impl<'a> Email<'a> {
    pub(super) fn of(key: u64, names: Names, added: Option<&'a AddedRow>) -> Self {
        Self { key, names, added }
    }

    /// The domain of the address including the `@`, which needs no draw of the name; empty for an added
    /// row, whose address has to be looked up.
    #[must_use]
    pub fn end(&self) -> &'static str {
        if self.added.is_some() { "" } else { domain(self.key) }
    }

    /// Whose address it is.
    #[must_use]
    pub fn person(&self) -> Person<'a> {
        Person::of(self.key, self.names, self.added)
    }

    /// The whole address.
    #[must_use]
    pub fn whole(&self) -> String {
        self.person().email()
    }
}

/// Calls `each` with the ASCII letters and digits of a name in lower case; returns whether there are any.
fn plain(name: &str, mut each: impl FnMut(&[u8])) -> bool {
    let (mut part, mut length, mut is_empty) = ([0; 16], 0, true);
    for byte in name.bytes().filter(u8::is_ascii_alphanumeric) {
        if length == part.len() {
            each(&part);
            length = 0;
        }
        if let Some(to) = part.get_mut(length) {
            *to = byte.to_ascii_lowercase();
            length += 1;
        }
        is_empty = false;
    }
    each(part.get(..length).unwrap_or_default());
    !is_empty
}

/// Draws one entry of a word list of the crate `fake`.
fn pick(draw: &mut Draw, list: &'static [&'static str]) -> &'static str {
    let length = u32::try_from(list.len()).unwrap_or(0);
    list.get(draw.below(length) as usize).copied().unwrap_or("")
}

/// A postal address with a phone number (555, never connected). It contains only letters and spaces, so
/// that no format has to escape it.
#[derive(Clone, Copy, Debug)]
pub struct Address {
    house: u32,
    street: &'static str,
    kind: &'static str,
    town: &'static str,
    ending: &'static str,
    /// ZIP code, five digits.
    pub zip: u32,
    /// The last seven digits of the phone number, which begins with +1 555.
    pub phone: u32,
}

impl Address {
    /// Calls `each` with the parts of the line with house number and street.
    pub fn line(&self, mut each: impl FnMut(&str)) {
        each(itoa::Buffer::new().format(self.house));
        each(" ");
        letters(self.street, &mut each);
        each(" ");
        each(self.kind);
    }

    /// Calls `each` with the parts of the city.
    pub fn city(&self, mut each: impl FnMut(&str)) {
        letters(self.town, &mut each);
        each(self.ending);
    }
}

/// Calls `each` with the ASCII letters of a name; a few names have an apostrophe.
fn letters(name: &str, each: &mut impl FnMut(&str)) {
    if name.bytes().fold(true, |plain, byte| plain & byte.is_ascii_alphabetic()) {
        return each(name);
    }
    name.split(|c: char| !c.is_ascii_alphabetic()).for_each(each);
}

/// A browser and the screen of its device.
#[derive(Clone, Copy, Debug)]
pub struct Browser {
    /// User agent.
    pub agent: &'static str,
    /// Screen width in pixels.
    pub width: u32,
    /// Screen height in pixels.
    pub height: u32,
    /// Language code of two letters.
    pub language: &'static str,
    /// Name of the time zone in the IANA database.
    pub zone: &'static str,
    /// Offset from local time to UTC in minutes, with the sign that browsers report.
    pub minutes: i32,
}

/// Real user agents; `fake` draws versions that never existed.
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

/// The goods that were bought, drawn from the key of the payment.
pub(super) fn description(key: u64, names: Names) -> &'static str {
    let goods: &[&'static str] = match names {
        Names::Latin => &GOODS,
        Names::Unicode => &UNICODE_GOODS,
    };
    let index = Draw::new(key, purpose::DESCRIPTION).below(u32::try_from(goods.len()).unwrap_or(1));
    goods.get(index as usize).copied().unwrap_or("Goods")
}

#[cfg(test)]
mod tests {
    use super::*;

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

    #[test]
    fn a_name_without_a_latin_letter_gives_the_email_of_a_customer() {
        let key = 5 << 20;
        let person = |first, last| Person { first, last, email: None, key };
        assert_eq!(person("山田", "太郎").email(), format!("customer5{}", domain(key)));
        assert_eq!(person("Renée", "太郎").email(), format!("rene.5{}", domain(key)));
        assert_eq!(person("山田", "Ito").email(), format!("ito5{}", domain(key)));
    }

    #[test]
    fn addresses_are_of_all_three_networks_of_rfc_5737() {
        let ip = |part: u64| Person { first: "", last: "", email: None, key: part << 48 }.ip();
        let first = [0, 1, 2, 3].map(|part| ip(part)[0]);
        assert_eq!(first, [192, 198, 203, 203]);
    }

    #[test]
    fn addresses_have_words_of_lists_and_differ() {
        let mut lines = std::collections::BTreeSet::new();
        for key in 0..100_u64 {
            let address = Person { first: "", last: "", email: None, key }.address();
            assert!(EN::ADDRESS_STREET_SUFFIX.contains(&address.kind));
            assert!(EN::ADDRESS_CITY_SUFFIX.contains(&address.ending));
            lines.insert((address.kind, address.ending));
        }
        assert!(lines.len() > 50, "{lines:?}");
    }
}
