//! What was added to the ledger in a snapshot: rows, what was done to rows, and how both were when
//! reports that go on showing them were fetched.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::portable;
use super::state::{counted, unknown, wrong};
use crate::admin::problem::Problem;
use crate::sandbox::clock::LATEST;
use crate::sandbox::generate::birth::Decline;
use crate::sandbox::generate::calendar;
use crate::sandbox::ledger::person::Card;
use crate::sandbox::ledger::{Added, Kind, Ledger, Method, NEVER, Outcome, Overlay, RowId, View};
use crate::sandbox::merchant::MerchantId;
use crate::sandbox::money::Currency;
use crate::sandbox::scenario::Scenario;
use crate::sandbox::snapshot::Overlays;

/// Minor units of an amount or a fee at most.
const MOST_AMOUNT: u64 = 9_999_999_999;

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct MerchantState {
    name: String,
    /// As it is, then as it was when reports that are kept were fetched.
    versions: Vec<OverlayState>,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct OverlayState {
    version: u64,
    rows: Vec<RowState>,
    patches: Vec<PatchState>,
}

/// Day, number in the day, place behind it.
type Id = (u32, u32, u16);

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct RowState {
    id: Id,
    kind: String,
    method: String,
    outcome: String,
    decline: String,
    created_at: i64,
    /// Without one, never.
    finished_at: Option<i64>,
    settled_at: Option<i64>,
    corrected_at: Option<i64>,
    amount: i64,
    currency: String,
    fee: i64,
    test: bool,
    of: Option<String>,
    root: Option<Id>,
    reason: u8,
    #[serde(with = "portable::key")]
    key: u64,
    /// BIN, last four, month and year of expiry.
    card: Option<(u32, u16, u8, u16)>,
    first_name: Option<String>,
    last_name: Option<String>,
    email: Option<String>,
    order: Option<String>,
    description: Option<String>,
    wire: BTreeMap<String, String>,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct PatchState {
    id: Id,
    cut_at: Option<i64>,
    settled_at: Option<i64>,
}

/// The versions of what was added that somebody still shows, the one in force first.
pub(super) struct Versions(Vec<(MerchantId, String, Vec<Arc<Overlay>>)>);

impl Versions {
    /// What is in force.
    pub(super) fn of(ledger: &Ledger) -> Self {
        let current = |id| ledger.overlay(id).unwrap_or_default();
        let merchants = ledger.merchants();
        Self(merchants.map(|it| (it.id, it.name.clone(), vec![current(it.id)])).collect())
    }

    /// The place of the version that a view shows among those of its merchant.
    pub(super) fn place(&mut self, view: &View) -> usize {
        let Some((_, _, all)) = self.0.iter_mut().find(|it| it.0 == view.merchant.id) else {
            return 0;
        };
        let overlay = view.overlay();
        all.iter().position(|it| Arc::ptr_eq(it, overlay)).unwrap_or_else(|| {
            all.push(Arc::clone(overlay));
            all.len() - 1
        })
    }

    pub(super) fn states(self) -> Vec<MerchantState> {
        let state = |(_, name, all): (_, _, Vec<Arc<Overlay>>)| MerchantState {
            name,
            versions: all.iter().map(|overlay| OverlayState::of(overlay)).collect(),
        };
        self.0.into_iter().map(state).collect()
    }
}

fn parts_of(id: RowId) -> Id {
    (id.day(), id.number(), id.sub())
}

/// The row with these parts, as long as there can be one.
fn id_of(parts: Id) -> Result<RowId, Problem> {
    let (day, number, sub) = parts;
    let id = RowId::new(day, number, sub);
    let is_good = parts_of(id) == parts && sub < 1000;
    is_good.then_some(id).ok_or_else(|| wrong(format!("no row can have the id {parts:?}")))
}

const OUTCOMES: [(&str, Outcome); 4] = [
    ("approved", Outcome::Approved),
    ("declined", Outcome::Declined),
    ("abandoned", Outcome::Abandoned),
    ("expired", Outcome::Expired),
];

impl OverlayState {
    fn of(overlay: &Overlay) -> Self {
        let patch = |(id, patch): (RowId, crate::sandbox::ledger::Patch)| PatchState {
            id: parts_of(id),
            cut_at: patch.cut_at,
            settled_at: patch.settled_at,
        };
        Self {
            version: overlay.version,
            rows: overlay.rows().map(|(id, added)| RowState::of(id, added)).collect(),
            patches: overlay.patches().map(patch).collect(),
        }
    }

    /// What is meant, as long as everything it goes back to exists: among the generated rows of
    /// `view`, or in itself.
    fn to_overlay(&self, view: &View) -> Result<Overlay, Problem> {
        let mut overlay = Overlay::default();
        let mut last = RowId::MIN;
        for row in &self.rows {
            let id = id_of(row.id)?;
            if id <= last || id.sub() == 0 {
                return Err(wrong(format!("row {:?} stands behind a later one", row.id)));
            }
            last = id;
            overlay.insert(id, row.to_added(id)?);
        }
        let exists = |overlay: &Overlay, parts: Id| {
            let id = id_of(parts)?;
            let found = if id.sub() == 0 { view.get(id).map(|it| it.kind) } else { None };
            let found = found.or_else(|| overlay.row(id).map(|it| it.kind));
            found.map(|kind| (id, kind)).ok_or_else(|| wrong(format!("there is no row {parts:?}")))
        };
        for root in self.rows.iter().filter_map(|row| row.root) {
            if !exists(&overlay, root)?.1.is_birth() {
                return Err(wrong(format!("row {root:?} is no payment that could have rows")));
            }
        }
        let mut patched = BTreeSet::new();
        for patch in &self.patches {
            let (id, _) = exists(&overlay, patch.id)?;
            if !patched.insert(id) {
                return Err(wrong(format!("row {:?} was patched twice", patch.id)));
            }
            for at in [patch.cut_at, patch.settled_at].into_iter().flatten() {
                second(at)?;
            }
            overlay.patch(id, |it| {
                it.cut_at = patch.cut_at;
                it.settled_at = patch.settled_at;
            });
        }
        overlay.version = counted("a version", self.version)?;
        Ok(overlay)
    }
}

/// An instant that is not never.
fn some(at: i64) -> Option<i64> {
    (at != NEVER).then_some(at)
}

/// A second that dates can name.
fn second(at: i64) -> Result<i64, Problem> {
    let is_good = Timestamp::from_second(at).is_ok();
    is_good.then_some(at).ok_or_else(|| wrong(format!("{at} is no Unix time")))
}

impl RowState {
    fn of(id: RowId, added: &Added) -> Self {
        let outcome = OUTCOMES.iter().find(|it| it.1 == added.outcome).map_or("", |it| it.0);
        Self {
            id: parts_of(id),
            kind: added.kind.word().to_owned(),
            method: added.method.word().to_owned(),
            outcome: outcome.to_owned(),
            decline: added.decline.word().to_owned(),
            created_at: added.created_at,
            finished_at: some(added.finished_at),
            settled_at: some(added.settled_at),
            corrected_at: added.corrected_at,
            amount: added.amount,
            currency: added.currency.code().to_owned(),
            fee: added.fee,
            test: added.test,
            of: added.of.map(|kind| kind.word().to_owned()),
            root: added.root.map(parts_of),
            reason: added.reason,
            key: added.key,
            card: added.card.map(|it| (it.bin, it.last4, it.exp_month, it.exp_year)),
            first_name: added.first_name.clone(),
            last_name: added.last_name.clone(),
            email: added.email.clone(),
            order: added.order.clone(),
            description: added.description.clone(),
            wire: added.wire.clone(),
        }
    }

    fn to_added(&self, id: RowId) -> Result<Added, Problem> {
        let kind = |text: &str| word("kind", text, &Kind::ALL.map(|it| (it.word(), it)));
        let methods = [Method::Card, Method::Bank, Method::Alternative].map(|it| (it.word(), it));
        let declines = Decline::ALL.map(|(it, _)| (it.word(), it));
        self.check(id)?;
        let currency = Currency::parse(&self.currency)
            .ok_or_else(|| unknown("currency", &self.currency, Currency::codes()))?;
        let of = self.of.as_deref().map(kind).transpose()?;
        let kind = kind(&self.kind)?;
        if kind.is_birth() != self.root.is_none() || of.is_some() != self.root.is_some() {
            return Err(wrong(format!("row {:?} is a {} of nothing", self.id, self.kind)));
        }
        Ok(Added {
            kind,
            method: word("method", &self.method, &methods)?,
            outcome: word("outcome", &self.outcome, &OUTCOMES)?,
            decline: word("decline", &self.decline, &declines)?,
            created_at: self.created_at,
            finished_at: self.finished_at.map_or(Ok(NEVER), second)?,
            settled_at: self.settled_at.map_or(Ok(NEVER), second)?,
            corrected_at: self.corrected_at.map(second).transpose()?,
            amount: self.amount,
            currency,
            fee: self.fee,
            test: self.test,
            of,
            root: self.root.map(id_of).transpose()?,
            reason: self.reason,
            key: self.key,
            card: self.card.map(|(bin, last4, month, year)| Card::known(bin, last4, month, year)),
            first_name: self.first_name.clone(),
            last_name: self.last_name.clone(),
            email: self.email.clone(),
            order: self.order.clone(),
            description: self.description.clone(),
            wire: self.wire.clone(),
        })
    }

    /// Whether its numbers are some that a row can have.
    fn check(&self, id: RowId) -> Result<(), Problem> {
        let wrong = |what: String| Err(wrong(format!("row {:?} {what}", self.id)));
        let is_on_its_day = Timestamp::from_second(self.created_at).is_ok()
            && calendar::day_of(self.created_at) == id.day();
        if !is_on_its_day {
            return wrong(format!("was created at {}, on another day", self.created_at));
        }
        if self.amount < 0 || self.amount.unsigned_abs() > MOST_AMOUNT {
            return wrong(format!("has an amount of {}", self.amount));
        }
        if self.fee.unsigned_abs() > MOST_AMOUNT {
            return wrong(format!("has a fee of {}", self.fee));
        }
        if self.card.is_some_and(|(bin, last4, ..)| bin > 999_999 || last4 > 9999) {
            return wrong("has a card of more than six and four digits".to_owned());
        }
        let broken = self.wire.iter().find_map(|(slug, json)| {
            serde_json::from_str::<serde::de::IgnoredAny>(json).is_err().then_some(slug)
        });
        broken.map_or(Ok(()), |slug| wrong(format!("has words for {slug} that are not JSON")))
    }
}

fn word<T: Copy>(what: &str, text: &str, known: &[(&'static str, T)]) -> Result<T, Problem> {
    let found = known.iter().find(|it| it.0 == text);
    found.map(|it| it.1).ok_or_else(|| unknown(what, text, known.iter().map(|it| it.0)))
}

/// What was added for each merchant, unless something is wrong with it.
pub(super) fn overlays(
    scenario: &Scenario,
    states: &[MerchantState],
) -> Result<Vec<Overlays>, Problem> {
    // Whatever the window, a row of before it can be acted upon by way of one inside.
    let ledger = Ledger::new(Arc::clone(&scenario.shelves), 0);
    let mut seen = BTreeSet::new();
    let overlays = |state: &MerchantState| {
        let names = scenario.merchants().map(|it| it.name.as_str());
        let merchant = scenario
            .merchant(&state.name)
            .ok_or_else(|| unknown("merchant", &state.name, names))?;
        let view = ledger.view(merchant.id, LATEST.as_second());
        let view = view.filter(|_| seen.insert(merchant.id) && !state.versions.is_empty());
        let view = view.ok_or_else(|| {
            wrong(format!("`{}` stands there twice, or without a version", state.name))
        })?;
        let versions = state.versions.iter().map(|it| it.to_overlay(&view));
        Ok(Overlays { merchant: merchant.id, versions: versions.collect::<Result<_, Problem>>()? })
    };
    states.iter().map(overlays).collect()
}
