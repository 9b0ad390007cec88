//! Lists of people.

use freehold_core::{EmailAddress, Result, UserId};
use freehold_db::SystemTx;
use jiff::Timestamp;

use super::store;
use crate::{
    Realm,
    user::{User, UserIdentity},
};

/// Which people are wanted.
#[derive(Clone, Debug)]
pub struct UserFilter {
    /// Whom their tokens are for: `authenticated`.
    pub aud: String,
    /// Only those of this realm; none: everybody.
    pub realm: Option<Realm>,
    /// Only those whose address or `full_name` holds the text, in whatever case.
    pub holds: Option<String>,
    /// The oldest first; else the latest.
    pub oldest_first: bool,
}

impl UserFilter {
    fn text(&self) -> Option<String> {
        self.holds.as_ref().filter(|text| !text.is_empty()).map(|text| text.to_lowercase())
    }
}

/// People, each with his ways in.
pub type Listing = Vec<(User, Vec<UserIdentity>)>;

/// Where a list goes on: behind this person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UserPosition {
    /// Since when he is there.
    pub created_at: Timestamp,
    /// Who.
    pub id: UserId,
}

/// People from a number on, and how many there are in all.
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

/// People from behind somebody on; where the list goes on behind them. Costs the same wherever it begins.
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

/// Everybody with this address, of whatever realm; at most ten.
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
