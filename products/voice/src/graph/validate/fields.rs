//! Checks of the fields of each node: texts, numbers, addresses, conditions. `flow` checks where nodes lead.

use super::{Problem, is_id, is_variable, of_node, pointer_token};
use crate::graph::destination::dialled;
use crate::graph::wording::{Piece, pieces, words};
use crate::graph::{
    CASES_MAX, Case, Condition, EXCHANGED_MAX, Expect, Graph, ID_MAX, Node, PHRASE_MAX, PHRASES_MAX, RETRIES_MAX,
    TEXT_MAX,
};

/// Outcomes that report what the callee or the connection did. An end node with one of them would falsify the
/// analytics.
const OUTCOMES_RESERVED: &[&str] = &["failed", "hung_up", "transferred"];

pub(super) fn check(graph: &Graph, found: &mut Vec<Problem>) {
    for (index, node) in graph.nodes.iter().enumerate() {
        Fields { index, node, found }.check();
    }
}

struct Fields<'a> {
    index: usize,
    node: &'a Node,
    found: &'a mut Vec<Problem>,
}

impl<'a> Fields<'a> {
    fn report(&mut self, field: &str, message: impl std::fmt::Display) {
        self.found.push(of_node(self.index, self.node, field, message));
    }

    fn check(mut self) {
        for (field, text) in self.node.texts() {
            self.text(field, text);
        }
        match self.node {
            Node::Start { .. } | Node::Say { .. } => {}
            Node::Ask { variable, expect, min, max, retries, timeout_seconds, .. } => {
                self.variable("/variable", variable);
                self.bounds(*expect, *min, *max);
                if *retries > RETRIES_MAX {
                    self.report("/retries", format!("asks again {retries} times; at most {RETRIES_MAX} are allowed"));
                }
                self.seconds(*timeout_seconds, 60);
            }
            Node::Branch { variable, cases, otherwise, .. } => {
                self.variable("/variable", variable);
                self.cases(cases);
                if otherwise.is_none() {
                    self.report("/otherwise", "has no branch for when nothing matches: add 'otherwise'");
                }
            }
            Node::Webhook { url, send, save, timeout_seconds, .. } => {
                self.url(url);
                self.exchanged("/send", send.as_ref().map_or(0, Vec::len));
                self.exchanged("/save", save.len());
                for (name, pointer) in save {
                    self.saved(name, pointer);
                }
                self.seconds(*timeout_seconds, 30);
            }
            Node::Transfer { to, .. } => self.destination(to),
            Node::End { outcome, .. } => self.outcome(outcome),
        }
    }

    fn text(&mut self, field: &'static str, text: &'a str) {
        let what = field.trim_start_matches('/');
        if text.trim().is_empty() {
            self.report(field, format!("has no '{what}'"));
        }
        if text.chars().count() > TEXT_MAX {
            self.report(field, format!("has a '{what}' longer than {TEXT_MAX} characters"));
        }
        for piece in pieces(text) {
            match piece {
                Piece::Unclosed(_) => self.report(field, format!("has a '{{{{' in its '{what}' that is never closed")),
                Piece::Variable(name) if !is_variable(name) => {
                    let rule = "which is no name of a variable (a-z, 0-9 and '_', beginning with a letter)";
                    self.report(field, format!("has '{{{{{name}}}}}' in its '{what}', {rule}"));
                }
                Piece::Variable(_) | Piece::Plain(_) => {}
            }
        }
    }

    fn variable(&mut self, field: &str, name: &str) {
        if name.is_empty() {
            self.report(field, "names no variable: add 'variable'");
        } else if !is_variable(name) {
            let rule = "begin with a letter and are made of a-z, 0-9 and '_'";
            self.report(field, format!("names the variable '{name}'; names {rule}, at most {ID_MAX} characters"));
        }
    }

    fn bounds(&mut self, expect: Expect, min: Option<f64>, max: Option<f64>) {
        let bounded = matches!(expect, Expect::Number | Expect::Digits);
        for (field, bound) in [("/min", min), ("/max", max)] {
            if !bounded && bound.is_some() {
                let what = field.trim_start_matches('/');
                self.report(field, format!("has '{what}', which is for 'expect' of 'number' or 'digits' only"));
            }
        }
        if let (Some(min), Some(max)) = (min, max)
            && min > max
        {
            self.report("/min", format!("has a 'min' of {min} above its 'max' of {max}"));
        }
        if expect == Expect::Digits && max.is_some_and(|max| max < 1.0) {
            self.report("/max", "expects digits, but fewer than one");
        }
    }

