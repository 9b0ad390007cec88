//! Starting a run: the channel decides whether it is played here as text or conducted by a voice engine.

use freehold_core::{Error, Money, Result};
use freehold_db::TenantTx;
use freehold_jobs::QueueTerms;
use freehold_metering::usage::Allowance;

use crate::{
    callee::Script,
    engine::{
        EngineId,
        call::{NewCall, call_create},
    },
    graph::Variables,
    run::{Callee, NewRun, Run, RunId, run_create},
    split::version_choose,
    workflow::WorkflowId,
};

/// Longest contact, in characters.
const CONTACT: usize = 200;

/// Channel of a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Channel {
    /// As text, with a script or message by message.
    #[default]
    Text,
    /// By a voice engine, over HTTP.
    Http,
}

/// A run to start.
#[derive(Clone, Debug)]
pub struct StartRun {
    /// The run's id.
    pub id: RunId,
    /// The workflow to run.
    pub workflow: WorkflowId,
    /// Version of the workflow; none: the one that a running experiment chooses, or else the current one.
    pub version: Option<i32>,
    /// Channel of the run.
    pub channel: Channel,
    /// The values of the graph's inputs.
    pub inputs: Variables,
    /// Script of the callee; on the channel `Text` only.
    pub script: Option<Script>,
    /// Whether a user plays the callee; on the channel `Text` only.
    pub live: bool,
    /// Identifier of the contact for experiments, 1 to 200 characters; none: the phone number, or the run itself.
    pub contact: Option<String>,
    /// The voice engine; none: the organization's only engine. On the channel `Http` only.
    pub engine: Option<EngineId>,
    /// Number or `sip:` address to call; on the channel `Http` only.
    pub phone_number: Option<String>,
}

/// What the organization's plan allows for a run.
#[derive(Clone, Debug)]
pub struct RunTerms {
    /// What is left of the plan's calls.
    pub allowance: Allowance,
    /// The plan's limits of the job queue.
    pub queue: QueueTerms,
    /// The price of a started minute on the channel `Text`.
    pub text_minute: Money,
    /// The price of a started minute on the channel `Http`.
    pub http_minute: Money,
}

/// Starts a run on its channel, with one call of the plan. A text run with a script has ended when this returns; a
/// call waits until its voice engine accepts it.
///
/// # Errors
/// `validation_failed` for fields that the channel does not have, or that do not fit the workflow; `not_found`;
/// `quota_exceeded`; `conflict`.
pub async fn run_start(tx: &mut TenantTx, terms: &RunTerms, start: StartRun) -> Result<Run> {
    let choice = version_choose(tx, start.workflow, start.version, &start.subject()?).await?;
    match start.channel {
        Channel::Text => {
            let new = start.text(terms.text_minute)?;
            run_create(tx, &terms.allowance, choice, new).await
        }
        Channel::Http => {
            call_create(tx, terms.http_minute, &terms.allowance, &terms.queue, choice, start.call()?).await
        }
    }
}

impl StartRun {
    /// The contact by which an experiment identifies the run.
    fn subject(&self) -> Result<String> {
        match self.contact.as_ref().or(self.phone_number.as_ref()) {
            Some(contact) if !(1..=CONTACT).contains(&contact.chars().count()) => {
                Err(Error::invalid("/contact", format!("expected 1 to {CONTACT} characters")))
            }
            Some(contact) => Ok(contact.clone()),
            None => Ok(self.id.to_string()),
        }
    }

    fn text(self, minute: Money) -> Result<NewRun> {
        for (given, pointer) in [(self.engine.is_some(), "/engine_id"), (self.phone_number.is_some(), "/phone_number")]
        {
            if given {
                return Err(Error::invalid(pointer, "allowed on the channel http only"));
            }
        }
        let callee = callee(self.script, self.live)?;
        Ok(NewRun { id: self.id, inputs: self.inputs, callee, minute, campaign: None })
    }

    fn call(self) -> Result<NewCall> {
        for (given, pointer) in [(self.script.is_some(), "/script"), (self.live, "/live")] {
            if given {
                return Err(Error::invalid(
                    pointer,
                    "not allowed on the channel http, where the voice engine speaks with the callee",
                ));
            }
        }
        let Self { id, inputs, engine, phone_number, .. } = self;
        Ok(NewCall { id, inputs, engine, phone_number, campaign: None })
    }
}

fn callee(script: Option<Script>, live: bool) -> Result<Callee> {
    match (script, live) {
        (Some(script), false) => Ok(Callee::Scripted(Box::new(script))),
        (None, true) => Ok(Callee::Live),
        (None, false) => {
            Err(Error::invalid("/script", "send a script of the callee, or live: true to play the callee yourself"))
        }
        (Some(_), true) => Err(Error::invalid("/live", "send either script or live: true, not both")),
    }
}
