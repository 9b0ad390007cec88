//! The users, how they are changed, administered and imported, and the log of what happened to them.

pub mod admin;
pub mod anonymous;
pub mod audit_entry;
pub mod email_change;
pub mod erasure;
pub mod hooks;
pub mod import;
pub mod user;
pub mod user_change;
pub mod ways;
