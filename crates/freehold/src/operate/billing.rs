//! `freehold billing`: an operator's commands for payments.

use anyhow::{Context, Result, anyhow, bail};
use clap::{Args, Subcommand, ValueEnum};
use freehold_billing::{
    Billing, catalog_sync,
    extra::{ExtraSubscription, extra_list},
    inbox::{InboxEvent, Replay, inbox_get, inbox_list, inbox_replay},
    reconcile::{Report, reconcile},
};
use freehold_core::{Currency, Money};
use jiff::{Span, SpanRelativeTo, Timestamp};

use super::minute;
use crate::{billing, database::Database, products, settings::Settings};

/// The actions of `freehold billing`.
#[derive(Subcommand)]
pub enum Action {
    /// Show which changes at Stripe are needed to sell the plans of product.toml, and make them with --apply
    Sync {
        /// Make the changes
        #[arg(long)]
        apply: bool,
    },
    /// Compare every organization with its subscription at Stripe, and correct differences
    Reconcile,
    /// List Stripe's events, latest first
    Events {
        /// The events to list
        #[command(flatten)]
        which: Listed,
        /// What to do with one event; without it, events are listed
        #[command(subcommand)]
        action: Option<EventAction>,
    },
    /// List duplicate subscriptions that were cancelled and refunded, latest first
    Extras {
        /// Largest number of rows
        #[arg(long, default_value_t = 50, value_name = "NUMBER", value_parser = clap::value_parser!(i64).range(1..=10_000))]
        limit: i64,
    },
    /// Process events again, whatever their state; processing an event twice does no harm
    Replay {
        /// The events to replay
        #[command(flatten)]
        which: Replayed,
    },
}

/// Which events to list.
#[derive(Args)]
pub struct Listed {
    /// Only events in this state
    #[arg(long)]
    state: Option<State>,
    /// Largest number of rows
    #[arg(long, default_value_t = 50, value_name = "NUMBER", value_parser = clap::value_parser!(i64).range(1..=10_000))]
    limit: i64,
}

/// The actions for one event.
#[derive(Subcommand)]
pub enum EventAction {
    /// Show the whole event
    Show {
        /// Id of the event: evt_…
        id: String,
    },
}

/// Which events to replay.
#[derive(Args)]
#[group(required = true, multiple = false)]
pub struct Replayed {
    /// Id of the event: evt_…
    id: Option<String>,
    /// All failed events
    #[arg(long)]
    failed: bool,
    /// All events since a time (2026-03-15T12:00:00Z) or within a duration (36h, 2d)
    #[arg(long, value_name = "TIME")]
    since: Option<String>,
}

/// State of an event.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum State {
    /// Received, not yet processed
    Waiting,
    /// Failed too often; needs an operator
    Failed,
    /// Concerns no organization of this server
    Ignored,
    /// Processed
    Done,
}

impl State {
    fn name(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Failed => "failed",
            Self::Ignored => "ignored",
            Self::Done => "done",
        }
    }
}

/// Runs the action.
pub async fn billing(settings: &Settings, action: Action) -> Result<()> {
    let product = products::product(&settings.product)?;
    let database = Database::open_beside(settings).await?;
    let done = async {
        let found = billing::of_command(settings, &database.pool()?, &product).await?;
        let billing = found.ok_or_else(|| anyhow!("billing is switched off: enabled in [billing] is false"))?;
        act(&billing, action).await
    };
    let done = done.await;
    database.close().await?;
    done
}

#[expect(clippy::print_stdout, reason = "this is what the command is for")]
async fn act(billing: &Billing, action: Action) -> Result<()> {
    match action {
        Action::Sync { apply } => sync(billing, apply).await,
        Action::Reconcile => told(&reconcile(billing).await?),
        Action::Events { action: Some(EventAction::Show { id }), .. } => show(billing, &id).await,
        Action::Events { which, action: None } => list(billing, &which).await,
        Action::Extras { limit } => extras(billing, limit).await,
        Action::Replay { which } => {
            let which = replay(which, billing.clock.now())?;
            let count = inbox_replay(billing, &which).await?;
            match (&which, count) {
                (Replay::One(id), 0) => bail!("no event {id} that is about a customer came"),
                (_, 1) => println!("1 event is processed again"),
                (_, count) => println!("{count} events are processed again"),
            }
            Ok(())
        }
    }
}

