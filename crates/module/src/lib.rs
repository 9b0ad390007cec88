//! What a capability or a product adds to the program.
//!
//! Each of them declares one [`Module`]: its migrations, statements, error codes, events, actions of the audit, mails, settings, areas, jobs,
//! schedules, exports and hooks, what it counts by itself, and what it seals secrets for. The program is composed by going
//! through the list of all modules, so a new one is added in one place.
//!
//! A module is generic over the context `C` that its jobs and hooks get. A capability asks only for what it uses
//! (`C: AsRef<Infra> + AsRef<Identity>`); the context that has all of it is `freehold_app::App`.

mod audit;
mod export;
mod hooks;
mod infra;
mod job_export;
mod jobs;
pub mod mail;
mod module;
mod setting;

pub use audit::{ActionWords, AuditAction};
pub use export::{Export, ExportFile, ExportRow, ExportRows, FIRST_ID, UserExport};
pub use hooks::{AfterMember, AfterTenant, EraseUser, ErasedUser, ExportFiles, Hooks, TenantCreated};
pub use infra::Infra;
pub use mail::{MailTemplate, Mails};
pub use module::{Module, jobs, mails, platform};
pub use setting::{Setting, SettingKind, SettingValue, Settings, TypedSetting};
