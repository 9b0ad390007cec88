//! The end of a schedule.

use super::Status;
use crate::{account::Account, schedule::Schedule, subscription::Subscription};

/// Marks the schedule as canceled. The caller decides what happens to its subscription.
pub(crate) fn canceled(account: &mut Account, id: &str) {
    let now = account.now;
    if account.schedules.get(id).is_none_or(Schedule::is_over) {
        return;
    }
    account.change_as(id, "subscription_schedule.canceled", |schedule: &mut Schedule| {
        schedule.status = Status::Canceled;
        schedule.canceled_at = Some(now);
    });
}

/// Lets the subscription continue without its schedule. `keeps`: it keeps the end that the schedule set.
pub(crate) fn released(account: &mut Account, id: &str, keeps: bool) {
    let now = account.now;
    let Some(subscription) = account.schedules.get(id).map(|schedule| schedule.subscription.clone()) else { return };
    account.change_as(id, "subscription_schedule.released", |schedule: &mut Schedule| {
        schedule.status = Status::Released;
        schedule.released_at = Some(now);
        schedule.released_subscription = schedule.subscription.take();
    });
    if let Some(subscription) = subscription {
        account.change(&subscription, |subscription: &mut Subscription| {
            subscription.schedule = None;
            if !keeps {
                (subscription.cancel_at, subscription.canceled_at, subscription.cancel_reason) = (None, None, None);
            }
        });
    }
}

/// Marks the schedule as completed: its last phase has ended, and the subscription with it.
pub(crate) fn completed(account: &mut Account, id: &str) {
    let now = account.now;
    account.change_as(id, "subscription_schedule.completed", |schedule: &mut Schedule| {
        schedule.status = Status::Completed;
        schedule.completed_at = Some(now);
    });
}
