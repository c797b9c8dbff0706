//! Local time without the library that the product uses: other zone data (`tzdb_data`), another reading of
//! it (`tz-rs`), and the calendar by hand.

/// The first second that is looked at: 2024-01-01T00:00:00Z.
pub(crate) const FROM: i64 = 1_704_067_200;

/// The end of what is looked at: 2031-01-01T00:00:00Z.
pub(crate) const UNTIL: i64 = 1_924_992_000;

pub(crate) const MINUTE: i64 = 60;
pub(crate) const QUARTER: i64 = 15 * MINUTE;
pub(crate) const DAY: i64 = 24 * 60 * MINUTE;
const WEEK: i64 = 7 * DAY;

/// How far ahead an opening is looked for.
const HORIZON: i64 = 8 * DAY;

/// What a zone's clocks do from a month before [`FROM`] until a month after [`UNTIL`].
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Zone {
    /// Seconds east of UTC at the beginning.
    first: i32,
    /// When the clocks change, in seconds since 1970, and the seconds east of UTC from then on.
    pub(crate) changes: Vec<(i64, i32)>,
}

impl Zone {
    /// Nothing when the other library does not know the name.
    pub(crate) fn find(name: &str) -> Option<Self> {
        let zone = tzdb_data::find_tz(name.as_bytes())?;
        let offset = |at: i64| zone.find_local_time_type(at).unwrap().ut_offset();
        let mut changes = Vec::new();
        let (mut at, end) = (FROM - 31 * DAY, UNTIL + 31 * DAY);
        let first = offset(at);
        while at < end {
            let (mut before, mut after) = (at, at + WEEK);
            if offset(before) != offset(after) {
                while after - before > 1 {
                    let middle = before + (after - before) / 2;
                    if offset(middle) == offset(at) {
                        before = middle;
                    } else {
                        after = middle;
                    }
                }
                changes.push((after, offset(after)));
            }
            at += WEEK;
        }
        Some(Zone { first, changes })
    }

    /// Seconds east of UTC.
    pub(crate) fn offset(&self, at: i64) -> i32 {
        let passed = self.changes.partition_point(|(change, _)| *change <= at);
        passed.checked_sub(1).map_or(self.first, |last| self.changes[last].1)
    }

    /// The seconds since 1970-01-01T00:00 that the clock on the wall shows.
    pub(crate) fn wall(&self, at: i64) -> i64 {
        at + i64::from(self.offset(at))
    }

    fn is_open(&self, at: i64, hours: &Hours) -> bool {
        let wall = self.wall(at);
        let minute = wall.rem_euclid(DAY) / MINUTE;
        (hours.start..hours.end).contains(&minute)
    }
}

/// Sending hours, in minutes after midnight.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Hours {
    pub(crate) start: i64,
    pub(crate) end: i64,
}

impl Hours {
    /// The first second at or after `from` inside the hours of every zone: whoever looks at the clocks again
    /// and again cannot miss it. They are looked at each quarter of an hour, or each minute, where the hours
    /// begin and end so; no clock on earth has changed at another moment in these years.
    pub(crate) fn first_open(&self, from: i64, zones: &[&Zone]) -> Option<i64> {
        let open = |at: i64| zones.iter().all(|zone| zone.is_open(at, self));
        if open(from) {
            return Some(from);
        }
        let quarterly = (self.start * MINUTE) % QUARTER == 0 && (self.end * MINUTE) % QUARTER == 0;
        let step = if quarterly { QUARTER } else { MINUTE };
        let mut at = from - from.rem_euclid(step) + step;
        while at <= from + HORIZON {
            if open(at) {
                return Some(at);
            }
            at += step;
        }
        None
    }
}

/// Year, month, day of a day after 1970-01-01, by the rules of the Gregorian calendar alone.
pub(crate) fn date(mut days: i64) -> (i64, i64, i64) {
    let leaps = |year: i64| year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let mut year = 1970;
    loop {
        let length = if leaps(year) { 366 } else { 365 };
        if days < length {
            break;
        }
        days -= length;
        year += 1;
    }
    let february = if leaps(year) { 29 } else { 28 };
    let mut month = 1;
    for length in [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] {
        if days < length {
            break;
        }
        days -= length;
        month += 1;
    }
    (year, month, days + 1)
}
