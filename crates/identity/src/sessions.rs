//! Sessions, and the access and refresh tokens of them.

pub mod access_token;
pub mod refresh_token;
pub mod session;
