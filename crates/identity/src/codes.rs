//! Supabase Auth's error codes that Freehold uses. Its client branches on them, so names and statuses are Supabase's.

use freehold_core::Code;

/// E-mail or password wrong; which of them is not told.
pub const INVALID_CREDENTIALS: Code = Code::new("invalid_credentials", 400, "The e-mail address or password is wrong");
/// The address has to be confirmed first.
pub const EMAIL_NOT_CONFIRMED: Code = Code::new("email_not_confirmed", 400, "The e-mail address is not confirmed yet");
/// The address is taken.
pub const USER_ALREADY_EXISTS: Code = Code::new("user_already_exists", 422, "The e-mail address is registered already");
/// The person is locked out.
pub const USER_BANNED: Code = Code::new("user_banned", 403, "The user is banned");
/// No such person.
pub const USER_NOT_FOUND: Code = Code::new("user_not_found", 404, "The user does not exist");
/// The password is too easy; `weak_password` says why.
pub const WEAK_PASSWORD: Code = Code::new("weak_password", 422, "The password is too weak");
/// The new password is the old one.
pub const SAME_PASSWORD: Code = Code::new("same_password", 422, "The new password equals the old one");
/// Nobody may sign up here.
pub const SIGNUP_DISABLED: Code = Code::new("signup_disabled", 422, "Sign-up is disabled");
/// Sign-in by mail is not for unknown addresses here.
pub const OTP_DISABLED: Code = Code::new("otp_disabled", 422, "The user does not exist, and the request creates none");
/// The link or code is wrong, used or too old.
pub const OTP_EXPIRED: Code = Code::new("otp_expired", 403, "The link or code is invalid, was used or has expired");
/// Too many mails to one address.
pub const OVER_EMAIL_SEND_RATE_LIMIT: Code =
    Code::new("over_email_send_rate_limit", 429, "Another mail was sent to this address a moment ago");
/// No token was sent.
pub const NO_AUTHORIZATION: Code = Code::new("no_authorization", 401, "The request needs a bearer token");
/// The token is not valid.
pub const BAD_JWT: Code = Code::new("bad_jwt", 403, "The access token is invalid");
/// The session has ended.
pub const SESSION_NOT_FOUND: Code = Code::new("session_not_found", 403, "The session has ended");
/// The refresh token is unknown.
pub const REFRESH_TOKEN_NOT_FOUND: Code = Code::new("refresh_token_not_found", 400, "The refresh token is unknown");
/// The refresh token was used before.
pub const REFRESH_TOKEN_ALREADY_USED: Code =
    Code::new("refresh_token_already_used", 400, "The refresh token was used before, and the session was ended");
/// Users cannot write what the system knows of them.
pub const NOT_ADMIN: Code = Code::new("not_admin", 403, "Only administrators may do this");
/// The body is not JSON.
pub const BAD_JSON: Code = Code::new("bad_json", 400, "The body is not valid JSON");
/// This way of signing in is switched off.
pub const PROVIDER_DISABLED: Code = Code::new("provider_disabled", 400, "This sign-in method is disabled");
/// Sign-in by mail is switched off.
pub const EMAIL_PROVIDER_DISABLED: Code = Code::new("email_provider_disabled", 422, "Sign-in by e-mail is disabled");
/// Signing up by mail is switched off.
pub const EMAIL_SIGNUPS_DISABLED: Code = Code::new("email_provider_disabled", 400, "Sign-up by e-mail is disabled");
/// There is no sign-in by phone here.
pub const PHONE_LOGINS_DISABLED: Code = Code::new("phone_provider_disabled", 422, "Sign-in by phone is not supported");
/// Address or password are to be changed by a session that has not shown its second factor.
pub const INSUFFICIENT_AAL_FOR_CHANGE: Code =
    Code::new("insufficient_aal", 401, "The session needs a second factor (aal2)");
/// Signing in without an address is switched off.
pub const ANONYMOUS_PROVIDER_DISABLED: Code =
    Code::new("anonymous_provider_disabled", 422, "Anonymous sign-in is disabled");

