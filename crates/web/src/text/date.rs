//! How each language writes dates and periods, in words and short enough for an axis.

use fidance_app::report::model::PeriodLength;
use jiff::{
    ToSpan,
    civil::{Date, ISOWeekDate, Time},
};

use super::{Lang, NBSP};

const MONTHS_FR: [&str; 12] = [
    "janvier",
    "février",
    "mars",
    "avril",
    "mai",
    "juin",
    "juillet",
    "août",
    "septembre",
    "octobre",
    "novembre",
    "décembre",
];
const MONTHS_FR_SHORT: [&str; 12] =
    ["janv.", "févr.", "mars", "avr.", "mai", "juin", "juil.", "août", "sept.", "oct.", "nov.", "déc."];
const MONTHS_EN: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

impl Lang {
    /// A date in words: `1er mars 2026`, `1 March 2026`.
    pub fn date(self, date: Date) -> String {
        format!("{}{NBSP}{}", self.day_and_month(date), date.year())
    }

    /// A date without its year: `1er mars`, `1 March`.
    pub fn day_and_month(self, date: Date) -> String {
        match (self, date.day()) {
            (Self::Fr, 1) => format!("1er{NBSP}{}", self.month_name(date)),
            (_, day) => format!("{day}{NBSP}{}", self.month_name(date)),
        }
    }

    /// A time of day: `14 h 05`, `14:05`.
    pub fn time(self, time: Time) -> String {
        let (hour, minute) = (time.hour(), time.minute());
        match self {
            Self::Fr => format!("{hour}{NBSP}h{NBSP}{minute:02}"),
            Self::En => format!("{hour:02}:{minute:02}"),
        }
    }

    /// A month in words: `mars 2026`, `March 2026`.
    pub fn month(self, date: Date) -> String {
        format!("{}{NBSP}{}", self.month_name(date), date.year())
    }

    /// The period that starts on a date, in words that can stand in a sentence.
    pub fn period(self, start: Date, every: PeriodLength) -> String {
        match (every, self) {
            (PeriodLength::Day, _) => self.date(start),
            (PeriodLength::Week, Self::Fr) => {
                let (from, to) = self.week(start);
                format!("semaine du {from} au {to}")
            }
            (PeriodLength::Week, Self::En) => {
                let (from, to) = self.week(start);
                format!("week of {from} to {to}")
            }
            (PeriodLength::Month, _) => self.month(start),
            (PeriodLength::Quarter, Self::Fr) => {
                let ordinal = if quarter(start) == 1 { "er" } else { "e" };
                format!("{}{ordinal}{NBSP}trimestre {}", quarter(start), start.year())
            }
            (PeriodLength::Quarter, Self::En) => format!("Q{}{NBSP}{}", quarter(start), start.year()),
        }
    }

    /// The period in as few letters as an axis has room for.
    pub fn period_short(self, start: Date, every: PeriodLength) -> String {
        match (every, self) {
            (PeriodLength::Day, _) => format!("{}{NBSP}{}", start.day(), self.month_short(start)),
            (PeriodLength::Week, _) => {
                let week = ISOWeekDate::from(start);
                let letter = if self == Self::Fr { 'S' } else { 'W' };
                format!("{letter}{:02}{NBSP}{}", week.week(), week.year())
            }
            // Two digits would read as a day: Feb 30.
            (PeriodLength::Month, _) => format!("{}{NBSP}{}", self.month_short(start), start.year()),
            (PeriodLength::Quarter, Self::Fr) => format!("T{}{NBSP}{}", quarter(start), start.year()),
            (PeriodLength::Quarter, Self::En) => format!("Q{}{NBSP}{}", quarter(start), start.year()),
        }
    }

    /// First and last day of the week that starts on a date.
    fn week(self, start: Date) -> (String, String) {
        let end = start.saturating_add(6.days());
        let from = if start.month() == end.month() {
            if self == Self::Fr && start.day() == 1 { "1er".to_owned() } else { start.day().to_string() }
        } else if start.year() == end.year() {
            self.day_and_month(start)
        } else {
            self.date(start)
        };
        (from, self.date(end))
    }

    fn month_name(self, date: Date) -> &'static str {
        let names = match self {
            Self::Fr => MONTHS_FR,
            Self::En => MONTHS_EN,
        };
        named(names, date)
    }

    fn month_short(self, date: Date) -> &'static str {
        match self {
            Self::Fr => named(MONTHS_FR_SHORT, date),
            Self::En => named(MONTHS_EN, date).get(..3).unwrap_or_default(),
        }
    }
}

fn named(names: [&'static str; 12], date: Date) -> &'static str {
    let index = usize::try_from(date.month() - 1).unwrap_or_default();
    names.get(index).copied().unwrap_or_default()
}

fn quarter(date: Date) -> i8 {
    (date.month() - 1) / 3 + 1
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn plain(text: &str) -> String {
        text.replace(NBSP, " ")
    }

    #[test]
    fn dates_are_written_in_words() {
        assert_eq!(plain(&Lang::Fr.date(date(2026, 3, 1))), "1er mars 2026");
        assert_eq!(plain(&Lang::Fr.date(date(2026, 8, 12))), "12 août 2026");
        assert_eq!(plain(&Lang::En.date(date(2026, 3, 1))), "1 March 2026");
    }

    #[test]
    fn times_are_written_as_each_language_does() {
        let (early, late) = (Time::constant(9, 5, 59, 0), Time::constant(14, 30, 0, 0));
        assert_eq!([early, late].map(|time| plain(&Lang::Fr.time(time))), ["9 h 05", "14 h 30"]);
        assert_eq!([early, late].map(|time| Lang::En.time(time)), ["09:05", "14:30"]);
    }

    #[test]
    fn periods_are_named() {
        use PeriodLength::{Day, Month, Quarter, Week};
        for (every, start, fr, en) in [
            (Day, date(2026, 3, 2), "2 mars 2026", "2 March 2026"),
            (Week, date(2026, 3, 2), "semaine du 2 au 8 mars 2026", "week of 2 to 8 March 2026"),
            (
                Week,
                date(2025, 12, 29),
                "semaine du 29 décembre 2025 au 4 janvier 2026",
                "week of 29 December 2025 to 4 January 2026",
            ),
            (Month, date(2026, 3, 1), "mars 2026", "March 2026"),
            (Quarter, date(2026, 1, 1), "1er trimestre 2026", "Q1 2026"),
            (Quarter, date(2026, 10, 1), "4e trimestre 2026", "Q4 2026"),
        ] {
            assert_eq!(plain(&Lang::Fr.period(start, every)), fr);
            assert_eq!(plain(&Lang::En.period(start, every)), en);
        }
    }

    #[test]
    fn periods_fit_an_axis() {
        assert_eq!(plain(&Lang::Fr.period_short(date(2026, 2, 1), PeriodLength::Month)), "févr. 2026");
        assert_eq!(plain(&Lang::En.period_short(date(2026, 2, 1), PeriodLength::Month)), "Feb 2026");
        assert_eq!(plain(&Lang::En.period_short(date(2025, 12, 29), PeriodLength::Week)), "W01 2026");
        assert_eq!(plain(&Lang::Fr.period_short(date(2026, 4, 1), PeriodLength::Quarter)), "T2 2026");
    }
}
