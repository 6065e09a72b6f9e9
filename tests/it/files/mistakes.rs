//! One mistake each, with its place, its key, and what is wanted.

use super::{CLOCK, SHOP, has, lines, mistakes};

#[test]
fn an_unknown_key_stands_at_the_key_and_a_wrong_value_at_the_value() {
    has("days = 3\ndayz = 3\n", &[(2, 1, "dayz", "did you mean `days`?")]);
    has("days = \"3\"\n", &[(1, 8, "days", "is the text \"3\"; wanted is a whole number")]);
    has("days = 3.5\n", &[(1, 8, "days", "is the number 3.5, which is not whole")]);
    has("seed = -1\n", &[(1, 8, "seed", "wanted is a whole number, at least 0")]);
    has("[clock]\nmode = \"frosen\"\n", &[(2, 8, "clock.mode", "did you mean `frozen`?")]);
    has("quirks = 3\n", &[(1, 10, "quirks", "expected a name in quotes or a list of names")]);
}

#[test]
fn a_missing_key_stands_at_its_table() {
    has("[[merchant]]\n", &[(1, 1, "merchant.name", "`name` is missing")]);
    has("[[merchant]]\nnam = \"x\"\n", &[(2, 1, "merchant.nam", "did you mean `name`?")]);
    let two = format!("{SHOP}\n[[transaction]]\n");
    has(
        &two,
        &[
            (5, 1, "transaction.merchant", "`merchant` is missing"),
            (5, 1, "transaction.amount", "`amount` is missing"),
        ],
    );
}

#[test]
fn a_table_in_place_of_a_list_is_named_and_read() {
    has("[merchant]\nname = \"a\"\n", &[(1, 1, "merchant", "`[[merchant]]`")]);
    // What is in it is checked as well.
    has(
        "[merchant]\nname = \"a\"\nnam = 1\n",
        &[(1, 1, "merchant", "`[[merchant]]`"), (3, 1, "merchant.nam", "unknown key")],
    );
    let text = "[[merchant]]\nname = \"a\"\n[merchant.credentials.begateway]\nshop_id = \"1\"\n\
                secret_key = \"s\"\n";
    has(text, &[(3, 1, "merchant.credentials.begateway", "[[merchant.credentials.begateway]]")]);
}

#[test]
fn dates_of_toml_are_instants() {
    assert_eq!(lines(CLOCK), Vec::<String>::new());
    assert_eq!(lines("[clock]\nnow = 2026-03-14 12:00:00+02:00\n"), Vec::<String>::new());
    for wrong in ["2026-03-14", "2026-03-14T12:00:00", "12:00:00", "\"yesterday\"", "7"] {
        let text = format!("[clock]\nnow = {wrong}\n");
        has(&text, &[(2, 7, "clock.now", "wanted is an instant such as 2026-01-31T12:00:00Z")]);
    }
    has("[clock]\nnow = 1999-03-14T12:00:00Z\n", &[(2, 7, "clock.now", "it must be 20")]);
}

#[test]
fn currencies_are_suggested_and_not_listed() {
    for (code, near) in [("usd", "`USD`"), ("EURO", "`EUR`"), ("JOR", "`JOD`")] {
        let text = format!("{SHOP}[[transaction]]\nmerchant = \"shop\"\namount = 1\n");
        let text = format!("{text}currency = \"{code}\"\n");
        has(&text, &[(7, 12, "transaction.currency", near)]);
        assert!(mistakes(&text)[0].problem.len() < 100, "{:?}", mistakes(&text));
    }
}

