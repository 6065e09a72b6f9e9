//! The events of a space: facts in the past tense with all their values, so that applying an event needs
//! neither random draws nor the time.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize, Serializer};
use serde_json::Value;
use strum::VariantArray;

use super::State;
use super::clock::Clock;
use super::jobs::{Fate, Job, Phase};
use super::outbox::{Attempt, Callback, Ending, Release};
use crate::sandbox::clock::Mode;
use crate::sandbox::ledger::fates::DepositFate;
use crate::sandbox::ledger::{AddedRow, Amendment, RowId, Verdict};
use crate::sandbox::merchant::MerchantId;
use crate::sandbox::scenario::{FaultFile, ReportingFile, Scenario};

/// A change to a space that has happened. For compatibility, fields may be added but never renamed or
/// removed.
///
/// Events that begin a world are read by [`Event::begun`], because a scenario is more than its text.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[expect(missing_docs, reason = "the fields are the words of the variants' descriptions")]
pub enum Event {
    /// The space began with this scenario: at its creation, by a reset, or because another scenario was
    /// loaded. `clock` is the new clock and showed `now`.
    #[serde(skip_deserializing)]
    ScenarioLoaded {
        #[serde(serialize_with = "scenario_name")]
        scenario: Arc<Scenario>,
        clock: Clock,
        now: Timestamp,
    },
    /// A restored snapshot replaced the scenario and the whole state.
    #[serde(skip_deserializing)]
    SnapshotRestored {
        #[serde(serialize_with = "scenario_name")]
        scenario: Arc<Scenario>,
        #[serde(skip)]
        state: Arc<State>,
    },
    /// The space went back, or forward again, to what it was behind the event `to`. Counts went on.
    #[serde(skip_deserializing)]
    Rewound {
        to: u64,
        #[serde(serialize_with = "scenario_name")]
        scenario: Arc<Scenario>,
        #[serde(skip)]
        state: Arc<State>,
    },
    /// The space began as a copy of what the space `origin` was behind its event `event`.
    #[serde(skip_deserializing)]
    Forked {
        origin: String,
        event: u64,
        #[serde(serialize_with = "scenario_name")]
        scenario: Arc<Scenario>,
        #[serde(skip)]
        state: Arc<State>,
    },
    /// The clock was frozen, set running or set to another instant. While an `advance` moves it, `resumes` is
    /// the mode that it gets back at the end.
    ClockSet {
        clock: Clock,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        resumes: Option<Mode>,
    },
    /// An original transaction (a payment or an authorization) was added to the ledger.
    TransactionAdded { merchant: MerchantId, id: RowId, row: Box<AddedRow> },
    /// Money reserved by an authorization was captured.
    Captured(FollowUp),
    /// An authorization was voided: its reserved money was released.
    Voided(FollowUp),
    /// The merchant gave money back to the payer.
    Refunded(FollowUp),
    /// The card issuer forced a payment back.
    ChargedBack(FollowUp),
    /// A bank payment was returned by the bank.
    Rejected(FollowUp),
    /// The dispute about a chargeback ended; if the merchant won it, `reversal` is the row that brings the
    /// money back.
    DisputeEnded {
        merchant: MerchantId,
        chargeback: RowId,
        verdict: Verdict,
        reversal: Option<FollowUp>,
    },
    /// A deposit failed, came back from the bank, or was delayed.
    DepositChanged { merchant: MerchantId, deposit: i64, fate: DepositFate },
    /// The reporting lag of a provider was replaced.
    ReportingSet { provider: String, reporting: Box<ReportingFile> },
    /// Rows were settled by hand: money reached or left the merchant's bank account at `at` (Unix seconds).
    Settled { merchant: MerchantId, rows: Vec<RowId>, at: i64 },
    /// A row was amended: it tells other values from `amendment.at` on. `cut` ends the generated rest of its
    /// payment's life.
    Amended { merchant: MerchantId, id: RowId, amendment: Box<Amendment>, cut: Option<Cut> },
    /// An access token was issued.
    TokenIssued { token: String, holder: String, expires_at: Timestamp },
    /// A call was admitted. It counts against a limit of calls within `window` of sandbox time.
    CallAdmitted { caller: String, at: Timestamp, window: SignedDuration },
    /// A fault rule was added.
    FaultAdded { number: u64, rule: Box<FaultFile> },
    /// A fault rule was removed.
    FaultRemoved { number: u64 },
    /// All fault rules were removed.
    FaultsCleared,
    /// A request or a callback matched the fault rules `matched` (by number); those in `applied` took effect.
    FaultsMatched { matched: Vec<u64>, applied: Vec<u64> },
    /// A report job was created.
    ReportRequested { job: Box<Job> },
    /// The phase of a report job was forced through the admin API, from `since` on (sandbox time).
    ReportForced { id: u64, phase: Phase, since: Timestamp },
    /// It was decided what becomes of the next report of a provider.
    ReportFateSet { provider: Box<str>, fate: Fate },
    /// A report was done and its rows were frozen: it shows the rows of this version of the overlay.
    ReportFrozen { id: u64, version: u64 },
    /// A callback was planned.
    CallbackPlanned { callback: Box<Callback> },
    /// A callback reached its first attempt and fault rules were evaluated; `fault` is the id of the rule
    /// that was applied, `becomes` is what happens to the callback.
    CallbackReleased { id: u64, fault: Option<String>, becomes: Release },
    /// An attempt was made, or an answer was given in place of the receiver. `next` is the instant of the
    /// next attempt.
    CallbackAttempted {
        id: u64,
        attempt: Box<Attempt>,
        next: Option<Timestamp>,
        ending: Option<Ending>,
    },
    /// Callbacks were cancelled before their first attempt.
    CallbacksCancelled { ids: Vec<u64> },
}

