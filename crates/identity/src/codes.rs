//! Supabase Auth's error codes, as far as we answer them. The client branches on them, so names and statuses are its.

use freehold_core::Code;

/// E-mail or password wrong; which of them is not told.
pub const INVALID_CREDENTIALS: Code = Code::new("invalid_credentials", 400, "E-mail or password is wrong");
/// The address has to be confirmed first.
pub const EMAIL_NOT_CONFIRMED: Code = Code::new("email_not_confirmed", 400, "The address is not confirmed yet");
/// The address is taken.
pub const USER_ALREADY_EXISTS: Code = Code::new("user_already_exists", 422, "The address is registered already");
/// The person is locked out.
pub const USER_BANNED: Code = Code::new("user_banned", 403, "The person is locked out");
/// No such person.
pub const USER_NOT_FOUND: Code = Code::new("user_not_found", 404, "There is no such person");
/// The password is too easy; `weak_password` says why.
pub const WEAK_PASSWORD: Code = Code::new("weak_password", 422, "The password is too easy to guess");
/// The new password is the old one.
pub const SAME_PASSWORD: Code = Code::new("same_password", 422, "The new password is the old one");
/// Nobody may sign up here.
pub const SIGNUP_DISABLED: Code = Code::new("signup_disabled", 422, "Signing up is switched off");
/// Sign-in by mail is not for unknown addresses here.
pub const OTP_DISABLED: Code = Code::new("otp_disabled", 422, "There is no such person, and none is to be made");
/// The link or code is wrong, used or too old.
pub const OTP_EXPIRED: Code = Code::new("otp_expired", 403, "The link or code is wrong, used or too old");
/// Too many mails to one address.
pub const OVER_EMAIL_SEND_RATE_LIMIT: Code =
    Code::new("over_email_send_rate_limit", 429, "A mail was sent a moment ago");
/// No token was sent.
pub const NO_AUTHORIZATION: Code = Code::new("no_authorization", 401, "This needs a bearer token");
/// The token does not hold.
pub const BAD_JWT: Code = Code::new("bad_jwt", 403, "The access token does not hold");
/// The session has ended.
pub const SESSION_NOT_FOUND: Code = Code::new("session_not_found", 403, "The session has ended");
/// Unknown refresh token.
pub const REFRESH_TOKEN_NOT_FOUND: Code = Code::new("refresh_token_not_found", 400, "The refresh token is unknown");
/// Used refresh token.
pub const REFRESH_TOKEN_ALREADY_USED: Code =
    Code::new("refresh_token_already_used", 400, "The refresh token was used before; the session was ended");
/// Users cannot write what the system knows of them.
pub const NOT_ADMIN: Code = Code::new("not_admin", 403, "This is for administrators");
/// The body is not JSON.
pub const BAD_JSON: Code = Code::new("bad_json", 400, "The body could not be read");
/// This way of signing in is switched off.
pub const PROVIDER_DISABLED: Code = Code::new("provider_disabled", 400, "This way of signing in is switched off");
/// Sign-in by mail is switched off.
pub const EMAIL_PROVIDER_DISABLED: Code =
    Code::new("email_provider_disabled", 422, "Sign-in by e-mail is switched off");
/// Signing in without an address is switched off.
pub const ANONYMOUS_PROVIDER_DISABLED: Code =
    Code::new("anonymous_provider_disabled", 422, "Signing in without an address is switched off");

/// All of the above.
pub const ALL: &[Code] = &[
    INVALID_CREDENTIALS,
    EMAIL_NOT_CONFIRMED,
    USER_ALREADY_EXISTS,
    USER_BANNED,
    USER_NOT_FOUND,
    WEAK_PASSWORD,
    SAME_PASSWORD,
    SIGNUP_DISABLED,
    OTP_DISABLED,
    OTP_EXPIRED,
    OVER_EMAIL_SEND_RATE_LIMIT,
    NO_AUTHORIZATION,
    BAD_JWT,
    SESSION_NOT_FOUND,
    REFRESH_TOKEN_NOT_FOUND,
    REFRESH_TOKEN_ALREADY_USED,
    NOT_ADMIN,
    BAD_JSON,
    PROVIDER_DISABLED,
    EMAIL_PROVIDER_DISABLED,
    ANONYMOUS_PROVIDER_DISABLED,
];
