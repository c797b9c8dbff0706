//! The webhook's two calls alone: read a journey, write it on condition, with the functions' own client.

use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use journey::JourneyId;

use super::functions::STACK;

/// A copy of a journey's item, under a name that no journey has.
pub(crate) struct TwoCalls {
    client: Client,
    contact: String,
    records: [String; 2],
    due: [AttributeValue; 4],
    version: u64,
}

/// The key of the copy.
const KEY: &str = "F#copy";

fn text(text: &str) -> AttributeValue {
    AttributeValue::S(text.to_owned())
}

fn number(number: u64) -> AttributeValue {
    AttributeValue::N(number.to_string())
}

impl TwoCalls {
    /// Copies a journey's item.
    pub(crate) async fn like(client: Client, journey: &JourneyId) -> anyhow::Result<Self> {
        let get = client
            .get_item()
            .table_name(STACK)
            .key("pk", text(&format!("J#{journey}")));
        let item = get.key("sk", text("-")).send().await?.item.context("no such journey")?;
        let attribute = |name: &str| {
            item.get(name)
                .cloned()
                .with_context(|| format!("the journey has no {name}"))
        };
        let is_text = |value: AttributeValue| value.as_s().cloned().ok().context("not a text");
        let record = is_text(attribute("r")?)?;
        // Another record of the same size: a write that changes nothing could cost less.
        let other = record.replacen("\"ep\":1", "\"ep\":2", 1);
        ensure!(other != record, "the record has another form");
        let due = [attribute("d")?, attribute("u")?, attribute("z")?, attribute("g")?];
        let mut copy = item.clone();
        copy.insert("pk".to_owned(), text(KEY));
        copy.insert("v".to_owned(), number(1));
        client.put_item().table_name(STACK).set_item(Some(copy)).send().await?;
        Ok(TwoCalls {
            contact: is_text(attribute("c")?)?,
            client,
            records: [record, other],
            due,
            version: 1,
        })
    }

    /// Makes both, and answers how long they took together.
    pub(crate) async fn make(&mut self) -> anyhow::Result<Duration> {
        let next = self.version + 1;
        let [even, odd] = &self.records;
        let record = text(if next.is_multiple_of(2) { even } else { odd });
        let [lane, at, closes, generation] = self.due.clone();
        let began = Instant::now();
        let get = self.client.get_item().table_name(STACK).consistent_read(true);
        let read = get.key("pk", text(KEY)).key("sk", text("-")).send().await?;
        ensure!(read.item.is_some(), "the copy is gone");
        let mut update = self
            .client
            .update_item()
            .table_name(STACK)
            .key("pk", text(KEY))
            .key("sk", text("-"))
            .update_expression("SET #r = :r, #v = :v, #d = :d, #u = :u, #z = :z, #g = :g, #c = :c REMOVE #ttl")
            .condition_expression("#v = :expected");
        for name in ["r", "v", "d", "u", "z", "g", "c", "ttl"] {
            update = update.expression_attribute_names(format!("#{name}"), name);
        }
        for (name, value) in [
            (":r", record),
            (":v", number(next)),
            (":d", lane),
            (":u", at),
            (":z", closes),
            (":g", generation),
            (":c", text(&self.contact)),
            (":expected", number(self.version)),
        ] {
            update = update.expression_attribute_values(name, value);
        }
        update.send().await?;
        self.version = next;
        Ok(began.elapsed())
    }
}
