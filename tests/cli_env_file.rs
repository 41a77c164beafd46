//! Which env file is read, and what is refused in it.

mod cli_world;

use cli_world::TestWorld;
use lakehouse::model::Source;
use std::fs;

fn world() -> TestWorld {
    TestWorld::new().var("AWS_REGION", "us-east-2")
}

#[test]
fn the_only_file_is_read_without_being_named() {
    let world = world()
        .file(
            "lakehouse_team.env",
            "CLUSTER_NAME=c\nAWS_ACCOUNT_ID=123456789012\n",
        )
        .file("x.env", "!");
    let s = world.settings(&[]);
    assert_eq!(
        (s.cluster.value.as_str(), s.namespace.value.as_str()),
        ("c", "team")
    );
    assert_eq!(
        (s.namespace.source, s.env_file.source),
        (Source::EnvFile, Source::EnvFile)
    );
    assert_eq!(s.env_file.value, world.world.cwd.join("lakehouse_team.env"));
    assert_eq!(s.expected_account.unwrap().as_str(), "123456789012");
    let s = world.settings(&["--namespace", "other"]);
    assert_eq!(
        (s.cluster.source, s.env_file.value),
        (Source::Default, world.world.cwd.join("lakehouse_other.env"))
    );
    let s = world.settings(&["--output-env", "new.env"]);
    assert_eq!(
        (s.namespace.value.as_str(), s.cluster.source),
        ("ingext", Source::Default)
    );
}

#[test]
fn several_files_need_the_namespace() {
    let world = world()
        .file("lakehouse_a.env", "CLUSTER_NAME=ca\n")
        .file("lakehouse_b.env", "CLUSTER_NAME=cb\n");
    let line = world.refused(&[]);
    assert!(
        line.contains("lakehouse_a.env, lakehouse_b.env") && line.contains("--namespace a"),
        "{line}"
    );
    assert_eq!(world.settings(&["--namespace", "b"]).cluster.value.as_str(), "cb");
    assert_eq!(
        world
            .settings(&["--output-env", "lakehouse_a.env"])
            .cluster
            .value
            .as_str(),
        "ca"
    );
    assert_eq!(
        world
            .var("LAKEHOUSE_NAMESPACE", "a")
            .settings(&[])
            .cluster
            .value
            .as_str(),
        "ca"
    );
}

#[test]
fn the_namespace_in_the_file_agrees_with_its_name_and_the_flag() {
    let world = world()
        .file("lakehouse_a.env", "\nNAMESPACE=b\n")
        .file("any.env", "NAMESPACE=c\n");
    for (words, place, why) in [
        (
            &[][..],
            "lakehouse_a.env:2: NAMESPACE \"b\": must be a, as the file's name says",
            "example a",
        ),
        (
            &["--namespace", "a"],
            "lakehouse_a.env:2: NAMESPACE \"b\": must be a, as --namespace says",
            "example a",
        ),
        (
            &["--output-env", "any.env", "--namespace", "d"],
            "any.env:1: NAMESPACE \"c\": must be d",
            "example d",
        ),
    ] {
        let line = world.refused(words);
        assert!(line.contains(place) && line.contains(why), "{line}");
    }
    assert_eq!(
        world
            .settings(&["--output-env", "any.env"])
            .namespace
            .value
            .as_str(),
        "c"
    );
    let line = TestWorld::new()
        .var("AWS_REGION", "us-east-2")
        .file("lakehouse_My.env", "")
        .refused(&[]);
    assert!(
        line.contains("lakehouse_My.env") && line.contains("must be a DNS label"),
        "{line}"
    );
}

