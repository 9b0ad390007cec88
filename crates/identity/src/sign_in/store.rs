//! SQL of the ways in.

use freehold_db::statements;

use super::PasswordRow;
use crate::Realm;

statements! {
    /// Who has this address, the password's hash, and from where he signed in.
    fn user_by_email(realm: Realm, email: &str) -> PasswordRow =
        "select p.id, p.encrypted_password, array(
           select k.place from freehold.known_places as k where k.user_id = p.id order by k.seen_at desc limit 200
         ) as places
         from freehold.people as p
         where p.realm = $1 and p.email = $2 and not p.is_sso_user and p.deleted_at is null";
}
