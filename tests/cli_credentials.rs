//! Where a profile's keys come from, as aws itself decides it: what is handed to the tools, and which remedy is given,
//! hang on it.

mod cli_world;

use cli_world::TestWorld;
use lakehouse::cli::resolve::Action;
use lakehouse::model::{AwsProfileFacts, SsoToken};
use std::fs;

const CONFIG: &str = "\
[default]
region = us-east-2
[profile program]
credential_process = /opt/keys --for me
ca_bundle = /etc/corp.pem
[profile behind]
role_arn = arn:aws:iam::000000000000:role/r
source_profile = program
[profile shared]
credential_process = /opt/keys
[profile named]
credential_process = /opt/keys
aws_access_key_id = x
[profile environment]
role_arn = arn:aws:iam::000000000000:role/r
credential_source = Environment
mfa_serial = arn:aws:iam::000000000000:mfa/m
[profile chained]
role_arn = arn:aws:iam::000000000000:role/r2
source_profile = environment
[profile instance]
role_arn = arn:aws:iam::000000000000:role/r
credential_source = Ec2InstanceMetadata
[profile token]
role_arn = arn:aws:iam::000000000000:role/r
web_identity_token_file = /var/run/token
credential_process = /opt/keys
[profile of-token]
role_arn = arn:aws:iam::000000000000:role/r
source_profile = token
[profile login]
login_session = arn:aws:iam::000000000000:user/u
[sso-session s]
sso_start_url = https://x.test/start
[profile sso]
sso_session = s
sso_account_id = 000000000000
sso_role_name = R
credential_process = /opt/keys
[profile plain]
source_profile = program
";

fn facts(profile: &str) -> AwsProfileFacts {
    TestWorld::new()
        .aws_config(CONFIG)
        .aws_credentials("[shared]\naws_access_key_id = x\naws_secret_access_key = y\n")
        .var("AWS_REGION", "us-east-2")
        .settings(&["--profile", profile])
        .profile_facts
}

#[test]
fn a_program_is_run_only_where_aws_would_run_it() {
    for (profile, program, source) in [
        ("program", Some("/opt/keys --for me"), "program"),
        ("behind", Some("/opt/keys --for me"), "program"),
        // A program comes before keys of the config file, and behind those of the credentials file.
        ("named", Some("/opt/keys"), "named"),
        ("shared", None, "shared"),
        ("sso", None, "sso"),
        ("token", None, "token"),
        // Without a role a source profile is not looked at.
        ("plain", None, "plain"),
        ("default", None, "default"),
    ] {
        let facts = facts(profile);
        assert_eq!(
            (facts.credential_process.as_deref(), facts.source.as_str()),
            (program, source),
            "{profile}"
        );
    }
    assert_eq!(
        facts("program").ca_bundle.unwrap(),
        std::path::Path::new("/etc/corp.pem")
    );
}

#[test]
fn a_role_of_the_environment_and_one_of_a_token_are_found_through_the_chain() {
    for profile in ["environment", "chained"] {
        let facts = facts(profile);
        assert!(facts.is_from_environment && facts.has_mfa, "{profile}");
        assert_eq!(facts.source, "environment");
    }
    assert!(!facts("instance").is_from_environment);
    for profile in ["token", "of-token"] {
        let facts = facts(profile);
        assert_eq!(
            facts.web_identity_file.unwrap(),
            std::path::Path::new("/var/run/token")
        );
        assert_eq!(facts.source, "token");
    }
    assert!(facts("login").has_login_session && !facts("program").has_login_session);
}

#[test]
fn the_times_of_a_sign_on_are_read_and_never_its_token() {
    let world = TestWorld::new().aws_config(CONFIG).var("AWS_REGION", "us-east-2");
    let cache = world.folder.path().join("home/.aws/sso/cache");
    fs::create_dir_all(&cache).unwrap();
    let token = |world: &TestWorld| {
        world
            .settings(&["--profile", "sso"])
            .profile_facts
            .sso
            .unwrap()
            .token
    };
    assert_eq!(token(&world), SsoToken::Absent);
    // `printf s | sha1sum`
    let file = cache.join("a0f1490a20d0211c997b44bc357e1972deab8ae3.json");
    fs::write(
        &file,
        r#"{"accessToken":"very-secret","expiresAt":"2030-01-02T03:04:05Z"}"#,
    )
    .unwrap();
    let found = token(&world);
    assert!(
        matches!(&found, SsoToken::Found { expires_at, renewable_until: None }
        if expires_at.to_string() == "2030-01-02T03:04:05Z")
    );
    assert!(!format!("{found:?}").contains("very-secret"));
    fs::write(&file, "very-secret").unwrap();
    let unreadable = token(&world);
    assert!(
        matches!(&unreadable, SsoToken::Unreadable(why) if !why.contains("very-secret")),
        "{unreadable:?}"
    );
}

#[test]
fn only_the_toolboxs_shell_reads_the_profile() {
    let world = TestWorld::new().aws_config(CONFIG);
    for (action, program) in [("shell", Some("/opt/keys --for me")), ("info", None)] {
        let run = world.run(&["toolbox", action, "--profile", "program"]).unwrap();
        let Action::Toolbox { facts, .. } = run.action else {
            panic!("{:?}", run.action)
        };
        assert_eq!(facts.credential_process.as_deref(), program, "{action}");
    }
}
