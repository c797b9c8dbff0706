//! What happens from outside: customers act, webhooks arrive, timers fire, the sender tells.

use std::sync::OnceLock;

use journey::contact::OptOut;
use journey::port::{Precondition, Suppress};
use journey::{Provider, SendTags};
use rand::RngExt;
use serde_json::json;
use webhook::{Request, Secret, Secrets};

use crate::case::{Act, Case, Doing, HOUR, MINUTE, SECOND, When, ts};
use crate::fault::{Kind, Of, Stream, Who, draw_for};
use crate::moment::Moment;
use crate::ports::lock;
use crate::run::{Ending, REDELIVERED_AFTER_MIN, Run};
use crate::state::{Item, State, id_key, next};
use crate::words::Words;

const SECRET: &str = "an invented secret of some length";
const ACCOUNT: &str = "123456789012";
const CONFIGURATION_SET: &str = "rekindle";

fn webhook_config() -> &'static webhook::Config {
    static CONFIG: OnceLock<webhook::Config> = OnceLock::new();
    CONFIG.get_or_init(|| webhook::Config {
        leap: Some(Secrets {
            current: Secret::new(SECRET).unwrap(),
            other: None,
        }),
        bayou: None,
        id_key: id_key().clone(),
        reserved_prefixes: Vec::new(),
    })
}

fn feedback_config() -> &'static feedback::Config {
    static CONFIG: OnceLock<feedback::Config> = OnceLock::new();
    CONFIG.get_or_init(|| feedback::Config {
        id_key: id_key().clone(),
        account: ACCOUNT.to_owned(),
        configuration_set: CONFIGURATION_SET.to_owned(),
        topic_arn: None,
        replies_topic_arn: None,
    })
}

impl Run {
    /// A customer does something: the provider's record follows, and it sends its webhook.
    pub(crate) fn act(&mut self, case: &Case, customer: u8, act: u32) {
        let person = &case.customers[usize::from(customer)];
        let Act { when, doing } = &person.acts[act as usize];
        let mut state = lock(&self.shared);
        let state = &mut *state;
        state.tell(|| format!("customer {customer} does {}: {}", act, word(doing)));
        if matches!(doing, Doing::Put(_) | Doing::OptOut | Doing::OptIn | Doing::Erase) {
            let now = state.now;
            return state.push(
                now,
                Item::Contact {
                    customer,
                    act,
                    attempt: 0,
                },
            );
        }
        if *doing == Doing::Bounce {
            return state.bounce(customer, act);
        }
        let who = Who {
            of: Of::Webhook,
            customer,
            a: act,
            b: 0,
        };
        let mut random = draw_for(case.seed, Stream::Fault, who, 0);
        let drawn: [u32; 6] = random.random();
        if let Doing::Meter { .. } = doing {
            state.rows[usize::from(customer)].record.meter = true;
        } else if person.listed {
            let mut lag = i64::from(drawn[0] % 2_000);
            if state.strikes(Kind::ProviderLags, who, 0, drawn[1], 1_000) {
                lag += random.random_range(0..20 * MINUTE);
            }
            let (now, shown) = (state.now, state.now + lag);
            state.rows[usize::from(customer)].record.act(doing, now, shown);
            // The pass of each minute would read it again for an hour; some do.
            for at in [shown, shown + MINUTE, shown + 31 * MINUTE] {
                state.push(next(at + 1, MINUTE), Item::Pass);
            }
        }
        if body(case, customer, act).is_none() {
            return;
        }
        if state.strikes(Kind::WebhookLost, who, 0, drawn[2], 1_000) {
            return;
        }
        // What is to meet a moment must not be slower than the moment.
        let longest = match when {
            When::At(_) => 1_500,
            When::Upon(_) => 60,
        };
        let mut at = state.now + i64::from(drawn[0] % longest) + 5;
        let mut delivery = 0;
        if state.strikes(Kind::WebhookLate, who, 0, drawn[3], 1_000) {
            delivery = random.random_range(1..=REDELIVERED_AFTER_MIN.len());
            at += REDELIVERED_AFTER_MIN[..delivery].iter().sum::<i64>() * MINUTE;
        }
        if state.strikes(Kind::WebhookReordered, who, 0, drawn[4], 2_000) {
            at += random.random_range(0..10 * MINUTE);
        }
        state.push(
            at,
            Item::Deliver {
                customer,
                act,
                delivery: delivery as u16,
            },
        );
        if state.strikes(Kind::WebhookTwice, who, 0, drawn[5], 1_000) {
            let at = at + [0, 20, 2 * MINUTE, 8 * HOUR][random.random_range(0..4)];
            state.push(
                at,
                Item::Deliver {
                    customer,
                    act,
                    delivery: 100,
                },
            );
        }
    }

