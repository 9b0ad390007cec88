//! Who may follow a signed link to a file or an archive: anyone who has it, as long as its maker may read it.

use std::sync::Arc;

use freehold_core::{Bounds, Caller, OptionExt, Permission, Result, UserId};
use freehold_files::{
    file::READ,
    link::{Link, LinkMaker, link_invalid},
};
use freehold_identity::{key::key_bounds, user::user_find};
use freehold_privacy::export::{self, tenant_of_user};
use freehold_tenancy::resolve::member_place;

use crate::App;

/// The caller who reads the file of a link.
///
/// # Errors
/// `file_link_invalid` when the user who made the link is banned or no longer a member, or the key was revoked or has
/// expired; `organization_archived`.
pub async fn link_caller(app: &App, link: &Link) -> Result<Arc<Caller>> {
    maker_check(app, link, READ).await?;
    let caller = app.system_caller(link.tenant, "serve a link to a file").await?.or_not_found("file")?;
    caller.allow(READ)?;
    Ok(caller)
}

/// The caller who reads the archive of a link. This also works in a suspended or archived organization.
///
/// # Errors
/// `file_link_invalid` as for a file, when the maker of the link may not look for exports any more, or when the user is
/// banned whose own data it is.
pub async fn archive_link_caller(app: &App, link: &Link) -> Result<Arc<Caller>> {
    if let LinkMaker::User(user) = link.maker
        && tenant_of_user(user) == link.tenant
    {
        if is_admitted(app, user).await? {
            return Ok(Arc::new(app.own_caller(user)));
        }
        return Err(link_invalid());
    }
    maker_check(app, link, export::READ).await?;
    app.system_caller(link.tenant, "serve a link to an archive").await?.or_not_found("archive")
}

/// Whether there is such a user who is not banned.
async fn is_admitted(app: &App, user: UserId) -> Result<bool> {
    let mut tx = app.db.system("see whether the maker of a link may read files").begin().await?;
    Ok(user_find(&mut tx, user).await?.is_some_and(|user| user.admit(app.clock.now()).is_ok()))
}

/// Succeeds when the maker of a link has this permission now.
async fn maker_check(app: &App, link: &Link, permission: Permission) -> Result<()> {
    match maker(app, link).await? {
        Some(maker) if !maker.allow(permission) => Err(link_invalid()),
        _ => Ok(()),
    }
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
