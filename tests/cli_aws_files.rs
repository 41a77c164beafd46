//! The region and the profile's facts from AWS's own files.

mod cli_world;

use cli_world::TestWorld;
use lakehouse::model::Source;

fn env(name: &str) -> Source {
    Source::Environment(name.into())
}

#[test]
fn regions_from_aws_itself() {
    let config = "[default]\nregion = us-west-1\n[profile corp]\nregion=us-west-2 \ns3 =\n  region = eu-north-1\n\
                  [profile \"my corp\"]\nregion = eu-west-3\n[profile Bad]\nregion = nowhere\n[profile none]\n";
    let world = TestWorld::new()
        .aws_config(config)
        .aws_credentials("[keys]\naws_access_key_id = x\nregion = eu-south-1\n");
    for (words, region) in [
        (&[][..], "us-west-1"),
        (&["--profile", "corp"], "us-west-2"),
        (&["--profile", "my corp"], "eu-west-3"),
        (&["--profile", "keys"], "eu-south-1"),
    ] {
        let s = world.settings(words);
        assert_eq!(
            (s.region.value.as_str(), s.region.source),
            (region, Source::AwsConfig),
            "{words:?}"
        );
    }
    assert!(
        world
            .refused(&["--profile", "Bad"])
            .contains("region of profile \"Bad\" \"nowhere\": must be an AWS region")
    );
    let line = world.refused(&["--profile", "none"]);
    assert!(line.contains(
        "--region us-east-2, AWS_REGION=us-east-2, or aws configure set region us-east-2 --profile none"
    ));
    let line = world.refused(&["--profile", "CORP"]);
    assert!(
        line.contains("--profile \"CORP\"") && line.contains("\"corp\", \"default\", \"keys\""),
        "{line}"
    );
    assert!(
        !world
            .settings(&["--profile", "CORP", "--region", "us-east-2"])
            .profile_facts
            .found
    );
    let world = world
        .var("AWS_DEFAULT_REGION", "ap-east-1")
        .var("AWS_PROFILE", "corp");
    assert_eq!(world.settings(&[]).region.source, env("AWS_DEFAULT_REGION"));
    let world = world.var("AWS_REGION", "ap-east-2");
    let s = world.settings(&[]);
    assert_eq!(
        (s.region.source, s.profile.unwrap().source),
        (env("AWS_REGION"), env("AWS_PROFILE"))
    );
    assert!(
        TestWorld::new()
            .refused(&[])
            .contains("--region: no region is given")
    );
}

#[test]
fn aws_files_where_the_environment_has_them() {
    let world = TestWorld::new()
        .file("aws.ini", "[profile x]\nregion = us-gov-west-1\n")
        .var("AWS_CONFIG_FILE", "aws.ini");
    assert_eq!(
        world.settings(&["--profile", "x"]).region.value.as_str(),
        "us-gov-west-1"
    );
    let line = TestWorld::new().var("AWS_CONFIG_FILE", "/dev/zero").refused(&[]);
    assert!(line.contains("/dev/zero is not a file"), "{line}");
}

#[test]
fn facts_of_a_profile_follow_its_source_profile() {
    let config = "[sso-session s]\nsso_start_url = https://x.awsapps.com/start\n[profile base]\nsso_session = s\n\
                  [profile role]\nregion = us-east-2\nrole_arn = arn:aws:iam::1:role/x\nsource_profile = base\n\
                  mfa_serial = arn:aws:iam::1:mfa/x\n[profile ring]\nregion = us-east-2\nrole_arn = a\nsource_profile = ring2\n\
                  [profile ring2]\nsource_profile = ring\ncredential_process = /x y ; z # w\n";
    let world = TestWorld::new().aws_config(config);
    let facts = world.settings(&["--profile", "role"]).profile_facts;
    let sso = facts.sso.unwrap();
    assert_eq!(
        (sso.session.as_deref(), sso.start_url.as_deref()),
        (Some("s"), Some("https://x.awsapps.com/start"))
    );
    assert!(facts.found && facts.has_mfa && facts.has_role && facts.credential_process.is_none());
    let facts = world.settings(&["--profile", "ring"]).profile_facts;
    assert_eq!(facts.credential_process.as_deref(), Some("/x y ; z # w"));
}
