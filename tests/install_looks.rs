//! Storage's and compute's steps, looking: what they ask, and that a question without an answer is never "absent".

mod install_support;
mod outside;
mod steps_support;

use install_support::{desired, flag_value, ours, verbs};
use lakehouse::clients::{CallError, ErrorClass};
use lakehouse::gateway::read_only::is_reading;
use lakehouse::model::{CREATED_BY, USED_BY};
use lakehouse::report::{InstallEvidence, Unseen};
use lakehouse::steps::install::compute::karpenter::{Karpenter, KarpenterCrd};
use lakehouse::steps::install::compute::{discovery_tags, karpenter_association, node_access, spot_role};
use lakehouse::steps::install::storage::bucket::{MAKES_BUCKET, TheBucket};
use lakehouse::steps::install::storage::lake_association;
use lakehouse::steps::install::storage::lake_role::LakeRole;
use lakehouse::steps::install::storage::lake_template;
use lakehouse::steps::install::{Ground, History, Look, Step, Verdict, World};
use serde_json::json;
use steps_support::Script;

fn look(step: &dyn Step, script: &Script) -> Result<Look, CallError> {
    let desired = desired();
    let ground = Ground::default();
    let looked = step.look(&World {
        gateway: script,
        desired: &desired,
        ground: &ground,
        outside: &outside::Nowhere,
        listener: &Unseen,
        now: || "2026-11-24T00:00:00Z".parse().unwrap(),
    });
    // The door that the runner gives a step lets nothing else through.
    for spec in script.given() {
        assert!(is_reading(spec.tool, &spec.args), "{:?}", spec.argv());
    }
    looked
}

const NO_BUCKET: &str = "An error occurred (404) when calling the HeadBucket operation: Not Found";
const DENIED: &str = "An error occurred (AccessDenied) when calling the Any operation: Access Denied";
const NO_ROLE: &str = "An error occurred (NoSuchEntity) when calling the GetRole operation: The role with name x cannot be found.";
const NO_STACK: &str = "An error occurred (ValidationError) when calling the DescribeStacks operation: Stack with id lakehouse-demo-ingext does not exist";
const NO_CLUSTER: &str = "An error occurred (ResourceNotFoundException) when calling the DescribeCluster operation: No cluster found for name: demo.";

