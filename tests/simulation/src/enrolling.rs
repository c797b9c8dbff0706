//! Customers of Light's, drawn apart from the others: who enrol in a plan, on our pages or elsewhere.

use jiff::ToSpan;
use jiff::civil::Date;
use journey::contact::Contact;
use journey::enrollment::SupportMatter;
use journey::{DataKind, Flow};
use rand::{Rng, RngExt};

use crate::case::{Act, Customer, DAY, Doing, HOUR, MINUTE, SECOND, When, change, contact_of, moved, put, readdressed};
use crate::fault::{Kind, Kinds, Stream, draw};
use crate::light::{Enrolling, Old, PROVIDER, Taking, Ways, day};
use crate::moment::{Upon, upon};

/// Who a case has of Light's customers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Share {
    pub(crate) number: u8,
    /// Are there no others besides?
    pub(crate) alone: bool,
    /// Do they have the first customer's inbox?
    pub(crate) shared_inbox: bool,
    /// Does Light deliver a webhook again that was not answered 2xx? It is not documented.
    pub(crate) redelivers: bool,
}

impl Share {
    /// That of a seed. Four of five cases have none, and are what they were before there was Light.
    pub(crate) fn of(seed: u64) -> Self {
        let random = &mut draw(seed, Stream::Enrolling, u64::MAX, 0);
        let none = random.random_ratio(4, 5);
        let number = [1, 1, 2][random.random_range(0..3)];
        Share {
            number: if none { 0 } else { number },
            alone: !none && random.random_ratio(3, 4),
            shared_inbox: random.random(),
            redelivers: random.random(),
        }
    }
}

/// What is drawn once, and the acts are drawn from.
struct Drawing {
    begins: i64,
    latest: Date,
    starts: Date,
}

/// One customer, in the order of the case's customers.
pub(crate) fn customer(seed: u64, index: u8, begins: i64, kinds: Kinds, racy: bool, share: Share) -> Customer {
    let random = &mut draw(seed, Stream::Enrolling, u64::from(index), 0);
    let inbox = if share.shared_inbox { 0 } else { index };
    let contact = Contact {
        provider: PROVIDER,
        flow: Flow::Unknown,
        region: None,
        ..contact_of(random, seed, index, inbox)
    };
    let ways = ways(random, begins);
    let soon = random.random_ratio(1, 3);
    let begun = begins + random.random_range(2 * SECOND..if soon { 5 * MINUTE } else { DAY });
    let starts = day(begun) + i64::from([0, 1, 1, 2, 3, 5, 8, 30, 120][random.random_range(0..9)]).days();
    let drawing = Drawing {
        begins,
        latest: starts + i64::from([0, 0, 1, 5, 30][random.random_range(0..5)]).days(),
        starts,
    };
    let mut acts = Vec::new();
    let changing = kinds.has(Kind::ContactChanges);
    // Who is never stored has only a webhook to tell of them.
    match random.random_range(0..12) {
        0 if changing => {}
        1 if changing => put(&mut acts, begun + random.random_range(0..3 * DAY), &contact),
        _ => put(&mut acts, begins + 1, &contact),
    }
    let last = visits(random, &mut acts, begun, &drawing);
    if kinds.has(Kind::WebhookForged) {
        for _ in 0..random.random_range(1..4) {
            let at = random.random_range(begins..last + DAY);
            acts.push(act(at, Enrolling::Forged(forged(random))));
        }
    }
    if changing {
        for _ in 0..random.random_range(0..3) {
            let at = begun + random.random_range(0..6 * DAY);
            change(random, &mut acts, at, &contact);
        }
    }
    acts.sort_by_key(|act| act.at());
    if racy {
        coincidences(random, &mut acts, &contact, kinds, &drawing);
    }
    Customer {
        contact,
        acts,
        listed: true,
        bayou: None,
        light: Some(ways),
        redelivers: share.redelivers,
    }
}

fn ways(random: &mut impl Rng, begins: i64) -> Ways {
    let ended = day(begins) - i64::from([1, 1, 40][random.random_range(0..3)]).days();
    Ways {
        opened: random.random_ratio(9, 10),
        enrollment: random.random_ratio(5, 6),
        missing: random.random_ratio(1, 5).then(|| random.random_range(0..5)),
        old: match random.random_range(0..8) {
            0 => Some(Old::Active),
            1 => Some(Old::Ended(ended)),
            _ => None,
        },
        flags_of_old: random.random(),
        places_say: random.random_ratio(5, 6),
        usage: [(true, false), (false, true), (true, true), (false, false)][random.random_range(0..4)].into(),
        identified: random.random_ratio(3, 4),
    }
}

fn act(at: i64, what: Enrolling) -> Act {
    Act {
        when: When::At(at),
        doing: Doing::Enrol(what),
    }
}

