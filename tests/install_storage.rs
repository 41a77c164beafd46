//! Storage's steps, decided: what a wrong decision here breaks is somebody's bucket, or a lake that can't read its own.

mod install_support;

use install_support::{code, desired, document, flag_value, ours, verbs, words};
use lakehouse::clients::aws::cloudformation::{Stack, StackEvent, parse_failed_events, parse_stack};
use lakehouse::clients::aws::eks::Association;
use lakehouse::clients::aws::s3::{Bucket, BucketSettings, Encryption, PublicAccess, Versioning};
use lakehouse::clients::aws::s3::{parse_grants_to_others, parse_is_empty};
use lakehouse::model::{CREATED_BY, USED_BY};
use lakehouse::report::{Code, StepAction};
use lakehouse::steps::install::storage::bucket::{self, Facts, MAKES_BUCKET, Observed};
use lakehouse::steps::install::storage::lake_role::wanted;
use lakehouse::steps::install::storage::policy::{
    TLS_ONLY, is_tls_only, merged, public_statements, tls_only,
};
use lakehouse::steps::install::storage::{lake_association, lake_template};
use lakehouse::steps::install::{Decision, Verdict, association, stack};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::collections::BTreeMap;

const ARN: &str = "arn:aws:s3:::demo-000000000000";

fn tags(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs
        .iter()
        .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
        .collect()
}

const BLOCKED: PublicAccess = PublicAccess {
    block_public_acls: true,
    ignore_public_acls: true,
    block_public_policy: true,
    restrict_public_buckets: true,
};

/// A bucket of ours that is as it should be.
fn good() -> Facts {
    Facts {
        settings: BucketSettings {
            public_access: Some(BLOCKED),
            encryption: Some(Encryption {
                algorithm: "AES256".to_owned(),
                key: None,
                bucket_key: true,
            }),
            ownership: Some("BucketOwnerEnforced".to_owned()),
            policy: Some(json!({"Version": "2012-10-17", "Statement": [tls_only(ARN)]})),
            tags: desired().created_tags(),
            versioning: Versioning::Never,
        },
        grants_to_others: false,
        made_by_us_unmarked: false,
    }
}

/// A bucket as S3 makes it, without a mark.
fn bare() -> Facts {
    let mut facts = good();
    facts.settings.public_access = None;
    facts.settings.encryption = None;
    facts.settings.ownership = None;
    facts.settings.policy = None;
    facts.settings.tags = BTreeMap::new();
    facts
}

fn foreign() -> Facts {
    let mut facts = good();
    facts.settings.tags = tags(&[("team", "data")]);
    facts
}

fn decide(facts: &Facts) -> Decision {
    bucket::decide(&desired(), &Observed::There(facts.clone()))
}

