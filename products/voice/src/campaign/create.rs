//! Creating a campaign.

use freehold_core::{Error, Result};
use freehold_db::{
    JsonText, TenantTx,
    audit::{NewEntry, audit_append},
};
use freehold_metering::usage::{Allowance, usage_record};
use serde::{Deserialize, Serialize};
use serde_json::json;
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

/// The channel of a campaign's calls.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CampaignChannel {
    /// As text: callees answer from scripts, without a phone.
    #[default]
    Text,
    /// By a voice engine.
    Http,
}

/// A campaign to be created.
#[derive(Clone, Debug)]
pub struct NewCampaign {
    /// The campaign's id.
    pub id: CampaignId,
    /// The campaign's terms.
    pub terms: CampaignTerms,
    /// The workflow that runs for each contact.
    pub workflow: WorkflowId,
    /// The version of the workflow; none: the current one.
    pub version: Option<i32>,
    /// Whether the running experiment of the workflow chooses the version: its variants divide the contacts.
    pub split: bool,
    /// How calls are made.
    pub channel: CampaignChannel,
    /// The engine of the `http` channel; none: the organization's only engine.
    pub engine: Option<Uuid>,
    /// The scripts that callees follow on the `text` channel, used in turn by contact and try. None: a script that says
    /// yes to every question.
    pub scripts: Option<Vec<Script>>,
}

/// Creates a campaign, if the plan's limit allows one more. It is a draft: contacts are added next, then it is started.
pub async fn campaign_create(tx: &mut TenantTx, allowance: &Allowance, new: NewCampaign) -> Result<Campaign> {
    let tenant = tx.caller().tenant();
    let terms = new.terms.checked()?;
    let workflow = workflow_find(tx, new.workflow).await?;
    let version = match (new.split, new.version) {
        (true, Some(_)) => return Err(Error::invalid("/split", "send either version or split: true, not both")),
        (true, None) => None,
        (false, version) => Some(version.unwrap_or(workflow.version)),
    };
    let graphs = campaign_graphs(tx, new.workflow, version).await?;
    if new.split && graphs.len() < 2 {
        return Err(Error::invalid("/split", "this workflow has no running experiment: start one, or send a version"));
    }
    let scripts = scripts_check(new.scripts, new.channel, &graphs)?;
    usage_record(tx, allowance, new.id.uuid(), 1).await?;
    let CampaignTerms { name, concurrency, schedule, default_country, retry } = terms;
    let (channel, engine) = match new.channel {
        CampaignChannel::Text => ("text", None),
        CampaignChannel::Http => ("http", new.engine),
    };
    let insert = store::campaign_insert(store::CampaignRow {
        tenant,
        id: new.id,
        name: &name,
        workflow: new.workflow,
        version,
        channel,
        engine,
        concurrency,
        schedule: JsonText(schedule),
        default_country,
        tries: retry.tries,
        retry_minutes: retry.wait_minutes,
        scripts: JsonText(scripts),
    });
    let campaign = tx.fetch_one(insert).await?;
    let entry = NewEntry::new(tx.id(), "campaign.created", new.id).detail(json!({ "name": campaign.name }));
    audit_append(tx, entry).await?;
    Ok(campaign)
}

/// The graphs that contacts of a campaign may run with.
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
            return Err(Error::invalid("/scripts", "allowed on the channel text only"));
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

/// A script that says yes to every question.
fn agreeable() -> Script {
    Script { rules: vec![Rule { reply: "Yes.".to_owned(), ..Rule::default() }], ..Script::default() }
}
