//! The permission check: whose policies are asked about, and what each of IAM's answers comes to.

mod steps_support;

use lakehouse::clients::aws::iam::{Decision, Evaluation, apart, parse_simulation};
use lakehouse::clients::aws::sts::Caller;
use lakehouse::gateway::{CommandOutput, CommandSpec, Gateway, GatewayError};
use lakehouse::model::DnsProvider;
use lakehouse::report::{Finding, Outcome, PermissionEvidence};
use lakehouse::steps::preflight::permissions::{self, Kind, Verdict, Wanted, Who, judge, who};
use std::sync::Mutex;
use std::time::Duration;
use steps_support::{Script, inputs, recorded};

const CLUSTER: &str = "arn:aws:eks:us-east-2:000000000000:cluster/ingext-lakehouse";

fn wanted(action: &'static str, on: &str, exact: bool) -> Wanted {
    Wanted {
        action,
        on: on.to_owned(),
        exact,
    }
}

/// What the recorded answer `case` says of one wanted action: the kind of denial, `allowed` or `uncertain`.
fn told(case: &str, action: &'static str, on: &str) -> &'static str {
    let bytes = recorded(&format!("aws/simulate-principal-policy/{case}")).stdout;
    told_of(&parse_simulation(&bytes).unwrap(), &wanted(action, on, true))
}

fn told_of(evaluations: &[Evaluation], wanted: &Wanted) -> &'static str {
    let Verdict { denied, uncertain } = judge(std::slice::from_ref(wanted), evaluations);
    match (denied.first(), uncertain.first()) {
        (Some(denied), None) => denied.by.name(),
        (None, Some(_)) => "uncertain",
        (None, None) => "allowed",
        both => panic!("{both:?}"),
    }
}

#[test]
fn each_kind_of_denial_is_told_apart_on_recorded_answers() {
    for (case, action, on, expected) in [
        ("allowed", "eks:ListClusters", "*", "allowed"),
        ("no-policy", "dynamodb:CreateTable", "*", "no policy allows"),
        ("explicit-deny", "eks:CreateCluster", CLUSTER, "explicit deny"),
        // Denied on the other resource of the call, which is not its own.
        ("explicit-deny", "eks:CreateAddon", CLUSTER, "allowed"),
        (
            "bounded",
            "sqs:CreateQueue",
            "arn:aws:sqs:us-east-2:000000000000:ingext-lakehouse",
            "permissions boundary",
        ),
        ("bounded", "ec2:DescribeVpcs", CLUSTER, "allowed"),
        (
            "missing-context",
            "iam:PassRole",
            "arn:aws:iam::000000000000:role/KarpenterNodeRole-ingext-lakehouse",
            "uncertain",
        ),
        (
            "missing-context",
            "iam:PassRole",
            "arn:aws:iam::000000000000:role/other",
            "no policy allows",
        ),
        (
            "context-given",
            "iam:PassRole",
            "arn:aws:iam::000000000000:role/KarpenterNodeRole-ingext-lakehouse",
            "allowed",
        ),
        // What was not answered is not allowed.
        ("allowed", "eks:CreateCluster", "*", "uncertain"),
        (
            "explicit-deny",
            "eks:CreateAddon",
            "arn:aws:s3:::other",
            "uncertain",
        ),
    ] {
        assert_eq!(told(case, action, on), expected, "{case}: {action} on {on}");
    }
}

