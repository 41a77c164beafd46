//! Check `sso-session`: the single sign-on session outlasts an install.

use super::checked::Checked;
use super::inputs::CredentialInputs;
use crate::clients::Asker;
use crate::model::SsoToken;
use crate::report::{Code, Finding, PreflightEvidence};
use jiff::Timestamp;

/// The check's id.
pub const ID: &str = "sso-session";

/// How long an install may take, in minutes: eksctl waits up to 25 for the cluster (`eksctl create cluster --timeout`),
/// the waits for the charts behind it are 15 and 10, and what lies between takes the rest.
const INSTALL_MINUTES: i64 = 60;

/// Judges what the token's file tells; `now` is the run's begin.
#[must_use]
pub fn decide(known: &CredentialInputs, now: Timestamp, asker: &Asker<'_>) -> Checked {
    let Some(sso) = &known.sso else {
        let source = asker.source();
        return Finding::skip(
            ID,
            format!("Not needed: the keys of {source} come from no single sign-on."),
        )
        .into();
    };
    match &sso.token {
        SsoToken::Unreadable(why) => {
            Finding::skip(ID, format!("How long the sign-on still lasts is unknown: {why}.")).into()
        }
        // The identity stood all the same: aws still holds the role's keys, an hour at most.
        SsoToken::Absent => soon(
            "Nobody is signed on (any more): the run lives on the role's keys that aws still holds, an hour at most.",
            asker,
        )
        .into(),
        SsoToken::Found {
            expires_at,
            renewable_until,
        } => Checked::from(judged(*expires_at, *renewable_until, now, asker)).seen(PreflightEvidence {
            sso_session_expires_at: Some(expires_at.to_string()),
            ..PreflightEvidence::default()
        }),
    }
}

fn judged(expires: Timestamp, renewable: Option<Timestamp>, now: Timestamp, asker: &Asker<'_>) -> Finding {
    let left = |until: Timestamp| until.duration_since(now).as_secs() / 60;
    let minutes = left(expires);
    if minutes >= INSTALL_MINUTES {
        return Finding::pass(
            ID,
            format!(
                "The sign-on's token lasts until {expires}, {} from now; an install takes up to {INSTALL_MINUTES} min.",
                time(minutes)
            ),
        );
    }
    match renewable.map(left) {
        Some(renews) if renews >= INSTALL_MINUTES => Finding::pass(
            ID,
            format!(
                "The sign-on's token ends at {expires}, and aws renews it by itself for {}, as long as the portal's session \
                 stands; an install takes up to {INSTALL_MINUTES} min.",
                time(renews)
            ),
        ),
        _ if expires <= now => soon(
            &format!(
                "The sign-on's token ended at {expires}; the run lives on the role's keys that aws still holds, an hour at most."
            ),
            asker,
        ),
        _ => soon(
            &format!(
                "The sign-on's token ends at {expires}, {} from now, and aws can't renew it; an install takes up to \
                 {INSTALL_MINUTES} min.",
                time(minutes)
            ),
            asker,
        ),
    }
}

fn soon(message: &str, asker: &Asker<'_>) -> Finding {
    Finding::warn(ID, Code::SsoExpiresSoon, message).remedy(format!(
        "`aws sso login{}` before the install: it begins a new session.",
        asker.flag()
    ))
}

fn time(minutes: i64) -> String {
    match (minutes / 60, minutes % 60) {
        (0, minutes) => format!("{minutes} min"),
        (hours, _) if hours >= 48 => format!("{} days", hours / 24),
        (hours, minutes) => format!("{hours} h {minutes} min"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::SsoFacts;
    use crate::report::{ExecMode, Outcome};

    fn judge(token: SsoToken) -> Checked {
        let (profile, region) = ("corp".parse().unwrap(), "us-east-2".parse().unwrap());
        let asker = Asker {
            profile: Some(&profile),
            region: &region,
            mode: ExecMode::Docker,
        };
        let known = CredentialInputs {
            sso: Some(SsoFacts {
                token,
                ..SsoFacts::default()
            }),
            ..CredentialInputs::default()
        };
        decide(&known, "2026-11-23T12:00:00Z".parse().unwrap(), &asker)
    }

    fn found(expires: &str, renewable: Option<&str>) -> SsoToken {
        SsoToken::Found {
            expires_at: expires.parse().unwrap(),
            renewable_until: renewable.map(|until| until.parse().unwrap()),
        }
    }

    #[test]
    fn a_session_that_outlasts_an_install_passes_with_figures() {
        let checked = judge(found("2026-11-23T17:05:00Z", None));
        let finding = &checked.findings[0];
        assert_eq!((finding.outcome, finding.code), (Outcome::Pass, None));
        assert!(finding.message.contains("5 h 5 min") && finding.message.contains("60 min"));
        assert_eq!(
            checked.evidence.sso_session_expires_at.as_deref(),
            Some("2026-11-23T17:05:00Z")
        );
    }

    #[test]
    fn one_that_does_not_warns_with_the_command_for_this_profile() {
        for (expires, says) in [
            ("2026-11-23T12:59:59Z", "59 min from now"),
            ("2026-11-23T12:00:30Z", "0 min from now"),
            ("2026-11-23T11:00:00Z", "ended at"),
        ] {
            // A registration that ends during the install renews nothing then.
            for renewable in [None, Some("2026-11-23T12:30:00Z")] {
                let finding = judge(found(expires, renewable)).findings.remove(0);
                assert_eq!(
                    (finding.outcome, finding.code),
                    (Outcome::Warn, Some(Code::SsoExpiresSoon))
                );
                assert!(finding.message.contains(says), "{}", finding.message);
                assert!(
                    finding
                        .remediation
                        .unwrap()
                        .contains("`aws sso login --profile corp`")
                );
            }
        }
    }

    #[test]
    fn a_token_that_aws_renews_passes_and_says_so() {
        let finding = judge(found("2026-11-23T11:00:00Z", Some("2027-01-01T00:00:00Z")))
            .findings
            .remove(0);
        assert_eq!(finding.outcome, Outcome::Pass);
        assert!(
            finding.message.contains("renews it by itself for 38 days"),
            "{}",
            finding.message
        );
    }

    #[test]
    fn an_unknown_end_is_no_pass() {
        assert_eq!(
            judge(SsoToken::Unreadable("x could not be read".into())).findings[0].outcome,
            Outcome::Skip
        );
        assert_eq!(judge(SsoToken::Absent).findings[0].outcome, Outcome::Warn);
    }
}
