//! Reading fields that differ between versions of the API.

use serde::{Deserialize, Deserializer};

use super::{Expandable, Page};

/// The value, or its default for `null`.
pub(super) fn or_default<'de, D: Deserializer<'de>, T: Default + Deserialize<'de>>(from: D) -> Result<T, D::Error> {
    Option::<T>::deserialize(from).map(Option::unwrap_or_default)
}

/// The elements of a list object or of an array; empty for `null`.
pub(super) fn list<'de, D: Deserializer<'de>, T: Deserialize<'de>>(from: D) -> Result<Vec<T>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Either<T> {
        List(Page<T>),
        Array(Vec<T>),
    }
    Ok(match Option::<Either<T>>::deserialize(from)? {
        Some(Either::List(page)) => page.data,
        Some(Either::Array(array)) => array,
        None => Vec::new(),
    })
}

/// An object of which only the id is needed.
#[derive(Deserialize)]
struct Named {
    id: String,
}

/// The id of an object, expanded or not.
pub(super) fn expandable<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    Expandable::<Named>::deserialize(from).map(id)
}

/// The same for an optional field.
pub(super) fn expandable_some<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    Ok(Option::<Expandable<Named>>::deserialize(from)?.map(id))
}

fn id(field: Expandable<Named>) -> String {
    match field {
        Expandable::Id(id) => id,
        Expandable::Object(object) => object.id,
    }
}
