//! Users of a project, as stored here.

mod store;

use freehold_core::{Context, Error, Result};
use freehold_db::{Db, SystemTx};
use jiff::Timestamp;
use serde_json::Value;

pub use store::STATEMENTS;

use super::Project;
use crate::{
    HOUSE,
    access_token::Claims,
    hooks::Newcomer,
    user::{User, user_find},
};

impl Project {
    /// Creates the user on their first token, and updates the profile from a newer token.
    pub(crate) async fn person_settle(&self, db: &Db, newcomer: &Newcomer, claims: &Claims) -> Result<()> {
        if self.settled.get(&claims.sub).is_some_and(|newest| newest >= claims.iat) {
            return Ok(());
        }
        let issued = Timestamp::from_second(claims.iat).context("reading when a token was issued")?;
        let mut tx = db.system("record a user of the project").begin().await?;
        if let Some((first,)) = tx.fetch_optional(store::person_see(claims.sub, issued)).await? {
            let own = *self.own_tables.get_or_try_init(|| async { own_tables(&mut tx).await }).await?;
            if own {
                profile_take(&mut tx, claims, issued).await?;
            }
            if first {
                let user = if own { user_find(&mut tx, claims.sub).await? } else { Some(user_of(claims, issued)) };
                let user = user.ok_or_else(|| Error::internal("the user just created does not exist"))?;
                newcomer(&mut tx, &user).await?;
            }
            tx.commit().await?;
        }
        self.settled.insert(claims.sub, claims.iat);
        Ok(())
    }
}

/// Whether users are in Freehold's own table. On the project's own database they are in the project's.
async fn own_tables(tx: &mut SystemTx) -> Result<bool> {
    Ok(tx.fetch_one(store::people_writable()).await?.0)
}

/// Stores the profile of the newest token. An address that the project has given to this user meanwhile is removed from
/// its former user.
async fn profile_take(tx: &mut SystemTx, claims: &Claims, issued: Timestamp) -> Result<()> {
    let given = |text: &String| Some(text.to_lowercase()).filter(|text| !text.is_empty());
    let (email, phone) = (given(&claims.email), given(&claims.phone));
    let (said, says) = (Value::Object(claims.app_metadata.clone()), Value::Object(claims.user_metadata.clone()));
    tx.execute(store::address_free(claims.sub, HOUSE, email.clone(), phone.clone())).await?;
    tx.execute(store::profile_write(store::ProfileRow {
        user: claims.sub,
        realm: HOUSE,
        email,
        phone,
        app_metadata: said,
        user_metadata: says,
        anonymous: claims.is_anonymous,
        issued,
    }))
    .await
    .map(drop)
}

/// The user of the token, as far as its claims go.
fn user_of(claims: &Claims, issued: Timestamp) -> User {
    User {
        id: claims.sub,
        realm: HOUSE,
        aud: claims.aud.clone(),
        role: claims.role.clone(),
        email: claims.email.to_lowercase(),
        phone: claims.phone.clone(),
        encrypted_password: None,
        email_confirmed_at: Some(issued).filter(|_| !claims.email.is_empty()),
        phone_confirmed_at: Some(issued).filter(|_| !claims.phone.is_empty()),
        invited_at: None,
        confirmation_sent_at: None,
        recovery_sent_at: None,
        new_email: String::new(),
        email_change_sent_at: None,
        reauthentication_sent_at: None,
        last_sign_in_at: None,
        app_metadata: Value::Object(claims.app_metadata.clone()),
        user_metadata: Value::Object(claims.user_metadata.clone()),
        created_at: issued,
        updated_at: issued,
        banned_until: None,
        deleted_at: None,
        is_anonymous: claims.is_anonymous,
        is_sso_user: false,
    }
}
