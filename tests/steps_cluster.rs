//! The rules of cluster, version, tools and account.

mod steps_support;

use lakehouse::clients::aws::Eks;
use lakehouse::clients::aws::eks::{Cluster, ClusterVersion, Support};
use lakehouse::clients::versions::Version;
use lakehouse::clients::{CallError, ErrorClass};
use lakehouse::gateway::Tool;
use lakehouse::model::CREATED_BY;
use lakehouse::steps::preflight::{PreflightInputs, account, cluster, cluster_version, tools};
use steps_support::{Script, brief, inputs};

fn error(class: ErrorClass, code: &str) -> CallError {
    let code = (!code.is_empty()).then(|| code.to_owned());
    CallError {
        purpose: "x".to_owned(),
        action: "a:B",
        class,
        code,
        said: String::new(),
    }
}

#[test]
fn a_cluster_is_absent_only_by_eks_own_code() {
    let ask = |stderr: &str| {
        let script = Script::default().on("aws eks", 254, "", stderr);
        Eks { gateway: &script }.cluster(&"demo".parse().unwrap())
    };
    let says = |code: &str| {
        format!(
            "An error occurred ({code}) when calling the DescribeCluster operation: No cluster found for name: demo."
        )
    };
    assert_eq!(ask(&says("ResourceNotFoundException")), Ok(None));
    for code in [
        "404",
        "AccessDeniedException",
        "ServerException",
        "ThrottlingException",
        "NoSuchEntity",
    ] {
        assert!(ask(&says(code)).is_err(), "{code}");
    }
}

#[test]
fn each_status_of_a_cluster_has_its_own_words() {
    let inputs = inputs();
    let ours = inputs.installation(&"000000000000".parse().unwrap());
    let judged = |status: &str| {
        let found = Ok(Some(Cluster {
            status: status.to_owned(),
            version: Some("1.34".to_owned()),
            ..Cluster::default()
        }));
        cluster::decide(&found, &inputs.cluster, &ours, &inputs.asker())
    };
    assert_eq!(brief(&judged("ACTIVE").findings, "eks-cluster"), "Pass");
    let mut messages = std::collections::BTreeSet::new();
    for status in [
        "CREATING",
        "UPDATING",
        "DELETING",
        "FAILED",
        "PENDING",
        "NEWER_WORD",
    ] {
        let checked = judged(status);
        assert_eq!(
            brief(&checked.findings, "eks-cluster"),
            "Fail EKS_CLUSTER_NOT_ACTIVE",
            "{status}"
        );
        assert_eq!(checked.evidence.eks_cluster_status.as_deref(), Some(status));
        messages.insert(checked.findings[0].message.clone());
    }
    assert_eq!(messages.len(), 6);
}

#[test]
fn a_cluster_that_a_run_before_began_to_make_does_not_stop_the_one_that_goes_on() {
    let inputs = inputs();
    let account = "000000000000".parse().unwrap();
    let ours = inputs.installation(&account);
    let other = PreflightInputs {
        namespace: "other".parse().unwrap(),
        ..inputs.clone()
    };
    let judged = |status: &str, mark: &str| {
        let found = Ok(Some(Cluster {
            status: status.to_owned(),
            tags: Some([(CREATED_BY.to_owned(), mark.to_owned())].into()),
            ..Cluster::default()
        }));
        let checked = cluster::decide(&found, &inputs.cluster, &ours, &inputs.asker());
        brief(&checked.findings, "eks-cluster")
    };
    for status in ["CREATING", "PENDING", "UPDATING"] {
        assert_eq!(
            judged(status, ours.as_str()),
            "Warn EKS_CLUSTER_NOT_ACTIVE",
            "{status}"
        );
        let another = other.installation(&account);
        assert_eq!(
            judged(status, another.as_str()),
            "Fail EKS_CLUSTER_NOT_ACTIVE",
            "{status}"
        );
    }
    for status in ["DELETING", "FAILED"] {
        assert_eq!(
            judged(status, ours.as_str()),
            "Fail EKS_CLUSTER_NOT_ACTIVE",
            "{status}"
        );
    }
}

