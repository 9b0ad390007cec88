//! Objects by id, in the order of their creation.

use std::collections::HashMap;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// An object of a table.
pub(crate) trait Row {
    /// Id of the object, unique in its table.
    fn id(&self) -> &str;
}

/// The objects of one kind in one account.
#[derive(Clone, Debug)]
pub(crate) struct Table<T> {
    /// The objects. A deleted object leaves its index empty, so that the indexes of the others stay valid.
    rows: Vec<Option<T>>,
    places: HashMap<String, usize>,
}

impl<T> Default for Table<T> {
    fn default() -> Self {
        Self { rows: Vec::new(), places: HashMap::new() }
    }
}

/// Serializes the existing objects as a list; the indexes are computed again from the ids.
impl<T: Serialize> Serialize for Table<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

impl<'de, T: Row + Deserialize<'de>> Deserialize<'de> for Table<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut table = Self::default();
        for row in Vec::<T>::deserialize(deserializer)? {
            let id = row.id().to_owned();
            table.insert(&id, row);
        }
        Ok(table)
    }
}

impl<T> Table<T> {
    pub(crate) fn insert(&mut self, id: &str, row: T) {
        if let Some(place) = self.places.get(id) {
            self.rows[*place] = Some(row);
        } else {
            self.places.insert(id.to_owned(), self.rows.len());
            self.rows.push(Some(row));
        }
    }

    pub(crate) fn get(&self, id: &str) -> Option<&T> {
        self.rows.get(*self.places.get(id)?)?.as_ref()
    }

    pub(crate) fn get_mut(&mut self, id: &str) -> Option<&mut T> {
        self.rows.get_mut(*self.places.get(id)?)?.as_mut()
    }

    pub(crate) fn remove(&mut self, id: &str) -> Option<T> {
        self.rows.get_mut(self.places.remove(id)?)?.take()
    }

    /// Iterates over the objects, the oldest first.
    pub(crate) fn iter(&self) -> impl DoubleEndedIterator<Item = &T> {
        self.rows.iter().flatten()
    }

    /// Iterates over the objects, the oldest first.
    pub(crate) fn iter_mut(&mut self) -> impl DoubleEndedIterator<Item = &mut T> {
        self.rows.iter_mut().flatten()
    }

    pub(crate) fn len(&self) -> usize {
        self.places.len()
    }
}
