//! Erases mails: those of an organization, and those to and about a user.

use freehold_core::{Result, TenantId};
use freehold_db::{Db, SystemTx, statements};
use freehold_module::ErasedUser;

/// Mails that one statement deletes.
const BATCH: i64 = 500;

statements! {
    /// Deletes mails of an organization.
    fn mails_of_tenant_delete(tenant: TenantId, most: i64) -> () =
        "delete from freehold.mails where id in (
           select id from freehold.mails where for_tenant = $1 or strpos(cause, $1::text) > 0 limit $2
         )";

    /// Deletes the mails to these addresses, and those that ended and mention one or the user.
    fn mails_of_user_delete(texts: &[String]) -> () =
        "delete from freehold.mails
         where lower(recipient) = any($1)
           or state <> 'queued' and exists (
             select from unnest($1) as t where strpos(lower(data::text), t) > 0 or strpos(cause, t) > 0
           )";

    /// Takes the address of the user who invites out of mails that wait.
    fn inviter_delete(texts: &[String]) -> () =
        "update freehold.mails set data = jsonb_set(data, '{invited_by}', 'null')
         where state = 'queued' and lower(data ->> 'invited_by') = any($1)";
}

/// Deletes the mails that were sent, or wait, for an organization.
pub(crate) async fn mails_of_tenant_erase(db: &Db, tenant: TenantId) -> Result<()> {
    while db.system("erase the mails of an organization").execute(mails_of_tenant_delete(tenant, BATCH)).await? > 0 {}
    Ok(())
}

/// Deletes the mails to a user, and those that mention them. A mail to another user that waits is sent without the name
/// of the user who invites.
pub(crate) async fn mails_of_user_erase(tx: &mut SystemTx, user: &ErasedUser) -> Result<()> {
    let texts: Vec<String> = user.addresses.iter().cloned().chain([user.id.to_string()]).collect();
    tx.execute(mails_of_user_delete(&texts)).await?;
    tx.execute(inviter_delete(&texts)).await.map(drop)
}
