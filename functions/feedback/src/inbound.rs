//! What people answer to a text: STOP, START, HELP, or something else.
//!
//! AWS hands each answer to an SNS topic ([its form][1]). It promises no order, and may deliver twice. The answer
//! has no time of its own, so SNS's counts: when it was published, the same at every delivery. A START takes back
//! only a STOP before it. The other way round nothing is kept that could be compared: a STOP that is delivered
//! once more after the START closes the number again, which errs on the side of peace.
//!
//! A STOP is kept with the number and nothing else, and ends every channel of whoever has the number
//! ([`Known::stopped_since`]): a contact that is imported later is silent too, and an erasure leaves no more
//! than the number's keyed hash.
//!
//! [1]: https://docs.aws.amazon.com/sms-voice/latest/userguide/two-way-sms-payload.html
//!
//! [`Known::stopped_since`]: journey::contact::Known::stopped_since

use journey::contact::SuppressedFor;
use journey::port::{AnswerText, Clock, Count, SuppressAddress, Timestamp};
use journey::{AddressId, Keyword, PhoneNumber};
use serde::Deserialize;
use serde_json::Value;

use crate::envelope::Unusable;
use crate::help::Help;
use crate::{Config, NotTaken};

/// What a person answered.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Reply {
    from: PhoneNumber,
    keyword: Option<Keyword>,
    /// When it was published, if SNS said so.
    at: Option<Timestamp>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Inbound {
    origination_number: String,
    message_body: String,
}

/// Reads one answer. A number of another country got no text from us.
pub(crate) fn read(body: &Value, at: Option<Timestamp>) -> Result<Reply, Unusable> {
    let inbound = Inbound::deserialize(body).map_err(|_| Unusable::Malformed("not an answer to a text"))?;
    let from = PhoneNumber::new(&inbound.origination_number).map_err(|_| Unusable::Foreign("another country"))?;
    let keyword = Keyword::read(&inbound.message_body);
    Ok(Reply { from, keyword, at })
}

/// Does what the person asks for.
///
/// A START takes back what a STOP has done and what the sender's list said; if the list still has the number, the
/// next text is refused, and the number closed again.
pub(crate) async fn apply<P>(ports: &P, config: &Config, help: Option<Help<'_>>, reply: &Reply) -> Result<(), NotTaken>
where
    P: Clock + SuppressAddress + AnswerText + Count,
{
    let number = AddressId::of_number(&config.id_key, &reply.from);
    let now = ports.now();
    let at = reply.at.map_or(now, |at| at.min(now));
    let counter = match reply.keyword {
        Some(Keyword::Stop) => {
            ports.suppress_address(&number, SuppressedFor::Stop, at).await?;
            "reply.stop"
        }
        Some(Keyword::Start) => {
            for why in [SuppressedFor::Stop, SuppressedFor::SenderList] {
                ports.reopen_address(&number, why, at).await?;
            }
            "reply.start"
        }
        Some(Keyword::Help(asked_in)) => {
            if let Some(help) = help {
                help.answer(ports, &reply.from, &number, asked_in).await?;
            }
            "reply.help"
        }
        None => "reply.not_understood",
    };
    tracing::info!(counter, "answer to a text");
    ports.count(counter, 1);
    Ok(())
}
