//! Customers of Bayou's, drawn apart from Leap's: who share their data for good, and may lose the connection.

use journey::contact::Contact;
use journey::{DataKind, Flow, LossReason, Provider, Velocity};
use rand::{Rng, RngExt};

use crate::bayou::{Forged, Ways};
use crate::case::{
    Act, Customer, DAY, Doing, HOUR, MINUTE, SECOND, When, change, contact_of, moved, put, readdressed, ts,
};
use crate::fault::{Kind, Kinds, Stream, draw};
use crate::moment::{Upon, upon};

/// Who a case has of Bayou's customers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Share {
    pub(crate) number: u8,
    /// Are there no customers of Leap's besides?
    pub(crate) alone: bool,
    /// Do they have the first customer's inbox?
    pub(crate) shared_inbox: bool,
    /// Does Bayou deliver a webhook again that was not answered 2xx (U1)?
    pub(crate) redelivers: bool,
}

impl Share {
    /// That of a seed. Three of four cases have Leap's customers alone, and are what they were before there was Bayou.
    pub(crate) fn of(seed: u64) -> Self {
        let random = &mut draw(seed, Stream::Sharing, u64::MAX, 0);
        let none = random.random_ratio(3, 4);
        let number = [1, 1, 2][random.random_range(0..3)];
        Share {
            number: if none { 0 } else { number },
            alone: !none && random.random(),
            shared_inbox: random.random_ratio(1, 2),
            redelivers: random.random(),
        }
    }
}

