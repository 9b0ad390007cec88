//! The sign-in pages with sample data.

use freehold_console::{
    Carried, ConfirmPage, FactorPage, ForgotPage, HalfConfirmedPage, ImpersonationPage, InvitationOffer,
    InvitationPage, InvitationReader, InvitationState, LinkExpiredPage, MailPurpose, NewPasswordPage, NoticePage,
    ProviderButton, Purpose, SignInPage, SignInStep, SignInWays, SignUpPage,
};

use super::page_samples::bare;

/// A sign-in mail was sent and is in the local mailbox.
pub(crate) fn sent(purpose: MailPurpose) -> SignInStep {
    SignInStep::CheckMail { local_mailbox: true, purpose }
}

pub(crate) fn carried() -> Carried {
    Carried { redirect_to: Some("https://app.example.org/welcome".to_owned()), organization: None }
}

/// With every sign-in method.
pub(crate) fn sign_in(step: SignInStep, error: Option<&str>) -> SignInPage {
    let provider = |name: &str, label: &str| ProviderButton { name: name.to_owned(), label: label.to_owned() };
    SignInPage {
        shell: bare(),
        ways: SignInWays {
            password: true,
            mail: true,
            sign_up: true,
            providers: vec![provider("google", "Google"), provider("github", "GitHub")],
        },
        step,
        email: "ada@example.org".to_owned(),
        carried: carried(),
        error: error.map(str::to_owned),
    }
}

/// With a link by mail only.
pub(crate) fn sign_in_by_mail() -> SignInPage {
    let ways = SignInWays { password: false, mail: true, sign_up: true, providers: Vec::new() };
    SignInPage { ways, email: String::new(), ..sign_in(SignInStep::AskAddress, None) }
}

/// With a password only.
pub(crate) fn sign_in_by_password() -> SignInPage {
    let ways = SignInWays { password: true, mail: false, sign_up: true, providers: Vec::new() };
    SignInPage { ways, email: String::new(), ..sign_in(SignInStep::AskAddress, None) }
}

pub(crate) fn sign_up(error: Option<&str>) -> SignUpPage {
    SignUpPage {
        shell: bare(),
        closed: false,
        email: String::new(),
        min_length: 8,
        carried: carried(),
        error: error.map(str::to_owned),
    }
}

pub(crate) fn forgot() -> ForgotPage {
    ForgotPage { shell: bare(), email: String::new(), carried: carried(), error: None }
}

pub(crate) fn new_password(error: Option<&str>) -> NewPasswordPage {
    NewPasswordPage {
        shell: bare(),
        email: "ada@example.org".to_owned(),
        first: false,
        min_length: 8,
        ticket: "01ab".to_owned(),
        carried: carried(),
        error: error.map(str::to_owned),
    }
}

pub(crate) fn factor(error: Option<&str>) -> FactorPage {
    FactorPage {
        shell: bare(),
        ticket: "01ab".to_owned(),
        app: true,
        recovery: true,
        carried: carried(),
        error: error.map(str::to_owned),
    }
}

pub(crate) fn confirm() -> ConfirmPage {
    ConfirmPage {
        shell: bare(),
        email: "ada@example.org".to_owned(),
        purpose: Purpose::SignIn,
        token: "pM2vWb9oQ4nT7sYx1cKdLr".to_owned(),
        kind: "magiclink".to_owned(),
        redirect_to: Some("https://app.example.org/welcome".to_owned()),
    }
}

pub(crate) fn notice() -> NoticePage {
    NoticePage {
        shell: bare(),
        title: "Sign in with the application",
        text: "VoiceFX AI signs its users in with its own application. This page cannot do it.".to_owned(),
        link: Some(("https://app.example.org/login".to_owned(), "Go to sign-in")),
    }
}

pub(crate) fn link_expired() -> LinkExpiredPage {
    LinkExpiredPage { shell: bare() }
}

pub(crate) fn impersonation(error: &str) -> ImpersonationPage {
    ImpersonationPage { shell: bare(), error: error.to_owned() }
}

pub(crate) fn half_confirmed() -> HalfConfirmedPage {
    HalfConfirmedPage { shell: bare() }
}

pub(crate) fn offer() -> InvitationOffer {
    InvitationOffer {
        organization: "Bright Dental".to_owned(),
        invited_by: Some("grace@brightdental.example".to_owned()),
        role: "member".to_owned(),
        email: "ada@example.org".to_owned(),
        until: "28 November 2026".to_owned(),
    }
}

pub(crate) fn invitation(reader: InvitationReader) -> InvitationPage {
    InvitationPage { shell: bare(), state: InvitationState::Open { offer: offer(), reader }, error: None }
}

/// The invitation page for every kind of visitor.
pub(crate) fn invitations() -> Vec<(&'static str, InvitationPage)> {
    let state = |state| InvitationPage { shell: bare(), state, error: None };
    vec![
        ("invitation", invitation(InvitationReader::SignedOut { carried: carried(), sign_up: true })),
        ("invitation-invited", invitation(invited())),
        (
            "invitation-other",
            invitation(InvitationReader::Other { email: "eve@example.net".to_owned(), carried: carried() }),
        ),
        ("invitation-gone", state(InvitationState::Gone)),
        ("invitation-joined", state(InvitationState::Joined { organization: "Bright Dental".to_owned() })),
    ]
}

/// The invited user opens it.
pub(crate) fn invited() -> InvitationReader {
    InvitationReader::Invited {
        email: "ada@example.org".to_owned(),
        invitation: "inv_00".to_owned(),
        token: "01ab".to_owned(),
    }
}
