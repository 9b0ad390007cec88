//! The roles of an installation. Roles belong to the whole Postgres server, so two installations in one server need
//! roles with different names. The first has `freehold_owner`, `freehold_app`, `freehold_system` and
//! `freehold_readonly`; each further one appends the name of its database to them. SQL uses the names of the first
//! installation, and [`RoleNames::rewrite`] adds the suffix.

use std::borrow::Cow;

use freehold_core::Result;
use tokio_postgres::{Client, GenericClient};

use crate::error::DriverResult;

/// The roles that our statements may name.
const NAMES: [&str; 4] = ["freehold_owner", "freehold_app", "freehold_system", "freehold_readonly"];

/// The suffix of an installation's role names: empty, or `_` and a word.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct RoleNames {
    suffix: String,
}

impl RoleNames {
    /// The suffix that this database's schema uses; `None` before the schema exists.
    pub(crate) async fn of_schema(client: &Client) -> Result<Option<Self>> {
        let rows = client.query_typed(OF_SCHEMA, &[]).await.or_error()?;
        let suffix = rows.first().map(|row| row.try_get(0)).transpose().or_error()?;
        Ok(suffix.map(|suffix| Self { suffix }))
    }

    /// Decides the suffix for this database: the one that its schema uses, or one that no other installation of the
    /// server uses. The login of requests is in the setting `freehold.server_login`.
    pub(crate) async fn decide(client: &impl GenericClient) -> Result<Self> {
        let rows = client.query_typed(DECIDE, &[]).await.or_error()?;
        let suffix = rows.first().map(|row| row.try_get(0)).transpose().or_error()?;
        Ok(Self { suffix: suffix.unwrap_or_default() })
    }

    /// The SQL with the role names of this installation.
    pub(crate) fn rewrite<'a>(&self, sql: &'a str) -> Cow<'a, str> {
        if self.suffix.is_empty() {
            return Cow::Borrowed(sql);
        }
        let word = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
        let (mut text, mut rest) = (String::with_capacity(sql.len() + 256), sql);
        while let Some(at) = rest.find("freehold_") {
            let begins = !rest.as_bytes()[..at].last().is_some_and(word);
            let length = rest[at..].bytes().take_while(|byte| word(byte)).count();
            let (before, name) = (&rest[..at], &rest[at..at + length]);
            text.push_str(before);
            text.push_str(name);
            if begins && NAMES.contains(&name) {
                text.push_str(&self.suffix);
            }
            rest = &rest[at + length..];
        }
        text.push_str(rest);
        Cow::Owned(text)
    }
}

/// The name of the schema's owner ends with the suffix.
const OF_SCHEMA: &str = "select substr(pg_catalog.pg_get_userbyid(nspowner), length('freehold_owner') + 1)
     from pg_catalog.pg_namespace
     where nspname = 'freehold' and starts_with(pg_catalog.pg_get_userbyid(nspowner)::text, 'freehold_owner')";

/// A new database takes the plain names when nothing in another database belongs to these roles, no login of another
/// installation is a member of them, and its own login may use them. Which database owns an object is in a catalog that
/// all databases share. After a rename, another database may have this one's former name; the database's number
/// distinguishes the two.
const DECIDE: &str = include_str!("roles.sql");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_names_of_roles_get_the_suffix() {
        let names = RoleNames { suffix: "_shop".to_owned() };
        let sql = "grant select on freehold.tenants to freehold_app, freehold_readonly; -- freehold_app_role, my_freehold_app\n\
                   select 'freehold_owner', freehold_select, freehold_server";
        let expected = "grant select on freehold.tenants to freehold_app_shop, freehold_readonly_shop; -- freehold_app_role, \
                        my_freehold_app\nselect 'freehold_owner_shop', freehold_select, freehold_server";
        assert_eq!(names.rewrite(sql), expected);
        assert_eq!(RoleNames::default().rewrite(sql), sql);
    }
}
