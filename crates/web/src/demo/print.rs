//! The output of the demo, on a terminal or in a file.

use std::io::{IsTerminal, Write};

use serde_json::Value;

use super::{
    paint::Paint,
    step::{Answer, Request, Step},
    text,
};

/// The maximum width of a line, in characters.
const WIDTH: usize = 100;
/// The indentation of the lines of a step.
const INDENT: &str = "      ";

/// Prints the demo. If the reader closed the pipe, the exit code still has the result.
pub struct Printer {
    out: Box<dyn Write + Send>,
    paint: Paint,
}

impl Printer {
    /// Prints to the standard output.
    pub fn to_stdout() -> Self {
        let out = std::io::stdout();
        let paint = Paint::for_output(out.is_terminal());
        Self { out: Box::new(out), paint }
    }

    /// Prints without colours.
    pub fn to(out: Box<dyn Write + Send>) -> Self {
        Self { out, paint: Paint::for_output(false) }
    }

    fn line(&mut self, line: &str) {
        let _ = writeln!(self.out, "{line}");
    }

    /// Prints a sentence before or instead of the demo.
    pub fn last_words(&mut self, sentence: &str) {
        self.line(sentence);
    }

    /// Prints the title of a part.
    pub fn part(&mut self, title: &str) {
        let title = self.paint.bold(title);
        self.line(&format!("\n{title}"));
    }

    /// Prints the title of a step and its request.
    pub fn step(&mut self, number: usize, step: &Step) {
        self.line(&format!("\n {number:>3}  {}", step.title));
        let request = self.paint.dim(&request_line(&step.request));
        self.line(&format!("{INDENT}{request}"));
        let retry = step.request.idempotency_key.iter().map(|key| format!("Idempotency-Key: {key}"));
        let body = step.request.body.iter().map(|body| text::body(body, WIDTH - 6));
        let form = step.request.form.iter().map(|(name, value)| format!("{name}: {value}"));
        for line in retry.chain(body).chain(form) {
            let line = self.paint.dim(&line);
            self.line(&format!("{INDENT}{line}"));
        }
    }

    /// Prints one of many similar steps with its answer, on one line.
    pub fn brief(&mut self, number: usize, step: &Step) {
        let status = self.paint.green(&step.expected.to_string());
        let Request { method, path, .. } = &step.request;
        let request = self.paint.dim(&format!("{:<6} {path}", method.as_str()));
        self.line(&format!(" {number:>3}  {status}  {:<22} {request}", step.title));
    }

    /// Prints that the answer is as expected, and what it means.
    pub fn good(&mut self, step: &Step) {
        let status = self.paint.green(&step.expected.to_string());
        for (index, line) in text::wrap(&step.meaning, WIDTH - 12).iter().enumerate() {
            if index == 0 {
                self.line(&format!("{INDENT}{status}  {line}"));
            } else {
                self.line(&format!("{INDENT}     {line}"));
            }
        }
    }

    /// Prints that the answer is not as expected.
    pub fn bad(&mut self, expected: &str, got: &str) {
        let verdict = self.paint.red(&format!("wrong: expected {expected}, got {got}"));
        self.line(&format!("{INDENT}{verdict}"));
    }

    /// Prints a note about the answer.
    pub fn note(&mut self, note: &str) {
        for line in text::wrap(note, WIDTH - 11) {
            self.line(&format!("{INDENT}     {line}"));
        }
    }

    /// Prints the success of a check besides the status.
    pub fn held(&mut self, what: &str) {
        let tick = self.paint.green("ok");
        self.line(&format!("{INDENT}{tick}   {what}"));
    }

    /// Prints a conversation.
    pub fn transcript(&mut self, entries: &[Value]) {
        for entry in entries {
            let at = entry["at_ms"].as_u64().unwrap_or_default();
            let speaker = entry["speaker"].as_str().unwrap_or_default();
            let name = match speaker {
                "agent" => "Agent:",
                "callee" => "Callee:",
                _ => "",
            };
            let words = text::wrap(entry["text"].as_str().unwrap_or_default(), WIDTH - 27);
            for (index, words) in words.iter().enumerate() {
                let words = if name.is_empty() { self.paint.dim(words) } else { words.clone() };
                let (at, name) = if index == 0 { (text::clock(at), name) } else { (String::new(), "") };
                self.line(format!("{INDENT}     {at:>5}  {name:<8} {words}").trim_end());
            }
        }
    }

    /// Prints a problem document, its members in reading order.
    pub fn problem(&mut self, problem: &Value) {
        const ORDER: &[&str] = &["type", "title", "status", "detail", "code"];
        let Some(members) = problem.as_object() else { return self.note(&text::body(problem, 300)) };
        let first = ORDER.iter().filter_map(|name| members.get_key_value(*name));
        let rest = members.iter().filter(|(name, _)| !ORDER.contains(&name.as_str()));
        let lines: Vec<String> = first.chain(rest).map(|(name, value)| format!("  \"{name}\": {value}")).collect();
        for line in format!("{{\n{}\n}}", lines.join(",\n")).lines() {
            self.line(&format!("{INDENT}     {line}"));
        }
    }

    /// Prints the beginning of a line that [`progress`](Self::progress) continues.
    pub fn progress_begin(&mut self, what: &str) {
        let _ = write!(self.out, "{INDENT}     {what} ");
        let _ = self.out.flush();
    }

    /// Prints a dot, or the number if it is a round one.
    pub fn progress(&mut self, number: i64) {
        let mark = if number % 10 == 0 { format!(" {number} ") } else { ".".to_owned() };
        let _ = write!(self.out, "{mark}");
        let _ = self.out.flush();
    }

    /// Ends the line.
    pub fn progress_end(&mut self) {
        self.line("");
    }

    /// Prints that all steps succeeded.
    pub fn praise(&mut self, steps: usize) {
        let verdict = self.paint.green(&format!("{steps} steps, all as they should be"));
        self.line(&format!("\n{verdict}"));
    }

    /// Prints the failures; `all` is the number of steps.
    pub fn blame(&mut self, steps: usize, all: bool, failures: &[String]) {
        let what = if failures.len() == 1 { "1 thing was" } else { &format!("{} things were", failures.len()) };
        let plural = if steps == 1 { "" } else { "s" };
        let end = if all { "" } else { ", and the play could not go on" };
        let verdict = self.paint.red(&format!("{steps} step{plural}, and {what} not as they should be{end}:"));
        self.line(&format!("\n{verdict}"));
        for failure in failures {
            self.line(&format!("  {failure}"));
        }
    }
}

/// The first line of a request with its credential. The header of a retry and the body have lines of their own.
fn request_line(request: &Request) -> String {
    let Request { method, path, badge, .. } = request;
    let with = badge.as_ref().map(|badge| format!("  (with {})", badge.name)).unwrap_or_default();
    format!("{method} {path}{with}")
}

/// A status, with the problem's message if there is one.
pub fn outcome(answer: &Answer) -> String {
    let detail = ["/detail", "/msg", "/message"].into_iter().map(|at| answer.text(at)).find(|text| !text.is_empty());
    match detail {
        Some(detail) => format!("{} ({})", answer.status, text::shorten(detail, 160)),
        None => answer.status.to_string(),
    }
}
