//! What a member of a team does: the steps of a simulation, drawn from its seed.

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{RngAlgorithm, TestRng, TestRunner};

/// How many teams work on one server, each in a space of its own.
pub(super) const TEAMS: usize = 2;

/// Steps of a team from one night to the next.
const STEPS_A_DAY: usize = 12;

/// Something that one team does.
#[derive(Clone, Debug)]
pub(super) struct Step {
    /// Its place in the whole program; the same when other steps are left out.
    pub(super) number: u32,
    pub(super) team: usize,
    pub(super) deed: Deed,
}

/// What is done. Picks are taken modulo what there is; shares are thousandths of what is possible.
#[derive(Clone, Debug)]
pub(super) enum Deed {
    /// A payment or an authorization of the merchant without trade.
    Pay {
        amount: i64,
        fee: i64,
        method: usize,
        held: bool,
        minutes_ago: i64,
    },
    /// An action on one of these payments; above 1000 thousandths it has to be refused.
    Act {
        action: Action,
        pick: usize,
        share: i64,
    },
    /// Another fee and amount of one of these payments.
    Amend {
        pick: usize,
        fee: i64,
        more: i64,
    },
    /// An action on a payment of the merchant with trade, possible or not.
    Touch {
        action: Action,
        pick: usize,
        share: i64,
    },
    /// Something happens to one of the newest deposits of a merchant.
    Deposit {
        pick: usize,
        fate: usize,
        merchant: usize,
    },
    /// How far the reports of a provider are behind.
    Lag {
        provider: usize,
        rules: usize,
    },
    /// A rule for requests, a rule for callbacks, no rules.
    Fault(usize),
    Disturb(Disturbance),
    Calm,
    /// A client reads a provider as it is, faults included, and tries again.
    Read {
        provider: usize,
        merchant: usize,
    },
    /// A client has a report prepared at WePay and is told about it by IPNs.
    Report {
        merchant: usize,
    },
    /// The receiver of the team's callbacks fails, or recovers.
    Receiver {
        is_up: bool,
    },
    /// The clock: with all that falls due, or passing over it.
    Advance {
        minutes: i64,
    },
    Jump {
        minutes: i64,
    },
    /// The clock goes back for a look, and forward again.
    Look {
        minutes: i64,
    },
    /// A copy of the space is changed and dropped.
    Fork,
    Snapshot,
    Restore,
    /// Back to so many steps ago.
    Rewind {
        back: usize,
    },
    /// The books are checked, and the next day begins.
    Night,
    /// The server ends and starts again over its log, for all teams.
    Restart,
}

/// An action on a payment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Action {
    Capture,
    Refund,
    Void,
    Chargeback,
    Win,
    Lose,
    Settle,
}

/// What a fault does to a callback.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Disturbance {
    Twice,
    Drop,
    Late,
}

pub(super) const PROVIDERS: [&str; 5] = ["payfort", "flitt", "begateway", "epicpay", "wepay"];

/// The merchant without trade, whose rows are all those of testers, and the one with it.
pub(super) const MERCHANTS: [&str; 2] = ["everywhere", "payfort"];

pub(super) const METHODS: [&str; 3] = ["card", "bank", "alternative"];

pub(super) const LAGS: [&str; 5] = [
    "{}",
    r#"{"lag":"5h"}"#,
    r#"{"jitter":"30h"}"#,
    r#"{"lag":"1h","daily":"06:00 Europe/London"}"#,
    r#"{"missing":["2026-03-12"],"until":"2026-03-18T00:00:00Z"}"#,
];

/// Rules for requests; each ends.
pub(super) const RULES: [&str; 16] = [
    r#"{"times":2,"fault":{"kind":"status","status":503}}"#,
    r#"{"times":1,"fault":{"kind":"reset"}}"#,
    r#"{"times":1,"fault":{"kind":"empty"}}"#,
    r#"{"times":2,"fault":{"kind":"truncate","after":40}}"#,
    r#"{"times":1,"fault":{"kind":"broken_json"}}"#,
    r#"{"times":2,"fault":{"kind":"throttle"}}"#,
    r#"{"provider":"flitt","times":1,"fault":{"kind":"expired_token"}}"#,
    r#"{"provider":"payfort","times":1,"fault":{"kind":"error","error":"00006","work":"done"}}"#,
    r#"{"provider":"epicpay","times":2,"fault":{"kind":"error","error":"E99"}}"#,
    r#"{"times":1,"fault":{"kind":"gateway","page":"login-200"}}"#,
    r#"{"times":1,"fault":{"kind":"gzip"}}"#,
    r#"{"provider":"begateway","times":1,"fault":{"kind":"short","rows":2}}"#,
    r#"{"provider":"epicpay","times":1,"fault":{"kind":"repeat_rows"}}"#,
    r#"{"provider":"begateway","every":2,"times":2,"fault":{"kind":"skip_rows","at":"edge"}}"#,
    r#"{"provider":"flitt","times":1,"fault":{"kind":"drift","change":"rename"}}"#,
    r#"{"probability":0.3,"times":3,"fault":{"kind":"shuffle_rows"}}"#,
];

