//! SQL of signing up.

use freehold_core::Secret;
use freehold_db::statements;

use crate::Realm;

statements! {
    /// The password hash of the user with this address.
    fn password_of(realm: Realm, emails: &[String]) -> (Option<Secret>,) =
        "select encrypted_password
         from freehold.people where realm = $1 and email = any($2) and not is_sso_user and deleted_at is null
         order by array_position($2, email) limit 1";
}
