//! Understanding spoken answers: yes, no, numbers, digits.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::wording::words;

/// The kind of answer that an `ask` node understands, and its stored form.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = WorkflowExpectedAnswer)]
pub enum Expect {
    /// Any words, stored as they were said.
    #[default]
    Any,
    /// Agreement or refusal in any usual wording ("sure", "no thanks"), stored as `yes` or `no`.
    YesNo,
    /// One number written in digits ("about 25", "9 out of 10"), stored as its digits: `25`, `9`, `3.5`.
    Number,
    /// A row of digits such as an account number ("12 34-56"), stored without separators: `123456`.
    Digits,
}

impl Expect {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's skip_serializing_if passes a reference")]
    pub(super) fn is_any(&self) -> bool {
        *self == Self::Any
    }
}

/// The answer in its stored form, or none if it is not of the expected kind. `min` and `max` limit the value of a
/// number or the number of digits.
pub(crate) fn understand(answer: &str, expect: Expect, min: Option<f64>, max: Option<f64>) -> Option<String> {
    let within = |number: f64| min.is_none_or(|min| number >= min) && max.is_none_or(|max| number <= max);
    match expect {
        Expect::Any => Some(answer.trim().to_owned()).filter(|answer| !answer.is_empty()),
        Expect::YesNo => yes_no(answer).map(|yes| if yes { "yes" } else { "no" }.to_owned()),
        Expect::Number => number(answer).filter(|&number| within(number)).map(|number| number.to_string()),
        Expect::Digits => {
            let digits: String = answer.chars().filter(char::is_ascii_digit).collect();
            let count = u32::try_from(digits.len()).map(f64::from).ok()?;
            (count > 0.0 && within(count)).then_some(digits)
        }
    }
}

/// The one number in a text. If there are several ("between 10 and 20"), none; but "9 out of 10" and "9/10" are 9.
pub(crate) fn number(text: &str) -> Option<f64> {
    let mut numbers = Vec::new();
    let mut tokens = text.split_whitespace().peekable();
    while let Some(token) = tokens.next() {
        if token.eq_ignore_ascii_case("out") && tokens.peek().is_some_and(|of| of.eq_ignore_ascii_case("of")) {
            tokens.next();
            tokens.next();
        } else if let Some(number) = number_of_token(token.split('/').next().unwrap_or(token)) {
            numbers.push(number);
        }
    }
    match numbers[..] {
        [number] => Some(number),
        _ => None,
    }
}

fn number_of_token(token: &str) -> Option<f64> {
    let signed = token.trim_start_matches(|letter: char| !letter.is_alphanumeric() && letter != '-');
    let digits = signed.trim_end_matches(|letter: char| !letter.is_ascii_digit());
    let unsigned = digits.strip_prefix('-').unwrap_or(digits);
    if !unsigned.starts_with(|letter: char| letter.is_ascii_digit())
        || !unsigned.chars().all(|letter| letter.is_ascii_digit() || matches!(letter, '.' | ','))
    {
        return None;
    }
    // "1,200" groups thousands; in "3,5" the comma is the decimal separator of many European languages.
    let grouped = digits.split(',').skip(1).all(|group| group.split('.').next().is_some_and(|three| three.len() == 3));
    let plain = digits.replace(',', if grouped { "" } else { "." });
    plain.parse::<f64>().ok().filter(|number| number.is_finite())
}

/// Answers that are neither yes nor no. It is better to ask again than to guess.
const UNSURE: &[&str] = &[
    "not sure",
    "im unsure",
    "dont know",
    "do not know",
    "no idea",
    "maybe",
    "perhaps",
    "it depends",
    "not certain",
    "weiß nicht",
    "vielleicht",
];
/// Phrases of agreement that contain a word of refusal.
const YES_IDIOMS: &[&str] = &["no problem", "why not", "no worries", "kein problem", "warum nicht"];
/// Phrases of refusal that contain a word of agreement, or that refuse only as a whole.
const NO_IDIOMS: &[&str] = &[
    "of course not",
    "absolutely not",
    "definitely not",
    "certainly not",
    "sure not",
    "not okay",
    "not ok",
    "not correct",
    "not right",
    "not yes",
    "i can not",
    "i will not",
    "i do not",
    "i am not",
    "auf keinen fall",
];
const YES: &[&str] = &[
    "yes",
    "yeah",
    "yep",
    "yup",
    "yea",
    "sure",
    "ok",
    "okay",
    "of course",
    "absolutely",
    "definitely",
    "certainly",
    "correct",
    "affirmative",
    "please do",
    "go ahead",
    "sounds good",
    "sounds great",
    "thats right",
    "thats fine",
    "works for me",
    "i do",
    "i can",
    "i will",
    "i am",
    "ja",
    "jawohl",
    "genau",
    "gerne",
    "natürlich",
    "oui",
    "sí",
    "claro",
    "sim",
];
const NO: &[&str] = &[
    "no", "nope", "nah", "never", "not", "dont", "wont", "cant", "cannot", "isnt", "doesnt", "didnt", "negative",
    "nein", "nee", "nicht", "non", "não",
];
/// Words that agree when they are the whole answer, and mean little inside a sentence.
const YES_ALONE: &[&str] =
    &["right", "fine", "good", "great", "perfect", "alright", "all right", "please", "si", "y", "mhm", "uh huh"];
