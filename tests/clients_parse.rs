//! Parse functions on recorded bytes, and on bytes that are no answer: empty, cut, foreign.

mod steps_support;

use lakehouse::clients::ParseFailure;
use lakehouse::clients::aws::{
    acm, cloudformation, ec2, eks, elbv2, iam, route53, s3, service_quotas, sqs, sts,
};
use lakehouse::clients::kubectl;
use lakehouse::clients::versions;
use steps_support::recorded;

type Check = fn(&[u8]) -> Result<(), ParseFailure>;

/// Every parser, with a recorded answer that it must take.
const PARSERS: &[(&str, Check)] = &[
    ("aws/get-caller-identity/good", |bytes| {
        sts::parse_caller(bytes).map(drop)
    }),
    ("aws/list-hosted-zones/good", |bytes| {
        route53::parse_zones(bytes).map(drop)
    }),
    ("aws/get-hosted-zone/good", |bytes| {
        let id = "/hostedzone/Z0MLWEORIKCRYDP0R01N1";
        route53::parse_name_servers(bytes, id).map(drop)
    }),
    ("aws/list-resource-record-sets/present", |bytes| {
        route53::parse_records(bytes, "present.k8.rehearsal.test").map(drop)
    }),
    ("aws/list-certificates/good", |bytes| {
        acm::parse_list(bytes).map(drop)
    }),
    (
        "aws/describe-certificate/issued-wildcard.k8.rehearsal.test",
        |bytes| acm::parse_description(bytes).map(drop),
    ),
    ("aws/head-bucket/ours", |bytes| s3::parse_head(bytes).map(drop)),
    ("aws/describe-cluster/standing", |bytes| {
        eks::parse_cluster(bytes, "standing").map(drop)
    }),
    ("aws/describe-nodegroup/standing", |bytes| {
        eks::parse_node_group(bytes, "standing", "ingext-standing-workers").map(drop)
    }),
    ("aws/get-token/good", |bytes| eks::parse_token(bytes).map(drop)),
    ("kubectl/get-nodes/standing", |bytes| {
        kubectl::parse_nodes(bytes).map(drop)
    }),
    ("kubectl/get-namespace/terminating", |bytes| {
        kubectl::parse_namespace(bytes, "ingext").map(drop)
    }),
    ("kubectl/get-work/crash-loop", |bytes| {
        kubectl::work::parse_work(bytes).map(drop)
    }),
    ("kubectl/get-surroundings/no-such-class", |bytes| {
        kubectl::surroundings::parse_surroundings(bytes).map(drop)
    }),
    ("aws/list-nodegroups/standing", |bytes| {
        eks::parse_node_groups(bytes).map(drop)
    }),
    ("aws/list-addons/standing", |bytes| {
        eks::parse_addons(bytes).map(drop)
    }),
    ("aws/describe-cluster-versions/good", |bytes| {
        eks::parse_versions(bytes).map(drop)
    }),
    ("aws/describe-cluster-versions/version-status", |bytes| {
        eks::parse_versions(bytes).map(drop)
    }),
    ("aws/describe-instance-type-offerings/offered", |bytes| {
        ec2::parse_zones(bytes, "t3.large", "us-east-2").map(drop)
    }),
    ("aws/describe-instance-types/good", |bytes| {
        ec2::parse_size(bytes, "t3.large").map(drop)
    }),
    ("aws/describe-instances/running", |bytes| {
        ec2::parse_running(bytes).map(drop)
    }),
    ("aws/describe-addresses/good", |bytes| {
        ec2::parse_addresses(bytes).map(drop)
    }),
    ("aws/describe-vpcs/good", |bytes| {
        ec2::parse_vpcs(bytes, "000000000000").map(drop)
    }),
    ("aws/describe-nat-gateways/good", |bytes| {
        ec2::parse_nat_gateways(bytes).map(drop)
    }),
    ("aws/describe-subnets/good", |bytes| {
        ec2::parse_subnets(bytes).map(drop)
    }),
    ("aws/list-clusters/good", |bytes| {
        eks::parse_count(bytes).map(drop)
    }),
    ("aws/describe-load-balancers/good", |bytes| {
        elbv2::parse_load_balancers(bytes).map(drop)
    }),
    ("aws/list-service-quotas/ec2", |bytes| {
        service_quotas::parse_limits(bytes, &["L-1216C47A", "L-0263D0A3"], false).map(drop)
    }),
    ("aws/get-role/good", |bytes| {
        iam::parse_role(bytes, "rehearsal-session", "000000000000").map(drop)
    }),
    ("aws/simulate-principal-policy/allowed", |bytes| {
        iam::parse_simulation(bytes).map(drop)
    }),
    ("aws/simulate-principal-policy/explicit-deny", |bytes| {
        iam::parse_simulation(bytes).map(drop)
    }),
    ("aws/simulate-principal-policy/bounded", |bytes| {
        iam::parse_simulation(bytes).map(drop)
    }),
    ("aws/describe-stacks/good", |bytes| {
        cloudformation::parse_stack(bytes, "recorded-stack").map(drop)
    }),
    ("aws/describe-stack-events/rolled-back", |bytes| {
        cloudformation::parse_failed_events(bytes, "recorded-failed").map(drop)
    }),
    ("aws/list-stacks/good", |bytes| {
        cloudformation::parse_stacks(bytes).map(drop)
    }),
    ("aws/get-template/good", |bytes| {
        cloudformation::parse_template(bytes).map(drop)
    }),
    ("aws/create-stack/good", |bytes| {
        cloudformation::parse_stack_id(bytes, "recorded-stack").map(drop)
    }),
    ("aws/get-public-access-block/set", |bytes| {
        s3::parse_public_access(bytes).map(drop)
    }),
    ("aws/get-bucket-encryption/set", |bytes| {
        s3::parse_encryption(bytes).map(drop)
    }),
    ("aws/get-bucket-ownership-controls/set", |bytes| {
        s3::parse_ownership(bytes).map(drop)
    }),
    ("aws/get-bucket-policy/set", |bytes| {
        s3::parse_policy(bytes).map(drop)
    }),
    ("aws/get-bucket-tagging/set", |bytes| {
        s3::parse_tags(bytes).map(drop)
    }),
    ("aws/get-bucket-versioning/set", |bytes| {
        s3::parse_versioning(bytes).map(drop)
    }),
    ("aws/describe-addon/good", |bytes| {
        eks::parse_addon(bytes, "old", "eks-pod-identity-agent").map(drop)
    }),
    ("aws/list-pod-identity-associations/good", |bytes| {
        eks::parse_associations(bytes, "old").map(drop)
    }),
    ("aws/describe-pod-identity-association/good", |bytes| {
        eks::parse_association(bytes, "old").map(drop)
    }),
    ("aws/describe-access-entry/good", |bytes| {
        let principal = "arn:aws:iam::000000000000:role/KarpenterNodeRole-old";
        eks::parse_access_entry(bytes, "old", principal).map(drop)
    }),
    ("aws/describe-subnets/by-id", |bytes| {
        ec2::parse_network(bytes).map(drop)
    }),
    ("aws/describe-vpcs/by-id", |bytes| {
        ec2::parse_vpc(bytes, "vpc-00000001").map(drop)
    }),
    ("aws/describe-vpc-attribute/enableDnsSupport", |bytes| {
        ec2::parse_dns(bytes, "vpc-00000001", "enableDnsSupport").map(drop)
    }),
    ("aws/describe-security-groups/good", |bytes| {
        ec2::parse_security_group(bytes, "sg-00000001").map(drop)
    }),
    ("aws/describe-route-tables/good", |bytes| {
        ec2::parse_route_tables(bytes, "vpc-00000001").map(drop)
    }),
    ("aws/list-attached-role-policies/good", |bytes| {
        iam::parse_attached_policies(bytes).map(drop)
    }),
    ("aws/create-service-linked-role/good", |bytes| {
        iam::parse_linked_role(bytes, "spot.amazonaws.com").map(drop)
    }),
    ("aws/get-queue-url/good", |bytes| {
        sqs::parse_queue_url(bytes, "recorded-queue").map(drop)
    }),
    ("aws/get-queue-attributes/good", |bytes| {
        sqs::parse_queue(bytes, "recorded-queue", "http://a.test/recorded-queue").map(drop)
    }),
    ("eksctl/version/good", |bytes| {
        versions::parse_eksctl(bytes).map(drop)
    }),
    ("kubectl/version/good", |bytes| {
        versions::parse_kubectl(bytes).map(drop)
    }),
];

