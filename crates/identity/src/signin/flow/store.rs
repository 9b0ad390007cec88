//! SQL of sign-ins in progress.

use freehold_core::UserId;
use freehold_db::{params, statements};
use uuid::Uuid;

use super::Flow;
use crate::Realm;

params! {
    /// A sign-in to insert.
    pub(super) struct FlowRow {
        pub(super) id: Uuid,
        pub(super) realm: Realm,
        pub(super) user: Option<UserId>,
        pub(super) challenge_method: Option<String>,
        pub(super) challenge: Option<String>,
        pub(super) provider: String,
        pub(super) method: String,
        pub(super) linking: Option<UserId>,
        pub(super) redirect_to: Option<String>,
        pub(super) sealed: Option<Vec<u8>>,
    }
}

statements! {
    /// Inserts a sign-in.
    fn flow_insert(flow: FlowRow; now) -> () =
        "insert into auth.flow_state (
           id, realm, user_id, code_challenge_method, code_challenge, provider_type, authentication_method,
           linking_target_id, referrer, sealed, created_at, updated_at
         ) values ($1, $2, $3, $4::text::auth.code_challenge_method, $5, $6, $7, $8, $9, $10, $11, $11)";

    /// The sign-in with this id.
    fn flow_lock(id: Uuid) -> Flow =
        "select id, realm, user_id, code_challenge_method::text as challenge_method, code_challenge as challenge,
           provider_type as provider, authentication_method as method, linking_target_id as linking,
           referrer as redirect_to, sealed, provider_access_token as provider_token, provider_refresh_token,
           created_at, auth_code_issued_at as code_issued_at
         from auth.flow_state where id = $1 for update";

    /// The sign-in whose code has this digest.
    fn flow_lock_by_code(digest: &str) -> Flow =
        "select id, realm, user_id, code_challenge_method::text as challenge_method, code_challenge as challenge,
           provider_type as provider, authentication_method as method, linking_target_id as linking,
           referrer as redirect_to, sealed, provider_access_token as provider_token, provider_refresh_token,
           created_at, auth_code_issued_at as code_issued_at
         from auth.flow_state where auth_code = $1 for update";

    /// Stores the code once the user has authenticated.
    fn flow_code_set(id: Uuid, user: UserId, digest: &str; now) -> () =
        "update auth.flow_state set user_id = $2, auth_code = $3, auth_code_issued_at = $4, updated_at = $4
         where id = $1";

    /// Deletes a sign-in.
    fn flow_delete(id: Uuid) -> () = "delete from auth.flow_state where id = $1";
}
