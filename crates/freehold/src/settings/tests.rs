use freehold_module::TypedSetting;

use super::*;

#[test]
fn the_defaults_read_and_say_what_the_help_says() {
    let settings = Options { config: Some("/dev/null".into()), ..Options::default() };
    let settings = settings.resolve_in(&Environment::default()).unwrap();
    assert_eq!(settings.listen.to_string(), "127.0.0.1:8080");
    assert_eq!(settings.product, "voice");
    assert_eq!(settings.data, PathBuf::from(".freehold"));
    assert_eq!(settings.site_url, None);
    assert_eq!(settings.auth, AuthSettings::default(), "[auth] of the file and of the identity room differ");
}

#[test]
fn a_mistake_in_the_file_is_named() {
    let folder = std::env::temp_dir().join(format!("freehold-settings-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join("freehold.toml");
    for (text, expected) in [
        ("lisen = \"x\"", "lisen"),
        ("listen = \"localhost\"", "line 1: listen is \"localhost\". It has no port."),
        ("site_url = \"https://app.example.org/x\"", "line 1: site_url has the path /x"),
        ("[auth]\nautoconfirm = \"yes\"", "autoconfirm"),
        ("[outbound]\nallow = [\"10.1.0.0/33\"]", "allow"),
        ("trusted_proxies = [\"10.0.0.0/33\"]", "trusted_proxies"),
        ("[connections]\nmost = 9", "most in [connections] is not between 10 and 1000000"),
        ("[connections]\nheader_seconds = 0", "header_seconds in [connections] is not between 1 and 3600"),
        ("[shutdown]\ndrain_seconds = 601", "drain_seconds in [shutdown] is \"601\""),
        ("[shutdown]\ndrain_seconds = \"soon\"", "\"auto\" or a number of seconds"),
        ("[shutdown]\nfinish_seconds = 0", "finish_seconds in [shutdown] is not between 1 and 600"),
        ("[database]\nwait_seconds = 18446744073709551615", "wait_seconds in [database] is"),
        ("[database]\nstatement_seconds = 0", "statement_seconds in [database] is not between 1 and 3600"),
        ("[auth]\naccess_token_seconds = 60", "access_token_seconds in [auth] is not between 120 and 604800"),
        ("[auth.sessions]\nidle_hours = -1", "idle_hours in [auth.sessions] is not between 0 and 87600"),
        ("[auth]\nredirect_urls = [\"app.example.com\"]", "redirect_urls"),
        ("[billing]\nreturn_urls = [\"app.example.com\"]", "return_urls"),
        ("[mail]\nfrom = \"VoiceFX\"", "from in [mail]"),
        ("product = ", "line 1"),
    ] {
        std::fs::write(&file, text).unwrap();
        let options = Options { config: Some(file.clone()), ..Options::default() };
        let error = options.resolve_in(&Environment::default()).unwrap_err();
        assert!(format!("{error:#}").contains(expected), "{error:#}");
    }
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn every_mistake_of_the_environment_is_told_and_secrets_are_listed_by_name() {
    let environment = |variables: &[(&str, &str)]| {
        Environment::of(variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())))
    };
    let options = || Options { config: Some("/dev/null".into()), ..Options::default() };
    let wrong = [("FREEHOLD_AUTH_AUTOCONFIRM", "maybe"), ("FREEHOLD_LISTN", "1"), ("FREEHOLD_AUTH_CODE_DIGITS", "4")];
    let error = options().resolve_in(&environment(&wrong)).unwrap_err().to_string();
    for said in [
        "3 settings are wrong",
        "FREEHOLD_AUTH_AUTOCONFIRM is \"maybe\"",
        "mean FREEHOLD_LISTEN",
        "CODE_DIGITS: code_digits in [auth]",
    ] {
        assert!(error.contains(said), "{said}: {error}");
    }
    let right =
        [("FREEHOLD_AUTH_SIGNUP_DISABLED", "true"), ("FREEHOLD_LOG", "debug"), ("FREEHOLD_SECRET_KEY", "s3cret")];
    let settings = options().resolve_in(&environment(&right)).unwrap();
    assert!(settings.auth.signup_disabled && settings.log.filter == "debug");
    let lines = options().listing(&environment(&right)).unwrap().join("\n");
    for said in [
        "auth.signup_disabled = true  # FREEHOLD_AUTH_SIGNUP_DISABLED",
        "log.filter = \"debug\"  # FREEHOLD_LOG",
        "FREEHOLD_SECRET_KEY: set",
        "SMTP_URL: not set",
        "product = \"voice\"  # default",
    ] {
        assert!(lines.contains(said), "{said}: {lines}");
    }
    assert!(!lines.contains("s3cret"));
    let lost = options().resolve_in(&environment(&[("FREEHOLD_PROVIDER_GOOGLE_SECRET", "s3cret")])).unwrap_err();
    assert!(lost.to_string().contains("FREEHOLD_PROVIDER_GOOGLE_SECRET is the secret of no provider"), "{lost}");
}

#[test]
fn a_mail_server_needs_a_sender_and_tells_no_password() {
    let (url, from) = ("smtps://ada:hunter2@mail.example.org", "VoiceFX AI <no-reply@example.org>");
    let read = |url: &str, from: &str| mail_server(Some(url.to_owned()), from.to_owned());
    let server = read(url, from).unwrap().unwrap();
    assert_eq!(server.server.to_string(), "mail.example.org:465");
    assert!(!format!("{server:?}").contains("hunter2"));
    assert!(read("", from).unwrap().is_none() && mail_server(None, String::new()).unwrap().is_none());
    for (url, from) in [(url, ""), (url, "VoiceFX"), ("http://ada:hunter2@mail.example.org", from)] {
        let error = format!("{:#}", read(url, from).unwrap_err());
        assert!(!error.contains("hunter2") && (error.contains("[mail]") || error.contains("SMTP_URL")), "{error}");
    }
}

/// The settings of a product that only these tests know.
fn of_product(product: &str) -> Option<Vec<Setting>> {
    let days = TypedSetting::number("remind_days", "Days before a reminder.", 7, 1, 30);
    let tone = TypedSetting::choice("tone", "The tone of reminders.", "plain", &["plain", "warm"]);
    let quiet = TypedSetting::flag("quiet", "Whether no reminder is sent.", false);
    let words = TypedSetting::list("words", "Words that are replaced.", &[]);
    let token = TypedSetting::secret("token", "The token of the calendar.");
    (product == "todo").then(|| vec![days.setting, tone.setting, quiet.setting, words.setting, token.setting])
}

#[test]
fn a_products_settings_follow_the_rules_of_all_others() {
    let folder = std::env::temp_dir().join(format!("freehold-product-settings-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join("freehold.toml");
    let options = |text: &str| {
        std::fs::write(&file, text).unwrap();
        Options { config: Some(file.clone()), ..Options::default() }
    };
    let environment = |variables: &[(&str, &str)]| {
        Environment::of(variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())))
    };
    let right = "[product]\nname = \"todo\"\nremind_days = 3\ntone = \"warm\"\n";
    let over = environment(&[
        ("FREEHOLD_PRODUCT_REMIND_DAYS", "4"),
        ("FREEHOLD_PRODUCT_WORDS", "one,two"),
        ("FREEHOLD_PRODUCT_TOKEN", "hunter2"),
    ]);
    let settings = options(right).resolve_with(&over, of_product).unwrap();
    assert_eq!(settings.product, "todo");
    let read = &settings.module_settings;
    let number = TypedSetting::number("remind_days", "", 7, 1, 30);
    let (tone, flag) = (TypedSetting::choice("tone", "", "plain", &[]), TypedSetting::flag("quiet", "", false));
    assert_eq!((read.get(&number), read.get(&tone), read.get(&flag)), (4, "warm".to_owned(), false));
    assert_eq!(read.get(&TypedSetting::list("words", "", &[])), ["one", "two"]);
    assert_eq!(read.get(&TypedSetting::secret("token", "")).unwrap().expose(), "hunter2");
    assert!(!format!("{settings:?}").contains("hunter2"));

    let lines = options(right).listing_with(&over, of_product).unwrap();
    for said in [
        "product = \"todo\"  # ",
        "product.remind_days = 4  # FREEHOLD_PRODUCT_REMIND_DAYS",
        "product.tone = \"warm\"  # ",
        "product.quiet = false  # default",
        "FREEHOLD_PRODUCT_TOKEN: set",
    ] {
        assert!(lines.iter().any(|line| line.starts_with(said)), "{said}: {lines:?}");
    }
    assert!(lines.iter().any(|line| line.ends_with("freehold.toml, line 4")), "{lines:?}");
    assert!(!lines.concat().contains("hunter2"));

    let wrong = "[product]\nname = \"todo\"\nremind_day = 3\nremind_days = 31\ntone = \"loud\"\ntoken = \"hunter2\"\n";
    let over = environment(&[("FREEHOLD_PRODUCT_QUIET", "maybe"), ("FREEHOLD_PRODUCT_REMIND_DAY", "1")]);
    let error = options(wrong).resolve_with(&over, of_product).unwrap_err().to_string();
    for said in [
        "6 settings are wrong",
        "line 3: there is no setting remind_day in [product]. Did you mean remind_days?",
        "line 4: remind_days in [product] is 31. Write a whole number between 1 and 30.",
        "line 5: tone in [product] is \"loud\". Write one of plain, warm.",
        "line 6: token in [product] is a secret, and secrets stand in the environment, not in a file. Set \
         FREEHOLD_PRODUCT_TOKEN there.",
        "FREEHOLD_PRODUCT_QUIET is \"maybe\". Write true or false.",
        "FREEHOLD_PRODUCT_REMIND_DAY is not a variable of Freehold. Did you mean FREEHOLD_PRODUCT_REMIND_DAYS?",
    ] {
        assert!(error.contains(said), "{said}: {error}");
    }
    assert!(!error.contains("hunter2"), "{error}");
    let error = options("[product]\ntone = \"warm\"\n").resolve_in(&Environment::default()).unwrap_err().to_string();
    let known = "deletion_grace_days, delete_archived_after_days, name";
    let said = format!("line 2: there is no setting tone in [product]. There are {known}.");
    assert!(error.contains(&said), "{error}");
    std::fs::remove_dir_all(folder).unwrap();
}