    fn seconds(&mut self, seconds: u32, most: u32) {
        if !(1..=most).contains(&seconds) {
            self.report("/timeout_seconds", format!("waits {seconds} seconds; 1 to {most} are allowed"));
        }
    }

    fn cases(&mut self, cases: &[Case]) {
        if cases.is_empty() {
            self.report("/cases", "decides nothing: add 'cases'");
        }
        if cases.len() > CASES_MAX {
            self.report("/cases", format!("has {} cases; at most {CASES_MAX} are allowed", cases.len()));
            return;
        }
        for (at, Case { when, .. }) in cases.iter().enumerate() {
            self.condition(&format!("/cases/{at}/when"), when);
        }
    }

    fn condition(&mut self, pointer: &str, when: &Condition) {
        if let Condition::AnyOf(phrases) = when
            && !(1..=PHRASES_MAX).contains(&phrases.len())
        {
            let count = phrases.len();
            self.report(
                &format!("{pointer}/any_of"),
                format!("looks for any of {count} phrases; 1 to {PHRASES_MAX} are allowed"),
            );
            return;
        }
        for (field, phrase) in when.phrases() {
            let field = format!("{pointer}{field}");
            if words(phrase).is_empty() {
                self.report(&field, format!("looks for '{phrase}', which has no words in it"));
            }
            if phrase.chars().count() > PHRASE_MAX {
                self.report(&field, format!("looks for a phrase longer than {PHRASE_MAX} characters"));
            }
        }
    }

    fn url(&mut self, url: &str) {
        if url.trim().is_empty() {
            return;
        }
        let lower = url.to_ascii_lowercase();
        let Some(rest) = lower.strip_prefix("https://").or_else(|| lower.strip_prefix("http://")) else {
            self.report("/url", "calls an address that is not http or https: begin it with 'https://'");
            return;
        };
        let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
        if host.is_empty() {
            self.report("/url", "calls an address without a host");
        }
        // The callee's words must not decide which server is called.
        if host.contains("{{") {
            self.report("/url", "has a variable in the host of its address: write the host out");
        }
        if host.contains('@') {
            self.report("/url", "has a user name or password in its address: leave it out");
        }
        let blank = |letter: char| letter.is_whitespace() || letter.is_control();
        if pieces(url).iter().any(|piece| matches!(piece, Piece::Plain(text) if text.contains(blank))) {
            self.report("/url", "has a space in its address");
        }
    }

    fn exchanged(&mut self, field: &str, count: usize) {
        if count > EXCHANGED_MAX {
            let what = field.trim_start_matches('/');
            self.report(field, format!("names {count} variables in '{what}'; at most {EXCHANGED_MAX} are allowed"));
        }
    }

    fn saved(&mut self, name: &str, pointer: &str) {
        let field = format!("/save/{}", pointer_token(name));
        self.variable(&field, name);
        if !(pointer.is_empty() || pointer.starts_with('/')) || pointer.chars().count() > PHRASE_MAX {
            let shape = "which is no JSON pointer: begin it with '/', as in '/slot/time'";
            self.report(&field, format!("saves '{name}' from '{pointer}', {shape}"));
        }
    }

    fn destination(&mut self, to: &str) {
        let by_variable = matches!(pieces(to)[..], [Piece::Variable(_)]);
        if to.trim().is_empty() || by_variable {
            return;
        }
        match dialled(to) {
            Ok(_) => {}
            Err(reason) if reason.starts_with("expected") => {
                let shape = "a number with its country code, as in '+4930901820', a 'sip:' address, or one variable";
                self.report("/to", format!("transfers to '{to}', which is not {shape}"));
            }
            Err(reason) => self.report("/to", format!("transfers to '{to}', which {reason}")),
        }
    }

    fn outcome(&mut self, outcome: &str) {
        if outcome.is_empty() {
            self.report("/outcome", "ends without an outcome: add 'outcome'");
        } else if !is_id(outcome) {
            let rule = "outcomes are made of a-z, 0-9, '_' and '-'";
            self.report("/outcome", format!("ends as '{outcome}'; {rule}, at most {ID_MAX} characters"));
        } else if OUTCOMES_RESERVED.contains(&outcome) {
            self.report("/outcome", format!("ends as '{outcome}', which only the call itself can tell"));
        }
    }
}
