//! A long command's lines reach their listener while the tool still runs, and its answer is whole all the same.

use lakehouse::gateway::interrupt::Interrupt;
use lakehouse::gateway::process::{self, Ended, Ending, Job};
use lakehouse::gateway::redact::Redactor;
use lakehouse::gateway::{LineListener, Stream};
use std::os::unix::fs::PermissionsExt;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

type Told = Arc<Mutex<Vec<(Stream, String)>>>;

/// Runs a scripted tool with a listener behind a redactor, as both gateways do.
fn run(folder: &std::path::Path, script: &str, listener: &LineListener) -> Ended {
    let tool = folder.join("eksctl");
    std::fs::write(&tool, format!("#!/bin/sh\n{script}\n")).unwrap();
    std::fs::set_permissions(&tool, PermissionsExt::from_mode(0o755)).unwrap();
    let redactor = Arc::new(Redactor::new(["known-secret".to_owned()]));
    let job = Job {
        program: "/bin/sh".into(),
        args: vec![tool.into(), folder.into()],
        env: [("PATH".into(), "/usr/bin:/bin".into())].into(),
        stdin: Vec::new(),
        guarded: false,
        deadline: Instant::now() + Duration::from_secs(30),
        grace: Duration::from_secs(1),
        stop: None,
        on_line: None,
        listener: Some(listener.behind(&redactor, &["of-this-command".to_owned()])),
    };
    process::run(&job, &Interrupt::default()).unwrap()
}

fn keeping(told: &Told) -> LineListener {
    let told = Arc::clone(told);
    LineListener::new(move |stream, line| told.lock().unwrap().push((stream, line.to_owned())))
}

#[test]
fn a_line_is_told_while_the_tool_still_runs() {
    let folder = tempfile::tempdir().unwrap();
    let told = Told::default();
    let (kept, gate) = (keeping(&told), folder.path().join("gate"));
    // The tool ends only when its first line has been heard.
    let listener = LineListener::new(move |stream, line| {
        kept.tell(stream, line);
        if line == "first" {
            std::fs::write(&gate, "go\n").unwrap();
        }
    });
    let script = r#"mkfifo "$1/gate"; echo first; read -r go <"$1/gate"; echo second >&2; printf last"#;
    let ended = run(folder.path(), script, &listener);
    assert_eq!(
        ended.ending,
        Ending::Exited(0),
        "it waited for its line to be heard"
    );
    assert_eq!(
        (&ended.stdout[..], &ended.stderr[..]),
        (&b"first\nlast"[..], &b"second\n"[..])
    );
    let mut told = told.lock().unwrap().clone();
    told.sort();
    let wanted = [
        (Stream::Stdout, "first"),
        (Stream::Stdout, "last"),
        (Stream::Stderr, "second"),
    ];
    assert_eq!(told, wanted.map(|(stream, line)| (stream, line.to_owned())));
}

#[test]
fn what_is_told_holds_no_secret_and_no_control_sequence_and_the_answer_is_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let told = Told::default();
    let script = r"printf 'a known-secret\nb of-this-command\n\033[31mred\033[0m\n\000\377\376garbage\n'
        printf 'token k8s-aws-v1.aHR0cHM6Ly9z' >&2";
    let ended = run(folder.path(), script, &keeping(&told));
    let text: Vec<String> = told
        .lock()
        .unwrap()
        .iter()
        .map(|(_, line)| line.clone())
        .collect();
    assert_eq!(text.len(), 5, "{text:?}");
    for line in &text {
        assert!(!line.chars().any(char::is_control), "{line:?}");
        for secret in ["known-secret", "of-this-command", "aHR0"] {
            assert!(!line.contains(secret), "{line}");
        }
    }
    assert!(text.iter().any(|line| line == "red"), "{text:?}");
    // stdout is an answer: exact, whatever was told of it.
    assert!(
        ended
            .stdout
            .starts_with(b"a known-secret\nb of-this-command\n\x1b[31mred")
    );
}

#[test]
fn with_a_listener_the_limits_of_the_output_stay() {
    let folder = tempfile::tempdir().unwrap();
    let told = Told::default();
    let ended = run(
        folder.path(),
        "head -c 20000000 /dev/zero | tr '\\0' x",
        &keeping(&told),
    );
    assert_eq!(ended.ending, Ending::TooMuchOutput);
    assert!(ended.stdout.len() <= process::OUTPUT_LIMIT);
    assert!(
        told.lock()
            .unwrap()
            .iter()
            .all(|(_, line)| line.len() <= lakehouse::gateway::lines::LONGEST)
    );
}
