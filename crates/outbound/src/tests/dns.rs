//! DNS with the answers that a test chooses.

use std::{
    collections::HashMap,
    io,
    net::IpAddr,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use crate::{Addresses, Resolve, SystemResolver};

/// Answers for chosen names, each with a sequence of answers of which the last repeats. The system resolves other
/// names, which turns `0x7f000001` into an address for code that does not use the `url` crate.
#[derive(Default)]
pub(super) struct PlayedDns {
    names: Mutex<HashMap<String, Vec<Vec<IpAddr>>>>,
    asked: AtomicUsize,
    system: SystemResolver,
}

impl PlayedDns {
    /// One name with these answers in turn.
    pub(super) fn turning(name: &str, answers: &[&[&str]]) -> Self {
        let dns = Self::default();
        let answers = answers.iter().map(|answer| addresses(answer)).collect();
        dns.names.lock().unwrap().insert(name.to_owned(), answers);
        dns
    }

    pub(super) fn play(&self, name: &str, answer: &[&str]) {
        self.names.lock().unwrap().insert(name.to_owned(), vec![addresses(answer)]);
    }

    /// Number of lookups.
    pub(super) fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

/// What the system knows without asking a name server.
fn is_this_machines(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost")
        || host.chars().all(|c| c.is_ascii_hexdigit() || matches!(c, 'x' | 'X' | '.'))
}

fn addresses(answer: &[&str]) -> Vec<IpAddr> {
    answer.iter().map(|address| address.parse().unwrap()).collect()
}

impl Resolve for PlayedDns {
    fn resolve<'a>(&'a self, host: &'a str) -> Addresses<'a> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        let played = self
            .names
            .lock()
            .unwrap()
            .get_mut(host)
            .map(|answers| if answers.len() > 1 { answers.remove(0) } else { answers[0].clone() });
        match played {
            Some(answer) => Box::pin(async { Ok(answer) }),
            None if is_this_machines(host) => self.system.resolve(host),
            None => Box::pin(async { Err(io::ErrorKind::NotFound.into()) }),
        }
    }
}
