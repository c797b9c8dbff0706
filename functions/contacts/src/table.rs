//! Contacts as CSV: a bad row is reported with its line and reason, the good ones are kept.

use std::io::Read;

use csv::StringRecord;
use jiff::Timestamp;
use journey::campaign::Channel;
use journey::contact::{Contact, OptOut};
use journey::{LinkHosts, Reference};

use crate::consent::{ConsentInput, ConsentsInput};
use crate::input::{ContactInput, InvalidContact, is_field_name};

/// The columns of an export, and the ones that an import knows. Only `provider` and `reference` must be there.
pub const COLUMNS: [&str; 32] = [
    "provider",
    "reference",
    "email",
    "phone",
    "push",
    "email_consent_at",
    "email_consent_source",
    "email_consent_version",
    "email_consent_wording",
    "sms_consent_at",
    "sms_consent_source",
    "sms_consent_version",
    "sms_consent_wording",
    "push_consent_at",
    "push_consent_source",
    "push_consent_version",
    "push_consent_wording",
    "event_consent_at",
    "event_consent_source",
    "event_consent_version",
    "event_consent_wording",
    "first_name",
    "locale",
    "zone",
    "state",
    "flow",
    "region",
    "classification",
    "utility",
    "link",
    "sharing_ends_at",
    "opted_out",
];

