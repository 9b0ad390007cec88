//! Search, in Stripe's query language: `email~"example" AND -metadata["tenant"]:"7"`.

use std::{cmp::Ordering, iter::Peekable, str::Chars};

use serde_json::{Value, json};

use crate::{
    error::{Result, StripeError},
    form::Params,
};

/// The type of a field, which decides how it is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// The whole value is compared.
    Token,
    /// The whole value or a part of it is compared.
    Text,
    /// Compared as a number.
    Number,
}

use Kind::{Number, Text, Token};

/// The searchable objects with their fields besides `metadata`, see
/// <https://docs.stripe.com/search#supported-query-fields>.
const FIELDS: &[(&str, &[(&str, Kind)])] = &[
    (
        "charges",
        &[
            ("amount", Number),
            ("billing_details.address.postal_code", Token),
            ("created", Number),
            ("currency", Token),
            ("customer", Token),
            ("disputed", Token),
            ("payment_method_details.card.brand", Token),
            ("payment_method_details.card.exp_month", Number),
            ("payment_method_details.card.exp_year", Number),
            ("payment_method_details.card.fingerprint", Token),
            ("payment_method_details.card.last4", Token),
            ("refunded", Token),
            ("status", Token),
        ],
    ),
    ("customers", &[("created", Number), ("email", Text), ("name", Text), ("phone", Text)]),
    (
        "invoices",
        &[
            ("created", Number),
            ("currency", Token),
            ("customer", Token),
            ("number", Text),
            ("receipt_number", Text),
            ("status", Token),
            ("subscription", Token),
            ("total", Number),
        ],
    ),
    (
        "payment_intents",
        &[("amount", Number), ("created", Number), ("currency", Token), ("customer", Token), ("status", Token)],
    ),
    (
        "prices",
        &[
            ("active", Token),
            ("created", Number),
            ("currency", Token),
            ("lookup_key", Text),
            ("product", Text),
            ("type", Token),
        ],
    ),
    (
        "products",
        &[
            ("active", Token),
            ("created", Number),
            ("description", Text),
            ("name", Text),
            ("shippable", Token),
            ("url", Text),
        ],
    ),
    ("subscriptions", &[("canceled_at", Number), ("created", Number), ("status", Token)]),
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sign {
    Is,
    Contains,
    Less,
    AtMost,
    More,
    AtLeast,
}

/// A condition: a field and the value that it is compared with.
#[derive(Debug)]
struct Condition {
    not: bool,
    field: String,
    /// The key of `metadata`; none for other fields.
    key: Option<String>,
    sign: Sign,
    /// The value; none: `null`, which tests whether the field has a value.
    value: Option<String>,
}

fn unreadable() -> StripeError {
    let message = "We were unable to parse your search query. Try using the format `metadata[\"key\"]:\"value\"` to query \
                   for metadata or key:\"value\" to query for other fields.";
    StripeError::invalid(message).at("query")
}

fn skip(text: &mut Peekable<Chars<'_>>) {
    while text.next_if(|letter| letter.is_whitespace()).is_some() {}
}

fn while_is(text: &mut Peekable<Chars<'_>>, is: impl Fn(char) -> bool) -> String {
    std::iter::from_fn(|| text.next_if(|letter| is(*letter))).collect()
}

/// Reads a quoted text; none if no quote starts here.
fn quoted(text: &mut Peekable<Chars<'_>>) -> Result<Option<String>> {
    let Some(quote) = text.next_if(|letter| matches!(letter, '"' | '\'')) else { return Ok(None) };
    let mut inner = String::new();
    loop {
        match text.next().ok_or_else(unreadable)? {
            '\\' => inner.push(text.next().ok_or_else(unreadable)?),
            letter if letter == quote => return Ok(Some(inner)),
            letter => inner.push(letter),
        }
    }
}

impl Condition {
    fn parse(text: &mut Peekable<Chars<'_>>) -> Result<Self> {
        let not = text.next_if_eq(&'-').is_some();
        let field = while_is(text, |letter| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '.'));
        let mut key = None;
        if text.next_if_eq(&'[').is_some() {
            key = Some(quoted(text)?.ok_or_else(unreadable)?);
            text.next_if_eq(&']').ok_or_else(unreadable)?;
        }
        skip(text);
        let sign = match text.next().filter(|_| !field.is_empty()).ok_or_else(unreadable)? {
            ':' => Sign::Is,
            '~' => Sign::Contains,
            '<' if text.next_if_eq(&'=').is_some() => Sign::AtMost,
            '<' => Sign::Less,
            '>' if text.next_if_eq(&'=').is_some() => Sign::AtLeast,
            '>' => Sign::More,
            _ => return Err(unreadable()),
        };
        skip(text);
        let value = if let Some(value) = quoted(text)? {
            Some(value)
        } else {
            let bare = while_is(text, |letter| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '.' | '_'));
            if bare.is_empty() {
                return Err(unreadable());
            }
            Some(bare).filter(|bare| bare != "null")
        };
        Ok(Self { not, field, key, sign, value })
    }

    /// Refuses comparisons that the field does not support.
    fn check(&self, noun: &str) -> Result<()> {
        let fields = FIELDS.iter().find(|(name, _)| *name == noun).map_or(&[][..], |(_, fields)| fields);
        let kind = match &self.key {
            Some(_) if self.field == "metadata" => Some(Token),
            Some(_) => None,
            None => fields.iter().find(|(name, _)| *name == self.field).map(|(_, kind)| *kind),
        };
        let Some(kind) = kind else {
            let message = format!(
                "Field `{}` is an unsupported search field for resource `{noun}`. See \
                 https://docs.stripe.com/search#query-fields-for-{noun} for a list of supported fields.",
                self.field
            );
            return Err(StripeError::invalid(message).at("query"));
        };
        let fits = match self.sign {
            Sign::Is => true,
            Sign::Contains => kind == Text && self.value.is_some(),
            _ => kind == Number && self.value.is_some(),
        };
        let number = kind != Number || self.value.as_ref().is_none_or(|value| value.parse::<i64>().is_ok());
        if !fits || !number {
            let message = format!("The field `{}` cannot be compared that way.", self.field);
            return Err(StripeError::invalid(message).at("query"));
        }
        if self.sign == Sign::Contains && self.value.as_ref().is_some_and(|value| value.chars().count() < 3) {
            let message = "Substring queries (`~`) need at least 3 characters.";
            return Err(StripeError::invalid(message).at("query"));
        }
        Ok(())
    }

    fn holds(&self, object: &Value) -> bool {
        self.not != self.matches(object)
    }

    fn matches(&self, object: &Value) -> bool {
        let field = match &self.key {
            Some(key) => &object[&self.field][key],
            None if self.field == "subscription" => &object["parent"]["subscription_details"]["subscription"],
            None => self.field.split('.').fold(object, |object, part| &object[part]),
        };
        let text = match field {
            Value::Null => None,
            Value::String(text) => Some(text.clone()),
            other => Some(other.to_string()),
        };
        let (Some(text), Some(value)) = (&text, &self.value) else { return text.is_none() && self.value.is_none() };
        let order = || Some(text.parse::<i64>().ok()?.cmp(&value.parse().ok()?));
        match self.sign {
            Sign::Is => text.eq_ignore_ascii_case(value),
            Sign::Contains => text.to_lowercase().contains(&value.to_lowercase()),
            Sign::Less => order().is_some_and(Ordering::is_lt),
            Sign::AtMost => order().is_some_and(Ordering::is_le),
            Sign::More => order().is_some_and(Ordering::is_gt),
            Sign::AtLeast => order().is_some_and(Ordering::is_ge),
        }
    }
}