/// Prints the steps; an error if one was refused, so that a script notices.
#[expect(clippy::print_stdout, reason = "this is what the command is for")]
async fn sync(billing: &Billing, apply: bool) -> Result<()> {
    let steps = catalog_sync::plan(&billing.stripe, &billing.product).await;
    let steps = steps.map_err(|error| anyhow!("{}", error.message()))?;
    for step in &steps {
        println!("{step}");
    }
    let refused = steps.iter().filter(|step| step.is_refused()).count();
    if refused > 0 {
        bail!("{refused} cannot be done, so nothing is");
    }
    if steps.is_empty() {
        println!("Stripe sells what product.toml says");
    } else if apply {
        catalog_sync::apply(&billing.stripe, &steps).await?;
        println!("{} done", steps.len());
    } else {
        println!("{} to do; --apply does it", steps.len());
    }
    Ok(())
}

/// Prints the report of the comparison. An error if the operator has to act, so that a script notices.
#[expect(clippy::print_stdout, reason = "this is what the command is for")]
fn told(report: &Report) -> Result<()> {
    for (word, lines) in [("mended", &report.repaired), ("strange", &report.strange), ("not asked", &report.failed)] {
        for line in lines {
            println!("{word}: {line}");
        }
    }
    let accounts = report.accounts;
    println!("{accounts} compared with Stripe, {} mended", report.repaired.len());
    if report.failed.is_empty() && report.strange.is_empty() {
        return Ok(());
    }
    bail!("{} to look at; Stripe did not answer about {}", report.strange.len(), report.failed.len())
}

#[expect(clippy::print_stdout, reason = "this is what the command is for")]
async fn list(billing: &Billing, which: &Listed) -> Result<()> {
    let events = inbox_list(billing, which.state.map(State::name), None, which.limit).await?;
    if events.is_empty() {
        println!("no events");
    }
    for event in events {
        println!("{}", lines(&event));
    }
    Ok(())
}

#[expect(clippy::print_stdout, reason = "this is what the command is for")]
async fn extras(billing: &Billing, limit: i64) -> Result<()> {
    let extras = extra_list(billing, limit).await?;
    if extras.is_empty() {
        println!("no second subscriptions");
    }
    for extra in extras {
        println!("{}", extra_lines(&extra, billing.product.currency));
    }
    Ok(())
}

/// A second subscription in two lines: its ids, and its outcome.
fn extra_lines(extra: &ExtraSubscription, currency: Currency) -> String {
    let ExtraSubscription { tenant_id, subscription_id, kept_id, state, refunded, note, found_at, .. } = extra;
    let became = match state.as_str() {
        "found" => "is to be cancelled".to_owned(),
        "cancelled" => "is cancelled, and to be refunded".to_owned(),
        "spared" => "goes on, because the kept one had ended".to_owned(),
        _ => format!("is cancelled, {} went back", Money { minor: *refunded, currency }),
    };
    let note = note.as_ref().map(|note| format!("; to look at: {note}")).unwrap_or_default();
    format!("{}  {subscription_id}  tenant {tenant_id}\n  {became}; kept: {kept_id}{note}", minute(*found_at))
}

#[expect(clippy::print_stdout, reason = "this is what the command is for")]
async fn show(billing: &Billing, id: &str) -> Result<()> {
    let (event, payload) = inbox_get(billing, id).await.map_err(|error| {
        if error.is(freehold_core::codes::NOT_FOUND) { anyhow!("no event {id} came") } else { error.into() }
    })?;
    println!("{}\n", lines(&event));
    println!("{}", serde_json::to_string_pretty(&payload).context("showing what came")?);
    Ok(())
}

