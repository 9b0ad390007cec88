//! SQL of sign-in methods and second factors.

use freehold_core::UserId;
use freehold_db::statements;

use super::Ways;

statements! {
    /// Sign-in methods and second factors.
    fn ways(user: UserId) -> Ways = "select identities, factors from freehold.people_with_ways where id = $1";
}
