//! The answer to HELP.

use journey::contact::Locale;

use crate::clean;
use crate::segments::Length;
use crate::variables::Brand;

impl Brand {
    /// What a person is answered who asks for help by text: who writes, what about, where to ask, how to stop.
    ///
    /// How often, and what it may cost, is left out of it where that would take a third segment. It says STOP, so
    /// a machine that echoes it is not answered again.
    ///
    /// ```
    /// # use journey::{LinkHosts, contact::Locale};
    /// # let brand = message::Brand {
    /// #     brand: "Sunhome".to_owned(), sender_name: "Example Energy".to_owned(), postal_address: String::new(),
    /// #     support_email: Some("help@example.com".to_owned()), minutes_needed: 5, link_hosts: LinkHosts::default(),
    /// # };
    /// assert_eq!(
    ///     brand.help(Locale::En),
    ///     "Example Energy: reminders to finish connecting your utility account, one text each time you leave it \
    ///      unfinished. Questions? Write to help@example.com. Msg & data rates may apply. Reply STOP to opt out"
    /// );
    /// ```
    #[must_use]
    pub fn help(&self, locale: Locale) -> String {
        let name = clean::one_line(&self.sender_name).unwrap_or_default();
        let support = self.support_email.as_ref().unwrap_or(&self.postal_address);
        let support = clean::one_line(support).unwrap_or_default();
        let (whole, short) = match locale {
            Locale::En => (
                format!(
                    "{name}: reminders to finish connecting your utility account, one text each time you leave it unfinished. \
                     Questions? Write to {support}. Msg & data rates may apply. Reply STOP to opt out"
                ),
                format!(
                    "{name}: reminders to connect your utility account. Questions? Write to {support}. Reply STOP to opt out"
                ),
            ),
            // Its letters are all in the GSM alphabet, which has no á, í, ó or ú.
            Locale::Es => (
                format!(
                    "{name}: recordatorios para conectar su cuenta de electricidad, un mensaje cada vez que quede sin \
                     terminar. ¿Preguntas? Escriba a {support}. Pueden aplicarse tarifas de mensajes y datos. Responda STOP para no \
                     recibir mensajes"
                ),
                format!(
                    "{name}: recordatorios para conectar su cuenta de electricidad. ¿Preguntas? Escriba a {support}. Responda STOP \
                     para no recibir mensajes"
                ),
            ),
        };
        if Length::of(&whole).fits() { whole } else { short }
    }
}

#[cfg(test)]
mod tests {
    use journey::{Keyword, LinkHosts};

    use super::*;
    use crate::segments::Coding;

    fn brand(sender_name: &str, support_email: Option<&str>) -> Brand {
        Brand {
            brand: "Sunhome".to_owned(),
            sender_name: sender_name.to_owned(),
            postal_address: "100 Example Street, Springfield, CA 90000".to_owned(),
            support_email: support_email.map(str::to_owned),
            minutes_needed: 5,
            link_hosts: LinkHosts::default(),
        }
    }

    #[test]
    fn it_says_who_writes_where_to_ask_and_how_to_stop_in_two_segments() {
        for locale in Locale::ALL {
            for name in ["Example Energy", &"Example ".repeat(15), &"é".repeat(120)] {
                for support in [Some("help@example.com"), None] {
                    let brand = brand(name, support);
                    let help = brand.help(locale);
                    let length = Length::of(&help);
                    assert!(length.coding == Coding::Gsm7 && length.fits(), "{length}: {help}");
                    let support = support.unwrap_or(&brand.postal_address);
                    assert!(
                        help.starts_with(&format!("{}: ", name.trim())) && help.contains(support),
                        "{help}"
                    );
                }
            }
        }
    }

    #[test]
    fn what_it_may_cost_is_left_out_before_a_third_segment() {
        let says = |name: &str, words: &str| brand(name, Some("help@example.com")).help(Locale::En).contains(words);
        assert!(says("Example Energy", "Msg & data rates may apply"));
        let long = "Example ".repeat(17);
        assert!(!says(&long, "Msg & data rates may apply") && says(&long, "Reply STOP to opt out"));
    }

    /// Two machines that answer each other would go on for ever.
    #[test]
    fn an_echo_of_it_asks_to_stop() {
        for locale in Locale::ALL {
            for name in ["Help", "Info", "Don't stop"] {
                let help = brand(name, None).help(locale);
                assert_eq!(Keyword::read(&help), Some(Keyword::Stop), "{help}");
            }
        }
    }

    #[test]
    fn a_name_cannot_break_its_line() {
        let help = brand("Example\r\nEnergy\u{202e}", None).help(Locale::En);
        assert!(
            help.starts_with("Example Energy: ") && !help.chars().any(char::is_control),
            "{help}"
        );
    }
}
