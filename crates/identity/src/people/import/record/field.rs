//! Reading single fields of a row, and remarks about invalid ones.

use jiff::{Timestamp, civil::DateTime, tz::TimeZone};
use serde_json::{Map, Value};
use uuid::Uuid;

use super::{Refusal, TEXT_BYTES_MAX};
use crate::{admin::METADATA_BYTES, import::Columns};

/// Number of names of left-out fields that a remark lists.
const NAMED: usize = 5;

/// A time as Postgres writes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Moment {
    /// The column is null.
    None,
    /// A valid time.
    At(Timestamp),
    /// Before all times that can be stored: `-infinity`, or a year before Christ.
    Always,
    /// After all times that can be stored: `infinity`, or a year of more than four digits.
    Never,
    /// Not a time.
    Odd,
}

/// Reads the fields of one row.
pub(super) struct Reader<'a> {
    columns: &'a Columns,
    remarks: Vec<String>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(columns: &'a Columns) -> Self {
        Self { columns, remarks: Vec::new() }
    }

    /// The remarks about the row.
    pub(super) fn remarks(self) -> Vec<String> {
        self.remarks
    }

    pub(super) fn remark(&mut self, remark: impl Into<String>) {
        self.remarks.push(remark.into());
    }

    /// The text of a column; none when it is empty.
    pub(super) fn text(&self, name: &str) -> Option<&'a str> {
        self.columns.get(name)?.as_deref().filter(|text| !text.is_empty())
    }

    /// Like `text`, but leaves out a value that is longer than its column here.
    pub(super) fn short_text(&mut self, name: &str) -> Option<String> {
        let text = self.text(name)?;
        if text.len() <= TEXT_BYTES_MAX && !text.contains('\0') {
            return Some(text.to_owned());
        }
        self.remark(format!("its {name} was left out: it is longer than {TEXT_BYTES_MAX} bytes, or no text"));
        None
    }

    pub(super) fn uuid(&self, name: &str) -> Result<Uuid, Refusal> {
        let text = self.text(name).ok_or_else(|| format!("it has no {name}"))?;
        Uuid::parse_str(text).ok().filter(|id| !id.is_nil()).ok_or_else(|| format!("its {name} is not a UUID"))
    }

    /// Reads a boolean; false for any other value.
    pub(super) fn boolean(&mut self, name: &str) -> bool {
        match self.text(name) {
            None | Some("f" | "false" | "FALSE" | "0") => false,
            Some("t" | "true" | "TRUE" | "1") => true,
            Some(_) => {
                self.remark(format!("its {name} is neither true nor false: it counts as false"));
                false
            }
        }
    }

    pub(super) fn moment(&self, name: &str) -> Moment {
        self.text(name).map_or(Moment::None, moment)
    }

    /// Reads a time; leaves out an invalid one.
    pub(super) fn time(&mut self, name: &str) -> Option<Timestamp> {
        match self.moment(name) {
            Moment::None => None,
            Moment::At(at) => Some(at),
            Moment::Always | Moment::Never | Moment::Odd => {
                self.remark(format!("its {name} was left out: it is no time that can be kept"));
                None
            }
        }
    }

    /// When something was confirmed; `created` when the time cannot be stored.
    pub(super) fn confirmed(&mut self, name: &str, created: Timestamp) -> Option<Timestamp> {
        match self.moment(name) {
            Moment::Always | Moment::Never => {
                self.remark(format!("its {name} is no time that can be kept: it counts from created_at"));
                Some(created)
            }
            _ => self.time(name),
        }
    }

    /// Until when the user is banned. A user who was banned without an end, or until an invalid time, stays banned.
    pub(super) fn banned(&mut self) -> Option<Timestamp> {
        // The last day that both Postgres and jiff can store.
        let far = Some("9999-12-30T00:00:00Z".parse().unwrap_or(Timestamp::MAX));
        match self.moment("banned_until") {
            Moment::None => None,
            Moment::At(at) => Some(at),
            Moment::Always => {
                self.remark("its banned_until was left out: it is long past");
                None
            }
            Moment::Never | Moment::Odd => {
                self.remark("its banned_until is no time that can be kept: it stays locked out");
                far
            }
        }
    }

    /// Reads a JSON object; empty for any other value. Removes NUL characters, which Postgres cannot store in text.
    pub(super) fn object(&mut self, name: &str) -> Map<String, Value> {
        let Some(text) = self.text(name) else { return Map::new() };
        let mut value = match serde_json::from_str(text) {
            Ok(Value::Null) => return Map::new(),
            Ok(value @ Value::Object(_)) => value,
            _ => {
                self.remark(format!("its {name} was left out: it is not a JSON object"));
                return Map::new();
            }
        };
        if text.contains("\\u0000") && nul_remove(&mut value) {
            self.remark(format!("its {name} had the character NUL, which was removed"));
        }
        match value {
            Value::Object(fields) => fields,
            _ => Map::new(),
        }
    }

    /// Reads a user's metadata. It goes into every token, so it is limited: the largest fields are left out until it
    /// fits.
    pub(super) fn metadata(&mut self, name: &str) -> Map<String, Value> {
        let mut fields = self.object(name);
        let size = |fields: &Map<String, Value>| serde_json::to_string(fields).map_or(0, |text| text.len());
        let mut left_out: Vec<String> = Vec::new();
        while size(&fields) > METADATA_BYTES {
            let largest = fields.iter().max_by_key(|(name, value)| name.len() + value.to_string().len());
            let Some(largest) = largest.map(|(name, _)| name.clone()) else { break };
            fields.remove(&largest);
            left_out.push(largest.chars().take(40).collect());
        }
        if !left_out.is_empty() {
            let more = left_out.len().saturating_sub(NAMED);
            left_out.truncate(NAMED);
            let more = if more == 0 { String::new() } else { format!(" and {more} more") };
            let names = left_out.join(", ");
            self.remark(format!("its {name} is larger than {METADATA_BYTES} bytes: {names}{more} left out"));
        }
        fields
    }
}

