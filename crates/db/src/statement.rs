//! A statement declares its parameter and row types once. Nothing else can be sent to the database, and one test
//! prepares every statement against the migrated schema and compares the types and column names.

use std::marker::PhantomData;

use freehold_core::{Context, Result, TenantId};
use postgres_types::{ToSql, Type};

use crate::{AnyTx, Scope, value::Column};

/// One SQL statement with its types, made by [`statements!`](crate::statements).
#[derive(Debug)]
pub struct Statement {
    /// The name of its function, with the module.
    pub name: &'static str,
    /// The SQL, in lower case, with `$1`, `$2`, …
    pub sql: &'static str,
    /// The types of the parameters.
    pub params: &'static [Type],
    /// Whether the last parameter is the tenant of the transaction, which the transaction adds.
    pub adds_tenant: bool,
    /// The names and types of the result's columns. The name `""` is not compared.
    pub columns: &'static [(&'static str, Type)],
}

/// A statement with its parameters, ready to be sent.
#[must_use = "a query does nothing until a transaction sends it"]
pub struct Query<R, S = AnyTx> {
    pub(crate) statement: &'static Statement,
    pub(crate) params: Vec<Box<dyn ToSql + Send + Sync>>,
    row: PhantomData<fn() -> (R, S)>,
}

impl<R, S> Query<R, S> {
    /// Only for [`statements!`](crate::statements).
    #[doc(hidden)]
    pub fn new(statement: &'static Statement, params: Vec<Box<dyn ToSql + Send + Sync>>) -> Self {
        Self { statement, params, row: PhantomData }
    }
}

impl<R> Query<R> {
    pub(crate) fn params(&self) -> impl ExactSizeIterator<Item = &(dyn ToSql + Sync)> {
        self.params.iter().map(|value| value.as_ref() as &(dyn ToSql + Sync))
    }

    pub(crate) fn typed_params(&self) -> Vec<(&(dyn ToSql + Sync), Type)> {
        self.params().zip(self.statement.params.iter().cloned()).collect()
    }
}

impl<R, S: Scope> Query<R, S> {
    /// The query with all of its parameters, for a transaction of this tenant.
    pub(crate) fn of(self, tenant: TenantId) -> Query<R> {
        let mut params = self.params;
        if S::ADDS_TENANT {
            params.push(Box::new(tenant.uuid()) as Box<dyn ToSql + Send + Sync>);
        }
        Query::new(self.statement, params)
    }
}

/// A type that a result row is read into.
pub trait Row: Sized {
    /// Names and types of the columns.
    const COLUMNS: &'static [(&'static str, Type)];

    /// Reads the row.
    fn from_row(row: &tokio_postgres::Row) -> Result<Self>;
}

/// Reads one column; for implementations of [`Row`].
#[doc(hidden)]
pub fn column<T: Column>(row: &tokio_postgres::Row, index: usize) -> Result<T> {
    row.try_get(index).map(T::from_sql).context("reading a column")
}

/// For statements that return no rows.
impl Row for () {
    const COLUMNS: &'static [(&'static str, Type)] = &[];
    fn from_row(_: &tokio_postgres::Row) -> Result<Self> {
        Ok(())
    }
}

macro_rules! row_of {
    ($($column:ident $index:tt),+) => {
        impl<$($column: Column),+> Row for ($($column,)+) {
            const COLUMNS: &'static [(&'static str, Type)] = &[$(("", $column::TYPE)),+];
            fn from_row(row: &tokio_postgres::Row) -> Result<Self> {
                Ok(($(column::<$column>(row, $index)?,)+))
            }
        }
    };
}
row_of!(A 0);
row_of!(A 0, B 1);
row_of!(A 0, B 1, C 2);
row_of!(A 0, B 1, C 2, D 3);

/// Declares statements. Each becomes a function that takes the parameters and returns a [`Query`]. All of them become
/// the module's `STATEMENTS`, which the crate lists for the test that prepares them.
///
/// A statement on the tables of the tenant plane names its tenant. `; tenant` adds the tenant as the last parameter: the
/// transaction that sends the statement fills it in, so the function does not take it, and only a tenant's transaction
/// can send it.
///
/// ```ignore
/// statements! {
///     /// The workflow with this id.
///     fn workflow_find(id: WorkflowId; tenant) -> WorkflowRow =
///         "select id, name from voice.workflows where tenant_id = $2 and id = $1";
/// }
/// ```
#[macro_export]
macro_rules! statements {
    ($(
        $(#[$meta:meta])*
        fn $name:ident ( $($param:ident : $type:ty),* $(,)? $(; $tenant:ident)? ) -> $row:ty = $sql:expr;
    )*) => {
        /// Every statement of this module.
        pub const STATEMENTS: &[&$crate::Statement] = &[$(
            &$crate::Statement {
                name: concat!(module_path!(), "::", stringify!($name)),
                sql: $sql,
                params: &[$(<$type as $crate::Param>::TYPE,)* $($crate::added!($tenant type))?],
                adds_tenant: false $(|| $crate::added!($tenant is))?,
                columns: <$row as $crate::Row>::COLUMNS,
            }
        ),*];
        $(
            $(#[$meta])*
            pub(super) fn $name($($param: $type),*) -> $crate::Query<$row $(, $crate::added!($tenant scope))?> {
                static STATEMENT: $crate::Statement = $crate::Statement {
                    name: concat!(module_path!(), "::", stringify!($name)),
                    sql: $sql,
                    params: &[$(<$type as $crate::Param>::TYPE,)* $($crate::added!($tenant type))?],
                    adds_tenant: false $(|| $crate::added!($tenant is))?,
                    columns: <$row as $crate::Row>::COLUMNS,
                };
                $crate::Query::new(
                    &STATEMENT,
                    vec![$(Box::new(<$type as $crate::Param>::into_sql($param)) as Box<dyn $crate::macros::ToSql + Send + Sync>),*],
                )
            }
        )*
    };
}

/// What `; tenant` means in [`statements!`](crate::statements).
#[doc(hidden)]
#[macro_export]
macro_rules! added {
    (tenant type) => {
        $crate::Type::UUID
    };
    (tenant is) => {
        true
    };
    (tenant scope) => {
        $crate::OfTenant
    };
}

/// Declares a struct for a result row: the names of its fields are the names of the columns.
#[macro_export]
macro_rules! row {
    ($(#[$meta:meta])* $vis:vis struct $name:ident { $($(#[$field_meta:meta])* $field_vis:vis $field:ident : $type:ty),* $(,)? }) => {
        $(#[$meta])*
        $vis struct $name {
            $($(#[$field_meta])* $field_vis $field: $type,)*
        }

        impl $crate::Row for $name {
            const COLUMNS: &'static [(&'static str, $crate::Type)] =
                &[$((stringify!($field), <$type as $crate::Column>::TYPE)),*];

            fn from_row(row: &$crate::macros::DriverRow) -> ::freehold_core::Result<Self> {
                let mut index = 0;
                $(
                    let $field = $crate::macros::column::<$type>(row, index)?;
                    index += 1;
                )*
                let _ = index;
                Ok(Self { $($field),* })
            }
        }
    };
}
