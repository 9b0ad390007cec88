//! SQL of the sweep: each statement deletes a thousand rows at most, and skips locked rows.

use freehold_db::statements;
use jiff::Timestamp;

statements! {
    /// Deletes sign-ins in progress that will not be finished.
    fn flow_sweep(before: Timestamp) -> () =
        "delete from auth.flow_state where id = any(array(
           select id from auth.flow_state where created_at < $1 order by created_at limit 1000 for update skip locked
         ))";

    /// Deletes links and codes that expired long ago.
    fn token_sweep(before: Timestamp) -> () =
        "delete from auth.one_time_tokens where id = any(array(
           select id from auth.one_time_tokens where created_at < $1::timestamptz at time zone 'utc'
           limit 1000 for update skip locked
         ))";

    /// Deletes sessions whose fixed end has passed.
    fn session_sweep(; now) -> () =
        "delete from auth.sessions where id = any(array(
           select id from auth.sessions where not_after <= $1 order by not_after desc limit 1000 for update skip locked
         ))";

    /// Deletes sessions that were not refreshed since.
    fn session_sweep_idle(before: Timestamp) -> () =
        "delete from auth.sessions where id = any(array(
           select id from auth.sessions
           where created_at < $1 and coalesce(updated_at, created_at) < $1
           limit 1000 for update skip locked
         ))";

    /// Deletes sessions that were opened before.
    fn session_sweep_old(before: Timestamp) -> () =
        "delete from auth.sessions where id = any(array(
           select id from auth.sessions where created_at < $1 limit 1000 for update skip locked
         ))";

    /// Deletes challenges of second factors that were not answered.
    fn challenge_sweep(before: Timestamp) -> () =
        "delete from auth.mfa_challenges where id = any(array(
           select id from auth.mfa_challenges where created_at < $1 limit 1000 for update skip locked
         ))";

    /// Deletes challenges of passkeys that were not answered.
    fn passkey_challenge_sweep(before: Timestamp) -> () =
        "delete from auth.webauthn_challenges where id = any(array(
           select id from auth.webauthn_challenges where expires_at < $1 limit 1000 for update skip locked
         ))";

    /// Deletes old entries of the users' audit log.
    fn audit_sweep(before: Timestamp) -> () =
        "delete from auth.audit_log_entries where id = any(array(
           select id from auth.audit_log_entries where created_at < $1 order by created_at limit 1000
         ))";

    /// Deletes users who signed up themselves, never confirmed their address, and never signed in.
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