/// An event in two lines: its ids, and its state.
fn lines(event: &InboxEvent) -> String {
    let about = event.customer_id.as_deref().or(event.object_id.as_deref()).unwrap_or("nobody");
    let tenant = event.tenant_id.map(|tenant| format!(", tenant {tenant}")).unwrap_or_default();
    let times = if event.times > 1 { format!(", came {} times", event.times) } else { String::new() };
    let test = if event.livemode { "" } else { ", test" };
    let note = event.note.as_ref().map(|note| format!(": {note}")).unwrap_or_default();
    format!(
        "{}  {}  {}  {about}{tenant}\n  {}{times}{test}{note}",
        minute(event.received_at),
        event.event_id,
        event.kind,
        event.state
    )
}

fn replay(which: Replayed, now: Timestamp) -> Result<Replay> {
    Ok(match which {
        Replayed { id: Some(id), .. } => Replay::One(id),
        Replayed { since: Some(text), .. } => Replay::Since(since(&text, now)?),
        Replayed { .. } => Replay::Failed,
    })
}

/// Parses a time, or a span before now.
fn since(text: &str, now: Timestamp) -> Result<Timestamp> {
    let text = text.trim();
    if let Ok(time) = text.parse::<Timestamp>() {
        return Ok(time);
    }
    let ago = text.parse::<Span>().and_then(|span| span.to_duration(SpanRelativeTo::days_are_24_hours()));
    let time = ago.and_then(|ago| now.checked_sub(ago.abs()));
    time.map_err(|_| anyhow!("{text:?} is no time such as 2026-03-15T12:00:00Z, and no span such as 36h or 2d"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_two_lines_without_its_content() {
        let mut event = InboxEvent {
            event_id: "evt_1".to_owned(),
            number: 7,
            kind: "invoice.paid".to_owned(),
            created_at: "2026-03-15T12:00:00Z".parse().unwrap(),
            received_at: "2026-03-15T12:00:09Z".parse().unwrap(),
            times: 2,
            livemode: true,
            object_id: Some("in_1".to_owned()),
            customer_id: Some("cus_1".to_owned()),
            tenant_id: None,
            state: "ignored".to_owned(),
            note: Some("The customer belongs to no organization here.".to_owned()),
            processed_at: None,
        };
        assert_eq!(
            lines(&event),
            "2026-03-15 12:00Z  evt_1  invoice.paid  cus_1\n  \
             ignored, came 2 times: The customer belongs to no organization here."
        );
        (event.times, event.note, event.livemode, event.customer_id) = (1, None, false, None);
        assert!(lines(&event).ends_with("  in_1\n  ignored, test"));
    }

    #[test]
    fn a_second_subscription_says_what_became_of_it() {
        let mut extra = ExtraSubscription {
            tenant_id: "0198f000-0000-7000-8000-000000000000".parse().unwrap(),
            subscription_id: "sub_2".to_owned(),
            kept_id: "sub_1".to_owned(),
            kept_since: "2026-03-15T11:00:00Z".parse().unwrap(),
            state: "refunded".to_owned(),
            refunded: 9_900,
            note: None,
            found_at: "2026-03-15T12:00:00Z".parse().unwrap(),
            ended_at: None,
        };
        let first = "2026-03-15 12:00Z  sub_2  tenant 0198f000-0000-7000-8000-000000000000\n  ";
        let refunded = format!("{first}is cancelled, $99 went back; kept: sub_1");
        assert_eq!(extra_lines(&extra, Currency::Usd), refunded);
        (extra.state, extra.note) = ("cancelled".to_owned(), Some("invoice in_1: paid by cheque".to_owned()));
        let waits =
            format!("{first}is cancelled, and to be refunded; kept: sub_1; to look at: invoice in_1: paid by cheque");
        assert_eq!(extra_lines(&extra, Currency::Usd), waits);
    }

    #[test]
    fn a_time_is_written_out_or_counted_back() {
        let now: Timestamp = "2026-03-15T12:00:00Z".parse().unwrap();
        for (text, expected) in [
            ("2026-03-01T00:00:00Z", "2026-03-01T00:00:00Z"),
            ("36h", "2026-03-14T00:00:00Z"),
            ("2d", "2026-03-13T12:00:00Z"),
            ("90 minutes", "2026-03-15T10:30:00Z"),
        ] {
            assert_eq!(since(text, now).unwrap().to_string(), expected, "{text}");
        }
        assert!(since("yesterday", now).is_err() && since("1 month", now).is_err());
    }
}
