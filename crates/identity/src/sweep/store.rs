//! SQL of sweeping: each statement takes a thousand rows at most, and none that somebody works with.

use freehold_db::statements;
use jiff::Timestamp;

statements! {
    /// Sign-ins that nobody will finish.
    fn flow_sweep(before: Timestamp) -> () =
        "delete from auth.flow_state where id = any(array(
           select id from auth.flow_state where created_at < $1 order by created_at limit 1000 for update skip locked
         ))";

    /// Links and codes that have long been too old.
    fn token_sweep(before: Timestamp) -> () =
        "delete from auth.one_time_tokens where id = any(array(
           select id from auth.one_time_tokens where created_at < $1::timestamptz at time zone 'utc'
           limit 1000 for update skip locked
         ))";

    /// Sessions that were given an end, which has passed.
    fn session_sweep(now: Timestamp) -> () =
        "delete from auth.sessions where id = any(array(
           select id from auth.sessions where not_after <= $1 order by not_after desc limit 1000 for update skip locked
         ))";

    /// Sessions that nobody has refreshed since.
    fn session_sweep_idle(before: Timestamp) -> () =
        "delete from auth.sessions where id = any(array(
           select id from auth.sessions
           where created_at < $1 and coalesce(updated_at, created_at) < $1
           limit 1000 for update skip locked
         ))";

    /// Sessions that were opened before.
    fn session_sweep_old(before: Timestamp) -> () =
        "delete from auth.sessions where id = any(array(
           select id from auth.sessions where created_at < $1 limit 1000 for update skip locked
         ))";

    /// Challenges of second factors that nobody answered.
    fn challenge_sweep(before: Timestamp) -> () =
        "delete from auth.mfa_challenges where id = any(array(
           select id from auth.mfa_challenges where created_at < $1 limit 1000 for update skip locked
         ))";

    /// Challenges of passkeys that nobody answered.
    fn passkey_challenge_sweep(before: Timestamp) -> () =
        "delete from auth.webauthn_challenges where id = any(array(
           select id from auth.webauthn_challenges where expires_at < $1 limit 1000 for update skip locked
         ))";

    /// What happened to people long ago.
    fn audit_sweep(before: Timestamp) -> () =
        "delete from auth.audit_log_entries where id = any(array(
           select id from auth.audit_log_entries where created_at < $1 order by created_at limit 1000
         ))";

    /// Who signed up by himself, never showed that the address is his, and never came in.
    fn unconfirmed_sweep(before: Timestamp) -> () =
        "delete from auth.users where id = any(array(
           select id from auth.users
           where created_at < $1 and email_confirmed_at is null and phone_confirmed_at is null
             and last_sign_in_at is null and invited_at is null and not is_anonymous and not is_sso_user
             and deleted_at is null and coalesce(confirmation_sent_at, created_at) < $1
             and not exists (select from auth.identities as i where i.user_id = users.id and i.provider <> 'email')
           limit 1000 for update skip locked
         ))";
}
