//! Reading all contacts, page by page: a scan of the table, for an export and nothing else.

use data_encoding::BASE64URL_NOPAD;
use journey::port::{ContactPage, ListContacts, PageError, StoreError};

use super::Table;
use super::fault;
use super::item::{self, CONTACT_PREFIX, Item, Key, s};
use super::people;

/// Pages of DynamoDB's, 1 MB at most, that one call reads. Between contacts lie the journeys: a call
/// that finds no contact in 8 MB, which takes it about a second, answers with a cursor instead.
const SCANNED_PAGES: usize = 8;

/// Where the partition key ends in a cursor: no key of ours has this character.
const END_OF_PK: char = '\n';

impl ListContacts for Table {
    /// In the order of the table's own hashes. A record that cannot be read is left out and logged: it
    /// must not hide those that follow.
    async fn list_contacts(&self, limit: usize, after: Option<&str>) -> Result<ContactPage, PageError> {
        let limit = limit.max(1);
        let mut from = after
            .map(|text| read_cursor(text).ok_or(PageError::BadCursor))
            .transpose()?;
        let mut contacts = Vec::new();
        for _ in 0..SCANNED_PAGES {
            let (items, end) = self.scan(from.as_ref()).await?;
            for item in &items {
                match people::stored(item) {
                    Ok(stored) => contacts.push(stored.contact),
                    Err(error) => tracing::error!(
                        contact = item::text(item, "pk").unwrap_or("unreadable"),
                        error = &error as &dyn core::error::Error,
                        "a contact was left out of a page"
                    ),
                }
                if contacts.len() == limit {
                    let next = key_of(item)?;
                    return Ok(ContactPage {
                        contacts,
                        next: Some(cursor(&next)),
                    });
                }
            }
            from = end;
            if from.is_none() {
                break;
            }
        }
        Ok(ContactPage {
            contacts,
            next: from.as_ref().map(cursor),
        })
    }
}

impl Table {
    /// One page of the contacts' items, and where it ended.
    async fn scan(&self, from: Option<&Key>) -> Result<(Vec<Item>, Option<Key>), StoreError> {
        let mut request = self
            .client
            .scan()
            .table_name(&*self.name)
            .consistent_read(true)
            .filter_expression("begins_with(pk, :contacts)")
            .expression_attribute_values(":contacts", s(CONTACT_PREFIX));
        if let Some(from) = from {
            request = request
                .exclusive_start_key("pk", from.pk())
                .exclusive_start_key("sk", from.sk());
        }
        let page = request
            .send()
            .await
            .map_err(|error| fault::unavailable("Scan", error))?;
        let end = page.last_evaluated_key.as_ref().map(key_of).transpose()?;
        Ok((page.items.unwrap_or_default(), end))
    }
}

fn key_of(item: &Item) -> Result<Key, StoreError> {
    Ok(Key::of(
        item::text(item, "pk")?.to_owned(),
        item::text(item, "sk")?.to_owned(),
    ))
}

/// A place in the table, opaque to those who carry it. Keys are hashes and fixed words.
fn cursor(key: &Key) -> String {
    BASE64URL_NOPAD.encode(format!("{}{END_OF_PK}{}", key.pk, key.sk).as_bytes())
}

fn read_cursor(text: &str) -> Option<Key> {
    /// DynamoDB's limits on the keys of an item, in bytes.
    const MAX_PK: usize = 2_048;
    const MAX_SK: usize = 1_024;
    let decoded = String::from_utf8(BASE64URL_NOPAD.decode(text.as_bytes()).ok()?).ok()?;
    let (pk, sk) = decoded.split_once(END_OF_PK)?;
    let fits = (1..=MAX_PK).contains(&pk.len()) && (1..=MAX_SK).contains(&sk.len());
    // Every partition of ours has a name of one letter, and most of them more behind a `#`.
    let ours = pk == item::CAMPAIGNS || pk.as_bytes().get(1) == Some(&b'#');
    (fits && ours).then(|| Key::of(pk.to_owned(), sk.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_reads_back_and_hides_the_key() {
        for key in [
            Key::of("C#abc".to_owned(), "-".to_owned()),
            Key::of("N#2026-11-22".to_owned(), "sent/SDGE/1".to_owned()),
            Key::active_campaign(),
        ] {
            assert_eq!(read_cursor(&cursor(&key)), Some(key));
        }
    }

    #[test]
    fn what_was_never_handed_out_is_refused() {
        let encoded = |text: &str| BASE64URL_NOPAD.encode(text.as_bytes());
        for foreign in [
            "",
            "garbage",
            "!",
            "Q0M=",
            &encoded("C#abc"),
            &encoded("\n-"),
            &encoded("C#abc\n"),
            &encoded("x\ny"),
            &encoded(&format!("C#{}\n-", "a".repeat(3_000))),
        ] {
            assert_eq!(read_cursor(foreign), None, "{foreign}");
        }
    }
}
