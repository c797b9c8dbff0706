//! The experiment on the first delay: who belongs to which arm, decided at the trigger.
//!
//! Assignment comes before the wait and before anything is known of the outcome, by a keyed hash,
//! so that a replay or a restart keeps the arm. The holdout gets no messages and is followed to the
//! end: only against it can anybody say that reminders help.

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

use crate::id::{JourneyId, keyed_hash};

/// The experiment of a campaign.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Experiment {
    /// Its name and version; a new version draws anew, for new customers.
    pub version: String,
    /// The key of the hash. It need not be secret, but it must not change within a version.
    pub salt: String,
    /// The share that gets no message, in parts per 10,000.
    pub holdout_per_10000: u16,
    /// The arms, in order; none means that the first touch's own delay is used.
    pub arms: Vec<Arm>,
}

/// One arm: a first delay and its weight.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arm {
    /// Its name, as reports show it.
    pub name: String,
    /// The delay of the first touch.
    pub first_after: SignedDuration,
    /// Its share of those who are not held out, relative to the other arms' weights.
    pub weight: u32,
}

/// What an experiment decided for one journey. Stored with it, whatever the campaign becomes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Assignment {
    /// The experiment's version.
    #[serde(rename = "v")]
    pub version: String,
    /// The arm's name; `holdout` for the holdout, `default` without arms.
    #[serde(rename = "a")]
    pub arm: String,
    /// The first delay, in seconds; none for the holdout and without arms.
    #[serde(rename = "d", default, skip_serializing_if = "Option::is_none")]
    pub first_after_s: Option<i64>,
    /// The probability with which this arm was drawn, in parts per 10,000.
    #[serde(rename = "p")]
    pub probability_per_10000: u16,
}

impl Assignment {
    /// The holdout's name.
    pub const HOLDOUT: &'static str = "holdout";

    /// The arm's name when the experiment has no arms.
    pub const DEFAULT: &'static str = "default";

    /// Of a journey that belongs to no experiment.
    #[must_use]
    pub fn none() -> Self {
        Assignment {
            version: "none".to_owned(),
            arm: Self::DEFAULT.to_owned(),
            first_after_s: None,
            probability_per_10000: 10_000,
        }
    }

    /// Does this journey get no messages?
    #[must_use]
    pub fn is_holdout(&self) -> bool {
        self.arm == Self::HOLDOUT
    }
}

impl Experiment {
    /// 5, 15, 30 and 60 minutes against each other and a 10 % holdout (evidence: the only randomised
    /// study with a control found that an early reminder can hurt, so the delay is tested, not set).
    #[must_use]
    pub fn standard() -> Self {
        let arm = |minutes: i64| Arm {
            name: format!("{minutes}min"),
            first_after: SignedDuration::from_mins(minutes),
            weight: 1,
        };
        Experiment {
            version: "first-delay-1".to_owned(),
            salt: "first-delay-1".to_owned(),
            holdout_per_10000: 1_000,
            arms: [5, 15, 30, 60].map(arm).to_vec(),
        }
    }

    /// Draws the arm of a journey.
    #[must_use]
    pub fn assign(&self, journey: &JourneyId) -> Assignment {
        let hash = keyed_hash(self.salt.as_bytes(), "experiment", &[&self.version, journey.as_str()]);
        let number = |bytes: &[u8]| bytes.iter().fold(0_u64, |acc, &byte| (acc << 8) | u64::from(byte));
        // Two independent draws from one hash: held out or not, then which arm.
        let (first, second) = hash.split_at(16);
        let holdout_draw = number(first.get(..8).unwrap_or_default()) % 10_000;
        let total: u64 = self.arms.iter().map(|arm| u64::from(arm.weight)).sum();
        let rest = 10_000_u64.saturating_sub(u64::from(self.holdout_per_10000));
        let drawn = |name: &str, first_after_s, probability: u64| Assignment {
            version: self.version.clone(),
            arm: name.to_owned(),
            first_after_s,
            probability_per_10000: u16::try_from(probability).unwrap_or(10_000),
        };
        if holdout_draw < u64::from(self.holdout_per_10000) {
            return drawn(Assignment::HOLDOUT, None, u64::from(self.holdout_per_10000));
        }
        let mut point = number(second.get(..8).unwrap_or_default()) % total.max(1);
        for arm in &self.arms {
            let weight = u64::from(arm.weight);
            if point < weight {
                return drawn(&arm.name, Some(arm.first_after.as_secs()), rest * weight / total.max(1));
            }
            point -= weight;
        }
        drawn(Assignment::DEFAULT, None, rest)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::id::{IdKey, Provider, Purpose, Reference};

    fn journey(n: u32) -> JourneyId {
        let key = IdKey::new(*b"an invented key of 32 bytes long").unwrap();
        JourneyId::new(
            &key,
            Provider::Leap,
            Purpose::Enroll,
            &Reference::new(format!("site-{n}")).unwrap(),
        )
    }

    #[test]
    fn arms_are_drawn_by_their_weights_and_stay() {
        let experiment = Experiment::standard();
        let mut counts = BTreeMap::<String, u32>::new();
        for n in 0..20_000 {
            let assignment = experiment.assign(&journey(n));
            assert_eq!(assignment, experiment.assign(&journey(n)));
            *counts.entry(assignment.arm).or_default() += 1;
        }
        // 2,000 held out, 4,500 in each arm; five standard deviations are 212 and 294.
        assert!(counts["holdout"].abs_diff(2_000) < 212, "{counts:?}");
        for arm in ["5min", "15min", "30min", "60min"] {
            assert!(counts[arm].abs_diff(4_500) < 294, "{counts:?}");
        }
    }

    #[test]
    fn without_a_holdout_nobody_is_held_out() {
        let all = Experiment {
            holdout_per_10000: 0,
            ..Experiment::standard()
        };
        // Among so many somebody draws the number zero.
        assert!((0..60_000).all(|n| !all.assign(&journey(n)).is_holdout()));
    }

    #[test]
    fn an_assignment_tells_its_probability() {
        let mut weighted = Experiment::standard();
        for (arm, weight) in weighted.arms.iter_mut().zip([1, 2, 5, 0]) {
            arm.weight = weight;
        }
        let mut probabilities = BTreeMap::<String, u16>::new();
        for assignment in (0..2_000).map(|n| weighted.assign(&journey(n))) {
            let known = probabilities.insert(assignment.arm.clone(), assignment.probability_per_10000);
            assert!(known.is_none_or(|known| known == assignment.probability_per_10000));
        }
        let told: Vec<(&str, u16)> = probabilities.iter().map(|(arm, p)| (arm.as_str(), *p)).collect();
        assert_eq!(
            told,
            [("15min", 2_250), ("30min", 5_625), ("5min", 1_125), ("holdout", 1_000)]
        );
    }

    #[test]
    fn a_new_version_draws_anew() {
        let first = Experiment::standard();
        let second = Experiment {
            version: "first-delay-2".to_owned(),
            ..first.clone()
        };
        let moved = (0..1_000)
            .filter(|&n| first.assign(&journey(n)).arm != second.assign(&journey(n)).arm)
            .count();
        assert!(moved > 600, "{moved}");
    }

    #[test]
    fn without_arms_everybody_gets_the_touchs_own_delay() {
        let none = Experiment {
            arms: Vec::new(),
            holdout_per_10000: 0,
            ..Experiment::standard()
        };
        let assignment = none.assign(&journey(1));
        assert_eq!(
            (
                assignment.arm.as_str(),
                assignment.first_after_s,
                assignment.probability_per_10000
            ),
            ("default", None, 10_000)
        );
    }
}