/// Goes through the steps, in an order of their own, and stops somewhere or comes to the end; answers when the last of
/// it was.
fn visits<R: Rng>(random: &mut R, acts: &mut Vec<Act>, begun: i64, drawing: &Drawing) -> i64 {
    let Drawing { latest, starts, .. } = *drawing;
    let mut at = begun;
    let ours = random.random_ratio(1, 2);
    let mut steps = vec![Taking::Requests { latest }, Taking::Accepts { latest, starts }];
    steps.extend([Taking::Bills, Taking::Pays]);
    if random.random_ratio(1, 4) {
        steps.swap(1, 3);
    }
    if random.random_ratio(1, 2) {
        steps.insert(random.random_range(0..5), Taking::Verifies);
    }
    let most = if random.random_ratio(1, 2) {
        steps.len()
    } else {
        random.random_range(0..steps.len())
    };
    for what in &steps[..most] {
        if random.random_ratio(1, 6) {
            acts.push(Act {
                when: When::At(at),
                doing: Doing::FollowLink,
            });
            at += random.random_range(SECOND..10 * MINUTE);
        }
        // Some go on elsewhere.
        let ours = ours != random.random_ratio(1, 10);
        acts.push(act(at, Enrolling::Takes { what: *what, ours }));
        let pause = [0, 0, 0, 0, HOUR, DAY, 2 * DAY][random.random_range(0..7)];
        at += pause + random.random_range(5 * SECOND..5 * MINUTE);
    }
    if random.random_ratio(1, 10) {
        acts.push(act(at, Enrolling::Support(matter(random))));
    }
    if most == steps.len() {
        at += [0, 0, 2 * HOUR, DAY, 4 * DAY][random.random_range(0..5)] + random.random_range(5 * SECOND..HOUR);
        acts.push(act(at, Enrolling::Finalize));
        for kind in DataKind::OF_ENROLLMENT {
            if random.random_ratio(2, 3) {
                let told = random.random_ratio(2, 3);
                let most = [12 * HOUR, 5 * DAY, 9 * DAY][random.random_range(0..3)];
                let after = random.random_range(HOUR..most);
                acts.push(act(at + after, Enrolling::Has { kind, told }));
            }
        }
        if random.random_ratio(1, 10) {
            acts.push(act(at + random.random_range(0..5 * DAY), Enrolling::Unpaid));
        }
    }
    if random.random_ratio(1, 8) {
        let when = at + [-HOUR, HOUR, 2 * DAY][random.random_range(0..3)];
        let on = day(when) + i64::from([0, 0, 3][random.random_range(0..3)]).days();
        acts.push(act(when, Enrolling::Cancel { on }));
        at = at.max(when);
        if random.random_ratio(1, 3) {
            at += [HOUR, DAY, 5 * DAY][random.random_range(0..3)];
            let (ours, latest, starts) = (random.random_ratio(3, 4), day(at) + 9.days(), day(at) + 4.days());
            let steps = [
                Taking::Requests { latest },
                Taking::Accepts { latest, starts },
                Taking::Bills,
                Taking::Pays,
            ];
            for what in &steps[..random.random_range(1..5)] {
                acts.push(act(at, Enrolling::Takes { what: *what, ours }));
                at += random.random_range(5 * SECOND..20 * MINUTE);
            }
        }
    }
    at
}

fn matter(random: &mut impl Rng) -> SupportMatter {
    [
        SupportMatter::SwitchHold,
        SupportMatter::IneligibleAddress,
        SupportMatter::Rescinded,
        SupportMatter::InvoiceUnpaid,
    ][random.random_range(0..4)]
}

fn forged(random: &mut impl Rng) -> &'static str {
    [
        "enrollment.finalized",
        "enrollment.plan_accepted",
        "location.service_canceled",
        "account.payment_method_added",
    ][random.random_range(0..4)]
}

/// What a customer does upon moments.
fn coincidences(random: &mut impl Rng, acts: &mut Vec<Act>, contact: &Contact, kinds: Kinds, drawing: &Drawing) {
    let Drawing { begins, latest, starts } = *drawing;
    for _ in 0..random.random_range(0..4) {
        let at = upon(random);
        let mut push = |after, doing| {
            let when = When::Upon(Upon {
                after: at.after + after,
                ..at
            });
            acts.push(Act { when, doing });
        };
        let ours = random.random();
        let takes = |what| Doing::Enrol(Enrolling::Takes { what, ours });
        let changes = kinds.has(Kind::ContactChanges);
        match random.random_range(0..20) {
            0..2 if changes => push(0, Doing::OptOut),
            2..4 if changes => push(0, Doing::Erase),
            4 | 5 if changes => push(0, readdressed(contact)),
            6 if changes => push(0, moved(random, contact)),
            7 if kinds.has(Kind::Bounces) => push(0, Doing::Bounce),
            8 if kinds.has(Kind::WebhookForged) => push(0, Doing::Enrol(Enrolling::Forged(forged(random)))),
            9 => push(0, Doing::FollowLink),
            10 => push(0, Doing::Enrol(Enrolling::Support(matter(random)))),
            11 => push(
                0,
                Doing::Enrol(Enrolling::Cancel {
                    on: day(begins) + 3.days(),
                }),
            ),
            12 => push(0, takes(Taking::Bills)),
            13 => push(0, takes(Taking::Accepts { latest, starts })),
            14 => push(0, takes(Taking::Requests { latest })),
            _ => {
                // Everything that is left, in a moment.
                push(0, takes(Taking::Accepts { latest, starts }));
                push(1, takes(Taking::Bills));
                push(2, takes(Taking::Pays));
                push(random.random_range(3..60), Doing::Enrol(Enrolling::Finalize));
            }
        }
    }
}
