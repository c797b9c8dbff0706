//! What happens from outside: customers act, webhooks arrive, timers fire, the sender tells.

use std::sync::OnceLock;

use journey::contact::{Contact, OptOut};
use journey::port::{FindContact, LoadJourney, Precondition, ReadStatus, StoreError, Suppress};
use journey::protocol::{IfAbsent, Person, take};
use journey::{Campaign, Event, JourneyId, Phase, Provider, Purpose, References, SendTags, ToldBy};
use rand::RngExt;
use serde_json::json;
use webhook::{BayouHook, Request, Secret, Secrets};

use crate::bayou;
use crate::case::{Act, Case, Customer, Doing, HOUR, MINUTE, SECOND, When, ts};
use crate::fault::{Kind, Of, Stream, Who, draw_for};
use crate::light::{self, Enrolling, Taking};
use crate::moment::Moment;
use crate::ports::{Ports, lock};
use crate::record::Record;
use crate::run::{Ending, REDELIVERED_AFTER_MIN, Run};
use crate::state::{Item, Row, State, id_key, next};
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
        bayou: Some(BayouHook {
            secrets: Secrets {
                current: Secret::new(SECRET).unwrap(),
                other: None,
            },
            references: References::ExternalId,
        }),
        light: Some(light::hook()),
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
        let to_us = matches!(
            doing,
            Doing::Put(_)
                | Doing::OptOut
                | Doing::OptIn
                | Doing::Erase
                | Doing::FollowLink
                | Doing::Enrol(Enrolling::Support(_))
        );
        let through_us = matches!(doing, Doing::Enrol(Enrolling::Takes { ours: true, .. }));
        if to_us || through_us {
            let now = state.now;
            state.push(
                now,
                Item::Contact {
                    customer,
                    act,
                    attempt: 0,
                },
            );
        }
        if to_us {
            return;
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
        if let Some(lag) = person.lags(doing) {
            let mut lag = i64::from(drawn[0] % lag);
            if state.strikes(Kind::ProviderLags, who, 0, drawn[1], 1_000) {
                lag += random.random_range(0..20 * MINUTE);
            }
            if !state.record(usize::from(customer), doing, state.now + lag) {
                return;
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
        let person = &case.customers[usize::from(customer)];
        let provider = person.contact.provider;
        let forged = matches!(person.acts[act as usize].doing, Doing::Enrol(Enrolling::Forged(_)));
        let campaign = self.campaign();
        self.start(who, 10 * SECOND, |ports| {
            Box::pin(async move {
                let secret = if provider == Provider::Light {
                    light::signature(&body, forged)
                } else {
                    SECRET.to_owned()
                };
                let secrets = [secret.as_bytes()];
                let request = Request {
                    // What nobody signs has not even a header, now and then.
                    secret_values: &secrets[usize::from(forged && act.is_multiple_of(2))..],
                    content_type: Some("application/json"),
                    body: body.as_bytes(),
                };
                let (ports, config) = (&ports, webhook_config());
                Ending::Webhook(match provider {
                    Provider::Leap => webhook::handle(ports, config, &campaign, request).await,
                    Provider::Bayou => webhook::handle_bayou(ports, config, &campaign, request).await,
                    Provider::Light => webhook::handle_light(ports, config, &campaign, request).await,
                })
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
        let (provider, reference) = (person.contact.provider, person.contact.reference.clone());
        let campaign = self.campaign();
        let (id, now) = {
            let state = lock(&self.shared);
            (state.linked_to(usize::from(customer)), ts(state.now))
        };
        self.start(who, 20 * SECOND, |ports| {
            Box::pin(async move {
                let none = Precondition::None;
                let done = match doing {
                    Doing::Put(contact) => contacts::put(&ports, id_key(), &campaign, &contact, &none)
                        .await
                        .is_ok(),
                    Doing::Erase => {
                        let erased = contacts::erase(&ports, id_key(), &campaign, provider, &reference, &none);
                        erased.await.is_ok()
                    }
                    Doing::OptOut => ports.set_opted_out(&id, &OptOut::Everything, now).await.is_ok(),
                    Doing::OptIn => ports.set_opted_out(&id, &OptOut::NOTHING, now).await.is_ok(),
                    // The page goes on without what it could not keep.
                    Doing::FollowLink => {
                        let _ = follow(&ports, &campaign, &id).await;
                        true
                    }
                    Doing::Enrol(Enrolling::Takes { what, .. }) => {
                        record(&ports, &campaign, &id, usize::from(customer), what).await;
                        true
                    }
                    Doing::Enrol(Enrolling::Support(matter)) => {
                        let told = contacts::support_needed(&ports, id_key(), &campaign, &reference, matter).await;
                        if matches!(told, Ok(true)) {
                            lock(&ports.shared).judge_support(usize::from(customer), matter);
                        }
                        told.is_ok()
                    }
                    _ => true,
                };
                Ending::Done(done)
            })
        });
    }

    pub(crate) fn fire(&mut self, row: u8, generation: u32, firing: u16) {
        let who = Who {
            of: Of::Fire,
            customer: row,
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
            let Row {
                customer, journey_id, ..
            } = &state.rows[usize::from(row)];
            let (customer, journey) = (*customer, journey_id.clone());
            state.moment(customer, Moment::Fired, now);
            (journey, limit)
        };
        self.start(who, limit, |ports| {
            Box::pin(async move {
                let words = Words::of(&ports);
                let fired = touchpoint::fire(&ports, &words, &campaign, &journey, generation).await;
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

/// What the page of one of our links does when its button is pressed (`pages::resume_acted`), without the page:
/// the same events, by the same protocol, and no link to go on to.
async fn follow(ports: &Ports, campaign: &Campaign, id: &JourneyId) -> Result<(), StoreError> {
    let Some(known) = ports.contact_of(id).await? else {
        return Ok(());
    };
    let loaded = ports.load_journey(id).await?;
    if loaded.is_some_and(|loaded| matches!(loaded.journey.phase, Phase::Completed { .. })) {
        return Ok(());
    }
    let followed = Event::LinkFollowed.into();
    let _ = take(ports, campaign, id, IfAbsent::Ignore, Person::default(), &followed).await;
    let Contact {
        provider, reference, ..
    } = &known.contact;
    if let Ok(snapshot) = ports.read_status(*provider, reference).await {
        let seen = Event::StatusSeen {
            snapshot,
            region: None,
            classification: known.contact.classification,
        };
        let person = Person {
            contact: Some(&known.id),
            ..Person::default()
        };
        let _ = take(ports, campaign, id, IfAbsent::Ignore, person, &seen.into()).await;
    }
    Ok(())
}

/// What the enrolment's pages do once Light has taken a step: the journey is told, and nobody does it again.
async fn record(ports: &Ports, campaign: &Campaign, id: &JourneyId, customer: usize, what: Taking) {
    let Ok(Some(known)) = ports.contact_of(id).await else {
        return;
    };
    let event = Event::EnrollmentProgressed {
        what: what.milestone(),
        by: ToldBy::OwnRecord,
        dates: what.dates(),
    };
    let person = Person {
        contact: Some(&known.id),
        ..Person::default()
    };
    if let Ok(Some(taken)) = take(ports, campaign, id, IfAbsent::Ignore, person, &event.into()).await {
        lock(&ports.shared).judge_record(customer, what, &taken.journey);
    }
}

impl Case {
    /// Is an act told to us once, whatever becomes of it?
    pub(crate) fn is_once(&self, customer: u8, act: u32) -> bool {
        let acts = &self.customers[usize::from(customer)].acts;
        matches!(acts[act as usize].doing, Doing::Enrol(Enrolling::Takes { .. }))
    }
}

impl Customer {
    /// How long, at most, the provider's record ordinarily lags behind an act; none where it shows nothing of it.
    fn lags(&self, doing: &Doing) -> Option<u32> {
        let shows = match doing {
            Doing::Meter { .. } | Doing::Authenticate | Doing::Lose(_) | Doing::Ready(_) => true,
            Doing::Forged(_) | Doing::NewBill | Doing::Enrol(Enrolling::Unpaid | Enrolling::Forged(_)) => false,
            _ => self.listed,
        };
        shows.then_some(2_000)
    }
}

impl State {
    /// The provider's record follows an act. Does a webhook follow as well?
    fn record(&mut self, customer: usize, doing: &Doing, shown: i64) -> bool {
        let now = self.now;
        match (&mut self.people[customer].record, doing) {
            (Record::Leap(record), Doing::Meter { .. }) => record.meter = true,
            (Record::Leap(record), _) => {
                record.act(doing, now, shown);
                // The pass of each minute would read it again for an hour; some do.
                for at in [shown, shown + MINUTE, shown + 31 * MINUTE] {
                    self.push(next(at + 1, MINUTE), Item::Pass);
                }
            }
            (Record::Bayou(account), Doing::Authenticate) => account.connect(now, shown),
            (Record::Bayou(account), Doing::Lose(_)) => return account.lose(shown),
            (Record::Bayou(account), Doing::Ready(kind)) => return account.find(*kind, shown),
            (Record::Bayou(_), _) => {}
            (Record::Light(account), Doing::Enrol(what)) => return account.act(*what, shown),
            (Record::Light(_), _) => {}
        }
        true
    }

    /// The journey that a customer's last message, and so its link, is of: the way back while there is one.
    fn linked_to(&self, customer: usize) -> JourneyId {
        let is_live = |row: &usize| {
            let journey = self.rows[*row].journey.as_ref();
            journey.is_some_and(|stored| stored.journey.is_live())
        };
        let back = self.row_of(customer, Purpose::Reconnect).filter(is_live);
        self.rows[back.unwrap_or(customer)].journey_id.clone()
    }
}

/// The webhook of an act, if it has one.
pub(crate) fn body(case: &Case, customer: u8, act: u32) -> Option<String> {
    let person = &case.customers[usize::from(customer)];
    if let (Some(ways), Doing::Enrol(what)) = (person.light, &person.acts[act as usize].doing) {
        return light::body(*what, &person.contact.reference, ways.identified, customer, act);
    }
    if person.bayou.is_some() {
        return bayou::sent(&person.acts[act as usize], act)
            .map(|sent| bayou::body(sent, &person.contact.reference, usize::from(customer)));
    }
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
        | Doing::Bounce
        | Doing::FollowLink
        | Doing::Authenticate
        | Doing::Lose(_)
        | Doing::Ready(_)
        | Doing::NewBill
        | Doing::Forged(_)
        | Doing::Enrol(_) => {
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
