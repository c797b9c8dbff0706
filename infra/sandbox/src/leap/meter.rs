//! Meters, which appear some time after a customer has completed.

use jiff::Timestamp;
use serde::Serialize;

use crate::leap::customer::{Classification, Customer};
use crate::leap::utilities::Utility;
use crate::leap::vocabulary::{CreatedBy, MeterType};

/// A meter as the Meters API shows it.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Meter {
    pub(crate) meter_id: String,
    pub(crate) partner_reference: String,
    pub(crate) transmission_region: &'static str,
    pub(crate) customer_classification: Classification,
    load_types: [&'static str; 1],
    pub(crate) meter_type: MeterType,
    pub(crate) connection_references: Vec<String>,
    tags: [&'static str; 0],
    pub(crate) is_archived: bool,
    customer: MeterCustomer,
    utility: MeterUtility,
    pub(crate) audit: Audit,
}

#[derive(Clone, Debug, Serialize)]
struct MeterCustomer {
    street_1: &'static str,
    city: &'static str,
    state_or_province_code: &'static str,
    postal_code: &'static str,
    country_code: &'static str,
    partner_customer_reference: String,
}

#[derive(Clone, Debug, Serialize)]
struct MeterUtility {
    utility_name: &'static str,
}

#[derive(Clone, Debug, Serialize)]
pub(crate) struct Audit {
    created_by: CreatedBy,
    pub(crate) created_at: Timestamp,
    pub(crate) updated_at: Timestamp,
}

impl Meter {
    /// The meter that a utility's authorization brings.
    pub(crate) fn of_customer(meter_id: String, customer: &Customer, at: Timestamp) -> Self {
        Self {
            customer_classification: customer.classification,
            connection_references: vec![customer.reference.clone()],
            meter_type: MeterType::UtilityMeter,
            ..Self::new(meter_id, &customer.reference, customer.utility, CreatedBy::Utility, at)
        }
    }

    /// A device that the partner registered itself: it says nothing about any authorization.
    pub(crate) fn of_device(
        meter_id: String,
        partner_reference: &str,
        utility: &'static Utility,
        at: Timestamp,
    ) -> Self {
        Self::new(meter_id, partner_reference, utility, CreatedBy::Partner, at)
    }

    fn new(
        meter_id: String,
        partner_reference: &str,
        utility: &'static Utility,
        created_by: CreatedBy,
        at: Timestamp,
    ) -> Self {
        Self {
            meter_id,
            partner_reference: partner_reference.to_owned(),
            transmission_region: utility.region,
            customer_classification: Classification::Residential,
            load_types: ["HVAC"],
            meter_type: MeterType::Device,
            connection_references: Vec::new(),
            tags: [],
            is_archived: false,
            customer: MeterCustomer {
                street_1: "1 Test Street",
                city: utility.city,
                state_or_province_code: utility.state,
                postal_code: utility.postal_code,
                country_code: "US",
                partner_customer_reference: partner_reference.to_owned(),
            },
            utility: MeterUtility {
                utility_name: utility.code,
            },
            audit: Audit {
                created_by,
                created_at: at,
                updated_at: at,
            },
        }
    }
}
