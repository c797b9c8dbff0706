//! Mail, by SES.

mod outcome;
mod request;

use journey::port::{Email, LookUpSend, SendEmail};
use journey::{IdKey, Resolution, SendKey, SendOutcome};

use crate::clients::{Failure, warm};

/// Who a message is from, as the campaign says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sender {
    /// The name shown.
    pub name: String,
    /// The address: of an identity that is verified with SES.
    pub address: String,
    /// Where answers go, if not there.
    pub reply_to: Option<String>,
    /// The campaign's name, for `Feedback-ID`.
    pub campaign: String,
}

/// Sends mail through a configuration set, whose events tell what became of it.
#[derive(Clone, Debug)]
pub struct Mailer {
    client: aws_sdk_sesv2::Client,
    id_key: IdKey,
    configuration_set: String,
    sender: Sender,
}

impl Mailer {
    /// A mailer. The client must not try a request again ([`Clients::ses`](crate::Clients::ses) does not):
    /// SES has no token that would make the second one the same message.
    #[must_use]
    pub fn new(client: aws_sdk_sesv2::Client, id_key: IdKey, configuration_set: String, sender: Sender) -> Self {
        Mailer {
            client,
            id_key,
            configuration_set,
            sender,
        }
    }

    /// The same mailer for another sender: after a new campaign was pushed.
    #[must_use]
    pub fn with_sender(&self, sender: Sender) -> Self {
        Mailer { sender, ..self.clone() }
    }

    /// Makes the connection before the first mail. Needs `ses:GetConfigurationSet`.
    pub async fn warm_up(&self) {
        let request = self
            .client
            .get_configuration_set()
            .configuration_set_name(&self.configuration_set);
        warm("ses", request.send()).await;
    }
}

impl SendEmail for Mailer {
    async fn send_email(&self, email: &Email) -> SendOutcome {
        let journey = &email.key.journey;
        let Ok(parts) = request::compose(email, &self.sender, &self.id_key) else {
            tracing::warn!(%journey, "the address is not one of the form name@domain");
            return SendOutcome::Refused {
                why: "the address is not one of the form name@domain".to_owned(),
            };
        };
        let answer = self
            .client
            .send_email()
            .from_email_address(parts.from)
            .destination(parts.destination)
            .set_reply_to_addresses(parts.reply_to.map(|address| vec![address]))
            .content(parts.content)
            .set_email_tags(Some(parts.tags))
            .configuration_set_name(&self.configuration_set)
            .send()
            .await;
        match answer {
            Ok(answer) => match answer.message_id {
                Some(message_id) => SendOutcome::Accepted { message_id },
                None => {
                    tracing::error!(%journey, "SES took a message and gave it no identifier");
                    SendOutcome::Ambiguous
                }
            },
            Err(error) => {
                let failure = Failure::of(&error);
                let says_unverified = outcome::says_unverified(&error);
                outcome::read(journey, &failure, says_unverified)
            }
        }
    }
}

impl LookUpSend for Mailer {
    /// Always [`Resolution::Unknown`]: SES cannot be asked for a message by its tags. What became of a
    /// send comes by itself, as the event of the configuration set that carries the tags, and `feedback`
    /// resolves it; without such an event it stays unknown, and is never sent again.
    async fn look_up_send(&self, _key: &SendKey) -> Resolution {
        Resolution::Unknown
    }
}

#[cfg(test)]
mod tests;
