//! Writes: one item alone, or several in one transaction.

use std::borrow::Cow;

use core::fmt::Write as _;
use core::future::Future;
use core::time::Duration;

use aws_sdk_dynamodb::types::{AttributeValue, Delete, Put, TransactWriteItem, Update};
use journey::port::StoreError;

use super::fault::{self, Refused};
use super::item::{Item, Key, s};
use super::{MAX_ATTEMPTS, Table};

/// What must be true of an item for a write of it to happen.
#[derive(Clone, Debug, Default)]
pub(super) struct Condition {
    expression: Option<Cow<'static, str>>,
    names: Vec<&'static str>,
    values: Vec<(&'static str, AttributeValue)>,
}

impl Condition {
    /// Whatever is there.
    pub(super) fn none() -> Self {
        Condition::default()
    }

    /// An expression, in which each attribute is written `#name`.
    pub(super) fn that(expression: impl Into<Cow<'static, str>>, names: &[&'static str]) -> Self {
        Condition {
            expression: Some(expression.into()),
            names: names.to_vec(),
            values: Vec::new(),
        }
    }

    /// A value that the expression names.
    #[must_use]
    pub(super) fn with(mut self, name: &'static str, value: AttributeValue) -> Self {
        self.values.push((name, value));
        self
    }
}

/// A change of some attributes of one item; the others stay.
#[derive(Clone, Debug)]
pub(super) struct Change {
    key: Key,
    condition: Condition,
    set: Vec<String>,
    add: Vec<String>,
    remove: Vec<String>,
    names: Vec<&'static str>,
    values: Vec<(String, AttributeValue)>,
}

impl Change {
    pub(super) fn of(key: Key, condition: Condition) -> Self {
        Change {
            key,
            condition,
            set: Vec::new(),
            add: Vec::new(),
            remove: Vec::new(),
            names: Vec::new(),
            values: Vec::new(),
        }
    }

    #[must_use]
    pub(super) fn set(mut self, name: &'static str, value: AttributeValue) -> Self {
        self.set.push(format!("#{name} = :{name}"));
        self.value(name, value)
    }

    #[must_use]
    pub(super) fn set_if_absent(mut self, name: &'static str, value: AttributeValue) -> Self {
        self.set.push(format!("#{name} = if_not_exists(#{name}, :{name})"));
        self.value(name, value)
    }

    /// Adds to a number or to a set; one that is absent counts as zero, or empty.
    #[must_use]
    pub(super) fn add(mut self, name: &'static str, value: AttributeValue) -> Self {
        self.add.push(format!("#{name} :{name}"));
        self.value(name, value)
    }

    #[must_use]
    pub(super) fn remove(mut self, name: &'static str) -> Self {
        self.remove.push(format!("#{name}"));
        self.names.push(name);
        self
    }

    /// Sets an attribute, or removes it.
    #[must_use]
    pub(super) fn set_or_remove(self, name: &'static str, value: Option<AttributeValue>) -> Self {
        match value {
            Some(value) => self.set(name, value),
            None => self.remove(name),
        }
    }

    fn value(mut self, name: &'static str, value: AttributeValue) -> Self {
        self.names.push(name);
        self.values.push((format!(":{name}"), value));
        self
    }

    fn expression(&self) -> String {
        let mut expression = String::new();
        for (clause, parts) in [("SET", &self.set), ("ADD", &self.add), ("REMOVE", &self.remove)] {
            if !parts.is_empty() {
                // Writing to a string does not fail.
                let _ = write!(expression, "{clause} {} ", parts.join(", "));
            }
        }
        expression
    }
}

/// The rest of a write, on whichever of the SDK's builders: they share their methods, but no trait.
macro_rules! conditional {
    ($builder:expr, $condition:expr) => {{
        let condition = $condition;
        let mut builder = $builder.set_condition_expression(condition.expression.map(Cow::into_owned));
        for name in condition.names {
            builder = builder.expression_attribute_names(format!("#{name}"), name);
        }
        for (name, value) in condition.values {
            builder = builder.expression_attribute_values(name, value);
        }
        builder
    }};
}

