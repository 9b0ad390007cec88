//! Lists: the newest first, page by page, in the form that the SDKs' auto-paging expects.

mod json;

use serde_json::Value;

pub(crate) use json::of;

use crate::{
    account::{Account, Noun},
    error::{Result, StripeError},
    form::Params,
};

/// A range of times, as in `created[gte]`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Range {
    from: i64,
    to: i64,
}

impl Range {
    /// Reads `created=…` or `created[gt|gte|lt|lte]=…`.
    pub(crate) fn of(params: &mut Params, key: &str) -> Result<Self> {
        let mut range = Self { from: i64::MIN, to: i64::MAX };
        if !params.has(key) {
            return Ok(range);
        }
        if let Ok(Some(exactly)) = params.clone().int(key) {
            params.text(key)?;
            return Ok(Self { from: exactly, to: exactly });
        }
        if let Some(mut bounds) = params.map(key)? {
            let after = bounds.int("gt")?.map(|time| time.saturating_add(1));
            range.from = after.or(bounds.int("gte")?).unwrap_or(range.from);
            let before = bounds.int("lt")?.map(|time| time.saturating_sub(1));
            range.to = before.or(bounds.int("lte")?).unwrap_or(range.to);
            bounds.done()?;
        }
        Ok(range)
    }

    /// Whether a time is in the range.
    pub(crate) fn holds(self, time: i64) -> bool {
        (self.from..=self.to).contains(&time)
    }
}

/// A page of a table's objects for which `keep` is true.
pub(crate) fn list<T: Noun>(
    account: &Account,
    params: &mut Params,
    url: &str,
    keep: impl Fn(&T) -> bool,
) -> Result<Value> {
    let created = Range::of(params, "created")?;
    let all = T::table(account).iter().rev().filter(|object| created.holds(object.created()) && keep(object));
    page(all.map(|object| (object.id(), object)), params, url, |object| object.json())
}

/// A page of objects, which are given with their ids, the newest first.
pub(crate) fn page<'a, T>(
    all: impl Iterator<Item = (&'a str, T)>,
    params: &mut Params,
    url: &str,
    show: impl Fn(&T) -> Value,
) -> Result<Value> {
    let limit = params.int("limit")?.unwrap_or(10);
    if !(1..=100).contains(&limit) {
        let message = "This value must be between 1 and 100.";
        return Err(StripeError::coded("parameter_invalid_integer", message).at("limit"));
    }
    let (after, before) = (params.text("starting_after")?, params.text("ending_before")?);
    params.done()?;
    if after.is_some() && before.is_some() {
        return Err(StripeError::invalid("You cannot parameterize both starting_after and ending_before."));
    }
    let all: Vec<(&str, T)> = all.collect();
    let place =
        |id: &str| all.iter().position(|(other, _)| *other == id).ok_or_else(|| StripeError::no_such("object", id));
    let limit = usize::try_from(limit).unwrap_or(10);
    // When paging backwards, `has_more` refers to objects before the page.
    let (start, end, has_more) = match (after, before) {
        (Some(id), _) => {
            let start = place(&id)? + 1;
            let end = (start + limit).min(all.len());
            (start, end, end < all.len())
        }
        (_, Some(id)) => {
            let end = place(&id)?;
            let start = end.saturating_sub(limit);
            (start, end, start > 0)
        }
        _ => (0, limit.min(all.len()), limit < all.len()),
    };
    let data = all[start..end].iter().map(|(_, object)| show(object)).collect();
    Ok(of(data, url, has_more))
}
