//! The actions of the product in the audit, in words.

use freehold_module::AuditAction;

use crate::{CAMPAIGNS, ENGINES, WORKFLOWS};

/// The actions on workflows, experiments, engines and campaigns.
pub(crate) const ALL: &[AuditAction] = &[
    AuditAction::new("workflow.created", WORKFLOWS, "{actor} created the workflow “{detail.name}”"),
    AuditAction::new("workflow.updated", WORKFLOWS, "{actor} changed a workflow"),
    AuditAction::new("workflow.deleted", WORKFLOWS, "{actor} deleted the workflow “{detail.name}”"),
    AuditAction::new("experiment.started", WORKFLOWS, "{actor} started an experiment with a workflow"),
    AuditAction::new("experiment.ended", WORKFLOWS, "{actor} ended an experiment with a workflow"),
    AuditAction::new("engine.created", ENGINES, "{actor} created the voice engine “{detail.name}”"),
    AuditAction::new("engine.updated", ENGINES, "{actor} changed a voice engine"),
    AuditAction::new("engine.deleted", ENGINES, "{actor} deleted a voice engine"),
    AuditAction::new("engine.secret_rotated", ENGINES, "{actor} rotated the secret of a voice engine"),
    AuditAction::new("campaign.created", CAMPAIGNS, "{actor} created the campaign “{detail.name}”"),
    AuditAction::new("campaign.updated", CAMPAIGNS, "{actor} changed a campaign"),
    AuditAction::new("campaign.deleted", CAMPAIGNS, "{actor} deleted the campaign “{detail.name}”"),
    AuditAction::new("campaign.start_requested", CAMPAIGNS, "{actor} started the campaign “{detail.name}”"),
    AuditAction::new("campaign.paused", CAMPAIGNS, "{actor} paused the campaign “{detail.name}”"),
    AuditAction::new("campaign.resumed", CAMPAIGNS, "{actor} resumed the campaign “{detail.name}”"),
    AuditAction::new("campaign.cancelled", CAMPAIGNS, "{actor} cancelled the campaign “{detail.name}”"),
    AuditAction::new("campaign.contacts_imported", CAMPAIGNS, "{actor} added {detail.contacts} contacts to a campaign"),
];