/// Removes NUL characters from all texts and names; returns whether there were any.
fn nul_remove(value: &mut Value) -> bool {
    match value {
        Value::String(text) => {
            let found = text.contains('\0');
            text.retain(|letter| letter != '\0');
            found
        }
        Value::Array(items) => items.iter_mut().fold(false, |found, item| nul_remove(item) | found),
        Value::Object(fields) => {
            let mut found = false;
            for (name, mut field) in std::mem::take(fields) {
                found |= nul_remove(&mut field) | name.contains('\0');
                fields.insert(name.replace('\0', ""), field);
            }
            found
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

/// Parses a time as Postgres writes it or as JSON has it; without a zone it is in UTC, as Supabase's databases are.
fn moment(text: &str) -> Moment {
    let text = text.trim();
    match text.to_ascii_lowercase().as_str() {
        "infinity" | "+infinity" => return Moment::Never,
        "-infinity" => return Moment::Always,
        lower if lower.ends_with(" bc") => return Moment::Always,
        _ => {}
    }
    if let Ok(at) = text.parse::<Timestamp>() {
        return kept(at);
    }
    if let Some(at) = text.parse::<DateTime>().ok().and_then(|time| time.to_zoned(TimeZone::UTC).ok()) {
        return kept(at.timestamp());
    }
    let year = text.split('-').next().unwrap_or_default();
    if year.len() > 4 && year.bytes().all(|byte| byte.is_ascii_digit()) && text.len() > year.len() {
        Moment::Never
    } else {
        Moment::Odd
    }
}

/// The time, if its year is from 1 to 9999: Postgres and JSON write these alike.
fn kept(at: Timestamp) -> Moment {
    match at.to_zoned(TimeZone::UTC).year() {
        ..1 => Moment::Always,
        _ => Moment::At(at),
    }
}
