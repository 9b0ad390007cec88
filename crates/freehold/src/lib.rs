//! Freehold in one piece: configuration, composition and the command line. No logic of its own.
//!
//! Read in this order: [`command`] is the command line, [`settings`] is what an operator decides, [`compose`] puts the rooms together, [`serve`] runs them,
//! [`mod@billing`] finds Stripe or starts what stands in for it, [`work`] does what happens later, [`chores`] and [`mod@mail`] among it, [`start_screen`] says what runs. [`demo`], [`doctor`] and [`operate`] are the other commands.

pub mod billing;
pub mod chores;
pub mod command;
pub mod compose;
pub mod connections;
pub mod data_folder;
pub mod database;
pub mod demo;
pub mod doctor;
pub mod listener;
pub mod log;
pub mod mail;
pub mod operate;
pub mod running;
pub mod secret_key;
pub mod serve;
pub mod settings;
mod shutdown;
pub mod start_screen;
pub mod terminal;
pub mod work;