/// Why a row was not taken, or the whole file cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum RowError {
    /// The file has no such column.
    #[error("the header has no column {0}; known columns: {columns}", columns = COLUMNS.join(", "))]
    MissingColumn(&'static str),
    /// The header has a column that nobody would read.
    #[error("the header has the unknown column {0}; known columns: {columns}", columns = COLUMNS.join(", "))]
    UnknownColumn(String),
    /// The header names a column twice.
    #[error("the header has the column {0:?} twice")]
    RepeatedColumn(String),
    /// Not CSV in UTF-8, or another number of fields than the header.
    #[error("{0}")]
    Csv(String),
    /// The provider is unknown.
    #[error("provider: {0}")]
    Provider(#[from] journey::UnknownName),
    /// The reference is not one.
    #[error("reference: {0}")]
    Reference(#[from] journey::InvalidReference),
    /// A field is not right.
    #[error(transparent)]
    Contact(#[from] InvalidContact),
}

/// One row: its line in the file, and the contact or what is wrong.
pub struct ReadRow {
    /// The line on which the row begins, from 1.
    pub line: u64,
    /// Bytes of the file read so far, for a progress bar.
    pub bytes: u64,
    /// The contact, or what is wrong.
    pub contact: Result<Contact, RowError>,
}

/// The rows of a file.
pub struct Rows<R> {
    reader: csv::Reader<R>,
    places: Vec<&'static str>,
    record: StringRecord,
    now: Timestamp,
    hosts: LinkHosts,
}

impl<R: Read> Rows<R> {
    /// Reads the header. No consent in the file may lie after `now`, and links lead to one of `hosts`.
    ///
    /// # Errors
    /// [`RowError`] when the header lacks a column, or has one that is unknown or repeated.
    pub fn new(reader: R, now: Timestamp, hosts: &LinkHosts) -> Result<Self, RowError> {
        let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::None).from_reader(reader);
        let headers = reader.headers().map_err(|error| RowError::Csv(plain(&error)))?;
        let mut places: Vec<&'static str> = Vec::new();
        for (index, name) in headers.iter().enumerate() {
            // Spreadsheets begin a UTF-8 file with a byte order mark.
            let name = if index == 0 {
                name.trim_start_matches('\u{feff}')
            } else {
                name
            }
            .trim();
            let column = COLUMNS.into_iter().find(|column| *column == name);
            match column {
                None => return Err(RowError::UnknownColumn(shown(name, index))),
                Some(column) if places.contains(&column) => return Err(RowError::RepeatedColumn(column.to_owned())),
                Some(column) => places.push(column),
            }
        }
        for needed in ["provider", "reference"] {
            if !places.contains(&needed) {
                return Err(RowError::MissingColumn(needed));
            }
        }
        Ok(Rows {
            reader,
            places,
            record: StringRecord::new(),
            now,
            hosts: hosts.clone(),
        })
    }

    fn contact(&self) -> Result<Contact, RowError> {
        let field = |name: &str| {
            let place = self.places.iter().position(|column| *column == name)?;
            self.record.get(place).filter(|text| !text.is_empty())
        };
        let text = |name: &str| field(name).map(str::to_owned);
        let provider = field("provider").unwrap_or_default().parse()?;
        let reference = Reference::new(field("reference").unwrap_or_default())?;
        let opted_out = field("opted_out").map(opt_out).transpose()?;
        // One of its columns is enough to say that there is a consent, and then the others must be filled, too.
        let consent = |channel: Channel| {
            let [at, source, version, wording] = consent_columns(channel);
            let consent = ConsentInput {
                at: text(at),
                source: text(source),
                version: text(version),
                wording: text(wording),
            };
            (consent != ConsentInput::default()).then_some(consent)
        };
        let consents = ConsentsInput {
            email: consent(Channel::Email),
            sms: consent(Channel::Sms),
            push: consent(Channel::Push),
            event: consent(Channel::Event),
        };
        let input = ContactInput {
            email: text("email"),
            phone: text("phone"),
            push: text("push"),
            consent: Some(consents),
            first_name: text("first_name"),
            locale: text("locale"),
            zone: text("zone"),
            state: text("state"),
            flow: text("flow"),
            region: text("region"),
            classification: text("classification"),
            utility: text("utility"),
            link: text("link"),
            sharing_ends_at: text("sharing_ends_at"),
            opted_out,
        };
        Ok(input.check(provider, reference, self.now, &self.hosts)?)
    }
}

/// The columns of a channel's consent: `at`, `source`, `version`, `wording`.
const fn consent_columns(channel: Channel) -> [&'static str; 4] {
    match channel {
        Channel::Email => [
            "email_consent_at",
            "email_consent_source",
            "email_consent_version",
            "email_consent_wording",
        ],
        Channel::Sms => [
            "sms_consent_at",
            "sms_consent_source",
            "sms_consent_version",
            "sms_consent_wording",
        ],
        Channel::Push => [
            "push_consent_at",
            "push_consent_source",
            "push_consent_version",
            "push_consent_wording",
        ],
        Channel::Event => [
            "event_consent_at",
            "event_consent_source",
            "event_consent_version",
            "event_consent_wording",
        ],
    }
}

impl<R: Read> Iterator for Rows<R> {
    type Item = ReadRow;

    fn next(&mut self) -> Option<ReadRow> {
        let mut record = core::mem::take(&mut self.record);
        let read = self.reader.read_record(&mut record);
        let line = record
            .position()
            .map_or_else(|| self.reader.position().line(), csv::Position::line);
        self.record = record;
        let contact = match read {
            Ok(false) => return None,
            Ok(true) => self.contact(),
            Err(error) => {
                let line = error.position().map_or(line, csv::Position::line);
                // After an input that cannot be read any further, the reader says that there is no more.
                return Some(ReadRow {
                    line,
                    bytes: self.reader.position().byte(),
                    contact: Err(RowError::Csv(plain(&error))),
                });
            }
        };
        Some(ReadRow {
            line,
            bytes: self.reader.position().byte(),
            contact,
        })
    }
}

/// Reads `true`, `false`, or channels with semicolons between them.
fn opt_out(text: &str) -> Result<OptOut, InvalidContact> {
    match text {
        "true" | "TRUE" | "True" | "1" | "yes" => return Ok(OptOut::Everything),
        "false" | "FALSE" | "False" | "0" | "no" => return Ok(OptOut::NOTHING),
        _ => {}
    }
    let named = |name: &str| Channel::ALL.into_iter().find(|channel| channel.as_str() == name.trim());
    let channels: Option<Vec<Channel>> = text.split(';').map(named).collect();
    channels.map(OptOut::of).ok_or_else(|| {
        let problem = "must be true, false, or channels with semicolons between them, for example email;sms";
        InvalidContact(vec![crate::FieldError {
            field: "opted_out",
            problem,
        }])
    })
}

/// Writes it as it is read.
fn opted_out(opt_out: &OptOut) -> String {
    match opt_out {
        OptOut::Everything => "true".to_owned(),
        OptOut::Channels(channels) if channels.is_empty() => "false".to_owned(),
        OptOut::Channels(channels) => {
            let names: Vec<&str> = channels.iter().map(|channel| channel.as_str()).collect();
            names.join(";")
        }
    }
}

/// A CSV error without the values that the library would quote.
fn plain(error: &csv::Error) -> String {
    if let csv::ErrorKind::UnequalLengths { expected_len, len, .. } = error.kind() {
        format!("the row has {len} fields, the header has {expected_len}")
    } else if let csv::ErrorKind::Utf8 { .. } = error.kind() {
        "the row is not UTF-8; save the file as \"CSV UTF-8\"".to_owned()
    } else if let csv::ErrorKind::Io(error) = error.kind() {
        format!("the file cannot be read: {}", error.kind())
    } else {
        "the row is not CSV".to_owned()
    }
}

/// A column's name for an error, unless it may be a value: a file without a header begins with data.
fn shown(name: &str, index: usize) -> String {
    if is_field_name(name) {
        format!("\"{name}\"")
    } else {
        format!("number {} (is the first line a header?)", index + 1)
    }
}

/// The header of an export.
#[must_use]
pub fn header() -> StringRecord {
    StringRecord::from(COLUMNS.to_vec())
}

/// One row of an export.
#[must_use]
pub fn row(contact: &Contact) -> StringRecord {
    let input = ContactInput::of(contact);
    let consents = input.consent.unwrap_or_default();
    let text = Option::unwrap_or_default;
    let mut fields = vec![
        contact.provider.as_str().to_owned(),
        contact.reference.expose().to_owned(),
        text(input.email),
        text(input.phone),
        text(input.push),
    ];
    for consent in [consents.email, consents.sms, consents.push, consents.event] {
        let consent = consent.unwrap_or_default();
        fields.extend([consent.at, consent.source, consent.version, consent.wording].map(text));
    }
    fields.extend([
        text(input.first_name),
        text(input.locale),
        text(input.zone),
        text(input.state),
        text(input.flow),
        text(input.region),
        text(input.classification),
        text(input.utility),
        text(input.link),
        text(input.sharing_ends_at),
        opted_out(&contact.opted_out),
    ]);
    StringRecord::from(fields)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hosts() -> LinkHosts {
        LinkHosts::default()
    }

    fn now() -> Timestamp {
        "2026-07-01T16:00:00Z".parse().unwrap()
    }

    fn read(text: &str) -> Vec<(u64, Result<String, String>)> {
        let rows = Rows::new(text.as_bytes(), now(), &hosts()).unwrap_or_else(|error| panic!("{error}"));
        rows.map(|row| {
            let contact = row.contact.map(|contact| contact.reference.expose().to_owned());
            (row.line, contact.map_err(|error| error.to_string()))
        })
        .collect()
    }

    #[test]
    fn good_rows_are_kept_and_bad_ones_named_with_line_and_reason() {
        let rows = read(
            "\u{feff}provider,reference,email,opted_out\n\
             leap,site-1,ana@example.com,false\n\
             leap,site-2,not an address,\n\
             acme,site-3,,\n\
             leap,x,,\n\
             leap,site-4\n\
             leap,\"site,5\",bo@example.com,maybe\n\
             leap,site-6,,yes\n",
        );
        let problem = |line: u64| rows.iter().find(|row| row.0 == line).unwrap().1.clone().unwrap_err();
        assert_eq!(rows.len(), 7);
        assert_eq!(rows[0], (2, Ok("site-1".to_owned())));
        assert!(problem(3).starts_with("email: not an e-mail address"), "{}", problem(3));
        assert!(problem(4).starts_with("provider: unknown provider"), "{}", problem(4));
        assert!(
            problem(5).starts_with("reference: a reference has 3 to 256 characters"),
            "{}",
            problem(5)
        );
        assert_eq!(problem(6), "the row has 2 fields, the header has 4");
        assert!(
            problem(7).starts_with("opted_out: must be true, false, or channels"),
            "{}",
            problem(7)
        );
        assert_eq!(rows[6], (8, Ok("site-6".to_owned())));
    }

    /// Half a file must not look like a whole one.
    #[test]
    fn an_input_that_fails_in_the_middle_says_so_and_ends() {
        struct Broken;
        impl Read for Broken {
            fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
                Err(std::io::Error::other("the disk is gone"))
            }
        }
        let beginning = "provider,reference\nleap,site-1\nleap,si".as_bytes();
        let rows = Rows::new(beginning.chain(Broken), now(), &hosts()).unwrap();
        let told: Vec<_> = rows
            .map(|row| (row.line, row.contact.map_err(|error| error.to_string())))
            .collect();
        assert_eq!(told.len(), 2, "{told:?}");
        assert!(told[0].1.is_ok());
        assert_eq!(told[1], (3, Err("the file cannot be read: other error".to_owned())));
    }

    #[test]
    fn a_last_row_without_a_line_break_is_read_like_any_other() {
        let rows = read("provider,reference\nleap,site-1\nleap");
        assert_eq!(rows[0], (2, Ok("site-1".to_owned())));
        assert_eq!(rows[1], (3, Err("the row has 1 fields, the header has 2".to_owned())));
        assert_eq!(rows.len(), 2);
    }

    #[test]
    fn a_consent_in_columns_is_whole_or_absent() {
        let rows = read(
            "provider,reference,phone,sms_consent_at,sms_consent_source,sms_consent_version\n\
             leap,site-1,+12025550123,,,\n\
             leap,site-2,+12025550123,2026-06-30T16:00:00Z,page,2026-03\n\
             leap,site-3,+12025550123,2026-06-30T16:00:00Z,,\n",
        );
        assert_eq!(rows[0].1, Ok("site-1".to_owned()));
        assert_eq!(rows[1].1, Ok("site-2".to_owned()));
        let problem = rows[2].1.clone().unwrap_err();
        assert!(
            problem.contains("consent.sms.source: ") && problem.contains("consent.sms.version: "),
            "{problem}"
        );
    }

    #[test]
    fn a_header_must_name_what_is_needed_and_nothing_unknown() {
        let header = |text: &str| {
            Rows::new(text.as_bytes(), now(), &hosts())
                .err()
                .map(|error| error.to_string())
                .unwrap_or_default()
        };
        assert!(header("email\n").starts_with("the header has no column provider"));
        assert!(header("provider,reference,mail\n").starts_with("the header has the unknown column \"mail\""));
        assert_eq!(
            header("provider,reference,reference\n"),
            "the header has the column \"reference\" twice"
        );
    }

    #[test]
    fn an_opt_out_is_a_word_or_channels_and_is_written_as_it_is_read() {
        for (text, expected) in [
            ("true", OptOut::Everything),
            ("false", OptOut::NOTHING),
            ("sms", OptOut::of([Channel::Sms])),
            ("email;sms", OptOut::of([Channel::Email, Channel::Sms])),
        ] {
            assert_eq!(opt_out(text).unwrap(), expected);
            assert_eq!(opted_out(&expected), text);
        }
        assert_eq!(opt_out("sms; email; push;event").unwrap(), OptOut::of(Channel::ALL));
        for bad in ["maybe", "sms,email", ";", "sms;", "SMS"] {
            assert!(opt_out(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn an_export_reads_back_as_it_was() {
        let input = "provider,reference,email,locale,phone,sms_consent_at,sms_consent_source,sms_consent_version,sms_consent_wording,email_consent_at,email_consent_source,email_consent_version\n\
                     leap,\"odd, \"\"one\"\" +@:é\",ana@example.com,es,+12025550123,2026-06-30T16:00:00Z,page,2026-03,\"Text me,\nplease\",2026-06-30T16:00:00Z,shop,v1\n";
        let contact = Rows::new(input.as_bytes(), now(), &hosts())
            .ok()
            .unwrap()
            .next()
            .unwrap()
            .contact
            .unwrap();
        let mut writer = csv::Writer::from_writer(Vec::new());
        writer.write_record(&header()).unwrap();
        writer.write_record(&row(&contact)).unwrap();
        let text = String::from_utf8(writer.into_inner().unwrap()).unwrap();
        let back = Rows::new(text.as_bytes(), now(), &hosts())
            .ok()
            .unwrap()
            .next()
            .unwrap()
            .contact
            .unwrap();
        assert!(back == contact);
    }
}