/// A path names something by what is no UUID.
pub const NO_UUID: Code = Code::new("validation_failed", 404, "The id in the path is invalid");
/// An administrator names an address that is taken.
pub const EMAIL_EXISTS: Code = Code::new("email_exists", 422, "The e-mail address is registered already");
/// An administrator names a number that is taken.
pub const PHONE_EXISTS: Code = Code::new("phone_exists", 422, "The phone number is registered already");
/// The session is older, or was idle for longer, than is allowed here.
pub const SESSION_EXPIRED: Code = Code::new("session_expired", 400, "The session has expired");
/// Nobody began this sign-in, or it was finished before.
pub const FLOW_STATE_NOT_FOUND: Code =
    Code::new("flow_state_not_found", 404, "The sign-in is unknown or already completed");
/// The sign-in was begun too long ago.
pub const FLOW_STATE_EXPIRED: Code = Code::new("flow_state_expired", 422, "The sign-in was not completed in time");
/// Whoever finishes the sign-in is not who began it.
pub const BAD_CODE_VERIFIER: Code =
    Code::new("bad_code_verifier", 400, "The code verifier does not match the code challenge");
/// The change needs a code that was sent just now.
pub const REAUTHENTICATION_NEEDED: Code =
    Code::new("reauthentication_needed", 400, "The change needs a reauthentication code");
/// The code of a reauthentication does not hold.
pub const REAUTHENTICATION_NOT_VALID: Code =
    Code::new("reauthentication_not_valid", 422, "The reauthentication code is invalid, was used or has expired");
/// The change needs the present password.
pub const CURRENT_PASSWORD_REQUIRED: Code =
    Code::new("current_password_required", 400, "The change needs the current password");
/// The present password is wrong.
pub const CURRENT_PASSWORD_INVALID: Code = Code::new("current_password_invalid", 400, "The current password is wrong");
/// Too many tries from one place, or at one account.
pub const OVER_REQUEST_RATE_LIMIT: Code = Code::new("over_request_rate_limit", 429, "Too many requests");
/// No mail can be sent to this address.
pub const EMAIL_ADDRESS_INVALID: Code =
    Code::new("email_address_invalid", 400, "No mail can be sent to the e-mail address");
/// There is no sign-in by phone here.
pub const PHONE_PROVIDER_DISABLED: Code =
    Code::new("phone_provider_disabled", 400, "Sign-in by phone is not supported");
/// The provider is not known here.
pub const OAUTH_PROVIDER_NOT_SUPPORTED: Code =
    Code::new("oauth_provider_not_supported", 400, "The provider is unknown");
/// What the provider gives back is not what we gave it.
pub const BAD_OAUTH_STATE: Code = Code::new("bad_oauth_state", 400, "The state of the callback belongs to no sign-in");
/// A token of a provider's that does not hold; answered in OAuth's own shape.
pub const OAUTH_REQUEST_INVALID: Code = Code::new("invalid_request", 400, "The request or its ID token is invalid");
/// The browser came back before.
pub const FLOW_STATE_ALREADY_USED: Code =
    Code::new("flow_state_already_used", 400, "The callback of this sign-in was used before");
/// The provider's answer lacks something.
pub const BAD_OAUTH_CALLBACK: Code = Code::new("bad_oauth_callback", 400, "The provider's callback is incomplete");
/// The provider's token is for somebody else.
pub const UNEXPECTED_AUDIENCE: Code =
    Code::new("unexpected_audience", 400, "The token was issued for another application");
/// The provider does not vouch for the address.
pub const PROVIDER_EMAIL_NEEDS_VERIFICATION: Code =
    Code::new("provider_email_needs_verification", 422, "The provider has not verified the e-mail address");
/// Somebody signs in with this already.
pub const IDENTITY_ALREADY_EXISTS: Code =
    Code::new("identity_already_exists", 422, "Another user has this sign-in method already");
