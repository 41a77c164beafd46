//! Whom the internet asks for the zone, and what the site's name points at: the rules, and the way of a whole run.

mod steps_support;

use hickory_resolver::proto::op::ResponseCode;
use hickory_resolver::proto::rr::rdata::A;
use hickory_resolver::proto::rr::{RData, Record, RecordType};
use lakehouse::clients::aws::route53::{HostedZone, SiteRecord, parse_name_servers, parse_records};
use lakehouse::clients::dns::{Lookup, NsLookup};
use lakehouse::clients::{CallError, ErrorClass, ParseFailure};
use lakehouse::report::Finding;
use lakehouse::steps::preflight::delegation::{self, Facts, Standing, compare};
use lakehouse::steps::preflight::dns_record::{self, Site, ZoneRecords};
use lakehouse::steps::preflight::{Checked, DnsProvider, PreflightInputs, run_all};
use std::net::SocketAddr;
use steps_support::name_server::{name, ns, serve, soa};
use steps_support::{Script, brief, find, inputs, recorded, rehearsal};

const ZONE: &str = "/hostedzone/Z0MLWEORIKCRYDP0R01N1";
const OWN: [&str; 4] = [
    "ns-1.awsdns-1.com",
    "ns-2.awsdns-2.net",
    "ns-3.awsdns-3.org",
    "ns-4.awsdns-4.co.uk",
];

fn texts(names: &[&str]) -> Vec<String> {
    names.iter().map(|&name| name.to_owned()).collect()
}

fn zone() -> HostedZone {
    HostedZone {
        id: ZONE.to_owned(),
        name: "rehearsal.test".to_owned(),
        private: false,
    }
}

fn error() -> CallError {
    CallError {
        purpose: "x".to_owned(),
        action: "route53:GetHostedZone",
        class: ErrorClass::Denied,
        code: Some("AccessDenied".to_owned()),
        said: "no".to_owned(),
    }
}

fn judged(public: NsLookup, same_address: bool) -> Checked {
    let facts = Facts {
        zone: zone(),
        own: Ok(texts(&OWN)),
        public,
        same_address,
    };
    delegation::decide(&facts, None, &inputs().asker())
}

#[test]
fn name_servers_are_compared_as_sets() {
    assert_eq!(
        compare(&texts(&["a.b", "c.d"]), &texts(&["C.D.", "a.B"])),
        Standing::Same
    );
    assert_eq!(compare(&texts(&["a.b"]), &texts(&["x.a.b"])), Standing::Apart);
    assert_eq!(compare(&texts(&["a.b"]), &[]), Standing::Apart);
    assert_eq!(
        compare(&texts(&["a.b", "c.d"]), &texts(&["c.d", "e.f"])),
        Standing::Partly {
            missing: texts(&["a.b"]),
            foreign: texts(&["e.f"])
        }
    );
}

#[test]
fn a_zone_that_nobody_asks_blocks_with_both_lists() {
    let elsewhere = judged(
        NsLookup::Present(texts(&["ns1.elsewhere.example", "ns2.elsewhere.example"])),
        false,
    );
    let finding = &elsewhere.findings[0];
    assert_eq!(
        brief(&elsewhere.findings, "delegation"),
        "Fail DOMAIN_NOT_DELEGATED"
    );
    for part in [
        "2 name servers",
        "ns1.elsewhere.example, ns2.elsewhere.example",
        "own 4",
        ZONE,
    ] {
        assert!(finding.message.contains(part), "{part}: {}", finding.message);
    }
    let remedy = finding.remediation.as_deref().unwrap();
    assert!(
        remedy.contains(&OWN.join(", ")) && remedy.contains("dig +short NS rehearsal.test"),
        "{remedy}"
    );
    assert!(remedy.contains("--dns-provider external"), "{remedy}");
    assert!(
        remedy.contains("--dns-server 1.1.1.1"),
        "a resolver with a world of its own: {remedy}"
    );
    let evidence = elsewhere.evidence.delegation.unwrap();
    assert_eq!(
        (
            evidence.zone_name_servers.len(),
            evidence.public_name_servers.len()
        ),
        (4, 2)
    );

    let nobody = judged(NsLookup::Absent, false);
    assert_eq!(brief(&nobody.findings, "delegation"), "Fail DOMAIN_NOT_DELEGATED");
    assert!(
        nobody.findings[0]
            .message
            .contains("is not delegated: DNS knows no name server")
    );
    assert_eq!(
        nobody.evidence.delegation.unwrap().public_name_servers,
        Vec::<String>::new()
    );
}

