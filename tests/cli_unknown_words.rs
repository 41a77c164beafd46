//! Unknown commands, unknown flags, flags without or with two values: one line with what would do.

mod cli_world;

use cli_world::TestWorld;

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
        (&["--subnets", "x"], "unknown flag"),
        (&["--zzz"], "lakehouse --help"),
        (&["-z"], "unknown flag"),
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
        (&["--approve", "yes"], "unknown command \"yes\""),
        (
            &["--approve=yes"],
            "--approve \"yes\": must be true, false or a plan's digest",
        ),
    ] {
        let line = world.refused(words);
        assert!(line.contains(expected), "{words:?}: {line}");
    }
}
