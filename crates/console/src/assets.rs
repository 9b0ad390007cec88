//! The assets that pages load.

/// The only stylesheet, served at `/assets/freehold.css` as `text/css`.
pub const STYLESHEET: &str = include_str!("../assets/freehold.css");

/// Freehold's mark, served at `/assets/mark.svg` as `image/svg+xml`; also the favicon.
pub const MARK: &str = include_str!("../assets/mark.svg");

/// The script of `/welcome`, served at `/assets/welcome.js` as `text/javascript`.
pub const WELCOME_SCRIPT: &str = include_str!("../assets/welcome.js");
