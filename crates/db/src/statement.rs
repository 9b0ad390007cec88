//! A statement declares its parameter and row types once. Nothing else can be sent to the database, and one test
//! prepares every statement against the migrated schema and compares the types and column names.

use std::marker::PhantomData;

use freehold_core::{Context, Result, TenantId};
use jiff::Timestamp;
use postgres_types::{ToSql, Type};
use uuid::Uuid;

use crate::{
    AnyTx, Scope,
    value::{Column, Param},
};

/// One SQL statement with its types, made by [`statements!`](crate::statements).
#[derive(Debug)]
pub struct Statement {
    /// The name of its function, with the module.
    pub name: &'static str,
    /// The SQL, in lower case, with `$1`, `$2`, …
    pub sql: &'static str,
    /// The types of the parameters, by the arguments of its function: a value has one, a struct one for each field.
    pub params: &'static [&'static [Type]],
    /// Whether the transaction adds its time after the arguments.
    pub adds_now: bool,
    /// Whether the last parameter is the tenant of the transaction, which the transaction adds.
    pub adds_tenant: bool,
    /// The names and types of the result's columns. The name `""` is not compared.
    pub columns: &'static [(&'static str, Type)],
}

impl Statement {
    /// The types of `$1`, `$2`, …
    pub fn params(&self) -> Vec<Type> {
        self.params.concat()
    }
}

/// The values of a statement's parameters, as the driver takes them.
pub type Values = Vec<Box<dyn ToSql + Send + Sync>>;

/// An argument of a statement's function: a value, or a struct with several, made by [`params!`](crate::params).
pub trait Params {
    /// The Postgres types of its values.
    const TYPES: &'static [Type];

    /// The values with its own added.
    fn add_to(self, values: Values) -> Values;
}

impl<T: Param> Params for T {
    const TYPES: &'static [Type] = &[T::TYPE];

    fn add_to(self, mut values: Values) -> Values {
        values.push(Box::new(self.into_sql()));
        values
    }
}

/// A statement with its parameters, ready to be sent.
#[must_use = "a query does nothing until a transaction sends it"]
pub struct Query<R, S = AnyTx> {
    pub(crate) statement: &'static Statement,
    pub(crate) params: Values,
    /// The value of the tenant's parameter, once the transaction is known that sends the statement.
    pub(crate) tenant: Option<Uuid>,
    row: PhantomData<fn() -> (R, S)>,
}

impl<R, S> Query<R, S> {
    /// Only for [`statements!`](crate::statements).
    #[doc(hidden)]
    pub fn new(statement: &'static Statement, params: Values) -> Self {
        Self { statement, params, tenant: None, row: PhantomData }
    }

    /// The statement that is sent.
    pub fn statement(&self) -> &'static Statement {
        self.statement
    }
}

impl<R> Query<R> {
    /// The values, with those that a transaction of this time adds.
    pub(crate) fn params<'a>(&'a self, now: &'a Timestamp) -> Vec<&'a (dyn ToSql + Sync)> {
        let mut values: Vec<_> = self.params.iter().map(|value| value.as_ref() as &(dyn ToSql + Sync)).collect();
        if self.statement.adds_now {
            values.push(now);
        }
        values.extend(self.tenant.as_ref().map(|tenant| tenant as &(dyn ToSql + Sync)));
        values
    }

    pub(crate) fn typed_params<'a>(&'a self, now: &'a Timestamp) -> Vec<(&'a (dyn ToSql + Sync), Type)> {
        self.params(now).into_iter().zip(self.statement.params.iter().copied().flatten().cloned()).collect()
    }
}

