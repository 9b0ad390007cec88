//! The trial, and the deadlines of a tenant that stops paying.

use crate::{
    plan::Plan,
    price::Price,
    read::{Section, suggest},
};

/// A trial of a paid plan without a card. At its end an unpaid tenant falls back to the default plan if that is free,
/// and is suspended otherwise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trial {
    /// Id of the tried plan, which has a price.
    pub plan: String,
    /// Length of the trial in days from sign-up, 1 to 365.
    pub days: i32,
    /// How many days before the end the reminder is sent; less than `days`. 2 by default, or less in a shorter trial.
    pub reminder_days: i32,
}

impl Trial {
    const KEYS: &[&str] = &["plan", "days", "reminder_days"];

    /// Reads `[trial]`; without it the product has no trial.
    pub(crate) fn read(file: &Section<'_>, plans: &[Plan], plan_ids: &[&str]) -> Option<Self> {
        let section = Section::of(&file.get("trial")?, "trial".to_owned(), Self::KEYS)?;
        let plan = section.text("plan", "expected a plan's id such as \"starter\"");
        if let Some(value) = section.get("plan").filter(|_| !plan.is_empty()) {
            let price = plans.iter().find(|known| known.id == plan).map(|known| known.price);
            if !plan_ids.contains(&plan.as_str()) {
                value.refuse(&suggest::or_one_of(&plan, plan_ids, "there are no plans"));
            } else if matches!(price, Some(Price::Free | Price::ContactSales)) {
                value.refuse("expected a paid plan");
            }
        }
        let days = section.require("days", "expected a number of days from 1 to 365");
        let days = days.and_then(|value| value.whole(1..=365, "expected a number of days from 1 to 365"));
        let days = days.unwrap_or(365);
        let reminder_days = match section.get("reminder_days") {
            Some(value) => value.whole(0..=days - 1, "expected a number of days from 0, less than the trial has"),
            None => None,
        };
        Some(Self { plan, days, reminder_days: reminder_days.unwrap_or(2.min(days - 1)) })
    }
}

/// The deadlines of a tenant that stops paying, in days.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lifecycle {
    /// Grace period after a failed payment before the tenant is suspended: 0 to 3,650, by default 7.
    pub grace_days: i32,
    /// How long the data of a cancelled tenant is kept before it is archived: 0 to 3,650, by default 30.
    pub keep_days: i32,
}

impl Default for Lifecycle {
    fn default() -> Self {
        Self { grace_days: 7, keep_days: 30 }
    }
}

impl Lifecycle {
    /// Reads `[lifecycle]`; missing keys keep their default.
    pub(crate) fn read(file: &Section<'_>) -> Self {
        let default = Self::default();
        let section = file.get("lifecycle");
        let section =
            section.and_then(|value| Section::of(&value, "lifecycle".to_owned(), &["grace_days", "keep_days"]));
        let Some(section) = section else { return default };
        let days = |key| {
            let value = section.get(key);
            value.and_then(|value| value.whole(0..=3650, "expected a number of days from 0 to 3650"))
        };
        Self {
            grace_days: days("grace_days").unwrap_or(default.grace_days),
            keep_days: days("keep_days").unwrap_or(default.keep_days),
        }
    }
}
