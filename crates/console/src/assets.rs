//! What pages load, and what they may load.

/// The one stylesheet, served at `/assets/freehold.css` as `text/css`.
pub const STYLESHEET: &str = include_str!("../assets/freehold.css");

/// The mark of Freehold, served at `/assets/mark.svg` as `image/svg+xml`; also the favicon.
pub const MARK: &str = include_str!("../assets/mark.svg");

/// What `/welcome` runs, served at `/assets/welcome.js` as `text/javascript`.
pub const WELCOME_SCRIPT: &str = include_str!("../assets/welcome.js");

/// The policy every page can be served with. Two pages need a wider one and bring it:
/// [`ConfirmPage::content_security_policy`](crate::ConfirmPage::content_security_policy) and
/// [`MailPage::CONTENT_SECURITY_POLICY`](crate::MailPage::CONTENT_SECURITY_POLICY).
pub const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; \
     form-action 'self'; base-uri 'none'; frame-ancestors 'none'; connect-src 'self'";
