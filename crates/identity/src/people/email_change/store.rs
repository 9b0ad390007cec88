//! SQL of changing a user's e-mail address.

use freehold_core::UserId;
use freehold_db::statements;

statements! {
    /// Stores the requested address.
    fn change_note(user: UserId, email: &str; now) -> () =
        "update auth.users set email_change = $2, email_change_confirm_status = 0, updated_at = $3 where id = $1";

    /// The requested address and the number of addresses that have confirmed it. Locks the row, so that the other
    /// address cannot confirm at the same time.
    fn change_lock(user: UserId) -> (String, i16) =
        "select coalesce(email_change, '')::text, coalesce(email_change_confirm_status, 0::smallint)
         from auth.users where id = $1 for update";

    /// Records that one of the two addresses has confirmed the change.
    fn change_half(user: UserId; now) -> () =
        "update auth.users set email_change_confirm_status = 1, updated_at = $2 where id = $1";

    /// Makes the requested address the user's address.
    fn change_finish(user: UserId, email: &str; now) -> () =
        "update auth.users
         set email = $2, email_change = '', email_change_confirm_status = 0, is_anonymous = false,
             email_confirmed_at = coalesce(email_confirmed_at, $3), updated_at = $3
         where id = $1";

    /// Puts the new address into the user's e-mail sign-in method.
    fn identity_change(user: UserId, email: &str; now) -> () =
        "update auth.identities
         set identity_data = identity_data || jsonb_build_object('email', $2::text, 'email_verified', true), updated_at = $3
         where user_id = $1 and provider = 'email'";
}
