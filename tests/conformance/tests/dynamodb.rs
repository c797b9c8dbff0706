//! The suite on DynamoDB Local, and what only DynamoDB has.

use conformance::OnDynamoDb;
use conformance::local::Places;

const PLACES: Places = Places {
    keeper: env!("CARGO_BIN_EXE_dynamodb-local"),
    scratch: env!("CARGO_TARGET_TMPDIR"),
};

conformance::every_check!(OnDynamoDb::open(PLACES));

/// Checks of what the other adapter has not.
mod only_here {
    use super::*;

    conformance::every_check! { @tests OnDynamoDb::open(PLACES);
        records: a_typical_journey_fits_one_write_unit,
        an_expired_journey_is_absent_and_can_begin_anew,
        only_a_journey_that_is_over_expires,
        foreign_entries_of_the_due_index_do_not_hide_the_others,
        the_due_index_is_sparse,
        contacts_are_listed_over_many_pages_of_the_table,
        a_table_out_of_reach_is_unavailable_soon,
        a_foreign_attribute_is_corrupt_and_stays,
        a_contact_has_an_item_that_can_be_read_where_it_lies;
        campaigns: a_campaign_is_pushed_activated_and_rolled_back,
        half_a_push_is_no_version,
        a_message_that_is_too_long_is_refused_by_name_before_anything_is_written;
        counts: chunks_that_come_at_once_are_all_counted_and_none_twice,
        a_chunk_of_too_many_counters_is_refused_whole,
        a_mark_expires;
    }
}
