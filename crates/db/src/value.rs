//! Which Rust type corresponds to which Postgres type.

use freehold_core::{Id, Secret};
use jiff::Timestamp;
use postgres_types::{FromSqlOwned, Json, ToSql, Type};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use uuid::Uuid;

/// A type that can be a parameter of a statement.
pub trait Param {
    /// The Postgres type of the parameter.
    const TYPE: Type;
    /// The type that is passed to the driver.
    type Sql: ToSql + Send + Sync + 'static;

    /// The value for the driver.
    fn into_sql(self) -> Self::Sql;
}

/// A type that can be a column of a row.
pub trait Column: Sized {
    /// The Postgres type of the column.
    const TYPE: Type;
    /// The type that the driver reads.
    type Sql: FromSqlOwned;

    /// The value from the driver.
    fn from_sql(sql: Self::Sql) -> Self;
}

macro_rules! same_in_driver {
    ($($rust:ty => $postgres:ident),* $(,)?) => {$(
        impl Param for $rust {
            const TYPE: Type = Type::$postgres;
            type Sql = $rust;
            fn into_sql(self) -> Self::Sql {
                self
            }
        }
        impl Column for $rust {
            const TYPE: Type = Type::$postgres;
            type Sql = $rust;
            fn from_sql(sql: Self::Sql) -> Self {
                sql
            }
        }
    )*};
}

same_in_driver! {
    bool => BOOL,
    i16 => INT2,
    i32 => INT4,
    i64 => INT8,
    f64 => FLOAT8,
    String => TEXT,
    Uuid => UUID,
    Timestamp => TIMESTAMPTZ,
    serde_json::Value => JSONB,
    Vec<u8> => BYTEA,
    Vec<Vec<u8>> => BYTEA_ARRAY,
    Vec<String> => TEXT_ARRAY,
    Vec<Uuid> => UUID_ARRAY,
    Vec<bool> => BOOL_ARRAY,
    Vec<i16> => INT2_ARRAY,
    Vec<i32> => INT4_ARRAY,
    Vec<i64> => INT8_ARRAY,
    Vec<Timestamp> => TIMESTAMPTZ_ARRAY,
    Vec<Option<Timestamp>> => TIMESTAMPTZ_ARRAY,
    Vec<serde_json::Value> => JSONB_ARRAY,
}

impl Param for Secret {
    const TYPE: Type = Type::TEXT;
    type Sql = String;
    fn into_sql(self) -> String {
        self.expose().to_owned()
    }
}

impl Column for Secret {
    const TYPE: Type = Type::TEXT;
    type Sql = String;
    fn from_sql(sql: String) -> Self {
        Self::new(sql)
    }
}

impl Param for &str {
    const TYPE: Type = Type::TEXT;
    type Sql = String;
    fn into_sql(self) -> String {
        self.to_owned()
    }
}

impl Param for &[u8] {
    const TYPE: Type = Type::BYTEA;
    type Sql = Vec<u8>;
    fn into_sql(self) -> Vec<u8> {
        self.to_vec()
    }
}

impl Param for &[String] {
    const TYPE: Type = Type::TEXT_ARRAY;
    type Sql = Vec<String>;
    fn into_sql(self) -> Vec<String> {
        self.to_vec()
    }
}

impl<T: Serialize + std::fmt::Debug + Send + Sync + 'static> Param for Json<T> {
    const TYPE: Type = Type::JSONB;
    type Sql = Self;
    fn into_sql(self) -> Self {
        self
    }
}

impl<T: DeserializeOwned> Column for Json<T> {
    const TYPE: Type = Type::JSONB;
    type Sql = Self;
    fn from_sql(sql: Self) -> Self {
        sql
    }
}

/// JSON that is stored as the text that was written (`json`, not `jsonb`), and read back as `T`. For values that are
/// read much more often than they are queried: Postgres neither parses nor reformats them.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct JsonText<T>(pub T);

impl<T: Serialize + std::fmt::Debug + Send + Sync + 'static> Param for JsonText<T> {
    const TYPE: Type = Type::JSON;
    type Sql = Json<T>;
    fn into_sql(self) -> Json<T> {
        Json(self.0)
    }
}

impl<T: DeserializeOwned> Column for JsonText<T> {
    const TYPE: Type = Type::JSON;
    type Sql = Json<T>;
    fn from_sql(sql: Json<T>) -> Self {
        Self(sql.0)
    }
}

impl<K> Param for Id<K> {
    const TYPE: Type = Type::UUID;
    type Sql = Uuid;
    fn into_sql(self) -> Uuid {
        self.uuid()
    }
}

impl<K> Column for Id<K> {
    const TYPE: Type = Type::UUID;
    type Sql = Uuid;
    fn from_sql(sql: Uuid) -> Self {
        Self::new(sql)
    }
}

impl<T: Param> Param for Option<T> {
    const TYPE: Type = T::TYPE;
    type Sql = Option<T::Sql>;
    fn into_sql(self) -> Self::Sql {
        self.map(T::into_sql)
    }
}

impl<T: Column> Column for Option<T> {
    const TYPE: Type = T::TYPE;
    type Sql = Option<T::Sql>;
    fn from_sql(sql: Self::Sql) -> Self {
        sql.map(T::from_sql)
    }
}
