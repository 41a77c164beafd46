//! The site's record: what the step decides for every record that it can find, what it writes, and what it says.

mod install_support;

use install_support::{code, desired, document, flag_value, words};
use lakehouse::clients::aws::elbv2::Balancer;
use lakehouse::clients::aws::route53::SiteRecord;
use lakehouse::clients::aws::route53::changes::{ChangeInfo, parse_change};
use lakehouse::report::{Code, StepAction};
use lakehouse::steps::install::ingress::record::{Seen, Target, decide};
use lakehouse::steps::install::{Decision, Desired, Dns, Verdict, WriteTo};
use serde_json::json;

const NOW: &str = "albingextdemoingress-1234567890.us-east-2.elb.amazonaws.com";
const ONCE: &str = "albingextdemoingress-987654321.us-east-2.elb.amazonaws.com";

fn balancer() -> Balancer {
    Balancer {
        arn: "arn:aws:elasticloadbalancing:us-east-2:000000000000:loadbalancer/app/albingextdemoingress/1"
            .to_owned(),
        name: "albingextdemoingress".to_owned(),
        dns_name: NOW.to_owned(),
        zone_id: "Z3AADJGX6KTTL2".to_owned(),
        scheme: "internet-facing".to_owned(),
        state: "active".to_owned(),
        said: String::new(),
        vpc: "vpc-1".to_owned(),
    }
}

