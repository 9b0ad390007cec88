//! Plans: what is sold.

use std::{collections::BTreeMap, fmt, num::NonZeroU8, str::FromStr};

use freehold_core::Currency;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::{
    exports::Exports,
    limit::Limit,
    meter::Meter,
    module::Modules,
    period::Period,
    price::Price,
    queue::Queue,
    read::{Section, Value, suggest},
};

/// A version of a plan.
///
/// The database stores it as the definition of the version and reads it for tenants who bought it, even years later:
/// unknown fields are skipped, and missing ones take their default.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// Id of the plan, such as `pro`; the same in all versions.
    pub id: String,
    /// Version from 1. A plan whose promise changes gets a higher one; tenants keep the version they bought.
    pub version: i32,
    /// Display name, such as `Pro`.
    pub name: String,
    /// Price of the plan.
    pub price: Price,
    /// Limits by the id of the meter. A parsed plan has all meters.
    pub limits: BTreeMap<String, Limit>,
    /// Modules that the plan includes.
    #[serde(default)]
    pub modules: Modules,
    /// Rank of the plan's background jobs.
    #[serde(default)]
    pub processing: Processing,
    /// Most waiting jobs, if the plan sets it; [`queue_room`](Self::queue_room) has the default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub queue: Option<Queue>,
    /// Most webhook endpoints, if the plan sets it; [`webhook_endpoints`](Self::webhook_endpoints) has the default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub webhooks: Option<i32>,
    /// Days that entries of the audit are kept, 1 to 3650; none: for good.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub audit_days: Option<i32>,
    /// How many exports of its data an organization may request, if the plan sets it; [`export_limit`](Self::export_limit)
    /// has the default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exports: Option<Exports>,
    /// Support of the plan as a text, such as `Email support`.
    #[serde(default)]
    pub support: Option<String>,
    /// Service level of the plan as a text, such as `99.9%`.
    #[serde(default)]
    pub sla: Option<String>,
    /// Further lines for the pricing page, without any function.
    #[serde(default)]
    pub features: Vec<String>,
}

impl Plan {
    const KEYS: &[&str] = &[
        "version",
        "name",
        "price",
        "limits",
        "modules",
        "processing",
        "queue",
        "webhooks",
        "audit_days",
        "exports",
        "support",
        "sla",
        "features",
    ];

    /// The plan's limit of the meter. `None` when this version is older than the meter;
    /// [`Product::limit`](crate::Product::limit) has the limit then.
    pub fn limit(&self, meter: &str) -> Option<Limit> {
        self.limits.get(meter).copied()
    }

    /// Whether the plan includes the module.
    pub fn has_module(&self, id: &str) -> bool {
        self.modules.contains(id)
    }

    /// Whether the price is per member of the organization.
    pub fn per_member(&self) -> bool {
        matches!(self.price, Price::Paid { per_member: true, .. })
    }

    /// Most waiting jobs; none for unlimited. 10,000 by default.
    pub fn queue_room(&self) -> Option<i64> {
        self.queue.unwrap_or_default().room.map(i64::from)
    }

    /// Most webhook endpoints. By default 3 for a free plan, 10 for a paid one, and 50 for one with a negotiated price.
    pub fn webhook_endpoints(&self) -> i64 {
        let usual = match self.price {
            Price::Free => 3,
            Price::Paid { .. } => 10,
            Price::ContactSales => 50,
        };
        i64::from(self.webhooks.unwrap_or(usual))
    }

    /// How many exports of its data an organization may request. By default one a month for a free plan, one a week for
    /// a paid one, and as many as are wanted for one with a negotiated price.
    pub fn export_limit(&self) -> Exports {
        self.exports.unwrap_or(match self.price {
            Price::Free => Exports::of(1, Period::Month),
            Price::Paid { .. } => Exports::of(1, Period::Week),
            Price::ContactSales => Exports::NO_LIMIT,
        })
    }

