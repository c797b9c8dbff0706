//! What must hold across crates. The tests are in `tests/tests/`, one file for each matter; here is
//! the world they run in: stand-ins of every port with a memory, and a stage manager that plays a
//! scenario in it, undisturbed or with a fault at one numbered step.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "these are tests: a scenario that cannot be played must stop, and say where"
)]

mod bills;
mod happening;
mod interrupt;
mod light_app;
pub mod oracle;
mod play;
mod ports;
mod provider;
mod scenario;
mod sender;
mod stage;
mod world;

pub use bills::BillTaker;
pub use happening::{Happening, What};
pub use light_app::LightApp;
pub use play::{Play, poll_once};
pub use ports::Ports;
pub use provider::{AccountScript, CustomerScript, MeterScript, RecordScript, ScriptedProvider, UtilityScript};
pub use scenario::{Scenario, Step};
pub use stage::{SECRET, SIGNATURE, Stage, light_webhook};
pub use world::{Fault, Interruption, Mode, World};

/// Calls a macro with the name of every scenario file, so that each is a test of its own.
///
/// A test compares this list with the folder.
#[macro_export]
macro_rules! for_each_scenario {
    ($test:ident) => {
        $test! {
            agreement_declined_and_followed_up
            agreement_declined_and_respected
            bayou_account_without_intervals
            bayou_and_leap_one_person
            bayou_code_when_the_phone_is_at_hand
            bayou_comes_back_without_success
            bayou_completion_found_by_a_look
            bayou_consent_ends
            bayou_consent_renewed
            bayou_forged_completion
            bayou_invited_and_never_came
            bayou_link_followed_then_connected
            bayou_loss_found_by_the_daily_look
            bayou_lost_and_repaired_twice
            bayou_opted_out_and_erased
            bayou_renewal_where_the_campaign_allows
            bayou_slow_data_late_and_stale
            commercial_two_utilities
            completed_found_by_reconcile
            completes_before_the_first_touch
            created_eight_hours_after_completed
            created_found_by_reconcile
            device_meter_ignored
            direct_to_utility_contradicted
            direct_to_utility_fails_then_completes
            erased_in_mid_flight
            event_instead_of_a_message
            event_opted_out
            every_webhook_three_times
            example_arms
            holdout_followed_to_the_end
            imported_later
            incident_at_one_utility
            late_is_not_a_burst
            light_account_unknown
            light_canceled_place
            light_finished_without_a_webhook
            light_plan_expires
            light_record_without_the_enrolment
            light_rescinded_after_the_end
            light_service_late
            light_stops_at_each_step_and_finishes
            light_switch_hold_and_back
            light_taken_back_in_the_sandbox
            light_text_in_the_hours_of_texas
            light_two_accounts_of_one_person
            light_webhooks_in_any_order
            lost_timer_healed_by_the_sweep
            lost_timer_of_the_last_arm
            meter_announced_for_a_live_customer
            meter_arrives
            meter_late
            opted_out_of_texts_only
            provider_never_recovers
            provider_recovers
            push_then_mail
            quiet_hours_in_the_dst_night
            quiet_hours_in_two_zones
            reconcile_on_a_small_budget
            reconcile_over_several_passes
            reimported_stays_suppressed
            reminded_once_then_completes
            reopened_after_completion
            reserved_reference
            resumed_through_our_link
            scheduler_outage_of_thirty_hours
            sender_throttles
            sender_times_out
            session_closed_and_followed_up
            session_closed_and_respected
            spanish
            stop_by_text
            stop_survives_an_erasure
            text_only_in_its_hours
            text_refused_then_mail
            text_then_mail
            text_times_out
            three_touches_then_handed_back
            two_references_one_inbox
            two_sessions
            unknown_value
            unsubscribed_between_touches
            utility_outage
            webhooks_reordered
            wrong_utility
        }
    };
}
