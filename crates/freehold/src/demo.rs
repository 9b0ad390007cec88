//! `freehold demo`: runs the demo of the product that a server runs, over HTTP, and checks every answer.
//!
//! The steps are the product's own ([`freehold_web::Surface::demo`]); `client` is the HTTP client.

mod client;

use std::{io::Write, process::ExitCode};

use freehold_web::demo::{Demo, Play, Printer, Request, Server};

use crate::{
    compose,
    products::{self, PRODUCTS},
};
use client::Client;

/// Whether the product has a demo.
pub fn is_of(product: &str) -> bool {
    products::product(product).is_ok_and(|product| product.surface.demo.is_some())
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
    let demo = match demo_of(&client).await {
        Ok(demo) => demo,
        Err(why) => {
            printer.last_words(&why);
            return ExitCode::FAILURE;
        }
    };
    let mut play = Play::new(Box::new(client), printer);
    let ended = demo(&mut play).await;
    if play.finish(ended.is_ok()) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// The demo of the product that the server runs. The error is a sentence that says why there is none.
async fn demo_of(client: &Client) -> Result<Demo, String> {
    let document = client.send(&Request::get("/api/v1/openapi.json")).await?.body;
    let running = document["info"]["title"].as_str().unwrap_or("a program without an API reference");
    let mut others = Vec::new();
    for (id, product) in PRODUCTS {
        let Some(demo) = product.surface.demo else { continue };
        match compose::specification(product) {
            Ok(spec) if spec.name == running => return Ok(demo),
            _ => others.push(*id),
        }
    }
    let other = others.first().copied().unwrap_or_default();
    Err(format!("This server runs {running}, which has no demo. Start a server with --product {other} to see one."))
}
