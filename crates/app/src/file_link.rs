//! Who may follow a signed link to a file: anyone who has it, as long as its maker may read files.

use std::sync::Arc;

use freehold_core::{Bounds, Caller, OptionExt, Result};
use freehold_files::{
    file::READ,
    link::{Link, LinkMaker, link_invalid},
};
use freehold_identity::{key::key_bounds, user::user_find};
use freehold_tenancy::resolve::member_place;

use crate::App;

/// The caller who reads the file of a link.
///
/// # Errors
/// `file_link_invalid` when the user who made the link is banned or no longer a member, or the key was revoked or has
/// expired; `organization_archived`.
pub async fn link_caller(app: &App, link: &Link) -> Result<Arc<Caller>> {
    if let Some(maker) = maker(app, link).await?
        && !maker.allow(READ)
    {
        return Err(link_invalid());
    }
    let caller = app.system_caller(link.tenant, "serve a link to a file").await?.or_not_found("file")?;
    caller.allow(READ)?;
    Ok(caller)
}

/// What the maker of a link may do now; none: Freehold itself made it.
async fn maker(app: &App, link: &Link) -> Result<Option<Bounds>> {
    let mut tx = app.db.system("see whether the maker of a link may read files").begin().await?;
    let found = match link.maker {
        LinkMaker::System => return Ok(None),
        LinkMaker::Key(key) => key_bounds(&mut tx, key).await?,
        LinkMaker::User(user) => {
            let user = user_find(&mut tx, user).await?.filter(|user| user.admit(app.clock.now()).is_ok());
            drop(tx);
            let place = match user {
                Some(user) => member_place(&app.db, user.id, Some(link.tenant)).await?,
                None => None,
            };
            place.and_then(|place| place.bounds)
        }
    };
    found.map(Some).ok_or_else(|| link_invalid())
}
