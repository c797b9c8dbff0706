//! The example's campaign told faster: a customer's whole story takes seven hours instead of four days, which at 60
//! times real speed are seven minutes.

use anyhow::ensure;
use jiff::SignedDuration;

/// Until when each touch may go, after the customer stopped.
pub(crate) const UNTIL: [SignedDuration; 3] = [
    SignedDuration::from_hours(1),
    SignedDuration::from_hours(4),
    SignedDuration::from_hours(8),
];

/// Lines of the example, and what stands there instead.
const FASTER: [(&str, &str); 10] = [
    ("hand_back_after = \"24h\"", "hand_back_after = \"1h\""),
    ("after = \"20h\"", "after = \"3h\""),
    ("until = \"24h\"", "until = \"4h\""),
    ("after = \"68h\"", "after = \"6h\""),
    ("until = \"72h\"", "until = \"8h\""),
    ("per_day = 2", "per_day = 5"),
    ("first_after = \"24h\"", "first_after = \"2h\""),
    ("every = \"24h\"", "every = \"1h\""),
    ("late_after = \"72h\"", "late_after = \"8h\""),
    ("outage_wait = \"6h\"", "outage_wait = \"30m\""),
];

/// Rewrites whole lines of a file.
pub(crate) fn rewritten(file: &str, lines: &[(&str, &str)]) -> anyhow::Result<String> {
    for (old, _) in lines {
        ensure!(
            file.lines().any(|line| line == *old),
            "the example has no line {old:?} any more"
        );
    }
    let new = |line: &str| {
        let rewritten = lines.iter().find(|(old, _)| *old == line);
        format!("{}\n", rewritten.map_or(line, |(_, new)| new))
    };
    Ok(file.lines().map(new).collect())
}

/// The campaign of a soak.
pub(crate) fn faster(example: &str) -> anyhow::Result<String> {
    rewritten(example, &FASTER)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_lines_are_rewritten() {
        let file = "late_after = \"72h\"\nafter = \"72h\"\n";
        assert_eq!(
            rewritten(file, &[("after = \"72h\"", "after = \"8h\"")]).unwrap(),
            "late_after = \"72h\"\nafter = \"8h\"\n"
        );
        assert!(rewritten(file, &[("until = \"72h\"", "")]).is_err());
    }
}