/// A query: conditions of which all have to be true, or any.
#[derive(Debug)]
struct Query {
    conditions: Vec<Condition>,
    any: bool,
}

impl Query {
    fn parse(text: &str, noun: &str) -> Result<Self> {
        let mut text = text.chars().peekable();
        let (mut conditions, mut any) = (Vec::new(), None);
        loop {
            skip(&mut text);
            let condition = Condition::parse(&mut text)?;
            condition.check(noun)?;
            conditions.push(condition);
            let spaced = text.peek().is_some_and(|letter| letter.is_whitespace());
            skip(&mut text);
            if text.peek().is_none() {
                break;
            }
            if !spaced {
                return Err(unreadable());
            }
            // Conditions without a word between them are joined with AND.
            let mut ahead = text.clone();
            let word = while_is(&mut ahead, |letter| letter.is_ascii_alphabetic()).to_ascii_uppercase();
            let joins = ahead.peek().is_some_and(|letter| letter.is_whitespace());
            let or = match word.as_str() {
                "AND" | "OR" if joins => {
                    text = ahead;
                    word == "OR"
                }
                _ => false,
            };
            if any.is_some_and(|any| any != or) {
                let message = "AND and OR cannot be used in the same search query.";
                return Err(StripeError::invalid(message).at("query"));
            }
            any = Some(or);
        }
        if conditions.len() > 10 {
            return Err(StripeError::invalid("A search query can have at most 10 conditions.").at("query"));
        }
        Ok(Self { conditions, any: any == Some(true) })
    }