    /// Reads a `[plans.…]`.
    pub(crate) fn read(value: &Value<'_>, declared: &Declared<'_>) -> Option<Self> {
        const VERSION: &str = "expected a whole number from 1, raised whenever the plan changes";
        const WEBHOOKS: &str = "expected how many webhook endpoints there may be, 0 to 10000";
        const AUDIT_DAYS: &str = "expected for how many days entries of the audit are kept, 1 to 3650";
        let id = value.id()?;
        let section = Section::of(value, value.place().to_owned(), Self::KEYS)?;
        let version = section.require("version", VERSION).and_then(|value| value.whole(1..=i32::MAX, VERSION));
        let price = Price::read(&section, declared.currency);
        Some(Self {
            id: id.to_owned(),
            version: version.unwrap_or(1),
            name: section.text("name", "expected a display name such as \"Starter\""),
            limits: read_limits(&section, declared),
            modules: Modules::read(&section, declared.module_ids),
            processing: Processing::read(&section),
            queue: section.get("queue").as_ref().and_then(Queue::read),
            webhooks: section.get("webhooks").and_then(|value| value.whole(0..=10_000, WEBHOOKS)),
            audit_days: section.get("audit_days").and_then(|value| value.whole(1..=3650, AUDIT_DAYS)),
            exports: section.get("exports").as_ref().and_then(Exports::read),
            support: section.text_optional("support"),
            sla: section.text_optional("sla"),
            features: section.texts("features"),
            // The price comes last, so that all other errors are reported as well.
            price: price?,
        })
    }
}

/// The declarations in the file to which plans refer.
pub(crate) struct Declared<'a> {
    pub(crate) currency: Option<Currency>,
    pub(crate) meters: &'a [Meter],
    /// Ids of meters, including invalid ones.
    pub(crate) meter_ids: &'a [&'a str],
    /// Ids of modules, including invalid ones.
    pub(crate) module_ids: &'a [&'a str],
}

fn read_limits(plan: &Section<'_>, declared: &Declared<'_>) -> BTreeMap<String, Limit> {
    let (values, ids) = (plan.entries("limits"), declared.meter_ids);
    let mut meant = Vec::new();
    for value in values.iter().filter(|value| !ids.contains(&value.key())) {
        let hint = suggest::or_one_of(value.key(), ids, "declare it with a section such as [meters.calls]");
        value.say(&format!("{}: unknown meter {:?} — {hint}", plan.place(), value.key()));
        meant.extend(suggest::nearest(value.key(), ids));
    }
    let mut limits = BTreeMap::new();
    for meter in declared.meters {
        match values.iter().find(|value| value.key() == meter.id) {
            Some(value) => limits.extend(Limit::read(value, meter).map(|limit| (meter.id.clone(), limit))),
            // An error is reported once, not again as a missing limit.
            None if meant.contains(&meter.id.as_str()) || plan.get("limits").is_some_and(|value| !value.is_table()) => {
            }
            None => {
                plan.say("limits", &format!("has no limit for meter {:?} — add a number or \"unlimited\"", meter.id));
            }
        }
    }
    limits
}

/// The rank of a plan's background jobs. As text and JSON: `normal`, `2x`, `dedicated`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Processing {
    /// In the order of arrival.
    #[default]
    Normal,
    /// A number of turns for each turn of a normal plan, 2 to 100.
    Times(NonZeroU8),
    /// Workers of its own, without other tenants' jobs.
    Dedicated,
}

impl Processing {
    const EXPECTED: &str = r#"expected "normal", "dedicated", or "2x" to "100x""#;

    /// Turns for each turn of a normal plan: 1 for normal. Dedicated jobs have their own queue, where it has no effect.
    pub fn weight(self) -> u8 {
        match self {
            Self::Normal | Self::Dedicated => 1,
            Self::Times(times) => times.get(),
        }
    }

    fn read(section: &Section<'_>) -> Self {
        let Some(value) = section.get("processing") else { return Self::Normal };
        let parsed = value.as_text().and_then(|text| text.parse().ok());
        if parsed.is_none() {
            value.refuse(Self::EXPECTED);
        }
        parsed.unwrap_or_default()
    }
}

impl FromStr for Processing {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "normal" => return Ok(Self::Normal),
            "dedicated" => return Ok(Self::Dedicated),
            _ => {}
        }
        let times = text.strip_suffix('x').filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()));
        let times = times.and_then(|digits| digits.parse().ok()).filter(|times| (2..=100).contains(times));
        times.and_then(NonZeroU8::new).map(Self::Times).ok_or(Self::EXPECTED)
    }
}

impl fmt::Display for Processing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Normal => f.write_str("normal"),
            Self::Times(times) => write!(f, "{times}x"),
            Self::Dedicated => f.write_str("dedicated"),
        }
    }
}

impl Serialize for Processing {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Processing {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}
