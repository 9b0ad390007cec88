//! The states of a campaign, and the commands possible in each.

use std::str::FromStr;

use freehold_core::{Error, Result, codes};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// State of a campaign.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CampaignStatus {
    /// Created, not yet started.
    Draft,
    /// Started, waiting for its `start_at`.
    Scheduled,
    /// Making calls, or waiting for calling hours.
    Running,
    /// Paused by a user, until it is resumed.
    Paused,
    /// Stopped by itself for the `reason`; continues by itself when the cause is removed.
    Stopped,
    /// All contacts were called.
    Completed,
    /// Cancelled by a user; the remaining contacts are not called.
    Cancelled,
    /// Failed for the `reason`; it cannot continue.
    Failed,
}

/// The reason for which a campaign stopped or failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CampaignReason {
    /// The plan's calls are used up. The campaign continues when there are more: next month, or on another plan.
    QuotaExceeded,
    /// The organization is suspended. The campaign continues when it no longer is.
    SubscriptionSuspended,
    /// The voice engine is missing or disabled. The campaign continues when one is enabled.
    EngineUnavailable,
    /// The workflow was deleted.
    WorkflowDeleted,
}

/// A command of a member to a campaign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    /// Starts a new campaign.
    Start,
    /// Pauses the campaign; calls in progress continue to their end.
    Pause,
    /// Resumes a paused campaign.
    Resume,
    /// Cancels the campaign; calls in progress continue to their end.
    Cancel,
}

/// The result of a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// The campaign already has that status, so nothing is to be done.
    Already,
    /// The campaign runs, now or from its start time.
    Goes,
    /// The campaign gets this status.
    Becomes(CampaignStatus),
}

use CampaignStatus as Status;

impl CampaignStatus {
    /// All statuses.
    pub const ALL: [Self; 8] = [
        Self::Draft,
        Self::Scheduled,
        Self::Running,
        Self::Paused,
        Self::Stopped,
        Self::Completed,
        Self::Cancelled,
        Self::Failed,
    ];

    /// The name in the database and in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Scheduled => "scheduled",
            Self::Running => "running",
            Self::Paused => "paused",
            Self::Stopped => "stopped",
            Self::Completed => "completed",
            Self::Cancelled => "cancelled",
            Self::Failed => "failed",
        }
    }

    /// Whether the status is final.
    pub fn is_over(self) -> bool {
        matches!(self, Self::Completed | Self::Cancelled | Self::Failed)
    }

    /// Whether the campaign calls by itself, now or later.
    pub fn is_going(self) -> bool {
        matches!(self, Self::Scheduled | Self::Running)
    }

    /// The result of the command in this status; `conflict`, with what is possible instead, when the command is not.
    pub(crate) fn after(self, command: Command) -> Result<Outcome> {
        let goes = self.is_going();
        match (command, self) {
            (Command::Start, Status::Draft) | (Command::Resume, Status::Paused | Status::Stopped) => Ok(Outcome::Goes),
            (Command::Start | Command::Resume, _) if goes => Ok(Outcome::Already),
            (Command::Pause, Status::Paused) | (Command::Cancel, Status::Cancelled) => Ok(Outcome::Already),
            (Command::Pause, Status::Stopped) => Ok(Outcome::Becomes(Status::Paused)),
            (Command::Pause, _) if goes => Ok(Outcome::Becomes(Status::Paused)),
            (Command::Cancel, _) if !self.is_over() => Ok(Outcome::Becomes(Status::Cancelled)),
            (Command::Start, Status::Paused | Status::Stopped) => Err(refused(self, "resume it")),
            (Command::Pause, Status::Draft) => Err(refused(self, "it makes no calls before it is started")),
            (Command::Resume, Status::Draft) => Err(refused(self, "start it")),
            (_, _) => Err(refused(self, "create another campaign to call again")),
        }
    }
}

fn refused(status: CampaignStatus, instead: &str) -> Error {
    let name = match status {
        Status::Draft => "still a draft",
        other => other.name(),
    };
    Error::new(codes::CONFLICT, format!("The campaign is {name}: {instead}."))
}

impl FromStr for CampaignStatus {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let found = Self::ALL.into_iter().find(|status| status.name() == text);
        found.ok_or_else(|| Error::internal(format!("a campaign that is {text:?}")))
    }
}

impl CampaignReason {
    /// The name in the database and in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::QuotaExceeded => "quota_exceeded",
            Self::SubscriptionSuspended => "subscription_suspended",
            Self::EngineUnavailable => "engine_unavailable",
            Self::WorkflowDeleted => "workflow_deleted",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leads(command: Command) -> Vec<String> {
        let told = |status: Status| match status.after(command) {
            Ok(Outcome::Already) => "already".to_owned(),
            Ok(Outcome::Goes) => "goes".to_owned(),
            Ok(Outcome::Becomes(status)) => status.name().to_owned(),
            Err(error) => format!("{}: {error}", error.code().status),
        };
        Status::ALL.into_iter().map(told).collect()
    }

    #[test]
    fn what_every_command_leads_to_from_everywhere() {
        let over = ["completed", "cancelled", "failed"]
            .map(|status| format!("409: The campaign is {status}: create another campaign to call again."));
        assert_eq!(
            leads(Command::Start),
            [
                "goes",
                "already",
                "already",
                "409: The campaign is paused: resume it.",
                "409: The campaign is stopped: resume it.",
                &over[0],
                &over[1],
                &over[2]
            ]
        );
        assert_eq!(
            leads(Command::Pause),
            [
                "409: The campaign is still a draft: it makes no calls before it is started.",
                "paused",
                "paused",
                "already",
                "paused",
                &over[0],
                &over[1],
                &over[2]
            ]
        );
        assert_eq!(
            leads(Command::Resume),
            [
                "409: The campaign is still a draft: start it.",
                "already",
                "already",
                "goes",
                "goes",
                &over[0],
                &over[1],
                &over[2]
            ]
        );
        let gone = "cancelled";
        assert_eq!(leads(Command::Cancel), [gone, gone, gone, gone, gone, &over[0], "already", &over[2]]);
    }

    #[test]
    fn names_read_back() {
        for status in Status::ALL {
            assert_eq!(status.name().parse::<Status>().expect("its own name"), status);
            assert_eq!(serde_json::to_value(status).expect("it writes"), status.name());
        }
        assert!("gone".parse::<Status>().is_err());
    }
}
