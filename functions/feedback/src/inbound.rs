//! What people answer to a text: STOP, START, HELP, or something else.
//!
//! AWS hands each answer to an SNS topic ([its form][1]). It promises no order, and may deliver twice: both change
//! nothing about a STOP, which is kept with the number from the first time on. It is kept with nothing else, and
//! ends every channel of whoever has the number ([`Known::stopped_since`]): a contact that is imported
//! later is silent too, and an erasure leaves no more than the number's keyed hash.
//!
//! [1]: https://docs.aws.amazon.com/sms-voice/latest/userguide/two-way-sms-payload.html
//!
//! [`Known::stopped_since`]: journey::contact::Known::stopped_since

use journey::contact::SuppressedFor;
use journey::port::{Clock, Count, StoreError, SuppressAddress};
use journey::{AddressId, Keyword, PhoneNumber};
use serde::Deserialize;
use serde_json::Value;

use crate::Config;
use crate::envelope::Unusable;

/// What a person answered.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Reply {
    from: PhoneNumber,
    keyword: Option<Keyword>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Inbound {
    origination_number: String,
    message_body: String,
}

/// Reads one answer. A number of another country got no text from us.
pub(crate) fn read(body: &Value) -> Result<Reply, Unusable> {
    let inbound = Inbound::deserialize(body).map_err(|_| Unusable::Malformed("not an answer to a text"))?;
    let from = PhoneNumber::new(&inbound.origination_number).map_err(|_| Unusable::Foreign("another country"))?;
    let keyword = Keyword::read(&inbound.message_body);
    Ok(Reply { from, keyword })
}

/// Does what the person asks for.
///
/// A START takes back what a STOP has done and what the sender's list said; if the list still has the number, the
/// next text is refused, and the number closed again. HELP is answered by the keyword of the number itself.
pub(crate) async fn apply<P>(ports: &P, config: &Config, reply: &Reply) -> Result<(), StoreError>
where
    P: Clock + SuppressAddress + Count,
{
    let number = AddressId::of_number(&config.id_key, &reply.from);
    let counter = match reply.keyword {
        Some(Keyword::Stop) => {
            ports
                .suppress_address(&number, SuppressedFor::Stop, ports.now())
                .await?;
            "reply.stop"
        }
        Some(Keyword::Start) => {
            for why in [SuppressedFor::Stop, SuppressedFor::SenderList] {
                ports.reopen_address(&number, why, ports.now()).await?;
            }
            "reply.start"
        }
        Some(Keyword::Help(_)) => "reply.help",
        None => "reply.not_understood",
    };
    tracing::info!(counter, "answer to a text");
    ports.count(counter, 1);
    Ok(())
}
