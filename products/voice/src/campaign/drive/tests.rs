use super::*;

fn at(minutes: i64) -> Timestamp {
    Timestamp::UNIX_EPOCH + SignedDuration::from_mins(minutes)
}

const NOW: i64 = 1_000;

fn facts() -> Facts {
    Facts {
        status: CampaignStatus::Running,
        suspended: false,
        start_at: None,
        runnable: true,
        ahead: Ahead { due: 30, next_due: None, calling: 0 },
    }
}

#[track_caller]
fn expect(facts: Facts, step: Step) {
    assert_eq!(facts.step(at(NOW)), step, "{facts:?}");
}

#[test]
fn a_campaign_calls_while_contacts_are_due_and_the_hours_allow() {
    let Facts { ahead, .. } = facts();
    expect(facts(), Step::Call(30));
    expect(Facts { ahead: Ahead { calling: 10, ..ahead }, ..facts() }, Step::Call(30));
    // Contacts in other zones continue to wait meanwhile.
    expect(Facts { ahead: Ahead { next_due: Some(at(NOW + 90)), ..ahead }, ..facts() }, Step::Call(30));
}

#[test]
fn a_campaign_waits_for_the_next_try_and_for_hours_after_it() {
    let later = Ahead { due: 0, next_due: Some(at(NOW + 60)), calling: 0 };
    expect(Facts { ahead: later, ..facts() }, Step::Wait(at(NOW + 60)));
    let never = Ahead { next_due: Some(Timestamp::MAX), ..later };
    expect(Facts { ahead: never, ..facts() }, Step::Wait(Timestamp::MAX));
}

#[test]
fn a_campaign_looks_every_second_while_calls_are_under_way() {
    let calling = Ahead { due: 0, next_due: None, calling: 3 };
    expect(Facts { ahead: calling, ..facts() }, Step::Wait(at(NOW) + LOOKS));
    let closed = Facts { ahead: Ahead { next_due: Some(at(NOW + 90)), ..calling }, ..facts() };
    expect(closed, Step::Wait(at(NOW) + LOOKS));
    for status in [CampaignStatus::Paused, CampaignStatus::Cancelled, CampaignStatus::Stopped, CampaignStatus::Failed] {
        expect(Facts { status, ahead: calling, ..facts() }, Step::Wait(at(NOW) + LOOKS));
        expect(Facts { status, ..facts() }, Step::End);
    }
}

#[test]
fn a_campaign_is_complete_when_no_contact_is_left() {
    expect(Facts { ahead: Ahead::default(), ..facts() }, Step::Complete);
}

#[test]
fn a_campaign_begins_at_its_time() {
    let scheduled = Facts { status: CampaignStatus::Scheduled, start_at: Some(at(NOW + 5)), ..facts() };
    expect(scheduled, Step::Wait(at(NOW + 5)));
    expect(Facts { start_at: Some(at(NOW)), ..scheduled }, Step::Begin);
    expect(Facts { start_at: None, ..scheduled }, Step::Begin);
}

#[test]
fn without_its_workflow_a_campaign_fails() {
    for status in [CampaignStatus::Scheduled, CampaignStatus::Running] {
        expect(Facts { status, runnable: false, ..facts() }, Step::Fail(CampaignReason::WorkflowDeleted));
    }
    expect(Facts { status: CampaignStatus::Paused, runnable: false, ..facts() }, Step::End);
}

#[test]
fn a_suspended_organization_calls_no_contact() {
    for status in [CampaignStatus::Scheduled, CampaignStatus::Running] {
        expect(Facts { status, suspended: true, ..facts() }, Step::Stop(CampaignReason::SubscriptionSuspended));
    }
    expect(Facts { status: CampaignStatus::Paused, suspended: true, ..facts() }, Step::End);
}

#[test]
fn lanes_never_call_more_at_the_same_time_than_the_campaign_may() {
    for concurrency in 1..=100 {
        let campaign = Lanes::new("text", concurrency);
        let at_once = campaign.for_contacts(100_000).count() * usize::try_from(campaign.lot).expect("small");
        let most = usize::try_from(concurrency).expect("small");
        assert!(at_once <= most && at_once * 2 > most, "{concurrency}: {at_once}");
    }
    let lanes = Lanes::new("text", 100);
    assert_eq!([0, 1, 25, 26, 100, 101].map(|due| lanes.for_contacts(due).count()), [0, 1, 1, 2, 4, 4]);
    assert_eq!(Lanes::new("http", 100).for_contacts(100_000).count(), 1);
}
