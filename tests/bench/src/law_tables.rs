//! The law's tables, which a process reads when it first asks.

use std::hint::black_box;
use std::time::Instant;

use law::Law;

use crate::report::{Figure, Report, Target};
use crate::{Settings, say};

/// Reads that are timed, for each round of the other measurements.
const READS: u32 = 50;

const TABLES: [&str; 4] = [
    include_str!("../../../functions/law/data/sms_hours.csv"),
    include_str!("../../../functions/law/data/state_zones.csv"),
    include_str!("../../../functions/law/data/holidays.csv"),
    include_str!("../../../functions/law/data/area_codes.csv"),
];

/// Times a read of all tables, and the least that it needs: the same text as fields of CSV.
pub(crate) fn measure(settings: &Settings, report: &mut Report) -> anyhow::Result<()> {
    // Before anything else here has asked.
    let began = Instant::now();
    black_box(Law::current());
    let first = began.elapsed();
    let began = Instant::now();
    black_box(Law::current());
    let second = began.elapsed();
    say(&format!(
        "law        first use in this process {:.2} ms, then {} ns\n",
        first.as_secs_f64() * 1e3,
        second.as_nanos()
    ));
    let (mut values, mut floors) = (Vec::new(), Vec::new());
    for _ in 0..settings.rounds * READS {
        let began = Instant::now();
        black_box(Law::read()?);
        values.push(began.elapsed().as_secs_f64() * 1e3);
        let began = Instant::now();
        for table in TABLES {
            for record in csv::Reader::from_reader(black_box(table).as_bytes()).into_records() {
                black_box(record?);
            }
        }
        floors.push(began.elapsed().as_secs_f64() * 1e3);
    }
    report.add(Figure {
        what: "law, all tables read".to_owned(),
        unit: "ms",
        values,
        floor: floors,
        target: Target::None,
    });
    Ok(())
}
