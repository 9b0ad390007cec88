//! The state of a connection, and its time limits.

use std::{
    sync::atomic::{AtomicBool, AtomicU8, AtomicU32, AtomicU64, Ordering::Relaxed},
    time::Duration,
};

use tokio::time::Instant;

/// The first bytes of every HTTP/2 connection.
const PREFACE: &[u8; 24] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
/// `Activity::preface` of a connection that does not begin with it.
const OTHER: u8 = u8::MAX;

/// How long a stopping server waits for the headers of a request that has begun, or for an HTTP/2 client to close.
pub(super) const GOODBYE: Duration = Duration::from_secs(2);
/// How long a stopping server waits for the next part of a body.
const STALLED: Duration = Duration::from_secs(5);

/// Time limits for a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// The time from the first byte of a request to the end of its headers.
    pub header: Duration,
    /// The time between two requests, and before the first byte of the first one.
    pub idle: Duration,
    /// The time to send the next part of a request's body, or to read the next part of an answer.
    pub transfer: Duration,
}

/// The state of a connection, in the order in which connections are closed when there are too many.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Doing {
    /// The client has sent nothing, or a part of the headers of a request.
    Beginning,
    /// No request is running.
    Idle,
    /// The client does not send the rest of a request, or does not read the answer.
    Stalled,
    /// The server works on a request.
    Working,
}

/// The activity of a connection. The stream that reads its bytes and the requests on it update it.
#[derive(Debug)]
pub(super) struct Activity {
    since: Instant,
    /// How many bytes of the HTTP/2 preface have arrived; 24: all.
    preface: AtomicU8,
    /// Whether a request has arrived.
    proven: AtomicBool,
    /// Requests whose answers the client has not read completely.
    requests: AtomicU32,
    /// Those of them for which the next step is the server's, not the client's.
    ours: AtomicU32,
    /// Whether the system accepts no more bytes for the client.
    blocked: AtomicBool,
    /// When the first byte of unfinished headers arrived, in milliseconds after `since` plus 1; 0: there are none.
    header: AtomicU64,
    /// When the connection last made progress, in milliseconds after `since`.
    moved: AtomicU64,
}

impl Activity {
    pub(super) fn new(now: Instant) -> Self {
        Self {
            since: now,
            preface: AtomicU8::new(0),
            proven: AtomicBool::new(false),
            requests: AtomicU32::new(0),
            ours: AtomicU32::new(0),
            blocked: AtomicBool::new(false),
            header: AtomicU64::new(0),
            moved: AtomicU64::new(0),
        }
    }

    pub(super) fn doing(&self) -> Doing {
        if self.ours.load(Relaxed) > 0 {
            Doing::Working
        } else if self.requests.load(Relaxed) > 0 || self.blocked.load(Relaxed) {
            Doing::Stalled
        } else if !self.proven.load(Relaxed) || self.header.load(Relaxed) > 0 {
            Doing::Beginning
        } else {
            Doing::Idle
        }
    }

    /// Whether a request has arrived over HTTP/2.
    pub(super) fn is_proven_http2(&self) -> bool {
        self.is_http2() && self.proven.load(Relaxed)
    }

    pub(super) fn is_http2(&self) -> bool {
        usize::from(self.preface.load(Relaxed)) == PREFACE.len()
    }

    /// When the client's time limit ends; none while the next step is the server's.
    pub(super) fn due(&self, patience: &Patience) -> Option<Instant> {
        let moved = self.since + Duration::from_millis(self.moved.load(Relaxed));
        match self.doing() {
            Doing::Working => None,
            Doing::Stalled => Some(moved + patience.transfer),
            Doing::Beginning | Doing::Idle => Some(match self.header.load(Relaxed) {
                0 => moved + patience.idle,
                begun => self.since + Duration::from_millis(begun - 1) + patience.header,
            }),
        }
    }

    /// When to check the connection again, because its client's time limit ends; none: when something happens on it.
    /// The server has been stopping since `stopped`, and the client must close an idle connection by `leaving`.
    pub(super) fn look_at(
        &self,
        patience: &Patience,
        stopped: Option<Instant>,
        leaving: Option<Instant>,
    ) -> Option<Instant> {
        match self.due(patience) {
            Some(due) => Some(match (stopped, leaving) {
                (Some(stopped), _) => due.min(self.due_when_stopped(stopped)),
                (None, Some(leaving)) if self.is_idle_http2() => due.min(leaving),
                (None, _) => due,
            }),
            // On HTTP/2 nothing wakes the connection's task when the client stops reading an answer.
            None => self.is_http2().then(|| Instant::now() + GOODBYE),
        }
    }

    /// Whether it is an HTTP/2 connection without a running request.
    pub(super) fn is_idle_http2(&self) -> bool {
        self.is_http2() && self.doing() <= Doing::Idle
    }

    /// When the time limit ends of a client for which a stopping server still waits.
    fn due_when_stopped(&self, stopped: Instant) -> Instant {
        let at = |milliseconds| self.since + Duration::from_millis(milliseconds);
        match self.doing() {
            // HTTP/2 clients were asked to close the connection (GOAWAY).
            Doing::Beginning | Doing::Idle if self.is_http2() => stopped + GOODBYE,
            // No request is running, and a request that had arrived would have been read.
            Doing::Idle => stopped,
            // A request that has just begun is still read.
            Doing::Beginning => at(self.header.load(Relaxed).saturating_sub(1)) + GOODBYE,
            Doing::Stalled | Doing::Working => at(self.moved.load(Relaxed)).max(stopped) + STALLED,
        }
    }

