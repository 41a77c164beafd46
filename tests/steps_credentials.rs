//! What is asked of a person, and what is said of credentials that are not used.

mod steps_support;

use lakehouse::gateway::{CommandOutput, CommandSpec, Gateway, GatewayError};
use lakehouse::model::{SsoFacts, SsoToken};
use lakehouse::steps::preflight::run_all;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use steps_support::{Script, brief, find, inputs, recorded, rehearsal};

/// An account whose role's keys come only after a one-time code was typed.
struct WantsCode {
    script: Script,
    asked: AtomicUsize,
    answer: Result<CommandOutput, GatewayError>,
}

impl WantsCode {
    fn answering(answer: Result<CommandOutput, GatewayError>) -> Self {
        Self {
            script: rehearsal().replays("aws sts get-caller-identity", "aws/get-caller-identity/mfa"),
            asked: AtomicUsize::new(0),
            answer,
        }
    }
}

impl Gateway for WantsCode {
    fn run(&self, spec: &CommandSpec) -> Result<CommandOutput, GatewayError> {
        if spec.terminal {
            self.asked.fetch_add(1, Ordering::Relaxed);
            assert!(
                spec.timeout > Duration::from_secs(60),
                "a person needs longer than a service"
            );
            return self.answer.clone();
        }
        self.script.run(spec)
    }
}

fn said(case: &str) -> CommandOutput {
    let it = recorded(&format!("aws/get-caller-identity/{case}"));
    CommandOutput {
        exit: it.exit,
        stdout: it.stdout,
        stderr: it.stderr,
        duration: Duration::from_secs(1),
    }
}

#[test]
fn a_person_is_asked_once_and_the_checks_go_on() {
    let gateway = WantsCode::answering(Ok(said("good")));
    let mut inputs = inputs();
    inputs.credentials.has_terminal = true;
    let outcome = run_all(&inputs, &gateway);
    assert_eq!(brief(&outcome.findings, "identity"), "Pass");
    assert_eq!(brief(&outcome.findings, "certificate"), "Pass");
    assert_eq!(gateway.asked.load(Ordering::Relaxed), 1);
}

#[test]
fn nobody_is_asked_without_a_terminal_or_a_need() {
    let gateway = WantsCode::answering(Ok(said("good")));
    let outcome = run_all(&inputs(), &gateway);
    assert_eq!(brief(&outcome.findings, "identity"), "Fail MFA_NEEDED");
    assert_eq!(gateway.asked.load(Ordering::Relaxed), 0);

    let mut with_terminal = inputs();
    with_terminal.credentials.has_terminal = true;
    let ready = WantsCode {
        script: rehearsal(),
        ..WantsCode::answering(Ok(said("good")))
    };
    assert_eq!(
        brief(&run_all(&with_terminal, &ready).findings, "identity"),
        "Pass"
    );
    assert_eq!(
        ready.asked.load(Ordering::Relaxed),
        0,
        "keys that still hold need no code"
    );
}

#[test]
fn a_code_that_did_not_come_or_was_refused_is_told_and_never_asked_again() {
    for (answer, code) in [
        (Ok(said("mfa-refused")), "MFA_CODE_REFUSED"),
        (Ok(said("throttled")), "AWS_THROTTLED"),
        (Err(GatewayError::Interrupted), "INTERRUPTED"),
        (Err(GatewayError::Engine { said: "x".into() }), "DOCKER_NOT_READY"),
    ] {
        let gateway = WantsCode::answering(answer);
        let mut inputs = inputs();
        inputs.credentials.has_terminal = true;
        let outcome = run_all(&inputs, &gateway);
        assert_eq!(brief(&outcome.findings, "identity"), format!("Fail {code}"));
        assert_eq!(brief(&outcome.findings, "s3-bucket"), "Skip", "{code}");
        assert_eq!(gateway.asked.load(Ordering::Relaxed), 1, "{code}");
    }
}

#[test]
fn keys_that_are_not_used_are_named_whether_or_not_the_profile_works() {
    let mut inputs = inputs();
    inputs.credentials.put_aside = vec!["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"];
    for case in ["good", "expired"] {
        let script = rehearsal().replays(
            "aws sts get-caller-identity",
            &format!("aws/get-caller-identity/{case}"),
        );
        let findings = run_all(&inputs, &script).findings;
        let message = &find(&findings, "identity").message;
        assert!(
            message.ends_with(
                " AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN of the environment are not used beside \
                 a profile."
            ),
            "{message}"
        );
    }
}

#[test]
fn a_sign_on_that_ends_soon_warns_and_does_not_block() {
    let mut inputs = inputs();
    inputs.credentials.sso = Some(SsoFacts {
        token: SsoToken::Found {
            expires_at: "2026-11-23T00:20:00Z".parse().unwrap(),
            renewable_until: None,
        },
        ..SsoFacts::default()
    });
    let outcome = run_all(&inputs, &rehearsal());
    assert_eq!(brief(&outcome.findings, "sso-session"), "Warn SSO_EXPIRES_SOON");
    assert!(
        find(&outcome.findings, "sso-session")
            .message
            .contains("20 min from now")
    );
    assert_eq!(
        outcome.evidence.sso_session_expires_at.as_deref(),
        Some("2026-11-23T00:20:00Z")
    );
}