const NO_ALONE: &[&str] = &["n", "wrong", "stop", "uh uh"];

/// Whether an answer agrees (true) or refuses (false). None if it does neither or both.
pub(crate) fn yes_no(answer: &str) -> Option<bool> {
    let said = words(answer);
    if YES_ALONE.contains(&said.as_str()) {
        return Some(true);
    }
    if NO_ALONE.contains(&said.as_str()) {
        return Some(false);
    }
    let mut said = format!(" {said} ");
    if take(&mut said, UNSURE) {
        return None;
    }
    let idiom_yes = take(&mut said, YES_IDIOMS);
    let idiom_no = take(&mut said, NO_IDIOMS);
    let yes = take(&mut said, YES) || idiom_yes;
    let no = take(&mut said, NO) || idiom_no;
    (yes != no).then_some(yes)
}

/// Removes these phrases from the answer and returns whether it contained one.
fn take(said: &mut String, phrases: &[&str]) -> bool {
    let mut taken = false;
    for phrase in phrases {
        while let Some(at) = said.find(&format!(" {phrase} ")) {
            said.replace_range(at..=at + phrase.len(), "");
            taken = true;
        }
    }
    taken
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agreement_is_understood_in_many_wordings() {
        for answer in
            ["Yes.", "yeah, sure", "OK!", "No problem", "Of course", "That's right", "ja gerne", "fine", "Why not?"]
        {
            assert_eq!(yes_no(answer), Some(true), "{answer}");
        }
    }

    #[test]
    fn refusal_is_understood_in_many_wordings() {
        for answer in
            ["No, thanks", "nope", "I can't", "I do not", "Of course not!", "not today", "nein danke", "Stop."]
        {
            assert_eq!(yes_no(answer), Some(false), "{answer}");
        }
    }

    #[test]
    fn an_answer_that_decides_nothing_is_not_understood() {
        for answer in ["", "I'm not sure", "yes and no", "maybe", "What was that?", "I know"] {
            assert_eq!(yes_no(answer), None, "{answer}");
        }
    }

    #[test]
    fn a_number_is_found_among_words() {
        for (answer, expected) in [
            ("about 25 people", 25.0),
            ("1,200", 1_200.0),
            ("3,5", 3.5),
            ("3.5.", 3.5),
            ("$40", 40.0),
            ("-3", -3.0),
            ("9 out of 10", 9.0),
            ("9/10", 9.0),
            ("at 3pm", 3.0),
        ] {
            assert_eq!(number(answer), Some(expected), "{answer}");
        }
    }

    #[test]
    fn several_numbers_or_none_are_not_understood() {
        for answer in ["between 10 and 20", "a few", "covid19", "1.2.3", "", "-", &"9".repeat(400)] {
            assert_eq!(number(answer), None, "{answer}");
        }
    }

    #[test]
    fn digits_are_kept_without_what_stands_between() {
        assert_eq!(understand("It is 12 34-56", Expect::Digits, Some(6.0), Some(6.0)).as_deref(), Some("123456"));
        assert_eq!(understand("12345", Expect::Digits, Some(6.0), None), None);
        assert_eq!(understand("none", Expect::Digits, None, None), None);
    }

    #[test]
    fn a_number_outside_its_bounds_is_not_understood() {
        assert_eq!(understand("11", Expect::Number, Some(0.0), Some(10.0)), None);
        assert_eq!(understand("10", Expect::Number, Some(0.0), Some(10.0)).as_deref(), Some("10"));
    }
}