/// To whom a way of signing in is to be added is gone.
pub const LINKING_TARGET_NOT_FOUND: Code = Code::new("user_not_found", 422, "The user to link no longer exists");
/// The person has no such way of signing in.
pub const IDENTITY_NOT_FOUND: Code = Code::new("identity_not_found", 422, "The sign-in method does not exist");
/// The last way of signing in cannot be taken away.
pub const SINGLE_IDENTITY_NOT_DELETABLE: Code =
    Code::new("single_identity_not_deletable", 422, "The only sign-in method cannot be removed");
/// Taking it away would give the person an address that is taken.
pub const EMAIL_CONFLICT_IDENTITY_NOT_DELETABLE: Code =
    Code::new("email_conflict_identity_not_deletable", 422, "The remaining e-mail address belongs to another user");
/// People may not link ways of signing in here.
pub const MANUAL_LINKING_DISABLED: Code =
    Code::new("manual_linking_disabled", 404, "Linking of sign-in methods is disabled");
/// The session has not shown its second factor.
pub const INSUFFICIENT_AAL: Code = Code::new("insufficient_aal", 422, "The session needs a second factor (aal2)");
/// The person has as many factors as there may be.
pub const TOO_MANY_ENROLLED_MFA_FACTORS: Code =
    Code::new("too_many_enrolled_mfa_factors", 422, "The user has as many second factors as allowed");
/// Another factor of the person has this name.
pub const MFA_FACTOR_NAME_CONFLICT: Code =
    Code::new("mfa_factor_name_conflict", 422, "Another second factor has this name");
/// The person has no such factor.
pub const MFA_FACTOR_NOT_FOUND: Code = Code::new("mfa_factor_not_found", 404, "The second factor does not exist");
/// The API is called, a second factor is to be begun, or recovery codes or passkeys are to be changed, by a session that has not
/// shown the factor that its person has.
pub const AAL2_REQUIRED: Code = Code::new("insufficient_aal", 403, "The session needs a second factor (aal2)");
/// The API key is restricted to networks, and the request comes from elsewhere.
pub const ADDRESS_NOT_ALLOWED: Code =
    Code::new("address_not_allowed", 403, "The API key cannot be used from this network address");
/// The factor has no such challenge.
pub const MFA_CHALLENGE_NOT_FOUND: Code = Code::new("mfa_factor_not_found", 422, "The challenge does not exist");
/// Somebody without an address wants what needs one.
pub const ANONYMOUS_NOT_ALLOWED: Code = Code::new("no_authorization", 403, "The user needs an e-mail address");
/// The person is locked out, and shows a refresh token.
pub const USER_BANNED_AT_TOKEN: Code = Code::new("user_banned", 400, "The user is banned");
/// Codes of authenticator apps are not looked at.
pub const MFA_TOTP_VERIFY_NOT_ENABLED: Code =
    Code::new("mfa_totp_verify_not_enabled", 422, "Authenticator apps are disabled");
/// Recovery codes are switched off.
pub const MFA_RECOVERY_CODES_ENROLL_NOT_ENABLED: Code =
    Code::new("mfa_recovery_codes_enroll_not_enabled", 422, "Recovery codes are disabled");
/// Recovery codes are not looked at.
pub const MFA_RECOVERY_CODES_VERIFY_NOT_ENABLED: Code =
    Code::new("mfa_recovery_codes_verify_not_enabled", 422, "Recovery codes are disabled");
/// Too many wrong recovery codes.
pub const MFA_RECOVERY_CODES_LOCKED: Code =
    Code::new("mfa_recovery_codes_locked", 429, "Too many wrong recovery codes were sent");
/// Recovery codes stand in for another factor, and there is none.
pub const MFA_RECOVERY_CODES_SOLE_FACTOR: Code =
    Code::new("mfa_recovery_codes_sole_factor", 422, "Recovery codes cannot be the only second factor");
/// The user has such a factor already.
pub const MFA_VERIFIED_FACTOR_EXISTS: Code =
    Code::new("mfa_verified_factor_exists", 422, "The user has a second factor of this type already");
