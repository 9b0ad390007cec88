//! The conditions of a branch.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{answer, wording};

/// A case of a branch.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = WorkflowBranchCase)]
pub struct Case {
    /// Condition on the branch's variable.
    pub when: Condition,
    /// Id of the next node when the condition is true.
    #[serde(default)]
    pub next: String,
}

/// A condition on a variable's value. Letter case and punctuation are ignored.
///
/// To tell yes from no, use `expect: yes_no` in the `ask` node: `any_of: ["sure"]` is also true for "I am not sure".
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = WorkflowCondition)]
pub enum Condition {
    /// True when the whole value is this text: `{ "equals": "yes" }`.
    Equals(String),
    /// True when the value contains one of these words or phrases: `{ "any_of": ["agent", "a person"] }`. Only whole
    /// words count: "no" is not found in "I know". At most 50, each of at most 100 characters.
    AnyOf(Vec<String>),
    /// True when the value contains this text, even inside a word: `{ "contains": "book" }` is true for "rebooking".
    Contains(String),
    /// True when the value is a number greater than this: `{ "greater": 8 }`.
    Greater(f64),
    /// True when the value is a number less than this: `{ "less": 7 }`.
    Less(f64),
    /// True when the value is this number or greater: `{ "at_least": 9 }`.
    AtLeast(f64),
    /// True when the value is this number or less: `{ "at_most": 6 }`.
    AtMost(f64),
    /// True when the value is empty (`true`) or not empty (`false`): `{ "is_empty": true }`.
    IsEmpty(bool),
}

impl Condition {
    /// Whether the condition is true for this value. A variable that was never set is an empty value.
    pub fn holds(&self, value: &str) -> bool {
        let number = || answer::number(value);
        match self {
            Self::Equals(text) => wording::words(value) == wording::words(text),
            Self::AnyOf(phrases) => {
                let value = wording::words(value);
                phrases.iter().any(|phrase| wording::is_among(&value, phrase))
            }
            Self::Contains(text) => {
                let text = wording::words(text);
                !text.is_empty() && wording::words(value).contains(&text)
            }
            Self::Greater(bound) => number().is_some_and(|number| number > *bound),
            Self::Less(bound) => number().is_some_and(|number| number < *bound),
            Self::AtLeast(bound) => number().is_some_and(|number| number >= *bound),
            Self::AtMost(bound) => number().is_some_and(|number| number <= *bound),
            Self::IsEmpty(empty) => value.trim().is_empty() == *empty,
        }
    }

    /// The words that the condition searches for, each with the JSON pointer of its field inside the condition.
    pub fn phrases(&self) -> Vec<(String, &str)> {
        match self {
            Self::Equals(text) => vec![("/equals".to_owned(), text)],
            Self::Contains(text) => vec![("/contains".to_owned(), text)],
            Self::AnyOf(phrases) => {
                phrases.iter().enumerate().map(|(at, phrase)| (format!("/any_of/{at}"), phrase.as_str())).collect()
            }
            _ => Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn any_of(phrases: &[&str]) -> Condition {
        Condition::AnyOf(phrases.iter().map(|&phrase| phrase.to_owned()).collect())
    }

    #[test]
    fn equals_looks_at_the_whole_value_and_at_neither_case_nor_punctuation() {
        assert!(Condition::Equals("Yes, please".into()).holds("  yes please! "));
        assert!(!Condition::Equals("yes".into()).holds("yes please"));
    }

    #[test]
    fn any_of_finds_whole_words_only() {
        assert!(any_of(&["no"]).holds("No, thank you."));
        assert!(!any_of(&["no"]).holds("I know"));
        assert!(any_of(&["a person", "agent"]).holds("Give me a person!"));
        assert!(!any_of(&["a person"]).holds("a nice person"));
        assert!(any_of(&["a a"]).holds("xa a a"));
        assert!(!any_of(&["", "?"]).holds("anything"));
    }

    #[test]
    fn contains_finds_parts_of_words() {
        assert!(Condition::Contains("book".into()).holds("Rebooking, please"));
        assert!(!Condition::Contains("book".into()).holds("cancel it"));
        assert!(!Condition::Contains("!".into()).holds("Hello!"));
    }

    #[test]
    fn numbers_are_compared_as_numbers() {
        assert!(Condition::Greater(9.0).holds("10"));
        assert!(!Condition::Greater(10.0).holds("10"));
        assert!(Condition::AtLeast(10.0).holds("10"));
        assert!(Condition::Less(7.0).holds("6.5"));
        assert!(Condition::AtMost(6.0).holds("6"));
    }

    #[test]
    fn no_comparison_holds_of_a_value_that_is_no_number() {
        assert!(!Condition::Less(7.0).holds("few"));
        assert!(!Condition::AtLeast(0.0).holds(""));
    }

    #[test]
    fn emptiness_can_be_asked_both_ways() {
        assert!(Condition::IsEmpty(true).holds("  "));
        assert!(Condition::IsEmpty(false).holds("x"));
        assert!(!Condition::IsEmpty(false).holds(""));
    }
}
