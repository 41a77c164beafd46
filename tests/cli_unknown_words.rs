//! Unknown commands, unknown flags, flags without or with two values: one line with what would do.

mod cli_world;

use cli_world::TestWorld;

#[test]
fn a_word_behind_a_switch_that_nothing_else_could_be_is_its_bad_value() {
    let world = TestWorld::new().var("AWS_REGION", "us-east-2");
    for (words, expected) in [
        (
            &["--dns-check", "maybe"][..],
            "--dns-check \"maybe\": must be true or false, for example true",
        ),
        (
            &["--has-dns", "TRUE"],
            "--has-dns \"TRUE\": must be true or false",
        ),
        (&["--has-dns", "0"], "--has-dns \"0\": must be"),
        (&["--has-dns", ""], "--has-dns \"\": must be"),
        (
            &["preflight", "--approve", "maybe"],
            "--approve \"maybe\": must be true, false or a plan's digest",
        ),
        (
            &["--approve", "ABCDEF012345ABCD"],
            "--approve \"ABCDEF012345ABCD\": must be true, false or a plan's digest",
        ),
        // These were meant for commands.
        (
            &["--quiet", "prefligt"],
            "unknown command \"prefligt\": must be one of preflight",
        ),
        (&["toolbox", "--quiet", "biuld"], "did you mean build?"),
        (
            &["--approve", "status"],
            "command \"status\": comes with a later version",
        ),
        (&["--quiet", "-z"], "unknown flag \"-z\""),
    ] {
        let line = world.refused(words);
        assert!(
            line.starts_with(expected) || line.ends_with(expected),
            "{words:?}: {line}"
        );
    }
    for words in [
        &["--quiet", "toolbox", "info"][..],
        &["toolbox", "--quiet", "info"],
        &["completions", "--quiet", "bash"],
        &["--dns-check", "preflight"],
    ] {
        assert!(world.run(words).is_ok(), "{words:?}");
    }
}

#[test]
fn unknown_commands_and_flags_have_a_suggestion() {
    let world = TestWorld::new().var("AWS_REGION", "us-east-2");
    for (words, expected) in [
        (&["prefligt"][..], "did you mean preflight?"),
        (&["blah"], "for example lakehouse preflight"),
        (&["toolbox", "biuld"], "did you mean build?"),
        (&["toolbox"], "lakehouse toolbox info"),
        (&["completions"], "completions bash"),
        (&["completions", "tcsh"], "must be one of bash"),
        (&["--profle", "x"], "did you mean --profile?"),
        (&["--root-domian=example.com"], "did you mean --root-domain?"),
        (&["--keep-cluster", "x"], "unknown flag"),
        (&["--zzz"], "lakehouse --help"),
        (&["-z"], "unknown flag"),
        (&["--verbose"], "did you mean --log-level debug?"),
        (&["--json"], "did you mean --output json?"),
        (&["--reg", "us-east-2"], "did you mean --region?"),
        (&["--x"], "unknown flag \"--x\": lakehouse --help lists the flags"),
        (&["preflight", "extra"], "unexpected word"),
        (&["preflight", ""], "empty word"),
        (&["--", "preflight", "x\ny"], "x"),
        (&["--action", "prefligt"], "for example preflight"),
        (&["status"], "comes with a later version"),
        (&["--action", "cleanup"], "comes with a later version"),
        (&["preflight", "--action", "install"], "--action preflight"),
        (&["schema", "--action", "preflight"], "--action schema"),
        (&["--action", "toolbox"], "lakehouse toolbox info"),
        (&["--profile"], "--profile \"\": must be"),
        (&["--profile", "--approve"], "--profile \"\": must be"),
        (
            &["--bucket", "abc", "preflight", "--bucket", "abc"],
            "--bucket is given twice",
        ),
        (&["--quiet", "--quiet=false"], "--quiet is given twice"),
        (
            &["--approve", "yes"],
            "--approve \"yes\": must be true, false or a plan's digest",
        ),
        (
            &["--approve=yes"],
            "--approve \"yes\": must be true, false or a plan's digest",
        ),
    ] {
        let line = world.refused(words);
        assert!(line.contains(expected), "{words:?}: {line}");
    }
}