/// The challenge is too old; ask for another.
pub const MFA_CHALLENGE_EXPIRED: Code = Code::new("mfa_challenge_expired", 422, "The challenge has expired");
/// The code of the second factor is wrong.
pub const MFA_VERIFICATION_FAILED: Code =
    Code::new("mfa_verification_failed", 422, "The code of the second factor is wrong");
/// Challenge and answer come from different places.
pub const MFA_IP_ADDRESS_MISMATCH: Code =
    Code::new("mfa_ip_address_mismatch", 422, "The challenge was created from another IP address");
/// Authenticator apps are switched off.
pub const MFA_TOTP_ENROLL_NOT_ENABLED: Code =
    Code::new("mfa_totp_enroll_not_enabled", 422, "Authenticator apps are disabled");
/// Phones are no second factor here.
pub const MFA_PHONE_ENROLL_NOT_ENABLED: Code =
    Code::new("mfa_phone_enroll_not_enabled", 422, "Phones are not supported as second factor");
/// Security keys are switched off as a second factor.
pub const MFA_WEB_AUTHN_ENROLL_NOT_ENABLED: Code =
    Code::new("mfa_webauthn_enroll_not_enabled", 422, "Security keys are not supported as second factor");
/// Passkeys are switched off.
pub const PASSKEY_DISABLED: Code = Code::new("passkey_disabled", 404, "Passkeys are disabled");
/// The person has as many passkeys as there may be.
pub const TOO_MANY_PASSKEYS: Code = Code::new("too_many_passkeys", 422, "The user has as many passkeys as allowed");
/// The passkey is registered already.
pub const WEBAUTHN_CREDENTIAL_EXISTS: Code =
    Code::new("webauthn_credential_exists", 422, "The passkey is registered already");
/// The passkey challenge does not exist or was answered before.
pub const WEBAUTHN_CHALLENGE_NOT_FOUND: Code =
    Code::new("webauthn_challenge_not_found", 400, "The challenge does not exist or was used before");
/// The passkey was asked for too long ago.
pub const WEBAUTHN_CHALLENGE_EXPIRED: Code = Code::new("webauthn_challenge_expired", 400, "The challenge has expired");
/// The passkey's answer does not hold.
pub const WEBAUTHN_VERIFICATION_FAILED: Code =
    Code::new("webauthn_verification_failed", 400, "The passkey's answer is invalid");
/// There is no SAML here.
pub const SAML_PROVIDER_DISABLED: Code = Code::new("saml_provider_disabled", 404, "SAML is not supported");
/// There is no single sign-on here.
pub const SSO_PROVIDER_NOT_FOUND: Code = Code::new("sso_provider_not_found", 404, "Single sign-on is not supported");
/// There is no sign-in by a wallet here.
pub const WEB3_PROVIDER_DISABLED: Code =
    Code::new("web3_provider_disabled", 422, "Sign-in by a wallet is not supported");
/// What was asked for is not offered here.
pub const FEATURE_DISABLED: Code = Code::new("feature_disabled", 404, "This feature is not supported");
/// The invitation was used, taken back or is too old.
pub const INVITE_NOT_FOUND: Code =
    Code::new("invite_not_found", 404, "The invitation is invalid, was used or has expired");
/// The person's company manages the address and the password.
pub const USER_SSO_MANAGED: Code = Code::new("user_sso_managed", 422, "The user's company manages the account");
/// The captcha was not solved.
pub const CAPTCHA_FAILED: Code = Code::new("captcha_failed", 400, "The captcha was not solved");

/// The request body exceeds the limit.
pub const REQUEST_ENTITY_TOO_LARGE: Code =
    Code::new("request_entity_too_large", 413, "The body is too large (at most 1 MiB under `/auth/v1`)");
