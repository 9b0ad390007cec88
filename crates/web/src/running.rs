//! How many requests of one organization are under way at once. Connections to the database are shared by `freehold-db`; this
//! bounds what a flood of one organization costs in memory and in waiting, before it reaches the database.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use freehold_core::{Error, Result, TenantId, codes};

/// Most requests of one organization that are under way at once in one process. More than a client's pool of connections, and
/// fewer than would be answered in time if they all waited for each other.
const MOST: usize = 1000;
/// When a refused request may be tried again.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// The requests of each organization that are under way in this process. Its clones count the same.
#[derive(Clone, Debug, Default)]
pub struct Running(Arc<Mutex<HashMap<TenantId, usize>>>);

/// A request that is under way until this is dropped.
#[derive(Debug)]
pub(crate) struct Run {
    running: Running,
    tenant: TenantId,
}

impl Running {
    /// Counts one more request of the organization.
    ///
    /// # Errors
    /// `rate_limited` where as many are under way as may be.
    pub(crate) fn enter(&self, tenant: TenantId) -> Result<Run> {
        let mut counts = self.counts();
        let count = counts.entry(tenant).or_default();
        if *count >= MOST {
            let message = format!(
                "{MOST} requests of your organization are under way, which is the most at once. Wait for answers before you send \
                 more."
            );
            return Err(Error::new(codes::RATE_LIMITED, message).with_retry_after(RETRY_AFTER));
        }
        *count += 1;
        Ok(Run { running: self.clone(), tenant })
    }

    fn counts(&self) -> MutexGuard<'_, HashMap<TenantId, usize>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        let mut counts = self.running.counts();
        if let Some(count) = counts.get_mut(&self.tenant) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&self.tenant);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tenant(number: u8) -> TenantId {
        format!("00000000-0000-0000-0000-{number:012}").parse().unwrap()
    }

    #[test]
    fn one_organization_is_refused_at_its_limit_and_another_is_not() {
        let running = Running::default();
        let (ada, ben) = (tenant(1), tenant(2));
        let mut under_way: Vec<Run> = (0..MOST).map(|_| running.enter(ada).unwrap()).collect();
        let refused = running.enter(ada).unwrap_err();
        assert!(refused.is(codes::RATE_LIMITED) && refused.retry_after().is_some());
        running.enter(ben).unwrap();
        under_way.pop();
        under_way.push(running.enter(ada).unwrap());
        drop(under_way);
        assert!(running.counts().is_empty());
    }
}
