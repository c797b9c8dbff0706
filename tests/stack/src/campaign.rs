//! The campaign of the stage: the example's words, and minutes in place of days.

use std::sync::Arc;

use campaign::{CampaignFiles, EXAMPLE, LoadedCampaign};
use jiff::SignedDuration;
use jiff::civil::{Date, Time};
use journey::Arm;
use journey::campaign::Channel;
use law::{Law, Override, Window};

/// The number of the customer who is texted: of the District of Columbia, whose law is overridden here, since the
/// stage's clock is the real one and the stories are told at any hour.
pub const TEXTED: &str = "+12025550123";
/// The last day of these overrides.
const UNTIL: Date = Date::constant(2040, 12, 31);

/// Touch 1 in the quick arm.
pub const QUICK: SignedDuration = SignedDuration::from_secs(15);
/// Touch 1 in the slow arm: late enough for a reconciliation to come first.
pub const SLOW: SignedDuration = SignedDuration::from_secs(110);
/// Touch 2.
pub const SECOND: SignedDuration = SignedDuration::from_secs(150);
/// After the last touch.
pub const HAND_BACK: SignedDuration = SignedDuration::from_secs(15);

/// The package that is pushed, as JSON.
#[must_use]
pub fn package() -> serde_json::Value {
    let package = loaded().package();
    serde_json::from_str(&package.to_json().expect("a package is JSON")).expect("JSON")
}

/// Which customers are in which arm.
#[must_use]
pub fn experiment() -> journey::Experiment {
    loaded().rules.experiment
}

/// The law with every rule of the texted customer's place opened, but for ten minutes before midnight.
#[must_use]
pub fn around_the_clock() -> Arc<Law> {
    let whole = Some(Window {
        start: Time::MIN,
        end: Time::MAX,
    });
    let open = |rule: &str| Override {
        whose: rule.parse().expect("a rule"),
        weekdays: whole,
        saturday: whole,
        sunday: whole,
        open_on_holidays: true,
        max_per_24h: None,
        texts_per_episode: None,
        text_within: None,
        until: UNTIL,
        because: "the stage has the real clock".to_owned(),
    };
    let overrides = ["default", "US", "DC"].map(open);
    Arc::new(Law::current().with(overrides.into(), Vec::new()))
}

fn loaded() -> LoadedCampaign {
    let files = CampaignFiles::single("campaign.toml", EXAMPLE);
    let mut loaded = LoadedCampaign::check(&files).expect("the example is right");
    let names = sandbox::display_names().into_iter();
    let known = names.filter_map(|(display, code)| Some((display.to_owned(), journey::UtilityCode::parse(code)?)));
    loaded.utilities = loaded.utilities.with_display_names(known.collect());
    let rules = &mut loaded.rules;
    let seconds = SignedDuration::from_secs;
    rules.touches.truncate(2);
    let mut windows = [(QUICK, seconds(140)), (SECOND, seconds(600))].into_iter();
    for (touch, (after, until)) in rules.touches.iter_mut().zip(&mut windows) {
        (touch.after, touch.until) = (after, until);
    }
    // Who has no number and no device, which are nearly all, gets mail; who has no address either, the partner writes to.
    if let Some(first) = rules.touches.first_mut() {
        first.channels = vec![Channel::Sms, Channel::Push, Channel::Email, Channel::Event];
    }
    // Who is invited, and who loses a connection, is written to at once; the second message would be too much.
    let sharing = &mut rules.sharing;
    for (series, after) in [(&mut sharing.invitation, 5), (&mut sharing.reconnect, 1)] {
        series.truncate(1);
        for touch in series {
            (touch.after, touch.until) = (seconds(after), seconds(600));
        }
    }
    rules.experiment.arms = [("quick", QUICK), ("slow", SLOW)]
        .map(|(name, first_after)| Arm {
            name: name.to_owned(),
            first_after,
            weight: 1,
        })
        .into();
    rules.experiment.holdout_per_10000 = 0;
    rules.hand_back_after = HAND_BACK;
    rules.claim_lease = seconds(30);
    rules.retry_after = seconds(10);
    rules.confirm_after = seconds(10);
    rules.email_hours = journey::SendingHours::always();
    rules.code_hours = journey::SendingHours::always();
    rules.law = around_the_clock();
    rules.meter.first_after = seconds(20);
    rules.meter.every = seconds(20);
    rules.meter.late_after = seconds(40);
    loaded
}