/// The request took longer than sign-in allows.
pub const REQUEST_TIMEOUT: Code = Code::new("request_timeout", 504, "The request took too long; try again");
/// Something of ours failed.
pub const UNEXPECTED_FAILURE: Code = Code::new("unexpected_failure", 500, "The server failed to process the request");
/// Something that sign-in depends on is away.
pub const UNEXPECTED_FAILURE_AWAY: Code =
    Code::new("unexpected_failure", 503, "The service is temporarily unavailable; try again");

/// All codes above.
pub const ALL: &[Code] = &[
    REQUEST_ENTITY_TOO_LARGE,
    REQUEST_TIMEOUT,
    UNEXPECTED_FAILURE,
    UNEXPECTED_FAILURE_AWAY,
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
    EMAIL_EXISTS,
    PHONE_EXISTS,
    SESSION_EXPIRED,
    FLOW_STATE_NOT_FOUND,
    FLOW_STATE_EXPIRED,
    BAD_CODE_VERIFIER,
    REAUTHENTICATION_NEEDED,
    REAUTHENTICATION_NOT_VALID,
    CURRENT_PASSWORD_REQUIRED,
    CURRENT_PASSWORD_INVALID,
    OVER_REQUEST_RATE_LIMIT,
    EMAIL_ADDRESS_INVALID,
    PHONE_PROVIDER_DISABLED,
    OAUTH_PROVIDER_NOT_SUPPORTED,
    BAD_OAUTH_STATE,
    OAUTH_REQUEST_INVALID,
    FLOW_STATE_ALREADY_USED,
    BAD_OAUTH_CALLBACK,
    UNEXPECTED_AUDIENCE,
    PROVIDER_EMAIL_NEEDS_VERIFICATION,
    IDENTITY_ALREADY_EXISTS,
    LINKING_TARGET_NOT_FOUND,
    IDENTITY_NOT_FOUND,
    SINGLE_IDENTITY_NOT_DELETABLE,
    EMAIL_CONFLICT_IDENTITY_NOT_DELETABLE,
    MANUAL_LINKING_DISABLED,
    INSUFFICIENT_AAL,
    TOO_MANY_ENROLLED_MFA_FACTORS,
    MFA_FACTOR_NAME_CONFLICT,
    MFA_FACTOR_NOT_FOUND,
    MFA_CHALLENGE_EXPIRED,
    MFA_VERIFICATION_FAILED,
    MFA_IP_ADDRESS_MISMATCH,
    MFA_TOTP_ENROLL_NOT_ENABLED,
    MFA_PHONE_ENROLL_NOT_ENABLED,
    MFA_WEB_AUTHN_ENROLL_NOT_ENABLED,
    MFA_TOTP_VERIFY_NOT_ENABLED,
    MFA_RECOVERY_CODES_ENROLL_NOT_ENABLED,
    MFA_RECOVERY_CODES_VERIFY_NOT_ENABLED,
    MFA_RECOVERY_CODES_LOCKED,
    MFA_RECOVERY_CODES_SOLE_FACTOR,
    MFA_VERIFIED_FACTOR_EXISTS,
    PASSKEY_DISABLED,
    TOO_MANY_PASSKEYS,
    WEBAUTHN_CREDENTIAL_EXISTS,
    WEBAUTHN_CHALLENGE_NOT_FOUND,
    WEBAUTHN_CHALLENGE_EXPIRED,
    WEBAUTHN_VERIFICATION_FAILED,
    SAML_PROVIDER_DISABLED,
    SSO_PROVIDER_NOT_FOUND,
    WEB3_PROVIDER_DISABLED,
    FEATURE_DISABLED,
    INVITE_NOT_FOUND,
    USER_SSO_MANAGED,
    CAPTCHA_FAILED,
    EMAIL_SIGNUPS_DISABLED,
    PHONE_LOGINS_DISABLED,
    INSUFFICIENT_AAL_FOR_CHANGE,
    NO_UUID,
    AAL2_REQUIRED,
    ADDRESS_NOT_ALLOWED,
    MFA_CHALLENGE_NOT_FOUND,
    ANONYMOUS_NOT_ALLOWED,
    USER_BANNED_AT_TOKEN,
];