fn record(kind: &str, alias: bool, value: &str) -> SiteRecord {
    SiteRecord {
        kind: kind.to_owned(),
        alias,
        values: vec![value.to_owned()],
        removal: Some(r#"{"Action":"DELETE"}"#.to_owned()),
    }
}

fn seen(records: Vec<SiteRecord>) -> Seen {
    Seen {
        balancer: Some(balancer()),
        records: Some(records),
        target: Target::Plain,
        change: None,
    }
}

fn external() -> Desired {
    let mut desired = desired();
    desired.site.dns = Dns::External;
    desired
}

fn is_settled(decision: &Decision) -> bool {
    matches!(decision.verdict, Verdict::Settled)
}

#[test]
fn an_absent_record_is_created_so_that_somebody_else_s_in_between_is_not_replaced() {
    let decision = decide(&desired(), &seen(Vec::new()));
    assert_eq!(decision.action, StepAction::Create);
    let [write] = decision.writes() else {
        panic!("one write")
    };
    assert_eq!(
        words(write).join(" "),
        "route53 change-resource-record-sets --hosted-zone-id /hostedzone/Z0MLWEORIKCRYDP0R01N1 --change-batch file:///dev/stdin --output json"
    );
    assert_eq!(
        (write.to, write.document),
        (WriteTo::Account, Some("change-batch.json"))
    );
    assert!(!write.exists_is_fine);
    assert_eq!(
        document(write),
        json!({"Changes": [{"Action": "CREATE", "ResourceRecordSet": {
            "Name": "lakehouse.k8.rehearsal.test", "Type": "A",
            "AliasTarget": {"HostedZoneId": "Z3AADJGX6KTTL2", "DNSName": NOW, "EvaluateTargetHealth": false}
        }}]})
    );
}

#[test]
fn the_plan_has_the_record_before_there_is_a_load_balancer_and_its_digest_stays() {
    let before = Seen {
        balancer: None,
        ..seen(Vec::new())
    };
    let planned = decide(&desired(), &before);
    assert_eq!(planned.action, StepAction::Create);
    assert!(planned.writes().is_empty() && !is_settled(&planned));
    let after = decide(&desired(), &seen(vec![record("A", true, NOW)]));
    assert!(is_settled(&after));
    assert_eq!(planned.desired, decide(&desired(), &seen(Vec::new())).desired);
    assert_eq!((planned.desired, planned.adopted), (after.desired, after.adopted));
}

#[test]
fn a_record_of_ours_follows_the_load_balancer_and_any_other_is_shown_and_kept() {
    let gone = Seen {
        target: Target::Gone,
        ..seen(vec![record("A", true, ONCE)])
    };
    let update = decide(&desired(), &gone);
    assert_eq!(update.action, StepAction::Update);
    let changes = &document(&update.writes()[0])["Changes"];
    assert_eq!(
        changes[0],
        json!({"Action": "DELETE"}),
        "of the very record that was seen"
    );
    assert_eq!(
        (&changes[1]["Action"], changes.as_array().unwrap().len()),
        (&"CREATE".into(), 2)
    );
    assert_eq!(
        flag_value(&update.writes()[0], "--hosted-zone-id"),
        "/hostedzone/Z0MLWEORIKCRYDP0R01N1"
    );
    let mut weighted = record("A", true, ONCE);
    weighted.removal = None;
    let of_policy = SiteRecord {
        values: Vec::new(),
        removal: None,
        ..record("A", false, "")
    };
    for records in [
        vec![record("A", false, "192.0.2.1")],
        vec![record("AAAA", true, NOW)],
        vec![record("A", true, NOW), record("AAAA", false, "2001:db8::1")],
        vec![record(
            "A",
            true,
            "albingextotheringress-1.us-east-2.elb.amazonaws.com",
        )],
        vec![record(
            "A",
            true,
            "albingextdemoingress-1.us-west-2.elb.amazonaws.com",
        )],
        vec![record("CNAME", false, ONCE)],
        vec![record("CNAME", false, "d111111abcdef8.cloudfront.net")],
        vec![weighted],
        vec![of_policy],
    ] {
        let values: Vec<String> = records.iter().flat_map(|one| one.values.clone()).collect();
        let decision = decide(
            &desired(),
            &Seen {
                target: Target::Gone,
                ..seen(records)
            },
        );
        assert_eq!(code(&decision), Code::DnsRecordForeign, "{values:?}");
        let Verdict::Blocked(stops) = &decision.verdict else {
            unreachable!()
        };
        for value in values {
            assert!(stops[0].message.contains(&value), "{}", stops[0].message);
        }
        assert!(decision.writes().is_empty());
    }
}

#[test]
fn a_load_balancer_of_our_name_that_lives_elsewhere_is_not_ours() {
    let judged = |target: Target| {
        decide(
            &desired(),
            &Seen {
                target,
                ..seen(vec![record("A", true, ONCE)])
            },
        )
    };
    assert_eq!(code(&judged(Target::Lives)), Code::DnsRecordForeign);
    assert_eq!(
        code(&judged(Target::Unknown("no resolver".to_owned()))),
        Code::DnsUnknown
    );
    assert_eq!(code(&judged(Target::Plain)), Code::DnsUnknown);
}

#[test]
fn a_cname_that_somebody_made_to_the_load_balancer_is_used_as_it_is() {
    let decision = decide(&desired(), &seen(vec![record("CNAME", false, NOW)]));
    assert!(is_settled(&decision) && decision.adopted);
    let dual = decide(
        &desired(),
        &seen(vec![record("A", true, &format!("dualstack.{NOW}"))]),
    );
    assert!(is_settled(&dual) && !dual.adopted);
}

#[test]
fn this_run_s_change_is_waited_for() {
    let change = |in_sync| {
        decide(
            &desired(),
            &Seen {
                change: Some(ChangeInfo {
                    id: "/change/C1".to_owned(),
                    in_sync,
                }),
                ..seen(vec![record("A", true, NOW)])
            },
        )
    };
    assert!(matches!(change(false).verdict, Verdict::Waiting(_)));
    assert!(is_settled(&change(true)));
}

#[test]
fn a_zone_that_is_gone_blocks() {
    let decision = decide(
        &desired(),
        &Seen {
            records: None,
            ..seen(Vec::new())
        },
    );
    assert_eq!(code(&decision), Code::NoRoute53Zone);
}

#[test]
fn with_dns_elsewhere_nothing_is_written_and_the_record_is_spelt_out() {
    let decision = decide(&external(), &seen(Vec::new()));
    assert!(is_settled(&decision));
    assert!(
        decision
            .detail
            .contains(&format!("`lakehouse.k8.rehearsal.test` CNAME `{NOW}`"))
    );
    let before = decide(
        &external(),
        &Seen {
            balancer: None,
            ..seen(Vec::new())
        },
    );
    assert!(matches!(before.verdict, Verdict::Waiting(_)));
    assert_eq!(before.action, StepAction::Unchanged);
    assert_ne!(decision.desired, decide(&desired(), &seen(Vec::new())).desired);
}

#[test]
fn a_change_is_read_and_half_of_one_is_not() {
    let whole = br#"{"ChangeInfo": {"Id": "/change/C0123", "Status": "PENDING", "SubmittedAt": "2026-11-24T03:00:00Z"}}"#;
    let found = parse_change(whole).unwrap();
    assert_eq!((found.id.as_str(), found.in_sync), ("/change/C0123", false));
    for end in 0..whole.len() {
        assert!(parse_change(&whole[..end]).is_err());
    }
    for wrong in [
        r#"{"ChangeInfo": {"Id": "C0123", "Status": "PENDING"}}"#,
        r#"{"ChangeInfo": {"Id": "/change/C0123", "Status": "LOST"}}"#,
        r#"{"ChangeInfo": {"Id": "/change/../x", "Status": "INSYNC"}}"#,
    ] {
        assert!(parse_change(wrong.as_bytes()).is_err(), "{wrong}");
    }
}
