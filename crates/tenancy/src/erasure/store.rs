//! SQL of the erasure of users.

use freehold_core::TenantId;
use freehold_db::statements;

use crate::invitation::InvitationId;

statements! {
    /// The invitations to these addresses.
    fn invitations_to(addresses: &[String]) -> (TenantId, InvitationId) =
        "select tenant_id, invitation_id from freehold.invitations where email = any($1)
         order by tenant_id, invitation_id for update";

    /// Replaces the address in the event about an invitation.
    fn invitation_event_redact(tenant: TenantId, invitation: &str) -> () =
        "update freehold.events set data = jsonb_set(data::jsonb, '{email}', '\"deleted\"')::json
         where tenant_id = $1 and type = 'invitation.created' and data ->> 'invitation_id' = $2";

    /// Deletes an invitation.
    fn invitation_delete(tenant: TenantId, invitation: InvitationId) -> () =
        "delete from freehold.invitations where tenant_id = $1 and invitation_id = $2";
}
