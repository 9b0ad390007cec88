//! `freehold demo`: plays the main job over HTTP against a running server, and says of every step whether it is as it
//! should be.
//!
//! Read in this order: `script` is what is played, `play` plays one step, `step` is what a step is; `client`
//! speaks HTTP and `print` to people.

mod client;
mod conversation;
pub(crate) mod paint;
mod play;
mod print;
mod purchase;
mod quota;
mod revocation;
mod script;
mod sign_up;
mod step;
mod stranger;
mod text;
mod workflow;

use std::process::ExitCode;

use client::Client;
use play::Play;
use print::Printer;

/// Plays the main job.
pub async fn demo(url: &str) -> ExitCode {
    let mut printer = Printer::to_stdout();
    let client = match Client::new(url) {
        Ok(client) => client,
        Err(why) => {
            printer.last_words(&why);
            return ExitCode::FAILURE;
        }
    };
    if let Err(why) = client.knock().await {
        printer.last_words(&why);
        return ExitCode::FAILURE;
    }
    let mut play = Play::new(client, printer);
    let ended = script::script(&mut play).await;
    if play.finish(ended.is_ok()) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