#[test]
fn recorded_answers_parse() {
    for (case, parse) in PARSERS {
        assert_eq!(parse(&recorded(case).stdout), Ok(()), "{case}");
    }
}

#[test]
fn no_beginning_of_an_answer_parses() {
    for (case, parse) in PARSERS {
        let whole = recorded(case).stdout;
        let whole = whole.trim_ascii_end();
        // Long answers are cut at steps, and everywhere near their end.
        let step = whole.len() / 400 + 1;
        for cut in (0..whole.len()).filter(|cut| cut % step == 0 || whole.len() - cut < 200) {
            assert!(parse(&whole[..cut]).is_err(), "{case} cut at {cut}");
        }
    }
}

#[test]
fn foreign_bytes_do_not_parse() {
    let foreign: &[&[u8]] = &[
        b"",
        b"\n",
        b"null",
        b"[]",
        b"{}",
        b"42",
        b"\"text\"",
        b"<html><body>Proxy login</body></html>",
        b"\xff\xfe\x00",
        b"{\"message\": \"Unauthorized\"}",
        b"{} {}",
    ];
    for (case, parse) in PARSERS {
        for bytes in foreign {
            assert!(
                parse(bytes).is_err(),
                "{case} took {:?}",
                String::from_utf8_lossy(bytes)
            );
        }
        let mut twice = recorded(case).stdout;
        twice.extend_from_slice(b"{}");
        assert!(parse(&twice).is_err(), "{case} took trailing bytes");
        for (other, _) in PARSERS {
            let same = |a: &str, b: &str| {
                a.split('/').nth(1) == b.split('/').nth(1) && a.split('/').next() == b.split('/').next()
            };
            if !same(case, other) {
                assert!(parse(&recorded(other).stdout).is_err(), "{case} took {other}");
            }
        }
    }
}

