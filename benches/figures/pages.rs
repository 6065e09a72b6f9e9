//! The same page again and again: what is gained by remembering answers. Importers do not ask so; what
//! they see is in `walks`.

use crate::asks;
use crate::load::{once, same};
use crate::process::Served;
use crate::scenario::scenario;
use crate::series::{Rival, Series, compare};
use crate::small;
use crate::stocks;
use crate::table::Table;

pub fn run(table: &mut Table) {
    let served = served();
    let asked = asks::begateway("2026-01-10 00:00:00", "");
    let page = once(&served.address, &asked);
    let asked = same(&asked);
    let rivals = vec![
        Rival::structs("begateway", 100, &asked, page.len()).reaching(200),
        Rival::bytes(&page, &asked),
    ];
    let what = "beGateway, the same page of 100 rows again and again";
    compare(table, what, Series::endless(served, &asked), rivals);
    let served = self::served();
    let asked = asks::flitt(&asks::flitt_token(&served.address), 1, "");
    let page = once(&served.address, &asked);
    let asked = same(&asked);
    let rivals = vec![Rival::bytes(&page, &asked)];
    let what = "Flitt, the same page of 50 rows again and again";
    compare(table, what, Series::endless(served, &asked), rivals);
}

fn served() -> Served {
    let file = scenario(100, 90);
    Served::sandtill(&["--scenario", file.path().to_str().unwrap()])
}

/// Load for a profiler: turns of one walk for some seconds.
pub fn load(name: &str) {
    let mut series = match name {
        "begateway" => Series::once(stocks::begateway(stocks::plain)),
        "flitt" => Series::once(stocks::flitt),
        "epicpay" => Series::once(stocks::epicpay("trxnactivity", &[])),
        other => small::series_of(other).unwrap(),
    };
    for _ in 0..9 {
        println!("{}/s", series.turn());
    }
    println!("{}", series.end().trim_start_matches("; "));
}
