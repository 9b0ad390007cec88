//! Where a campaign stands, and what can be done with it there.

use std::str::FromStr;

use freehold_core::{Error, Result, codes};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Where a campaign stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CampaignStatus {
    /// It was made, and waits to be started.
    Draft,
    /// It was started, and begins at its time.
    Scheduled,
    /// It calls, or waits for calling hours.
    Running,
    /// Somebody paused it: it goes on when it is resumed.
    Paused,
    /// It stopped by itself (`reason` says why) and goes on by itself when that is mended.
    Stopped,
    /// Everybody was called.
    Completed,
    /// Somebody cancelled it: whoever was not called will not be.
    Cancelled,
    /// It cannot go on; `reason` says why.
    Failed,
}

/// Why a campaign stopped or failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CampaignReason {
    /// The plan's calls are used up. It goes on when there are more: in the next month, or on another plan.
    QuotaExceeded,
    /// The organization is suspended. It goes on when that is lifted.
    SubscriptionSuspended,
    /// The campaign's engine is not there or not enabled. It goes on when one is.
    EngineUnavailable,
    /// The workflow was deleted.
    WorkflowDeleted,
}

/// What somebody does with a campaign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    /// Lets a new one call.
    Start,
    /// Holds it; calls under way end.
    Pause,
    /// Lets it go on.
    Resume,
    /// Ends it; calls under way end.
    Cancel,
}

/// What a command leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// The campaign is already there: nothing is to be done.
    Already,
    /// It runs from now on, or from its time.
    Goes,
    /// It is then this.
    Becomes(CampaignStatus),
}

use CampaignStatus as Status;

impl CampaignStatus {
    /// All of them.
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

    /// Its name in the database and in JSON.
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

    /// Whether nothing changes it any more.
    pub fn is_over(self) -> bool {
        matches!(self, Self::Completed | Self::Cancelled | Self::Failed)
    }

    /// Whether it calls by itself, now or in time.
    pub fn is_going(self) -> bool {
        matches!(self, Self::Scheduled | Self::Running)
    }

    /// What the command leads to from here; `conflict`, saying what can be done instead, where it leads nowhere.
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
            (Command::Pause, Status::Draft) => Err(refused(self, "it calls nobody until it is started")),
            (Command::Resume, Status::Draft) => Err(refused(self, "start it")),
            (_, _) => Err(refused(self, "make another one to call again")),
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
    /// Its name in the database and in JSON.
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
            .map(|status| format!("409: The campaign is {status}: make another one to call again."));
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
                "409: The campaign is still a draft: it calls nobody until it is started.",
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
