//! Ports in one hand: a type with several adapters in its fields passes each call on to one of them.

/// Makes a type have ports that one of its fields has.
///
/// `delegate_ports!(World { table: LoadJourney, CommitJourney; schedules: ArmTimer; })` says which field
/// serves which port, and nothing else: a function's list is also the list of what it may do.
#[macro_export]
macro_rules! delegate_ports {
    ($type:ty { $($field:ident: $($port:ident),+ $(,)?;)+ }) => {
        $($($crate::delegate_port!($type, $field, $port);)+)+
    };
}

/// One port of [`delegate_ports`].
#[doc(hidden)]
#[macro_export]
macro_rules! delegate_port {
    ($type:ty, $field:ident, Clock) => {
        $crate::delegate_port! { @impl $type, $field, Clock {
            now() -> $crate::port::Timestamp;
        }}
    };
    ($type:ty, $field:ident, LoadJourney) => {
        $crate::delegate_port! { @impl $type, $field, LoadJourney {
            async load_journey(id: &$crate::JourneyId) -> Result<Option<$crate::port::Versioned>, $crate::port::StoreError>;
        }}
    };
    ($type:ty, $field:ident, CommitJourney) => {
        $crate::delegate_port! { @impl $type, $field, CommitJourney {
            async commit_journey(commit: $crate::port::Commit<'_>) -> Result<(), $crate::port::CommitError>;
        }}
    };
    ($type:ty, $field:ident, ArmTimer) => {
        $crate::delegate_port! { @impl $type, $field, ArmTimer {
            async arm_timer(journey: &$crate::JourneyId, timer: &$crate::Timer) -> Result<(), $crate::port::StoreError>;
        }}
    };
    ($type:ty, $field:ident, FindDue) => {
        $crate::delegate_port! { @impl $type, $field, FindDue {
            async find_due(lane: $crate::Lane, before: $crate::port::Timestamp, limit: usize) -> Result<Vec<($crate::JourneyId, u32)>, $crate::port::StoreError>;
        }}
    };
    ($type:ty, $field:ident, FireTimer) => {
        $crate::delegate_port! { @impl $type, $field, FireTimer {
            async fire_timer(journey: &$crate::JourneyId, generation: u32) -> ();
        }}
    };
    ($type:ty, $field:ident, FindContact) => {
        $crate::delegate_port! { @impl $type, $field, FindContact {
            async find_contact(id: &$crate::ContactId) -> Result<Option<$crate::contact::Known>, $crate::port::StoreError>;
            async contact_of(journey: &$crate::JourneyId) -> Result<Option<$crate::contact::Known>, $crate::port::StoreError>;
        }}
    };
    ($type:ty, $field:ident, KeepContact) => {
        $crate::delegate_port! { @impl $type, $field, KeepContact {
            async put_contact(contact: &$crate::contact::Contact, only_if: &$crate::port::Precondition) -> Result<(), $crate::port::PutError>;
            async erase_contact(id: &$crate::ContactId, only_if: &$crate::port::Precondition) -> Result<bool, $crate::port::PutError>;
        }}
    };
    ($type:ty, $field:ident, OpenAccount) => {
        $crate::delegate_port! { @impl $type, $field, OpenAccount {
            async open_account(person: &$crate::enrollment::NewAccount) -> Result<$crate::Reference, $crate::port::EnrollError>;
        }}
    };
    ($type:ty, $field:ident, Enroll) => {
        $crate::delegate_port! { @impl $type, $field, Enroll {
            async view_enrollment(account: &$crate::Reference) -> Result<$crate::enrollment::EnrollmentView, $crate::port::EnrollError>;
            async search_address(account: &$crate::Reference, query: &str) -> Result<Vec<$crate::enrollment::ServiceAddress>, $crate::port::EnrollError>;
            async search_esi_id(account: &$crate::Reference, esi_id: &$crate::enrollment::EsiId) -> Result<Option<$crate::enrollment::ServiceAddress>, $crate::port::EnrollError>;
            async request_plans(account: &$crate::Reference, esi_id: &$crate::enrollment::EsiId) -> Result<Vec<$crate::enrollment::Plan>, $crate::port::EnrollError>;
            async accept_plan(account: &$crate::Reference, acceptance: &$crate::enrollment::Acceptance) -> Result<(), $crate::port::EnrollError>;
            async set_billing_address(account: &$crate::Reference, address: &$crate::enrollment::BillingAddress) -> Result<(), $crate::port::EnrollError>;
            async begin_payment(account: &$crate::Reference) -> Result<$crate::enrollment::PaymentSession, $crate::port::EnrollError>;
            async ensure_payment_method(account: &$crate::Reference, payment_method: &str) -> Result<(), $crate::port::EnrollError>;
            async monthly_usage(account: &$crate::Reference, location: &str, year: i16) -> Result<Vec<$crate::enrollment::MonthlyUsage>, $crate::port::EnrollError>;
        }}
    };
    ($type:ty, $field:ident, ResetEnrollment) => {
        $crate::delegate_port! { @impl $type, $field, ResetEnrollment {
            async reset_enrollment(account: &$crate::Reference) -> Result<bool, $crate::port::EnrollError>;
        }}
    };
    ($type:ty, $field:ident, KeepAcceptance) => {
        $crate::delegate_port! { @impl $type, $field, KeepAcceptance {
            async keep_acceptance(journey: &$crate::JourneyId, record: &$crate::enrollment::AcceptanceRecord) -> Result<(), $crate::port::StoreError>;
        }}
    };
    ($type:ty, $field:ident, ReadAcceptances) => {
        $crate::delegate_port! { @impl $type, $field, ReadAcceptances {
            async acceptances(journey: &$crate::JourneyId) -> Result<Vec<$crate::enrollment::AcceptanceRecord>, $crate::port::StoreError>;
        }}
    };
    ($type:ty, $field:ident, KeepFallback) => {
        $crate::delegate_port! { @impl $type, $field, KeepFallback {
            async keep_bill(contact: &$crate::ContactId, kind: $crate::BillKind, bill: &[u8], at: $crate::port::Timestamp) -> Result<(), $crate::port::StoreError>;
            async keep_account(contact: &$crate::ContactId, account: &$crate::Account, at: $crate::port::Timestamp) -> Result<(), $crate::port::StoreError>;
        }}
    };
    ($type:ty, $field:ident, TakeUpload) => {
        $crate::delegate_port! { @impl $type, $field, TakeUpload {
            async upload_form(contact: &$crate::ContactId, back: &str) -> Result<Option<$crate::port::UploadForm>, $crate::port::StoreError>;
            async uploaded(contact: &$crate::ContactId, name: &str) -> Result<Option<$crate::port::Uploaded>, $crate::port::StoreError>;
            async keep_upload(contact: &$crate::ContactId, upload: &$crate::port::Uploaded, kind: $crate::BillKind, at: $crate::port::Timestamp) -> Result<bool, $crate::port::StoreError>;
            async drop_upload(upload: &$crate::port::Uploaded) -> Result<(), $crate::port::StoreError>;
        }}
    };
    ($type:ty, $field:ident, PassOnFallback) => {
        $crate::delegate_port! { @impl $type, $field, PassOnFallback {
            async find_fallback(contact: &$crate::ContactId) -> Result<$crate::Fallback, $crate::port::StoreError>;
            async read_bill(contact: &$crate::ContactId) -> Result<Option<$crate::BillFile>, $crate::port::StoreError>;
            async bill_content(contact: &$crate::ContactId, bill: &$crate::KeptBill) -> Result<Option<Vec<u8>>, $crate::port::StoreError>;
            async keep_hand_over(contact: &$crate::ContactId, bill: &$crate::KeptBill, to: Option<&$crate::HandOver>) -> Result<bool, $crate::port::StoreError>;
        }}
    };
    ($type:ty, $field:ident, HandOverBill) => {
        $crate::delegate_port! { @impl $type, $field, HandOverBill {
            async hand_over_bill(provider: $crate::Provider, reference: &$crate::Reference, kind: $crate::BillKind, bill: Vec<u8>) -> Result<Option<String>, $crate::port::HandOverError>;
        }}
    };
    ($type:ty, $field:ident, EraseFallback) => {
        $crate::delegate_port! { @impl $type, $field, EraseFallback {
            async erase_fallback(contact: &$crate::ContactId) -> Result<(), $crate::port::StoreError>;
        }}
    };
    ($type:ty, $field:ident, ListContacts) => {
        $crate::delegate_port! { @impl $type, $field, ListContacts {
            async list_contacts(limit: usize, after: Option<&str>) -> Result<$crate::port::ContactPage, $crate::port::PageError>;
        }}
    };
    ($type:ty, $field:ident, Suppress) => {
        $crate::delegate_port! { @impl $type, $field, Suppress {
            async set_opted_out(journey: &$crate::JourneyId, opted_out: &$crate::contact::OptOut, at: $crate::port::Timestamp) -> Result<bool, $crate::port::StoreError>;
        }}
    };
    ($type:ty, $field:ident, SuppressAddress) => {
        $crate::delegate_port! { @impl $type, $field, SuppressAddress {
            async suppress_address(address: &$crate::AddressId, why: $crate::contact::SuppressedFor, at: $crate::port::Timestamp) -> Result<(), $crate::port::StoreError>;
            async reopen_address(address: &$crate::AddressId, why: $crate::contact::SuppressedFor, at: $crate::port::Timestamp) -> Result<(), $crate::port::StoreError>;
            async suppression(address: &$crate::AddressId) -> Result<$crate::contact::Suppression, $crate::port::StoreError>;
        }}
    };
    ($type:ty, $field:ident, ReadStatus) => {
        $crate::delegate_port! { @impl $type, $field, ReadStatus {
            async read_status(provider: $crate::Provider, reference: &$crate::Reference) -> Result<$crate::status::Snapshot, $crate::port::ProviderError>;
        }}
    };
    ($type:ty, $field:ident, ReadNewest) => {
        $crate::delegate_port! { @impl $type, $field, ReadNewest {
            async read_newest(provider: $crate::Provider, reference: &$crate::Reference) -> Result<$crate::Newest, $crate::port::ProviderError>;
        }}
    };
    ($type:ty, $field:ident, FreshLink) => {
        $crate::delegate_port! { @impl $type, $field, FreshLink {
            async fresh_link(provider: $crate::Provider, reference: &$crate::Reference) -> Result<Option<String>, $crate::port::ProviderError>;
        }}
    };
    ($type:ty, $field:ident, ReadVisits) => {
        $crate::delegate_port! { @impl $type, $field, ReadVisits {
            async read_visits(provider: $crate::Provider, utility: &$crate::UtilityCode, since: $crate::port::Timestamp) -> Result<$crate::Visits, $crate::port::StoreError>;
        }}
    };
    ($type:ty, $field:ident, SearchMeters) => {
        $crate::delegate_port! { @impl $type, $field, SearchMeters {
            async search_meters(references: &[$crate::Reference]) -> Result<Vec<Vec<$crate::MeterFound>>, $crate::port::ProviderError>;
        }}
    };
    ($type:ty, $field:ident, ReadChanges) => {
        $crate::delegate_port! { @impl $type, $field, ReadChanges {
            async read_changes(filter: $crate::port::ChangeFilter, since: $crate::port::Timestamp, page: Option<&str>) -> Result<$crate::port::ChangePage, $crate::port::ProviderError>;
        }}
    };
    ($type:ty, $field:ident, KeepWatermark) => {
        $crate::delegate_port! { @impl $type, $field, KeepWatermark {
            async load_watermark(provider: $crate::Provider) -> Result<Option<$crate::port::Watermark>, $crate::port::StoreError>;
            async save_watermark(provider: $crate::Provider, watermark: &$crate::port::Watermark) -> Result<(), $crate::port::StoreError>;
        }}
    };
    ($type:ty, $field:ident, SendEmail) => {
        $crate::delegate_port! { @impl $type, $field, SendEmail {
            async send_email(email: &$crate::port::Email) -> $crate::SendOutcome;
        }}
    };
    ($type:ty, $field:ident, SendText) => {
        $crate::delegate_port! { @impl $type, $field, SendText {
            async send_text(text: &$crate::port::Text) -> $crate::SendOutcome;
        }}
    };
    ($type:ty, $field:ident, SendPush) => {
        $crate::delegate_port! { @impl $type, $field, SendPush {
            async send_push(push: &$crate::port::Push) -> $crate::SendOutcome;
        }}
    };
    ($type:ty, $field:ident, AnswerText) => {
        $crate::delegate_port! { @impl $type, $field, AnswerText {
            async answer_text(to: &$crate::PhoneNumber, body: &str) -> $crate::SendOutcome;
        }}
    };
    ($type:ty, $field:ident, LookUpSend) => {
        $crate::delegate_port! { @impl $type, $field, LookUpSend {
            async look_up_send(key: &$crate::SendKey) -> $crate::Resolution;
        }}
    };
    ($type:ty, $field:ident, Count) => {
        $crate::delegate_port! { @impl $type, $field, Count {
            count(counter: &'static str, by: u64) -> ();
            count_labelled(counter: &'static str, labels: &[(&'static str, &str)], by: u64) -> ();
            measure(metric: &'static str, unit: $crate::port::Unit, value: f64) -> ();
        }}
    };
    ($type:ty, $field:ident, LoadCampaign) => {
        $crate::delegate_port! { @impl $type, $field, LoadCampaign {
            async active_campaign() -> Result<Option<String>, $crate::port::StoreError>;
            async campaign_head(version: &str) -> Result<Option<String>, $crate::port::StoreError>;
            async campaign_messages(version: &str) -> Result<Vec<(String, String)>, $crate::port::StoreError>;
        }}
    };
    ($type:ty, $field:ident, KeepCampaign) => {
        $crate::delegate_port! { @impl $type, $field, KeepCampaign {
            async save_campaign(campaign: &$crate::port::PushedCampaign) -> Result<(), $crate::port::StoreError>;
            async activate_campaign(version: &str) -> Result<bool, $crate::port::StoreError>;
            async campaign_versions() -> Result<Vec<$crate::port::CampaignVersion>, $crate::port::StoreError>;
        }}
    };
    ($type:ty, $field:ident, Announce) => {
        $crate::delegate_port! { @impl $type, $field, Announce {
            async announce(events: &[$crate::port::Announcement]) -> Vec<usize>;
        }}
    };
    ($type:ty, $field:ident, CountOnce) => {
        $crate::delegate_port! { @impl $type, $field, CountOnce {
            async counted(first_record: &str) -> Result<Option<usize>, $crate::port::StoreError>;
            async count_once(first_record: &str, records: usize, counts: &[$crate::port::DailyCount]) -> Result<(), $crate::port::CommitError>;
        }}
    };
    ($type:ty, $field:ident, ReadDailyCounts) => {
        $crate::delegate_port! { @impl $type, $field, ReadDailyCounts {
            async daily_counts(day: $crate::port::Date) -> Result<::std::collections::BTreeMap<String, u64>, $crate::port::StoreError>;
        }}
    };
    (@impl $type:ty, $field:ident, $port:ident {
        $(async $method:ident($($argument:ident: $of:ty),*) -> $answer:ty;)+
    }) => {
        impl $crate::port::$port for $type {
            $(fn $method(&self, $($argument: $of),*) -> impl ::core::future::Future<Output = $answer> + Send {
                $crate::port::$port::$method(&self.$field, $($argument),*)
            })+
        }
    };
    (@impl $type:ty, $field:ident, $port:ident {
        $($method:ident($($argument:ident: $of:ty),*) -> $answer:ty;)+
    }) => {
        impl $crate::port::$port for $type {
            $(fn $method(&self, $($argument: $of),*) -> $answer {
                $crate::port::$port::$method(&self.$field, $($argument),*)
            })+
        }
    };
}