    fn holds(&self, object: &Value) -> bool {
        let mut conditions = self.conditions.iter();
        if self.any {
            conditions.any(|condition| condition.holds(object))
        } else {
            conditions.all(|condition| condition.holds(object))
        }
    }
}

/// Returns the objects (given oldest first) that match the query, the newest first. `noun` is the resource's name in
/// its URL.
pub(crate) fn search(mut params: Params, noun: &str, all: impl DoubleEndedIterator<Item = Value>) -> Result<Value> {
    let query = params.need("query")?;
    let limit = params.int("limit")?.unwrap_or(10);
    if !(1..=100).contains(&limit) {
        let message = "This value must be between 1 and 100.";
        return Err(StripeError::coded("parameter_invalid_integer", message).at("limit"));
    }
    let limit = usize::try_from(limit).unwrap_or(10);
    let page = params.text("page")?.filter(|page| !page.is_empty());
    let start = page.map_or(Ok(0), |page| page.parse::<usize>());
    let start = start.map_err(|_| StripeError::invalid("Invalid page: give the next_page of an answer.").at("page"))?;
    params.done()?;
    let query = Query::parse(&query, noun)?;
    let found: Vec<Value> = all.rev().filter(|object| query.holds(object)).collect();
    let data: Vec<&Value> = found.iter().skip(start).take(limit).collect();
    let end = start + data.len();
    let more = end < found.len();
    let (next_page, url) = (more.then(|| end.to_string()), format!("/v1/{noun}/search"));
    Ok(json!({ "object": "search_result", "data": data, "has_more": more, "next_page": next_page, "url": url }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(query: &str) -> std::result::Result<Vec<String>, String> {
        let objects = [
            json!({ "id": "1", "email": "a@example.com", "created": 10, "name": null, "metadata": { "tenant": "7" } }),
            json!({ "id": "2", "email": "b@example.com", "created": 20, "name": "B and Co", "metadata": { "tenant": "7" } }),
            json!({ "id": "3", "email": "c@example.org", "created": 30, "name": "OR", "metadata": {} }),
        ];
        let found = search(Params::of(&[("query", query)]), "customers", objects.iter().cloned());
        let ids = |found: Value| {
            found["data"].as_array().unwrap().iter().map(|each| each["id"].as_str().unwrap().to_owned()).collect()
        };
        found.map(ids).map_err(|error| error.message().to_owned())
    }

    #[test]
    fn conditions_are_joined_with_and_or_with_or() {
        for (query, expected) in [
            ("metadata['tenant']:'7'", vec!["2", "1"]),
            ("metadata['tenant']:'7' AND email:'a@example.com'", vec!["1"]),
            ("metadata[\"tenant\"]:\"7\" email:\"A@EXAMPLE.COM\"", vec!["1"]),
            ("email:'a@example.com' OR email:'c@example.org'", vec!["3", "1"]),
            ("email~'example'", vec!["3", "2", "1"]),
            ("-email~'example.com'", vec!["3"]),
            ("-metadata['tenant']:null", vec!["2", "1"]),
            ("name:null OR created>=30", vec!["3", "1"]),
            ("created>10 AND created<30", vec!["2"]),
            ("created<=10", vec!["1"]),
            ("created:20", vec!["2"]),
            ("name:'OR'", vec!["3"]),
            ("name:\"B and Co\"", vec!["2"]),
        ] {
            assert_eq!(find(query), Ok(expected.into_iter().map(str::to_owned).collect()), "{query}");
        }
    }

    #[test]
    fn what_stripe_would_not_search_is_refused() {
        for (query, why) in [
            ("email:'a' AND name:'b' OR name:'c'", "AND and OR"),
            ("balance>1", "unsupported search field"),
            ("email['x']:'1'", "unsupported search field"),
            ("email>'a'", "cannot be compared"),
            ("created:'x'", "cannot be compared"),
            ("created~'123'", "cannot be compared"),
            ("metadata['tenant']~'700'", "cannot be compared"),
            ("email~'ab'", "at least 3"),
            ("(email:'a')", "unable to parse"),
            ("email", "unable to parse"),
            ("email:", "unable to parse"),
            ("email:'a", "unable to parse"),
            ("email:'a'name:'b'", "unable to parse"),
            ("email:'a' OR", "unable to parse"),
            ("", "empty string"),
        ] {
            let refused = find(query).unwrap_err();
            assert!(refused.contains(why), "{query}: {refused}");
        }
    }
}
