//! Meters: what is counted.

use crate::{
    counter::{Counter, CounterKind},
    known::Known,
    period::{Per, Period, Window},
    read::{Section, Value, Words, suggest},
};

/// A meter, which plans can limit: calls, storage, requests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Meter {
    /// Id of the meter in code, such as `calls`.
    pub id: String,
    /// Display name in the plural, such as `calls`.
    pub name: String,
    /// Display name in the singular, such as `call`; the plural by default.
    pub one: String,
    /// How the meter counts.
    pub kind: MeterKind,
    /// Unit of the meter.
    pub unit: Unit,
    /// What Freehold counts by itself; `None` when the product reports the usage.
    pub counts: Option<Counter>,
    /// Who records the usage, where Freehold does not count it by itself.
    pub recorded_by: RecordedBy,
}

/// Who records the usage of a meter.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RecordedBy {
    /// The application, over the API.
    #[default]
    Api,
    /// Code of the product in this program; the API refuses to record the meter, so that nothing counts twice.
    Code,
}

/// How a meter counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MeterKind {
    /// What exists now, such as workflows or stored bytes. Deleting reduces it.
    Level,
    /// What happened in the period, such as calls. Only the next period reduces it.
    Counter {
        /// Period after which counting restarts, unless a plan's limit names another.
        period: Period,
    },
    /// The rate of requests.
    Rate {
        /// Length of the window.
        window: Window,
        /// Subject whose requests are added up.
        per: Per,
    },
}

/// The unit of a meter.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Unit {
    /// Whole things.
    #[default]
    Things,
    /// Bytes, written as decimal sizes: `500 MB`.
    Bytes,
}

/// Whether a meter of this kind and unit can count that.
fn counter_fits(counter: Counter, kind: MeterKind, unit: Unit) -> bool {
    match counter.kind {
        CounterKind::Things => kind == MeterKind::Level && unit == Unit::Things,
        CounterKind::Bytes => kind == MeterKind::Level && unit == Unit::Bytes,
        CounterKind::Happenings => matches!(kind, MeterKind::Counter { .. }) && unit == Unit::Things,
    }
}

/// What a meter that counts that has to be.
const fn counter_expected(counter: Counter) -> &'static str {
    match counter.kind {
        CounterKind::Things => r#"write kind = "level", without a unit"#,
        CounterKind::Bytes => r#"write kind = "level" and unit = "bytes""#,
        CounterKind::Happenings => r#"write kind = "counter", without a unit"#,
    }
}

#[derive(Clone, Copy)]
enum KindWord {
    Level,
    Counter,
    Rate,
}

impl Words for KindWord {
    const WORDS: &'static [(&'static str, Self)] =
        &[("level", Self::Level), ("counter", Self::Counter), ("rate", Self::Rate)];
}

impl Words for Unit {
    const WORDS: &'static [(&'static str, Self)] = &[("things", Self::Things), ("bytes", Self::Bytes)];
}

impl Words for RecordedBy {
    const WORDS: &'static [(&'static str, Self)] = &[("api", Self::Api), ("code", Self::Code)];
}

impl Meter {
    const KEYS: &[&str] = &["name", "one", "kind", "unit", "period", "window", "per", "counts", "recorded_by"];

    /// Reads `[meters.…]`, in the order of the file. Also returns the ids of invalid meters, so that a plan which names
    /// one gets no further error.
    pub(crate) fn read_all<'t>(file: &Section<'t>, known: Known<'_>) -> (Vec<Self>, Vec<&'t str>) {
        let values = file.named("meters", "meter");
        let ids = values.iter().map(Value::key).collect();
        let mut meters: Vec<Self> = Vec::new();
        for value in &values {
            let Some(meter) = Self::read(value, known) else { continue };
            if let Some(other) = meters.iter().find(|other| other.counts.is_some() && other.counts == meter.counts) {
                value.say(&format!("{}: counts the same as meter {:?} — remove one of them", value.place(), other.id));
            }
            meters.push(meter);
        }
        (meters, ids)
    }

    fn read(value: &Value<'_>, known: Known<'_>) -> Option<Self> {
        let id = value.id()?;
        let section = Section::of(value, value.place().to_owned(), Self::KEYS)?;
        let name = section.text("name", "expected a display name such as \"calls\"");
        let one = section.text_optional("one").unwrap_or_else(|| name.clone());
        let unit = section.word_optional("unit").unwrap_or_default();
        let counts = Self::read_counts(&section, known);
        let recorded_by: Option<RecordedBy> = section.word_optional("recorded_by");
        let kind = Self::read_kind(&section, section.word("kind")?)?;
        let unit = if unit == Unit::Bytes && matches!(kind, MeterKind::Rate { .. }) {
            section.say("unit", "a rate counts requests, not bytes — leave the unit out");
            Unit::Things
        } else {
            unit
        };
        if let Some(counter) = counts.filter(|counter| !counter_fits(*counter, kind, unit)) {
            section.say("counts", &format!("{:?} does not fit — {}", counter.name, counter_expected(counter)));
        }
        if recorded_by.is_some() && (counts.is_some() || matches!(kind, MeterKind::Rate { .. })) {
            section.say("recorded_by", "Freehold counts this by itself — remove this line");
        }
        Some(Self { id: id.to_owned(), name, one, kind, unit, counts, recorded_by: recorded_by.unwrap_or_default() })
    }

    fn read_counts(section: &Section<'_>, known: Known<'_>) -> Option<Counter> {
        let value = section.get("counts")?;
        let written = value.as_text().unwrap_or_default();
        let found = known.counters.iter().find(|counter| counter.name == written).copied();
        if found.is_none() {
            let names: Vec<&str> = known.counters.iter().map(|counter| counter.name).collect();
            value.refuse(&suggest::or_one_of(written, &names, "nothing is counted by itself; remove this line"));
        }
        found
    }

    fn read_kind(section: &Section<'_>, kind: KindWord) -> Option<MeterKind> {
        let (kind, foreign, needs): (_, &[&str], _) = match kind {
            KindWord::Level => (Some(MeterKind::Level), &["period", "window", "per"], "a level has no"),
            KindWord::Counter => (
                section.word("period").map(|period| MeterKind::Counter { period }),
                &["window", "per"],
                "a counter has a period and no",
            ),
            KindWord::Rate => {
                let (window, per) = (section.word("window"), section.word("per"));
                let kind = window.zip(per).map(|(window, per)| MeterKind::Rate { window, per });
                (kind, &["period"], "a rate has a window and no")
            }
        };
        for key in foreign.iter().filter(|key| section.get(key).is_some()) {
            section.say(key, &format!("{needs} {key} — remove this line"));
        }
        kind
    }

    /// Whether the application may record usage of the meter over the API.
    pub fn is_recorded_by_api(&self) -> bool {
        self.counts.is_none() && self.recorded_by == RecordedBy::Api && !matches!(self.kind, MeterKind::Rate { .. })
    }
}
