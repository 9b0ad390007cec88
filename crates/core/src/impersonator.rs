//! An operator who works in an organization as one of its members.

use crate::{Action, Area, Error, ImpersonationId, OperatorId, Permission, Result, codes};

/// An operator who works in an organization as one of its members.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Impersonator {
    /// Id of the operator.
    pub operator: OperatorId,
    /// Id of the operator's session in the organization.
    pub session: ImpersonationId,
    /// Whether the session may change what the product, files and jobs have; otherwise it only reads.
    pub writes: bool,
}

impl Impersonator {
    /// The message for a change in a read-only session.
    pub const READ_ONLY: &str =
        "The operator's session in this organization is read-only. Start a full session to change something.";

    /// Succeeds when an operator may do this in an organization. Nothing that could outlast the session, and nothing
    /// that is the members' own decision: keys, members, settings, payments and webhook endpoints.
    ///
    /// # Errors
    /// `permission_denied`.
    #[track_caller]
    pub fn permits(self, permission: Permission) -> Result<()> {
        let refuse = |message: String| Err(Error::new(codes::PERMISSION_DENIED, message));
        let Permission { action: Action::Write, area } = permission else { return Ok(()) };
        if !self.writes {
            return refuse(Self::READ_ONLY.to_owned());
        }
        if matches!(area, Area::Product(_) | Area::Files | Area::Jobs) {
            return Ok(());
        }
        refuse(format!(
            "Operators do not change {} in a customer's name. Ask a member of the organization, or use the operator API.",
            area.name()
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Bounds, Caller, Id, Plan, Role, Standing};

    fn caller(writes: bool) -> Caller {
        let impersonator = Impersonator { operator: Id::new(uuid(1)), session: Id::new(uuid(2)), writes };
        let plan = Plan { id: "free".to_owned(), version: 1 };
        Caller::operator(Id::new(uuid(3)), impersonator, Bounds::of_role(Role::Owner), plan, Standing::Good)
    }

    fn uuid(number: u128) -> uuid::Uuid {
        uuid::Uuid::from_u128(number)
    }

    const AREAS: [Area; 10] = [
        Area::Organization,
        Area::Members,
        Area::Keys,
        Area::Usage,
        Area::Billing,
        Area::Jobs,
        Area::Events,
        Area::Webhooks,
        Area::Files,
        Area::Product("workflows"),
    ];

    #[test]
    fn a_read_only_session_reads_everything_and_changes_nothing() {
        for area in AREAS {
            caller(false).allow(Permission::read(area)).unwrap();
            assert!(caller(false).allow(Permission::write(area)).is_err(), "{}", area.name());
            assert!(caller(false).allow_taking_away(Permission::write(area)).is_err(), "{}", area.name());
        }
        assert!(caller(false).is_read_only());
    }

    #[test]
    fn a_full_session_changes_the_products_data_alone_and_never_as_an_owner() {
        let allowed = AREAS.iter().filter(|area| caller(true).allow(Permission::write(**area)).is_ok());
        assert_eq!(allowed.map(|area| area.name()).collect::<Vec<_>>(), ["jobs", "files", "workflows"]);
        let caller = caller(true);
        assert_eq!((caller.role(), caller.user(), caller.behind()), (Role::Admin, None, None));
        assert!(!caller.is_read_only());
    }
}
