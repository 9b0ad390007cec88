//! All accounts, and the clock they share.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use tokio::sync::Notify;

use crate::{account::Account, clock::Clock};

/// An account that several requests want.
pub(crate) type Shared = Arc<Mutex<Account>>;

/// The sandbox's state.
pub(crate) struct World {
    pub(crate) clock: Clock,
    seed: u64,
    accounts: Mutex<BTreeMap<String, Shared>>,
    /// Where people reach it, where it cannot be told from a request.
    pub(crate) public_url: Option<String>,
    /// Whether it answers to names of this machine only.
    pub(crate) local_only: bool,
    /// Something may have become ready to be sent.
    pub(crate) wake: Notify,
    /// A delivery has ended.
    pub(crate) sent: Notify,
    /// The clock was moved or an account is gone, which no account can say.
    pub(crate) unsaved: AtomicBool,
}

/// A panic while an account was held leaves it as it was; the next request goes on with it.
pub(crate) fn hold(account: &Shared) -> MutexGuard<'_, Account> {
    account.lock().unwrap_or_else(PoisonError::into_inner)
}

impl World {
    pub(crate) fn new(clock: Clock, seed: u64, public_url: Option<String>, local_only: bool) -> Self {
        let accounts = Mutex::new(BTreeMap::new());
        let (wake, sent, unsaved) = (Notify::new(), Notify::new(), AtomicBool::new(true));
        Self { clock, seed, accounts, public_url, local_only, wake, sent, unsaved }
    }

    /// Takes over accounts of an earlier run.
    pub(crate) fn resume(&self, accounts: Vec<Account>) {
        let mut known = self.accounts.lock().unwrap_or_else(PoisonError::into_inner);
        for mut account in accounts {
            account.queue.resume();
            known.insert(account.key.clone(), Arc::new(Mutex::new(account)));
        }
    }

    /// Whether something changed since this was asked last, or an account was last copied for the file.
    pub(crate) fn is_unsaved(&self) -> bool {
        let own = self.unsaved.swap(false, Ordering::SeqCst);
        self.accounts().iter().any(|account| hold(account).unsaved) || own
    }

    /// The account of a key, made when it is first seen.
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

    /// Forgets an account and everything it owns, but what it sells and whom it tells, where that is asked for.
    pub(crate) fn forget(&self, key: &str, keeps_catalog: bool) {
        let mut accounts = self.accounts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(before) = accounts.remove(key).filter(|_| keeps_catalog) {
            let mut fresh = Account::new(key, self.seed);
            fresh.take_catalog(&hold(&before));
            accounts.insert(key.to_owned(), Arc::new(Mutex::new(fresh)));
        }
        self.unsaved.store(true, Ordering::SeqCst);
    }

    /// Brings an account to the present: what became due by the sandbox's clock is done.
    pub(crate) fn present(&self, account: &mut Account) {
        let now_ms = self.clock.now_ms();
        account.sandbox_ms = now_ms;
        account.sandbox_now = now_ms.div_euclid(1000);
        if account.settled != Some(account.sandbox_now) {
            account.catch_up(None, account.sandbox_now);
            account.settled = Some(account.sandbox_now);
        }
    }

    /// The account in which `is` holds, for addresses that carry no key.
    pub(crate) fn find(&self, is: impl Fn(&Account) -> bool) -> Option<Shared> {
        self.accounts().into_iter().find(|account| is(&hold(account)))
    }
}
