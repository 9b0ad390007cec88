//! Hashing threads: as many as there are cores, all at low priority, so that a flood of sign-ins slows down sign-ins
//! and nothing else.

use std::{
    collections::VecDeque,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Condvar, Mutex, PoisonError},
    thread,
};

use freehold_core::{Context, Error, Result, codes};
use tokio::sync::oneshot;

use super::argon::Memory;

/// Longest queue of hashes. A request that finds the queue full would wait for seconds, so it is rejected and told to
/// retry later.
const WAITING: usize = 256;

type Work = Box<dyn FnOnce(&mut Memory) + Send>;

/// Threads that run work from a queue. They end when the last clone is dropped.
pub(super) struct HashThreads(Arc<Queue>);

struct Queue {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    waiting: VecDeque<Work>,
    closed: bool,
}

impl HashThreads {
    /// Starts this many threads, at least one.
    pub(super) fn start(threads: usize) -> Result<Self> {
        let queue = Arc::new(Queue { state: Mutex::default(), changed: Condvar::new() });
        for _ in 0..threads.max(1) {
            let queue = queue.clone();
            let hashes = move || {
                step_back();
                let mut memory = Memory::default();
                while let Some(work) = queue.next() {
                    // The caller notices a panic because no answer arrives; the thread goes on for the other callers.
                    let _ = catch_unwind(AssertUnwindSafe(|| work(&mut memory)));
                }
            };
            thread::Builder::new().name("hash".to_owned()).spawn(hashes).context("starting a thread that hashes")?;
        }
        Ok(Self(queue))
    }

    /// Runs `work` on a thread. The work is skipped when the caller has gone by then.
    ///
    /// # Errors
    /// `unavailable` when the queue is full.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Memory) -> T + Send + 'static,
    ) -> Result<T> {
        let (answer, done) = oneshot::channel();
        let work: Work = Box::new(move |memory| {
            if !answer.is_closed() {
                // Fails only when the caller has gone.
                let _ = answer.send(work(memory));
            }
        });
        if !self.0.push(work) {
            let message = "Too many users are signing in at the moment. Try again in a few seconds.";
            let soon = std::time::Duration::from_secs(2);
            return Err(Error::new(codes::UNAVAILABLE, message).with_retry_after(soon));
        }
        done.await.context("hashing a password")
    }
}

impl Queue {
    /// Adds work to the queue; false: the queue is full.
    fn push(&self, work: Work) -> bool {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let room = state.waiting.len() < WAITING;
        if room {
            state.waiting.push_back(work);
            self.changed.notify_one();
        }
        room
    }

    /// Waits for the next work; none: the threads should end.
    fn next(&self) -> Option<Work> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            if let Some(work) = state.waiting.pop_front() {
                return Some(work);
            }
            if state.closed {
                return None;
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

impl Drop for HashThreads {
    fn drop(&mut self) {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner).closed = true;
        self.0.changed.notify_all();
    }
}

/// Lowers the thread's priority: requests are answered while passwords are hashed, and on a machine that is fully busy
/// a third of the time is left for hashing. A lower priority would interrupt hashing so often that it gets less done
/// (at 10, four percent). Linux sets niceness by thread; other systems would set it for the whole process, so nothing
/// is done there.
fn step_back() {
    #[cfg(target_os = "linux")]
    {
        // A thread that cannot lower its priority hashes all the same.
        let _ = rustix::process::setpriority_process(None, 3);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[tokio::test]
    async fn too_much_at_once_is_told_to_come_later_and_who_left_is_not_worked_for() {
        let threads = Arc::new(HashThreads::start(1).unwrap());
        let (begun, has_begun) = mpsc::channel();
        let (go, gate) = mpsc::channel::<()>();
        let first = {
            let threads = threads.clone();
            tokio::spawn(async move {
                let work = move |_: &mut Memory| {
                    begun.send(()).unwrap();
                    gate.recv().unwrap();
                };
                threads.run(work).await
            })
        };
        tokio::task::spawn_blocking(move || has_begun.recv().unwrap()).await.unwrap();
        // Fills the queue with callers that leave at once.
        for _ in 0..WAITING {
            let left =
                tokio::time::timeout(std::time::Duration::ZERO, threads.run(|_| panic!("nobody waits for this")));
            assert!(left.await.is_err());
        }
        let refused = threads.run(|_| ()).await.unwrap_err();
        assert!(refused.is(codes::UNAVAILABLE) && refused.retry_after().is_some());
        go.send(()).unwrap();
        first.await.unwrap().unwrap();
        while threads.run(|_| ()).await.is_err() {
            tokio::task::yield_now().await;
        }
    }
}
