//! The utilities that deliver power in ERCOT, and where they do: El Paso is in no area of theirs.

/// A city with one of its ZIP codes.
pub(crate) type City = (&'static str, &'static str);

/// The area of a utility that delivers power.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Area {
    Oncor,
    OncorEast,
    CenterPoint,
    AepCentral,
    AepNorth,
    Tnmp,
}

impl Area {
    pub(crate) const ALL: [Self; 6] = [
        Self::Oncor,
        Self::OncorEast,
        Self::CenterPoint,
        Self::AepCentral,
        Self::AepNorth,
        Self::Tnmp,
    ];

    /// A name for links and draws.
    pub(crate) const fn code(self) -> &'static str {
        match self {
            Self::Oncor => "oncor",
            Self::OncorEast => "oncor-east",
            Self::CenterPoint => "centerpoint",
            Self::AepCentral => "aep-central",
            Self::AepNorth => "aep-north",
            Self::Tnmp => "tnmp",
        }
    }

    pub(crate) fn of_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|area| area.code() == code)
    }

    pub(crate) const fn utility(self) -> &'static str {
        match self {
            Self::Oncor | Self::OncorEast => "Oncor Electric Delivery",
            Self::CenterPoint => "CenterPoint Energy Houston Electric",
            Self::AepCentral => "AEP Texas Central",
            Self::AepNorth => "AEP Texas North",
            Self::Tnmp => "Texas-New Mexico Power",
        }
    }

    /// The number of an invented person who answers for the utility.
    pub(crate) const fn phone(self) -> &'static str {
        match self {
            Self::Oncor | Self::OncorEast => "+12145550110",
            Self::CenterPoint => "+17135550111",
            Self::AepCentral => "+13615550112",
            Self::AepNorth => "+13255550113",
            Self::Tnmp => "+14095550114",
        }
    }

    /// The first seven digits of an ESI ID.
    pub(crate) const fn prefix(self) -> &'static str {
        match self {
            Self::Oncor => "1044372",
            Self::OncorEast => "1017699",
            Self::CenterPoint => "1008901",
            Self::AepCentral => "1003278",
            Self::AepNorth => "1020404",
            Self::Tnmp => "1040051",
        }
    }

    /// How many digits follow the prefix.
    pub(crate) const fn premise_digits(self) -> usize {
        match self {
            Self::CenterPoint => 15,
            Self::Oncor | Self::OncorEast | Self::AepCentral | Self::AepNorth | Self::Tnmp => 10,
        }
    }

    /// What delivery costs, in thousandths of a cent for each kWh; invented, of a likely size.
    pub(crate) const fn delivery_rate(self) -> u32 {
        match self {
            Self::Oncor | Self::OncorEast => 5_589,
            Self::CenterPoint => 6_013,
            Self::AepCentral => 6_284,
            Self::AepNorth => 5_871,
            Self::Tnmp => 7_172,
        }
    }

    pub(crate) const fn cities(self) -> &'static [City] {
        match self {
            Self::Oncor => &[
                ("Dallas", "75201"),
                ("Dallas", "75206"),
                ("Dallas", "75214"),
                ("Fort Worth", "76102"),
                ("Fort Worth", "76107"),
                ("Plano", "75023"),
                ("Arlington", "76010"),
                ("Waco", "76701"),
                ("Tyler", "75701"),
                ("Round Rock", "78664"),
                ("Killeen", "76541"),
                ("Midland", "79701"),
            ],
            Self::OncorEast => &[("Jacksonville", "75766"), ("Nacogdoches", "75961")],
            Self::CenterPoint => &[
                ("Houston", "77002"),
                ("Houston", "77007"),
                ("Houston", "77056"),
                ("Houston", "77084"),
                ("Sugar Land", "77478"),
                ("Katy", "77449"),
                ("Baytown", "77520"),
                ("Galveston", "77550"),
            ],
            Self::AepCentral => &[
                ("Corpus Christi", "78401"),
                ("Laredo", "78040"),
                ("McAllen", "78501"),
                ("Harlingen", "78550"),
                ("Victoria", "77901"),
            ],
            Self::AepNorth => &[("Abilene", "79601"), ("San Angelo", "76901")],
            Self::Tnmp => &[
                ("League City", "77573"),
                ("Texas City", "77590"),
                ("Lewisville", "75067"),
                ("Angleton", "77515"),
            ],
        }
    }
}
