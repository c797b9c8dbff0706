//! How access to a utility account is gained, lost, and gained again.

use jiff::{SignedDuration, Timestamp};
use rand::RngExt;

use crate::bayou::config::LossTold;
use crate::bayou::customer::Repair;
use crate::bayou::event::Event;
use crate::bayou::record::Reason;
use crate::bayou::utilities::FilledFlag;
use crate::bayou::world::{Task, World};
use crate::clock::later;

const DAY: SignedDuration = SignedDuration::from_hours(24);

/// After how many seconds a second factor lapses: about 90 days.
const MFA_LAPSES: std::ops::RangeInclusive<i64> = 84 * 86_400..=97 * 86_400;

impl World {
    /// A login at the utility has all it needs, and is accepted unless the utility is down; says
    /// whether it was.
    pub(crate) fn log_in(&mut self, record_id: u64, touch: Option<u32>, at: Timestamp) -> bool {
        let Some(record) = self.records.get_mut(&record_id) else {
            return false;
        };
        let Some(utility) = record.utility else {
            return false;
        };
        record.challenge = None;
        if self.down.contains(utility.code) {
            if let Some(truth) = self.truth_of(record_id) {
                truth.refused_logins += 1;
            }
            return false;
        }
        let is_repair = record.lost_at.take().is_some();
        let is_first = record.first_login_at.is_none();
        record.first_login_at = record.first_login_at.or(Some(at));
        record.logins += 1;
        record.has_filled_credentials = true;
        record.filled_on = Some(at);
        record.is_authenticated = true;
        let login = record.logins;
        if let Some(person) = self.person_of(record_id) {
            let truth = &mut person.truth;
            truth.is_authenticated = true;
            truth.filled_credentials_at = Some(at);
            if is_first {
                truth.connected_at = Some(at);
                truth.connected_after_touch = touch;
            }
            if is_repair {
                truth.repaired_at = Some(at);
                truth.repaired_after_touch = touch;
            }
            let customer = person.customer.as_ref().filter(|_| is_first);
            let changes_after = customer.and_then(|customer| customer.password_changes_after);
            let stop_after = customer.and_then(|customer| customer.intervals_stop_after);
            if let Some(after) = changes_after {
                let reason = Reason::CredentialsAreInvalid;
                self.plan_loss(record_id, login, reason, later(at, after));
            }
            if let (Some(after), Some(record)) = (stop_after, self.records.get_mut(&record_id)) {
                record.intervals_stop_at = Some(later(at, after));
            }
        }
        if utility.demands_mfa {
            let mut rng = self.seed.rng(&["lapse", &record_id.to_string(), &login.to_string()]);
            let after = SignedDuration::from_secs(rng.random_range(MFA_LAPSES));
            self.plan_loss(record_id, login, Reason::MfaFactorHasExpired, later(at, after));
        }
        self.emit(record_id, Event::FilledCredentials, at);
        self.plan_data(record_id, is_first, at);
        true
    }

    fn plan_loss(&mut self, record: u64, login: u32, reason: Reason, at: Timestamp) {
        self.agenda.add(at, Task::LoseAccess { record, login, reason });
    }

    /// Access is lost, and a new link is made; says whether there was any to lose.
    pub(crate) fn lose_access(&mut self, record_id: u64, reason: Reason, at: Timestamp) -> bool {
        let Some(record) = self.records.get_mut(&record_id) else {
            return false;
        };
        if !record.is_authenticated {
            return false;
        }
        let loss = record.losses + 1;
        record.is_authenticated = false;
        record.lost_at = Some(at);
        record.losses = loss;
        let by_utility = record.utility.map_or(FilledFlag::Kept, |utility| utility.filled_flag);
        let mut filled_flag = by_utility;
        let mut repairs_alone = None;
        if let Some(person) = self.person_of(record_id) {
            let truth = &mut person.truth;
            truth.is_authenticated = false;
            truth.lost_at = Some(at);
            truth.lost_reason = Some(reason);
            truth.losses = loss;
            if let Some(customer) = &person.customer {
                filled_flag = customer.filled_flag.unwrap_or(by_utility);
                repairs_alone = (customer.repair == Repair::Alone).then(|| customer.external_id.clone());
            }
        }
        if filled_flag == FilledFlag::Reset
            && let Some(record) = self.records.get_mut(&record_id)
        {
            record.has_filled_credentials = false;
        }
        self.renew_link(record_id, false, at);
        self.emit(record_id, Event::MustReauthenticate(reason), at);
        self.plan_telling(record_id, loss, reason, at);
        if let Some(external_id) = repairs_alone {
            let mut rng = self.seed.rng(&["repair", &external_id, &loss.to_string()]);
            let after = SignedDuration::from_secs(rng.random_range(86_400..=5 * 86_400));
            let task = Task::RepairAlone { external_id, loss };
            self.agenda.add(later(at, after), task);
        }
        true
    }

    pub(crate) fn tell_loss_again(&mut self, record_id: u64, loss: u32, reason: Reason, at: Timestamp) -> Option<()> {
        let record = self.records.get(&record_id)?;
        if record.is_authenticated || record.losses != loss {
            return None;
        }
        self.emit(record_id, Event::MustReauthenticate(reason), at);
        self.plan_telling(record_id, loss, reason, at);
        None
    }

    fn plan_telling(&mut self, record: u64, loss: u32, reason: Reason, at: Timestamp) {
        match self.config.loss_told {
            LossTold::Once => {}
            LossTold::Daily => {
                let task = Task::TellLossAgain { record, loss, reason };
                self.agenda.add(later(at, DAY), task);
            }
        }
    }
}
