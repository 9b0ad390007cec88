//! Search, the part of Stripe's query language that names fields: `email:'a@b.c' AND metadata['tenant']:'7'`.

use serde_json::{Value, json};

use crate::{
    error::{Result, StripeError},
    form::Params,
};

/// One condition: a field, and what it is compared with.
struct Condition {
    field: String,
    sign: char,
    value: String,
}

impl Condition {
    fn parse(text: &str) -> Option<Self> {
        let place = text.find([':', '~', '<', '>'])?;
        let (field, rest) = text.split_at(place);
        let mut rest = rest.chars();
        let sign = rest.next()?;
        let value = rest.as_str().trim().trim_matches(['\'', '"']).to_owned();
        Some(Self { field: field.trim().to_owned(), sign, value })
    }

    fn holds(&self, object: &Value) -> bool {
        let field = match self.field.split_once('[') {
            Some((map, key)) => &object[map][key.trim_end_matches(']').trim_matches(['\'', '"'])],
            None => &object[self.field.as_str()],
        };
        let text = field.as_str().map_or_else(|| field.to_string(), str::to_owned);
        let order = || Some(text.parse::<i64>().ok()?.cmp(&self.value.parse().ok()?));
        match self.sign {
            '~' => text.to_lowercase().contains(&self.value.to_lowercase()),
            '<' => order().is_some_and(std::cmp::Ordering::is_lt),
            '>' => order().is_some_and(std::cmp::Ordering::is_gt),
            _ => text.eq_ignore_ascii_case(&self.value),
        }
    }
}

/// Objects (given oldest first) that meet the query, newest first.
pub(crate) fn search(mut params: Params, url: &str, all: impl DoubleEndedIterator<Item = Value>) -> Result<Value> {
    let query = params.need("query")?;
    let limit = usize::try_from(params.int_from("limit", 1)?.unwrap_or(10)).unwrap_or(10).min(100);
    let start = params.text("page")?.and_then(|page| page.parse().ok()).unwrap_or(0);
    params.done()?;
    let conditions: Option<Vec<Condition>> = query.split(" AND ").map(Condition::parse).collect();
    let conditions =
        conditions.ok_or_else(|| StripeError::invalid(format!("Cannot read the search query: {query}")).at("query"))?;
    let found: Vec<Value> =
        all.rev().filter(|object| conditions.iter().all(|condition| condition.holds(object))).collect();
    let data: Vec<&Value> = found.iter().skip(start).take(limit).collect();
    let end = start + data.len();
    let more = end < found.len();
    let next_page = more.then(|| end.to_string());
    Ok(json!({ "object": "search_result", "data": data, "has_more": more, "next_page": next_page, "url": url }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_are_joined_with_and() {
        let objects = [
            json!({ "id": "1", "email": "a@example.com", "metadata": { "tenant": "7" } }),
            json!({ "id": "2", "email": "b@example.com", "metadata": { "tenant": "7" } }),
        ];
        let find = |query: &str| {
            let found = search(Params::of(&[("query", query)]), "/", objects.iter().cloned()).unwrap();
            found["data"].as_array().unwrap().iter().map(|object| object["id"].clone()).collect::<Vec<_>>()
        };
        assert_eq!(find("metadata['tenant']:'7'"), ["2", "1"]);
        assert_eq!(find("metadata['tenant']:'7' AND email:'a@example.com'"), ["1"]);
        assert_eq!(find("email~'example'"), ["2", "1"]);
    }
}
