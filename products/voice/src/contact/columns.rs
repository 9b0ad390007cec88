//! The columns of a contact list, found by their names or by the request's mapping.

mod names;

use std::collections::BTreeMap;

use freehold_core::{Error, Result};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{fold::fold, graph::Graph};

/// The field with the phone number.
pub(super) const PHONE: &str = "phone";
/// The field with the country of numbers that have no country code.
pub(super) const COUNTRY: &str = "country";
/// The field with the time zone, for calling hours.
pub(super) const TIME_ZONE: &str = "time_zone";

/// The columns that hold a field.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
enum Names {
    One(String),
    Several(Vec<String>),
}

/// Fields and the columns that hold them, as the caller gives them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Mapping(BTreeMap<String, Names>);

impl Mapping {
    /// Reads `{"phone": "Mobile Phone", "name": ["First Name", "Last Name"]}`.
    ///
    /// # Errors
    /// `validation_failed` at `pointer`.
    pub(crate) fn read(pointer: &str, text: &str) -> Result<Self> {
        let read: Option<BTreeMap<String, Names>> = serde_json::from_str(text).ok();
        let mapping = read.map(Self).ok_or_else(|| {
            let message = "expected a JSON object of fields and the columns that hold them, such as {\"phone\": \"Mobile \
                           Phone\", \"name\": [\"First Name\", \"Last Name\"]}";
            Error::invalid(pointer, message)
        })?;
        let empty = |names: &Names| matches!(names, Names::Several(names) if names.is_empty());
        match mapping.0.iter().find(|(_, names)| empty(names)) {
            Some((field, _)) => Err(Error::invalid(pointer, format!("names no column for '{field}'"))),
            None => Ok(mapping),
        }
    }
}

/// How columns are matched to fields.
#[derive(Clone, Debug, Default)]
pub(crate) struct ColumnOptions {
    pub(crate) mapping: Mapping,
    /// Whether columns that match no field are left out; otherwise the file is refused.
    pub(crate) ignore_unknown: bool,
}

/// A column of a file, and its field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ContactColumn {
    /// Name of the column, as in the file.
    pub column: String,
    /// Field of the column: `phone`, `country`, `time_zone` or an input of the workflow; null for an ignored column.
    pub field: Option<String>,
}

/// The columns of a list, by the field that they hold. Positions are counted from 0.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Columns {
    /// The column names, as in the file.
    pub(crate) names: Vec<String>,
    /// The columns with phone numbers. The first one that is not empty is called.
    pub(crate) phone: Vec<usize>,
    pub(crate) country: Vec<usize>,
    pub(crate) time_zone: Vec<usize>,
    /// The inputs of the workflow and their columns; several columns are joined with a space.
    pub(crate) inputs: Vec<(String, Vec<usize>)>,
}

impl Columns {
    /// Matches the columns with these names to fields.
    ///
    /// # Errors
    /// What is wrong, and what to do.
    pub(crate) fn of(header: &[String], graphs: &[Graph], options: &ColumnOptions) -> Result<Self, String> {
        let mut columns = Self::named(header);
        let folded: Vec<String> = columns.names.iter().map(|name| fold(name)).collect();
        columns.map(&folded, graphs, &options.mapping)?;
        columns.find(&folded, graphs, &options.mapping)?;
        Ok(columns)
    }

    /// Columns of which only the names are known.
    pub(crate) fn named(header: &[String]) -> Self {
        Self { names: header.iter().map(|cell| freehold_core::visible_line(cell)).collect(), ..Self::default() }
    }