#[test]
fn a_failure_says_nothing_of_the_text() {
    let failure = sts::parse_caller(b"{\"Account\": \"$(reboot)\", \"Arn\": 7}").unwrap_err();
    assert!(!failure.to_string().contains("reboot"), "{failure}");
}

#[test]
fn fields_without_their_form_are_refused() {
    let caller = |account: &str, arn: &str| {
        sts::parse_caller(format!("{{\"Account\":\"{account}\",\"Arn\":\"{arn}\"}}").as_bytes())
    };
    assert!(caller("123456789012", "arn:aws:iam::123456789012:user/path/me").is_ok());
    assert!(
        caller(
            "123456789012",
            "arn:aws:sts::123456789012:assumed-role/R/me@corp.com"
        )
        .is_ok()
    );
    assert!(caller("12345678901", "arn:aws:iam::12345678901:root").is_err());
    assert!(caller("123456789012", "arn:aws:iam::999999999999:root").is_err());
    assert!(caller("123456789012", "arn:aws:iam::123456789012:user/a b").is_err());
    assert!(caller("123456789012", "arn:aws:s3::123456789012:x").is_err());
    assert!(s3::parse_head(b"{\"BucketRegion\": \"us-east-2; rm\"}").is_err());
    assert_eq!(
        s3::parse_location(b"{\"LocationConstraint\": null}").as_deref(),
        Ok("us-east-1")
    );
    assert_eq!(
        s3::parse_location(b"{\"LocationConstraint\": \"EU\"}").as_deref(),
        Ok("eu-west-1")
    );
    assert!(s3::parse_location(b"{}").is_err());
    // A zone that does not say whether it is private is not taken for a public one.
    assert!(
        route53::parse_zones(b"{\"HostedZones\":[{\"Id\":\"/hostedzone/Z1\",\"Name\":\"a.test.\"}]}")
            .is_err()
    );
    assert!(eks::parse_cluster(&recorded("aws/describe-cluster/standing").stdout, "other").is_err());
    assert!(
        ec2::parse_zones(
            &recorded("aws/describe-instance-type-offerings/offered").stdout,
            "t3.small",
            "us-east-2"
        )
        .is_err()
    );
    assert_eq!(
        ec2::parse_zones(
            &recorded("aws/describe-instance-type-offerings/not-offered").stdout,
            "zz9.large",
            "us-east-2"
        ),
        Ok(Vec::new())
    );
}