#[test]
fn values_are_held_to_the_flags_rules_and_named_by_line() {
    for (text, place) in [
        (
            "# x\nCLUSTER_NAME=a_b\n",
            "lakehouse_ingext.env:2: CLUSTER_NAME \"a_b\": must be 1 to 46",
        ),
        ("NODE_COUNT=0", "lakehouse_ingext.env:1: NODE_COUNT \"0\""),
        (
            "S3_BUCKET='$(reboot)'",
            "lakehouse_ingext.env:1: S3_BUCKET \"$(reboot)\"",
        ),
        ("AWS_ACCOUNT_ID=1", "lakehouse_ingext.env:1: AWS_ACCOUNT_ID \"1\""),
        (
            "PREFLIGHT_HAS_DNS=maybe",
            "lakehouse_ingext.env:1: PREFLIGHT_HAS_DNS \"maybe\": must be true or false",
        ),
        (
            "ROOT_DOMAIN=a.b\nSITE_DOMAIN=c.d",
            "lakehouse_ingext.env:2: SITE_DOMAIN \"c.d\": must be a name below",
        ),
        (
            "CERT_ARN=arn:aws:acm:eu-west-1:123456789012:certificate/a",
            "lakehouse_ingext.env:1: CERT_ARN \"arn:aws:acm:eu-west-1:123456789012:certificate/a\": must be an ACM",
        ),
        (
            "A=1\nCLUSTER_NAME=$(reboot)\n",
            "env file lakehouse_ingext.env:2: CLUSTER_NAME: a shell would",
        ),
        (
            "this is no line\n",
            "env file lakehouse_ingext.env:1: the line must be KEY=value",
        ),
        (
            "LAKEHOUSE_EXEC=docker\n",
            "env file lakehouse_ingext.env:1: LAKEHOUSE_EXEC chooses how tools are run",
        ),
        (
            "A=1\nDOCKER_HOST=tcp://x\n",
            "env file lakehouse_ingext.env:2: DOCKER_HOST chooses how tools are run",
        ),
        (
            "\u{feff}A=1\n",
            "env file lakehouse_ingext.env:1: the file begins with a byte order mark",
        ),
        (
            "A=1\nUID=0\n",
            "env file lakehouse_ingext.env:2: UID is read-only in bash",
        ),
        (
            "A=1\r\n",
            "env file lakehouse_ingext.env:1: the line ends with CR LF",
        ),
    ] {
        let line = world().file("lakehouse_ingext.env", text).refused(&["preflight"]);
        assert!(line.starts_with(place), "{line}");
    }
    // What the predecessor wrote for unknown values is none.
    let s = world()
        .file("lakehouse_ingext.env", "CERT_ARN=\"\"\nNODE_TYPE=\"m5.large\"\n")
        .settings(&[]);
    assert!(s.cert_arn.is_none() && s.node_type.value.as_str() == "m5.large");
    let read_only = world()
        .file("lakehouse_ingext.env", "LAKEHOUSE_READ_ONLY=1\n")
        .run(&[])
        .unwrap()
        .options
        .read_only;
    assert!(read_only.value);
}

#[test]
fn what_is_no_file_is_refused_and_left_alone() {
    let world = world();
    fs::create_dir(world.world.cwd.join("lakehouse_ingext.env")).unwrap();
    assert!(
        world
            .refused(&[])
            .starts_with("env file lakehouse_ingext.env: is a folder")
    );
    assert!(
        world
            .refused(&["--output-env", "/dev/zero"])
            .contains("/dev/zero: is a device")
    );
    let fifo = world.world.cwd.join("fifo");
    rustix::fs::mknodat(
        rustix::fs::CWD,
        &fifo,
        rustix::fs::FileType::Fifo,
        rustix::fs::Mode::RWXU,
        0,
    )
    .unwrap();
    assert!(world.refused(&["--output-env", "."]).starts_with(
        "--output-env \".\": must be a file, and this is a folder, for example lakehouse_ingext.env"
    ));
    assert!(
        world
            .refused(&["--output-env", "fifo"])
            .contains("env file fifo: is a device, pipe or socket")
    );
    let mut world = TestWorld::new()
        .var("AWS_REGION", "us-east-2")
        .file("lakehouse_ingext.env", "A=1\n");
    world.world.uid += 1;
    if rustix::process::getuid().as_raw() == 0 {
        std::os::unix::fs::chown(world.world.cwd.join("lakehouse_ingext.env"), Some(4321), None).unwrap();
    }
    assert!(world.refused(&[]).contains("belongs to another user"));
}
