//! Customers read their mail: each new message in the outbox is looked at once.

use std::collections::VecDeque;

use anyhow::Context;
use url::Url;

use super::cast::Cast;
use crate::world::World;

/// How far the outbox has been read.
#[derive(Default)]
pub(crate) struct Mailbox {
    read: u64,
}

impl Mailbox {
    /// Hands what is new to the customers.
    pub(crate) fn deliver(&mut self, world: &World, cast: &Cast) -> anyhow::Result<()> {
        let mut new = VecDeque::new();
        for message in world.outbox.recent_messages(usize::MAX)? {
            if message.id <= self.read {
                break;
            }
            new.push_front(message);
        }
        for message in new {
            self.read = message.id;
            let html = world.outbox.message_html(message.id)?.context("a mail of the outbox")?;
            let resume = resume_url(&html, &world.composer.public_url);
            let (reference, touch) = (message.line.reference.expose(), u32::from(message.line.touch.0));
            cast.read_mail(message.line.provider, reference, touch, resume);
        }
        Ok(())
    }
}

/// The link that a person would click: the first one to our resume page.
fn resume_url(html: &str, public_url: &str) -> Option<Url> {
    let start = html.find(&format!("{public_url}/r/"))?;
    let rest = html.get(start..)?;
    let end = rest.find(['"', '\'', '<', ' ', '&']).unwrap_or(rest.len());
    Url::parse(rest.get(..end)?).ok()
}
