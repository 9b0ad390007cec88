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

use std::{io::Write, process::ExitCode};

use client::Client;
use play::Play;
use print::Printer;

/// Plays the main job, for whoever looks at the standard output.
pub async fn demo(url: &str) -> ExitCode {
    played(url, Printer::to_stdout()).await
}

/// The same, written there.
pub async fn demo_to(url: &str, out: Box<dyn Write + Send>) -> ExitCode {
    played(url, Printer::to(out)).await
}

async fn played(url: &str, mut printer: Printer) -> ExitCode {
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
