use serde_json::{Value, json};

use super::*;

fn metrics() -> Metrics {
    Metrics::new("rekindle".to_owned())
}

fn lines(metrics: &Metrics) -> Vec<Value> {
    let text = metrics.take(1_795_320_000_000);
    assert!(text.is_empty() || text.ends_with('\n'));
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn counters_are_summed_and_written_once() {
    let metrics = metrics();
    metrics.count("webhooks", 1);
    metrics.count("webhooks", 2);
    metrics.measure("ack_ms", Unit::Milliseconds, 3.5);
    metrics.measure("ack_ms", Unit::Milliseconds, 4.25);
    metrics.measure("late_s", Unit::Seconds, 12.0);
    assert_eq!(
        lines(&metrics),
        [json!({
            "_aws": {
                "Timestamp": 1_795_320_000_000_u64,
                "CloudWatchMetrics": [{
                    "Namespace": "Rekindle",
                    "Dimensions": [["Stack"]],
                    "Metrics": [
                        {"Name": "ack_ms", "Unit": "Milliseconds"},
                        {"Name": "late_s", "Unit": "Seconds"},
                        {"Name": "webhooks", "Unit": "Count"},
                    ],
                }],
            },
            "Stack": "rekindle",
            "ack_ms": [3.5, 4.25],
            "late_s": [12.0],
            "webhooks": 3,
        })]
    );
    assert!(lines(&metrics).is_empty(), "what was written is gone");
}

#[test]
fn labels_make_a_line_that_counts_for_the_whole_stack_too() {
    let metrics = metrics();
    metrics.count_labelled("sends", &[("channel", "email"), ("touch", "1")], 1);
    metrics.count_labelled("sends", &[("channel", "email"), ("touch", "2")], 4);
    metrics.count_labelled("sends", &[("channel", "email"), ("touch", "1")], 1);
    let lines = lines(&metrics);
    assert_eq!(lines.len(), 2);
    let of = |line: &Value| (line["touch"].clone(), line["sends"].clone());
    assert_eq!(of(&lines[0]), (json!("1"), json!(2)));
    assert_eq!(of(&lines[1]), (json!("2"), json!(4)));
    for line in &lines {
        assert_eq!(line["Stack"], "rekindle");
        assert_eq!(
            line["_aws"]["CloudWatchMetrics"][0]["Dimensions"],
            json!([["Stack"], ["Stack", "channel", "touch"]])
        );
    }
}

#[test]
fn a_label_s_value_is_a_word() {
    let metrics = metrics();
    for value in ["SDGE", "a b/c@d.e", "", "\n\u{1F600}", &"x".repeat(300)] {
        metrics.count_labelled("skips", &[("reason", value)], 1);
    }
    let mut reasons: Vec<String> = lines(&metrics)
        .iter()
        .map(|line| line["reason"].as_str().unwrap().to_owned())
        .collect();
    reasons.sort();
    assert_eq!(reasons, ["SDGE", "abcd.e", "none", &"x".repeat(64)]);
}

#[test]
fn a_line_keeps_to_the_format_s_limits() {
    const NAMES: [&str; 3] = ["a", "b", "c"];
    let metrics = metrics();
    for n in 0..250 {
        metrics.measure("ack_ms", Unit::Milliseconds, f64::from(n));
    }
    for name in NAMES {
        metrics.count(name, 1);
    }
    let lines = lines(&metrics);
    let counts: Vec<usize> = lines
        .iter()
        .map(|line| line["ack_ms"].as_array().map_or(0, Vec::len))
        .collect();
    assert_eq!(counts, [100, 100, 50]);
    let values: Vec<f64> = lines
        .iter()
        .flat_map(|line| line["ack_ms"].as_array().unwrap())
        .map(|value| value.as_f64().unwrap())
        .collect();
    assert!(values.iter().copied().eq((0..250).map(f64::from)));
    for name in NAMES {
        assert_eq!(lines.iter().filter(|line| line[name] == 1).count(), 1, "{name}");
    }
    for line in &lines {
        let directive = &line["_aws"]["CloudWatchMetrics"][0];
        for metric in directive["Metrics"].as_array().unwrap() {
            let name = metric["Name"].as_str().unwrap();
            assert!(line.get(name).is_some(), "{name} is declared and not there");
        }
    }
}

#[test]
fn what_is_no_number_is_not_written() {
    let metrics = metrics();
    metrics.measure("ack_ms", Unit::Milliseconds, f64::NAN);
    metrics.measure("ack_ms", Unit::Milliseconds, f64::INFINITY);
    assert!(lines(&metrics).is_empty());
}

#[test]
fn many_threads_count_into_one_book() {
    let metrics = metrics();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| (0..1_000).for_each(|_| metrics.count("webhooks", 1)));
        }
    });
    assert_eq!(lines(&metrics)[0]["webhooks"], 4_000);
}
