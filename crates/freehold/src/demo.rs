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
use step::Request;

/// The product whose main job is played.
const PRODUCT: &str = "voice";
/// A path that only its API has.
const ITS_PATH: &str = "/api/v1/workflows";

/// Whether the demo is of this product.
pub fn is_of(product: &str) -> bool {
    product == PRODUCT
}

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
    if let Some(why) = another_product(&client).await {
        printer.last_words(&why);
        return ExitCode::FAILURE;
    }
    let mut play = Play::new(client, printer);
    let ended = script::script(&mut play).await;
    if play.finish(ended.is_ok()) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Why nothing can be played: the server runs another product.
async fn another_product(client: &Client) -> Option<String> {
    let document = client.send(&Request::get("/api/v1/openapi.json")).await.ok()?.body;
    let paths = document["paths"].as_object()?;
    if paths.contains_key(ITS_PATH) {
        return None;
    }
    let name = document["info"]["title"].as_str().unwrap_or("another product");
    Some(format!(
        "the demo plays the product {PRODUCT}, and this server runs {name}: start one with --product {PRODUCT}"
    ))
}
