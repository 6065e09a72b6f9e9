//! What has happened in a space, one line each: facts in the past tense with all their values, so that
//! applying them draws nothing and reads no clock.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use serde::{Serialize, Serializer};
use strum::VariantArray;

use super::State;
use super::clock::Clock;
use super::jobs::{Job, Phase};
use super::outbox::{Attempt, Callback, Ending, Release};
use crate::sandbox::ledger::{AddedRow, RowId};
use crate::sandbox::merchant::MerchantId;
use crate::sandbox::scenario::{FaultFile, Scenario};

/// Something that has happened to a space. Fields are added, never changed.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[expect(missing_docs, reason = "the fields are the words of the variants' descriptions")]
pub enum Event {
    /// The space began with this scenario (at its creation, by a reset, or by another scenario); its clock
    /// showed `now`.
    ScenarioLoaded {
        #[serde(serialize_with = "scenario_name")]
        scenario: Arc<Scenario>,
        clock: Clock,
        now: Timestamp,
    },
    /// A snapshot took the place of everything there was.
    SnapshotRestored {
        #[serde(serialize_with = "scenario_name")]
        scenario: Arc<Scenario>,
        #[serde(skip)]
        state: Arc<State>,
    },
    /// The clock was frozen, set running or moved.
    ClockSet { clock: Clock },
    /// A payment or an authorization was added.
    TransactionAdded { merchant: MerchantId, id: RowId, row: Box<AddedRow> },
    /// Reserved money was taken.
    Captured(FollowUp),
    /// Reserved money was released.
    Voided(FollowUp),
    /// Money was given back by the merchant.
    Refunded(FollowUp),
    /// Money was forced back by the card issuer.
    ChargedBack(FollowUp),
    /// A bank payment came back.
    Rejected(FollowUp),
    /// Money reached (or left) the merchant's bank account at `at` (Unix seconds) instead of later.
    Settled { merchant: MerchantId, rows: Vec<RowId>, at: i64 },
    /// An access token was handed out.
    TokenIssued { token: String, holder: String, expires_at: Timestamp },
    /// A call was admitted that counts against a limit of calls within `window`.
    CallAdmitted { caller: String, at: Timestamp, window: SignedDuration },
    /// A fault rule was put in force.
    FaultAdded { number: u64, rule: Box<FaultFile> },
    /// A fault rule was taken out of force.
    FaultRemoved { number: u64 },
    /// All fault rules were taken out of force.
    FaultsCleared,
    /// A request or a callback matched rules (by number), and some of them were applied to it.
    FaultsMatched { matched: Vec<u64>, applied: Vec<u64> },
    /// A report was asked for.
    ReportRequested { job: Box<Job> },
    /// The phase of a report was forced by hand.
    ReportForced { id: u64, phase: Phase, since: Timestamp },
    /// A report was done: from now on it shows the rows of this version.
    ReportFrozen { id: u64, version: u64 },
    /// A callback was planned.
    CallbackPlanned { callback: Box<Callback> },
    /// A callback came to its first attempt, and faults were asked about it.
    CallbackReleased { id: u64, fault: Option<String>, becomes: Release },
    /// A callback was sent, or somebody played its receiver; `next` is when it is tried again.
    CallbackAttempted {
        id: u64,
        attempt: Box<Attempt>,
        next: Option<Timestamp>,
        ending: Option<Ending>,
    },
    /// Callbacks were overtaken before they were sent.
    CallbacksCancelled { ids: Vec<u64> },
}

/// Something that was done to a payment by hand: a row of its own, and the end of what the generator had
/// laid out for the payment from `cut_at` (Unix seconds) on.
#[derive(Clone, Debug, Serialize)]
pub struct FollowUp {
    /// Whose payment it is.
    pub merchant: MerchantId,
    /// The payment.
    pub payment: RowId,
    /// From here on the generated rest of its life does not happen.
    pub cut_at: i64,
    /// The id of the row.
    pub id: RowId,
    /// The row.
    pub row: Box<AddedRow>,
}

/// What an event is about, for those who wait for something to move.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    strum::EnumString,
    strum::IntoStaticStr,
    strum::VariantNames,
    strum::VariantArray,
)]
#[strum(serialize_all = "snake_case")]
pub enum Topic {
    /// Time.
    Clock,
    /// What was asked.
    Journal,
    /// Transactions.
    Ledger,
    /// What leaves by itself.
    Callbacks,
    /// What shall go wrong.
    Faults,
    /// Reports that are prepared first.
    Reports,
    /// The spaces there are.
    Spaces,
}

impl Event {
    /// What it is about; everything but the list of spaces where all of a space was replaced.
    #[must_use]
    pub fn topics(&self) -> &'static [Topic] {
        match self {
            Self::ScenarioLoaded { .. } | Self::SnapshotRestored { .. } => Topic::VARIANTS,
            Self::ClockSet { .. } => &[Topic::Clock],
            Self::TransactionAdded { .. }
            | Self::Captured(_)
            | Self::Voided(_)
            | Self::Refunded(_)
            | Self::ChargedBack(_)
            | Self::Rejected(_)
            | Self::Settled { .. } => &[Topic::Ledger],
            Self::TokenIssued { .. } | Self::CallAdmitted { .. } => &[],
            Self::FaultAdded { .. }
            | Self::FaultRemoved { .. }
            | Self::FaultsCleared
            | Self::FaultsMatched { .. } => &[Topic::Faults],
            Self::ReportRequested { .. }
            | Self::ReportForced { .. }
            | Self::ReportFrozen { .. } => &[Topic::Reports],
            Self::CallbackPlanned { .. }
            | Self::CallbackReleased { .. }
            | Self::CallbackAttempted { .. }
            | Self::CallbacksCancelled { .. } => &[Topic::Callbacks],
        }
    }

    /// Whether it replaces everything that a space holds.
    #[must_use]
    pub fn replaces(&self) -> bool {
        matches!(self, Self::ScenarioLoaded { .. } | Self::SnapshotRestored { .. })
    }

    /// Bytes it takes, about, where that can be much.
    pub(in crate::sandbox) fn weight(&self) -> usize {
        256 + match self {
            Self::TransactionAdded { row, .. } => {
                512 + row.wire.values().map(String::len).sum::<usize>()
            }
            Self::ReportRequested { job } => 128 + job.request.len(),
            Self::CallbackPlanned { callback } => {
                256 + callback.message.body.len() + callback.message.url.len()
            }
            Self::CallbackAttempted { attempt, .. } => 128 + attempt.reply.body.len(),
            Self::FaultsMatched { matched, applied } => (matched.len() + applied.len()) * 8,
            Self::Captured(_)
            | Self::Voided(_)
            | Self::Refunded(_)
            | Self::ChargedBack(_)
            | Self::Rejected(_) => 512,
            _ => 0,
        }
    }
}

fn scenario_name<S: Serializer>(scenario: &Arc<Scenario>, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(&scenario.name)
}

/// An event with its number and when it happened.
#[derive(Clone, Debug, Serialize)]
pub struct Record {
    /// Rises by one with every event of a space, from 1; reset and restored snapshots included.
    pub id: u64,
    /// Sandbox time.
    pub at: Timestamp,
    /// Real time.
    pub real_at: Timestamp,
    /// What happened.
    #[serde(flatten)]
    pub event: Event,
}
