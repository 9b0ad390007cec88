//! The schedule of a campaign.

use freehold_core::{Context, Error, FieldError, Result};
use jiff::{Timestamp, tz::TimeZone};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::CallingHours;

/// The times at which a campaign's calls may start.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[schema(as = CampaignSchedule)]
pub struct Schedule {
    /// Earliest start of calls, UTC; when left out, calls start with the campaign.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub start_at: Option<Timestamp>,
    /// Time zone of `calling_hours`, by its IANA name such as `Europe/Berlin`, for contacts whose time zone is known
    /// neither from the contact list nor from their number.
    pub time_zone: String,
    /// The hours in which calls may start; at any time when left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub calling_hours: Option<CallingHours>,
}

impl Default for Schedule {
    fn default() -> Self {
        Self { start_at: None, time_zone: "UTC".to_owned(), calling_hours: None }
    }
}

impl Schedule {
    /// Returns the schedule with the IANA spelling of its zone if it is valid; otherwise an error that lists everything
    /// wrong with it, with pointers below `below`.
    pub(crate) fn checked(self, below: &str) -> Result<Self> {
        let zone = TimeZone::get(&self.time_zone).ok().and_then(|zone| zone.iana_name().map(str::to_owned));
        let mut problems = self.calling_hours.as_ref().map(CallingHours::check).unwrap_or_default();
        for problem in &mut problems {
            problem.pointer.insert_str(0, &format!("{below}/calling_hours"));
        }
        if zone.is_none() {
            let pointer = format!("{below}/time_zone");
            let message = "expected the IANA name of a time zone, such as Europe/Berlin or America/New_York".to_owned();
            problems.push(FieldError { pointer, message });
        }
        match zone {
            Some(time_zone) if problems.is_empty() => Ok(Self { time_zone, ..self }),
            _ => Err(Error::invalid_fields(problems)),
        }
    }

    /// The first time, `now` or later, at which a call may start in this zone; if `zone` is empty, in the schedule's
    /// own. None: never again.
    pub(crate) fn opens_at(&self, zone: &str, now: Timestamp) -> Result<Option<Timestamp>> {
        let begins = self.start_at.map_or(now, |start| start.max(now));
        let Some(hours) = &self.calling_hours else { return Ok(Some(begins)) };
        let zone = if zone.is_empty() { &self.time_zone } else { zone };
        let zone = TimeZone::get(zone).context("reading the time zone of a campaign")?;
        Ok(hours.opens_at(&zone, begins))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn schedule(json: serde_json::Value) -> Schedule {
        serde_json::from_value(json).expect("the schedule reads")
    }

    #[test]
    fn an_empty_schedule_is_always() {
        let now: Timestamp = "2026-03-15T12:00:00Z".parse().expect("a time");
        let always = schedule(json!({})).checked("").expect("it can be kept");
        assert_eq!(always.opens_at("", now).expect("UTC is known"), Some(now));
    }

    #[test]
    fn it_begins_at_its_time_or_in_the_first_window_after() {
        let time = |text: &str| text.parse::<Timestamp>().expect("a time");
        let windows = json!({ "monday": [{ "from": "09:00", "to": "17:00" }] });
        let plan = schedule(json!({
            "start_at": "2026-03-17T08:00:00Z", "time_zone": "europe/berlin", "calling_hours": windows
        }));
        let plan = plan.checked("").expect("it can be kept");
        assert_eq!(plan.time_zone, "Europe/Berlin");
        let opens = |now: &str| plan.opens_at("", time(now)).expect("Berlin is known");
        assert_eq!(opens("2026-03-15T12:00:00Z"), Some(time("2026-03-23T08:00:00Z")));
        assert_eq!(opens("2026-03-30T07:00:00Z"), Some(time("2026-03-30T07:00:00Z")));
        // The same hours on the clock of a contact in New York.
        let there = plan.opens_at("America/New_York", time("2026-03-30T07:00:00Z")).expect("New York is known");
        assert_eq!(there, Some(time("2026-03-30T13:00:00Z")));
    }

    #[test]
    fn what_is_wrong_is_told_with_its_place() {
        let wrong = schedule(json!({
            "time_zone": "Mars/Olympus", "calling_hours": { "monday": [{ "from": "09:00", "to": "08:00" }] }
        }));
        let error = wrong.checked("/schedule").expect_err("it cannot be kept");
        let pointers: Vec<&str> = error.fields().iter().map(|field| field.pointer.as_str()).collect();
        assert_eq!(pointers, ["/schedule/calling_hours/monday/0", "/schedule/time_zone"]);
        for zone in ["", "CEST", "+02:00", "../etc/passwd", "Europe"] {
            assert!(schedule(json!({ "time_zone": zone })).checked("").is_err(), "{zone}");
        }
    }
}
