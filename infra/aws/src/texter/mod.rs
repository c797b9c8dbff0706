//! Texts, by SNS.

mod outcome;

use aws_sdk_sns::types::MessageAttributeValue;
use journey::port::{AnswerText, SendText, Text};
use journey::{JourneyId, PhoneNumber, SendOutcome};
use tracing::field::display;

use crate::clients::Failure;
use crate::config::TextsConfig;

/// Sends texts to phone numbers from a number of the account.
///
/// What became of a text comes back as no event that could be trusted: SNS writes it into a log alone. So a
/// send whose answer was lost stays unknown.
#[derive(Clone, Debug)]
pub struct Texter {
    client: aws_sdk_sns::Client,
    config: Option<TextsConfig>,
}

impl Texter {
    /// A texter; without a configuration it refuses every text. The client must not try a request again
    /// ([`Clients::sns`](crate::Clients::sns) does not): SNS has no token that would make the second one
    /// the same message.
    #[must_use]
    pub fn new(client: aws_sdk_sns::Client, config: Option<TextsConfig>) -> Self {
        Texter { client, config }
    }

    /// Is the number on the account's list of those who answered STOP? Publishing to one that is would be
    /// acknowledged like any other, and the text dropped.
    async fn is_opted_out(&self, number: &str) -> Result<bool, Failure> {
        let answer = self
            .client
            .check_if_phone_number_is_opted_out()
            .phone_number(number)
            .send()
            .await;
        answer
            .map(|answer| answer.is_opted_out)
            .map_err(|error| Failure::of(&error))
    }
}

impl SendText for Texter {
    async fn send_text(&self, text: &Text) -> SendOutcome {
        self.hand_over(Some(&text.key.journey), &text.to, &text.body).await
    }
}

impl AnswerText for Texter {
    async fn answer_text(&self, to: &PhoneNumber, body: &str) -> SendOutcome {
        self.hand_over(None, to, body).await
    }
}

impl Texter {
    /// Sends words to a number; the log names the journey that they belong to, if there is one.
    async fn hand_over(&self, journey: Option<&JourneyId>, to: &PhoneNumber, body: &str) -> SendOutcome {
        let Some(config) = &self.config else {
            return SendOutcome::Refused {
                why: "this deployment has no number to send texts from".to_owned(),
            };
        };
        let number = to.expose();
        let named = journey.map(display);
        match self.is_opted_out(number).await {
            Ok(false) => {}
            Ok(true) => return SendOutcome::OptedOut,
            // Nothing was sent yet, whatever the answer.
            Err(failure) => {
                tracing::error!(journey = named, %failure, "the list of opt-outs could not be asked; the text waits");
                return SendOutcome::Throttled;
            }
        }
        let attributes = [
            ("AWS.SNS.SMS.SMSType", "String", "Transactional"),
            ("AWS.SNS.SMS.MaxPrice", "Number", &config.max_price),
            ("AWS.MM.SMS.OriginationNumber", "String", &config.origination_number),
        ];
        let mut request = self.client.publish().phone_number(number).message(body);
        for (name, kind, value) in attributes {
            let value = MessageAttributeValue::builder().data_type(kind).string_value(value);
            // The builder asks for a type, and it is given.
            let Ok(value) = value.build() else {
                return SendOutcome::Refused {
                    why: "an attribute of the text could not be built".to_owned(),
                };
            };
            request = request.message_attributes(name, value);
        }
        match request.send().await {
            Ok(answer) => match answer.message_id {
                Some(message_id) => SendOutcome::Accepted { message_id },
                None => {
                    tracing::error!(journey = named, "SNS took a text and gave it no identifier");
                    SendOutcome::Ambiguous
                }
            },
            Err(error) => {
                let failure = Failure::of(&error);
                let ours = outcome::is_about_the_origination(&error);
                outcome::read(journey, &failure, ours)
            }
        }
    }
}

#[cfg(test)]
mod tests;
