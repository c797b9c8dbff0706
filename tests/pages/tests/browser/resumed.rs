//! An enrolment that stops after each of its steps, and goes on by the reminder's own link.

use browser::{Chromium, Enrolling};

use crate::enrolling::{GOOD, Hands, SUBMIT, TELEPHONE, WORDS};

/// The last thing that a customer did before they left, in the order of the steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Left {
    CameOnly,
    FoundHome,
    ConfirmedHome,
    LookedAtPlan,
    AcceptedPlan,
    ConfirmedBilling,
    DeclinedCard,
    AddedCard,
}

const ALL: [Left; 8] = [
    Left::CameOnly,
    Left::FoundHome,
    Left::ConfirmedHome,
    Left::LookedAtPlan,
    Left::AcceptedPlan,
    Left::ConfirmedBilling,
    Left::DeclinedCard,
    Left::AddedCard,
];

impl Hands<'_> {
    /// Takes the steps after `from`, up to `to`.
    async fn take(&self, from: Option<Left>, to: Left) {
        let words = self.words;
        for step in ALL.into_iter().filter(|step| from < Some(*step) && *step <= to) {
            match step {
                Left::CameOnly => self.chromium.reads(words.find).await,
                Left::FoundHome => {
                    self.search("456 Oak Ave, Dallas 75201").await;
                    self.chromium.reads(words.confirm).await;
                }
                Left::ConfirmedHome => {
                    self.press(SUBMIT).await;
                    self.chromium.reads(words.plans).await;
                }
                Left::LookedAtPlan => self.choose(1).await,
                Left::AcceptedPlan => {
                    self.accept().await;
                    self.chromium.reads(words.bills).await;
                }
                Left::ConfirmedBilling => {
                    self.same_address().await;
                    self.card_form().await;
                }
                Left::DeclinedCard => {
                    self.pay(["4000000000000002", "1234", "123", "75201"]).await;
                    self.chromium.reads(words.declined).await;
                }
                Left::AddedCard => {
                    self.pay([GOOD, "1234", "123", "75201"]).await;
                    self.chromium.reads(words.your_part).await;
                }
            }
        }
    }

    /// Sees the page of the step that is missing, and tells which steps are done with it.
    async fn lands(&self, left: Left, is_fresh: bool) -> Option<Left> {
        let words = self.words;
        let (title, done) = match left {
            Left::CameOnly | Left::FoundHome => (words.find, Some(Left::CameOnly)),
            // Where the home is, the browser alone knows: we keep no address.
            Left::ConfirmedHome | Left::LookedAtPlan if is_fresh => (words.find, Some(Left::CameOnly)),
            Left::ConfirmedHome | Left::LookedAtPlan => (words.plans, Some(Left::ConfirmedHome)),
            Left::AcceptedPlan => (words.bills, Some(Left::AcceptedPlan)),
            Left::ConfirmedBilling | Left::DeclinedCard => (words.payment, Some(Left::DeclinedCard)),
            Left::AddedCard => (words.your_part, Some(Left::AddedCard)),
        };
        self.chromium.reads(title).await;
        done
    }
}

/// In the same browser, or in one that remembers nothing.
async fn every_step(is_fresh: bool) {
    let stage = Enrolling::start().await;
    let chromium = Chromium::start(TELEPHONE).await;
    for (number, left) in ALL.into_iter().enumerate() {
        let hands = Hands {
            chromium: &chromium,
            words: &WORDS[number % 2],
        };
        let customer = stage.customer(&format!("{left:?}"), hands.words.locale).await;
        hands.come(&customer.resume).await;
        hands.take(None, left).await;
        if is_fresh {
            chromium.open(&stage.base).await;
            chromium.driver.delete_all_cookies().await.unwrap();
            chromium.open(&format!("{}/enroll", stage.base)).await;
            chromium.driver.delete_all_cookies().await.unwrap();
        }
        // Another reminder, whose link is another one.
        hands.come(&stage.link(&customer.account).await).await;
        let done = hands.lands(left, is_fresh).await;
        hands.take(done, Left::AddedCard).await;
        // Each step was taken at the provider once for each customer, whoever stopped where.
        let customers = u64::try_from(number).unwrap() + 1;
        for call in [
            "/plans/accept",
            "PUT /v1/account/billing/address",
            "/ensure-payment-method-added",
        ] {
            assert_eq!(stage.calls(call), customers, "{call}, {left:?}");
        }
        let truth = stage.light.truth();
        assert!(truth[&customer.account].completed_at.is_some(), "{left:?}");
        // What was final once stays so, for whoever comes again.
        assert!(stage.light.finalize(&customer.account));
        chromium.driver.delete_all_cookies().await.unwrap();
        hands.come(&customer.resume).await;
        chromium.reads(hands.words.complete).await;
        chromium.driver.delete_all_cookies().await.unwrap();
    }
    chromium.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_stops_after_a_step_goes_on_with_the_next_in_the_same_browser() {
    every_step(false).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_stops_after_a_step_goes_on_with_the_one_that_is_missing_in_a_fresh_browser() {
    every_step(true).await;
}
