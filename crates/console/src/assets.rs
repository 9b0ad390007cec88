//! What pages load, and what they may load.

/// The one stylesheet, served at `/assets/freehold.css` as `text/css`.
pub const STYLESHEET: &str = include_str!("../assets/freehold.css");

/// The mark of Freehold, served at `/assets/mark.svg` as `image/svg+xml`; also the favicon.
pub const MARK: &str = include_str!("../assets/mark.svg");

/// What `/welcome` runs, served at `/assets/welcome.js` as `text/javascript`.
pub const WELCOME_SCRIPT: &str = include_str!("../assets/welcome.js");
