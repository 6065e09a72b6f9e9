//! What a test might do to a world, drawn at random.

use proptest::prelude::*;

/// Something a test might do.
#[derive(Clone, Debug)]
pub(super) enum Deed {
    Add { amount: u32, held: bool },
    Act { pick: usize, what: usize, amount: Option<u32> },
    Token,
    Flitt,
    Shop,
    Generate(u8),
    Download(u8),
    Create { uri: usize },
    Look { pick: usize },
    Call { times: usize },
    Fault(usize),
    Spare { pick: usize },
    Force { pick: usize, phase: usize },
    Answer { pick: usize, yes: bool },
    Redeliver { pick: usize },
    Advance { seconds: u32 },
    Jump { hours: i32 },
}

pub(super) fn deed() -> impl Strategy<Value = Deed> {
    let any = any::<usize>;
    prop_oneof![
        2 => (1..30_000_u32, prop::bool::ANY).prop_map(|(amount, held)| Deed::Add { amount, held }),
        3 => (any(), 0..5_usize, prop::option::of(1..20_000_u32))
            .prop_map(|(pick, what, amount)| Deed::Act { pick, what, amount }),
        1 => Just(Deed::Token),
        1 => Just(Deed::Flitt),
        1 => Just(Deed::Shop),
        2 => (0..4_u8).prop_map(Deed::Generate),
        2 => (0..4_u8).prop_map(Deed::Download),
        3 => (0..4_usize).prop_map(|uri| Deed::Create { uri }),
        1 => any().prop_map(|pick| Deed::Look { pick }),
        1 => (1..16_usize).prop_map(|times| Deed::Call { times }),
        2 => (0..RULES.len()).prop_map(Deed::Fault),
        1 => any().prop_map(|pick| Deed::Spare { pick }),
        1 => (any(), 0..5_usize).prop_map(|(pick, phase)| Deed::Force { pick, phase }),
        1 => (any(), prop::bool::ANY).prop_map(|(pick, yes)| Deed::Answer { pick, yes }),
        1 => any().prop_map(|pick| Deed::Redeliver { pick }),
        3 => (0..2000_u32).prop_map(|seconds| Deed::Advance { seconds }),
        1 => (-40..90_i32).prop_map(|hours| Deed::Jump { hours }),
    ]
}

pub(super) const RULES: [&str; 10] = [
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
];
