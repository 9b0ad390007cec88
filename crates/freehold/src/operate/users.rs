//! `freehold users`: import users, list, ban and delete them.

mod import;

use std::process::ExitCode;

use anyhow::{Result, bail};
use clap::Subcommand;
use freehold_core::{EmailAddress, UserId};
use freehold_db::{Db, SystemTx};
use freehold_identity::{
    admin::{UserFilter, UserPosition, user_ban, user_delete, user_delete_softly, user_list_after, user_search},
    audit_entry::{self, By, audit_note_by},
    signing::Keeper,
    user::{User, user_find},
};
use freehold_tenancy::departure::person_depart;
use freehold_vault::Vault;
use jiff::{Span, SpanRelativeTo, Timestamp};

pub use import::{people_from_database, people_from_dump};

use super::minute;
use crate::{
    compose,
    database::{Database, clock_of},
    products, secret_key,
    settings::{Settings, SupabaseSource},
};

/// The actions of `freehold users`.
#[derive(Subcommand)]
pub enum Action {
    /// Import users with their passwords from Supabase: from a dump of the project's database, or from the database
    /// itself
    ///
    /// Create the dump with: supabase db dump --data-only --schema auth -f people.sql, or with pg_dump --data-only
    /// --schema auth. It is read as SQL, in UTF-8 or UTF-16, optionally compressed with gzip. Importing the same users
    /// again changes nothing. They sign in with their old passwords.
    ///
    /// Exit codes: 0 when all users are imported; 3 when some rows were refused, which are printed with their reasons,
    /// and the others imported; 1 when nothing was imported.
    Import {
        /// The source of the users
        #[command(flatten)]
        from: SupabaseSource,
    },
    /// List users, latest first
    List {
        /// Only users whose e-mail address or name contains this text
        filter: Option<String>,
        /// Largest number of rows
        #[arg(long, default_value_t = 50, value_name = "NUMBER", value_parser = clap::value_parser!(i64).range(1..=10_000))]
        limit: i64,
    },
    /// Ban a user, or end the ban; a ban ends the user's sessions within a second
    Ban {
        /// Id or e-mail address of the user
        person: String,
        /// Duration of the ban, such as 24h or 30d; without it, until it is lifted
        #[arg(long = "for", value_name = "SPAN", conflicts_with = "lift")]
        span: Option<String>,
        /// End the ban
        #[arg(long)]
        lift: bool,
    },
    /// Delete a user with their sessions and memberships
    Delete {
        /// Id or e-mail address of the user
        person: String,
        /// Keep the record of the user for the audit, without personal data
        #[arg(long)]
        soft: bool,
    },
}

/// Runs the action.
pub async fn users(settings: &Settings, action: Action) -> Result<ExitCode> {
    let database = Database::open_beside(settings).await?;
    let done = async {
        let db = || database.pool();
        match action {
            Action::Import { from } => {
                // Users can be imported before the first server starts.
                database.prepare(&compose::migrations(&products::product(&settings.product)?)).await?;
                let (db, random) = (db()?, database.sources().random.clone());
                let (clock, ids) = (clock_of(&db).await?, db.ids().clone());
                let keeper = Keeper { db, vault: secret_key::vault(settings, &random)?, clock, ids, random };
                import::import(settings, &keeper, from.dump, from.database).await
            }
            Action::List { filter, limit } => list(&db()?, filter, limit).await.map(|()| ExitCode::SUCCESS),
            Action::Ban { person, span, lift } => {
                ban(&db()?, &person, span.as_deref(), lift).await.map(|()| ExitCode::SUCCESS)
            }
            Action::Delete { person, soft } => {
                let vault = secret_key::vault(settings, &database.sources().random)?;
                delete(&db()?, &vault, &person, soft).await.map(|()| ExitCode::SUCCESS)
            }
        }
    };
    let done = done.await;
    database.close().await?;
    done
}

#[expect(clippy::print_stdout, reason = "this is what the command is for")]
async fn list(db: &Db, filter: Option<String>, limit: i64) -> Result<()> {
    let filter = UserFilter { aud: "authenticated".to_owned(), realm: None, holds: filter, oldest_first: false };
    let (mut left, mut after): (i64, Option<UserPosition>) = (limit, None);
    while left > 0 {
        let mut tx = db.system("operator lists users").begin().await?;
        let (users, next) = user_list_after(&mut tx, &filter, after, left.min(500)).await?;
        if users.is_empty() {
            println!("no people");
        }
        for (user, identities) in &users {
            let ways: Vec<&str> = identities.iter().map(|identity| identity.provider.as_str()).collect();
            println!("{}", line(user, &ways.join(", ")));
        }
        left -= 500;
        after = next;
        if after.is_none() {
            break;
        }
    }
    Ok(())
}

