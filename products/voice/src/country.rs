//! Countries, by their ISO 3166-1 codes or their names.

use std::{collections::HashMap, fmt, sync::LazyLock};

use freehold_core::{Error, Result};
use rlibphonenumber::{PHONE_NUMBER_UTIL, Region};

use crate::fold::fold;

/// Countries by code or name, in the form of [`fold`]. Names that two countries share are not in the list.
static COUNTRIES: LazyLock<HashMap<String, Country>> = LazyLock::new(|| {
    let lines = include_str!("../data/countries.tsv").lines().filter(|line| !line.starts_with('#'));
    let mut countries = HashMap::new();
    for line in lines {
        let mut names = line.split('\t');
        let Some(code) = names.next() else { continue };
        let Ok(region) = code.parse::<Region>() else { continue };
        // Countries without a numbering plan of their own, such as Antarctica, have no national numbers either.
        if PHONE_NUMBER_UTIL.get_country_code_for_region(region).is_some() {
            countries.extend(std::iter::once(code).chain(names).map(|name| (fold(name), Country(region))));
        }
    }
    countries
});

/// A country that has phone numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Country(Region);

impl Country {
    /// The country with this code (ISO 3166-1, two or three letters) or name, in any of 24 languages. None: there is no
    /// such country.
    pub(crate) fn find(text: &str) -> Option<Self> {
        COUNTRIES.get(&fold(text)).copied()
    }

    /// The country with this two-letter code (ISO 3166-1 alpha-2), in either case.
    ///
    /// # Errors
    /// `validation_failed` at `pointer`.
    pub(crate) fn from_code(pointer: &str, code: &str) -> Result<Self> {
        let found = (code.len() == 2).then(|| Self::find(code)).flatten();
        found.ok_or_else(|| {
            Error::invalid(
                pointer,
                "expected the code of a country in two letters (ISO 3166-1 alpha-2), such as DE or US",
            )
        })
    }

    /// The region for the library that knows the country's numbers.
    pub(crate) fn region(self) -> Region {
        self.0
    }
}

impl fmt::Display for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_region_str().as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_country_is_found_by_its_codes_and_by_what_people_call_it() {
        for (text, code) in [
            ("DE", "DE"),
            ("de", "DE"),
            ("DEU", "DE"),
            ("Germany", "DE"),
            (" Deutschland ", "DE"),
            ("ALLEMAGNE", "DE"),
            ("Österreich", "AT"),
            ("Osterreich", "AT"),
            ("Côte d’Ivoire", "CI"),
            ("U.S.A.", "US"),
            ("United States", "US"),
            ("UK", "GB"),
            ("England", "GB"),
            ("Schweiz", "CH"),
            ("日本", "JP"),
            ("Česko", "CZ"),
            ("Kosovo", "XK"),
        ] {
            assert_eq!(Country::find(text).map(|country| country.to_string()).as_deref(), Some(code), "{text}");
        }
        for text in ["", "Atlantis", "ZZ", "001", "AQ", "Europe"] {
            assert_eq!(Country::find(text), None, "{text}");
        }
    }

    #[test]
    fn a_default_country_is_given_in_two_letters() {
        assert_eq!(Country::from_code("/x", "us").expect("a country").to_string(), "US");
        for code in ["", "Germany", "DEU", "ZZ", "D"] {
            assert!(Country::from_code("/x", code).is_err(), "{code}");
        }
    }
}
