//! One suite for every adapter of the ports: what holds on one machine holds on AWS.
//!
//! Each check is a function over a [`Stage`], an adapter with the means to spoil a record in it.
//! [`every_check`] makes a test of each; `tests/embedded.rs` runs them on SQLite, `tests/dynamodb.rs`
//! on AWS's own DynamoDB Local, which has some more for what only a table in DynamoDB has.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "checks and their helpers; a broken promise should stop at once"
)]

pub mod acceptances;
pub mod campaigns;
pub mod claims;
pub mod contacts;
pub mod counts;
pub mod due;
pub mod faults;
pub mod journeys;
pub mod local;
mod machine;
pub mod people;
pub mod records;
pub mod suppression;
pub mod visits;
pub mod watermarks;

use core::future::Future;

use journey::port::{
    CommitJourney, CountOnce, FindContact, FindDue, KeepAcceptance, KeepContact, KeepWatermark, ListContacts,
    LoadJourney, ReadAcceptances, ReadDailyCounts, ReadVisits, Suppress, SuppressAddress,
};
use journey::{ContactId, JourneyId};

pub use local::OnDynamoDb;
pub use machine::OnOneMachine;

/// The ports that every adapter has.
pub trait Ports:
    LoadJourney
    + CommitJourney
    + FindDue
    + FindContact
    + KeepContact
    + ListContacts
    + Suppress
    + SuppressAddress
    + KeepWatermark
    + CountOnce
    + ReadDailyCounts
    + ReadVisits
    + KeepAcceptance
    + ReadAcceptances
    + Clone
    + Send
    + Sync
    + 'static
{
}

impl<P> Ports for P where
    P: LoadJourney
        + CommitJourney
        + FindDue
        + FindContact
        + KeepContact
        + ListContacts
        + Suppress
        + SuppressAddress
        + KeepWatermark
        + CountOnce
        + ReadDailyCounts
        + ReadVisits
        + KeepAcceptance
        + ReadAcceptances
        + Clone
        + Send
        + Sync
        + 'static
{
}

/// An adapter over an empty store, with what the ports have no words for.
pub trait Stage: Send + Sync {
    /// The adapter.
    type Store: Ports;

    /// The adapter; clones of it share the store.
    fn store(&self) -> Self::Store;

    /// Makes the record of a journey unreadable.
    fn spoil_journey(&self, id: &JourneyId) -> impl Future<Output = ()> + Send;

    /// Makes the record of a contact unreadable.
    fn spoil_contact(&self, id: &ContactId) -> impl Future<Output = ()> + Send;
}

/// A test of each check, on a fresh stage that the expression opens.
#[macro_export]
macro_rules! every_check {
    ($open:expr) => {
        $crate::every_check! { @tests $open;
            journeys: a_write_names_the_version_it_was_decided_on,
            of_many_who_decided_on_the_same_version_exactly_one_wins,
            a_commit_without_a_contact_keeps_the_one_that_is_known;
            claims: of_16_claims_on_the_last_place_of_an_inbox_exactly_one_wins,
            a_claim_that_loses_against_its_journey_takes_no_place,
            a_claim_and_an_opt_out_at_once_leave_no_half,
            a_claim_and_a_change_of_the_contact_at_once_leave_no_half,
            an_opt_out_an_erasure_and_a_change_beat_a_claim_that_did_not_know_of_them,
            a_claim_is_remembered_with_its_time_and_forgotten_after_eight_days;
            due: what_is_due_comes_in_the_order_of_closing_lane_by_lane,
            what_is_served_leaves_and_the_rest_comes_page_by_page,
            a_journey_that_ended_is_not_due;
            contacts: a_contact_is_found_by_its_name_and_by_its_journey,
            a_contact_is_found_by_its_journey_before_that_has_begun,
            each_precondition_holds_when_it_says_so,
            of_many_who_create_a_contact_exactly_one_does,
            of_many_who_change_the_same_content_exactly_one_does,
            five_hundred_contacts_are_listed_once_each_page_by_page,
            a_cursor_that_was_never_handed_out_is_refused;
            suppression: a_second_import_does_not_take_an_opt_out_back_but_the_person_may,
            an_opt_out_survives_an_erasure_and_a_second_import,
            an_opt_out_after_an_erasure_is_kept_for_whoever_comes_back_with_the_address,
            a_suppressed_address_stays_so_from_the_first_time_on,
            an_opt_out_closes_the_number_too_and_opting_in_opens_both,
            an_opt_out_of_one_channel_leaves_the_others,
            opting_in_lifts_nothing_but_the_person_s_own_opt_out,
            each_reason_survives_an_erasure_and_comes_with_whoever_is_imported,
            a_start_takes_back_only_what_was_said_before_it,
            a_number_without_an_address_counts_for_itself,
            a_number_is_suppressed_by_its_name,
            a_number_s_opt_out_survives_an_erasure_and_a_second_import,
            a_device_s_opt_out_survives_an_erasure_and_a_second_import,
            an_opt_out_of_events_holds_for_the_reference,
            nobody_is_opted_out_by_an_unknown_journey;
            watermarks: a_watermark_reads_back_as_it_was_saved;
            visits: a_visit_is_counted_with_its_write_and_only_then,
            old_visits_and_those_elsewhere_do_not_count;
            acceptances: each_acceptance_is_kept_once_in_the_order_of_time,
            an_acceptance_outlives_an_erasure;
            counts: a_chunk_is_counted_once_however_often_it_comes;
            faults: a_journey_that_cannot_be_read_is_kept_and_does_not_hide_the_others,
            a_contact_that_cannot_be_read_is_left_out_of_pages_and_can_be_erased;
        }
    };
    (@tests $open:expr; $($area:ident: $($check:ident),+;)+) => {
        $(mod $area {
            #[allow(unused_imports, reason = "the expression may name what the file imports")]
            use super::*;
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $check() {
                    let stage = $open.await;
                    $crate::$area::$check(&stage).await;
                }
            )+
        })+
    };
}
