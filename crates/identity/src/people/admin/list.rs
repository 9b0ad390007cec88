//! Lists of users.

use freehold_core::{EmailAddress, Result, UserId};
use freehold_db::SystemTx;
use jiff::Timestamp;

use super::store;
use crate::{
    Realm,
    user::{User, UserIdentity},
};

/// Filter of a list of users.
#[derive(Clone, Debug)]
pub struct UserFilter {
    /// Audience of their tokens: `authenticated`.
    pub aud: String,
    /// Only users of this realm; none: of all realms.
    pub realm: Option<Realm>,
    /// Only users whose address or `full_name` contains the text, ignoring case.
    pub holds: Option<String>,
    /// Whether the oldest come first; otherwise the latest do.
    pub oldest_first: bool,
}

impl UserFilter {
    fn text(&self) -> Option<String> {
        self.holds.as_ref().filter(|text| !text.is_empty()).map(|text| text.to_lowercase())
    }
}

/// Users, each with their sign-in methods.
pub type Listing = Vec<(User, Vec<UserIdentity>)>;

/// Position in a list: the page starts after this user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UserPosition {
    /// When the user was created.
    pub created_at: Timestamp,
    /// Id of the user.
    pub id: UserId,
}

/// Returns a page of users that starts at an offset, and the number of all users that match.
pub async fn user_list(tx: &mut SystemTx, filter: &UserFilter, limit: i64, offset: i64) -> Result<(Listing, i64)> {
    let (aud, realm, text) = (filter.aud.as_str(), filter.realm, filter.text());
    let (total,) = tx.fetch_one(store::user_count(aud, realm, text.clone())).await?;
    let page = if filter.oldest_first {
        store::user_page_oldest(aud, realm, text, limit, offset)
    } else {
        store::user_page(aud, realm, text, limit, offset)
    };
    let users = tx.fetch_all(page).await?;
    Ok((with_identities(tx, users).await?, total))
}

/// Returns the users after a position, and the position of the next page. The cost does not depend on the position.
pub async fn user_list_after(
    tx: &mut SystemTx,
    filter: &UserFilter,
    after: Option<UserPosition>,
    limit: i64,
) -> Result<(Listing, Option<UserPosition>)> {
    let (aud, realm, text) = (filter.aud.as_str(), filter.realm, filter.text());
    let (created, id) = (after.map(|after| after.created_at), after.map(|after| after.id.uuid()));
    let page = if filter.oldest_first {
        store::user_after_oldest(aud, realm, text, created, id, limit + 1)
    } else {
        store::user_after(aud, realm, text, created, id, limit + 1)
    };
    let mut users = tx.fetch_all(page).await?;
    let wanted = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = users.len() > wanted;
    users.truncate(wanted);
    let last = users.last().filter(|_| more);
    let next = last.map(|user| UserPosition { created_at: user.created_at, id: user.id });
    Ok((with_identities(tx, users).await?, next))
}

/// All users with this address, in all realms; at most ten.
pub async fn user_search(tx: &mut SystemTx, email: &str) -> Result<Vec<User>> {
    tx.fetch_all(store::user_search(&EmailAddress::spellings(email))).await
}

async fn with_identities(tx: &mut SystemTx, users: Vec<User>) -> Result<Listing> {
    let ids = users.iter().map(|user| user.id.uuid()).collect();
    let mut listing: Listing = users.into_iter().map(|user| (user, Vec::new())).collect();
    for owned in tx.fetch_all(store::identity_list_of(ids)).await? {
        let (owner, identity) = owned.apart();
        if let Some((_, identities)) = listing.iter_mut().find(|(user, _)| user.id == owner) {
            identities.push(identity);
        }
    }
    Ok(listing)
}
