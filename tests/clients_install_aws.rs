//! The clients that an install writes with: each call's exact command, what goes by stdin, and what the recorded
//! answers mean.

mod steps_support;

use lakehouse::clients::aws::cloudformation::{CloudFormation, NewStack, StackKind, Updated, parse_stack};
use lakehouse::clients::aws::eks::NewAddon;
use lakehouse::clients::aws::iam::LinkedRole;
use lakehouse::clients::aws::s3::{Versioning, parse_policy};
use lakehouse::clients::aws::tags::Tags;
use lakehouse::clients::aws::{Ec2, Eks, Iam, S3, Sqs, s3};
use lakehouse::clients::{CallError, ErrorClass};
use lakehouse::gateway::{CommandOutput, CommandSpec, Gateway, GatewayError};
use lakehouse::report::Effect;
use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::Duration;
use steps_support::recorded;

/// Answers each command by the recorded case with the very same command line; keeps what was asked.
struct Replay {
    cases: Vec<String>,
    seen: Mutex<Vec<(String, Effect, Option<String>)>>,
}

impl Replay {
    fn of(cases: &[&str]) -> Self {
        Self {
            cases: cases.iter().map(|case| format!("aws/{case}")).collect(),
            seen: Mutex::default(),
        }
    }

    /// The one command that ran.
    fn only(&self) -> (Effect, Option<String>) {
        let seen = self.seen.lock().unwrap();
        assert_eq!(seen.len(), 1, "{seen:?}");
        (seen[0].1, seen[0].2.clone())
    }

    fn writes(&self) {
        assert_eq!(self.only(), (Effect::Write, None));
    }

    fn reads(&self) {
        assert_eq!(self.only(), (Effect::Read, None));
    }
}

impl Gateway for Replay {
    fn run(&self, spec: &CommandSpec) -> Result<CommandOutput, GatewayError> {
        let argv = spec.argv();
        let stdin = spec
            .stdin
            .as_ref()
            .map(|bytes| String::from_utf8(bytes.clone()).unwrap());
        self.seen
            .lock()
            .unwrap()
            .push((argv.join(" "), spec.effect, stdin));
        let found = self.cases.iter().map(|case| recorded(case));
        let found = found.into_iter().find(|it| it.argv == argv);
        let it = found.unwrap_or_else(|| panic!("not recorded in {:?}: {argv:#?}", self.cases));
        Ok(CommandOutput {
            exit: it.exit,
            stdout: it.stdout,
            stderr: it.stderr,
            duration: Duration::ZERO,
        })
    }
}

/// Keeps the last command and runs none.
struct Keeps(Mutex<Vec<String>>);

impl Gateway for Keeps {
    fn run(&self, spec: &CommandSpec) -> Result<CommandOutput, GatewayError> {
        *self.0.lock().unwrap() = spec.argv();
        Err(GatewayError::Interrupted)
    }
}