impl<R, S: Scope> Query<R, S> {
    /// The query with all of its parameters, for a transaction of this tenant.
    pub(crate) fn of(self, tenant: TenantId) -> Query<R> {
        let mut query = Query::new(self.statement, self.params);
        query.tenant = S::ADDS_TENANT.then(|| tenant.uuid());
        query
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
/// can send it. `; now` adds the time at which the transaction began, before the tenant.
///
/// An argument may be a struct made by [`params!`](crate::params): its fields are parameters in their order.
///
/// ```ignore
/// statements! {
///     /// The workflow with this id.
///     fn workflow_find(id: WorkflowId; tenant) -> WorkflowRow =
///         "select id, name from voice.workflows where tenant_id = $2 and id = $1";
///
///     /// Deletes the workflow.
///     fn workflow_delete(id: WorkflowId; now, tenant) -> () =
///         "update voice.workflows set deleted_at = $2 where tenant_id = $3 and id = $1";
/// }
/// ```
#[macro_export]
macro_rules! statements {
    ($(
        $(#[$meta:meta])*
        fn $name:ident ( $($param:ident : $type:ty),* $(,)? $(; $($added:ident),+)? ) -> $row:ty = $sql:expr;
    )*) => {
        /// Every statement of this module.
        pub const STATEMENTS: &[&$crate::Statement] = &[$(
            &$crate::Statement {
                name: concat!(module_path!(), "::", stringify!($name)),
                sql: $sql,
                params: &[$(<$type as $crate::Params>::TYPES,)* $($(&[$crate::added!($added type)]),+)?],
                adds_now: false $($(|| $crate::added!($added is now))+)?,
                adds_tenant: false $($(|| $crate::added!($added is tenant))+)?,
                columns: <$row as $crate::Row>::COLUMNS,
            }
        ),*];
        $(
            $(#[$meta])*
            pub(super) fn $name($($param: $type),*) -> $crate::Query<$row $(, $crate::added!(scope $($added),+))?> {
                static STATEMENT: $crate::Statement = $crate::Statement {
                    name: concat!(module_path!(), "::", stringify!($name)),
                    sql: $sql,
                    params: &[$(<$type as $crate::Params>::TYPES,)* $($(&[$crate::added!($added type)]),+)?],
                    adds_now: false $($(|| $crate::added!($added is now))+)?,
                    adds_tenant: false $($(|| $crate::added!($added is tenant))+)?,
                    columns: <$row as $crate::Row>::COLUMNS,
                };
                let values = $crate::macros::Values::new();
                $(let values = <$type as $crate::Params>::add_to($param, values);)*
                $crate::Query::new(&STATEMENT, values)
            }
        )*
    };
}

/// What `; now` and `; tenant` mean in [`statements!`](crate::statements).
#[doc(hidden)]
#[macro_export]
macro_rules! added {
    (now type) => {
        $crate::Type::TIMESTAMPTZ
    };
    (tenant type) => {
        $crate::Type::UUID
    };
    (now is now) => {
        true
    };
    (tenant is tenant) => {
        true
    };
    ($added:ident is $other:ident) => {
        false
    };
    (scope now) => {
        $crate::AnyTx
    };
    (scope $(now,)? tenant) => {
        $crate::OfTenant
    };
}

/// Declares a struct that is an argument of a statement: its fields are parameters of the statement, in their order.
#[macro_export]
macro_rules! params {
    (
        $(#[$meta:meta])* $vis:vis struct $name:ident $(<$life:lifetime>)? {
            $($(#[$field_meta:meta])* $field_vis:vis $field:ident : $type:ty),* $(,)?
        }
    ) => {
        $(#[$meta])*
        $vis struct $name $(<$life>)? {
            $($(#[$field_meta])* $field_vis $field: $type,)*
        }

        impl $(<$life>)? $crate::Params for $name $(<$life>)? {
            const TYPES: &'static [$crate::Type] = &[$(<$type as $crate::Param>::TYPE),*];

            fn add_to(self, values: $crate::macros::Values) -> $crate::macros::Values {
                $(let values = <$type as $crate::Params>::add_to(self.$field, values);)*
                values
            }
        }
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
