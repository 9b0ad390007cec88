//! Errors as a person at a terminal reads them. [`freehold_core::Error`] has a message for callers of the API ("An
//! internal error occurred. Give the trace id to the operator …"), which does not help an operator, and a source for the
//! log. Every command prints its errors by this module.

use std::{error::Error as StdError, sync::Arc};

use freehold_core::{Error, codes};
use freehold_db::Refusal;

/// The sentences of an error: first the error, then each cause.
pub fn sentences(error: &anyhow::Error) -> Vec<String> {
    // A refusal of Postgres is a complete message; the context adds nothing.
    if let Some(refusal) = error.chain().find_map(|cause| cause.downcast_ref::<Refusal>()) {
        return vec![refusal.to_string()];
    }
    of_chain(error.chain())
}

/// Like [`sentences`], in one line.
pub fn line(error: &anyhow::Error) -> String {
    sentences(error).join(": ")
}

/// Like [`line()`], for an error of Freehold's.
pub fn reason(error: &Error) -> String {
    let mut chain: Vec<&(dyn StdError + 'static)> = vec![error];
    let mut next = StdError::source(error);
    while let Some(cause) = next {
        chain.push(cause);
        next = cause.source();
    }
    if let Some(refusal) = chain.iter().find_map(|cause| cause.downcast_ref::<Refusal>()) {
        return refusal.to_string();
    }
    of_chain(chain.into_iter()).join(": ")
}

fn of_chain<'e>(chain: impl Iterator<Item = &'e (dyn StdError + 'static)>) -> Vec<String> {
    let mut texts: Vec<String> = Vec::new();
    for cause in chain {
        let shared = cause.downcast_ref::<Arc<Error>>().map(Arc::as_ref);
        if cause.downcast_ref().or(shared).is_some_and(is_for_callers) {
            continue;
        }
        let text = cause.to_string();
        // The driver's "db error" says less than its cause, and some libraries repeat their cause in their own text.
        if text != "db error" && !texts.iter().any(|told| told.contains(&text)) {
            texts.push(text);
        }
    }
    texts
}

/// Whether the message does not help an operator, but the source does.
fn is_for_callers(error: &Error) -> bool {
    (error.is(codes::INTERNAL) || error.is(codes::UNAVAILABLE)) && StdError::source(error).is_some()
}

#[cfg(test)]
mod tests {
    use std::{io, time::Duration};

    use anyhow::Context;

    use super::*;

    #[test]
    fn an_operator_reads_no_words_for_callers_of_the_api() {
        let internal = Error::internal(io::Error::other("this database belongs to the product \"studio\""));
        let error = anyhow::Error::from(internal).context("the server cannot start");
        assert_eq!(sentences(&error), ["the server cannot start", "this database belongs to the product \"studio\""]);
        let away = Error::unavailable(Duration::from_secs(2), "no connection within 3 s");
        assert_eq!(reason(&away), "no connection within 3 s");
        let shared = Arc::new(Error::internal("the disk is full")).shared();
        assert_eq!(reason(&shared), "the disk is full");
        let told = Err::<(), _>(Error::not_found("organization")).context("looking for it").unwrap_err();
        assert_eq!(line(&told), "looking for it: The organization does not exist.");
    }

    #[test]
    fn what_was_said_is_not_said_again() {
        let twice = anyhow::Error::from(io::Error::other("refused")).context("connecting: refused");
        assert_eq!(sentences(&twice), ["connecting: refused"]);
    }
}
