//! `freehold demo`: runs a walk-through over HTTP against a running server, and checks every answer.
//!
//! Read in this order: `script` has the steps in order, `play` runs one step, `step` is the type of a step; `client` is
//! the HTTP client and `print` the output.

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

/// The product that the demo uses.
const PRODUCT: &str = "voice";
/// A path that only this product's API has.
const ITS_PATH: &str = "/api/v1/workflows";

/// Whether the demo can run with this product.
pub fn is_of(product: &str) -> bool {
    product == PRODUCT
}

/// Runs the demo and prints it to the standard output.
pub async fn demo(url: &str) -> ExitCode {
    played(url, Printer::to_stdout()).await
}

/// Runs the demo and prints it to this output.
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

/// The message that the demo cannot run, because the server runs another product.
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