/// One customer, in the order of the case's customers.
pub(crate) fn customer(seed: u64, index: u8, begins: i64, kinds: Kinds, racy: bool, share: Share) -> Customer {
    let random = &mut draw(seed, Stream::Sharing, u64::from(index), 0);
    let inbox = if share.shared_inbox { 0 } else { index };
    let ends = begins + random.random_range(DAY..8 * DAY);
    let contact = Contact {
        provider: Provider::Bayou,
        flow: Flow::Unknown,
        region: None,
        sharing_ends_at: random.random_ratio(1, 3).then(|| ts(ends)),
        ..contact_of(random, seed, index, inbox)
    };
    let ways = ways(random);
    let begun = begins + random.random_range(2 * MINUTE..DAY);
    let mut acts = Vec::new();
    let changing = kinds.has(Kind::ContactChanges);
    // Nobody but the partner tells of a customer: of who is never stored, only a webhook does.
    match random.random_range(0..10) {
        0 if changing => {}
        1 if changing => put(&mut acts, begun + random.random_range(0..3 * DAY), &contact),
        _ => put(&mut acts, begins + 1, &contact),
    }
    let last = visits(random, &mut acts, begun, ways);
    if contact.sharing_ends_at.is_some() && random.random() {
        let longer = Contact {
            sharing_ends_at: Some(ts(ends + 400 * DAY)),
            ..contact.clone()
        };
        put(&mut acts, begun + random.random_range(0..8 * DAY), &longer);
    }
    if kinds.has(Kind::WebhookForged) {
        for _ in 0..random.random_range(1..5) {
            let at = random.random_range(begins..last + DAY);
            acts.push(act(at, Doing::Forged(forged(random))));
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
        coincidences(random, &mut acts, &contact, kinds);
    }
    Customer {
        contact,
        acts,
        listed: true,
        bayou: Some(ways),
        light: None,
        redelivers: share.redelivers,
    }
}

fn ways(random: &mut impl Rng) -> Ways {
    let said = |random: &mut _| [None, Some(true), Some(false)][usize::from(RngExt::random_range(random, 0..3_u8))];
    Ways {
        created: random.random_ratio(3, 4),
        forgets: random.random(),
        forgets_accounts: random.random_ratio(1, 4),
        dates: random.random(),
        velocity: [
            None,
            Some(Velocity::Instant),
            Some(Velocity::Instant),
            Some(Velocity::Hours(24)),
            Some(Velocity::Other),
        ][random.random_range(0..5)],
        utility_has_intervals: said(random),
        account_has_intervals: said(random),
        silent: random.random_ratio(1, 4),
    }
}

fn act(at: i64, doing: Doing) -> Act {
    Act {
        when: When::At(at),
        doing,
    }
}

/// Comes, or does not; signs in; loses the connection, and mends it; answers when the last of it was.
fn visits<R: Rng>(random: &mut R, acts: &mut Vec<Act>, begun: i64, ways: Ways) -> i64 {
    let mut at = begun;
    for _ in 0..random.random_range(0..4) {
        acts.push(act(at, Doing::FollowLink));
        at += [2 * MINUTE, HOUR, DAY][random.random_range(0..3)] + random.random_range(0..HOUR);
    }
    if random.random_ratio(1, 3) {
        return at;
    }
    at += [0, 2 * HOUR, DAY, 3 * DAY][random.random_range(0..4)] + random.random_range(SECOND..HOUR);
    acts.push(act(at, Doing::Authenticate));
    let slow = ways.velocity != Some(Velocity::Instant) || random.random_ratio(1, 4);
    for kind in DataKind::OF_UTILITY {
        let offered = kind == DataKind::Bills
            || (ways.utility_has_intervals, ways.account_has_intervals) != (Some(false), Some(false));
        if offered && random.random_ratio(5, 6) {
            let after = random.random_range(5 * SECOND..if slow { 30 * HOUR } else { 80 * SECOND });
            acts.push(act(at + after, Doing::Ready(kind)));
        }
    }
    for _ in 0..random.random_range(0..3) {
        at += [HOUR, DAY, 3 * DAY][random.random_range(0..3)] + random.random_range(0..DAY);
        if random.random_ratio(1, 3) {
            acts.push(act(at - random.random_range(0..HOUR), Doing::NewBill));
        }
        acts.push(act(at, Doing::Lose(reason(random))));
        if random.random_ratio(1, 3) {
            break;
        }
        at += [MINUTE, HOUR, DAY, 2 * DAY][random.random_range(0..4)] + random.random_range(0..HOUR);
        if random.random() {
            acts.push(act(at, Doing::FollowLink));
            at += random.random_range(SECOND..10 * MINUTE);
        }
        acts.push(act(at, Doing::Authenticate));
    }
    at
}

fn reason(random: &mut impl Rng) -> LossReason {
    [
        LossReason::CredentialsInvalid,
        LossReason::MfaExpired,
        LossReason::CredentialsInvalid,
        LossReason::MfaExpired,
        LossReason::Untold,
    ][random.random_range(0..5)]
}

fn forged(random: &mut impl Rng) -> Forged {
    [
        Forged::Connected,
        Forged::Connected,
        Forged::Lost,
        Forged::Lost,
        Forged::Ready(DataKind::Bills),
        Forged::Ready(DataKind::Intervals),
    ][random.random_range(0..6)]
}

/// What a customer does upon moments.
fn coincidences(random: &mut impl Rng, acts: &mut Vec<Act>, contact: &Contact, kinds: Kinds) {
    for _ in 0..random.random_range(0..4) {
        let at = upon(random);
        let mut push = |after, doing| {
            let when = When::Upon(Upon {
                after: at.after + after,
                ..at
            });
            acts.push(Act { when, doing });
        };
        let changes = kinds.has(Kind::ContactChanges);
        match random.random_range(0..20) {
            0..3 if changes => push(0, Doing::OptOut),
            3..5 if changes => push(0, Doing::Erase),
            5 | 6 if changes => push(0, readdressed(contact)),
            7 if changes => push(0, moved(random, contact)),
            8 if kinds.has(Kind::Bounces) => push(0, Doing::Bounce),
            9 | 10 if kinds.has(Kind::WebhookForged) => push(0, Doing::Forged(forged(random))),
            11 | 12 => push(0, Doing::Lose(reason(random))),
            13 => {
                push(0, Doing::Authenticate);
                push(random.random_range(1..3 * SECOND), Doing::Lose(reason(random)));
            }
            14 | 15 => push(0, Doing::FollowLink),
            _ => push(0, Doing::Authenticate),
        }
    }
}
