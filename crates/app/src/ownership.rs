//! Transfer of ownership: what the mails to both owners say. The API and the pages call this function.

use freehold_core::{Caller, Result, UserId};
use freehold_tenancy::member::{self, Member, OwnershipLetter, member_emails};

use crate::App;

/// Makes another member an owner and the caller, a signed-in owner, an administrator. Both get a mail.
///
/// # Errors
/// As [`freehold_tenancy::member::ownership_transfer`].
pub async fn ownership_transfer(app: &App, caller: &Caller, to: UserId) -> Result<Member> {
    let users: Vec<UserId> = caller.user().into_iter().chain([to]).collect();
    let mut emails = member_emails(&app.db, caller, &users).await?;
    let letter = OwnershipLetter {
        mail_to_former: app.ids.next::<()>().uuid(),
        mail_to_new: app.ids.next::<()>().uuid(),
        product_name: app.product.name.clone(),
        site_url: app.site_url.clone(),
        former: caller.user().and_then(|user| emails.remove(&user)),
        new: emails.remove(&to),
    };
    let tx = app.db.tenant(caller).begin().await?;
    member::ownership_transfer(tx, to, letter).await
}
