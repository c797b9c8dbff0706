//! Pushes, by SNS platform endpoints.

mod outcome;

use aws_sdk_sns::types::MessageAttributeValue;
use journey::port::{Push, SendPush};
use journey::{PushEndpoint, SendOutcome};
use serde_json::json;

use crate::clients::Failure;

/// A phone that is off gets a push when it is on again, and by then the hours may be over: the law's hours end ten
/// minutes early for that.
const LIVES_S: u32 = 600;

/// Sends pushes to the partner's app.
///
/// What became of a push comes back as no event that could be trusted: SNS writes it into a log alone. So a
/// send whose answer was lost stays unknown.
#[derive(Clone, Debug)]
pub struct Pusher {
    client: aws_sdk_sns::Client,
    app: Option<String>,
}

impl Pusher {
    /// A pusher for the endpoints of an app, by the name of its platform applications; without one it refuses every
    /// push. The client must not try a request again ([`Clients::sns`](crate::Clients::sns) does not): SNS has no
    /// token that would make the second one the same message.
    #[must_use]
    pub fn new(client: aws_sdk_sns::Client, app: Option<String>) -> Self {
        Pusher { client, app }
    }
}

impl SendPush for Pusher {
    async fn send_push(&self, push: &Push) -> SendOutcome {
        let journey = &push.key.journey;
        if self.app.as_deref() != Some(push.to.app()) {
            return SendOutcome::Refused {
                why: "this deployment sends no pushes to the app of this endpoint".to_owned(),
            };
        }
        let mut request = self
            .client
            .publish()
            .target_arn(push.to.expose())
            .message_structure("json")
            .message(message(push));
        for (name, value) in attributes(&push.to) {
            let value = MessageAttributeValue::builder().data_type("String").string_value(value);
            // The builder asks for a type, and it is given.
            let Ok(value) = value.build() else {
                return SendOutcome::Refused {
                    why: "an attribute of the push could not be built".to_owned(),
                };
            };
            request = request.message_attributes(name, value);
        }
        match request.send().await {
            Ok(answer) => match answer.message_id {
                Some(message_id) => SendOutcome::Accepted { message_id },
                None => {
                    tracing::error!(%journey, "SNS took a push and gave it no identifier");
                    SendOutcome::Ambiguous
                }
            },
            Err(error) => outcome::read(journey, &Failure::of(&error)),
        }
    }
}

/// The push in the form of each service, of which SNS takes the endpoint's; the words alone for any other.
///
/// <https://docs.aws.amazon.com/sns/latest/dg/sns-send-custom-platform-specific-payloads-mobile-devices.html>
fn message(push: &Push) -> String {
    let apple = json!({
        "aps": { "alert": { "title": push.title, "body": push.body } },
        "url": push.url,
    })
    .to_string();
    let google = json!({
        "fcmV1Message": {
            "message": {
                "notification": { "title": push.title, "body": push.body },
                "android": { "ttl": format!("{LIVES_S}s") },
                "data": { "url": push.url },
            },
        },
    });
    json!({
        "default": push.body,
        "APNS": apple,
        "APNS_SANDBOX": apple,
        "GCM": google.to_string(),
    })
    .to_string()
}

/// How long a push lives (<https://docs.aws.amazon.com/sns/latest/dg/sns-ttl.html>), and that it is shown.
fn attributes(to: &PushEndpoint) -> Vec<(String, String)> {
    let platform = match to.platform() {
        "GCM" => "FCM",
        other => other,
    };
    let mut attributes = vec![(format!("AWS.SNS.MOBILE.{platform}.TTL"), LIVES_S.to_string())];
    if platform.starts_with("APNS") {
        attributes.push(("AWS.SNS.MOBILE.APNS.PUSH_TYPE".to_owned(), "alert".to_owned()));
    }
    attributes
}

#[cfg(test)]
mod tests;