type Change<'a> = &'a dyn Fn(S3<'_>) -> Result<(), CallError>;

fn tags() -> Tags {
    [
        ("lakehouse.ingext.io/created-by", "0123456789abcdef"),
        ("note", "a, b"),
    ]
    .map(|(key, value)| (key.to_owned(), value.to_owned()))
    .into()
}

fn class<T: std::fmt::Debug>(answer: Result<T, CallError>) -> ErrorClass {
    answer.unwrap_err().class
}

const ROLE: &str = "{\"Type\":\"AWS::IAM::Role\",\"Properties\":{\"RoleName\":\"recorded-role\"}}";

fn stack(name: &str) -> NewStack {
    NewStack {
        name: name.to_owned(),
        template: ROLE.to_owned(),
        tags: tags(),
        capabilities: vec!["CAPABILITY_NAMED_IAM"],
        parameters: BTreeMap::from([("Name".to_owned(), "recorded-queue".to_owned())]),
        token: "recorded-1".to_owned(),
    }
}

#[test]
fn a_stack_is_made_with_its_template_by_stdin() {
    let gateway = &Replay::of(&["create-stack/good"]);
    let id = CloudFormation { gateway }
        .create(&stack("recorded-stack"))
        .unwrap();
    assert!(id.contains(":stack/recorded-stack/"), "{id}");
    assert_eq!(gateway.only(), (Effect::Write, Some(ROLE.to_owned())));
    let gateway = &Replay::of(&["create-stack/exists"]);
    assert_eq!(
        class(CloudFormation { gateway }.create(&stack("recorded-stack"))),
        ErrorClass::Exists
    );
}

#[test]
fn an_update_tells_a_change_from_none_and_from_no_stack() {
    let update = |case: &str, name: &str| {
        let gateway = &Replay::of(&[case]);
        let answer = CloudFormation { gateway }.update(&stack(name));
        assert_eq!(gateway.only(), (Effect::Write, Some(ROLE.to_owned())));
        answer
    };
    assert_eq!(
        update("update-stack/good", "recorded-stack"),
        Ok(Updated::Started)
    );
    assert_eq!(
        update("update-stack/nothing", "recorded-stack"),
        Ok(Updated::Nothing)
    );
    assert_eq!(
        class(update("update-stack/absent", "recorded-nowhere")),
        ErrorClass::Absent
    );
    let gateway = &Replay::of(&["update-termination-protection/good"]);
    CloudFormation { gateway }.protect("recorded-stack").unwrap();
    gateway.writes();
}

#[test]
fn a_stack_is_seen_as_it_is() {
    let of = |case: &str| Replay::of(&[case]);
    let gateway = &of("describe-stacks/good");
    let found = CloudFormation { gateway }
        .stack("recorded-stack")
        .unwrap()
        .unwrap();
    gateway.reads();
    assert_eq!(found.status.kind(), StackKind::Complete);
    assert_eq!(found.tags, tags());
    assert_eq!(found.parameters["Name"], "recorded-queue");
    assert!(found.outputs["QueueArn"].ends_with(":recorded-queue"));
    assert!(found.termination_protection && found.reason.is_none());
    let gateway = &of("describe-stacks/absent");
    assert_eq!(CloudFormation { gateway }.stack("recorded-nowhere"), Ok(None));
    let gateway = &of("get-template/absent");
    assert_eq!(CloudFormation { gateway }.template("recorded-nowhere"), Ok(None));
    let gateway = &of("get-template/good");
    let template = CloudFormation { gateway }
        .template("recorded-stack")
        .unwrap()
        .unwrap();
    assert_eq!(template["Resources"]["Queue"]["Type"], "AWS::SQS::Queue");
    let gateway = &of("describe-stacks/rolled-back");
    let failed = CloudFormation { gateway }
        .stack("recorded-failed")
        .unwrap()
        .unwrap();
    assert_eq!(failed.status.kind(), StackKind::RolledBack, "can only be deleted");
    let gateway = &of("describe-stack-events/rolled-back");
    let events = CloudFormation { gateway }
        .failed_events("recorded-failed")
        .unwrap();
    let role = events.iter().find(|event| event.logical_id == "Role").unwrap();
    assert_eq!(
        (role.kind.as_str(), role.status.as_str()),
        ("AWS::IAM::Role", "CREATE_FAILED")
    );
    assert!(role.reason.as_ref().is_some_and(|reason| !reason.is_empty()));
    let gateway = &of("list-stacks/good");
    let all = CloudFormation { gateway }.stacks_of("recorded-").unwrap();
    let names: Vec<&str> = all.iter().map(|stack| stack.name.as_str()).collect();
    assert_eq!(names, ["recorded-failed", "recorded-stack"]);
    assert_eq!(
        CloudFormation { gateway }.stacks_of("recorded-f").unwrap().len(),
        1
    );
    for (case, class_of) in [
        ("denied", ErrorClass::Denied),
        ("expired", ErrorClass::ExpiredKeys),
    ] {
        let gateway = &of(&format!("describe-stacks/{case}"));
        assert_eq!(
            class(CloudFormation { gateway }.stack("recorded-stack")),
            class_of
        );
    }
}

/// A sentence about another stack, or under another code, is no answer about this one.
#[test]
fn a_stack_is_absent_only_by_its_own_sentence() {
    struct Says(&'static str);
    impl Gateway for Says {
        fn run(&self, _: &CommandSpec) -> Result<CommandOutput, GatewayError> {
            Ok(CommandOutput {
                exit: 254,
                stdout: Vec::new(),
                stderr: format!("An error occurred {}", self.0),
                duration: Duration::ZERO,
            })
        }
    }
    let look = |said| {
        let gateway = &Says(said);
        CloudFormation { gateway }
            .stack("mine")
            .map_err(|error| error.class)
    };
    let op = "when calling the DescribeStacks operation:";
    assert_eq!(
        look(
            "(ValidationError) when calling the DescribeStacks operation: Stack with id mine does not exist"
        ),
        Ok(None),
        "{op}"
    );
    for said in [
        "(ValidationError) when calling the DescribeStacks operation: Stack with id mine-too does not exist",
        "(404) when calling the DescribeStacks operation: Not Found",
        "(ValidationError) when calling the DescribeStacks operation: 1 validation error detected: mine does not exist",
        "(ResourceNotFoundException) when calling the DescribeStacks operation: Stack with id mine does not exist",
        "(ValidationError) when calling the AssumeRole operation: Stack with id yours does not exist",
    ] {
        assert!(look(said).is_err(), "{said}");
        assert_ne!(look(said), Err(ErrorClass::Absent), "{said}");
    }
    let busy = "(ValidationError) when calling the UpdateStack operation: Stack:arn:aws:cloudformation:us-east-2:000000000000:stack/mine/1 is in UPDATE_IN_PROGRESS state and can not be updated.";
    assert_eq!(look(busy), Err(ErrorClass::Busy));
}

#[test]
fn every_status_of_a_stack_has_its_meaning() {
    use StackKind as K;
    let text = String::from_utf8(recorded("aws/describe-stacks/good").stdout).unwrap();
    let kind = |status: &str| {
        let text = text
            .replace("UPDATE_COMPLETE", status)
            .replace("CREATE_COMPLETE", status);
        parse_stack(text.as_bytes(), "recorded-stack").map(|stack| stack.status.kind())
    };
    for (status, meaning) in [
        ("CREATE_COMPLETE", K::Complete),
        ("UPDATE_COMPLETE", K::Complete),
        ("IMPORT_COMPLETE", K::Complete),
        ("CREATE_IN_PROGRESS", K::InProgress),
        ("ROLLBACK_IN_PROGRESS", K::InProgress),
        ("UPDATE_ROLLBACK_IN_PROGRESS", K::InProgress),
        ("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", K::InProgress),
        ("ROLLBACK_COMPLETE", K::RolledBack),
        ("UPDATE_ROLLBACK_COMPLETE", K::UpdateRolledBack),
        ("ROLLBACK_FAILED", K::Failed),
        ("CREATE_FAILED", K::Failed),
        ("UPDATE_ROLLBACK_FAILED", K::Failed),
        ("DELETE_FAILED", K::DeleteFailed),
        ("DELETE_IN_PROGRESS", K::Deleting),
        ("DELETE_COMPLETE", K::Deleted),
        ("REVIEW_IN_PROGRESS", K::Unknown),
        ("SOMETHING_NEW", K::Unknown),
    ] {
        assert_eq!(kind(status), Ok(meaning), "{status}");
    }
    assert!(kind("complete; rm -rf").is_err());
}

#[test]
fn a_bucket_is_made_and_set_up_for_its_owner_only() {
    let (bucket, account) = (
        "recorded-settings-000000000000".parse().unwrap(),
        "000000000000".parse().unwrap(),
    );
    let region = "us-east-2".parse().unwrap();
    let one = |case: &str, call: Change<'_>| {
        let gateway = Replay::of(&[case]);
        let answer = call(S3 { gateway: &gateway });
        (answer, gateway.only())
    };
    let plain = (Ok(()), (Effect::Write, None));
    assert_eq!(
        one("create-bucket/good", &|s3| s3.create(&bucket, &region)),
        plain
    );
    let again = one("create-bucket/again", &|s3| s3.create(&bucket, &region)).0;
    let again = again.unwrap_err();
    assert_eq!(
        (again.class, again.code.as_deref()),
        (ErrorClass::Exists, Some("BucketAlreadyOwnedByYou"))
    );
    let set_up: [(&str, Change<'_>); 5] = [
        ("put-public-access-block/good", &|s3| {
            s3.block_public_access(&bucket, &account)
        }),
        ("put-bucket-encryption/good", &|s3| s3.encrypt(&bucket, &account)),
        ("put-bucket-ownership-controls/good", &|s3| {
            s3.enforce_ownership(&bucket, &account)
        }),
        ("put-bucket-tagging/good", &|s3| {
            s3.put_tags(&bucket, &account, &tags())
        }),
        ("put-bucket-versioning/good", &|s3| {
            s3.enable_versioning(&bucket, &account)
        }),
    ];
    for (case, call) in set_up {
        assert_eq!(one(case, call), plain, "{case}");
    }
    let policy = parse_policy(&recorded("aws/get-bucket-policy/set").stdout).unwrap();
    let (answer, (effect, stdin)) = one("put-bucket-policy/good", &|s3| {
        s3.put_policy(&bucket, &account, &policy)
    });
    assert_eq!((answer, effect), (Ok(()), Effect::Write));
    let sent: serde_json::Value = serde_json::from_str(&stdin.unwrap()).unwrap();
    assert_eq!(sent, policy);
    // S3 refuses its oldest region where it is named.
    let says = Keeps(Mutex::default());
    let _ = S3 { gateway: &says }.create(&bucket, &"us-east-1".parse().unwrap());
    assert_eq!(
        says.0.into_inner().unwrap().join(" "),
        "aws s3api create-bucket --bucket recorded-settings-000000000000 --output json"
    );
}

const SETTINGS: [&str; 6] = [
    "get-public-access-block",
    "get-bucket-encryption",
    "get-bucket-ownership-controls",
    "get-bucket-policy",
    "get-bucket-tagging",
    "get-bucket-versioning",
];

#[test]
fn a_buckets_settings_are_what_s3_says_and_nothing_is_taken_for_unset() {
    let (bucket, account) = (
        "recorded-settings-000000000000".parse().unwrap(),
        "000000000000".parse().unwrap(),
    );
    let look = |state: &str, odd: Option<(&str, &str)>| {
        let cases: Vec<String> = SETTINGS
            .iter()
            .map(|verb| match odd {
                Some((name, case)) if name == *verb => format!("{verb}/{case}"),
                _ => format!("{verb}/{state}"),
            })
            .collect();
        let cases: Vec<&str> = cases.iter().map(String::as_str).collect();
        let gateway = Replay::of(&cases);
        S3 { gateway: &gateway }.settings(&bucket, &account)
    };
    let new = look("new", None).unwrap();
    assert_eq!(
        (new.public_access, new.policy, new.versioning),
        (None, None, Versioning::Never)
    );
    assert!(new.tags.is_empty());
    let set = look("set", None).unwrap();
    assert!(set.public_access.unwrap().is_blocked());
    assert_eq!(set.encryption.unwrap().algorithm, "AES256");
    assert_eq!(set.ownership.as_deref(), Some("BucketOwnerEnforced"));
    assert_eq!(set.policy.unwrap()["Statement"][0]["Effect"], "Deny");
    assert_eq!((set.tags, set.versioning), (tags(), Versioning::Enabled));
    for (case, class_of) in [
        ("denied", ErrorClass::Denied),
        ("throttled", ErrorClass::Throttled),
    ] {
        let odd = Some(("get-bucket-policy", case));
        assert_eq!(class(look("set", odd)), class_of, "{case}");
    }
    // No bucket is not a bucket without a policy.
    let gateway = &Replay::of(&["get-bucket-policy/no-bucket"]);
    let gone = S3 { gateway }.policy(&"no-such-bucket-000000000000".parse().unwrap(), &account);
    let gone = gone.unwrap_err();
    assert_eq!(gone.code.as_deref(), Some("NoSuchBucket"));
    assert_eq!(gone.class, ErrorClass::Other);
    assert!(s3::parse_versioning(b"").is_err());
    assert!(s3::parse_versioning(b"{\"Status\":\"On\"}").is_err());
    assert!(parse_policy(br#"{"Policy":"not json"}"#).is_err());
}

#[test]
fn the_clusters_parts_are_made_and_seen() {
    let old = "old".parse().unwrap();
    let agent = "eks-pod-identity-agent";
    let addon = |configuration: Option<&str>| NewAddon {
        name: agent.to_owned(),
        version: None,
        configuration: configuration.map(str::to_owned),
        associations: Vec::new(),
        tags: tags(),
    };
    let gateway = &Replay::of(&["create-addon/good"]);
    let wanted = addon(Some("{\"resources\":{}}"));
    let made = Eks { gateway }.create_addon(&old, &wanted).unwrap();
    assert_eq!(gateway.only(), (Effect::Write, wanted.configuration.clone()));
    assert_eq!((made.name.as_str(), made.tags), (agent, tags()));
    let gateway = &Replay::of(&["create-addon/again"]);
    assert_eq!(
        class(Eks { gateway }.create_addon(&old, &addon(None))),
        ErrorClass::Exists
    );
    let gateway = &Replay::of(&["describe-addon/good"]);
    let found = Eks { gateway }.addon(&old, agent).unwrap().unwrap();
    assert_eq!(found.health_issues, Some(Vec::new()));
    assert_eq!(found.status, "ACTIVE");
    let gateway = &Replay::of(&["describe-addon/absent"]);
    assert_eq!(Eks { gateway }.addon(&old, "no-such-addon"), Ok(None));

    let role = "arn:aws:iam::000000000000:role/KarpenterNodeRole-old";
    let gateway = &Replay::of(&["describe-access-entry/absent"]);
    assert_eq!(Eks { gateway }.access_entry(&old, role), Ok(None));
    let gateway = &Replay::of(&["create-access-entry/good"]);
    let made = Eks { gateway }
        .create_access_entry(&old, role, "EC2_LINUX", &tags())
        .unwrap();
    gateway.writes();
    assert_eq!((made.kind.as_str(), made.tags), ("EC2_LINUX", tags()));
    let gateway = &Replay::of(&["create-access-entry/again"]);
    let again = Eks { gateway }.create_access_entry(&old, role, "EC2_LINUX", &tags());
    assert_eq!(class(again), ErrorClass::Exists);
    let gateway = &Replay::of(&["describe-access-entry/good"]);
    let found = Eks { gateway }.access_entry(&old, role).unwrap().unwrap();
    assert_eq!(found.kind, "EC2_LINUX");
    let gateway = &Replay::of(&["tag-resource/good"]);
    let arn = "arn:aws:eks:us-east-2:000000000000:cluster/old";
    Eks { gateway }.tag(arn, &tags()).unwrap();
    gateway.writes();
}

#[test]
fn a_service_account_gets_its_role_and_keeps_one() {
    let old = "old".parse().unwrap();
    let role = "arn:aws:iam::000000000000:role/ingext_old";
    let associations = |case: &str| {
        let gateway = &Replay::of(&[case]);
        Eks { gateway }.associations(&old, "ingext", "ingext-sa")
    };
    assert_eq!(
        associations("list-pod-identity-associations/none"),
        Ok(Vec::new())
    );
    let listed = associations("list-pod-identity-associations/good").unwrap();
    assert_eq!(listed.len(), 1);
    let create = |case: &str| {
        let gateway = &Replay::of(&[case]);
        let made = Eks { gateway }.create_association(&old, "ingext", "ingext-sa", role, &tags());
        gateway.writes();
        made
    };
    let made = create("create-pod-identity-association/good").unwrap();
    assert_eq!((made.role_arn.as_str(), made.tags), (role, tags()));
    assert_eq!(
        class(create("create-pod-identity-association/again")),
        ErrorClass::Exists
    );
    let gateway = &Replay::of(&["describe-pod-identity-association/good"]);
    let id = &listed[0].id;
    let found = Eks { gateway }.association(&old, id).unwrap();
    assert_eq!((&found.id, found.role_arn.as_str()), (id, role));
    assert_eq!(found.owner_arn, None);
    let gateway = &Replay::of(&["update-pod-identity-association/good"]);
    let other = "arn:aws:iam::000000000000:role/ingext_other";
    let changed = Eks { gateway }.update_association(&old, id, other).unwrap();
    gateway.writes();
    assert_eq!(changed.role_arn, other);
}

#[test]
fn the_network_is_seen_and_tagged() {
    let ids = ["subnet-00000002", "subnet-00000001", "subnet-00000099"].map(str::to_owned);
    let gateway = &Replay::of(&["describe-subnets/by-id"]);
    let subnets = Ec2 { gateway }.subnets(&ids).unwrap();
    let found: Vec<&str> = subnets.iter().map(|subnet| subnet.id.as_str()).collect();
    assert_eq!(
        found,
        ["subnet-00000001", "subnet-00000002"],
        "the third does not exist"
    );
    assert!(subnets[0].free_addresses > 0 && subnets[0].zone.starts_with("us-east-2"));
    let gateway = &Replay::of(&[
        "describe-vpcs/by-id",
        "describe-vpc-attribute/enableDnsSupport",
        "describe-vpc-attribute/enableDnsHostnames",
    ]);
    let vpc = Ec2 { gateway }.vpc("vpc-00000001").unwrap().unwrap();
    assert!(vpc.dns_support && !vpc.dns_hostnames);
    let gateway = &Replay::of(&["describe-vpcs/absent"]);
    assert_eq!(Ec2 { gateway }.vpc("vpc-00000099"), Ok(None));
    let gateway = &Replay::of(&["describe-security-groups/good"]);
    let group = Ec2 { gateway }.security_group("sg-00000001").unwrap().unwrap();
    assert_eq!(group.vpc.as_deref(), Some("vpc-00000001"));
    let gateway = &Replay::of(&["describe-security-groups/absent"]);
    assert_eq!(Ec2 { gateway }.security_group("sg-00000099"), Ok(None));
    let gateway = &Replay::of(&["describe-route-tables/good"]);
    let tables = Ec2 { gateway }.route_tables("vpc-00000001").unwrap();
    assert!(tables.iter().any(|table| table.is_main));
    let gateway = &Replay::of(&["create-tags/good"]);
    let ids = ["subnet-00000001", "sg-00000001"].map(str::to_owned);
    Ec2 { gateway }.create_tags(&ids, &tags()).unwrap();
    gateway.writes();
}

#[test]
fn roles_and_the_queue_are_seen() {
    let account = "000000000000".parse().unwrap();
    let gateway = &Replay::of(&["get-role/good"]);
    let role = Iam { gateway }
        .role("rehearsal-session", &account)
        .unwrap()
        .unwrap();
    assert!(
        role.arn.ends_with(&format!("role{}rehearsal-session", role.path)),
        "{role:?}"
    );
    assert!(role.trust.is_some_and(|trust| trust["Statement"].is_array()));
    let gateway = &Replay::of(&["get-role/absent"]);
    assert_eq!(Iam { gateway }.role("nobody", &account), Ok(None));
    let gateway = &Replay::of(&["list-attached-role-policies/good"]);
    let policies = Iam { gateway }
        .attached_policies("recorded-role")
        .unwrap()
        .unwrap();
    assert_eq!(policies, ["arn:aws:iam::aws:policy/AmazonEKSWorkerNodePolicy"]);
    let gateway = &Replay::of(&["list-attached-role-policies/absent"]);
    assert_eq!(Iam { gateway }.attached_policies("nobody"), Ok(None));
    for (case, made) in [("good", LinkedRole::Created), ("again", LinkedRole::Exists)] {
        let gateway = &Replay::of(&[&format!("create-service-linked-role/{case}")]);
        assert_eq!(
            Iam { gateway }.create_service_linked_role("spot.amazonaws.com"),
            Ok(made)
        );
        gateway.writes();
    }
    let gateway = &Replay::of(&["get-queue-url/good", "get-queue-attributes/good"]);
    let queue = Sqs { gateway }.queue("recorded-queue").unwrap().unwrap();
    assert_eq!(queue.arn, "arn:aws:sqs:us-east-2:000000000000:recorded-queue");
    let gateway = &Replay::of(&["get-queue-url/absent"]);
    assert_eq!(Sqs { gateway }.queue("recorded-nowhere"), Ok(None));
}
