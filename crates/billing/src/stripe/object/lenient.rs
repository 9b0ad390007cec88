//! Reading what several versions of the API write differently.

use serde::{Deserialize, Deserializer};

use super::{Expandable, Page};

/// The value, or its default where it is `null`.
pub(super) fn or_default<'de, D: Deserializer<'de>, T: Default + Deserialize<'de>>(from: D) -> Result<T, D::Error> {
    Option::<T>::deserialize(from).map(Option::unwrap_or_default)
}

/// What stands in a list object, or in a bare array; nothing where it is `null`.
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

/// Of anything but its id nothing is wanted.
#[derive(Deserialize)]
struct Named {
    id: String,
}

/// The id of an object, expanded or not.
pub(super) fn expandable<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    Expandable::<Named>::deserialize(from).map(id)
}

/// The same, where there may be none.
pub(super) fn expandable_some<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    Ok(Option::<Expandable<Named>>::deserialize(from)?.map(id))
}

fn id(field: Expandable<Named>) -> String {
    match field {
        Expandable::Id(id) => id,
        Expandable::Object(object) => object.id,
    }
}