    /// What is wrong with the columns as a whole; none: the list can be read. `filled` says whether a column without a
    /// name holds a value, and on which line.
    pub(crate) fn problem(
        &self,
        graphs: &[Graph],
        options: &ColumnOptions,
        filled: impl Fn(usize) -> Option<u64>,
    ) -> Option<String> {
        let fields = field_names(graphs);
        if !options.ignore_unknown {
            let unnamed = self.unused().find(|place| self.names[*place].is_empty() && filled(*place).is_some());
            if let Some(place) = unnamed {
                let line = filled(place).unwrap_or_default();
                return Some(format!(
                    "column {} of the header has no name, and line {line} has a value there. Name it, or send \
                     ignore_unknown=true to leave it out",
                    place + 1
                ));
            }
            if let Some(unknown) = self.unused().find(|place| !self.names[*place].is_empty()) {
                return Some(self.unknown(unknown, &fields));
            }
        }
        let required = graphs.iter().flat_map(|graph| &graph.inputs);
        let mut required = required.filter(|input| input.required && input.default.is_none());
        let held =
            |name: &str| name == PHONE && !self.phone.is_empty() || self.inputs.iter().any(|(input, _)| input == name);
        if let Some(missing) = required.find(|input| !held(&input.name)) {
            return Some(format!(
                "there is no column for the input '{0}', which is required; the columns are: {1}. Name it: \
                 mapping={{\"{0}\": \"…\"}}",
                missing.name,
                self.shown()
            ));
        }
        (self.phone.is_empty() && self.inputs.is_empty()).then(|| {
            format!(
                "no column is known; the columns are: {}. Name the one with the phone number: mapping={{\"phone\": \
                 \"…\"}}",
                self.shown()
            )
        })
    }

    fn unknown(&self, place: usize, fields: &[&str]) -> String {
        let name = shortened(&self.names[place]);
        let others = self.unused().filter(|other| !self.names[*other].is_empty()).count() - 1;
        let more = match others {
            0 => String::new(),
            1 => " (and 1 more column)".to_owned(),
            others => format!(" (and {others} more columns)"),
        };
        let data = name.chars().filter(char::is_ascii_digit).count() >= 6;
        let advice = if data {
            "The first line of the file must name the columns"
        } else {
            "Send ignore_unknown=true to ignore other columns, or name their fields in `mapping`"
        };
        format!("the workflow has no input '{name}'{more}; the columns can be: {}. {advice}", fields.join(", "))
    }

    /// Every column with the field that it holds.
    pub(crate) fn described(&self) -> Vec<ContactColumn> {
        let field =
            |place: usize| self.fields().find(|(_, places)| places.contains(&place)).map(|(name, _)| name.to_owned());
        let named = self.names.iter().enumerate().filter(|(_, name)| !name.is_empty());
        named.map(|(place, name)| ContactColumn { column: shortened(name), field: field(place) }).collect()
    }

    /// The name of the column at this position.
    pub(crate) fn name(&self, place: usize) -> &str {
        self.names.get(place).map_or("", String::as_str)
    }

    /// Whether the column holds a field.
    pub(crate) fn uses(&self, place: usize) -> bool {
        self.fields().any(|(_, places)| places.contains(&place))
    }

    fn unused(&self) -> impl Iterator<Item = usize> {
        (0..self.names.len()).filter(|place| !self.uses(*place))
    }

    fn fields(&self) -> impl Iterator<Item = (&str, &[usize])> {
        let inputs = self.inputs.iter().map(|(name, places)| (name.as_str(), places.as_slice()));
        [(PHONE, &self.phone[..]), (COUNTRY, &self.country[..]), (TIME_ZONE, &self.time_zone[..])]
            .into_iter()
            .chain(inputs)
    }

    /// The names of the first twenty columns.
    pub(crate) fn shown(&self) -> String {
        let names: Vec<String> = self
            .names
            .iter()
            .filter(|name| !name.is_empty())
            .take(20)
            .map(|name| format!("'{}'", shortened(name)))
            .collect();
        let more = self.names.len().saturating_sub(20);
        if more > 0 { format!("{} and {more} more", names.join(", ")) } else { names.join(", ") }
    }

    /// Assigns the columns that the caller named.
    fn map(&mut self, folded: &[String], graphs: &[Graph], mapping: &Mapping) -> Result<(), String> {
        for (field, names) in &mapping.0 {
            let names = match names {
                Names::One(name) => std::slice::from_ref(name),
                Names::Several(names) => names,
            };
            let mut places = Vec::with_capacity(names.len());
            for name in names {
                let found = self.names.iter().position(|shown| shown == name.trim());
                let found = found.or_else(|| folded.iter().position(|other| *other == fold(name) && !other.is_empty()));
                places.push(found.ok_or_else(|| {
                    format!(
                        "`mapping` names the column '{}', which the file does not have; its columns are: {}",
                        shortened(name),
                        self.shown()
                    )
                })?);
            }
            let fields = field_names(graphs);
            match field.as_str() {
                PHONE => self.phone = places,
                COUNTRY => self.country = places,
                TIME_ZONE => self.time_zone = places,
                input if fields.contains(&input) => self.inputs.push((input.to_owned(), places)),
                other => {
                    return Err(format!(
                        "`mapping` names the unknown field '{}'; the fields are: {}",
                        shortened(other),
                        fields.join(", ")
                    ));
                }
            }
        }
        Ok(())
    }

