//! Threads that hash: as many as there are cores, each behind everybody else, so that a flood of sign-ins makes sign-ins
//! slower and nothing else.

use std::{
    collections::VecDeque,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Condvar, Mutex, PoisonError},
    thread,
};

use freehold_core::{Context, Error, Result, codes};
use tokio::sync::oneshot;

use super::argon::Memory;

/// Hashes that may wait. Whoever comes when so many wait would have his answer in seconds, and is told to come later.
const WAITING: usize = 256;

type Work = Box<dyn FnOnce(&mut Memory) + Send>;

/// Threads that do work one after the other. They end when the last clone is dropped.
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
    /// So many threads, at least one.
    pub(super) fn start(threads: usize) -> Result<Self> {
        let queue = Arc::new(Queue { state: Mutex::default(), changed: Condvar::new() });
        for _ in 0..threads.max(1) {
            let queue = queue.clone();
            let hashes = move || {
                step_back();
                let mut memory = Memory::default();
                while let Some(work) = queue.next() {
                    // Whoever asked finds out by the answer that never comes; the thread goes on for the others.
                    let _ = catch_unwind(AssertUnwindSafe(|| work(&mut memory)));
                }
            };
            thread::Builder::new().name("hash".to_owned()).spawn(hashes).context("starting a thread that hashes")?;
        }
        Ok(Self(queue))
    }

    /// Has `work` done. Nobody does it when whoever asked is gone by then.
    ///
    /// # Errors
    /// `unavailable` when too much waits already.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Memory) -> T + Send + 'static,
    ) -> Result<T> {
        let (answer, done) = oneshot::channel();
        let work: Work = Box::new(move |memory| {
            if !answer.is_closed() {
                // Who is gone by now misses nothing.
                let _ = answer.send(work(memory));
            }
        });
        if !self.0.push(work) {
            let message = "More people sign in than can be checked at the moment. Try again in a few seconds.";
            let soon = std::time::Duration::from_secs(2);
            return Err(Error::new(codes::UNAVAILABLE, message).with_retry_after(soon));
        }
        done.await.context("hashing a password")
    }
}

impl Queue {
    /// Whether there was room.
    fn push(&self, work: Work) -> bool {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let room = state.waiting.len() < WAITING;
        if room {
            state.waiting.push_back(work);
            self.changed.notify_one();
        }
        room
    }

    /// What is to be done next; none: nothing ever again.
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

/// Lets other threads go first: requests are answered while passwords are hashed, and of a machine that has nothing to spare a
/// third is left for hashing. Further back, it would be interrupted so often that it does less of it (at 10, four in a hundred).
/// Linux takes niceness by thread; elsewhere it would be the whole process's, so nothing is done there.
fn step_back() {
    #[cfg(target_os = "linux")]
    {
        // A thread that may not step back hashes all the same.
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
        // As many as may wait, who leave at once.
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
