//! Who has the say: flag, variable, env file, AWS's own settings, default.

mod cli_world;

use cli_world::TestWorld;
use lakehouse::model::env_file::EnvFile;
use lakehouse::model::{ColorChoice, Discovered, ExecMode, OutputFormat, Source, env_pairs};

fn env(name: &str) -> Source {
    Source::Environment(name.into())
}

#[test]
fn each_step_of_the_ladder() {
    let world = TestWorld::new()
        .var("AWS_REGION", "us-east-1")
        .var("CLUSTER_NAME", "not-read");
    let s = world.settings(&[]);
    assert_eq!(
        (s.cluster.value.as_str(), s.cluster.source),
        ("ingext-lakehouse", Source::Default)
    );
    let world = world.file(
        "lakehouse_ingext.env",
        "CLUSTER_NAME=from-file\nAWS_REGION=eu-west-1\nNODE_COUNT=\"5\"\n",
    );
    let s = world.settings(&[]);
    assert_eq!(
        (s.cluster.value.as_str(), s.cluster.source),
        ("from-file", Source::EnvFile)
    );
    assert_eq!(
        (s.region.value.as_str(), s.region.source),
        ("eu-west-1", Source::EnvFile)
    );
    assert_eq!(s.node_count.value.get(), 5);
    let world = world
        .var("LAKEHOUSE_CLUSTER", "from-env")
        .var("LAKEHOUSE_REGION", "eu-west-2");
    let s = world.settings(&[]);
    assert_eq!(
        (s.cluster.value.as_str(), s.cluster.source),
        ("from-env", env("LAKEHOUSE_CLUSTER"))
    );
    assert_eq!(s.region.value.as_str(), "eu-west-2");
    let s = world.settings(&["--cluster", "from-flag"]);
    assert_eq!(
        (s.cluster.value.as_str(), s.cluster.source),
        ("from-flag", Source::Flag)
    );
}

#[test]
fn every_flag_has_a_variable_and_approve_has_none() {
    let hex = "0123456789abcdef".repeat(4);
    let image = format!("sha256:{hex}");
    let mut world = TestWorld::new().var("LAKEHOUSE_APPROVE", "true");
    for (name, value) in [
        ("EXEC", "docker"),
        ("PROFILE", "p q"),
        ("REGION", "us-east-2"),
        ("CLUSTER", "c"),
        ("BUCKET", "bbb"),
        ("ROOT_DOMAIN", "example.com"),
        ("DOMAIN", "x.example.com"),
        ("NAMESPACE", "n"),
        ("NODE_TYPE", "m5.large"),
        ("CERT_ARN", "arn:aws:acm:us-east-2:123456789012:certificate/a"),
        ("NODE_COUNT", "3"),
        ("HAS_BILLING", "false"),
        ("HAS_ADMIN", "0"),
        ("HAS_DNS", "false"),
        ("OUTPUT_ENV", "my.env"),
        ("WRITE_ENV", "false"),
        ("DNS_CHECK", "0"),
        ("OVERWRITE_ENV", "1"),
        ("PHASE", "core"),
        ("DNS_PROVIDER", "external"),
        ("DNS_SERVER", "127.0.0.1:5353"),
        ("READ_ONLY", "1"),
        ("OUTPUT", "text"),
        ("TIMEOUT", "90s"),
        ("LOG_LEVEL", "debug"),
        ("COLOR", "never"),
        ("QUIET", "true"),
        ("TOOLBOX_IMAGE", &*image),
        ("TOOLBOX_NETWORK", "net"),
        ("TOOLBOX_SOURCE", "registry"),
    ] {
        world = world.var(&format!("LAKEHOUSE_{name}"), value);
    }
    let s = world.settings(&[]);
    let shown = (
        s.profile.unwrap().value,
        s.cluster.value,
        s.bucket.unwrap().value,
        s.site_domain.unwrap().value,
    );
    assert_eq!(
        format!("{} {} {} {}", shown.0, shown.1, shown.2, shown.3),
        "p q c bbb x.example.com"
    );
    assert_eq!(
        (s.has_billing.value, s.has_admin.value, s.has_dns.value),
        (false, false, false)
    );
    assert_eq!((s.write_env, s.overwrite_env, s.dns_check), (false, true, false));
    assert_eq!(s.env_file.value, world.world.cwd.join("my.env"));
    assert_eq!((s.namespace.value.as_str(), s.node_count.value.get()), ("n", 3));
    assert!(s.phase.is_some() && s.dns_provider.is_some() && s.dns_server.is_some() && s.cert_arn.is_some());
    assert_eq!(s.approve, None, "no standing approval");
    let o = world.run(&[]).unwrap().options;
    assert_eq!(o.exec.unwrap().value, ExecMode::Docker);
    assert!(o.read_only.value && o.quiet && o.toolbox_image.is_some() && o.toolbox_network.is_some());
    assert_eq!(
        (o.output.value, o.timeout.unwrap().value.get().as_secs()),
        (OutputFormat::Text, 90)
    );
}

