//! Plays steps and remembers what was not as it should be.

use std::fmt::Display;

use freehold_core::Random;

use super::{
    client::{Answer, Client},
    print::{Printer, outcome},
    step::Step,
};

/// The play cannot go on. Why is among the failures.
#[derive(Debug)]
pub(super) struct Broken;

/// What a part of the play comes to.
pub(super) type Played<T> = Result<T, Broken>;

/// A play under way.
pub(super) struct Play {
    /// The server.
    pub(super) client: Client,
    /// The audience.
    pub(super) printer: Printer,
    /// Chance, for addresses that nobody has yet.
    pub(super) random: Random,
    steps: usize,
    title: String,
    failures: Vec<String>,
}

impl Play {
    /// Before the first step.
    pub(super) fn new(client: Client, printer: Printer) -> Self {
        Self { client, printer, random: Random::system(), steps: 0, title: String::new(), failures: Vec::new() }
    }

    /// Plays a step whose answer the rest of the play needs.
    pub(super) async fn step(&mut self, step: Step) -> Played<Answer> {
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

    /// Plays a step of many that are alike, whose failure is a failure and nothing more.
    pub(super) async fn step_brief(&mut self, step: Step) {
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

    /// A step that the caller plays by itself.
    pub(super) fn announce(&mut self, step: &Step) {
        self.steps += 1;
        self.title.clone_from(&step.title);
        self.printer.step(self.steps, step);
    }

    /// Something besides the status that should hold for the last step.
    pub(super) fn hold(&mut self, what: &str, expected: impl Display, got: impl Display) {
        let (expected, got) = (expected.to_string(), got.to_string());
        if expected == got {
            self.printer.held(what);
        } else {
            self.fail(&format!("{what}: {expected}"), &got);
        }
    }

    /// The text that the last answer has at a JSON pointer, without which the play cannot go on.
    pub(super) fn need(&mut self, answer: &Answer, pointer: &str) -> Played<String> {
        match answer.text(pointer) {
            "" => {
                self.fail(&format!("an answer with {pointer}"), "one without");
                Err(Broken)
            }
            text => Ok(text.to_owned()),
        }
    }

    /// The last step is not as it should be.
    pub(super) fn fail(&mut self, expected: &str, got: &str) {
        self.printer.bad(expected, got);
        self.failures.push(format!("{:>3}  {}: expected {expected}, got {got}", self.steps, self.title));
    }

    /// Says how it went. `all` steps were played. Whether everything is as it should be.
    pub(super) fn finish(&mut self, all: bool) -> bool {
        let well = all && self.failures.is_empty();
        if well {
            self.printer.praise(self.steps);
        } else {
            self.printer.blame(self.steps, all, &self.failures);
        }
        well
    }
}
