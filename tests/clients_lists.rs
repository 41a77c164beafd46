//! A list that is not whole, or contradicts itself, is no answer: what it does not name may exist.

mod steps_support;

use lakehouse::clients::ParseFailure;
use lakehouse::clients::aws::eks::{ClusterVersion, Support, parse_versions};
use lakehouse::clients::aws::{acm, ec2, eks, route53};
use lakehouse::steps::preflight::run_all;
use steps_support::{brief, find, inputs, rehearsal};

/// Each list's command, the check that asks for it, and the list as its service writes it, empty.
const LISTS: [(&str, &str, &str); 3] = [
    (
        "aws route53 list-hosted-zones",
        "route53-zone",
        "\"HostedZones\":[]",
    ),
    (
        "aws acm list-certificates",
        "certificate",
        "\"CertificateSummaryList\":[]",
    ),
    (
        "aws ec2 describe-instance-type-offerings",
        "instance-type",
        "\"InstanceTypeOfferings\":[]",
    ),
];

#[test]
fn nothing_is_absent_from_a_list_that_goes_on() {
    for (begin, id, list) in LISTS {
        for more in [
            "\"IsTruncated\":true,\"NextMarker\":\"x\"",
            "\"NextMarker\":\"x\"",
            "\"NextToken\":\"abc\"",
            "\"nextToken\":\"z\"",
        ] {
            let script = rehearsal().on(begin, 0, &format!("{{{list},{more}}}"), "");
            let outcome = run_all(&inputs(), &script);
            assert_eq!(
                brief(&outcome.findings, id),
                "Fail AWS_UNEXPECTED",
                "{list} {more}"
            );
        }
        let script = rehearsal().on(
            begin,
            0,
            &format!("{{{list},\"IsTruncated\":false,\"NextToken\":null}}"),
            "",
        );
        let outcome = run_all(&inputs(), &script);
        assert_ne!(
            brief(&outcome.findings, id),
            "Fail AWS_UNEXPECTED",
            "{list} is whole"
        );
    }
}

#[test]
fn every_cut_list_is_said_to_be_cut() {
    let cut = ParseFailure::Cut;
    let version = "{\"clusterVersions\":[{\"clusterVersion\":\"1.30\",\"status\":\"standard-support\"}],\"nextToken\":\"z\"}";
    assert_eq!(parse_versions(version.as_bytes()), Err(cut.clone()));
    assert_eq!(
        eks::parse_node_groups(b"{\"nodegroups\":[],\"nextToken\":\"z\"}"),
        Err(cut.clone())
    );
    assert_eq!(
        eks::parse_addons(b"{\"addons\":[\"a\"],\"NextToken\":\"z\"}"),
        Err(cut.clone())
    );
    assert_eq!(
        route53::parse_zones(b"{\"HostedZones\":[],\"IsTruncated\":true}"),
        Err(cut.clone())
    );
    assert_eq!(
        acm::parse_list(b"{\"CertificateSummaryList\":[],\"NextToken\":\"a\"}"),
        Err(cut)
    );
}

#[test]
fn versions_of_other_clusters_do_not_count_and_contradictions_are_no_answer() {
    let version = |kind: &str, support: &str| {
        format!("{{\"clusterVersion\":\"1.34\",\"clusterType\":{kind},\"status\":\"{support}\"}}")
    };
    let parse =
        |all: &[String]| parse_versions(format!("{{\"clusterVersions\":[{}]}}", all.join(",")).as_bytes());
    let standard = Ok(vec![ClusterVersion {
        version: "1.34".to_owned(),
        support: Support::Standard,
    }]);
    let ours = version("\"eks\"", "standard-support");
    let outpost = version("\"eks-local-outposts\"", "extended-support");
    assert_eq!(parse(&[outpost.clone(), ours.clone()]), standard);
    assert_eq!(
        parse(&[version("null", "standard-support"), ours.clone()]),
        standard
    );
    assert!(parse(&[ours, version("\"eks\"", "unsupported")]).is_err());
    assert!(parse(&[outpost]).is_err());
    assert!(parse(&[]).is_err());
}

#[test]
fn an_offer_of_another_region_is_no_offer() {
    let offer = |place: &str| {
        let text = format!(
            "{{\"InstanceTypeOfferings\":[{{\"InstanceType\":\"t3.large\",\"Location\":\"{place}\"}}]}}"
        );
        ec2::parse_zones(text.as_bytes(), "t3.large", "us-east-2")
    };
    assert_eq!(offer("us-east-2b"), Ok(vec!["us-east-2b".to_owned()]));
    // A local zone is of the region, and no zone that a cluster's nodes can be spread over.
    assert_eq!(offer("us-east-2-lax-1a"), Ok(Vec::new()));
    for place in [
        "eu-west-1a",
        "us-east-2",
        "us-east-22",
        "us-east-2ab",
        "us-east-2-`id`",
    ] {
        assert!(offer(place).is_err(), "{place}");
    }
}

#[test]
fn the_tools_words_stand_beside_an_answer_that_can_not_be_read() {
    let script = rehearsal().on(
        "aws eks describe-cluster ",
        0,
        "<html></html>",
        "warning: captive portal\n",
    );
    let outcome = run_all(&inputs(), &script);
    let said = find(&outcome.findings, "eks-cluster")
        .tool_output
        .clone()
        .unwrap();
    assert!(
        said.contains("captive portal") && said.contains("expected JSON"),
        "{said}"
    );
}
