//! The demo, which continues past the limit.

use std::{
    io::Write,
    process::ExitCode,
    sync::{Arc, Mutex},
};

use freehold::demo::demo_to;

use super::shop::Shop;
use crate::harness::app::{Stripe, TestApp};

/// The output of the demo.
#[derive(Clone, Default)]
struct Page(Arc<Mutex<Vec<u8>>>);

impl Write for Page {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

async fn played(url: &str) -> (ExitCode, String) {
    let page = Page::default();
    let code = demo_to(url, Box::new(page.clone())).await;
    let text = String::from_utf8(page.0.lock().unwrap().clone()).unwrap();
    (code, text)
}

#[tokio::test]
async fn the_demo_pays_and_goes_on() {
    let shop = Shop::open(crate::voice().confirming()).await;
    let (code, text) = played(&shop.url).await;
    assert_eq!(code, ExitCode::SUCCESS, "{text}");
    for line in ["It is paid for", "The card is typed in", "The call that was refused", "$29.00, paid"] {
        assert!(text.contains(line), "{line}: {text}");
    }
    assert_eq!(shop.app.count("select count(*) from freehold.subscriptions where status = 'active'").await, 1);
}

#[tokio::test]
async fn the_demo_runs_without_billing() {
    let app = TestApp::with(crate::voice().confirming().paying(Stripe::Off)).await;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let router = app.router.clone().into_make_service_with_connect_info::<std::net::SocketAddr>();
    let serving = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    let (code, text) = played(&url).await;
    serving.abort();
    assert_eq!(code, ExitCode::SUCCESS, "{text}");
    assert!(!text.contains("It is paid for") && text.contains("does not say stop"), "{text}");
}