fn answer(details: &str) -> Vec<Evaluation> {
    let text = format!(r#"{{"EvaluationResults":[{{"EvalActionName":"eks:CreateCluster",{details}}}]}}"#);
    parse_simulation(text.as_bytes()).unwrap()
}

#[test]
fn what_the_rehearsal_cannot_say_is_judged_by_the_service_model() {
    for (details, expected) in [
        (
            r#""EvalDecision":"implicitDeny","OrganizationsDecisionDetail":{"AllowedByOrganizations":false}"#,
            "organization policy",
        ),
        (
            r#""EvalDecision":"allowed","OrganizationsDecisionDetail":{"AllowedByOrganizations":true}"#,
            "allowed",
        ),
        // A detail that contradicts the decision is no permission.
        (
            r#""EvalDecision":"allowed","PermissionsBoundaryDecisionDetail":{"AllowedByPermissionsBoundary":false}"#,
            "permissions boundary",
        ),
        // A deny whose condition (MFA, network) only the real call can tell.
        (
            r#""EvalDecision":"explicitDeny","MissingContextValues":["aws:MultiFactorAuthPresent"]"#,
            "uncertain",
        ),
        (
            r#""EvalDecision":"allowed","MissingContextValues":["aws:MultiFactorAuthPresent"]"#,
            "allowed",
        ),
        // No resource is named where the action takes none.
        (r#""EvalDecision":"explicitDeny""#, "explicit deny"),
    ] {
        assert_eq!(
            told_of(&answer(details), &wanted("eks:CreateCluster", CLUSTER, true)),
            expected,
            "{details}"
        );
    }
    let denied = answer(r#""EvalDecision":"implicitDeny""#);
    assert_eq!(denied[0].decision, Decision::ImplicitDeny);
    // The caller may be allowed just the right resource, which was not known when it was asked.
    assert_eq!(
        told_of(&denied, &wanted("eks:CreateCluster", CLUSTER, false)),
        "uncertain"
    );
}

#[test]
fn an_answer_that_is_cut_or_has_an_unknown_word_is_no_answer() {
    for text in [
        r#"{"EvaluationResults":[],"IsTruncated":true,"Marker":"x"}"#,
        r#"{"EvaluationResults":[{"EvalActionName":"eks:CreateCluster","EvalDecision":"perhaps"}]}"#,
        r#"{"EvaluationResults":[{"EvalActionName":"$(reboot)","EvalDecision":"allowed"}]}"#,
        r#"{"EvaluationResults":[{"EvalActionName":"eks:CreateCluster"}]}"#,
    ] {
        assert!(parse_simulation(text.as_bytes()).is_err(), "{text}");
    }
}

#[test]
fn an_action_denied_on_one_of_its_resources_is_denied() {
    let text = r#"{"EvaluationResults":[{"EvalActionName":"iam:CreateRole","EvalDecision":"implicitDeny",
        "ResourceSpecificResults":[{"EvalResourceName":"a","EvalResourceDecision":"allowed"},
        {"EvalResourceName":"b","EvalResourceDecision":"implicitDeny"}]}]}"#;
    let evaluations = parse_simulation(text.as_bytes()).unwrap();
    let both = [
        wanted("iam:CreateRole", "a", true),
        wanted("iam:CreateRole", "b", true),
    ];
    let verdict = judge(&both, &evaluations);
    assert_eq!(verdict.denied.len(), 1);
    assert_eq!(verdict.denied[0].by, Kind::NoPolicyAllows);
}

#[test]
fn the_callers_kind_says_whose_policies_are_asked_about() {
    let arn = |text: &str| format!("arn:aws:{text}");
    match who(&arn("iam::123456789012:user/teams/data/ann")) {
        Who::Principal(it) => assert_eq!(
            (it.name.as_str(), it.kind(), it.arn.as_str()),
            ("ann", "user", "arn:aws:iam::123456789012:user/teams/data/ann")
        ),
        other => panic!("{other:?}"),
    }
    let role = |text: &str| match who(&arn(text)) {
        Who::Session { role } => role,
        other => panic!("{other:?}"),
    };
    assert_eq!(
        role("sts::123456789012:assumed-role/deployer/ann@example.com"),
        "deployer"
    );
    assert_eq!(
        role("sts::123456789012:assumed-role/AWSReservedSSO_Admin_0123456789abcdef/ann"),
        "AWSReservedSSO_Admin_0123456789abcdef"
    );
    for text in [
        "iam::123456789012:root",
        "sts::123456789012:federated-user/ann",
        "sts::123456789012:assumed-role/--endpoint-url/x",
        "sts::123456789012:assumed-role/$(reboot)/x",
        "iam::123456789012:group/x",
    ] {
        assert!(matches!(who(&arn(text)), Who::Nobody(_)), "{text}");
    }
}

fn caller(arn: &str) -> Caller {
    Caller {
        account: "000000000000".parse().unwrap(),
        arn: arn.to_owned(),
    }
}

const USER: &str = "arn:aws:iam::000000000000:user/rehearsal-installer";
const SESSION: &str = "arn:aws:sts::000000000000:assumed-role/rehearsal-session/tester";

