//! SQL of changing one's address.

use freehold_core::UserId;
use freehold_db::statements;
use jiff::Timestamp;

statements! {
    /// The address that is wanted.
    fn change_note(user: UserId, email: &str, now: Timestamp) -> () =
        "update auth.users set email_change = $2, email_change_confirm_status = 0, updated_at = $3 where id = $1";

    /// The address that is wanted, and how many have confirmed it. Keeps the other one from confirming meanwhile.
    fn change_lock(user: UserId) -> (String, i16) =
        "select coalesce(email_change, '')::text, coalesce(email_change_confirm_status, 0::smallint)
         from auth.users where id = $1 for update";

    /// One of two has confirmed it.
    fn change_half(user: UserId, now: Timestamp) -> () =
        "update auth.users set email_change_confirm_status = 1, updated_at = $2 where id = $1";

    /// The new address is the address.
    fn change_finish(user: UserId, email: &str, now: Timestamp) -> () =
        "update auth.users
         set email = $2, email_change = '', email_change_confirm_status = 0, is_anonymous = false,
             email_confirmed_at = coalesce(email_confirmed_at, $3), updated_at = $3
         where id = $1";

    /// The way in by that address has the new one.
    fn identity_change(user: UserId, email: &str, now: Timestamp) -> () =
        "update auth.identities
         set identity_data = identity_data || jsonb_build_object('email', $2::text, 'email_verified', true), updated_at = $3
         where user_id = $1 and provider = 'email'";
}
