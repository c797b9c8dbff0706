//! Finding a utility.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use journey::contact::Contact;
use journey::{Flow, Provider, UtilityCode};

use crate::table::{TableError, read};
use crate::utility::{FORM_REGION, Utility};

/// The utilities we know, by code and by display name. Clones share the table, and are cheap.
#[derive(Clone, Debug, Default)]
pub struct Directory {
    table: Table,
    /// Display names that were added, with case and spaces folded.
    folded: BTreeMap<String, UtilityCode>,
    /// The same, as they were written.
    added: BTreeMap<String, UtilityCode>,
}

#[derive(Clone, Debug, Default)]
enum Table {
    #[default]
    Empty,
    /// The one that comes with the program.
    Builtin,
    Read(Arc<Rows>),
}

#[derive(Debug, Default)]
struct Rows {
    by_code: BTreeMap<UtilityCode, Utility>,
    by_bayou_code: BTreeMap<UtilityCode, UtilityCode>,
    /// Display names with case and spaces folded.
    by_display_name: BTreeMap<String, UtilityCode>,
}

/// Read when it is first looked into: most functions open a campaign and never name a utility, and the
/// rows with their time zones would be a good part of their start.
static BUILTIN: LazyLock<Rows> = LazyLock::new(|| {
    // A test reads every row, so an error here cannot be met outside a changed checkout; an
    // empty directory then means messages without utilities' names, which is the safe side.
    Rows::read(include_str!("../data/utilities.csv")).unwrap_or_default()
});

impl Rows {
    fn read(text: &str) -> Result<Self, TableError> {
        let mut rows = Rows::default();
        for utility in read(text)? {
            let code = utility.code.clone();
            for name in &utility.display_names {
                rows.by_display_name.insert(fold(name), code.clone());
            }
            for bayou in utility
                .bayou_codes
                .iter()
                .filter_map(|code| UtilityCode::of_any_case(code))
            {
                rows.by_bayou_code.insert(bayou, code.clone());
            }
            if rows.by_code.insert(code.clone(), utility).is_some() {
                return Err(TableError::Twice(code.as_str().to_owned()));
            }
        }
        Ok(rows)
    }
}

impl Directory {
    /// The directory that comes with the program.
    #[must_use]
    pub fn builtin() -> Self {
        Directory {
            table: Table::Builtin,
            ..Directory::default()
        }
    }

    /// Reads a table with the columns of the built-in one.
    ///
    /// # Errors
    /// A row that cannot be read, a code that is none or comes twice, an unknown zone.
    pub fn parse(text: &str) -> Result<Self, TableError> {
        Ok(Directory {
            table: Table::Read(Arc::new(Rows::read(text)?)),
            ..Directory::default()
        })
    }

    /// Adds display names, as the campaign lists them; they win over those of the table.
    #[must_use]
    pub fn with_display_names(mut self, names: BTreeMap<String, UtilityCode>) -> Self {
        let folded = names.iter().map(|(name, code)| (fold(name), code.clone()));
        self.folded.extend(folded);
        self.added.extend(names);
        self
    }

    /// The display names that [`Directory::with_display_names`] has added.
    #[must_use]
    pub fn added_display_names(&self) -> &BTreeMap<String, UtilityCode> {
        &self.added
    }

    /// Finds a utility by Leap's webhook code, or by Bayou's in capitals.
    #[must_use]
    pub fn find(&self, code: &UtilityCode) -> Option<&Utility> {
        let rows = self.rows()?;
        let by_bayou = || rows.by_code.get(rows.by_bayou_code.get(code)?);
        rows.by_code.get(code).or_else(by_bayou)
    }

    /// Does this customer connect by a form alone, without signing in with a utility? The region of the link decides;
    /// where the partner names none, that of the utility.
    #[must_use]
    pub fn is_form_only(&self, contact: &Contact) -> bool {
        match (contact.provider, contact.flow) {
            (Provider::Leap, Flow::Connect | Flow::Unknown) => {}
            (Provider::Leap, Flow::DirectToUtility) | (Provider::Bayou | Provider::Light, _) => return false,
        }
        match &contact.region {
            Some(region) => region == FORM_REGION,
            None => contact
                .utility
                .as_ref()
                .and_then(|code| self.find(code))
                .is_some_and(Utility::is_form_only),
        }
    }

    /// Finds a utility by the display name of the Connect API, whatever its case and spaces.
    #[must_use]
    pub fn find_by_display_name(&self, name: &str) -> Option<&Utility> {
        let name = fold(name);
        let code = match self.folded.get(&name) {
            Some(code) => code,
            None => self.rows()?.by_display_name.get(&name)?,
        };
        self.find(code)
    }

    /// Every utility, by code.
    pub fn all(&self) -> impl Iterator<Item = &Utility> {
        self.rows().into_iter().flat_map(|rows| rows.by_code.values())
    }

    fn rows(&self) -> Option<&Rows> {
        match &self.table {
            Table::Empty => None,
            Table::Builtin => Some(&BUILTIN),
            Table::Read(rows) => Some(rows),
        }
    }
}