macro_rules! changing {
    ($builder:expr, $change:expr) => {{
        let change = $change;
        let mut builder = $builder
            .key("pk", change.key.pk())
            .key("sk", change.key.sk())
            .update_expression(change.expression());
        for name in &change.names {
            builder = builder.expression_attribute_names(format!("#{name}"), *name);
        }
        for (name, value) in change.values {
            builder = builder.expression_attribute_values(name, value);
        }
        conditional!(builder, change.condition)
    }};
}

/// One item's part of a transaction.
#[derive(Clone, Debug)]
pub(super) enum Write {
    Change(Change),
    Put(Key, Item, Condition),
    Delete(Key, Condition),
}

/// An item with its key.
fn keyed(key: &Key, mut item: Item) -> Item {
    item.insert("pk".to_owned(), s(&key.pk));
    item.insert("sk".to_owned(), s(&key.sk));
    item
}

impl Table {
    /// Makes one write by itself: half the price of a transaction of one.
    pub(super) async fn write(&self, write: Write) -> Result<(), Refused> {
        match write {
            Write::Change(change) => {
                let request = self.client.update_item().table_name(&*self.name);
                let sent = changing!(request, change).send().await;
                sent.map(|_| ()).map_err(|error| fault::refused("UpdateItem", error))
            }
            Write::Put(key, item, condition) => {
                let request = self.client.put_item().table_name(&*self.name);
                let request = request.set_item(Some(keyed(&key, item)));
                let sent = conditional!(request, condition).send().await;
                sent.map(|_| ()).map_err(|error| fault::refused("PutItem", error))
            }
            Write::Delete(key, condition) => {
                let request = self.client.delete_item().table_name(&*self.name);
                let request = request.key("pk", key.pk()).key("sk", key.sk());
                let sent = conditional!(request, condition).send().await;
                sent.map(|_| ()).map_err(|error| fault::refused("DeleteItem", error))
            }
        }
    }

    /// Makes all writes or none. Each names another item.
    ///
    /// The SDK gives the transaction a token of its own, so that one whose answer was lost on the way
    /// is not taken for a lost race when it is sent again.
    pub(super) async fn write_all(&self, mut writes: Vec<Write>) -> Result<(), Refused> {
        if writes.len() == 1
            && let Some(write) = writes.pop()
        {
            return self.write(write).await;
        }
        let mut request = self.client.transact_write_items();
        for write in writes {
            let part = self.part(write).map_err(fault::incomplete)?;
            request = request.transact_items(part);
        }
        request.send().await.map(|_| ()).map_err(fault::cancelled)
    }

    fn part(&self, write: Write) -> Result<TransactWriteItem, aws_sdk_dynamodb::error::BuildError> {
        let part = TransactWriteItem::builder();
        let part = match write {
            Write::Change(change) => {
                let update = Update::builder().table_name(&*self.name);
                part.update(changing!(update, change).build()?)
            }
            Write::Put(key, item, condition) => {
                let put = Put::builder().table_name(&*self.name);
                let put = put.set_item(Some(keyed(&key, item)));
                part.put(conditional!(put, condition).build()?)
            }
            Write::Delete(key, condition) => {
                let delete = Delete::builder().table_name(&*self.name);
                let delete = delete.key("pk", key.pk()).key("sk", key.sk());
                part.delete(conditional!(delete, condition).build()?)
            }
        };
        Ok(part.build())
    }
}

/// Runs an attempt again for as long as it loses a race, a bounded number of times.
pub(super) async fn race<T, F>(operation: &'static str, attempt: impl Fn() -> F + Send) -> Result<T, StoreError>
where
    F: Future<Output = Result<T, Refused>> + Send,
{
    for lost in 0..MAX_ATTEMPTS {
        pause(lost).await;
        match attempt().await {
            Ok(done) => return Ok(done),
            Err(Refused::Condition | Refused::Contended) => {}
            Err(Refused::Store(error)) => return Err(error),
        }
    }
    Err(fault::crowded(operation))
}

/// Waits before another attempt: not at all at first, then 5 ms and twice as long each time. All eight
/// attempts together wait 0.6 s, which is well inside the time of any caller.
pub(super) async fn pause(lost: u32) {
    if let Some(doublings) = lost.checked_sub(1) {
        tokio::time::sleep(Duration::from_millis(5 << doublings.min(MAX_ATTEMPTS))).await;
    }
}
