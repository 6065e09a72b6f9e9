//! What a test might do to a world, drawn at random.

use proptest::prelude::*;

/// Something a test might do.
#[derive(Clone, Debug)]
pub(super) enum Operation {
    Add { amount: u32, held: bool },
    Act { pick: usize, action: usize, amount: Option<u32> },
    Token,
    Flitt,
    Shop,
    Generate(u8),
    Download(u8),
    Create { uri: usize },
    Look { pick: usize },
    Call { times: usize },
    Fault(usize),
    Fate(usize),
    Lag { provider: usize, rules: usize },
    Amend { pick: usize, values: usize },
    Dispute { pick: usize, outcome: usize },
    Deposit { pick: usize, fate: usize },
    Spare { pick: usize },
    Force { pick: usize, phase: usize },
    Answer { pick: usize, yes: bool },
    Redeliver { pick: usize },
    Advance { seconds: u32 },
    Jump { hours: i32 },
}

pub(super) fn operation() -> impl Strategy<Value = Operation> {
    let any = any::<usize>;
    prop_oneof![
        2 => (1..30_000_u32, prop::bool::ANY).prop_map(|(amount, held)| Operation::Add { amount, held }),
        3 => (any(), 0..5_usize, prop::option::of(1..20_000_u32))
            .prop_map(|(pick, action, amount)| Operation::Act { pick, action, amount }),
        1 => Just(Operation::Token),
        1 => Just(Operation::Flitt),
        1 => Just(Operation::Shop),
        2 => (0..4_u8).prop_map(Operation::Generate),
        2 => (0..4_u8).prop_map(Operation::Download),
        3 => (0..4_usize).prop_map(|uri| Operation::Create { uri }),
        1 => any().prop_map(|pick| Operation::Look { pick }),
        1 => (1..16_usize).prop_map(|times| Operation::Call { times }),
        2 => (0..RULES.len()).prop_map(Operation::Fault),
        1 => (0..FATES.len()).prop_map(Operation::Fate),
        1 => any().prop_map(|pick| Operation::Spare { pick }),
        2 => (any(), 0..AMENDMENTS.len()).prop_map(|(pick, values)| Operation::Amend { pick, values }),
        2 => (any(), 0..OUTCOMES.len())
            .prop_map(|(pick, outcome)| Operation::Dispute { pick, outcome }),
        2 => (any(), 0..DEPOSIT_FATES.len())
            .prop_map(|(pick, fate)| Operation::Deposit { pick, fate }),
        1 => (0..PROVIDERS.len(), 0..LAGS.len())
            .prop_map(|(provider, rules)| Operation::Lag { provider, rules }),
        1 => (any(), 0..5_usize).prop_map(|(pick, phase)| Operation::Force { pick, phase }),
        1 => (any(), prop::bool::ANY).prop_map(|(pick, yes)| Operation::Answer { pick, yes }),
        1 => any().prop_map(|pick| Operation::Redeliver { pick }),
        3 => (0..2000_u32).prop_map(|seconds| Operation::Advance { seconds }),
        1 => (-40..90_i32).prop_map(|hours| Operation::Jump { hours }),
    ]
}

pub(super) const RULES: [&str; 16] = [
    r#"{"provider":"wepay","times":2,"fault":{"kind":"duplicate"}}"#,
    r#"{"every":3,"fault":{"kind":"late","by":"20m"}}"#,
    r#"{"provider":"wepay","times":1,"fault":{"kind":"reorder"}}"#,
    r#"{"probability":0.3,"fault":{"kind":"drop"}}"#,
    r#"{"provider":"flitt","times":1,"fault":{"kind":"error","error":"Incorrect signature"}}"#,
    r#"{"probability":0.2,"fault":{"kind":"status","status":503}}"#,
    r#"{"provider":"payfort","every":2,"fault":{"kind":"error","error":"00006"}}"#,
    r#"{"provider":"begateway","times":3,"fault":{"kind":"throttle"}}"#,
    r#"{"provider":"wepay","operation":"user","every":4,"fault":{"kind":"expired_token"}}"#,
    r#"{"times":2,"fault":{"kind":"broken_json"}}"#,
    r#"{"provider":"wepay","after":1,"every":2,"fault":{"kind":"early"}}"#,
    r#"{"provider":"wepay","times":1,"fault":{"kind":"duplicate","count":4}}"#,
    r#"{"probability":0.4,"times":3,"when":{"merchant":"everywhere"},"fault":{"kind":"skip_rows"}}"#,
    r#"{"provider":"begateway","every":2,"fault":{"kind":"insert_between","rows":2}}"#,
    r#"{"provider":"flitt","after":1,"fault":{"kind":"drift","change":"add"}}"#,
    r#"{"provider":"payfort","times":1,"fault":{"kind":"error","error":"00006","work":"done"}}"#,
];

pub(super) const FATES: [&str; 4] = [
    r#"{"provider":"wepay","phase":"failed"}"#,
    r#"{"provider":"wepay","after":"20m"}"#,
    r#"{"provider":"payfort","phase":"never"}"#,
    r#"{"provider":"payfort","phase":"failed"}"#,
];

pub(super) const AMENDMENTS: [&str; 5] = [
    r#"{"fee":3}"#,
    r#"{"amount":20000}"#,
    r#"{"amount":90,"fee":1}"#,
    r#"{"description":"Other goods"}"#,
    r#"{"settled_at":"2026-03-20T08:00:00Z"}"#,
];

pub(super) const OUTCOMES: [&str; 2] = [r#"{"outcome":"won"}"#, r#"{"outcome":"lost"}"#];

/// What happens to a deposit, with the body of the call.
pub(super) const DEPOSIT_FATES: [(&str, &str); 3] =
    [("fail", ""), ("return", "{}"), ("delay", r#"{"by":"2d"}"#)];

pub(super) const PROVIDERS: [&str; 5] = ["payfort", "flitt", "begateway", "epicpay", "wepay"];

pub(super) const LAGS: [&str; 5] = [
    "{}",
    r#"{"lag":"20m"}"#,
    r#"{"jitter":"6h"}"#,
    r#"{"lag":"1m","daily":"06:00 Europe/London"}"#,
    r#"{"missing":["2026-03-13"],"until":"2026-03-14T12:10:00Z"}"#,
];
