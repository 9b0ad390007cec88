//! The program without its faces: the capabilities together, as jobs and products use them.
//!
//! Read in this order: [`App`] is what jobs, hooks and handlers get, [`Materials`] is what it is created from,
//! [`capabilities()`] are the modules of the backbone, [`provision`] creates organizations, [`invitation`] invites
//! members, [`ownership`] transfers an organization, [`file_link`] says who may follow a link to a file,
//! [`logo`] keeps the logos of organizations, [`export`] writes and ends exports, [`erasure`] deletes organizations and users.

mod app;
mod authority;
mod capabilities;
pub mod erasure;
pub mod export;
pub mod file_link;
mod hooks;
pub mod invitation;
pub mod logo;
mod materials;
pub mod ownership;
pub mod provision;
pub mod retention;
mod system_callers;

pub use app::{App, Parts};
pub use capabilities::capabilities;
pub use hooks::{MIGRATIONS, module as hooks_module};
pub use materials::{Materials, Money};
pub use system_callers::SystemCallers;
