//! Money in minor units with its currency. No floating point.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// An ISO 4217 currency with two decimal places.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Currency {
    /// United States dollar.
    #[default]
    Usd,
    /// Euro.
    Eur,
    /// Pound sterling.
    Gbp,
}

impl Currency {
    /// The sign before an amount: `$`.
    pub const fn sign(self) -> &'static str {
        match self {
            Self::Usd => "$",
            Self::Eur => "€",
            Self::Gbp => "£",
        }
    }

    /// The ISO code in lower case, as Stripe writes it: `usd`.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Usd => "usd",
            Self::Eur => "eur",
            Self::Gbp => "gbp",
        }
    }
}

impl FromStr for Currency {
    type Err = ParseMoneyError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "usd" => Ok(Self::Usd),
            "eur" => Ok(Self::Eur),
            "gbp" => Ok(Self::Gbp),
            _ => Err(ParseMoneyError),
        }
    }
}

/// An amount of money: `$29` is `{ minor: 2900, currency: usd }`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Money {
    /// Amount in minor units, such as cents.
    pub minor: i64,
    /// Currency of the amount.
    pub currency: Currency,
}

impl Money {
    /// The amount zero in this currency.
    pub const fn zero(currency: Currency) -> Self {
        Self { minor: 0, currency }
    }

    /// Reads `$29`, `$2,990` or `€0.05`.
    pub fn parse(text: &str) -> Result<Self, ParseMoneyError> {
        let currency = [Currency::Usd, Currency::Eur, Currency::Gbp]
            .into_iter()
            .find(|currency| text.starts_with(currency.sign()))
            .ok_or(ParseMoneyError)?;
        let digits = text[currency.sign().len()..].replace(',', "");
        let (whole, cents) = digits.split_once('.').unwrap_or((&digits, "00"));
        if whole.is_empty() || cents.len() != 2 || !digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') {
            return Err(ParseMoneyError);
        }
        let whole: i64 = whole.parse().map_err(|_| ParseMoneyError)?;
        let cents: i64 = cents.parse().map_err(|_| ParseMoneyError)?;
        let minor = whole.checked_mul(100).and_then(|minor| minor.checked_add(cents)).ok_or(ParseMoneyError)?;
        Ok(Self { minor, currency })
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.minor < 0 { "-" } else { "" };
        let (whole, cents) = (self.minor.unsigned_abs() / 100, self.minor.unsigned_abs() % 100);
        let digits = whole.to_string();
        let grouped: Vec<&str> =
            digits.as_bytes().rchunks(3).rev().filter_map(|group| std::str::from_utf8(group).ok()).collect();
        write!(f, "{sign}{}{}", self.currency.sign(), grouped.join(","))?;
        if cents > 0 { write!(f, ".{cents:02}") } else { Ok(()) }
    }
}

/// The text is not an amount such as `$29`, `$2,990` or `€0.05`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ParseMoneyError;

impl fmt::Display for ParseMoneyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("expected an amount such as \"$29\", \"$2,990\" or \"€0.05\"")
    }
}

impl std::error::Error for ParseMoneyError {}

/// Reads an amount from a text such as `"$29"`, for configuration files.
impl Money {
    /// For `#[serde(deserialize_with = "Money::from_text")]`.
    pub fn from_text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).map_err(de::Error::custom)
    }

    /// For `#[serde(serialize_with = "Money::to_text")]`.
    pub fn to_text<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_read_as_people_write_them() {
        for (text, minor) in [("$29", 2900), ("$2,990", 299_000), ("€0.05", 5), ("£1234567.89", 123_456_789)] {
            assert_eq!(Money::parse(text).unwrap().minor, minor, "{text}");
        }
        for text in ["29", "$", "$2.9", "$-1", "$1e9", "$1.234", "$99999999999999999999"] {
            assert_eq!(Money::parse(text), Err(ParseMoneyError), "{text}");
        }
    }

    #[test]
    fn amounts_print_as_people_write_them() {
        for text in ["$29", "$2,990", "€0.05", "$1,234,567.89", "$0"] {
            assert_eq!(Money::parse(text).unwrap().to_string(), text);
        }
    }
}
