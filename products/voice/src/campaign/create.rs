//! Making a campaign.

use freehold_core::{Error, Result, TenantId};
use freehold_db::{JsonText, TenantTx};
use freehold_metering::usage::{Allowance, usage_record};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::{Campaign, CampaignId, CampaignTerms, store};
use crate::{
    callee::{self, Rule, Script},
    field_errors,
    graph::Graph,
    split::graph_candidates,
    workflow::{WorkflowId, version_find, workflow_find},
};

/// Most scripts of one campaign.
pub const SCRIPTS_MAX: usize = 20;

/// How calls are made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CampaignChannel {
    /// Without a telephone: callees answer from scripts.
    #[default]
    Text,
    /// By a voice engine.
    Http,
}

/// A campaign to be made.
#[derive(Clone, Debug)]
pub struct NewCampaign {
    /// Which.
    pub id: CampaignId,
    /// How it calls.
    pub terms: CampaignTerms,
    /// What is run with each contact.
    pub workflow: WorkflowId,
    /// In which version; none: the current one.
    pub version: Option<i32>,
    /// Instead of a version: contacts are divided among the variants of the split that runs for the workflow.
    pub split: bool,
    /// How calls are made.
    pub channel: CampaignChannel,
    /// The engine of the `http` channel, where there are several.
    pub engine: Option<Uuid>,
    /// What callees say on the text channel, taken in turn by contact and try. None: yes to everything.
    pub scripts: Option<Vec<Script>>,
}

/// Makes a campaign, if the plan has room for one more. It is a draft: contacts come next, then it is started.
pub async fn campaign_create(
    tx: &mut TenantTx,
    allowance: &Allowance,
    tenant: TenantId,
    new: NewCampaign,
    now: Timestamp,
) -> Result<Campaign> {
    let terms = new.terms.checked()?;
    let workflow = workflow_find(tx, new.workflow).await?;
    let version = match (new.split, new.version) {
        (true, Some(_)) => return Err(Error::invalid("/split", "name a version, or let a split choose, not both")),
        (true, None) => None,
        (false, version) => Some(version.unwrap_or(workflow.version)),
    };
    let graphs = campaign_graphs(tx, new.workflow, version).await?;
    if new.split && graphs.len() < 2 {
        return Err(Error::invalid("/split", "no split runs for this workflow; start one, or name a version"));
    }
    let scripts = scripts_check(new.scripts, new.channel, &graphs)?;
    usage_record(tx, allowance, new.id.uuid(), 1, now).await?;
    let CampaignTerms { name, concurrency, schedule, default_country, retry } = terms;
    let (channel, engine) = match new.channel {
        CampaignChannel::Text => ("text", None),
        CampaignChannel::Http => ("http", new.engine),
    };
    tx.fetch_one(store::campaign_insert(
        tenant,
        new.id,
        &name,
        new.workflow,
        version,
        channel,
        engine,
        concurrency,
        JsonText(schedule),
        default_country,
        retry.tries,
        retry.wait_minutes,
        JsonText(scripts),
        now,
    ))
    .await
}

/// The graphs that contacts of a campaign may be run with.
pub(crate) async fn campaign_graphs(
    tx: &mut TenantTx,
    workflow: WorkflowId,
    version: Option<i32>,
) -> Result<Vec<Graph>> {
    let Some(version) = version else { return graph_candidates(tx, workflow).await };
    let unknown = || Error::invalid("/version", format!("this workflow has no version {version}"));
    Ok(vec![version_find(tx, workflow, version).await?.ok_or_else(unknown)?])
}

fn scripts_check(scripts: Option<Vec<Script>>, channel: CampaignChannel, graphs: &[Graph]) -> Result<Vec<Script>> {
    let scripts = match (scripts, channel) {
        (None, CampaignChannel::Http) => return Ok(Vec::new()),
        (Some(_), CampaignChannel::Http) => {
            return Err(Error::invalid("/scripts", "people who are really called follow no script"));
        }
        (None, CampaignChannel::Text) => vec![agreeable()],
        (Some(scripts), CampaignChannel::Text) => scripts,
    };
    if !(1..=SCRIPTS_MAX).contains(&scripts.len()) {
        return Err(Error::invalid("/scripts", format!("expected 1 to {SCRIPTS_MAX} scripts")));
    }
    let mut problems = Vec::new();
    for (at, script) in scripts.iter().enumerate() {
        let found = graphs.iter().map(|graph| callee::validate(script, graph)).find(|found| !found.is_empty());
        problems.extend(field_errors(found.unwrap_or_default(), &format!("/scripts/{at}")));
    }
    if problems.is_empty() { Ok(scripts) } else { Err(Error::invalid_fields(problems)) }
}

/// A callee who says yes to every question.
fn agreeable() -> Script {
    Script { rules: vec![Rule { reply: "Yes.".to_owned(), ..Rule::default() }], ..Script::default() }
}