    pub(crate) fn webhook(&mut self, case: &Case, customer: u8, act: u32, delivery: u16) {
        let Some(body) = body(case, customer, act) else { return };
        let who = Who {
            of: Of::Webhook,
            customer,
            a: act,
            b: delivery + 1,
        };
        let campaign = self.campaign();
        self.start(who, 10 * SECOND, |ports| {
            Box::pin(async move {
                let secret: &[u8] = SECRET.as_bytes();
                let request = Request {
                    secret_values: &[secret],
                    content_type: Some("application/json"),
                    body: body.as_bytes(),
                };
                Ending::Webhook(webhook::handle(&ports, webhook_config(), &campaign, request).await)
            })
        });
    }

    pub(crate) fn contact(&mut self, case: &Case, customer: u8, act: u32, attempt: u16) {
        let who = Who {
            of: Of::Contact,
            customer,
            a: act,
            b: attempt,
        };
        let person = &case.customers[usize::from(customer)];
        let doing = person.acts[act as usize].doing.clone();
        let reference = person.contact.reference.clone();
        let campaign = self.campaign();
        let (id, now) = {
            let state = lock(&self.shared);
            (state.rows[usize::from(customer)].journey_id.clone(), ts(state.now))
        };
        self.start(who, 20 * SECOND, |ports| {
            Box::pin(async move {
                let none = Precondition::None;
                let done = match doing {
                    Doing::Put(contact) => contacts::put(&ports, id_key(), &campaign, &contact, &none)
                        .await
                        .is_ok(),
                    Doing::Erase => {
                        let erased = contacts::erase(&ports, id_key(), &campaign, Provider::Leap, &reference, &none);
                        erased.await.is_ok()
                    }
                    Doing::OptOut => ports.set_opted_out(&id, &OptOut::Everything, now).await.is_ok(),
                    Doing::OptIn => ports.set_opted_out(&id, &OptOut::NOTHING, now).await.is_ok(),
                    _ => true,
                };
                Ending::Done(done)
            })
        });
    }

    pub(crate) fn fire(&mut self, customer: u8, generation: u32, firing: u16) {
        let who = Who {
            of: Of::Fire,
            customer,
            a: generation,
            b: firing,
        };
        let campaign = self.campaign();
        let (journey, limit) = {
            let mut state = lock(&self.shared);
            // A program on one machine is ended by nobody.
            let limit = if state.case.answers_look_ups {
                10 * MINUTE
            } else {
                MINUTE
            };
            let now = state.now;
            state.moment(usize::from(customer), Moment::Fired, now);
            (state.rows[usize::from(customer)].journey_id.clone(), limit)
        };
        self.start(who, limit, |ports| {
            Box::pin(async move {
                let fired = touchpoint::fire(&ports, &Words, &campaign, &journey, generation).await;
                Ending::Done(fired.is_ok())
            })
        });
    }

