//! `freehold mail`: an operator's commands for the mail queue.

use anyhow::{Context, Result, anyhow};
use clap::{Subcommand, ValueEnum};
use freehold_core::codes;
use freehold_db::Db;
use freehold_delivery::mail::{
    Address, MailRecord, SuppressionReason, mail_count, mail_list, mail_retry, mail_retry_all, suppression_add,
    suppression_list, suppression_remove,
};
use freehold_module::Mails;
use uuid::Uuid;

use super::minute;
use crate::{compose, database::Database, products::product, settings::Settings};

/// The actions of `freehold mail`.
#[derive(Subcommand)]
pub enum Action {
    /// Count mails by state, and list the latest
    List {
        /// Only mails in this state
        #[arg(long)]
        state: Option<State>,
    },
    /// Send a failed or suppressed mail again; without an id all failed mails
    Retry {
        /// Id of the mail, as freehold mail list shows it
        id: Option<Uuid>,
    },
    /// List the addresses to which no mails are sent
    Suppressions,
    /// Stop mails to an address
    Suppress {
        /// E-mail address
        address: String,
        /// Reason for stopping mails
        #[arg(long, default_value = "manual")]
        reason: Reason,
    },
    /// Allow mails to an address again
    Unsuppress {
        /// E-mail address
        address: String,
    },
}

/// State of a mail.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum State {
    /// Waiting to be sent, or being sent
    Queued,
    /// Accepted by the mail server
    Sent,
    /// Not sent: mails to its address are stopped
    Suppressed,
    /// Not sent: its link had expired
    Expired,
    /// Refused for good, or failed too often
    Failed,
}

/// The reason an operator stops mails to an address.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum Reason {
    /// Decision of the operator
    Manual,
    /// Complaint of the recipient
    Complaint,
    /// Bounce that came back by mail
    #[value(name = "hard_bounce")]
    HardBounce,
}

impl State {
    fn name(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Sent => "sent",
            Self::Suppressed => "suppressed",
            Self::Expired => "expired",
            Self::Failed => "failed",
        }
    }
}

/// Runs the action.
pub async fn mail(settings: &Settings, action: Action) -> Result<()> {
    let database = Database::open_beside(settings).await?;
    let done = match database.pool() {
        Ok(db) => act(settings, &db, action).await,
        Err(error) => Err(error),
    };
    database.close().await?;
    done
}

#[expect(clippy::print_stdout, reason = "this is what the command is for")]
async fn act(settings: &Settings, db: &Db, action: Action) -> Result<()> {
    db.clock_follow().await?;
    match action {
        Action::List { state } => list(db, state).await?,
        Action::Retry { id } => {
            println!("{}", retry(db, &compose::mails(&product(&settings.product)?), id).await?);
        }
        Action::Suppressions => suppressions(db).await?,
        Action::Suppress { address, reason } => {
            let (address, reason) = (
                read(&address)?,
                match reason {
                    Reason::Manual => SuppressionReason::Manual,
                    Reason::Complaint => SuppressionReason::Complaint,
                    Reason::HardBounce => SuppressionReason::HardBounce,
                },
            );
            let mut tx = db.system("operator suppresses an address").begin().await?;
            let new = suppression_add(&mut tx, &address, reason, None).await?;
            tx.commit().await?;
            println!(
                "{} takes no mails{}",
                address.canonical(),
                if new { " from now on" } else { "; it did not before" }
            );
        }
        Action::Unsuppress { address } => {
            let address = read(&address)?;
            let mut tx = db.system("operator allows mails to an address").begin().await?;
            let removed = suppression_remove(&mut tx, &address).await;
            removed.map_err(|_| anyhow!("{} is not suppressed", address.canonical()))?;
            tx.commit().await?;
            println!("{} takes mails again", address.canonical());
        }
    }
    Ok(())
}

#[expect(clippy::print_stdout, reason = "this is what the command is for")]
async fn list(db: &Db, state: Option<State>) -> Result<()> {
    let counts = mail_count(db).await?;
    if counts.is_empty() {
        println!("no mails");
        return Ok(());
    }
    let counts: Vec<String> = counts.iter().map(|(state, count)| format!("{count} {state}")).collect();
    println!("{}\n", counts.join(", "));
    for mail in mail_list(db, state.map(State::name)).await? {
        println!("{}", lines(&mail));
    }
    Ok(())
}

/// A mail in two lines: its id and recipient, and its outcome.
fn lines(mail: &MailRecord) -> String {
    let MailRecord { id, template, recipient, state, attempts, created_at, due_at, answer } = mail;
    let attempts = if *attempts == 1 { "1 attempt".to_owned() } else { format!("{attempts} attempts") };
    let next = if state == "queued" { format!(", next {}", minute(*due_at)) } else { String::new() };
    let answer = answer.as_ref().map(|answer| format!(": {answer}")).unwrap_or_default();
    format!("{}  {id}  {template}  {recipient}\n  {state}, {attempts}{next}{answer}", minute(*created_at))
}

async fn retry(db: &Db, mails: &Mails, id: Option<Uuid>) -> Result<String> {
    let mut tx = db.system("operator retries mails").begin().await?;
    let (count, left) = match id {
        Some(id) => {
            mail_retry(&mut tx, mails, id).await.map_err(|error| {
                if error.is(codes::NOT_FOUND) {
                    anyhow!("no mail {id} failed or was suppressed")
                } else {
                    anyhow!("mail {id} is not sent again: {}", error.message())
                }
            })?;
            (1, 0)
        }
        None => mail_retry_all(&mut tx, mails).await?,
    };
    tx.commit().await?;
    let queued = match count {
        1 => "1 mail is sent again".to_owned(),
        count => format!("{count} mails are sent again"),
    };
    Ok(match left {
        0 => queued,
        left => format!(
            "{queued}; {left} that carried a sign-in link, a code or an invitation cannot be: these were deleted"
        ),
    })
}

#[expect(clippy::print_stdout, reason = "this is what the command is for")]
async fn suppressions(db: &Db) -> Result<()> {
    let found = suppression_list(db).await?;
    if found.is_empty() {
        println!("every address takes mails");
    }
    for suppression in found {
        let answer = suppression.answer.map(|answer| format!(": {answer}")).unwrap_or_default();
        println!("{}  {}  {}{answer}", minute(suppression.since), suppression.address, suppression.reason);
    }
    Ok(())
}

fn read(address: &str) -> Result<Address> {
    Address::parse(address.trim()).with_context(|| format!("{address:?} is no mail address"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mail_is_two_lines_without_its_content() {
        let mut mail = MailRecord {
            id: Uuid::nil(),
            template: "magic_link".to_owned(),
            recipient: "ada@example.org".to_owned(),
            state: "queued".to_owned(),
            attempts: 1,
            created_at: "2026-03-15T12:00:09Z".parse().unwrap(),
            due_at: "2026-03-15T12:01:00Z".parse().unwrap(),
            answer: Some("450 4.2.0 greylisted".to_owned()),
        };
        assert_eq!(
            lines(&mail),
            "2026-03-15 12:00Z  00000000-0000-0000-0000-000000000000  magic_link  ada@example.org\n  \
             queued, 1 attempt, next 2026-03-15 12:01Z: 450 4.2.0 greylisted"
        );
        (mail.state, mail.attempts, mail.answer) = ("sent".to_owned(), 2, None);
        assert!(lines(&mail).ends_with("\n  sent, 2 attempts"));
    }
}
