//! Counts users whose address would be refused today.

use freehold_db::Db;
use freehold_identity::user::email_refused_count;

use super::{finding::Finding, reason};

/// The highest number that is counted.
const MOST: u32 = 10_000;

/// Counts users whose address can receive no mail, such as one with an invisible character.
pub(super) async fn examine(db: &Db) -> Option<Finding> {
    match email_refused_count(db, MOST).await {
        Ok(0) => None,
        Ok(count) => {
            let more = if count >= MOST as usize { " or more" } else { "" };
            let (user, sign) = if count == 1 { ("user has", "it signs") } else { ("users have", "they sign") };
            Some(Finding::warn(
                format!(
                    "{count}{more} {user} an address that is refused today: {sign} in by password only, typed as it is stored"
                ),
                "look them up with `freehold users list`, ask for another address, and set it: PUT /auth/v1/admin/users/{id}",
            ))
        }
        Err(error) => Some(Finding::warn(
            format!("the addresses of users cannot be checked: {}", reason(&error)),
            "freehold migrate, then look again",
        )),
    }
}
