//! Signing in and up: with a password, a mail, an external identity provider, or at a Supabase project.

pub mod claims;
pub mod flow;
pub(crate) mod mail_request;
pub(crate) mod mail_texts;
pub mod mail_token;
pub mod methods;
pub mod one_time;
pub mod password;
pub mod project;
pub mod provider;
pub mod recovery;
pub mod sign_in;
pub(crate) mod sign_in_mail;
pub mod sign_up;
pub mod verify;