    /// Records that these bytes arrived.
    pub(super) fn read(&self, bytes: &[u8]) {
        let known = self.preface.load(Relaxed);
        if known != OTHER && usize::from(known) < PREFACE.len() {
            self.preface_read(usize::from(known), bytes);
        }
        // HTTP/2 frames also arrive without a request; the idle limit closes connections that never send one.
        if !self.is_http2() && self.requests.load(Relaxed) == 0 && self.header.load(Relaxed) == 0 {
            self.header.store(self.now() + 1, Relaxed);
        }
    }

    fn preface_read(&self, known: usize, bytes: &[u8]) {
        let expected = &PREFACE[known..];
        let length = bytes.len().min(expected.len());
        let matches = bytes[..length] == expected[..length];
        let known = if matches { u8::try_from(known + length).unwrap_or(OTHER) } else { OTHER };
        self.preface.store(known, Relaxed);
        if self.is_http2() {
            self.header.store(0, Relaxed);
        }
    }

    /// Records that bytes were sent, or could not be. Bytes of HTTP/2 may be answers to pings, while the client reads
    /// nothing else.
    pub(super) fn wrote(&self, some: bool) {
        if self.is_http2() {
            return;
        }
        // The complete answer may be in memory already, so that the server has no work left on it.
        self.blocked.store(!some, Relaxed);
        if some {
            self.touch();
        }
    }

    /// Whether an answer is in memory that the system does not accept for the client.
    pub(super) fn is_blocked(&self) -> bool {
        self.blocked.load(Relaxed)
    }

    /// Records that a request arrived.
    pub(super) fn request_begin(&self) {
        self.proven.store(true, Relaxed);
        self.header.store(0, Relaxed);
        self.ours.fetch_add(1, Relaxed);
        self.requests.fetch_add(1, Relaxed);
    }

    /// Records that a request was answered completely, or dropped.
    pub(super) fn request_end(&self) {
        self.touch();
        self.requests.fetch_sub(1, Relaxed);
    }

    /// Records that the next step is the client's.
    pub(super) fn hand_over(&self) {
        self.touch();
        self.ours.fetch_sub(1, Relaxed);
    }

    /// Records that the next step is the server's.
    pub(super) fn take_over(&self) {
        self.ours.fetch_add(1, Relaxed);
    }

    /// Records that the connection made progress.
    pub(super) fn touch(&self) {
        self.moved.store(self.now(), Relaxed);
    }

    fn now(&self) -> u64 {
        u64::try_from(self.since.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATIENCE: Patience =
        Patience { header: Duration::from_secs(10), idle: Duration::from_secs(75), transfer: Duration::from_secs(30) };

    /// The state, and the seconds until the client's time limit ends.
    fn state(activity: &Activity) -> (Doing, Option<u128>) {
        let due = activity.due(&PATIENCE);
        (activity.doing(), due.map(|due| (due.duration_since(activity.since).as_millis() + 500) / 1000))
    }

    #[test]
    fn unfinished_headers_have_less_time_than_an_idle_connection() {
        let activity = Activity::new(Instant::now());
        assert_eq!(state(&activity), (Doing::Beginning, Some(75)));
        activity.read(b"GET /healthz HTTP/1.1\r\n");
        assert_eq!(state(&activity), (Doing::Beginning, Some(10)));
        activity.request_begin();
        assert_eq!(state(&activity), (Doing::Working, None));
        activity.read(b"the body of the request");
        activity.hand_over();
        assert_eq!(state(&activity), (Doing::Stalled, Some(30)));
        activity.request_end();
        assert_eq!(state(&activity), (Doing::Idle, Some(75)));
        activity.read(b"P");
        assert_eq!(state(&activity), (Doing::Beginning, Some(10)), "the second request on the connection, too");
    }

    #[test]
    fn http2_is_known_by_its_first_bytes_and_its_pings_are_no_headers() {
        let activity = Activity::new(Instant::now());
        activity.read(&PREFACE[..10]);
        assert_eq!(state(&activity), (Doing::Beginning, Some(10)));
        activity.read(&PREFACE[10..]);
        assert!(activity.is_http2());
        activity.read(b"a ping");
        assert_eq!(state(&activity), (Doing::Beginning, Some(75)));
        for first in [&b"PRI * HTTP/1.1"[..], b"POST", b"GET /a-path-that-is-longer-than-the-preface HTTP/1.1"] {
            let activity = Activity::new(Instant::now());
            activity.read(first);
            assert!(!activity.is_http2());
        }
    }

    #[test]
    fn an_answer_that_does_not_leave_has_less_time_than_an_idle_connection() {
        let activity = Activity::new(Instant::now());
        activity.request_begin();
        activity.hand_over();
        activity.request_end();
        activity.wrote(false);
        assert_eq!(state(&activity), (Doing::Stalled, Some(30)));
        activity.wrote(true);
        assert_eq!(state(&activity), (Doing::Idle, Some(75)));
    }

    #[test]
    fn one_answer_that_we_work_on_is_enough() {
        let activity = Activity::new(Instant::now());
        activity.request_begin();
        activity.request_begin();
        activity.hand_over();
        assert_eq!(activity.doing(), Doing::Working);
        activity.hand_over();
        assert_eq!(activity.doing(), Doing::Stalled);
        activity.take_over();
        assert_eq!(activity.doing(), Doing::Working);
    }
}
