//! A value of the file.

use std::{borrow::Cow, ops::RangeInclusive};

use freehold_core::{Currency, Money};
use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use super::{Report, Words, suggest};

/// A value with its key and position. A wrong type is reported, and the result is `None`.
pub(crate) struct Value<'t> {
    pub(super) report: &'t Report<'t>,
    /// Name of the containing section in messages, such as `plan "free"`.
    place: String,
    key: &'t Spanned<Cow<'t, str>>,
    written: &'t Spanned<DeValue<'t>>,
    /// Whether `place` names the value itself, so that messages do not repeat its key.
    is_place: bool,
}

impl<'t> Value<'t> {
    pub(super) fn new(
        report: &'t Report<'t>,
        place: &str,
        key: &'t Spanned<Cow<'t, str>>,
        written: &'t Spanned<DeValue<'t>>,
    ) -> Self {
        Self { report, place: place.to_owned(), key, written, is_place: false }
    }

    /// The same value with a name for messages, such as `plan "free"`.
    pub(super) fn named(self, what: &str) -> Self {
        Self { place: format!("{what} {:?}", self.key()), is_place: true, ..self }
    }

    pub(crate) fn place(&self) -> &str {
        &self.place
    }

    pub(crate) fn key(&self) -> &'t str {
        self.key.get_ref()
    }

    pub(crate) fn key_offset(&self) -> usize {
        self.key.span().start
    }

    /// Reports an error at this value's line.
    pub(crate) fn say(&self, message: &str) {
        // A section begins at its header; the value of a key may be lines below the key.
        let offset = if self.is_table() { self.key_offset() } else { self.written.span().start };
        self.report.say(offset, message.to_owned());
    }

    /// Reports the value and what was expected.
    pub(crate) fn refuse(&self, expected: &str) {
        let written = self.report.written(self.written.span());
        let message = match (self.is_place, self.place.is_empty()) {
            (true, _) => format!("{} = {written} — {expected}", self.place),
            (false, true) => format!("{} = {written} — {expected}", self.key()),
            (false, false) => format!("{}: {} = {written} — {expected}", self.place, self.key()),
        };
        self.say(&message);
    }

    /// The key as an id.
    pub(crate) fn id(&self) -> Option<&'t str> {
        let key = self.key();
        if !is_id(key) {
            self.say(&format!("{}: not a good name — {ID}", self.place));
        }
        Some(key).filter(|key| is_id(key))
    }

    pub(crate) fn is_table(&self) -> bool {
        self.as_table().is_some()
    }

    pub(crate) fn as_table(&self) -> Option<&'t DeTable<'t>> {
        self.written.get_ref().as_table()
    }

    pub(crate) fn as_text(&self) -> Option<&'t str> {
        match self.written.get_ref() {
            DeValue::String(text) => Some(text),
            _ => None,
        }
    }

    pub(crate) fn as_whole(&self) -> Option<i64> {
        let number = self.written.get_ref().as_integer()?;
        i64::from_str_radix(number.as_str(), number.radix()).ok()
    }

    /// The values of a list; errors name the list's key.
    pub(crate) fn items(&self) -> Option<Vec<Self>> {
        let items = self.written.get_ref().as_array()?;
        Some(items.iter().map(|item| Self::new(self.report, &self.place, self.key, item)).collect())
    }

    /// A line of text that is not empty.
    pub(crate) fn text(&self, expected: &str) -> Option<&'t str> {
        let text = self.as_text().filter(|text| !text.trim().is_empty() && !text.contains(char::is_control));
        if text.is_none() {
            self.refuse(expected);
        }
        text
    }

    /// A whole number in this range.
    pub(crate) fn whole(&self, range: RangeInclusive<i32>, expected: &str) -> Option<i32> {
        let number = self.as_whole().and_then(|number| i32::try_from(number).ok());
        let number = number.filter(|number| range.contains(number));
        if number.is_none() {
            self.refuse(expected);
        }
        number
    }

    /// True or false.
    pub(crate) fn truth(&self, expected: &str) -> Option<bool> {
        let truth = self.written.get_ref().as_bool();
        if truth.is_none() {
            self.refuse(expected);
        }
        truth
    }

    /// A word of a fixed list.
    pub(crate) fn word<W: Words>(&self) -> Option<W> {
        let word = self.as_text().and_then(W::from_word);
        if word.is_none() {
            self.refuse(&suggest::or_one_of(self.as_text().unwrap_or_default(), &W::all(), ""));
        }
        word
    }

    /// An amount of money, in the product's currency where that is known.
    pub(crate) fn money(&self, currency: Option<Currency>) -> Option<Money> {
        let Some(money) = self.as_text().and_then(|text| Money::parse(text).ok()) else {
            self.refuse("expected an amount such as \"$29\", \"$2,990\" or \"$0.05\"");
            return None;
        };
        if let Some(currency) = currency.filter(|currency| *currency != money.currency) {
            self.refuse(&format!("expected an amount in the product's currency, {}", currency.code()));
            return None;
        }
        Some(money)
    }
}

/// The form of ids.
pub(super) const ID: &str = "expected an id: lower-case letters, digits and _, a letter first, at most 40";

/// Ids become names in the database, in Stripe and in URLs, so they are simple.
pub(super) fn is_id(text: &str) -> bool {
    text.len() <= 40
        && text.starts_with(|first: char| first.is_ascii_lowercase())
        && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
}
