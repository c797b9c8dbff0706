//! The utilities the sandbox's customers have.

/// A utility: its code in webhooks, its name in the API, and where it is.
#[derive(Debug, PartialEq, Eq)]
pub struct Utility {
    /// The code that webhooks carry, such as `SDGE`.
    pub code: &'static str,
    /// The name that the Connect API carries; only SDG&E's is documented, the others are plausible.
    pub display_name: &'static str,
    /// The transmission region, such as `CAISO`.
    pub region: &'static str,
    /// The IANA time zone of its customers.
    pub zone: &'static str,
    pub(crate) city: &'static str,
    pub(crate) state: &'static str,
    pub(crate) postal_code: &'static str,
}

/// The names the Connect API gives utilities, each with its webhook code.
pub fn display_names() -> Vec<(&'static str, &'static str)> {
    ALL.iter().map(|utility| (utility.display_name, utility.code)).collect()
}

pub(crate) static PGE: Utility = utility(
    ["PGE", "PG&E: Pacific Gas and Electric"],
    ["CAISO", "America/Los_Angeles"],
    ["Oakland", "CA", "94601"],
);
pub(crate) static SCE: Utility = utility(
    ["SCE", "SCE: Southern California Edison"],
    ["CAISO", "America/Los_Angeles"],
    ["Long Beach", "CA", "90802"],
);
pub(crate) static SDGE: Utility = utility(
    ["SDGE", "SDG&E: San Diego Gas & Electric"],
    ["CAISO", "America/Los_Angeles"],
    ["San Diego", "CA", "92101"],
);
pub(crate) static CECONY: Utility = utility(
    ["CECONY", "Con Edison"],
    ["NYISO", "America/New_York"],
    ["New York", "NY", "10001"],
);
pub(crate) static NYS: Utility = utility(
    ["NYS", "NYSEG: New York State Electric & Gas"],
    ["NYISO", "America/New_York"],
    ["Ithaca", "NY", "14850"],
);
pub(crate) static PECO: Utility = utility(
    ["PECO", "PECO Energy"],
    ["PJM", "America/New_York"],
    ["Philadelphia", "PA", "19104"],
);
pub(crate) static PPL: Utility = utility(
    ["PPL", "PPL Electric Utilities"],
    ["PJM", "America/New_York"],
    ["Allentown", "PA", "18101"],
);
pub(crate) static COMED: Utility = utility(
    ["COMED", "ComEd: Commonwealth Edison"],
    ["PJM", "America/Chicago"],
    ["Chicago", "IL", "60601"],
);
pub(crate) static ONCOR: Utility = utility(
    ["ONCOR", "Oncor Electric Delivery"],
    ["ERCOT", "America/Chicago"],
    ["Dallas", "TX", "75201"],
);
pub(crate) static SRP: Utility = utility(
    ["SRP", "SRP: Salt River Project"],
    ["WECC_SW", "America/Phoenix"],
    ["Tempe", "AZ", "85281"],
);
pub(crate) static PSE: Utility = utility(
    ["PSE", "PSE: Puget Sound Energy"],
    ["WECC_PC", "America/Los_Angeles"],
    ["Bellevue", "WA", "98004"],
);

static ALL: [&Utility; 11] = [
    &PGE, &SCE, &SDGE, &CECONY, &NYS, &PECO, &PPL, &COMED, &ONCOR, &SRP, &PSE,
];

/// The utility a customer of another one could connect by mistake: another of the same region.
pub(crate) fn neighbour(of: &Utility) -> &'static Utility {
    match of.code {
        "SCE" | "SDGE" => &PGE,
        "PGE" => &SCE,
        "CECONY" => &NYS,
        "NYS" => &CECONY,
        "PECO" => &PPL,
        _ => &PECO,
    }
}

/// The utility whose code a Direct-to-Utility address spells in small letters.
pub(crate) fn direct_to(id: &str) -> Option<&'static Utility> {
    [&PGE, &SCE, &SDGE]
        .into_iter()
        .find(|utility| utility.code.eq_ignore_ascii_case(id))
}

const fn utility(
    [code, display_name]: [&'static str; 2],
    [region, zone]: [&'static str; 2],
    [city, state, postal_code]: [&'static str; 3],
) -> Utility {
    Utility {
        code,
        display_name,
        region,
        zone,
        city,
        state,
        postal_code,
    }
}