#[test]
fn both_forms_of_a_time_are_read() {
    let list = |time: &str| {
        format!(
            "{{\"CertificateSummaryList\":[{{\"CertificateArn\":\"arn:aws:acm:us-east-2:000000000000:certificate/a\",\"DomainName\":\"a.test\",\"NotAfter\":{time}}}]}}"
        )
    };
    let until = |time: &str| acm::parse_list(list(time).as_bytes()).map(|found| found[0].not_after);
    assert_eq!(until("\"2027-01-01T00:00:00+00:00\""), until("1798761600.0"));
    assert_eq!(until("\"2027-01-01T01:00:00+01:00\""), until("1798761600"));
    assert!(until("\"soon\"").is_err());
    assert!(until("1e300").is_err());
}

#[test]
fn versions_are_read_and_compared() {
    let aws = versions::parse_aws(&recorded("aws/version/good").stdout).unwrap();
    assert_eq!(aws.to_string(), "2.23.6");
    assert_eq!(
        versions::parse_helm(&recorded("helm/version/good").stdout)
            .unwrap()
            .to_string(),
        "3.19.5"
    );
    let kubectl = br#"{"clientVersion":{"gitVersion":"v1.32.4-dispatcher"}}"#;
    assert_eq!(versions::parse_kubectl(kubectl).unwrap().to_string(), "1.32.4");
    assert!(versions::parse_helm(b"v3.9.0").unwrap() < versions::parse_helm(b"v3.18.0").unwrap());
    for bytes in [
        &b"aws-cli/2.23.6"[..],
        b"aws-cli/2.23",
        b"",
        b"aws-cli/2.23.6 Python/3\nmore",
        b"aws-cli/x.y.z Python/3",
    ] {
        assert!(
            versions::parse_aws(bytes).is_err(),
            "{:?}",
            String::from_utf8_lossy(bytes)
        );
    }
    for bytes in [&b"3.19.5"[..], b"v3.19", b"v3.19.", b"", b"<html>"] {
        assert!(
            versions::parse_helm(bytes).is_err(),
            "{:?}",
            String::from_utf8_lossy(bytes)
        );
    }
}

#[test]
fn a_pre_release_is_older_than_its_release_and_has_its_commands() {
    let helm = |text: &str| versions::parse_helm(text.as_bytes()).unwrap();
    for early in ["v3.18.0-rc.1", "v3.18.0-beta.2+g12ab", "v3.18.0-alpha.1"] {
        assert!(helm(early) < helm("v3.18.0"), "{early}");
        assert!(helm(early) > helm("v3.17.9"), "{early}");
        assert_eq!(helm(early).to_string(), "3.18.0 (pre-release)");
    }
    assert!(helm("v4.0.0-rc.1").reaches(helm("v4.0.0")));
    // What a distributor adds makes no pre-release.
    for same in ["v3.18.0-eks-113cf36", "v3.18.0+rc.1", "v3.18.0-dispatcher"] {
        assert_eq!(helm(same), helm("v3.18.0"), "{same}");
    }
    let eksctl = |pre: &str| {
        let text = format!("{{\"Version\":\"0.202.0\",\"PreReleaseID\":\"{pre}\"}}");
        versions::parse_eksctl(text.as_bytes()).unwrap()
    };
    assert!(eksctl("rc.0") < eksctl(""));
    assert_eq!(eksctl("dev"), eksctl(""));
}
