//! SQL of what people sign in with.

use freehold_core::UserId;
use freehold_db::statements;

use super::Ways;

statements! {
    /// Ways in and second factors.
    fn ways(user: UserId) -> Ways = "select identities, factors from freehold.people_with_ways where id = $1";
}