    /// Finds the columns of the fields for which the caller named none.
    fn find(&mut self, folded: &[String], graphs: &[Graph], mapping: &Mapping) -> Result<(), String> {
        let mapped: Vec<usize> = self.fields().flat_map(|(_, places)| places.to_vec()).collect();
        let free = |place: &usize| !mapped.contains(place);
        let called = |name: &str| -> Vec<usize> {
            folded
                .iter()
                .enumerate()
                .filter(|(place, other)| *other == name && free(place))
                .map(|(place, _)| place)
                .collect()
        };
        let mut exact = Vec::new();
        let mut open = Vec::new();
        for name in inputs_of(graphs).into_iter().filter(|name| !mapping.0.contains_key(*name)) {
            match called(&fold(name))[..] {
                [] => open.push(name),
                [place] => {
                    exact.push(place);
                    self.inputs.push((name.to_owned(), vec![place]));
                }
                [..] => return Err(twice(name)),
            }
        }
        let known = |names: &[&str]| names.iter().flat_map(|name| called(&fold(name))).collect::<Vec<usize>>();
        let fields = [(PHONE, names::PHONES), (COUNTRY, names::COUNTRIES), (TIME_ZONE, names::TIME_ZONES)];
        for (field, known_names) in fields.into_iter().filter(|(field, _)| !mapping.0.contains_key(*field)) {
            if called(field).len() > 1 {
                return Err(twice(field));
            }
            let mut places = known(known_names);
            // A column that matches an input is used as the phone number only if no other column is.
            let others: Vec<usize> =
                places.iter().copied().filter(|place| !exact.contains(place) || folded[*place] == field).collect();
            if !others.is_empty() {
                places = others;
            }
            match field {
                PHONE => self.phone = places,
                COUNTRY => self.country = places,
                _ => self.time_zone = places,
            }
        }
        for name in open {
            let groups =
                [names::PHONES, names::COUNTRIES, names::TIME_ZONES].into_iter().chain(names::INPUTS.iter().copied());
            let Some(group) = groups.into_iter().find(|group| group.contains(&fold(name).as_str())) else { continue };
            let mut places: Vec<usize> =
                known(group).into_iter().filter(|place| !exact.contains(place)).take(1).collect();
            if places.is_empty() && group == names::FULL_NAMES {
                places = [names::FIRST_NAMES, names::LAST_NAMES]
                    .iter()
                    .filter_map(|group| known(group).first().copied())
                    .collect();
            }
            if !places.is_empty() {
                self.inputs.push((name.to_owned(), places));
            }
        }
        Ok(())
    }
}

fn twice(name: &str) -> String {
    format!("two columns are called '{name}'; rename one, or name the right one in `mapping`")
}

/// The names of the inputs of all versions, each once.
fn inputs_of(graphs: &[Graph]) -> Vec<&str> {
    let mut names: Vec<&str> = Vec::new();
    for input in graphs.iter().flat_map(|graph| &graph.inputs) {
        if !names.contains(&input.name.as_str()) {
            names.push(&input.name);
        }
    }
    names
}

/// The fields that columns can hold.
fn field_names(graphs: &[Graph]) -> Vec<&str> {
    let mut names = vec![PHONE];
    names.extend(inputs_of(graphs).into_iter().filter(|name| *name != PHONE));
    names.extend([COUNTRY, TIME_ZONE].into_iter().filter(|name| !inputs_of(graphs).contains(name)));
    names
}

/// A text of a file, shortened for use in a sentence.
pub(super) fn shortened(text: &str) -> String {
    let text = freehold_core::visible_line(text);
    if text.chars().count() > 64 { format!("{}…", text.chars().take(63).collect::<String>()) } else { text }
}
