//! The scenarios of the bench: merchants with credentials at a provider, pages of 100, reports that
//! are ready at once, and a frozen clock.

use tempfile::NamedTempFile;

use crate::load::once;
use crate::process::Served;
use crate::requests::begateway_count_of;

/// The size of a scenario.
#[derive(Clone, Copy)]
pub struct Scenario {
    /// Payments per day and merchant.
    pub volume: u32,
    /// Days that end at noon of 14 March 2026; the file format allows 3660 at most.
    pub days: u32,
    /// Seed of the generated rows.
    pub seed: u64,
    /// Number of merchants. The first has credentials at all providers, the others at beGateway and
    /// EpicPay.
    pub merchants: u32,
}

/// Payments per day that produce a million rows in 90 days, together with the transactions that
/// were open before them.
pub const MILLION: u32 = 9400;

impl Scenario {
    /// One merchant, 90 days and a million rows.
    pub fn million(seed: u64) -> Self {
        Self { volume: MILLION, days: 90, seed, merchants: 1 }
    }

    pub fn file(self) -> NamedTempFile {
        let file = tempfile::Builder::new().suffix(".toml").tempfile().unwrap();
        let Self { volume, days, seed, merchants } = self;
        let mut text = format!("days = {days}\nseed = {seed}\n{SETTINGS}");
        for number in 1..=merchants {
            text += &format!(
                "[[merchant]]\nname = \"bench-{number}\"\n\
                 [[merchant.credentials.begateway]]\n\
                 shop_id = \"{number}\"\nsecret_key = \"sandtill-shop-secret\"\n\
                 [[merchant.credentials.epicpay]]\n\
                 key_id = \"sandtill-terminal-{number}\"\npassword = \"sandtill-password-1\"\n"
            );
            if number == 1 {
                text += OTHERS;
            }
            text += &format!("[merchant.trade]\nvolume = {volume}\n");
        }
        std::fs::write(file.path(), text).unwrap();
        file
    }

    /// Starts a server of this scenario with further arguments. It counts the rows first, which
    /// generates all days, so that the measurement does not include generation.
    pub fn served(self, args: &[&str]) -> Served {
        self.served_by(Served::sandtill, args)
    }

    /// The same with another start function.
    pub fn served_by(self, start: fn(&[&str]) -> Served, args: &[&str]) -> Served {
        let file = self.file();
        let mut all = vec!["--scenario", file.path().to_str().unwrap(), "--hold-callbacks"];
        all.extend(args);
        let served = start(&all);
        for number in 1..=self.merchants {
            once(&served.address, &begateway_count_of(number));
        }
        served
    }
}

/// The scenario file of one merchant with `volume` payments per day.
pub fn scenario(volume: u32, days: u32) -> NamedTempFile {
    Scenario { volume, days, seed: 42, merchants: 1 }.file()
}

const SETTINGS: &str = r#"
[clock]
mode = "frozen"
now = "2026-03-14T12:00:00Z"
[settings.begateway]
page_size = 100
[settings.payfort]
report_ready = "0s"
[settings.wepay]
report_queued = "0s"
report_running = "0s"
"#;

const OTHERS: &str = r#"
[[merchant.credentials.flitt]]
application_id = "1019"
key = "test"
merchant_id = "1549902"
[[merchant.credentials.payfort]]
merchant_identifier = "CycHZxVj"
access_code = "zx0IPmPy5jp1vAz8Kpg7"
request_phrase = "sandtill-request"
response_phrase = "sandtill-response"
[[merchant.credentials.wepay]]
access_token = "STAGE_sandtill"
user_id = "242359999"
account_id = "216083312"
client_id = "1000"
client_secret = "sandtill-client-secret"
"#;
