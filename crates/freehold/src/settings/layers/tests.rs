use super::*;
use crate::settings::file::File;

fn told(text: &str, variables: &[(&str, &str)]) -> Vec<String> {
    let shape = Shape::of::<File>();
    let mut layers = Layers::new(&shape, vec!["DATABASE_URL".to_owned(), "FREEHOLD_SECRET_KEY".to_owned()]).unwrap();
    layers.text("freehold.toml", text);
    let owned = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    layers.environment(&Environment::of(owned), Vec::new());
    let _ = layers.settle::<File>().unwrap();
    layers.finish().unwrap_err().downcast::<Mistakes>().unwrap().0
}

#[test]
fn every_mistake_is_told_with_its_line() {
    let text = "lisen = \"x\"\n\n[database]\nconections = 4\nwait_seconds = \"long\"\n\n[auth]\nautoconfirm = 1\n";
    let mistakes = told(text, &[("FREEHOLD_MAIL_MAILBOX", "often"), ("FREEHOLD_WORK_SLOTS", "-1")]);
    assert_eq!(
        mistakes,
        [
            "freehold.toml, line 1: there is no setting lisen. Did you mean listen?",
            "freehold.toml, line 4: there is no setting conections in [database]. Did you mean connections?",
            "freehold.toml, line 5: wait_seconds in [database] is \"long\". Write a whole number.",
            "freehold.toml, line 8: autoconfirm in [auth] is 1. Write true or false.",
            "FREEHOLD_MAIL_MAILBOX is \"often\". Write one of local, always, never.",
            "FREEHOLD_WORK_SLOTS is -1. It is out of range. Write a whole number from 0.",
        ]
    );
}

#[test]
fn a_secret_in_the_file_is_sent_to_the_environment_and_not_repeated() {
    for text in [
        "DATABASE_URL = \"postgres://app:hunter2@h/d\"",
        "database_url = \"postgres://app:hunter2@h/d\"",
        "[database]\nurl = \"postgres://app:hunter2@h/d\"",
        "secret_key = \"hunter2\"",
        "[auth.providers.google]\nclient_secret = \"hunter2\"",
    ] {
        let mistakes = told(text, &[]);
        assert!(mistakes.len() == 1 && mistakes[0].contains("stand in the environment"), "{text}: {mistakes:?}");
        assert!(!mistakes[0].contains("hunter2"), "{mistakes:?}");
    }
}

#[test]
fn a_key_in_the_wrong_section_is_led_to_the_right_one() {
    assert_eq!(
        told("signup_disabled = true", &[]),
        ["freehold.toml, line 1: there is no setting signup_disabled. Did you mean signup_disabled in [auth]?"]
    );
    assert!(told("[webhooks]\non = true", &[])[0].contains("There are listen, site_url"));
    assert!(told("auth = 5", &[])[0].contains("freehold.toml, line 1: auth is 5. Write a section"));
    assert!(told("product = \n", &[])[0].starts_with("freehold.toml, line 1: "));
    assert!(told("a = 1\na = 1", &[]).iter().any(|told| told.contains("line 2")));
}

#[test]
fn the_environment_goes_over_the_file_and_the_command_line_over_both() {
    let shape = Shape::of::<File>();
    let mut layers = Layers::new(&shape, Vec::new()).unwrap();
    layers.text(
        "freehold.toml",
        "product = \"studio\"\n[work]\nslots = 3\n[auth.providers.\"custom:acme-eu\"]\nissuer = \"i\"",
    );
    let variables = [
        ("FREEHOLD_WORK_SLOTS", "4"),
        ("FREEHOLD_PRODUCT", "voice"),
        ("FREEHOLD_AUTH_REDIRECT_URLS", "a,b"),
        ("FREEHOLD_AUTH_PROVIDERS_CUSTOM_ACME_EU_CLIENT_ID", "us"),
        ("FREEHOLD_BILLING_PRICES", "{ price_1 = \"pro\" }"),
    ];
    let owned = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    layers.environment(&Environment::of(owned), Vec::new());
    layers.option("--product", &["product"], Some("documents".to_owned()));
    let file: File = layers.settle().unwrap();
    layers.finish().unwrap();
    assert_eq!((file.work.slots, file.product.as_str()), (4, "documents"));
    assert_eq!(file.auth.redirect_urls, ["a", "b"]);
    let acme = &file.auth.providers["custom:acme-eu"];
    assert_eq!((acme.issuer.as_str(), acme.client_id.as_str()), ("i", "us"));
    let every = layers.every();
    let row = |key: &str| every.iter().find(|(found, ..)| found == key).unwrap().clone();
    assert_eq!(row("work.slots").2, Origin::Variable("FREEHOLD_WORK_SLOTS".to_owned()));
    assert_eq!(row("product").2, Origin::CommandLine("--product"));
    assert_eq!(row("data"), ("data".to_owned(), "\".freehold\"".to_owned(), Origin::Default));
    assert!(row("billing.prices").1.contains("price_1"));
}
