//! Transfer of ownership: an owner makes another member an owner and becomes an administrator, in one transaction.

use freehold_core::{Bounds, Error, OptionExt, Result, Role, UserId, codes};
use freehold_db::TenantTx;
use serde_json::json;
use uuid::Uuid;

use super::{Member, WRITE, caller_check, commit, record_change, store};
use crate::{authority::members_lock, tenant::tenant_get};

/// The content of the mails about a transfer of ownership.
#[derive(Clone, Debug)]
pub struct OwnershipLetter {
    /// Id of the mail to the former owner.
    pub mail_to_former: Uuid,
    /// Id of the mail to the new owner.
    pub mail_to_new: Uuid,
    /// Display name of the product.
    pub product_name: String,
    /// Public URL of this server, without a slash at the end.
    pub site_url: String,
    /// E-mail address of the former owner; none for users without one.
    pub former: Option<String>,
    /// E-mail address of the new owner; none for users without one.
    pub new: Option<String>,
}

/// Makes the member `to` an owner and the caller an administrator, queues a mail to both, and commits. Other owners stay
/// owners.
///
/// # Errors
/// `permission_denied` for callers other than a signed-in owner; `validation_failed` for the caller themselves;
/// `not_found` for a user who is no member; `conflict` for a member who is an owner already; those of
/// [`freehold_core::Caller::allow_change`].
pub async fn ownership_transfer(mut tx: TenantTx, to: UserId, letter: OwnershipLetter) -> Result<Member> {
    let caller = tx.caller().clone();
    caller.allow(WRITE)?;
    caller.allow_change()?;
    let Some(owner) = caller.user().filter(|_| caller.role() == Role::Owner) else {
        let message = "Only a signed-in owner can transfer ownership. Ask an owner, or sign in as one.";
        return Err(Error::new(codes::PERMISSION_DENIED, message));
    };
    if owner == to {
        return Err(Error::invalid("/user_id", "expected another member than yourself"));
    }
    members_lock(&mut tx).await?;
    tx.fetch_all(store::owners_lock()).await?;
    caller_check(&mut tx).await?;
    let (role, permissions) = tx.fetch_optional(store::role_lock(to)).await?.or_not_found("member")?;
    let before = Bounds::of_member(role.parse()?, &permissions);
    if before.role == Role::Owner {
        let message = "This member is an owner already. To give up ownership, lower your own role or leave.";
        return Err(Error::new(codes::CONFLICT, message));
    }
    let raise = store::member_change_role(to, Role::Owner.name(), None, &[]);
    let new = tx.fetch_optional(raise).await?.or_not_found("member")?;
    let lower = store::member_change_role(owner, Role::Admin.name(), None, &[]);
    let former = tx.fetch_optional(lower).await?.or_not_found("member")?;
    record_change(&mut tx, &before, &new).await?;
    record_change(&mut tx, &Bounds::of_role(Role::Owner), &former).await?;
    mails(&mut tx, [former.user_id, to], letter).await?;
    commit(tx).await?;
    Ok(new)
}

/// Queues the mails to the former and the new owner.
async fn mails(tx: &mut TenantTx, users: [UserId; 2], letter: OwnershipLetter) -> Result<()> {
    let organization = tenant_get(tx, tx.caller().tenant()).await?.name;
    let [former, new] = users;
    for (user, mail) in [(former, letter.mail_to_former), (new, letter.mail_to_new)] {
        let data = json!({
            "product_name": letter.product_name,
            "organization": organization,
            "former": letter.former,
            "new": letter.new,
            "to_new": user == new,
            "link": format!("{}/members", letter.site_url),
            "site_url": letter.site_url,
        });
        tx.fetch_one(store::ownership_mail(user, mail, data)).await?;
    }
    Ok(())
}
