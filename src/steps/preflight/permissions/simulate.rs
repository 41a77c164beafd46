//! What is asked, in as few calls as IAM takes it.

use super::Principal;
use crate::clients::aws::Iam;
use crate::clients::aws::iam::{Evaluation, Question, apart};
use crate::clients::{CallError, ErrorClass};
use crate::gateway::Gateway;
use crate::model::permissions::groups;
use crate::model::{DnsProvider, Need, Scope};
use std::collections::{BTreeMap, BTreeSet};

/// How often one question may be cut, since IAM did not take it whole: 8 parts at most.
const CUTS: u32 = 3;

/// One action on one resource.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Wanted {
    /// `service:Action`.
    pub action: &'static str,
    /// `*`, or an ARN.
    pub on: String,
    /// Whether install will act on just that resource, or on one whose name begins alike.
    pub exact: bool,
}

/// All that IAM said.
#[derive(Clone, Debug, Default)]
pub struct Answers {
    /// What was judged.
    pub evaluations: Vec<Evaluation>,
    /// The questions that had no answer.
    pub errors: Vec<CallError>,
}

/// What install needs. Records that are made elsewhere need no Route53.
#[must_use]
pub fn wanted(scope: &Scope, dns: Option<DnsProvider>) -> Vec<Wanted> {
    let all: BTreeSet<Wanted> = groups()
        .filter(|group| group.needs.contains(&Need::Install))
        .flat_map(|group| {
            group.on.iter().flat_map(|on| {
                group.actions.iter().map(|action| Wanted {
                    action,
                    on: scope.fill(on.sample),
                    exact: on.exact,
                })
            })
        })
        .filter(|it| dns != Some(DnsProvider::External) || !it.action.starts_with("route53:"))
        .collect();
    all.into_iter().collect()
}

/// Asks for all of it, side by side: what takes no resource, EC2 and EKS, and the rest. Each call judges each of its
/// actions on each of its resources, so that the services stand apart from one another.
#[must_use]
pub fn ask_all(gateway: &dyn Gateway, principal: &Principal, wanted: &[Wanted], scope: &Scope) -> Answers {
    let mut calls: BTreeMap<u8, (BTreeSet<&'static str>, BTreeSet<&str>)> = BTreeMap::new();
    for it in wanted {
        let call = match it.action.split(':').next() {
            _ if it.on == "*" => 0,
            Some("ec2" | "eks") => 1,
            _ => 2,
        };
        let (actions, resources) = calls.entry(call).or_default();
        actions.insert(it.action);
        if it.on != "*" {
            resources.insert(&it.on);
        }
    }
    // The context that is known. A service for each of the last two: it stands for all that install hands roles to.
    let context = vec![
        ("aws:RequestedRegion", scope.region.clone()),
        ("iam:PassedToService", "eks.amazonaws.com".to_owned()),
        ("iam:AWSServiceName", "eks.amazonaws.com".to_owned()),
    ];
    let questions = calls.into_values().map(|(actions, resources)| Question {
        principal: principal.arn.clone(),
        actions: actions.into_iter().collect(),
        resources: resources.into_iter().map(str::to_owned).collect(),
        context: context.clone(),
    });
    std::thread::scope(|scope| {
        let mut answers = Answers::default();
        let threads: Vec<_> = questions
            .map(|question| {
                let again = question.clone();
                let thread = std::thread::Builder::new()
                    .spawn_scoped(scope, move || ask_one(gateway, &question, CUTS));
                (thread, again)
            })
            .collect();
        for (thread, question) in threads {
            // Without a thread of its own, the question is asked after the others.
            let found = thread
                .ok()
                .and_then(|thread| thread.join().ok())
                .unwrap_or_else(|| ask_one(gateway, &question, CUTS));
            answers.evaluations.extend(found.evaluations);
            answers.errors.extend(found.errors);
        }
        answers
    })
}

/// Asks; where IAM does not take the actions together, asks in parts.
fn ask_one(gateway: &dyn Gateway, question: &Question, cuts: u32) -> Answers {
    let error = match (Iam { gateway }).simulate(question) {
        Ok(evaluations) => {
            return Answers {
                evaluations,
                errors: Vec::new(),
            };
        }
        Err(error) => error,
    };
    let parts = if cuts == 0 {
        Vec::new()
    } else {
        parts(&error, &question.actions)
    };
    if parts.is_empty() {
        return Answers {
            evaluations: Vec::new(),
            errors: vec![error],
        };
    }
    let mut answers = Answers::default();
    for actions in parts {
        let part = Question {
            actions,
            ..question.clone()
        };
        let found = ask_one(gateway, &part, cuts - 1);
        answers.evaluations.extend(found.evaluations);
        answers.errors.extend(found.errors);
    }
    answers
}

/// The parts in which to ask again: as IAM names them, or halves where it refuses the form of the whole. None where
/// asking again would not help.
fn parts(error: &CallError, actions: &[&'static str]) -> Vec<Vec<&'static str>> {
    if error.class != ErrorClass::Other || actions.len() < 2 {
        return Vec::new();
    }
    match error.code.as_deref() {
        Some("InvalidInput") => apart(&error.said, actions).unwrap_or_default(),
        Some("ValidationError") => actions
            .chunks(actions.len().div_ceil(2))
            .map(<[&'static str]>::to_vec)
            .collect(),
        _ => Vec::new(),
    }
}
