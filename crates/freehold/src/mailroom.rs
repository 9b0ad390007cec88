//! What happens by and by while no job queue does it: mails into the local mailbox, old answers forgotten.

use std::time::Duration;

use freehold_delivery::mailbox::mailbox_deliver;
use freehold_web::{Backbone, forget_old};

/// How often the queue of mails is looked at.
const MAILS: Duration = Duration::from_secs(1);
/// How often old answers are forgotten.
const ANSWERS: Duration = Duration::from_mins(10);

/// Works until it is dropped. Trouble with the database is trouble for the next time.
pub async fn work(backbone: Backbone, mailbox: bool) {
    let mut mails = tokio::time::interval(MAILS);
    let mut answers = tokio::time::interval(ANSWERS);
    loop {
        tokio::select! {
            _ = mails.tick(), if mailbox => deliver(&backbone).await,
            _ = answers.tick() => forget(&backbone).await,
        }
    }
}

async fn deliver(backbone: &Backbone) {
    match mailbox_deliver(&backbone.db, backbone.clock.now()).await {
        Ok(mails) => {
            for received in mails {
                // The code and the link are as good as a password, so the log gets only where they can be read.
                let (to, subject, site) = (&received.to, received.mail.subject(), &backbone.site_url);
                tracing::info!("mail to {to}: {subject} ({site}/dev/mail/{})", received.id);
            }
        }
        Err(error) => tracing::debug!("mails wait in the queue: {error:?}"),
    }
}

async fn forget(backbone: &Backbone) {
    if let Err(error) = forget_old(&backbone.db, backbone.clock.now()).await {
        tracing::debug!("old answers are forgotten next time: {error:?}");
    }
}
