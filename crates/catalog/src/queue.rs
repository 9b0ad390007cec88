//! The limit of waiting jobs.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::read::Value;

/// Most waiting jobs of a tenant. As JSON and in the file: `10000` or `"unlimited"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Queue {
    /// Number of jobs from 1; none for unlimited.
    pub room: Option<i32>,
}

impl Queue {
    const EXPECTED: &str = r#"expected how many jobs may wait, a whole number from 1, or "unlimited""#;
    const UNLIMITED: &str = "unlimited";
    /// The default of a plan.
    const USUAL: Self = Self { room: Some(10_000) };

    pub(crate) fn read(value: &Value<'_>) -> Option<Self> {
        if value.as_text() == Some(Self::UNLIMITED) {
            return Some(Self { room: None });
        }
        value.whole(1..=i32::MAX, Self::EXPECTED).map(|room| Self { room: Some(room) })
    }
}

impl Default for Queue {
    fn default() -> Self {
        Self::USUAL
    }
}

impl Serialize for Queue {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.room {
            Some(room) => serializer.serialize_i32(room),
            None => serializer.serialize_str(Self::UNLIMITED),
        }
    }
}

impl<'de> Deserialize<'de> for Queue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Written {
            Room(i32),
            Word(String),
        }
        match Written::deserialize(deserializer)? {
            Written::Room(room) => Ok(Self { room: Some(room) }),
            Written::Word(word) if word == Self::UNLIMITED => Ok(Self { room: None }),
            Written::Word(_) => Err(de::Error::custom(Self::EXPECTED)),
        }
    }
}
