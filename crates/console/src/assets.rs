//! The script that one page loads.

/// The script of `/welcome`, served at `/assets/welcome.js` as `text/javascript`.
pub const WELCOME_SCRIPT: &str = include_str!("../assets/welcome.js");
