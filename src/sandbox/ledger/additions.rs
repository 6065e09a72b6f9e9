//! The overlays that a space adds to the generated ledgers of all its merchants, as plain data.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::amendment::Amendment;
use super::fates::DepositFate;
use super::id_allocator::IdRange;
use super::overlay::{AddedRow, Overlay, PinnedRow, Verdict};
use super::row_id::RowId;
use super::{MerchantLedger, View};
use crate::sandbox::generate::calendar::Day;
use crate::sandbox::merchant::MerchantId;

/// The overlay of each merchant, indexed by the merchant's position in the scenario.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Additions(Vec<Overlay>);

impl Additions {
    /// Empty overlays for this number of merchants.
    #[must_use]
    pub fn none(merchants: usize) -> Self {
        Self(vec![Overlay::default(); merchants])
    }

    /// The overlays of all merchants, in the order of the scenario.
    #[must_use]
    pub fn all(&self) -> &[Overlay] {
        &self.0
    }

    /// The overlay of a merchant; `None` for an unknown merchant.
    #[must_use]
    pub fn overlay(&self, merchant: MerchantId) -> Option<&Overlay> {
        self.0.get(usize::from(merchant.0))
    }

    fn overlay_mut(&mut self, merchant: MerchantId) -> Option<&mut Overlay> {
        self.0.get_mut(usize::from(merchant.0))
    }

    /// The view of a merchant's rows at `now` (Unix seconds) in a window that begins on day `first`; `None`
    /// for an unknown merchant.
    #[must_use]
    pub fn view(&self, ledger: &MerchantLedger, first: Day, now: i64) -> Option<View> {
        let overlay = self.overlay(ledger.merchant.id)?;
        Some(View::new(ledger, overlay.clone(), first, now))
    }

    /// The id of the next row that is added at an instant (Unix seconds); `None` if no id is free in the
    /// rest of the day.
    #[must_use]
    pub fn free_id(&self, ledger: &MerchantLedger, first: Day, at: i64) -> Option<RowId> {
        IdRange::at(&ledger.generated, first, at).free(self.overlay(ledger.merchant.id)?)
    }

    /// Adds a row at an id without a check that the id is free.
    pub(in crate::sandbox) fn insert(&mut self, merchant: MerchantId, id: RowId, row: AddedRow) {
        if let Some(overlay) = self.overlay_mut(merchant) {
            overlay.insert(id, row);
        }
    }

    /// Ends the generated lifecycle of a payment at an instant (Unix seconds), unless it ended earlier.
    pub(in crate::sandbox) fn cut(&mut self, merchant: MerchantId, payment: RowId, at: i64) {
        if let Some(overlay) = self.overlay_mut(merchant) {
            overlay.change_patch(payment, |patch| {
                patch.cut_at = Some(patch.cut_at.map_or(at, |other| other.min(at)));
            });
        }
    }

    /// Sets the settlement of rows to an instant (Unix seconds).
    pub(in crate::sandbox) fn settle(&mut self, merchant: MerchantId, rows: &[RowId], at: i64) {
        let Some(overlay) = self.overlay_mut(merchant) else { return };
        for id in rows {
            overlay.change_patch(*id, |patch| patch.settled_at = Some(at));
        }
    }

    /// Ends the dispute about a chargeback.
    pub(in crate::sandbox) fn end_dispute(&mut self, merchant: MerchantId, id: RowId, it: Verdict) {
        if let Some(overlay) = self.overlay_mut(merchant) {
            overlay.change_patch(id, |patch| patch.verdict = Some(it));
        }
    }

    /// Has something happen to a deposit.
    pub(in crate::sandbox) fn befall(
        &mut self,
        merchant: MerchantId,
        deposit: i64,
        fate: DepositFate,
    ) {
        if let Some(overlay) = self.overlay_mut(merchant) {
            overlay.befall(deposit, fate);
        }
    }

    /// Amends a row.
    pub(in crate::sandbox) fn amend(&mut self, merchant: MerchantId, id: RowId, it: Amendment) {
        if let Some(overlay) = self.overlay_mut(merchant) {
            overlay.amend(id, it);
        }
    }

    /// Continues earlier additions of the space; see [`Overlay::count_on`].
    pub(in crate::sandbox) fn count_on(&mut self, earlier: &Self) {
        self.0.iter_mut().zip(&earlier.0).for_each(|(own, earlier)| own.count_on(earlier));
    }

    /// Sets the report rows that a scenario pins for a merchant.
    pub(in crate::sandbox) fn pin(&mut self, merchant: MerchantId, rows: Arc<[PinnedRow]>) {
        if let Some(overlay) = self.overlay_mut(merchant) {
            overlay.pin(rows);
        }
    }
}