#[test]
fn a_zone_that_is_asked_passes_also_under_names_of_ones_own() {
    assert_eq!(
        brief(
            &judged(NsLookup::Present(texts(&OWN)), false).findings,
            "delegation"
        ),
        "Pass"
    );
    let own_names = judged(NsLookup::Present(texts(&["ns1.rehearsal.test"])), true);
    assert_eq!(brief(&own_names.findings, "delegation"), "Pass");
}

#[test]
fn a_partial_delegation_warns_with_the_names_that_differ() {
    let mixed = judged(
        NsLookup::Present(texts(&[OWN[0], OWN[1], "ns.old.example"])),
        false,
    );
    assert_eq!(brief(&mixed.findings, "delegation"), "Warn DOMAIN_NOT_DELEGATED");
    let message = &mixed.findings[0].message;
    for part in ["DNS names 2", OWN[2], "ns.old.example"] {
        assert!(message.contains(part), "{part}: {message}");
    }
    let fewer = judged(NsLookup::Present(texts(&OWN[..3])), false);
    assert!(
        !fewer.findings[0].message.contains("beside"),
        "{}",
        fewer.findings[0].message
    );
}

#[test]
fn what_was_not_answered_is_unknown_and_never_a_pass() {
    let silent = judged(NsLookup::Unknown("it is dark".to_owned()), false);
    assert_eq!(brief(&silent.findings, "delegation"), "Warn DNS_UNKNOWN");
    assert_eq!(silent.evidence.delegation, None);
    let facts = Facts {
        zone: zone(),
        own: Err(error()),
        public: NsLookup::Present(texts(&OWN)),
        same_address: false,
    };
    let denied = delegation::decide(&facts, None, &inputs().asker());
    assert_eq!(brief(&denied.findings, "delegation"), "Fail AWS_ACCESS_DENIED");
}

#[test]
fn only_the_zones_own_answer_is_read() {
    let bytes = recorded("aws/get-hosted-zone/good").stdout;
    assert_eq!(parse_name_servers(&bytes, ZONE), Ok(texts(&OWN)));
    assert!(parse_name_servers(&bytes, "/hostedzone/Z2").is_err());
    let odd = br#"{"HostedZone":{"Id":"/hostedzone/Z1"},"DelegationSet":{"NameServers":["$(reboot)"]}}"#;
    assert!(parse_name_servers(odd, "/hostedzone/Z1").is_err());
    let none = br#"{"HostedZone":{"Id":"/hostedzone/Z1"},"DelegationSet":{"NameServers":[]}}"#;
    assert!(parse_name_servers(none, "/hostedzone/Z1").is_err());
}

fn records(case: &str) -> Vec<SiteRecord> {
    let bytes = recorded(&format!("aws/list-resource-record-sets/{case}")).stdout;
    parse_records(&bytes, &format!("{case}.k8.rehearsal.test")).unwrap()
}

