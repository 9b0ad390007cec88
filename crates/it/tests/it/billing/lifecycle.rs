//! The lifecycle, day by day: every mail, event, state and right on its day, and not a minute earlier.

mod story;
mod sweeping;

use story::{May, Story, days, hours};

/// Pays the first time, and fails on renewal.
const FAILS_LATER: &str = "4000000000007767";
/// Always pays.
const PAYS: &str = "4242424242424242";

/// How long an invoice is a draft.
const DRAFT: i64 = hours(1);

#[tokio::test]
async fn from_sign_up_over_a_failed_payment_into_the_archive_and_back() {
    let mut story = Story::of("pharmacy").await;
    assert_eq!(story.news().await, ["free -> trialing"]);
    story.stands("starter/good", "trialing", May::Write).await;

    // The trial, and the mail before it ends.
    story.quiet_until(days(12)).await;
    assert_eq!(story.at(days(12)).await, ["mail trial_ending"]);
    story.stands("starter/good", "trialing", May::Write).await;
    assert_eq!(story.last_mail("until").await, "2026-03-29T12:00:00Z");

    // Subscribing ends the trial without a mail from Freehold: Stripe sends the receipt.
    story.quiet_until(days(13)).await;
    story.at(days(13)).await;
    story.subscribe("professional", FAILS_LATER).await;
    assert_eq!(story.news().await, ["trialing -> active", "plan starter -> professional"]);
    story.stands("professional/good", "active", May::Write).await;

    // A month later the card fails: seven days of grace.
    let failed = days(13 + 31) + DRAFT;
    story.quiet_until(failed).await;
    assert_eq!(story.at(failed).await, ["mail payment_failed", "active -> past_due"]);
    assert!(story.last_mail("link").await.starts_with(&story.shop.sandbox.url()), "it says where to pay");
    assert_eq!(story.last_mail("plan").await, "Professional");
    story.stands("professional/good", "past_due", May::Write).await;
    story.quiet_until(failed + days(5)).await;
    assert_eq!(story.at(failed + days(5)).await, ["mail payment_reminder"]);
    story.stands("professional/good", "past_due", May::Write).await;

    story.quiet_until(failed + days(7)).await;
    story.stands("professional/good", "past_due", May::Write).await;
    assert_eq!(story.at(failed + days(7)).await, ["mail suspended", "past_due -> suspended"]);
    story.stands("professional/suspended", "suspended", May::Read).await;

    // Stripe retries after 3, 5 and 7 more days, and gives up.
    let over = failed + days(3 + 5 + 7);
    story.quiet_until(over).await;
    assert_eq!(
        story.at(over).await,
        ["mail subscription_cancelled", "suspended -> cancelled", "plan professional -> starter"]
    );
    assert_eq!(story.last_mail("became").await, "read_only");
    story.stands("starter/suspended", "cancelled", May::Read).await;

    // Data is kept for 30 days.
    story.quiet_until(over + days(23)).await;
    assert_eq!(story.at(over + days(23)).await, ["mail archive_reminder"]);
    story.quiet_until(over + days(30)).await;
    story.stands("starter/suspended", "cancelled", May::Read).await;
    assert_eq!(story.at(over + days(30)).await, ["mail archived", "cancelled -> archived"]);
    story.stands("starter/archived", "archived", May::Pay).await;
    story.quiet_until(over + days(300)).await;

    // After a payment the organization is back, with all its data.
    story.subscribe("starter", PAYS).await;
    assert_eq!(story.news().await, ["mail payment_received", "archived -> active"]);
    story.stands("starter/good", "active", May::Write).await;
    story.audit_says_what_events_say().await;
}

#[tokio::test]
async fn an_unpaid_trial_ends_in_the_archive() {
    let mut story = Story::of("pharmacy").await;
    assert_eq!(story.news().await, ["free -> trialing"]);
    assert_eq!(story.at(days(12)).await, ["mail trial_ending"]);
    story.quiet_until(days(14)).await;
    story.stands("starter/good", "trialing", May::Write).await;
    assert_eq!(story.at(days(14)).await, ["mail trial_ended", "trialing -> suspended"]);
    assert_eq!(story.last_mail("became").await, "read_only");
    assert_eq!(story.last_mail("until").await, "2026-04-28T12:00:00Z");
    story.stands("starter/suspended", "suspended", May::Read).await;
    story.quiet_until(days(37)).await;
    assert_eq!(story.at(days(37)).await, ["mail archive_reminder"]);
    story.quiet_until(days(44)).await;
    story.stands("starter/suspended", "suspended", May::Read).await;
    assert_eq!(story.at(days(44)).await, ["mail archived", "suspended -> archived"]);
    story.stands("starter/archived", "archived", May::Pay).await;
    story.audit_says_what_events_say().await;
}