#[test]
fn versions_are_held_against_what_the_region_offers() {
    let inputs = inputs();
    let offered = |support| {
        Ok(vec![ClusterVersion {
            version: "1.34".to_owned(),
            support,
        }])
    };
    let of = |version: Option<&str>| {
        Ok(Some(Cluster {
            status: "ACTIVE".to_owned(),
            version: version.map(str::to_owned),
            ..Cluster::default()
        }))
    };
    let judged = |cluster, offered| {
        let checked = cluster_version::decide(&cluster, offered, &inputs.cluster, &inputs.asker());
        brief(&checked.findings, "eks-version")
    };
    assert_eq!(judged(Ok(None), offered(Support::Standard)), "Pass");
    assert_eq!(
        judged(of(Some("1.34")), offered(Support::Extended)),
        "Warn EKS_VERSION_EXTENDED_SUPPORT"
    );
    assert_eq!(
        judged(of(Some("1.34")), offered(Support::Unsupported)),
        "Fail EKS_VERSION_UNSUPPORTED"
    );
    assert_eq!(
        judged(of(Some("1.3")), offered(Support::Standard)),
        "Fail EKS_VERSION_UNSUPPORTED"
    );
    assert_eq!(judged(Ok(None), Ok(Vec::new())), "Fail EKS_VERSION_UNSUPPORTED");
    // Without a version nothing says that install can use the cluster; only a cluster in the making has none.
    assert_eq!(
        judged(of(None), offered(Support::Standard)),
        "Fail AWS_UNEXPECTED"
    );
    let creating = Ok(Some(Cluster {
        status: "CREATING".to_owned(),
        version: None,
        ..Cluster::default()
    }));
    assert_eq!(judged(creating, offered(Support::Standard)), "Skip");
    assert_eq!(
        judged(Err(error(ErrorClass::Denied, "x")), offered(Support::Standard)),
        "Skip"
    );
    assert_eq!(
        judged(Ok(None), Err(error(ErrorClass::Denied, "x"))),
        "Fail AWS_ACCESS_DENIED"
    );
    assert_eq!(
        judged(Ok(None), Err(error(ErrorClass::BadUsage, ""))),
        "Fail TOOL_TOO_OLD"
    );
}

#[test]
fn tools_are_held_against_the_least_versions() {
    let inputs = inputs();
    let judged = |tool, major, minor| {
        let finding = tools::decide(
            tool,
            Ok(Version {
                major,
                minor,
                patch: if tool == Tool::Aws { 23 } else { 0 },
                released: true,
            }),
            &inputs.asker(),
        );
        brief(&[finding], tools::id(tool))
    };
    for (tool, major, minor) in [
        (Tool::Aws, 2, 22),
        (Tool::Eksctl, 0, 202),
        (Tool::Kubectl, 1, 33),
        (Tool::Helm, 3, 18),
    ] {
        assert_eq!(judged(tool, major, minor), "Pass", "{tool:?}");
        assert_eq!(judged(tool, major, minor - 1), "Fail TOOL_TOO_OLD", "{tool:?}");
    }
    assert_eq!(judged(Tool::Aws, 1, 45), "Fail TOOL_TOO_OLD");
    assert_eq!(judged(Tool::Helm, 4, 0), "Fail TOOL_UNSUPPORTED");
    // One minor version away from 1.34 is 1.35, and no more.
    assert_eq!(judged(Tool::Kubectl, 1, 35), "Pass");
    assert_eq!(judged(Tool::Kubectl, 1, 36), "Fail TOOL_UNSUPPORTED");
}

#[test]
fn an_account_change_blocks() {
    let inputs = inputs();
    let (one, other) = ("111111111111".parse().unwrap(), "222222222222".parse().unwrap());
    let decide = |expected| brief(&[account::decide(expected, &one, &inputs.asker())], "account");
    assert_eq!(
        (decide(None), decide(Some(&one)), decide(Some(&other))),
        (
            "Pass".to_owned(),
            "Pass".to_owned(),
            "Fail ACCOUNT_CHANGED".to_owned()
        )
    );
}