    pub(crate) fn told(&mut self, case: &Case, customer: u8, message: u32, event: u16) {
        let who = Who {
            of: Of::Feedback,
            customer,
            a: message,
            b: event,
        };
        let campaign = self.campaign();
        let payload = {
            let mut state = lock(&self.shared);
            let state = &mut *state;
            let Some(sent) = state.oracle.messages.get(message as usize).cloned() else {
                return;
            };
            let now = state.now;
            let drawn: [u32; 6] = draw_for(case.seed, Stream::Fault, who, 0).random();
            if event == 0 {
                if state.strikes(Kind::EventsUnreliable, who, 0, drawn[0], 1_000) {
                    match drawn[1] % 3 {
                        0 => return,
                        1 => {
                            return state.push(
                                now + i64::from(drawn[2] % 7_200) * SECOND,
                                Item::Told {
                                    customer,
                                    message,
                                    event: 1,
                                },
                            );
                        }
                        _ => state.push(
                            now + i64::from(drawn[2] % 600) * SECOND,
                            Item::Told {
                                customer,
                                message,
                                event: 1,
                            },
                        ),
                    }
                }
                if state.strikes(Kind::Bounces, who, 1, drawn[3], 1_000) {
                    let event = if drawn[4].is_multiple_of(2) { 10 } else { 20 };
                    state.push(
                        now + i64::from(drawn[5] % 3_600) * SECOND,
                        Item::Told {
                            customer,
                            message,
                            event,
                        },
                    );
                }
            }
            let tags: serde_json::Map<_, _> = SendTags::of(id_key(), &sent.key)
                .into_iter()
                .map(|(name, value)| (name.to_owned(), json!([value])))
                .chain([("ses:configuration-set".to_owned(), json!([CONFIGURATION_SET]))])
                .collect();
            let (kind, name) = match event {
                10..20 | 30..40 => ("Email Bounced", "Bounce"),
                20..30 | 40..50 => ("Email Complaint Received", "Complaint"),
                _ => ("Email Sent", "Send"),
            };
            json!({
                "source": "aws.ses", "account": ACCOUNT, "detail-type": kind,
                "detail": {
                    "eventType": name,
                    "mail": {
                        "timestamp": ts(sent.at), "messageId": format!("message-{message}"),
                        "destination": [sent.to], "tags": tags,
                    },
                    "bounce": {"bounceType": "Permanent", "bouncedRecipients": [{"emailAddress": sent.to}]},
                    "complaint": {"complainedRecipients": [{"emailAddress": sent.to}]},
                },
            })
        };
        self.start(who, 30 * SECOND, |ports| {
            Box::pin(async move {
                let taken = feedback::handle(&ports, feedback_config(), &campaign, None, &payload).await;
                Ending::Done(taken.is_ok())
            })
        });
    }
}

/// The webhook of an act, if it has one.
fn body(case: &Case, customer: u8, act: u32) -> Option<String> {
    let person = &case.customers[usize::from(customer)];
    let session = |status| ("connect_session.updated", status);
    let login = |status| ("connect_session.authorization_updated", status);
    let (kind, status) = match &person.acts[act as usize].doing {
        Doing::Open | Doing::Anew => session("CREATED"),
        Doing::Step => session("UPDATED"),
        Doing::Close => session("CLOSED"),
        Doing::Complete if person.contact.flow == journey::Flow::DirectToUtility => return None,
        Doing::Complete => session("COMPLETED"),
        Doing::LoginReached => login("INITIATED"),
        Doing::LoginFailed(_) => login("FAILED"),
        Doing::LoginSucceeded => login("COMPLETED"),
        Doing::Meter { announced: true } => ("meter.created", ""),
        Doing::Meter { announced: false }
        | Doing::Put(_)
        | Doing::OptOut
        | Doing::OptIn
        | Doing::Erase
        | Doing::Bounce => {
            return None;
        }
    };
    let id = State::event_id(customer, act);
    let reference = person.contact.reference.expose();
    Some(format!(
        r#"{{"webhook_event_id":"{id}","payload":{{"webhook_event_type":"{kind}","partner_reference":"{reference}","status":"{status}","utility_name":"PGE","meter_type":"UTILITY_METER"}}}}"#
    ))
}

fn word(doing: &Doing) -> String {
    match doing {
        Doing::Put(contact) => format!("put, zone {:?}", contact.zone),
        other => format!("{other:?}"),
    }
}
