//! SQL of the ways in.

use freehold_db::statements;

use super::PasswordRow;
use crate::Realm;

statements! {
    /// Who has this address, and the password's hash.
    fn user_by_email(realm: Realm, email: &str) -> PasswordRow =
        "select id, encrypted_password
         from freehold.people where realm = $1 and email = $2 and not is_sso_user and deleted_at is null";
}
