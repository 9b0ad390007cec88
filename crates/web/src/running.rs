//! A limit of simultaneous requests of an organization. `freehold-db` shares the database connections; this module
//! bounds the memory and waiting that a flood of one organization causes before the database.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use freehold_core::{Error, Result, TenantId, codes};

/// Most simultaneous requests of an organization in a process. More than a client's connection pool, fewer than would
/// time out by waiting for each other.
const MOST: usize = 1000;
/// When a refused request may be retried.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// The number of running requests of each organization in this process, shared by all clones.
#[derive(Clone, Debug, Default)]
pub struct Running(Arc<Mutex<HashMap<TenantId, usize>>>);

/// A running request, until this is dropped.
#[derive(Debug)]
pub(crate) struct Run {
    running: Running,
    tenant: TenantId,
}

impl Running {
    /// Counts another request of the organization.
    ///
    /// # Errors
    /// `rate_limited` when the limit is reached.
    pub(crate) fn enter(&self, tenant: TenantId) -> Result<Run> {
        let mut counts = self.counts();
        let count = counts.entry(tenant).or_default();
        if *count >= MOST {
            let message = format!(
                "{MOST} requests of your organization are running, which is the limit. Wait for answers before you send \
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
