//! Calling a lot of contacts: every result is written in the transaction in which the contacts were claimed.

use freehold_app::App;
use freehold_core::{Money, Result, codes};
use freehold_db::TenantTx;
use freehold_metering::usage::usage_room;

use crate::{
    callee::Script,
    campaign::{Campaign, command::Account},
    contact::{
        Contact,
        file::inputs_of,
        outcome::{Called as ContactCalled, Patience, contacts_called},
    },
    engine::{
        EngineId,
        call::{NewCall, call_create},
        engine_choose, http_minute,
    },
    run::{Callee, NewRun, Run, run_make, runs_keep},
    split::{Choice, version_choose},
};

/// What is needed to call a campaign's contacts.
#[derive(Clone, Copy)]
pub(super) struct Lot<'a> {
    pub(super) app: &'a App,
    pub(super) account: Account<'a>,
    pub(super) campaign: &'a Campaign,
}

/// The result of calling a lot.
pub(super) enum Called {
    /// This many contacts were called. If the plan had too few calls left, the others are unchanged.
    Lot(usize),
    /// No contact was called, because there is no engine.
    NoEngine,
    /// No contact was called, because there is no workflow.
    NoWorkflow,
}

impl Lot<'_> {
    /// Calls these contacts, or as many of them as the plan has calls left for.
    pub(super) async fn call(self, tx: &mut TenantTx, contacts: Vec<Contact>) -> Result<Called> {
        if self.campaign.channel != "text" && !engine_ready(tx, self.campaign).await? {
            return Ok(Called::NoEngine);
        }
        let chosen = match self.choices(tx, contacts).await {
            Err(error) if error.is(codes::NOT_FOUND) => return Ok(Called::NoWorkflow),
            chosen => chosen?,
        };
        let calls = if self.campaign.channel == "text" {
            self.texts(tx, chosen).await?
        } else {
            self.engine_calls(tx, chosen).await?
        };
        let count = calls.len();
        if count > 0 {
            contacts_called(tx, calls).await?;
        }
        Ok(Called::Lot(count))
    }

    /// Chooses the version of the workflow for each contact.
    async fn choices(self, tx: &mut TenantTx, contacts: Vec<Contact>) -> Result<Vec<(Contact, Choice)>> {
        let workflow = self.campaign.workflow_id;
        // A version that the campaign names is the same for all contacts.
        let named = match self.campaign.version {
            Some(version) => Some(version_choose(tx, workflow, Some(version), "").await?),
            None => None,
        };
        let mut chosen = Vec::with_capacity(contacts.len());
        for contact in contacts {
            let choice = match &named {
                Some(choice) => choice.clone(),
                None => version_choose(tx, workflow, None, &subject(&contact)).await?,
            };
            chosen.push((contact, choice));
        }
        Ok(chosen)
    }

    /// Makes calls on the `text` channel, which end as soon as they start.
    async fn texts(self, tx: &mut TenantTx, chosen: Vec<(Contact, Choice)>) -> Result<Vec<ContactCalled>> {
        let (calls, now) = (self.account.calls, tx.now());
        let made: Result<Vec<(Contact, Option<Run>)>> = chosen
            .into_iter()
            .map(|(contact, choice)| Ok((contact.clone(), self.text(tx, &contact, choice)?)))
            .collect();
        let made = made?;
        // Only now, because from here until the transaction ends no other call of the tenant can start.
        let mut room = usage_room(tx, calls).await?;
        let (mut runs, mut called) = (Vec::new(), Vec::new());
        for (contact, run) in made {
            let Some(run) = run else {
                called.push(ContactCalled::not_callable(&contact, now));
                continue;
            };
            // A failed run does not count as usage.
            let used = i64::from(run.status != "failed");
            if room.is_some_and(|room| room < used) {
                break;
            }
            room = room.map(|room| room - used);
            called.push(ContactCalled::by(&run, &contact, Patience::of(self.campaign), now));
            runs.push(run);
        }
        runs_keep(tx, calls, &runs).await?;
        Ok(called)
    }

    /// Makes one call on the `text` channel. None: the contact's values do not fit the workflow.
    fn text(self, tx: &TenantTx, contact: &Contact, choice: Choice) -> Result<Option<Run>> {
        let product = &self.app.product;
        let new = NewRun {
            id: tx.id(),
            inputs: inputs_of(&choice.workflow.graph.0, &contact.inputs.0),
            callee: Callee::Scripted(Box::new(script(self.campaign, contact))),
            minute: product.cost("text_minute").unwrap_or(Money::zero(product.currency)),
            campaign: Some(self.campaign.id.uuid()),
        };
        callable(run_make(self.account.calls, choice, new, tx.now()))
    }

    /// Creates calls for an engine, which start when the engine accepts them.
    async fn engine_calls(self, tx: &mut TenantTx, chosen: Vec<(Contact, Choice)>) -> Result<Vec<ContactCalled>> {
        let (Account { terms, calls }, now) = (self.account, tx.now());
        let mut room = usage_room(tx, calls).await?;
        let mut called = Vec::new();
        for (contact, choice) in chosen {
            if room == Some(0) {
                break;
            }
            let new = NewCall {
                id: tx.id(),
                inputs: inputs_of(&choice.workflow.graph.0, &contact.inputs.0),
                engine: self.campaign.engine_id.map(EngineId::new),
                phone_number: contact.phone.clone(),
                campaign: Some(self.campaign.id.uuid()),
            };
            let run = call_create(tx, http_minute(self.app), calls, terms, choice, new).await;
            called.push(match callable(run)? {
                Some(run) => {
                    room = room.map(|room| room - 1);
                    ContactCalled::by(&run, &contact, Patience::of(self.campaign), now)
                }
                None => ContactCalled::not_callable(&contact, now),
            });
        }
        Ok(called)
    }
}

/// The list was checked against the versions of its time; a later version may require more inputs.
fn callable(run: Result<Run>) -> Result<Option<Run>> {
    match run {
        Ok(run) => Ok(Some(run)),
        Err(error) if error.is(codes::VALIDATION_FAILED) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Whether there is an engine to conduct the calls.
pub(super) async fn engine_ready(tx: &mut TenantTx, campaign: &Campaign) -> Result<bool> {
    match engine_choose(tx, campaign.engine_id.map(EngineId::new)).await {
        Ok(_) => Ok(true),
        Err(error) if error.is(codes::VALIDATION_FAILED) || error.is(codes::CONFLICT) => Ok(false),
        Err(error) => Err(error),
    }
}

/// The subject by which an experiment assigns a contact to a variant.
fn subject(contact: &Contact) -> String {
    contact.phone.clone().unwrap_or_else(|| contact.id.to_string())
}

/// The script that this contact follows in this try.
fn script(campaign: &Campaign, contact: &Contact) -> Script {
    let scripts = &campaign.scripts.0;
    // The header is line 1.
    let turn = usize::try_from(contact.line - 2 + contact.tries).unwrap_or_default();
    scripts.get(turn % scripts.len().max(1)).cloned().unwrap_or_default()
}