/// What happens to a deposit, with the body of the call.
pub(super) const FATES: [(&str, &str); 3] =
    [("fail", "{}"), ("return", "{}"), ("delay", r#"{"by":"30h"}"#)];

fn action() -> impl Strategy<Value = Action> {
    prop_oneof![
        3 => Just(Action::Capture),
        5 => Just(Action::Refund),
        1 => Just(Action::Void),
        4 => Just(Action::Chargeback),
        2 => Just(Action::Win),
        1 => Just(Action::Lose),
        2 => Just(Action::Settle),
    ]
}

fn deed() -> impl Strategy<Value = Deed> {
    let pick = any::<usize>;
    let share = || prop_oneof![3 => Just(1000_i64), 3 => 1..1000_i64, 1 => 1001..1500_i64];
    let at = prop_oneof![3 => Just(0), 1 => 0..3 * 1440_i64];
    let pay = (200..90_000_i64, 0..200_i64, 0..8_usize, prop::bool::weighted(0.3), at);
    let pay = pay.prop_map(|(amount, fee, method, held, minutes_ago)| {
        let method = method.saturating_sub(5);
        Deed::Pay { amount, fee, method, held: held && method == 0, minutes_ago }
    });
    let befall = (0..6_usize, 0..FATES.len(), 0..2_usize);
    prop_oneof![
        8 => pay,
        10 => (action(), pick(), share())
            .prop_map(|(action, pick, share)| Deed::Act { action, pick, share }),
        2 => (pick(), 0..150_i64, 0..400_i64)
            .prop_map(|(pick, fee, more)| Deed::Amend { pick, fee, more }),
        4 => (action(), pick(), share())
            .prop_map(|(action, pick, share)| Deed::Touch { action, pick, share }),
        2 => befall.prop_map(|(pick, fate, merchant)| Deed::Deposit { pick, fate, merchant }),
        2 => (0..5_usize, 0..LAGS.len()).prop_map(|(provider, rules)| Deed::Lag { provider, rules }),
        3 => (0..RULES.len()).prop_map(Deed::Fault),
        1 => prop::sample::select(vec![Disturbance::Twice, Disturbance::Drop, Disturbance::Late])
            .prop_map(Deed::Disturb),
        1 => Just(Deed::Calm),
        5 => (0..5_usize, 0..2_usize).prop_map(|(provider, merchant)| Deed::Read { provider, merchant }),
        3 => (0..2_usize).prop_map(|merchant| Deed::Report { merchant }),
        2 => prop::bool::ANY.prop_map(|is_up| Deed::Receiver { is_up }),
        4 => (0..300_i64).prop_map(|minutes| Deed::Advance { minutes }),
        1 => (0..300_i64).prop_map(|minutes| Deed::Jump { minutes }),
        1 => (0..4000_i64).prop_map(|minutes| Deed::Look { minutes }),
        1 => Just(Deed::Fork),
        1 => Just(Deed::Snapshot),
        1 => Just(Deed::Restore),
        1 => (1..30_usize).prop_map(|back| Deed::Rewind { back }),
    ]
}

/// The whole program of a seed: days of steps, with a night behind each day and restarts now and then.
pub(super) fn program(seed: u64, days: usize) -> Vec<Step> {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
    let mut runner = TestRunner::new_with_rng(ProptestConfig::default(), rng);
    let day = prop::collection::vec(deed(), STEPS_A_DAY * TEAMS);
    let day = (day, prop::option::weighted(0.4, 0..STEPS_A_DAY));
    let mut steps = Vec::new();
    let mut push = |team: usize, deed: Deed| {
        let number = u32::try_from(steps.len()).unwrap();
        steps.push(Step { number, team, deed });
    };
    for _ in 0..days {
        let (deeds, restart) = day.new_tree(&mut runner).unwrap().current();
        for (number, deed) in deeds.into_iter().enumerate() {
            if restart.is_some_and(|at| at * TEAMS == number) {
                push(0, Deed::Restart);
            }
            push(number % TEAMS, deed);
        }
        (0..TEAMS).for_each(|team| push(team, Deed::Night));
    }
    steps
}