/// A bucket of the account, as S3 makes it.
fn fresh_bucket() -> Script {
    let none = |code: &str| format!("An error occurred ({code}) when calling the Get operation: none");
    Script::default()
        .on("aws s3api head-bucket", 0, r#"{"BucketRegion": "us-east-2"}"#, "")
        .on(
            "aws s3api get-public-access-block",
            254,
            "",
            &none("NoSuchPublicAccessBlockConfiguration"),
        )
        .on(
            "aws s3api get-bucket-encryption",
            254,
            "",
            &none("ServerSideEncryptionConfigurationNotFoundError"),
        )
        .on(
            "aws s3api get-bucket-ownership-controls",
            0,
            r#"{"OwnershipControls": {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}}"#,
            "",
        )
        .on(
            "aws s3api get-bucket-policy",
            254,
            "",
            &none("NoSuchBucketPolicy"),
        )
        .on("aws s3api get-bucket-tagging", 254, "", &none("NoSuchTagSet"))
        .on("aws s3api get-bucket-versioning", 0, r#"{"Status": null}"#, "")
        .on("aws s3api list-objects-v2", 0, r#"{"KeyCount": 0}"#, "")
}

fn stack(mark: &str, bucket: &str) -> String {
    json!({"Stacks": [{
        "StackName": "lakehouse-demo-ingext",
        "StackId": "arn:aws:cloudformation:us-east-2:000000000000:stack/lakehouse-demo-ingext/1",
        "StackStatus": "CREATE_COMPLETE",
        "CreationTime": "2026-11-24T00:00:00Z",
        "Tags": [{"Key": CREATED_BY, "Value": mark}, {"Key": MAKES_BUCKET, "Value": bucket}],
        "Outputs": [{"OutputKey": "RoleArn", "OutputValue": "arn:aws:iam::000000000000:role/ingext_ingext-sa_demo"}],
    }]})
    .to_string()
}

#[test]
fn a_fresh_bucket_is_ours_only_by_our_own_stacks_word_and_only_while_it_is_empty() {
    let marks = |script: Script| {
        let found = look(&TheBucket, &script).unwrap().decision;
        (found.adopted, flag_value(&found.writes()[0], "--tagging"))
    };
    let (adopted, tags) = marks(fresh_bucket().on(
        "aws cloudformation describe-stacks",
        0,
        &stack(&ours(), "demo-000000000000"),
        "",
    ));
    assert!(!adopted && tags.contains(CREATED_BY), "{tags}");
    for script in [
        fresh_bucket().on("aws cloudformation describe-stacks", 254, "", NO_STACK),
        fresh_bucket().on(
            "aws cloudformation describe-stacks",
            0,
            &stack("lh-0000000000000000", "demo-000000000000"),
            "",
        ),
        fresh_bucket().on(
            "aws cloudformation describe-stacks",
            0,
            &stack(&ours(), "another"),
            "",
        ),
        fresh_bucket()
            .on(
                "aws cloudformation describe-stacks",
                0,
                &stack(&ours(), "demo-000000000000"),
                "",
            )
            .on("aws s3api list-objects-v2", 0, r#"{"KeyCount": 1}"#, ""),
    ] {
        let (adopted, tags) = marks(script);
        assert!(
            adopted && tags.contains(USED_BY) && !tags.contains(CREATED_BY),
            "{tags}"
        );
    }
}

#[test]
fn a_bucket_with_access_control_lists_is_asked_whom_they_let_in() {
    let lists = fresh_bucket()
        .on("aws cloudformation describe-stacks", 254, "", NO_STACK)
        .on(
            "aws s3api get-bucket-ownership-controls",
            254,
            "",
            "An error occurred (OwnershipControlsNotFoundError) when calling the Get operation: none",
        )
        .on(
            "aws s3api get-bucket-acl",
            0,
            r#"{"Owner": {"ID": "a1"}, "Grants": [{"Grantee": {"ID": "b2", "Type": "CanonicalUser"}, "Permission": "READ"}]}"#,
            "",
        );
    let found = look(&TheBucket, &lists).unwrap().decision;
    assert_eq!(
        install_support::code(&found),
        lakehouse::report::Code::BucketAclsInUse
    );
}

#[test]
fn a_bucket_that_can_t_be_read_whole_is_unknown_and_nothing_is_decided() {
    for question in [
        "aws s3api get-public-access-block",
        "aws s3api get-bucket-encryption",
        "aws s3api get-bucket-ownership-controls",
        "aws s3api get-bucket-policy",
        "aws s3api get-bucket-tagging",
        "aws s3api get-bucket-versioning",
        "aws s3api list-objects-v2",
        "aws cloudformation describe-stacks",
    ] {
        let script = fresh_bucket()
            .on(
                "aws cloudformation describe-stacks",
                0,
                &stack(&ours(), "demo-000000000000"),
                "",
            )
            .on(question, 254, "", DENIED);
        let error = look(&TheBucket, &script).err().expect(question);
        assert_eq!(error.class, ErrorClass::Denied, "{question}");
    }
}

#[test]
fn the_lakes_stack_says_that_the_bucket_is_ours_to_make_only_where_its_name_is_free() {
    let role = || {
        Script::default()
            .on("aws cloudformation describe-stacks", 254, "", NO_STACK)
            .on("aws iam get-role", 254, "", NO_ROLE)
    };
    let tags = |script: Script| {
        let found = look(&LakeRole::default(), &script).unwrap().decision;
        assert_eq!(verbs(&found), ["create-stack"]);
        flag_value(&found.writes()[0], "--tags")
    };
    assert!(tags(role().on("aws s3api head-bucket", 254, "", NO_BUCKET)).contains(MAKES_BUCKET));
    let there = role().on("aws s3api head-bucket", 0, r#"{"BucketRegion": "us-east-2"}"#, "");
    assert!(!tags(there).contains(MAKES_BUCKET));
    let unknown = role().on(
        "aws s3api head-bucket",
        255,
        "",
        "Could not connect to the endpoint URL: \"U\"",
    );
    assert!(look(&LakeRole::default(), &unknown).is_err());
}

#[test]
fn the_lakes_stack_is_looked_at_with_its_template_and_its_role() {
    let template = json!({"TemplateBody": lake_template::template(&desired())}).to_string();
    let role = json!({"Role": {"RoleName": "ingext_ingext-sa_demo", "Path": "/",
        "Arn": "arn:aws:iam::000000000000:role/ingext_ingext-sa_demo"}})
    .to_string();
    let script = || {
        Script::default()
            .on(
                "aws cloudformation describe-stacks",
                0,
                &stack(&ours(), "demo-000000000000"),
                "",
            )
            .on("aws cloudformation get-template", 0, &template, "")
            .on("aws iam get-role", 0, &role, "")
    };
    let found = look(&LakeRole::default(), &script()).unwrap();
    assert!(matches!(found.decision.verdict, Verdict::Settled));
    let mut evidence = InstallEvidence::default();
    found.tell(&mut evidence, History::default());
    let storage = evidence.storage.unwrap();
    assert_eq!(storage.stack.as_deref(), Some("lakehouse-demo-ingext"));
    assert_eq!(
        storage.role_arn.as_deref(),
        Some("arn:aws:iam::000000000000:role/ingext_ingext-sa_demo")
    );
    let gone = script().on("aws iam get-role", 254, "", NO_ROLE);
    let found = look(&LakeRole::default(), &gone).unwrap();
    assert!(matches!(found.decision.verdict, Verdict::Blocked(_)));
    for question in ["aws cloudformation get-template", "aws iam get-role"] {
        let denied = script().on(question, 254, "", DENIED);
        assert!(look(&LakeRole::default(), &denied).is_err(), "{question}");
    }
}

#[test]
fn before_there_is_a_cluster_the_plan_holds_what_will_be_written_into_it() {
    let script = Script::default().on("aws eks describe-cluster", 254, "", NO_CLUSTER);
    let steps: [(&dyn Step, &str); 6] = [
        (
            &lake_association::LakeAssociation,
            "create-pod-identity-association",
        ),
        (
            &karpenter_association::KarpenterAssociation,
            "create-pod-identity-association",
        ),
        (&node_access::NodeAccess, "create-access-entry"),
        (&discovery_tags::DiscoveryTags, "create-tags"),
        (&KarpenterCrd, "--install"),
        (&Karpenter, "--install"),
    ];
    for (step, verb) in steps {
        let found = look(step, &script).unwrap().decision;
        assert_eq!(verbs(&found), [verb], "{}", step.id());
    }
    let denied = Script::default().on("aws eks describe-cluster", 254, "", DENIED);
    for (step, _) in steps {
        assert!(look(step, &denied).is_err(), "{}", step.id());
    }
}

#[test]
fn a_role_that_may_not_be_looked_at_is_not_made() {
    let denied = Script::default().on("aws iam get-role", 254, "", DENIED);
    assert!(look(&spot_role::SpotRole, &denied).is_err());
    let absent = Script::default().on("aws iam get-role", 254, "", NO_ROLE);
    let found = look(&spot_role::SpotRole, &absent).unwrap().decision;
    assert_eq!(verbs(&found), ["create-service-linked-role"]);
}
