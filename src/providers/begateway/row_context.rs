//! A row with everything its columns are written from, so that no column draws for itself what it
//! shares with another one.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::tz::TimeZone;

use super::pieces::{purpose, uid_end};
use super::values;
use crate::sandbox::facts::Method;
use crate::sandbox::generate::card::{Card, ThreeDs};
use crate::sandbox::generate::stream::Draw;
use crate::sandbox::ledger::Transaction;
use crate::sandbox::ledger::person::{Address, Browser, Person};
use crate::wire::line::{Digits, Line};

/// What all rows of an answer share.
#[derive(Debug)]
pub(super) struct PageContext {
    /// The zone whose wall clock the timestamps show; they end in `Z` in every zone.
    pub(super) zone: TimeZone,
    /// The id of the shop as JSON: a number where it is one, else a string.
    pub(super) shop_id: Vec<u8>,
}

impl PageContext {
    pub(super) fn of(shop_id: &str, zone: TimeZone) -> Self {
        let mut json = Line::behind(Vec::with_capacity(20));
        if shop_id.parse::<u64>().is_ok() {
            json.text(shop_id);
        } else {
            json.string(shop_id);
        }
        Self { zone, shop_id: json.into_bytes() }
    }
}

/// A row of a report. Values that are drawn from one stream are drawn here, in a fixed order.
#[derive(Debug)]
pub(super) struct RowContext<'a> {
    pub(super) row: &'a Transaction<'a>,
    pub(super) page: &'a PageContext,
    /// The number of the row.
    pub(super) number: Digits,
    /// The number of the payment or authorization that the row belongs to.
    pub(super) root_number: Digits,
    uid_end: [u8; 11],
    /// The payer.
    pub(super) person: Person<'a>,
    pub(super) address: Address,
    pub(super) browser: Browser,
    pub(super) card: Option<Card>,
    pub(super) status: &'static str,
    /// Whether the fee of the row follows from the rates of the merchant.
    pub(super) has_rates: bool,
    /// The gateway's reference; `None` until the gateway has answered.
    pub(super) ref_id: Option<u32>,
    /// The issuer's answer; `None` unless it approved a payment or authorization by card.
    pub(super) approval: Option<Approval>,
    /// 128 random bits.
    pub(super) request_id: [u64; 2],
    /// 256 random bits.
    pub(super) vendor_token: [u64; 4],
    pub(super) three_ds: Option<ThreeDsContext>,
}

/// How the issuer identifies an approval.
#[derive(Clone, Copy, Debug)]
pub(super) struct Approval {
    /// Six digits.
    pub(super) auth_code: u32,
    /// Twelve digits.
    pub(super) rrn: u64,
}

impl<'a> RowContext<'a> {
    pub(super) fn of(row: &'a Transaction<'a>, page: &'a PageContext) -> Self {
        let status = values::status(row);
        let mut bank = row.draw(purpose::BANK);
        let (rrn, auth_code) = (bank.bits() % 1_000_000_000_000, bank.below(1_000_000));
        let ref_id = bank.below(10_000_000);
        let is_answered = row.finished_at().is_some() && status != "incomplete";
        let is_approved =
            is_answered && row.is_done() && row.kind.is_original() && row.method == Method::Card;
        let mut request = row.draw(purpose::REQUEST);
        let person = row.person();
        let (id, root) = (row.id(), row.root_id());
        let number = Digits::of(row.number());
        let root_number = if root == id { number } else { Digits::of(row.view().number_of(root)) };
        Self {
            row,
            page,
            number,
            root_number,
            uid_end: uid_end(row),
            address: person.address(),
            browser: person.browser(),
            person,
            card: row.card(),
            status,
            has_rates: row.gross() != 0 && row.fee > 0 && row.kind.sign() > 0,
            ref_id: is_answered.then_some(ref_id),
            approval: is_approved.then_some(Approval { auth_code, rrn }),
            request_id: random(&mut request),
            vendor_token: random(&mut request),
            three_ds: row.three_ds().map(|result| ThreeDsContext::of(row, result)),
        }
    }

    /// Writes the uid that is drawn: row number and ten hex digits.
    pub(super) fn bare_uid(&self, out: &mut Line) {
        self.number.push(out);
        out.piece(&self.uid_end);
    }

    /// Writes a value of the card; nothing where the row has no card.
    pub(super) fn with_card(&self, out: &mut Line, write: impl FnOnce(&Card, &mut Line)) {
        if let Some(card) = &self.card {
            write(card, out);
        }
    }

    /// Writes a value of 3-D Secure; nothing where the row has none.
    pub(super) fn with_three_ds(
        &self,
        out: &mut Line,
        write: impl FnOnce(&ThreeDsContext, &mut Line),
    ) {
        if let Some(three_ds) = &self.three_ds {
            write(three_ds, out);
        }
    }
}

/// How 3-D Secure went, with its random values.
#[derive(Debug)]
pub(super) struct ThreeDsContext {
    pub(super) result: ThreeDs,
    /// 128 random bits of the URL of the access control server.
    pub(super) acs: [u64; 2],
    /// A compressed message in the vendor's sample; here 512 random hex digits.
    pub(super) pa_req: [u64; 32],
    /// Below 1,000,000.
    pub(super) md: u32,
    /// 20 random bytes in base64; `None` where the customer never came back.
    pub(super) xid: Option<[u8; 28]>,
    /// 20 random bytes in base64; `None` where the payment was not authenticated.
    pub(super) cavv: Option<[u8; 28]>,
}

impl ThreeDsContext {
    fn of(row: &Transaction<'_>, result: ThreeDs) -> Self {
        let mut draw = row.draw(purpose::THREE_DS);
        let (acs, pa_req, md) = (random(&mut draw), random(&mut draw), draw.below(1_000_000));
        let mut proof = row.draw(purpose::PROOF);
        let xid = (result != ThreeDs::Started).then(|| twenty_bytes(&mut proof));
        let is_proved = matches!(result, ThreeDs::Authenticated | ThreeDs::Attempted);
        let cavv = is_proved.then(|| twenty_bytes(&mut proof));
        Self { result, acs, pa_req, md, xid, cavv }
    }
}

/// The next `N` numbers of a stream.
fn random<const N: usize>(draw: &mut Draw) -> [u64; N] {
    std::array::from_fn(|_| draw.bits())
}

/// 20 random bytes in base64.
fn twenty_bytes(draw: &mut Draw) -> [u8; 28] {
    let [first, second, third] = random::<3>(draw);
    let mut bytes = [0; 20];
    let (sixteen, four) = bytes.split_at_mut(16);
    sixteen.copy_from_slice(&(u128::from(first) << 64 | u128::from(second)).to_be_bytes());
    let [a, b, c, d, ..] = third.to_be_bytes();
    four.copy_from_slice(&[a, b, c, d]);
    let mut text = [b'='; 28];
    // 20 bytes are exactly 28 digits of base64, so this cannot fail.
    let _ = STANDARD.encode_slice(bytes, &mut text);
    text
}