#[test]
fn two_profiles_are_settled_by_the_flag() {
    let world = TestWorld::new()
        .var("AWS_REGION", "us-east-2")
        .var("AWS_PROFILE", "a b")
        .file("lakehouse_ingext.env", "NODE_COUNT=2\nAWS_PROFILE=c\n");
    let line = world.refused(&[]);
    assert!(
        line.contains("lakehouse_ingext.env:2: AWS_PROFILE \"c\"") && line.contains("AWS_PROFILE \"a b\""),
        "{line}"
    );
    assert!(line.contains("--profile settles it"));
    assert_eq!(
        world
            .settings(&["--profile", "d"])
            .profile
            .unwrap()
            .value
            .as_str(),
        "d"
    );
    let world = world.var("AWS_PROFILE", "c");
    assert_eq!(world.settings(&[]).profile.unwrap().source, Source::EnvFile);
}

#[test]
fn output_and_colours() {
    let mut world = TestWorld::new();
    assert_eq!(
        world.run(&["toolbox", "info"]).unwrap().options.output.value,
        OutputFormat::Json
    );
    world.world.stdout_is_terminal = true;
    assert_eq!(
        world.run(&["toolbox", "info"]).unwrap().options.output.value,
        OutputFormat::Text
    );
    let color = |world: &TestWorld, words: &[&str]| world.run(words).unwrap().options.color.value;
    assert_eq!(color(&world, &["man"]), ColorChoice::Auto);
    let world = world.var("CLICOLOR_FORCE", "1");
    assert_eq!(color(&world, &["man"]), ColorChoice::Always);
    let world = world.var("NO_COLOR", "1");
    assert_eq!(color(&world, &["man"]), ColorChoice::Never);
    assert_eq!(color(&world, &["man", "--color", "always"]), ColorChoice::Always);
}

#[test]
fn the_site_is_made_from_the_root_and_stays_made() {
    let world = TestWorld::new().var("AWS_REGION", "us-east-2");
    let s = world.settings(&["--root-domain", "bücher.example"]);
    assert_eq!(
        s.site_domain.as_ref().unwrap().value.as_str(),
        "lakehouse.k8.xn--bcher-kva.example"
    );
    assert!(s.site_domain_was_constructed && s.root_domain.is_some());
    let pairs = env_pairs(&s, &Discovered::default());
    let text = EnvFile::default().merge(&pairs).unwrap().render();
    let world = world.file("lakehouse_ingext.env", &text);
    assert!(world.settings(&[]).site_domain_was_constructed);
    assert!(
        !world
            .settings(&["--domain", "a.xn--bcher-kva.example"])
            .site_domain_was_constructed
    );
    // A made site follows its root; one that the user named does not, and is refused.
    let s = world.settings(&["--root-domain", "example.com"]);
    assert_eq!(s.site_domain.unwrap().value.as_str(), "lakehouse.k8.example.com");
    let own = text.replace("lakehouse.k8.", "own.");
    let line = world
        .file("lakehouse_ingext.env", &own)
        .refused(&["--root-domain", "example.com"]);
    assert!(
        line.starts_with("lakehouse_ingext.env:4: SITE_DOMAIN") && line.contains("below the root domain"),
        "{line}"
    );
    let s = TestWorld::new().var("AWS_REGION", "us-east-2").settings(&[]);
    assert!(
        s.root_domain.is_none() && s.site_domain.is_none(),
        "a missing input is no wrong usage"
    );
}

#[test]
fn a_made_bucket_follows_its_cluster_and_a_named_one_stays() {
    let text = "CLUSTER_NAME=First\nAWS_ACCOUNT_ID=123456789012\nS3_BUCKET=first-123456789012\nAWS_REGION=us-east-2\n";
    let world = TestWorld::new().file("lakehouse_ingext.env", text);
    let s = world.settings(&["--cluster", "second"]);
    assert_eq!(
        s.bucket_in(&"123456789012".parse().unwrap()).unwrap().as_str(),
        "second-123456789012"
    );
    assert_eq!(
        world
            .settings(&[])
            .bucket_in(&"123456789012".parse().unwrap())
            .unwrap()
            .as_str(),
        "first-123456789012"
    );
    let world = world.file("lakehouse_ingext.env", text.replace("first-", "own-"));
    let s = world.settings(&["--cluster", "second"]);
    assert_eq!(s.bucket.unwrap().value.as_str(), "own-123456789012");
}