/// Folds case, and every run of white space to one space.
fn fold(name: &str) -> String {
    name.split_whitespace()
        .map(str::to_lowercase)
        .collect::<Vec<_>>()
        .join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::utility::{Confidence, Mfa};

    fn builtin() -> Directory {
        Directory::parse(include_str!("../data/utilities.csv")).unwrap()
    }

    fn code(text: &str) -> UtilityCode {
        UtilityCode::parse(text).unwrap()
    }

    #[test]
    fn every_code_of_the_contract_has_a_row() {
        let codes = "PGE SCE SDGE SMUD LADWP SVP CECONY ORU PSEGLI NYS RIE EVERSOURCE NATGRID UNITIL PPL CAPELIGHT UPLIGHT \
            UNITED_ILLUMINATED SMT AEP_CENTRAL AEP_NORTH NUECES_ELECTRIC ONCOR CENTERPOINT ENTERGY_GULF SWEPCO TNMP DEMO DEMO2 \
            LEAP_TEST_CAISO LEAP_TEST_NYISO COMED BGE PECO METED PENELEC PSEG DOMINION WESTPENN PENNPOWER PEPCO PJM_DEMO OTHER \
            NES MLGW KUB NPU MTEMC PRECC HSVU SRP PSE TVA";
        let directory = builtin();
        assert_eq!(directory.all().count(), codes.split_whitespace().count());
        for text in codes.split_whitespace() {
            assert!(directory.find(&code(text)).is_some(), "{text}");
        }
    }

    #[test]
    fn every_row_holds_what_a_message_may_rely_on() {
        for utility in builtin().all() {
            let at = utility.code.as_str();
            let links = utility.links();
            let listed = [
                &utility.login_url,
                &utility.forgot_username_url,
                &utility.forgot_password_url,
                &utility.register_url,
            ];
            let shown = [
                &links.login,
                &links.forgot_username,
                &links.forgot_password,
                &links.register,
            ];
            for (listed, shown) in listed.into_iter().zip(shown) {
                if utility.confidence == Confidence::Low || utility.name_for_customer().is_none() {
                    assert_eq!(shown, &None, "{at}");
                } else {
                    // A link of a trusted row that fails the check would silently be lost.
                    assert_eq!(shown, listed, "{at}");
                }
            }
            for state in &utility.states {
                assert!(
                    state.len() == 2 && state.bytes().all(|b| b.is_ascii_uppercase()),
                    "{at}: {state}"
                );
            }
            if let Some(phone) = &utility.support_phone {
                let parts: Vec<usize> = phone.split('-').map(str::len).collect();
                assert_eq!(parts, [1, 3, 3, 4], "{at}: {phone}");
            }
            assert!(!utility.name.is_empty(), "{at}");
            if utility.name_for_customer().is_some() {
                assert!(utility.zone.is_some(), "{at}");
                assert!(!utility.short_name_for_customer().unwrap().contains('('), "{at}");
            }
        }
    }

    #[test]
    fn placeholders_are_never_named_and_give_no_link_or_number() {
        for text in [
            "OTHER",
            "DEMO",
            "DEMO2",
            "LEAP_TEST_CAISO",
            "LEAP_TEST_NYISO",
            "PJM_DEMO",
            "UPLIGHT",
            "CAPELIGHT",
            "NPU",
        ] {
            let directory = builtin();
            let utility = directory.find(&code(text)).unwrap();
            assert_eq!(utility.name_for_customer(), None, "{text}");
            assert_eq!(utility.phone_for_customer(), None, "{text}");
            assert_eq!(utility.links(), crate::Links::default(), "{text}");
        }
    }

    #[test]
    fn a_link_needs_high_or_medium_confidence() {
        let directory = builtin();
        let login = |text: &str| directory.find(&code(text)).unwrap().links().login;
        assert!(login("PGE").is_some());
        assert!(login("CECONY").is_some());
        assert!(directory.find(&code("PPL")).unwrap().login_url.is_some());
        assert_eq!(login("PPL"), None);
        assert_eq!(login("NES"), None);
    }

    #[test]
    fn a_phone_is_kept_at_hand_where_a_code_is_asked_for() {
        let directory = builtin();
        let asking: Vec<&str> = directory
            .all()
            .filter(|u| u.asks_for_a_code())
            .map(|u| u.code.as_str())
            .collect();
        assert_eq!(asking, ["CECONY", "ORU", "PGE", "SDGE"]);
        assert_eq!(directory.find(&code("SDGE")).unwrap().mfa, Mfa::Optional);
    }

    #[test]
    fn trap_26_display_names_are_joined_by_a_table() {
        let directory = builtin();
        let found = |directory: &Directory, name: &str| {
            directory
                .find_by_display_name(name)
                .map(|utility| utility.code.as_str().to_owned())
        };
        assert_eq!(
            found(&directory, "SDG&E: San Diego Gas & Electric").as_deref(),
            Some("SDGE")
        );
        assert_eq!(
            found(&directory, "  sdg&e:  san diego GAS & electric ").as_deref(),
            Some("SDGE")
        );
        assert_eq!(found(&directory, "PG&E: Pacific Gas and Electric"), None);
        assert_eq!(found(&directory, "SDGE"), None);
        let more = BTreeMap::from([("PG&E: Pacific Gas and Electric".to_owned(), code("PGE"))]);
        assert_eq!(directory.added_display_names().len(), 0);
        let directory = directory.with_display_names(more.clone());
        assert_eq!(
            found(&directory, "PG&E: pacific gas and electric").as_deref(),
            Some("PGE")
        );
        assert_eq!(directory.added_display_names(), &more);
    }

    #[test]
    fn a_table_that_repeats_a_code_is_refused() {
        let (header, rows) = include_str!("../data/utilities.csv").split_once('\n').unwrap();
        let row = rows.lines().next().unwrap();
        let error = Directory::parse(&format!("{header}\n{row}\n{row}\n")).unwrap_err();
        assert_eq!(error.to_string(), "the table of utilities has two rows for `PGE`");
    }
}