#[tokio::test]
async fn a_single_late_check_sends_no_outdated_mail() {
    // No server ran for 40 days: there is no mail about the end of a trial that ended long ago.
    let mut story = Story::of("pharmacy").await;
    story.news().await;
    assert_eq!(story.at(days(40)).await, ["mail archive_reminder", "mail trial_ended", "trialing -> suspended"]);
    assert_eq!(story.shop.standing(&story.owner).await, ("starter/suspended".to_owned(), "suspended".to_owned()));
    assert_eq!(story.since().await, "2026-03-29 12:00:00");
}

#[tokio::test]
async fn without_a_payment_the_free_plan_is_left() {
    let mut story = Story::of("voice").await;
    assert_eq!(story.news().await, [""; 0]);
    story.stands("free/good", "free", May::Write).await;
    story.subscribe("starter", FAILS_LATER).await;
    assert_eq!(story.news().await, ["free -> active", "plan free -> starter"]);
    let failed = days(31) + DRAFT;
    story.quiet_until(failed).await;
    assert_eq!(story.at(failed).await, ["mail payment_failed", "active -> past_due"]);
    assert_eq!(story.at(failed + days(5)).await, ["mail payment_reminder"]);
    story.quiet_until(failed + days(7)).await;
    assert_eq!(story.at(failed + days(7)).await, ["mail suspended", "past_due -> suspended"]);
    story.stands("starter/suspended", "suspended", May::Read).await;
    let over = failed + days(15);
    story.quiet_until(over).await;
    assert_eq!(story.at(over).await, ["mail subscription_cancelled", "suspended -> free", "plan starter -> free"]);
    assert_eq!(story.last_mail("became").await, "free");
    story.stands("free/good", "free", May::Write).await;
    story.quiet_until(over + days(300)).await;
    story.audit_says_what_events_say().await;
}

#[tokio::test]
async fn who_pays_within_the_days_of_grace_goes_on() {
    let mut story = Story::of("voice").await;
    story.subscribe("starter", FAILS_LATER).await;
    story.news().await;
    let failed = days(31) + DRAFT;
    assert_eq!(story.at(failed).await, ["mail payment_failed", "active -> past_due"]);
    story.at(failed + days(2)).await;
    story.pay_what_is_open().await;
    assert_eq!(story.news().await, ["mail payment_received", "past_due -> active"]);
    story.stands("starter/good", "active", May::Write).await;
    // Unused days of grace do not count: the next failure has days of its own.
    let failed = days(31 + 30) + DRAFT;
    story.quiet_until(failed).await;
}

#[tokio::test]
async fn who_subscribes_early_keeps_the_days_of_the_trial() {
    let mut story = Story::of("pharmacy").await;
    story.at(days(3)).await;
    story.subscribe("professional", PAYS).await;
    assert_eq!(story.news().await, ["plan starter -> professional"]);
    story.stands("professional/good", "trialing", May::Write).await;
    // Nothing ends for a customer with a card: there is no mail.
    story.quiet_until(days(14)).await;
    assert_eq!(story.at(days(14)).await, ["trialing -> active"]);
    story.quiet_until(days(14) + days(25)).await;
    story.stands("professional/good", "active", May::Write).await;
    story.audit_says_what_events_say().await;
}

#[tokio::test]
async fn what_is_cancelled_goes_on_to_the_end_of_what_was_paid() {
    let mut story = Story::of("pharmacy").await;
    let begun = days(13);
    story.at(begun).await;
    story.subscribe("professional", PAYS).await;
    assert_eq!(story.news().await, ["trialing -> active", "plan starter -> professional"]);
    story.at(begun + days(3)).await;
    story.change(&[("cancel_at_period_end", "true")]).await;
    assert_eq!(story.news().await, ["mail subscription_cancelled"]);
    assert_eq!(story.last_mail("until").await, "2026-04-28T12:00:00Z");
    assert_eq!(story.last_mail("plan").await, "Professional");
    story.stands("professional/good", "active", May::Write).await;
    // Resumed, and cancelled again.
    story.at(begun + days(4)).await;
    story.change(&[("cancel_at_period_end", "false")]).await;
    assert_eq!(story.news().await, [""; 0]);
    story.at(begun + days(5)).await;
    story.change(&[("cancel_at_period_end", "true")]).await;
    assert_eq!(story.news().await, ["mail subscription_cancelled"]);
    let over = begun + days(31);
    story.quiet_until(over).await;
    story.stands("professional/good", "active", May::Write).await;
    let ended = story.at(over).await;
    assert_eq!(ended, ["mail subscription_cancelled", "active -> cancelled", "plan professional -> starter"]);
    assert_eq!(story.last_mail("until").await, "2026-05-28T12:00:00Z");
    story.stands("starter/suspended", "cancelled", May::Read).await;
    assert_eq!(story.at(over + days(23)).await, ["mail archive_reminder"]);
    assert_eq!(story.at(over + days(30)).await, ["mail archived", "cancelled -> archived"]);
}
