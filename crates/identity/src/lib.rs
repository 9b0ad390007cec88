//! Being built.

pub mod access_token;
pub mod api_key;
pub mod one_time;
pub mod password;
pub mod refresh_token;
pub mod signing_key;
