//! The forms a command line can have: switches, places of flags, commands.

mod cli_world;

use cli_world::TestWorld;
use lakehouse::cli::args::ToolboxAction;
use lakehouse::cli::resolve::Action;
use lakehouse::model::Approve;

fn world() -> TestWorld {
    TestWorld::new().var("AWS_REGION", "us-east-2")
}

#[test]
fn switches_take_only_true_and_false_from_the_next_word() {
    let world = world();
    for (words, overwrite, command) in [
        (&["--overwrite-env"][..], true, "default"),
        (&["--overwrite-env", "true"], true, "default"),
        (&["--overwrite-env", "false"], false, "default"),
        (&["--overwrite-env=false"], false, "default"),
        (&["--overwrite-env=true", "preflight"], true, "preflight"),
        (&["--overwrite-env", "preflight"], true, "preflight"),
        (&["--overwrite-env", "true", "preflight"], true, "preflight"),
        (&["preflight", "--overwrite-env", "false"], false, "preflight"),
        (&["--overwrite-env", "--action", "install"], true, "install"),
        (&["--cluster", "true", "--overwrite-env"], true, "default"),
    ] {
        assert_eq!(world.settings(words).overwrite_env, overwrite, "{words:?}");
        assert_eq!(world.run(words).unwrap().action.name(), command, "{words:?}");
    }
    assert_eq!(
        world.settings(&["--cluster", "true"]).cluster.value.as_str(),
        "true"
    );
}

#[test]
fn approve_takes_a_digest_too() {
    let hex = "0123456789abcdef".repeat(4);
    let whole = format!("sha256:{hex}");
    let digest = |text: &str| Some(Approve::Digest(text.to_owned()));
    for (words, approve) in [
        (&["--approve"][..], Some(Approve::True)),
        (&["--approve", "true"], Some(Approve::True)),
        (&["--approve", "false"], None),
        (&["--approve", "preflight"], Some(Approve::True)),
        (&["--approve", &whole], digest(&hex)),
        (&["--approve", &hex[..12], "preflight"], digest(&hex[..12])),
        (&["--approve=0123456789ab"], digest("0123456789ab")),
        (&["preflight"], None),
    ] {
        assert_eq!(world().settings(words).approve, approve, "{words:?}");
    }
}

#[test]
fn flags_stand_before_and_after_the_command() {
    let world = world();
    let seed = [
        "--exec",
        "docker",
        "--action",
        "preflight",
        "--profile",
        "default",
        "--root-domain",
        "example.com",
    ];
    for words in [
        &["--cluster", "c", "preflight"][..],
        &["preflight", "--cluster", "c"],
        &["--cluster=c", "--action", "preflight"],
        &["--action=preflight", "preflight", "--cluster=c"],
        &[&seed[..], &["--cluster", "c"]].concat(),
    ] {
        let invocation = world.run(words).unwrap();
        assert!(
            matches!(&invocation.action, Action::Preflight(s) if s.cluster.value.as_str() == "c"),
            "{words:?}"
        );
    }
    for words in [
        &["--output", "text", "toolbox", "info"][..],
        &["toolbox", "info", "--output", "text"],
    ] {
        let invocation = world.run(words).unwrap();
        assert!(matches!(
            invocation.action,
            Action::Toolbox {
                action: ToolboxAction::Info,
                ..
            }
        ));
        assert_eq!(invocation.options.output.value.name(), "text", "{words:?}");
    }
}

#[test]
fn commands_that_ask_nothing_of_aws_need_nothing() {
    let world = TestWorld::new()
        .file("lakehouse_a.env", "reboot\n")
        .file("lakehouse_b.env", "\n");
    for (words, name) in [
        (&["schema"][..], "schema"),
        (&["--action", "schema"], "schema"),
        (&["man"], "man"),
        (&["completions", "zsh"], "completions"),
        (&["toolbox", "build"], "toolbox"),
        (&["toolbox", "verify", "--exec", "docker"], "toolbox"),
        (&["toolbox", "prune"], "toolbox"),
    ] {
        assert_eq!(world.run(words).unwrap().action.name(), name);
    }
    let world = world.var("AWS_PROFILE", "p");
    let Action::Toolbox { profile, region, .. } = world
        .run(&["toolbox", "shell", "--region", "us-east-2"])
        .unwrap()
        .action
    else {
        panic!("toolbox");
    };
    assert!(profile.is_some() && region.is_some());
}

#[test]
fn help_and_version_are_printed() {
    for words in [
        &["--help"][..],
        &["preflight", "--help"],
        &["-h"],
        &["toolbox", "--help"],
    ] {
        let Action::Print(text) = TestWorld::new().run(words).unwrap().action else {
            panic!("{words:?}")
        };
        assert!(
            text.contains("Usage:") && text.contains("--root-domain"),
            "{text}"
        );
    }
    let Action::Print(text) = TestWorld::new().run(&["--version"]).unwrap().action else {
        panic!("version")
    };
    assert_eq!(text.trim(), format!("lakehouse {}", env!("CARGO_PKG_VERSION")));
}