fn check(gateway: &dyn Gateway, arn: &str) -> (Finding, Option<PermissionEvidence>) {
    let checked = permissions::run(gateway, &inputs(), &caller(arn), None);
    assert_eq!(checked.findings.len(), 1);
    (checked.findings[0].clone(), checked.evidence.permissions)
}

#[test]
fn where_nobody_can_be_asked_about_the_check_is_a_skip_with_its_reason() {
    let simulate = "aws iam simulate-principal-policy";
    for (script, arn, said) in [
        (Script::default(), "arn:aws:iam::000000000000:root", "root user"),
        (
            Script::default(),
            "arn:aws:sts::000000000000:federated-user/ann",
            "federated user",
        ),
        (
            Script::default().replays("aws iam get-role", "aws/get-role/denied"),
            SESSION,
            "`iam:GetRole`",
        ),
        (
            Script::default().replays("aws iam get-role", "aws/get-role/absent"),
            SESSION,
            "no role `rehearsal-session`",
        ),
        (
            Script::default().replays(simulate, "aws/simulate-principal-policy/denied"),
            USER,
            "`iam:SimulatePrincipalPolicy`",
        ),
    ] {
        let (finding, evidence) = check(&script, arn);
        assert_eq!(finding.outcome, Outcome::Skip, "{finding:?}");
        assert!(finding.message.contains(said), "{}", finding.message);
        assert!(finding.message.contains("is unknown"), "{}", finding.message);
        assert_eq!(evidence, None, "nothing is claimed");
    }
}

#[test]
fn a_question_without_an_answer_is_told_under_its_own_code() {
    // Keys that have ended would end an install too.
    for (case, code, outcome) in [
        ("throttled", "AWS_THROTTLED", Outcome::Warn),
        ("expired", "AWS_KEYS_EXPIRED", Outcome::Fail),
    ] {
        for script in [
            Script::default().replays(
                "aws iam simulate-principal-policy",
                &format!("aws/simulate-principal-policy/{case}"),
            ),
            Script::default().replays("aws iam get-role", &format!("aws/get-role/{case}")),
        ] {
            let arn = if script.has("aws iam get-role") {
                SESSION
            } else {
                USER
            };
            let (finding, evidence) = check(&script, arn);
            assert_eq!(finding.outcome, outcome, "{finding:?}");
            assert_eq!(finding.code.unwrap().name(), code);
            assert!(finding.remediation.is_some() && finding.tool_output.is_some());
            assert_eq!(evidence, None);
        }
    }
}

/// IAM as it answers: each action on each resource, with what a test wants denied.
#[derive(Default)]
struct Simulator {
    /// Beginnings of actions, and the JSON of their results.
    denied: Vec<(&'static str, &'static str)>,
    /// Actions that IAM wants asked by themselves.
    apart: &'static str,
    asked: Mutex<Vec<Vec<String>>>,
}