/// A follow-up that was made by hand for an original transaction: it adds a row, and it cancels the generated
/// lifecycle events of the original transaction from `cut_at` on.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct FollowUp {
    /// The merchant of the original transaction.
    pub merchant: MerchantId,
    /// The id of the original transaction.
    pub payment: RowId,
    /// Generated lifecycle events at or after this instant (Unix seconds) do not happen.
    pub cut_at: i64,
    /// The id of the added row.
    pub id: RowId,
    /// The added row.
    pub row: Box<AddedRow>,
}

/// The end of the generated rest of a payment's life.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Cut {
    /// The id of the payment.
    pub payment: RowId,
    /// Generated lifecycle events at or after this instant (Unix seconds) do not happen.
    pub at: i64,
}

/// The part of a space that an event changes; clients of the admin API can wait for a change of a topic.
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
    /// The clock.
    Clock,
    /// The journal of requests.
    Journal,
    /// Transactions: rows of the ledgers.
    Ledger,
    /// Callbacks of the outbox.
    Callbacks,
    /// Fault rules.
    Faults,
    /// Report jobs.
    Reports,
    /// The list of spaces of the server.
    Spaces,
}

impl Event {
    /// The topics that the event changes. Events that replace the whole space return all topics; issued
    /// tokens and admitted calls belong to no topic.
    #[must_use]
    pub fn topics(&self) -> &'static [Topic] {
        match self {
            Self::ScenarioLoaded { .. }
            | Self::SnapshotRestored { .. }
            | Self::Rewound { .. }
            | Self::Forked { .. } => Topic::VARIANTS,
            Self::ClockSet { .. } => &[Topic::Clock],
            Self::TransactionAdded { .. }
            | Self::ReportingSet { .. }
            | Self::Captured(_)
            | Self::Voided(_)
            | Self::Refunded(_)
            | Self::ChargedBack(_)
            | Self::Rejected(_)
            | Self::DisputeEnded { .. }
            | Self::DepositChanged { .. }
            | Self::Settled { .. }
            | Self::Amended { .. } => &[Topic::Ledger],
            Self::TokenIssued { .. } | Self::CallAdmitted { .. } => &[],
            Self::FaultAdded { .. }
            | Self::FaultRemoved { .. }
            | Self::FaultsCleared
            | Self::FaultsMatched { .. } => &[Topic::Faults],
            Self::ReportRequested { .. }
            | Self::ReportForced { .. }
            | Self::ReportFateSet { .. }
            | Self::ReportFrozen { .. } => &[Topic::Reports],
            Self::CallbackPlanned { .. }
            | Self::CallbackReleased { .. }
            | Self::CallbackAttempted { .. }
            | Self::CallbacksCancelled { .. } => &[Topic::Callbacks],
        }
    }

    /// Whether it replaces the scenario and the whole state of a space.
    #[must_use]
    pub fn replaces(&self) -> bool {
        self.beginning().is_some()
    }

    /// The scenario of the world that begins with the event, and its state unless that is the initial one.
    /// `None` for an event that changes an existing world.
    #[must_use]
    pub fn beginning(&self) -> Option<(&Arc<Scenario>, Option<&Arc<State>>)> {
        match self {
            Self::ScenarioLoaded { scenario, .. } => Some((scenario, None)),
            Self::SnapshotRestored { scenario, state }
            | Self::Rewound { scenario, state, .. }
            | Self::Forked { scenario, state, .. } => Some((scenario, Some(state))),
            _ => None,
        }
    }

    /// Reads an event that begins a world: `rest` are its other members.
    ///
    /// # Errors
    ///
    /// The members are not those of such an event, or its state is missing.
    pub fn begun(
        rest: Value,
        scenario: Arc<Scenario>,
        state: Option<State>,
    ) -> Result<Self, serde_json::Error> {
        let missing = || serde::de::Error::missing_field("state");
        let state = || state.map(Arc::new).ok_or_else(missing);
        Ok(match serde_json::from_value::<Beginning>(rest)? {
            Beginning::ScenarioLoaded { clock, now } => {
                Self::ScenarioLoaded { scenario, clock, now }
            }
            Beginning::SnapshotRestored => Self::SnapshotRestored { scenario, state: state()? },
            Beginning::Rewound { to } => Self::Rewound { to, scenario, state: state()? },
            Beginning::Forked { origin, event } => {
                Self::Forked { origin, event, scenario, state: state()? }
            }
        })
    }

    /// An estimate of the bytes the event takes in a log. Unlike in memory, a state stands there whole.
    pub(in crate::sandbox) fn written_weight(&self) -> usize {
        let state = self.beginning().and_then(|(_, state)| state);
        self.weight() + state.map_or(0, |state| 4096 + state.size() * WRITTEN)
    }

    /// An estimate of the memory the event takes, in bytes; only parts that can be large are measured.
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
            | Self::Rejected(_)
            | Self::DisputeEnded { .. } => 512,
            Self::Amended { amendment, .. } => {
                256 + amendment.description.as_ref().map_or(0, String::len)
            }
            _ => 0,
        }
    }
}

/// The members of events that begin a world, without scenario and state.
#[derive(Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum Beginning {
    ScenarioLoaded { clock: Clock, now: Timestamp },
    SnapshotRestored,
    Rewound { to: u64 },
    Forked { origin: String, event: u64 },
}

/// Estimated bytes of one row, report or callback of a state as JSON.
const WRITTEN: usize = 800;

fn scenario_name<S: Serializer>(scenario: &Arc<Scenario>, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(&scenario.name)
}

/// An event with its number and its instant, as an entry of the log.
#[derive(Clone, Debug)]
pub struct Record {
    /// Its number in the space: rises by one with each event, from 1, and continues after a reset or a
    /// restored snapshot.
    pub id: u64,
    /// The instant of the event, sandbox time.
    pub at: Timestamp,
    /// The instant of the event, real time.
    pub real_at: Timestamp,
    /// What happened.
    pub event: Event,
}
