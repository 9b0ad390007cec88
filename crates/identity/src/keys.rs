//! Keys that sign access tokens, keys of the service, and API keys of organizations.

pub mod api_key;
pub mod keeper;
pub mod key;
pub mod service_key;
pub mod signing;
pub mod signing_key;
