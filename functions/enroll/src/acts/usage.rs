//! The electricity of the months before.

use journey::enrollment::{ConfirmedLocation, EnrollmentView, MonthlyUsage, today};

use super::Trouble;
use crate::Ports;
use crate::session::Visit;

/// The utility supplies a year (docs/light.md, section 3).
const MONTHS: usize = 12;

impl<P: Ports> Visit<'_, P> {
    /// The last months of a place, the oldest first.
    pub(crate) async fn usage(&self, location: &str) -> Result<Vec<MonthlyUsage>, Trouble> {
        let year = today(self.ports.now()).year();
        let mut months = Vec::new();
        for year in [year - 1, year] {
            let of_year = self.ports.monthly_usage(self.account(), location, year).await;
            months.extend(of_year.map_err(|error| self.trouble(&error))?);
        }
        months.sort_by_key(|month| month.month);
        months.dedup_by_key(|month| month.month);
        let older = months.len().saturating_sub(MONTHS);
        Ok(months.split_off(older))
    }

    /// The same for the place that was enrolled, where there is any. It is an extra: without it the page is whole.
    pub(crate) async fn usage_of_home(&self, view: &EnrollmentView) -> Vec<MonthlyUsage> {
        let Some(home) = home(view) else {
            return Vec::new();
        };
        match self.usage(&home.uuid).await {
            Ok(months) => months,
            Err(trouble) => {
                tracing::warn!(journey = %self.id, ?trouble, "usage not shown");
                Vec::new()
            }
        }
    }
}

/// The place that was enrolled: the record's own, or else the last that is not cancelled.
fn home(view: &EnrollmentView) -> Option<&ConfirmedLocation> {
    let of_record = view.account.place().and_then(|place| {
        let index = view
            .account
            .locations
            .iter()
            .position(|one| core::ptr::eq(one, place))?;
        view.locations.get(index)
    });
    of_record.or_else(|| view.locations.iter().rev().find(|location| !location.is_canceled))
}
