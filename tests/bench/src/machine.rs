//! The machine that the figures were taken on.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{Seek, SeekFrom, Write as _};
use std::time::Instant;

use crate::Settings;
use crate::report::{median, number};

/// Syncs of the disk that are timed.
const SYNCS: u32 = 200;

/// One block, as a small commit writes it.
const BLOCK: [u8; 4096] = [7; 4096];

/// Names the processor, the memory, the kernel, and how long the disk takes to keep a promise.
pub(crate) fn describe(settings: &Settings) -> anyhow::Result<String> {
    let processor = field("/proc/cpuinfo", "model name").unwrap_or_else(|| "unknown".to_owned());
    let cores = std::thread::available_parallelism()?;
    let memory = field("/proc/meminfo", "MemTotal").and_then(|text| text.split(' ').next()?.parse::<f64>().ok());
    let kernel = read("/proc/sys/kernel/osrelease").unwrap_or_else(|| "unknown".to_owned());
    let load = read("/proc/loadavg").unwrap_or_default();
    let load = load.split(' ').next().unwrap_or_default();
    let syncs = syncs(settings)?;
    let mut text = String::new();
    writeln!(text, "processor  {processor}, {cores} cores")?;
    writeln!(text, "memory     {} GB", number(memory.unwrap_or_default() / 1e6))?;
    writeln!(text, "kernel     Linux {kernel}")?;
    writeln!(
        text,
        "disk       a write of 4 KB and its fdatasync: median {} ms, 99th percentile {} ms",
        number(median(&syncs)),
        number(percentile_99(&syncs))
    )?;
    writeln!(text, "load       {load} before the first measurement")?;
    Ok(text)
}

fn read(path: &str) -> Option<String> {
    Some(fs::read_to_string(path).ok()?.trim().to_owned())
}

/// The first value of a key in one of the kernel's `key : value` files.
pub(crate) fn field(path: &str, key: &str) -> Option<String> {
    fs::read_to_string(path).ok()?.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        (name.trim() == key).then(|| value.trim().to_owned())
    })
}

/// How long each sync took, in milliseconds.
fn syncs(settings: &Settings) -> anyhow::Result<Vec<f64>> {
    let folder = settings.folder()?;
    let mut file = File::create(folder.path().join("sync"))?;
    let mut took = Vec::new();
    for round in 0..SYNCS {
        let began = Instant::now();
        file.seek(SeekFrom::Start(u64::from(round) * 4096))?;
        file.write_all(&BLOCK)?;
        file.sync_data()?;
        took.push(began.elapsed().as_secs_f64() * 1e3);
    }
    Ok(took)
}

fn percentile_99(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() * 99 / 100).copied().unwrap_or_default()
}