#[test]
fn a_new_bucket_is_marked_before_all_else_and_never_named_without_its_owner() {
    let decision = bucket::decide(&desired(), &Observed::Not(Bucket::Absent));
    assert_eq!(decision.action, StepAction::Create);
    assert_eq!(
        verbs(&decision),
        [
            "create-bucket",
            "put-bucket-tagging",
            "put-public-access-block",
            "put-bucket-ownership-controls",
            "put-bucket-encryption",
            "put-bucket-policy",
        ]
    );
    for write in &decision.writes()[1..] {
        assert_eq!(flag_value(write, "--expected-bucket-owner"), "000000000000");
    }
    assert_eq!(
        words(&decision.writes()[0]),
        [
            "s3api",
            "create-bucket",
            "--bucket",
            "demo-000000000000",
            "--create-bucket-configuration",
            r#"{"LocationConstraint":"us-east-2"}"#,
            "--output",
            "json",
        ]
    );
    assert_eq!(
        flag_value(&decision.writes()[1], "--tagging"),
        format!(r#"{{"TagSet":[{{"Key":"{CREATED_BY}","Value":"{}"}}]}}"#, ours())
    );
    assert_eq!(flag_value(&decision.writes()[5], "--policy"), "file:///dev/stdin");
    assert!(is_tls_only(&document(&decision.writes()[5]), ARN));
}

#[test]
fn us_east_1_is_never_named_to_s3() {
    let mut desired = desired();
    desired.target.region = "us-east-1".parse().unwrap();
    let decision = bucket::decide(&desired, &Observed::Not(Bucket::Absent));
    assert!(
        !words(&decision.writes()[0])
            .iter()
            .any(|word| word.contains("Location") || word.contains("create-bucket-configuration"))
    );
}

#[test]
fn versioning_is_switched_on_by_the_flag_and_never_off() {
    let mut desired = desired();
    let mut facts = good();
    facts.settings.versioning = Versioning::Enabled;
    assert!(matches!(decide(&facts).verdict, Verdict::Settled));
    facts.settings.versioning = Versioning::Suspended;
    assert!(matches!(decide(&facts).verdict, Verdict::Settled));
    desired.versioning = true;
    let decision = bucket::decide(&desired, &Observed::There(facts));
    assert_eq!(verbs(&decision), ["put-bucket-versioning"]);
    assert_eq!(
        flag_value(&decision.writes()[0], "--versioning-configuration"),
        "Status=Enabled"
    );
}

#[test]
fn of_our_own_bucket_only_what_differs_is_written() {
    assert!(matches!(decide(&good()).verdict, Verdict::Settled));
    assert_eq!(decide(&good()).action, StepAction::Unchanged);
    let mut facts = good();
    facts.settings.public_access = Some(PublicAccess {
        block_public_policy: false,
        ..BLOCKED
    });
    assert_eq!(verbs(&decide(&facts)), ["put-public-access-block"]);
    let mut facts = good();
    facts.settings.ownership = Some("ObjectWriter".to_owned());
    assert_eq!(verbs(&decide(&facts)), ["put-bucket-ownership-controls"]);
    let mut facts = good();
    facts.settings.encryption = None;
    assert_eq!(verbs(&decide(&facts)), ["put-bucket-encryption"]);
    let mut facts = good();
    facts.settings.policy = None;
    assert_eq!(verbs(&decide(&facts)), ["put-bucket-policy"]);
}

#[test]
fn a_bucket_that_a_killed_run_left_unmarked_gets_its_mark_and_another_is_never_claimed() {
    let mut facts = bare();
    facts.made_by_us_unmarked = true;
    let resumed = decide(&facts);
    assert!(!resumed.adopted);
    assert_eq!(verbs(&resumed)[0], "put-bucket-tagging");
    assert!(flag_value(&resumed.writes()[0], "--tagging").contains(CREATED_BY));

    let adopted = decide(&bare());
    assert!(adopted.adopted);
    assert_eq!(adopted.action, StepAction::Adopt);
    let marks = flag_value(&adopted.writes()[0], "--tagging");
    assert!(marks.contains(USED_BY) && !marks.contains(CREATED_BY), "{marks}");
}

#[test]
fn what_is_wanted_is_the_same_before_halfway_and_after() {
    let absent = bucket::decide(&desired(), &Observed::Not(Bucket::Absent));
    let mut half = bare();
    half.made_by_us_unmarked = true;
    for decision in [decide(&half), decide(&good())] {
        assert_eq!(absent.desired, decision.desired);
        assert_eq!(absent.adopted, decision.adopted);
    }
    assert_eq!(decide(&foreign()).adopted, decide(&bare()).adopted);
}

#[test]
fn a_bucket_from_before_keeps_its_tags_its_key_and_its_policy() {
    let mut facts = foreign();
    facts.settings.encryption = Some(Encryption {
        algorithm: "aws:kms".to_owned(),
        key: Some("arn:aws:kms:us-east-2:000000000000:key/k".to_owned()),
        bucket_key: false,
    });
    let own = json!({"Sid": "Partner", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111111111111:root"},
        "Action": "s3:GetObject", "Resource": format!("{ARN}/*")});
    facts.settings.policy = Some(json!({"Version": "2008-10-17", "Id": "mine", "Statement": own}));
    let decision = decide(&facts);
    assert_eq!(decision.action, StepAction::Adopt);
    assert_eq!(verbs(&decision), ["put-bucket-tagging", "put-bucket-policy"]);
    let marks = flag_value(&decision.writes()[0], "--tagging");
    assert!(marks.contains(r#"{"Key":"team","Value":"data"}"#), "{marks}");
    let policy = document(&decision.writes()[1]);
    assert_eq!(policy["Version"], "2008-10-17");
    assert_eq!(policy["Id"], "mine");
    assert_eq!(policy["Statement"], json!([own, tls_only(ARN)]));

    // Once it is so, nothing more is written, and it stays somebody else's.
    facts.settings.policy = Some(policy);
    facts.settings.tags.insert(USED_BY.to_owned(), ours());
    let settled = decide(&facts);
    assert!(matches!(settled.verdict, Verdict::Settled) && settled.adopted);
}

#[test]
fn another_installations_mark_of_use_stays() {
    let mut facts = foreign();
    facts
        .settings
        .tags
        .insert(USED_BY.to_owned(), "lh-0000000000000000".to_owned());
    assert!(matches!(decide(&facts).verdict, Verdict::Settled));
}

#[test]
fn whoever_is_let_into_a_bucket_from_before_is_not_shut_out_unasked() {
    let mut facts = foreign();
    facts.settings.ownership = Some("ObjectWriter".to_owned());
    facts.grants_to_others = true;
    assert_eq!(code(&decide(&facts)), Code::BucketAclsInUse);
    facts.grants_to_others = false;
    let decision = decide(&facts);
    assert!(verbs(&decision).contains(&"put-bucket-ownership-controls".to_owned()));
    assert_eq!(decision.warnings[0].code, Code::BucketAclsInUse);

    let mut facts = foreign();
    facts.settings.policy = Some(json!({"Statement": [
        {"Sid": "Web", "Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": format!("{ARN}/*")}
    ]}));
    let decision = decide(&facts);
    assert_eq!(code(&decision), Code::BucketPublic);
    assert!(decision.writes().is_empty());
    let Verdict::Blocked(stops) = decision.verdict else {
        panic!()
    };
    assert!(stops[0].remedy.contains("--profile dev"), "{}", stops[0].remedy);
}

#[test]
fn a_bucket_that_is_not_ours_to_use_stops_with_its_own_code() {
    let said = || "words".to_owned();
    for (found, wanted) in [
        (
            Bucket::Ours {
                region: "eu-west-1".to_owned(),
            },
            Code::S3BucketWrongRegion,
        ),
        (Bucket::Forbidden { said: said() }, Code::S3BucketTaken),
        (Bucket::Elsewhere { said: said() }, Code::S3BucketTaken),
        (Bucket::NameRefused { said: said() }, Code::S3BucketNameInvalid),
    ] {
        let decision = bucket::decide(&desired(), &Observed::Not(found));
        assert_eq!(code(&decision), wanted);
        assert!(decision.writes().is_empty());
    }
}

#[test]
fn everybody_is_seen_in_each_of_its_spellings_and_few_are_not_everybody() {
    let allow = |principal: Value, condition: Value| {
        let policy = json!({"Statement": [{"Effect": "Allow", "Principal": principal, "Action": "s3:GetObject",
            "Resource": ARN, "Condition": condition}]});
        !public_statements(&policy).is_empty()
    };
    assert!(allow(json!("*"), Value::Null));
    assert!(allow(json!({"AWS": "*"}), Value::Null));
    assert!(allow(
        json!({"AWS": ["arn:aws:iam::111111111111:root", "*"]}),
        Value::Null
    ));
    assert!(allow(
        json!("*"),
        json!({"Bool": {"aws:SecureTransport": "true"}})
    ));
    assert!(allow(
        json!("*"),
        json!({"StringNotEquals": {"aws:SourceVpc": "vpc-1"}})
    ));
    assert!(allow(
        json!("*"),
        json!({"IpAddress": {"aws:SourceIp": "0.0.0.0/0"}})
    ));
    assert!(!allow(
        json!("*"),
        json!({"StringEquals": {"aws:SourceVpce": "vpce-1"}})
    ));
    assert!(!allow(
        json!("*"),
        json!({"StringEquals": {"AWS:PrincipalOrgID": "o-1"}})
    ));
    assert!(!allow(
        json!({"Service": "logging.s3.amazonaws.com"}),
        Value::Null
    ));
    assert!(!allow(
        json!({"AWS": "arn:aws:iam::111111111111:root"}),
        Value::Null
    ));
}

#[test]
fn the_same_denial_under_another_name_is_enough_and_a_weaker_one_is_not() {
    let with = |change: fn(&mut Value)| {
        let mut statement = tls_only(ARN);
        statement["Sid"] = json!("TheirOwn");
        change(&mut statement);
        is_tls_only(&json!({"Statement": statement}), ARN)
    };
    assert!(with(|_| {}));
    assert!(with(|it| it["Principal"] = json!({"AWS": "*"})));
    assert!(with(|it| it["Action"] = json!(["s3:*"])));
    assert!(with(
        |it| it["Condition"] = json!({"Bool": {"aws:securetransport": ["false"]}})
    ));
    assert!(with(
        |it| it["Condition"] = json!({"Bool": {"aws:SecureTransport": false}})
    ));
    assert!(!with(|it| it["Effect"] = json!("Allow")));
    assert!(!with(|it| it["Action"] = json!("s3:GetObject")));
    assert!(!with(|it| it["Resource"] = json!(ARN)));
    assert!(!with(|it| it["Principal"] = json!({"AWS": "111111111111"})));
    assert!(!with(
        |it| it["Condition"]["StringEquals"] = json!({"aws:SourceVpc": "v"})
    ));
    assert!(!with(
        |it| it["Condition"] = json!({"Bool": {"aws:SecureTransport": "true"}})
    ));
}

#[test]
fn a_statement_of_our_name_that_says_less_is_replaced_where_it_stands() {
    let mut weak = tls_only(ARN);
    weak["Action"] = json!("s3:GetObject");
    let policy = json!({"Statement": [weak, {"Sid": "Other", "Effect": "Deny"}]});
    let merged = merged(Some(&policy), ARN).unwrap();
    assert_eq!(
        merged["Statement"],
        json!([tls_only(ARN), {"Sid": "Other", "Effect": "Deny"}])
    );
}

fn statement() -> impl Strategy<Value = Value> {
    (
        "[A-Za-z]{0,8}",
        prop_oneof![Just("Allow"), Just("Deny")],
        prop_oneof![
            Just(json!("*")),
            Just(json!({"AWS": "arn:aws:iam::111111111111:root"}))
        ],
        prop_oneof![Just(json!("s3:*")), Just(json!(["s3:GetObject", "s3:PutObject"]))],
        prop_oneof![
            Just(Value::Null),
            Just(json!({"Bool": {"aws:SecureTransport": "false"}}))
        ],
    )
        .prop_map(|(sid, effect, principal, action, condition)| {
            json!({"Sid": sid, "Effect": effect, "Principal": principal, "Action": action, "Resource": [ARN],
                "Condition": condition})
        })
}

proptest! {
    #[test]
    fn a_merged_policy_keeps_every_statement_in_its_place_and_needs_no_second_merge(
        statements in prop::collection::vec(statement(), 0..6)
    ) {
        let policy = json!({"Version": "2012-10-17", "Id": "x", "Statement": statements});
        let merged_once = merged(Some(&policy), ARN).unwrap_or_else(|| policy.clone());
        let list = merged_once["Statement"].as_array().unwrap();
        prop_assert_eq!(&list[..statements.len()], &statements[..]);
        prop_assert!(list.len() <= statements.len() + 1);
        prop_assert_eq!(&merged_once["Id"], "x");
        prop_assert!(is_tls_only(&merged_once, ARN));
        prop_assert_eq!(merged(Some(&merged_once), ARN), None);
        prop_assert!(list.iter().filter(|one| one["Sid"] == TLS_ONLY).count() <= 1);
    }

    #[test]
    fn the_stacks_and_roles_names_fit_aws_and_differ_by_namespace(
        cluster in "[a-z][a-z0-9-]{0,45}", one in "[a-z]([a-z0-9-]{0,60}[a-z0-9])?", other in "[a-z]([a-z0-9-]{0,60}[a-z0-9])?"
    ) {
        let of = |namespace: &str| {
            let mut desired = desired();
            desired.target.cluster = cluster.parse().unwrap();
            desired.target.namespace = namespace.parse().unwrap();
            desired
        };
        prop_assume!(of(&one).target.cluster.as_str() == cluster);
        let (first, second) = (of(&one), of(&other));
        prop_assert!(first.storage_stack().len() <= 128 && first.lake_role().len() <= 64);
        if one != other {
            prop_assert_ne!(first.storage_stack(), second.storage_stack());
            prop_assert_ne!(first.lake_role(), second.lake_role());
        }
    }
}

#[test]
fn dashes_of_cluster_and_namespace_never_make_one_stack_of_two() {
    let stack = |cluster: &str, namespace: &str| {
        let mut desired = desired();
        desired.target.cluster = cluster.parse().unwrap();
        desired.target.namespace = namespace.parse().unwrap();
        desired.storage_stack()
    };
    assert_eq!(stack("a-b", "c"), "lakehouse-a-b-c");
    assert_ne!(stack("a-b", "c"), stack("a", "b-c"));
    assert_ne!(stack("a-b-c", "d-e"), stack("a-b", "c-d-e"));
}

#[test]
fn an_empty_bucket_and_a_closed_list_are_told_only_by_a_whole_answer() {
    assert_eq!(parse_is_empty(br#"{"KeyCount": 0}"#), Ok(true));
    assert_eq!(parse_is_empty(br#"{"KeyCount": 1}"#), Ok(false));
    assert!(parse_is_empty(br#"{"KeyCount": null}"#).is_err());
    assert!(parse_is_empty(b"").is_err());
    let acl = |grantee: &str| {
        let text = format!(
            r#"{{"Owner": {{"ID": "a1"}}, "Grants": [{{"Grantee": {grantee}, "Permission": "READ"}}]}}"#
        );
        parse_grants_to_others(text.as_bytes())
    };
    assert_eq!(acl(r#"{"ID": "a1", "Type": "CanonicalUser"}"#), Ok(false));
    assert_eq!(acl(r#"{"ID": "b2", "Type": "CanonicalUser"}"#), Ok(true));
    assert_eq!(
        acl(r#"{"Type": "Group", "URI": "http://acs.amazonaws.com/groups/global/AllUsers"}"#),
        Ok(true)
    );
    assert!(parse_grants_to_others(br#"{"Owner": {"ID": "a1"}}"#).is_err());
}

#[test]
fn the_lakes_role_is_one_service_accounts_and_holds_the_least_on_one_bucket() {
    let golden: Value = serde_json::from_str(include_str!("golden/lake-role-template.json")).unwrap();
    assert_eq!(lake_template::template(&desired()), golden);
}

fn lake_stack(status: &str) -> Stack {
    let text = json!({"Stacks": [{
        "StackName": "lakehouse-demo-ingext",
        "StackId": "arn:aws:cloudformation:us-east-2:000000000000:stack/lakehouse-demo-ingext/1",
        "StackStatus": status,
        "CreationTime": "2026-11-24T00:00:00Z",
        "Tags": [{"Key": CREATED_BY, "Value": ours()}, {"Key": "aws:x", "Value": "y"}, {"Key": "cost", "Value": "1"}],
    }]})
    .to_string();
    parse_stack(text.as_bytes(), "lakehouse-demo-ingext").unwrap()
}

fn seen(status: &str) -> stack::Observed {
    let stack = lake_stack(status);
    stack::Observed {
        template: Some(lake_template::template(&desired())),
        failed: Vec::new(),
        changed_before: Some(stack.changed),
        parts: Some(vec![format!("role `{}`", desired().lake_role())]),
        stack: Some(stack),
    }
}

fn nothing() -> stack::Observed {
    stack::Observed {
        stack: None,
        template: None,
        failed: Vec::new(),
        changed_before: None,
        parts: Some(Vec::new()),
    }
}

fn of_stack(observed: &stack::Observed) -> Decision {
    stack::decide(&desired(), &wanted(&desired(), false), observed, false)
}

#[test]
fn a_stack_is_made_with_its_mark_and_its_template_by_stdin() {
    let decision = stack::decide(&desired(), &wanted(&desired(), true), &nothing(), false);
    assert_eq!(decision.action, StepAction::Create);
    let [write] = decision.writes() else { panic!() };
    let argv = words(write);
    assert_eq!(
        argv[..6],
        [
            "cloudformation",
            "create-stack",
            "--stack-name",
            "lakehouse-demo-ingext",
            "--template-body",
            "file:///dev/stdin"
        ]
    );
    assert_eq!(flag_value(write, "--capabilities"), "CAPABILITY_NAMED_IAM");
    let marks = flag_value(write, "--tags");
    assert!(marks.contains(&ours()) && marks.contains(MAKES_BUCKET), "{marks}");
    assert_eq!(document(write), lake_template::template(&desired()));
    let token = flag_value(write, "--client-request-token");
    let again = stack::decide(&desired(), &wanted(&desired(), true), &nothing(), false);
    assert_eq!(token, flag_value(&again.writes()[0], "--client-request-token"));
    assert!(
        token.len() <= 128
            && token
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    );
}

#[test]
fn a_stack_of_ours_is_settled_updated_or_waited_for() {
    assert!(matches!(
        of_stack(&seen("CREATE_COMPLETE")).verdict,
        Verdict::Settled
    ));
    assert!(matches!(
        of_stack(&seen("UPDATE_ROLLBACK_COMPLETE")).verdict,
        Verdict::Settled
    ));
    for status in ["CREATE_IN_PROGRESS", "UPDATE_IN_PROGRESS", "ROLLBACK_IN_PROGRESS"] {
        assert!(
            matches!(of_stack(&seen(status)).verdict, Verdict::Waiting(_)),
            "{status}"
        );
    }
    let mut other = seen("CREATE_COMPLETE");
    other.template = Some(json!({"Resources": {}}));
    let decision = of_stack(&other);
    assert_eq!(decision.action, StepAction::Update);
    assert_eq!(verbs(&decision), ["update-stack"]);
    let marks = flag_value(&decision.writes()[0], "--tags");
    assert!(marks.contains("cost") && !marks.contains("aws:x"), "{marks}");
    // The bucket's name was found free: the stack has to say so before the bucket is made.
    let promise = stack::decide(
        &desired(),
        &wanted(&desired(), true),
        &seen("CREATE_COMPLETE"),
        false,
    );
    assert_eq!(verbs(&promise), ["update-stack"]);
    assert_eq!(promise.desired, decision.desired);
    assert_eq!(promise.desired, of_stack(&nothing()).desired);
}

#[test]
fn an_update_that_this_run_saw_fail_is_not_tried_again_and_an_older_one_is() {
    let mut failed = seen("UPDATE_ROLLBACK_COMPLETE");
    failed.template = Some(json!({"Resources": {}}));
    assert_eq!(of_stack(&failed).action, StepAction::Update);
    failed.changed_before = Some("2026-11-23T00:00:00Z".parse().unwrap());
    failed.failed = events();
    let decision = of_stack(&failed);
    assert_eq!(code(&decision), Code::StackFailed);
}

fn events() -> Vec<StackEvent> {
    let event = |id: &str, kind: &str, reason: &str, at: &str| {
        json!({"StackName": "lakehouse-demo-ingext", "LogicalResourceId": id, "ResourceType": kind,
            "ResourceStatus": "CREATE_FAILED", "ResourceStatusReason": reason, "Timestamp": at})
    };
    let text = json!({"StackEvents": [
        event("lakehouse-demo-ingext", "AWS::CloudFormation::Stack", "The following resource(s) failed", "2026-11-24T00:00:03Z"),
        event("Other", "AWS::SQS::Queue", "Resource creation cancelled", "2026-11-24T00:00:02Z"),
        event("LakeRole", "AWS::IAM::Role", "API: iam:CreateRole denied", "2026-11-24T00:00:01Z"),
    ]})
    .to_string();
    parse_failed_events(text.as_bytes(), "lakehouse-demo-ingext").unwrap()
}

#[test]
fn a_stack_that_can_t_go_on_names_the_first_cause_and_the_commands_that_mend_it() {
    for (status, wanted, command) in [
        ("ROLLBACK_COMPLETE", Code::StackRolledBack, "delete-stack"),
        ("CREATE_FAILED", Code::StackFailed, "delete-stack"),
        ("ROLLBACK_FAILED", Code::StackFailed, "delete-stack"),
        (
            "UPDATE_ROLLBACK_FAILED",
            Code::StackFailed,
            "continue-update-rollback",
        ),
        ("DELETE_FAILED", Code::StackDeleteFailed, "delete-stack"),
        (
            "DELETE_IN_PROGRESS",
            Code::StackBusy,
            "wait stack-delete-complete",
        ),
        ("REVIEW_IN_PROGRESS", Code::StackBusy, "describe-stacks"),
        ("SOMETHING_NEW", Code::StackBusy, "describe-stacks"),
    ] {
        let mut observed = seen(status);
        observed.template = None;
        observed.parts = None;
        observed.failed = events();
        let decision = of_stack(&observed);
        assert_eq!(code(&decision), wanted, "{status}");
        let Verdict::Blocked(stops) = &decision.verdict else {
            panic!()
        };
        assert!(stops[0].remedy.contains(command), "{status}: {}", stops[0].remedy);
        assert!(stops[0].remedy.contains("--profile dev"), "{status}");
        // Deleting by a remedy in the region of somebody's profile would be another stack of the same name.
        for command in stops[0]
            .remedy
            .split('`')
            .filter(|it| it.starts_with("aws cloudformation "))
        {
            assert!(command.contains("--region us-east-2"), "{status}: {command}");
        }
        assert_eq!(
            stops[0].said.as_deref(),
            Some("API: iam:CreateRole denied"),
            "{status}"
        );
        assert!(
            !stops[0].message.contains("denied"),
            "a tool's words stand in a field of their own"
        );
        assert_eq!(decision.desired, of_stack(&nothing()).desired);
    }
}

#[test]
fn a_stack_without_our_mark_and_a_role_without_a_stack_are_never_taken_over() {
    for mark in [None, Some("lh-0000000000000000"), Some("somebody")] {
        let mut observed = seen("CREATE_COMPLETE");
        let stack = observed.stack.as_mut().unwrap();
        stack.tags.remove(CREATED_BY);
        stack
            .tags
            .extend(mark.map(|mark| (CREATED_BY.to_owned(), mark.to_owned())));
        assert_eq!(code(&of_stack(&observed)), Code::StackForeign, "{mark:?}");
    }
    let mut observed = nothing();
    observed.parts = Some(vec![format!("role `{}`", desired().lake_role())]);
    assert_eq!(code(&of_stack(&observed)), Code::StackPartTaken);
}

#[test]
fn a_stack_whose_role_was_removed_by_hand_is_not_well() {
    let mut observed = seen("CREATE_COMPLETE");
    observed.parts = Some(Vec::new());
    assert_eq!(code(&of_stack(&observed)), Code::StackDrifted);
}

fn associated(role: &str, marks: &[(&str, &str)]) -> Association {
    Association {
        id: "a-1".to_owned(),
        arn: "arn:aws:eks:us-east-2:000000000000:podidentityassociation/demo/a-1".to_owned(),
        namespace: "ingext".to_owned(),
        service_account: "ingext-sa".to_owned(),
        role_arn: format!("arn:aws:iam::000000000000:role/{role}"),
        target_role_arn: None,
        owner_arn: None,
        tags: tags(marks),
    }
}

#[test]
fn the_service_account_gets_its_role_and_nobody_elses_association_is_changed() {
    let desired = desired();
    let wanted = lake_association::wanted(&desired);
    let decide = |found: Option<&Association>| association::decide(&desired, &wanted, found);
    let id = ours();
    let made = decide(None);
    assert_eq!(
        words(&made.writes()[0]),
        [
            "eks",
            "create-pod-identity-association",
            "--cluster-name",
            "demo",
            "--namespace",
            "ingext",
            "--service-account",
            "ingext-sa",
            "--role-arn",
            "arn:aws:iam::000000000000:role/ingext_ingext-sa_demo",
            "--tags",
            &format!(r#"{{"{CREATED_BY}":"{id}"}}"#),
            "--output",
            "json",
        ]
    );
    let marked = [(CREATED_BY, id.as_str())];
    let good = associated("ingext_ingext-sa_demo", &marked);
    let settled = decide(Some(&good));
    assert!(matches!(settled.verdict, Verdict::Settled) && !settled.adopted);
    assert_eq!(settled.desired, made.desired);
    assert!(decide(Some(&associated("ingext_ingext-sa_demo", &[]))).adopted);
    assert_eq!(
        verbs(&decide(Some(&associated("old", &marked)))),
        ["update-pod-identity-association"]
    );
    assert_eq!(
        code(&decide(Some(&associated("old", &[])))),
        Code::AssociationTaken
    );
    let mut through = good.clone();
    through.target_role_arn = Some("arn:aws:iam::111111111111:role/x".to_owned());
    assert_eq!(code(&decide(Some(&through))), Code::AssociationTaken);
    let mut add_on = good;
    add_on.owner_arn = Some("arn:aws:eks:us-east-2:000000000000:addon/demo/x/1".to_owned());
    assert_eq!(code(&decide(Some(&add_on))), Code::AssociationTaken);
}

#[test]
fn the_bucket_of_another_namespace_is_not_shared_by_its_default_name() {
    let mut facts = good();
    facts.settings.tags = tags(&[(CREATED_BY, "lh-0123456789abcdef")]);
    let mut desired = desired();
    desired.bucket_is_named = false;
    let seen = Observed::There(facts.clone());
    let shared = bucket::decide(&desired, &seen);
    assert!(
        matches!(&shared.verdict, Verdict::Blocked(stops) if stops.iter().any(|stop| stop.code == Code::BucketOfAnother)),
        "{shared:?}"
    );
    desired.bucket_is_named = true;
    let named = bucket::decide(&desired, &seen);
    assert!(
        named.adopted && !matches!(named.verdict, Verdict::Blocked(_)),
        "{named:?}"
    );
}
