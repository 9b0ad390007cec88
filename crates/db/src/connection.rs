//! A connection of the pool, which is returned before the permit for it.

use std::ops::Deref;

use deadpool_postgres::Object;

use crate::shares::Permit;

/// A connection of the pool and the permit for it. The connection is returned first, then the permit.
pub(crate) struct Connection {
    object: Object,
    permit: Permit,
}

impl Connection {
    pub(crate) fn new(object: Object, permit: Permit) -> Self {
        Self { object, permit }
    }

    /// Called when the task that asked for the connection has dropped it and another task returns it to the pool.
    pub(crate) fn leave_task(&mut self) {
        self.permit.leave_task();
    }

    /// Closes the connection instead of returning it.
    pub(crate) fn discard(self) {
        drop(Object::take(self.object));
    }
}

impl Deref for Connection {
    type Target = Object;
    fn deref(&self) -> &Object {
        &self.object
    }
}
