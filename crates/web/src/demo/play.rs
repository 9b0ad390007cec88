//! Runs steps and records failures.

use std::fmt::Display;

use freehold_core::Random;

use super::{
    print::{Printer, outcome},
    step::{Answer, Server, Step},
};

/// The demo cannot continue. The reason is among the failures.
#[derive(Debug)]
pub struct Broken;

/// The result of a part of the demo.
pub type Played<T> = Result<T, Broken>;

/// A running demo.
pub struct Play {
    /// The server that the demo calls.
    pub client: Box<dyn Server>,
    /// Writes the demo's steps to the terminal.
    pub printer: Printer,
    /// The random source, for new e-mail addresses.
    pub random: Random,
    steps: usize,
    title: String,
    failures: Vec<String>,
}

impl Play {
    /// Creates it before the first step.
    pub fn new(client: Box<dyn Server>, printer: Printer) -> Self {
        Self { client, printer, random: Random::system(), steps: 0, title: String::new(), failures: Vec::new() }
    }

    /// Runs a step whose answer later steps need.
    pub async fn step(&mut self, step: Step) -> Played<Answer> {
        self.announce(&step);
        match self.client.send(&step.request).await {
            Ok(answer) if answer.status == step.expected => {
                self.printer.good(&step);
                Ok(answer)
            }
            Ok(answer) => {
                self.fail(&step.expected.to_string(), &outcome(&answer));
                Err(Broken)
            }
            Err(why) => {
                self.fail(&step.expected.to_string(), &format!("no answer: {why}"));
                Err(Broken)
            }
        }
    }

    /// Runs one of many similar steps; the demo continues after its failure.
    pub async fn step_brief(&mut self, step: Step) {
        self.steps += 1;
        self.title.clone_from(&step.title);
        let got = match self.client.send(&step.request).await {
            Ok(answer) if answer.status == step.expected => return self.printer.brief(self.steps, &step),
            Ok(answer) => outcome(&answer),
            Err(why) => format!("no answer: {why}"),
        };
        self.printer.step(self.steps, &step);
        self.fail(&step.expected.to_string(), &got);
    }

    /// Announces a step whose request the caller sends.
    pub fn announce(&mut self, step: &Step) {
        self.steps += 1;
        self.title.clone_from(&step.title);
        self.printer.step(self.steps, step);
    }

    /// Checks a condition of the last step besides its status.
    pub fn hold(&mut self, what: &str, expected: impl Display, got: impl Display) {
        let (expected, got) = (expected.to_string(), got.to_string());
        if expected == got {
            self.printer.held(what);
        } else {
            self.fail(&format!("{what}: {expected}"), &got);
        }
    }

    /// The text at a JSON pointer of the last answer; the demo cannot continue without it.
    pub fn need(&mut self, answer: &Answer, pointer: &str) -> Played<String> {
        match answer.text(pointer) {
            "" => {
                self.fail(&format!("an answer with {pointer}"), "one without");
                Err(Broken)
            }
            text => Ok(text.to_owned()),
        }
    }

    /// Records that the last step failed.
    pub fn fail(&mut self, expected: &str, got: &str) {
        self.printer.bad(expected, got);
        self.failures.push(format!("{:>3}  {}: expected {expected}, got {got}", self.steps, self.title));
    }

    /// Prints the result, and returns whether all steps succeeded.
    pub fn finish(&mut self, all: bool) -> bool {
        let well = all && self.failures.is_empty();
        if well {
            self.printer.praise(self.steps);
        } else {
            self.printer.blame(self.steps, all, &self.failures);
        }
        well
    }
}
