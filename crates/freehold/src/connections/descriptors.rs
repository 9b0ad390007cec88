//! The limit on open files and connections of this process.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Descriptors reserved in addition to those of the database pool: files, logs, mails, webhooks, Stripe.
const KEPT: u64 = 100;

/// How many descriptors this process may have open; none: no limit.
pub(crate) fn limit() -> Option<u64> {
    getrlimit(Resource::Nofile).current
}

/// How many it may have after [`raise`]; none: no limit.
pub(crate) fn possible() -> Option<u64> {
    getrlimit(Resource::Nofile).maximum
}

/// Raises the limit as far as the system allows. The usual limit of 1024 is for programs that use `select`.
pub(crate) fn raise() {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    if current != maximum
        && let Err(error) = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum })
    {
        tracing::warn!("the limit of open files stays at {current:?}: {error}");
    }
}

/// How many connections of clients fit under this limit, besides a database pool of this size and the reserve.
pub(crate) fn room(limit: Option<u64>, pool: usize) -> usize {
    let Some(limit) = limit else { return usize::MAX };
    let kept = (KEPT + pool as u64).min(limit / 2);
    usize::try_from(limit - kept).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn some_descriptors_are_kept_back() {
        assert_eq!(room(Some(1024), 16), 908);
        assert_eq!(room(Some(300), 16), 184);
        assert_eq!(room(Some(100), 16), 50);
        assert_eq!(room(None, 16), usize::MAX);
    }

    #[test]
    fn the_limit_is_raised_to_what_the_system_allows() {
        raise();
        assert_eq!(limit(), possible());
    }
}