#[test]
fn of_the_zones_records_only_the_sites_own_count() {
    let brief = |case: &str| -> Vec<String> {
        let one =
            |record: &SiteRecord| format!("{} {} {}", record.kind, record.alias, record.values.join(" "));
        records(case).iter().map(one).collect()
    };
    assert_eq!(brief("lakehouse"), Vec::<String>::new(), "other names follow");
    assert_eq!(
        brief("present"),
        ["A false 192.0.2.10", "AAAA false 2001:db8::10"]
    );
    assert_eq!(brief("two"), ["A false 192.0.2.21 192.0.2.22"]);
    assert_eq!(brief("alias"), ["CNAME false present.k8.rehearsal.test"]);
    assert!(
        brief("theirs")[0].starts_with("A true dualstack.k8s-somebody-"),
        "{:?}",
        brief("theirs")
    );
    let cut = |names: [&str; 2]| {
        let [one, two] = names.map(|name| {
            format!(r#"{{"Name":"{name}.","Type":"A","TTL":1,"SetIdentifier":"x","ResourceRecords":[{{"Value":"192.0.2.1"}}]}}"#)
        });
        let text = format!(r#"{{"ResourceRecordSets":[{one},{two}],"IsTruncated":true,"MaxItems":"2"}}"#);
        parse_records(text.as_bytes(), "a.test").map(|found| found.len())
    };
    assert_eq!(
        cut(["a.test", "a.test"]),
        Err(ParseFailure::Cut),
        "more of the name may follow"
    );
    assert_eq!(cut(["a.test", "b.test"]), Ok(1));
    assert_eq!(cut(["b.test", "c.test"]), Ok(0));
}

fn site_judged(found: Lookup, held: Option<Result<Vec<SiteRecord>, CallError>>) -> Checked {
    let inputs = inputs();
    let held = held.map(|found| ZoneRecords { zone: zone(), found });
    let site = Site {
        name: &inputs.site_domain,
        cluster: &inputs.cluster,
        namespace: &inputs.namespace,
        server: None,
        asker: inputs.asker(),
    };
    dns_record::decide(Some(found), held.as_ref(), &site)
}

fn address() -> Lookup {
    Lookup::Present(vec!["192.0.2.1".parse().unwrap()])
}

#[test]
fn dns_alone_never_blocks() {
    for held in [None, Some(Ok(Vec::new()))] {
        let free = site_judged(Lookup::Absent, held.clone());
        assert_eq!(brief(&free.findings, "dns-record"), "Pass");
        let unknown = site_judged(Lookup::Unknown("it is dark".to_owned()), held);
        assert_eq!(brief(&unknown.findings, "dns-record"), "Warn DNS_UNKNOWN");
        assert_eq!(unknown.evidence.dns_a_record, None);
    }
    // A zone that is not ours to write: only a note.
    let external = site_judged(address(), None);
    assert_eq!(brief(&external.findings, "dns-record"), "Pass");
    assert_eq!(external.evidence.dns_a_record, Some(texts(&["192.0.2.1"])));
    assert_eq!(external.evidence.site_record, None);
    // Ours, and somebody else answers for the name.
    let beside = site_judged(address(), Some(Ok(Vec::new())));
    assert_eq!(brief(&beside.findings, "dns-record"), "Warn DNS_RECORD_FOREIGN");
    assert_eq!(beside.evidence.site_record, Some(Vec::new()));
}

#[test]
fn a_foreign_record_in_the_zone_blocks_with_the_command_that_removes_it() {
    for (case, shown) in [
        ("present", "A 192.0.2.10, AAAA 2001:db8::10"),
        ("two", "A 192.0.2.21, A 192.0.2.22"),
        ("alias", "CNAME present.k8.rehearsal.test"),
    ] {
        // Also where DNS does not know it, or says nothing: it stands in the zone.
        for found in [address(), Lookup::Absent, Lookup::Unknown("dark".to_owned())] {
            let judged = site_judged(found, Some(Ok(records(case))));
            assert_eq!(
                brief(&judged.findings, "dns-record"),
                "Fail DNS_RECORD_FOREIGN",
                "{case}"
            );
            assert!(
                judged.findings[0].message.contains(shown),
                "{case}: {}",
                judged.findings[0].message
            );
        }
    }
    let judged = site_judged(Lookup::Absent, Some(Ok(records("two"))));
    let remedy = judged.findings[0].remediation.clone().unwrap();
    let command = remedy
        .split('`')
        .find(|part| part.starts_with("aws route53 change-"))
        .unwrap();
    let words = shlex::split(command).unwrap();
    let batch: serde_json::Value = serde_json::from_str(&words[words.len() - 3]).unwrap();
    let record = &batch["Changes"][0]["ResourceRecordSet"];
    assert_eq!(batch["Changes"][0]["Action"], "DELETE");
    assert_eq!((&record["Type"], &record["TTL"]), (&"A".into(), &60.into()));
    assert_eq!(record["ResourceRecords"][1]["Value"], "192.0.2.22");
    assert_eq!(words[words.len() - 2..], ["--profile", "rehearsal"]);
}

#[test]
fn a_record_of_a_routing_policy_is_not_removed_by_a_guess() {
    let text = br#"{"ResourceRecordSets":[{"Name":"a.test.","Type":"A","TTL":1,"Weight":1,"SetIdentifier":"x","ResourceRecords":[{"Value":"192.0.2.1"}]}],"IsTruncated":false}"#;
    let judged = site_judged(
        Lookup::Absent,
        Some(parse_records(text, "a.test").map_err(|_| error())),
    );
    let remedy = judged.findings[0].remediation.clone().unwrap();
    assert!(
        !remedy.contains("change-resource-record-sets") && remedy.contains("console"),
        "{remedy}"
    );
}

#[test]
fn a_load_balancer_passes_only_under_the_clusters_own_name() {
    let ours = site_judged(Lookup::Absent, Some(Ok(records("ours"))));
    assert_eq!(brief(&ours.findings, "dns-record"), "Pass");
    let theirs = site_judged(Lookup::Absent, Some(Ok(records("theirs"))));
    assert_eq!(brief(&theirs.findings, "dns-record"), "Warn DNS_RECORD_FOREIGN");
    assert!(theirs.findings[0].message.contains("k8s-somebody-"));
    // Only AWS's own names are load balancers.
    for target in [
        "x.elb.amazonaws.com.evil.test",
        "elb.amazonaws.com",
        "elb.evilamazonaws.com",
        "x.s3.amazonaws.com",
    ] {
        let record = SiteRecord {
            kind: "CNAME".to_owned(),
            alias: false,
            values: texts(&[target]),
            removal: None,
        };
        let judged = site_judged(Lookup::Absent, Some(Ok(vec![record])));
        assert_eq!(
            brief(&judged.findings, "dns-record"),
            "Fail DNS_RECORD_FOREIGN",
            "{target}"
        );
    }
}

#[test]
fn records_that_could_not_be_read_are_unknown() {
    let denied = site_judged(Lookup::Absent, Some(Err(error())));
    assert_eq!(brief(&denied.findings, "dns-record"), "Fail AWS_ACCESS_DENIED");
    assert_eq!(denied.evidence.site_record, None);
}

/// A name server of the world in which `rehearsal.test` is served by `servers`, and `address` is what else has one.
fn world(servers: &'static [&'static str], address: &'static str) -> SocketAddr {
    serve(move |asked, kind, reply| {
        if asked == "rehearsal.test." && kind == RecordType::NS && !servers.is_empty() {
            for server in servers {
                reply.add_answer(ns(asked, &format!("{server}.")));
            }
        } else if !address.is_empty() && kind == RecordType::A && asked.starts_with("ns") {
            let data = RData::A(A(address.parse().unwrap()));
            reply.add_answer(Record::from_rdata(name(asked), 60, data));
        } else {
            reply
                .set_response_code(ResponseCode::NXDomain)
                .add_name_server(soa());
        }
        true
    })
}

fn asking(server: SocketAddr) -> PreflightInputs {
    PreflightInputs {
        dns_check: true,
        dns_server: Some(server),
        ..inputs()
    }
}

fn told(findings: &[Finding]) -> [String; 3] {
    ["route53-zone", "delegation", "dns-record"].map(|id| brief(findings, id))
}

#[test]
fn a_whole_run_asks_both_sides_once() {
    let script = rehearsal();
    let outcome = run_all(&asking(world(&OWN, "")), &script);
    assert_eq!(
        told(&outcome.findings),
        ["Pass", "Pass", "Pass"],
        "{:?}",
        outcome.findings
    );
    assert_eq!(outcome.evidence.delegation.unwrap().public_name_servers, OWN);
    let asked = script.asked();
    assert_eq!(
        asked.iter().filter(|line| line.contains("route53")).count(),
        3,
        "{asked:?}"
    );

    let outcome = run_all(&asking(world(&[], "")), &rehearsal());
    assert_eq!(
        told(&outcome.findings),
        ["Pass", "Fail DOMAIN_NOT_DELEGATED", "Pass"]
    );
    let domain = &find(&outcome.findings, "domain").message;
    assert!(
        !domain.contains("automatically") && domain.contains("`delegation`"),
        "{domain}"
    );
}

#[test]
fn name_servers_with_names_of_ones_own_are_known_by_their_addresses() {
    let own_names = &["ns1.rehearsal.test", "ns2.rehearsal.test"];
    let outcome = run_all(&asking(world(own_names, "192.0.2.53")), &rehearsal());
    assert_eq!(brief(&outcome.findings, "delegation"), "Pass");
    let outcome = run_all(&asking(world(own_names, "")), &rehearsal());
    assert_eq!(
        brief(&outcome.findings, "delegation"),
        "Fail DOMAIN_NOT_DELEGATED"
    );
}

#[test]
fn of_two_zones_of_one_name_the_one_that_is_asked_is_used() {
    let zone = |id: &str| {
        format!(
            r#"{{"Id":"/hostedzone/{id}","Name":"rehearsal.test.","CallerReference":"x","Config":{{"PrivateZone":false}}}}"#
        )
    };
    let with = |id: &str, servers: &[&str]| {
        serde_json::json!({"HostedZone": {"Id": format!("/hostedzone/{id}")}, "DelegationSet": {"NameServers": servers}}).to_string()
    };
    let script = || -> Script {
        rehearsal()
            .on(
                "aws route53 list-hosted-zones",
                0,
                &format!(r#"{{"HostedZones":[{},{}]}}"#, zone("ZA"), zone("ZB")),
                "",
            )
            .on(
                "aws route53 get-hosted-zone --id /hostedzone/ZA",
                0,
                &with("ZA", &["ns-9.awsdns-9.com"]),
                "",
            )
            .on(
                "aws route53 get-hosted-zone --id /hostedzone/ZB",
                0,
                &with("ZB", &OWN),
                "",
            )
    };
    let asked = script();
    let outcome = run_all(&asking(world(&OWN, "")), &asked);
    assert_eq!(
        told(&outcome.findings),
        ["Warn ROUTE53_ZONE_AMBIGUOUS", "Pass", "Pass"]
    );
    assert_eq!(
        outcome.evidence.route53_zone_id.as_deref(),
        Some("/hostedzone/ZB")
    );
    assert!(
        find(&outcome.findings, "route53-zone")
            .message
            .contains("The internet asks /hostedzone/ZB")
    );
    let looked = asked
        .asked()
        .into_iter()
        .find(|line| line.contains("list-resource-record-sets"))
        .unwrap();
    assert!(looked.contains("/hostedzone/ZB"), "{looked}");
    // Neither is asked: the first, as before, and the delegation blocks.
    let outcome = run_all(&asking(world(&["ns1.elsewhere.example"], "")), &script());
    assert_eq!(
        brief(&outcome.findings, "delegation"),
        "Fail DOMAIN_NOT_DELEGATED"
    );
    assert_eq!(
        outcome.evidence.route53_zone_id.as_deref(),
        Some("/hostedzone/ZA")
    );
}

#[test]
fn what_is_not_ours_or_not_wanted_is_not_asked() {
    let mut external = asking(world(&[], ""));
    external.dns_provider = Some(DnsProvider::External);
    let script = rehearsal();
    let outcome = run_all(&external, &script);
    assert_eq!(told(&outcome.findings), ["Skip", "Skip", "Pass"]);
    assert!(!script.asked().iter().any(|line| line.contains("route53")));
    let outcome = run_all(&inputs(), &rehearsal());
    assert_eq!(told(&outcome.findings), ["Pass", "Skip", "Skip"]);
    let nowhere = rehearsal().on("aws route53 list-hosted-zones", 0, r#"{"HostedZones":[]}"#, "");
    let outcome = run_all(&asking(world(&[], "")), &nowhere);
    assert_eq!(told(&outcome.findings), ["Warn NO_ROUTE53_ZONE", "Skip", "Pass"]);
}
