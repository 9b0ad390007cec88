//! The `freehold` program: configuration, composition and the command line. It has no business logic.
//!
//! Read in this order: [`command`] is the command line, [`settings`] the operator's settings, [`products`] the products
//! that the program contains, [`compose`] puts the crates together with one of them, [`serve`] runs the server,
//! [`mod@billing`] connects Stripe or starts the sandbox, [`work`] runs background workers with the sender of
//! [`mod@mail`], [`start_screen`] prints the start screen. [`demo`], [`doctor`] and [`operate`] are the other commands.

pub mod billing;
pub mod command;
pub mod connections;
pub mod data_folder;
pub mod database;
pub mod demo;
pub mod doctor;
pub mod listener;
pub mod log;
pub mod mail;
pub mod operate;
mod process_user;
pub mod products;
pub mod running;
pub mod secret_key;
pub mod serve;
pub mod settings;
mod shutdown;
pub mod start_screen;
pub mod terminal;
pub mod work;

pub use freehold_compose as compose;