impl Gateway for Simulator {
    fn run(&self, spec: &CommandSpec) -> Result<CommandOutput, GatewayError> {
        let output = |exit: i32, stdout: String, stderr: String| {
            Ok(CommandOutput {
                exit,
                stdout: stdout.into(),
                stderr,
                duration: Duration::from_millis(1),
            })
        };
        let words = |flag: &str| -> Vec<String> {
            let after = spec.args.iter().skip_while(|word| *word != flag).skip(1);
            after
                .take_while(|word| !word.starts_with("--"))
                .cloned()
                .collect()
        };
        if spec.args[1] == "get-role" {
            let good = recorded("aws/get-role/good");
            return output(0, String::from_utf8(good.stdout).unwrap(), String::new());
        }
        self.asked.lock().unwrap().push(spec.args.clone());
        let (actions, resources) = (words("--action-names"), words("--resource-arns"));
        let (some, rest): (Vec<String>, Vec<String>) = actions
            .iter()
            .cloned()
            .partition(|action| !self.apart.is_empty() && action.starts_with(self.apart));
        if !some.is_empty() && !rest.is_empty() {
            let said = format!(
                "\naws: [ERROR]: An error occurred (InvalidInput) when calling the SimulatePrincipalPolicy operation: Invalid Input Actions: [{}] and [{}] require different authorization information.",
                some.join(","),
                rest.join(",")
            );
            return output(254, String::new(), said);
        }
        let mut results = Vec::new();
        for action in &actions {
            let denied = self.denied.iter().find(|(begin, _)| action.starts_with(begin));
            let decision = denied.map_or("\"allowed\"", |(_, decision)| *decision);
            let specific: Vec<String> = resources
                .iter()
                .map(|it| format!(r#"{{"EvalResourceName":"{it}","EvalResourceDecision":{decision}}}"#))
                .collect();
            results.push(format!(
                r#"{{"EvalActionName":"{action}","EvalDecision":{decision},"ResourceSpecificResults":[{}]}}"#,
                specific.join(",")
            ));
        }
        output(
            0,
            format!(r#"{{"EvaluationResults":[{}]}}"#, results.join(",")),
            String::new(),
        )
    }
}

#[test]
fn all_is_asked_in_three_calls_about_the_role_itself() {
    let simulator = Simulator::default();
    let (finding, evidence) = check(&simulator, SESSION);
    assert_eq!(finding.outcome, Outcome::Pass, "{finding:?}");
    let evidence = evidence.unwrap();
    assert_eq!(
        evidence.simulated_arn,
        "arn:aws:iam::000000000000:role/teams/data/rehearsal-session"
    );
    assert!(evidence.asked > 100 && evidence.denied.is_empty());
    assert!(
        finding
            .message
            .contains(&format!("all {} actions", evidence.asked))
    );
    let asked = simulator.asked.lock().unwrap();
    assert_eq!(asked.len(), 3);
    for call in asked.iter() {
        assert!(call.contains(&evidence.simulated_arn), "{call:?}");
        assert!(
            call.iter()
                .any(|word| word.contains("ContextKeyValues=us-east-2"))
        );
        assert!(call.iter().all(|word| !word.contains(['{', '*'])), "{call:?}");
    }
}

#[test]
fn one_denied_action_is_named_exactly_with_what_denies_it_and_what_mends_it() {
    let deny = "\"explicitDeny\"";
    let nothing = "\"implicitDeny\"";
    let boundary =
        "\"implicitDeny\",\"PermissionsBoundaryDecisionDetail\":{\"AllowedByPermissionsBoundary\":false}";
    for (decision, by, remedy) in [
        (
            deny,
            "explicit deny",
            "aws iam list-user-policies --user-name rehearsal-installer",
        ),
        (
            nothing,
            "no policy allows",
            "lakehouse policy --for install --region us-east-2 --cluster ingext-lakehouse --namespace ingext --output json",
        ),
        (
            nothing,
            "no policy allows",
            "aws iam attach-user-policy --user-name rehearsal-installer --policy-arn arn:aws:iam::000000000000:policy/lakehouse-install",
        ),
        (boundary, "permissions boundary", "User.PermissionsBoundary"),
    ] {
        let simulator = Simulator {
            denied: vec![("eks:CreateCluster", decision)],
            ..Simulator::default()
        };
        let (finding, evidence) = check(&simulator, USER);
        assert_eq!(finding.outcome, Outcome::Fail, "{by}: {finding:?}");
        assert_eq!(finding.code.unwrap().name(), "PERMISSION_MISSING");
        assert!(
            finding.message.contains("is denied 1 of the"),
            "{}",
            finding.message
        );
        assert!(
            finding.message.contains("`eks:CreateCluster`"),
            "{}",
            finding.message
        );
        assert!(finding.remediation.unwrap().contains(remedy), "{by}");
        let denied = evidence.unwrap().denied;
        assert_eq!(denied.len(), 1);
        assert_eq!(
            (denied[0].action.as_str(), denied[0].by.as_str()),
            ("eks:CreateCluster", by)
        );
    }
}

#[test]
fn a_message_names_the_first_actions_and_the_evidence_all() {
    let simulator = Simulator {
        denied: vec![("ec2:", "\"implicitDeny\"")],
        ..Simulator::default()
    };
    let (finding, evidence) = check(&simulator, USER);
    assert_eq!(finding.outcome, Outcome::Fail);
    assert!(
        finding.message.contains(" more which no policy allows"),
        "{}",
        finding.message
    );
    assert!(
        finding.message.matches("`ec2:").count() == 8,
        "{}",
        finding.message
    );
    assert!(evidence.unwrap().denied.len() > 30, "the evidence names all");
}

#[test]
fn a_single_sign_on_role_is_mended_in_its_permission_set_and_an_organization_only_warns() {
    let principal = permissions::Principal {
        arn: "arn:aws:iam::000000000000:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Data_Admin_0123"
            .into(),
        name: "AWSReservedSSO_Data_Admin_0123".into(),
        is_role: true,
    };
    let wanted = [wanted("eks:CreateCluster", "*", true)];
    let organization =
        r#""EvalDecision":"implicitDeny","OrganizationsDecisionDetail":{"AllowedByOrganizations":false}"#;
    for (details, outcome, remedy) in [
        (
            r#""EvalDecision":"implicitDeny""#,
            Outcome::Fail,
            "permission set Data_Admin",
        ),
        (organization, Outcome::Warn, "management account"),
    ] {
        let answers = permissions::Answers {
            evaluations: answer(details),
            errors: Vec::new(),
        };
        let checked = permissions::decide(&principal, &wanted, answers, &inputs());
        let finding = &checked.findings[0];
        assert_eq!(finding.outcome, outcome, "{finding:?}");
        assert_eq!(finding.code.unwrap().name(), "PERMISSION_MISSING");
        assert!(
            finding.remediation.as_ref().unwrap().contains(remedy),
            "{finding:?}"
        );
    }
}

#[test]
fn what_cannot_be_told_warns_and_is_named() {
    let simulator = Simulator {
        denied: vec![(
            "iam:PassRole",
            "\"implicitDeny\",\"MissingContextValues\":[\"aws:SourceIp\"]",
        )],
        ..Simulator::default()
    };
    let (finding, evidence) = check(&simulator, USER);
    assert_eq!(finding.outcome, Outcome::Warn, "{finding:?}");
    assert_eq!(finding.code.unwrap().name(), "PERMISSION_UNCERTAIN");
    assert!(
        finding.message.contains("whether `iam:PassRole` is allowed"),
        "{}",
        finding.message
    );
    let evidence = evidence.unwrap();
    assert!(evidence.denied.is_empty());
    assert_eq!(evidence.uncertain, ["iam:PassRole"]);
}

#[test]
fn a_zone_of_ones_own_may_be_all_that_is_allowed() {
    let simulator = || Simulator {
        denied: vec![("route53:ChangeResourceRecordSets", "\"implicitDeny\"")],
        ..Simulator::default()
    };
    let (finding, _) = check(&simulator(), USER);
    assert_eq!(finding.outcome, Outcome::Warn, "{finding:?}");
    // Records that are made elsewhere ask nothing of Route53.
    let simulator = simulator();
    let mut external = inputs();
    external.dns_provider = Some(DnsProvider::External);
    let checked = permissions::run(&simulator, &external, &caller(USER), None);
    assert_eq!(
        checked.findings[0].outcome,
        Outcome::Pass,
        "{:?}",
        checked.findings
    );
    let asked = simulator.asked.lock().unwrap();
    assert!(asked.iter().flatten().all(|word| !word.starts_with("route53:")));
}

#[test]
fn actions_that_iam_wants_apart_are_asked_apart() {
    let simulator = Simulator {
        denied: vec![("s3:PutBucketTagging", "\"explicitDeny\"")],
        apart: "s3:",
        ..Simulator::default()
    };
    let (finding, evidence) = check(&simulator, USER);
    assert_eq!(simulator.asked.lock().unwrap().len(), 5, "one more for each part");
    assert_eq!(finding.outcome, Outcome::Fail, "{finding:?}");
    assert_eq!(evidence.unwrap().denied[0].action, "s3:PutBucketTagging");
}

#[test]
fn only_lists_of_the_asked_actions_are_taken_from_the_tools_words() {
    let asked = ["iam:PassRole", "s3:ListBucket"];
    let said = |lists: &str| {
        format!("(InvalidInput) … Actions: {lists} require different authorization information.")
    };
    assert_eq!(
        apart(&said("[s3:ListBucket] and [iam:PassRole]"), &asked),
        Some(vec![vec!["s3:ListBucket"], vec!["iam:PassRole"]])
    );
    for lists in [
        "",
        "[s3:ListBucket, iam:PassRole]",
        "[s3:ListBucket] and [iam:CreateUser]",
        "[s3:ListBucket] and [s3:ListBucket] and [iam:PassRole]",
    ] {
        assert_eq!(apart(&said(lists), &asked), None, "{lists}");
    }
    assert_eq!(
        apart("Invalid Entity Arn: [s3:ListBucket] and [iam:PassRole]", &asked),
        None
    );
}