#[test]
fn names_of_what_is_not_there_are_told_with_the_nearest() {
    let transaction = "[[transaction]]\nmerchant = \"shop\"\namount = 1\n";
    let row = "[[row]]\nmerchant = \"shop\"\nat = 2026-01-31T12:00:00Z\nwire = '{}'\n";
    for (text, line, key, part) in [
        (transaction.replace("shop", "shp"), 5, "transaction.merchant", "did you mean `shop`?"),
        (format!("{transaction}wire.flit = '{{}}'\n"), 7, "transaction.wire.flit", "`flitt`"),
        (format!("{transaction}kind = \"refund\"\n"), 7, "transaction.kind", "needs `of`"),
        (format!("{transaction}kind = \"refund\"\nof = \"x\"\n"), 8, "transaction.of", "`x`"),
        (format!("{row}provider = \"flitt\"\nreport = \"745\"\n"), 8, "row.provider", "no report"),
        (
            format!("{row}provider = \"epicpay\"\nreport = \"batch\"\n"),
            9,
            "row.report",
            "`batches`",
        ),
        (
            format!("{row}provider = \"epic\"\nreport = \"batches\"\n"),
            8,
            "row.provider",
            "`epicpay`",
        ),
        (
            "[[fault]]\nprovider = \"flitt\"\noperation = \"reports\"\nfault.kind = \"reset\"\n"
                .into(),
            6,
            "fault.operation",
            "did you mean `report`?",
        ),
        ("[[fault]]\nfault.kind = \"resett\"\n".into(), 5, "fault.fault.kind", "`reset`"),
        (
            "[settings.flitt]\ntime_zone = \"UTC\"\n".into(),
            5,
            "settings.flitt.time_zone",
            "`timezone`",
        ),
        (
            "[settings.flitt]\ntimezone = \"Mars/Olympus\"\n".into(),
            5,
            "settings.flitt.timezone",
            "IANA",
        ),
    ] {
        let found = mistakes(&format!("{SHOP}{text}"));
        assert_eq!(found.len(), 1, "{text}{found:?}");
        assert_eq!((found[0].line, found[0].key.as_str()), (Some(line), key), "{text}{found:?}");
        assert!(found[0].problem.contains(part), "{text}{found:?}");
    }
}

#[test]
fn a_mistake_between_two_places_stands_at_the_second() {
    has(&format!("{SHOP}{SHOP}"), &[(5, 8, "merchant.name", "two merchants are called `shop`")]);
    let shop = |name: &str| {
        format!(
            "[[merchant]]\nname = \"{name}\"\ntrade.volume = 0\n[[merchant.credentials.begateway]]\n\
             shop_id = \"7\"\nsecret_key = \"{name}\"\n"
        )
    };
    let (one, two) = (shop("a"), shop("b"));
    has(
        &format!("{one}{two}"),
        &[(11, 11, "merchant.credentials.begateway.shop_id", "belongs to merchant `a` already")],
    );
    // A merchant can have several keys for one account.
    let again = "[[merchant.credentials.begateway]]\nshop_id = \"7\"\nsecret_key = \"new\"\n";
    assert_eq!(lines(&format!("{one}{again}")), Vec::<String>::new());
    let trade = "[merchant.trade]\nalternative = 400\nbank = 700\n";
    has(
        &format!("[[merchant]]\nname = \"a\"\n{trade}"),
        &[(5, 8, "merchant.trade.bank", "together are 1100")],
    );
}

/// A payment of 10.00 USD with a follow-up of this kind, amount and time.
fn followed(kind: &str, amount: i64, at: &str) -> String {
    format!(
        "{CLOCK}{SHOP}[[transaction]]\nlabel = \"p\"\nmerchant = \"shop\"\namount = 1000\n\
         at = 2026-03-10T12:00:00Z\n[[transaction]]\nmerchant = \"shop\"\nkind = \"{kind}\"\n\
         of = \"p\"\namount = {amount}\nat = {at}\n"
    )
}