fn line(user: &User, ways: &str) -> String {
    let name = [&user.email, &user.phone].into_iter().find(|text| !text.is_empty());
    let name = name.map_or("anonymous", String::as_str);
    let seen = user.last_sign_in_at.map_or("never signed in".to_owned(), |at| format!("last signed in {}", minute(at)));
    let mut line = format!("{}  {name}\n  since {}, {seen}", user.id, minute(user.created_at));
    if !ways.is_empty() {
        line.extend([", by ", ways]);
    }
    if !user.confirmed() && !user.email.is_empty() {
        line.push_str(", not confirmed");
    }
    if let Some(until) = user.banned_until {
        line.extend([", locked out until ", &minute(until)]);
    }
    if let Some(at) = user.deleted_at {
        line.extend([", deleted ", &minute(at)]);
    }
    line
}

#[expect(clippy::print_stdout, reason = "this is what the command is for")]
async fn ban(db: &Db, person: &str, span: Option<&str>, lift: bool) -> Result<()> {
    let now = clock_of(db).await?.now();
    let until = if lift { None } else { Some(until(span, now)?) };
    let mut tx = db.system("operator bans a user").begin().await?;
    let user = find(&mut tx, person).await?;
    user_ban(&mut tx, user.id, until).await?;
    audit_note_by(&mut tx, &By::operator(), audit_entry::Action::UserModified, &user).await?;
    tx.commit().await?;
    match until {
        None => println!("{person} is let in again"),
        Some(until) => println!("{person} is locked out until {}", minute(until)),
    }
    Ok(())
}

#[expect(clippy::print_stdout, reason = "this is what the command is for")]
async fn delete(db: &Db, vault: &Vault, person: &str, soft: bool) -> Result<()> {
    db.clock_follow().await?;
    let mut tx = db.system("operator deletes a user").begin().await?;
    let user = find(&mut tx, person).await?;
    audit_note_by(&mut tx, &By::operator(), audit_entry::Action::UserDeleted, &user).await?;
    person_depart(&mut tx, vault, user.id).await?;
    if soft {
        user_delete_softly(&mut tx, user.id).await?;
    } else {
        user_delete(&mut tx, user.id).await?;
    }
    tx.commit().await?;
    println!("{person} is deleted");
    Ok(())
}

/// The one user with this id or address.
async fn find(tx: &mut SystemTx, person: &str) -> Result<User> {
    if let Ok(id) = person.parse::<UserId>() {
        return match user_find(tx, id).await? {
            Some(user) => Ok(user),
            None => bail!("no user has the id {person}"),
        };
    }
    // An operator must be able to name a user whose address an earlier version accepted and today's refuses.
    let email = match EmailAddress::parse(person) {
        Ok(email) => email.into_string(),
        Err(error) => {
            let typed = person.trim().to_lowercase();
            if user_search(tx, &typed).await?.is_empty() {
                bail!("{person:?} is not an e-mail address: {error}");
            }
            typed
        }
    };
    let mut found = user_search(tx, &email).await?;
    match (found.pop(), found.len()) {
        (None, _) => bail!("no user has the address {person}"),
        (Some(user), 0) => Ok(user),
        (Some(_), others) => bail!("{} users have the address {person}: name one by their id", others + 1),
    }
}

fn until(span: Option<&str>, now: Timestamp) -> Result<Timestamp> {
    // A hundred years, as Supabase's own tools do.
    let text = span.unwrap_or("876600h");
    let span = text.parse::<Span>().and_then(|span| span.to_duration(SpanRelativeTo::days_are_24_hours()));
    match span.and_then(|span| now.checked_add(span)) {
        Ok(until) if until > now => Ok(until),
        _ => bail!("{text:?} is no span such as 24h or 30d"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_is_counted_from_now() {
        let now: Timestamp = "2026-03-15T12:00:00Z".parse().unwrap();
        assert_eq!(until(Some("30d"), now).unwrap().to_string(), "2026-04-14T12:00:00Z");
        assert!(until(None, now).unwrap() > until(Some("30000d"), now).unwrap());
        for bad in ["", "tomorrow", "-1h", "0s", "99999999999d"] {
            assert!(until(Some(bad), now).is_err(), "{bad}");
        }
    }
}
