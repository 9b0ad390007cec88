//! After the plan's limit is reached, the customer pays and continues.

use std::{net::IpAddr, time::Duration};

use freehold_web::demo::{Answer, Badge, Broken, Play, Played, Request, Step, text};
use serde_json::json;
use url::Url;

use super::{
    conversation::sample_request,
    workflow::{Template, Workflow},
};

/// The plan to buy.
const PLAN: &str = "starter";
/// The card typed into the page: a test card that always works and moves no money.
const PAYER: [(&str, &str); 3] =
    [("email", "ann@riverside-dental.example"), ("card_number", "4242424242424242"), ("name", "Ann Chairside")];
/// How often the demo checks whether the payment has arrived, and the pause in between.
const LOOKS: u32 = 1200;
const PAUSE: Duration = Duration::from_millis(100);

/// Buys a plan on the page that a customer would use, and repeats the request that the limit refused.
pub(super) async fn purchase(play: &mut Play, key: &Badge, workflow: &Workflow, template: &Template) -> Played<()> {
    let body = json!({ "plan": PLAN, "interval": "month" });
    let step = Step::new(
        "A decides to pay",
        Request::post("/api/v1/billing/checkout", body).with(key),
        201,
        "A page of Stripe's, made for this organization and this plan.",
    );
    let page = play.step(step).await?;
    let page = play.need(&page, "/url")?;
    if !is_sandbox(&page) {
        play.printer.note(&format!("The page: {page}"));
        play.printer.note(
            "That is the real Stripe and no sandbox on this machine, so the demo pays nothing and leaves the plan as it is. \
             Open the page yourself to go on; with a test key the card 4242 4242 4242 4242 works.",
        );
        return Ok(());
    }
    pay(play, &page).await?;
    arrival(play, key).await?;

    let meaning = "What was refused a moment ago is done.";
    play.step(Step::new("The call that was refused", sample_request(workflow, key, template), 201, meaning)).await?;
    invoice(play, key).await
}

/// Fills in the page as a customer does.
async fn pay(play: &mut Play, page: &str) -> Played<()> {
    let step =
        Step::new("The page opens", Request::get(page), 200, "What a person sees: plan, price, a form for a card.");
    let answer = play.step(step).await?;
    let asks = answer.body.as_str().is_some_and(|html| html.contains("card_number"));
    play.hold("it asks for a card", true, asks);
    let step = Step::new(
        "The card is typed in",
        Request::submit(page, PAYER.to_vec()),
        303,
        "Paid. The page leads back to the server, and Stripe tells it by a webhook:",
    );
    let answer = play.step(step).await?;
    play.hold("it leads back to /billing", true, answer.header("location").contains("/billing"));
    Ok(())
}

/// Waits until the webhook has been processed.
async fn arrival(play: &mut Play, key: &Badge) -> Played<()> {
    let request = Request::get("/api/v1/billing/subscription").with(key);
    let step = Step::new("Has the payment arrived?", request, 200, "The plan is the new one, and its limits hold.");
    play.announce(&step);
    for look in 1..=LOOKS {
        let found = play.client.send(&step.request).await;
        if let Ok(answer) = found
            && answer.text("/plan") == PLAN
        {
            play.printer.good(&step);
            told(play, &answer, look);
            return Ok(());
        }
        tokio::time::sleep(PAUSE).await;
    }
    let waited = PAUSE.saturating_mul(LOOKS).as_secs();
    play.fail(&format!("the plan {PLAN}"), &format!("none after {waited} s; /dev/billing shows what Stripe told"));
    Err(Broken)
}

fn told(play: &mut Play, answer: &Answer, look: u32) {
    let until = answer.text("/period_end").split('T').next().unwrap_or_default();
    let looks = if look == 1 { "It was there at the first look".to_owned() } else { format!("It took {look} looks") };
    play.printer.note(&format!("{looks}. Paid until {until}, then again every {}.", answer.text("/interval")));
    play.hold("the state is active", "active", answer.text("/state"));
}

async fn invoice(play: &mut Play, key: &Badge) -> Played<()> {
    let request = Request::get("/api/v1/billing/invoices").with(key);
    let answer = play.step(Step::new("The invoice", request, 200, "With its page and its paper:")).await?;
    let (minor, currency) = (answer.number("/data/0/total/minor"), answer.text("/data/0/total/currency"));
    let total = text::money(minor.unwrap_or_default(), currency);
    play.printer.note(&format!("{}: {total}, {}", answer.text("/data/0/number"), answer.text("/data/0/status")));
    play.printer.note(answer.text("/data/0/url"));
    play.hold("it is paid", "paid", answer.text("/data/0/status"));
    Ok(())
}

/// Whether the page is on this machine, which means that a sandbox replaces Stripe. Stripe's own pages never are.
fn is_sandbox(page: &str) -> bool {
    let Ok(url) = Url::parse(page) else { return false };
    let host = url.host_str().unwrap_or_default();
    let address: Option<IpAddr> = host.trim_matches(['[', ']']).parse().ok();
    host == "localhost" || address.is_some_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_paid_where_money_could_move() {
        for page in ["http://127.0.0.1:12111/c/pay/cs_1", "http://localhost:9/c/pay/cs_1", "http://[::1]:9/"] {
            assert!(is_sandbox(page), "{page}");
        }
        for page in ["https://checkout.stripe.com/c/pay/cs_live_1", "https://127.0.0.1.example.com/", "", "cs_1"] {
            assert!(!is_sandbox(page), "{page}");
        }
    }
}