#[test]
fn what_follows_a_payment_is_neither_above_nor_before_it() {
    let payment_time = "2026-03-10T12:00:00Z";
    assert_eq!(lines(&followed("refund", 1000, payment_time)), Vec::<String>::new());
    has(
        &followed("refund", 1001, payment_time),
        &[(16, 10, "transaction.amount", "a refund cannot be above its payment, 1000")],
    );
    has(
        &followed("refund", 1, "2026-03-10T11:59:59Z"),
        &[(17, 6, "transaction.at", "a refund cannot be before its payment, 2026-03-10T12:00:00Z")],
    );
    has(
        &followed("chargeback", 1001, payment_time),
        &[(16, 10, "transaction.amount", "a chargeback cannot be above")],
    );
    // Several refunds together are not above it either.
    let second =
        "[[transaction]]\nmerchant = \"shop\"\nkind = \"refund\"\nof = \"p\"\namount = 500\n";
    has(
        &format!("{}{second}", followed("refund", 501, payment_time)),
        &[(22, 10, "transaction.amount", "1001 in all")],
    );
    let euro = format!("{}currency = \"EUR\"\n", followed("refund", 1, payment_time));
    has(&euro, &[(18, 12, "transaction.currency", "the payment `p` is in USD")]);
}

#[test]
fn values_of_transactions_are_checked_as_the_admin_api_checks_them() {
    let with = |line: &str| {
        format!("{CLOCK}{SHOP}[[transaction]]\nmerchant = \"shop\"\namount = 100\n{line}\n")
    };
    for (line, column, key, part) in [
        ("fee = -1", 7, "fee", "is -1, negative; it must be 0 to the amount"),
        ("fee = 101", 7, "fee", "it must be 0 to the amount of 100"),
        ("paid_at = 2026-03-14T11:59:59Z", 11, "paid_at", "cannot be before `at`"),
        ("settled_at = 2026-03-14T11:59:59Z", 14, "settled_at", "cannot be before it is paid"),
        ("card = { bin = 1000000, last4 = 1 }", 16, "card.bin", "six digits"),
        ("card = { bin = 1, last4 = 1, exp_month = 13 }", 42, "card.exp_month", "1 to 12"),
        ("wire.flitt = '[]'", 14, "wire.flitt", "JSON object"),
        ("wire.flitt = '{'", 14, "wire.flitt", "not JSON"),
        ("status = \"captred\"", 10, "status", "it can be captured, settled"),
        ("kind = \"paiment\"", 8, "kind", "it can be payment"),
    ] {
        has(&with(line), &[(10, column, &format!("transaction.{key}"), part)]);
    }
}

#[test]
fn every_mistake_of_a_reporting_lag_is_told() {
    has(
        "[reporting.flitt]\nlag = \"soon\"\njitter = \"4000d\"\ndaily = \"06:00 Mars\"\nlagg = 1\n\
         until = 2026-03-20T00:00:00Z\n[reporting.flit]\n",
        &[
            (2, 7, "reporting.flitt.lag", "it must be a length of time"),
            (3, 10, "reporting.flitt.jitter", "the most is 3660d"),
            (4, 9, "reporting.flitt.daily", "no zone `Mars`"),
            (5, 1, "reporting.flitt.lagg", "did you mean `lag`?"),
            (6, 9, "reporting.flitt.until", "none is missing"),
            (7, 12, "reporting.flit", "did you mean `flitt`?"),
        ],
    );
    let visible = "[[transaction]]\nmerchant = \"shop\"\namount = 1\nvisible_at.";
    has(
        &format!("{CLOCK}{SHOP}{visible}flit = 2026-03-15T12:00:00Z\n"),
        &[(10, 12, "transaction.visible_at.flit", "did you mean `flitt`?")],
    );
    has(
        &format!("{CLOCK}{SHOP}{visible}flitt = 2026-03-13T12:00:00Z\n"),
        &[(10, 20, "transaction.visible_at.flitt", "before it is created")],
    );
}

#[test]
fn a_scenario_with_many_mistakes_tells_a_hundred() {
    let many: String = (0..500).map(|it| format!("k{it} = 1\n")).collect();
    let found = mistakes(&many);
    assert_eq!(found.len(), 100);
    assert_eq!(found[99].line, Some(100));
}
