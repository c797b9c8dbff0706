//! A day in words.

use jiff::civil::{Date, Weekday};
use journey::contact::Locale;

/// A day as people say it: "Friday, March 6", "viernes 6 de marzo". Without its year, since it is near.
pub(crate) fn in_words(day: Date, locale: Locale) -> String {
    let (weekday, month, number) = (weekday(day.weekday(), locale), month(day.month(), locale), day.day());
    match locale {
        Locale::En => format!("{weekday}, {month} {number}"),
        Locale::Es => format!("{weekday} {number} de {month}"),
    }
}

const fn weekday(day: Weekday, locale: Locale) -> &'static str {
    match (day, locale) {
        (Weekday::Monday, Locale::En) => "Monday",
        (Weekday::Tuesday, Locale::En) => "Tuesday",
        (Weekday::Wednesday, Locale::En) => "Wednesday",
        (Weekday::Thursday, Locale::En) => "Thursday",
        (Weekday::Friday, Locale::En) => "Friday",
        (Weekday::Saturday, Locale::En) => "Saturday",
        (Weekday::Sunday, Locale::En) => "Sunday",
        (Weekday::Monday, Locale::Es) => "lunes",
        (Weekday::Tuesday, Locale::Es) => "martes",
        (Weekday::Wednesday, Locale::Es) => "miércoles",
        (Weekday::Thursday, Locale::Es) => "jueves",
        (Weekday::Friday, Locale::Es) => "viernes",
        (Weekday::Saturday, Locale::Es) => "sábado",
        (Weekday::Sunday, Locale::Es) => "domingo",
    }
}

fn month(number: i8, locale: Locale) -> &'static str {
    let names = match locale {
        Locale::En => [
            "January",
            "February",
            "March",
            "April",
            "May",
            "June",
            "July",
            "August",
            "September",
            "October",
            "November",
            "December",
        ],
        Locale::Es => [
            "enero",
            "febrero",
            "marzo",
            "abril",
            "mayo",
            "junio",
            "julio",
            "agosto",
            "septiembre",
            "octubre",
            "noviembre",
            "diciembre",
        ],
    };
    let place = usize::try_from(number).unwrap_or_default().saturating_sub(1);
    names.get(place).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn a_day_is_said_in_both_languages() {
        let said = |year, month, day| Locale::ALL.map(|locale| in_words(date(year, month, day), locale));
        assert_eq!(said(2026, 3, 6), ["Friday, March 6", "viernes 6 de marzo"]);
        assert_eq!(
            said(2026, 9, 30),
            ["Wednesday, September 30", "miércoles 30 de septiembre"]
        );
        assert_eq!(said(2027, 1, 2), ["Saturday, January 2", "sábado 2 de enero"]);
        let year = date(2026, 1, 1).series(jiff::Span::new().months(1)).take(12);
        let names: std::collections::BTreeSet<String> = year.map(|day| in_words(day, Locale::Es)).collect();
        assert_eq!(names.len(), 12);
    }
}
