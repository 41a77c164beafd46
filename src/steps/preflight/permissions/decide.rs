//! From a verdict to a finding.

use super::{Answers, Denied, ID, Kind, Principal, Verdict, Wanted, judge, remedy, unanswered};
use crate::report::{Code, DeniedAction, Finding, PermissionEvidence, PreflightEvidence};
use crate::steps::preflight::checked::Checked;
use crate::steps::preflight::inputs::PreflightInputs;
use std::collections::BTreeSet;

/// How many actions a message names; the evidence names all.
const NAMED: usize = 8;

/// Judges what IAM said of `principal`.
///
/// A plain denial blocks. One by the organization alone warns: the simulation is known to get the conditions of such
/// policies wrong (openshift/enhancements, `aws-permissions-check-bypass.md`), and a wrong blocker has no way around.
#[must_use]
pub fn decide(
    principal: &Principal,
    wanted: &[Wanted],
    answers: Answers,
    inputs: &PreflightInputs,
) -> Checked {
    let Answers {
        evaluations,
        mut errors,
    } = answers;
    if evaluations.is_empty() && !errors.is_empty() {
        return unanswered(&errors.swap_remove(0), inputs).into();
    }
    let Verdict { denied, uncertain } = judge(wanted, &evaluations);
    let asked = wanted.iter().map(|it| it.action).collect::<BTreeSet<_>>().len();
    let blocks = denied.iter().any(|it| it.by != Kind::Organization);
    let whose = format!("the {} `{}`", principal.kind(), principal.arn);
    let finding = if denied.is_empty() && uncertain.is_empty() {
        Finding::pass(
            ID,
            format!(
                "By IAM's simulation, the policies of {whose} allow all {asked} actions that install needs."
            ),
        )
    } else if denied.is_empty() {
        let message = format!(
            "Of the {asked} actions that install needs, IAM's simulation can't tell for {whose} whether {} {} allowed: that depends on conditions or resources which only the real call has{}.",
            named(uncertain.iter().map(|action| format!("`{action}`")).collect()),
            if uncertain.len() == 1 { "is" } else { "are" },
            if errors.is_empty() {
                ""
            } else {
                ", or IAM did not answer"
            },
        );
        Finding::warn(ID, Code::PermissionUncertain, message).remedy(remedy::uncertain(inputs))
    } else {
        let (code, message) = (
            Code::PermissionMissing,
            denial(&whose, asked, &denied, &uncertain),
        );
        let finding = if blocks {
            Finding::fail(ID, code, message)
        } else {
            Finding::warn(ID, code, message)
        };
        finding.remedy(remedy::denied(principal, &denied, inputs))
    };
    let said: BTreeSet<String> = errors.into_iter().map(|error| error.said).collect();
    let said: Vec<String> = said.into_iter().collect();
    let evidence = PermissionEvidence {
        simulated_arn: principal.arn.clone(),
        asked,
        denied: denied
            .iter()
            .map(|it| DeniedAction {
                action: it.action.to_owned(),
                by: it.by.name().to_owned(),
            })
            .collect(),
        uncertain: uncertain.into_iter().map(str::to_owned).collect(),
    };
    Checked::from(finding.said(said.join("\n"))).seen(PreflightEvidence {
        permissions: Some(evidence),
        ..PreflightEvidence::default()
    })
}

fn denial(whose: &str, asked: usize, denied: &[Denied], uncertain: &[&str]) -> String {
    let parts: Vec<String> = Kind::ALL
        .iter()
        .filter_map(|kind| {
            let of_kind: Vec<String> = denied
                .iter()
                .filter(|it| it.by == *kind)
                .map(|it| format!("`{}`", it.action))
                .collect();
            let why = match kind {
                Kind::NoPolicyAllows => "which no policy allows",
                Kind::ExplicitDeny => "by an explicit deny",
                Kind::Boundary => "by the permissions boundary",
                Kind::Organization => "by a policy of the organization",
            };
            (!of_kind.is_empty()).then(|| format!("{} {why}", named(of_kind)))
        })
        .collect();
    let more = match uncertain.len() {
        0 => String::new(),
        some => format!(" Of {some} more the simulation can't tell; the evidence names them."),
    };
    format!(
        "By IAM's simulation, {whose} is denied {} of the {asked} actions that install needs: {}.{more}",
        denied.len(),
        parts.join("; ")
    )
}

/// The first ones, and how many more.
fn named(mut all: Vec<String>) -> String {
    let more = all.len().saturating_sub(NAMED);
    all.truncate(NAMED);
    let list = all.join(", ");
    if more == 0 {
        list
    } else {
        format!("{list} and {more} more")
    }
}
