//! All accounts, and the clock that they share.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use tokio::sync::Notify;

use crate::{account::Account, clock::Clock};

/// An account that several requests can lock.
pub(crate) type Shared = Arc<Mutex<Account>>;

/// The sandbox's state.
pub(crate) struct World {
    pub(crate) clock: Clock,
    seed: u64,
    accounts: Mutex<BTreeMap<String, Shared>>,
    /// The base URL for browsers, if it cannot be taken from a request.
    pub(crate) public_url: Option<String>,
    /// Whether the sandbox responds only to host names of this machine.
    pub(crate) local_only: bool,
    /// Wakes the sender: a delivery may have become ready.
    pub(crate) wake: Notify,
    /// Notified when a delivery has ended.
    pub(crate) sent: Notify,
    /// Whether the clock was moved or an account was deleted, which no account can record.
    pub(crate) unsaved: AtomicBool,
}

/// Locks an account. After a panic of another request the account is used as it is.
pub(crate) fn hold(account: &Shared) -> MutexGuard<'_, Account> {
    account.lock().unwrap_or_else(PoisonError::into_inner)
}

impl World {
    pub(crate) fn new(clock: Clock, seed: u64, public_url: Option<String>, local_only: bool) -> Self {
        let accounts = Mutex::new(BTreeMap::new());
        let (wake, sent, unsaved) = (Notify::new(), Notify::new(), AtomicBool::new(true));
        Self { clock, seed, accounts, public_url, local_only, wake, sent, unsaved }
    }

    /// Takes over the accounts of an earlier run.
    pub(crate) fn resume(&self, accounts: Vec<Account>) {
        let mut known = self.accounts.lock().unwrap_or_else(PoisonError::into_inner);
        for mut account in accounts {
            account.queue.resume();
            known.insert(account.key.clone(), Arc::new(Mutex::new(account)));
        }
    }

    /// Whether something has changed since the last call, or since an account was last copied for the file.
    pub(crate) fn is_unsaved(&self) -> bool {
        let own = self.unsaved.swap(false, Ordering::SeqCst);
        self.accounts().iter().any(|account| hold(account).unsaved) || own
    }

    /// Returns the account of a key; creates it at the first use.
    pub(crate) fn account(&self, key: &str) -> Shared {
        let mut accounts = self.accounts.lock().unwrap_or_else(PoisonError::into_inner);
        let account =
            accounts.entry(key.to_owned()).or_insert_with(|| Arc::new(Mutex::new(Account::new(key, self.seed))));
        Arc::clone(account)
    }

    /// Every account.
    pub(crate) fn accounts(&self) -> Vec<Shared> {
        self.accounts.lock().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }

    /// Deletes an account with everything in it. With `keeps_catalog` its catalog and webhook endpoints stay.
    pub(crate) fn forget(&self, key: &str, keeps_catalog: bool) {
        let mut accounts = self.accounts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(before) = accounts.remove(key).filter(|_| keeps_catalog) {
            let mut fresh = Account::new(key, self.seed);
            fresh.take_catalog(&hold(&before));
            accounts.insert(key.to_owned(), Arc::new(Mutex::new(fresh)));
        }
        self.unsaved.store(true, Ordering::SeqCst);
    }

    /// Brings an account up to date: carries out everything that is due by the sandbox's clock.
    pub(crate) fn present(&self, account: &mut Account) {
        let now_ms = self.clock.now_ms();
        account.sandbox_ms = now_ms;
        account.sandbox_now = now_ms.div_euclid(1000);
        if account.settled != Some(account.sandbox_now) {
            account.catch_up(None, account.sandbox_now);
            account.settled = Some(account.sandbox_now);
        }
    }

    /// Finds the account for which `is` is true, for URLs that contain no key.
    pub(crate) fn find(&self, is: impl Fn(&Account) -> bool) -> Option<Shared> {
        self.accounts().into_iter().find(|account| is(&hold(account)))
    }
}
