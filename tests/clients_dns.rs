//! DNS lookups against a small server on loopback.

mod steps_support;

use hickory_resolver::proto::op::ResponseCode;
use hickory_resolver::proto::rr::rdata::{A, AAAA, CNAME, NS};
use hickory_resolver::proto::rr::{RData, Record, RecordType};
use lakehouse::clients::dns::{Lookup, NsLookup, look_up, name_servers};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::{Duration, Instant};
use steps_support::name_server::{name, ns, serve, soa};

const LIMIT: Duration = Duration::from_millis(1500);

fn ask(server: SocketAddr) -> Lookup {
    look_up("site.test", Some(server), LIMIT)
}

#[test]
fn addresses_of_both_kinds_come_sorted_through_a_cname() {
    let server = serve(|asked, kind, reply| {
        assert!(
            asked == "site.test." || asked == "lb.test.",
            "search domains must not apply: {asked}"
        );
        if asked == "site.test." {
            reply.add_answer(Record::from_rdata(
                name("site.test."),
                60,
                RData::CNAME(CNAME(name("lb.test."))),
            ));
        }
        match kind {
            RecordType::A => {
                for last in [9, 1, 9] {
                    let address = Ipv4Addr::new(192, 0, 2, last);
                    reply.add_answer(Record::from_rdata(name("lb.test."), 60, RData::A(A(address))));
                }
            }
            _ => {
                reply.add_answer(Record::from_rdata(
                    name("lb.test."),
                    60,
                    RData::AAAA(AAAA(Ipv6Addr::LOCALHOST)),
                ));
            }
        }
        true
    });
    let found = ask(server);
    let Lookup::Present(addresses) = found else {
        panic!("{found:?}")
    };
    let texts: Vec<String> = addresses.iter().map(ToString::to_string).collect();
    assert_eq!(texts, ["192.0.2.1", "192.0.2.9", "::1"]);
}

#[test]
fn no_such_name_and_no_such_record_are_absent() {
    for code in [ResponseCode::NXDomain, ResponseCode::NoError] {
        for with_soa in [true, false] {
            let server = serve(move |_, _, reply| {
                reply.set_response_code(code);
                if with_soa {
                    reply.add_name_server(soa());
                }
                true
            });
            assert_eq!(ask(server), Lookup::Absent, "{code} {with_soa}");
        }
    }
}

#[test]
fn errors_referrals_and_silence_are_unknown() {
    for code in [
        ResponseCode::ServFail,
        ResponseCode::Refused,
        ResponseCode::NotImp,
    ] {
        let server = serve(move |_, _, reply| {
            reply.set_response_code(code);
            true
        });
        assert!(matches!(ask(server), Lookup::Unknown(_)), "{code}");
    }
    let referral = serve(|_, _, reply| {
        reply.add_name_server(Record::from_rdata(
            name("test."),
            60,
            RData::NS(NS(name("ns.test."))),
        ));
        true
    });
    assert!(matches!(ask(referral), Lookup::Unknown(_)));
    let silent = serve(|_, _, _| false);
    let start = Instant::now();
    assert!(matches!(ask(silent), Lookup::Unknown(_)));
    assert!(
        start.elapsed() < LIMIT + Duration::from_secs(1),
        "{:?}",
        start.elapsed()
    );
    let closed: SocketAddr = "127.0.0.1:9".parse().unwrap();
    assert!(matches!(ask(closed), Lookup::Unknown(_)));
}

#[test]
fn one_question_without_an_answer_leaves_it_unknown() {
    let server = serve(|_, kind, reply| {
        let code = if kind == RecordType::A {
            ResponseCode::NXDomain
        } else {
            ResponseCode::ServFail
        };
        reply.set_response_code(code).add_name_server(soa());
        true
    });
    assert!(matches!(ask(server), Lookup::Unknown(_)));
}

#[test]
fn addresses_of_one_kind_are_enough() {
    let server = serve(|_, kind, reply| {
        if kind == RecordType::A {
            reply.add_answer(Record::from_rdata(
                name("site.test."),
                60,
                RData::A(A(Ipv4Addr::LOCALHOST)),
            ));
        } else {
            reply.set_response_code(ResponseCode::ServFail);
        }
        true
    });
    assert_eq!(ask(server), Lookup::Present(vec!["127.0.0.1".parse().unwrap()]));
}

#[test]
fn name_servers_come_sorted_without_last_dot_and_in_lower_case() {
    let server = serve(|asked, kind, reply| {
        assert_eq!((asked, kind), ("site.test.", RecordType::NS));
        for server in ["NS-2.awsdns-2.NET.", "ns-1.awsdns-1.com.", "ns-2.awsdns-2.net."] {
            reply.add_answer(ns("site.test.", server));
        }
        true
    });
    let found = name_servers("site.test", Some(server), LIMIT);
    let wanted = ["ns-1.awsdns-1.com", "ns-2.awsdns-2.net"].map(str::to_owned);
    assert_eq!(found, NsLookup::Present(wanted.to_vec()));
}

#[test]
fn a_name_without_name_servers_is_absent_and_errors_and_referrals_are_unknown() {
    for code in [ResponseCode::NXDomain, ResponseCode::NoError] {
        let server = serve(move |_, _, reply| {
            reply.set_response_code(code).add_name_server(soa());
            true
        });
        assert_eq!(
            name_servers("site.test", Some(server), LIMIT),
            NsLookup::Absent,
            "{code}"
        );
    }
    for code in [ResponseCode::ServFail, ResponseCode::Refused] {
        let server = serve(move |_, _, reply| {
            reply.set_response_code(code);
            true
        });
        let found = name_servers("site.test", Some(server), LIMIT);
        assert!(matches!(found, NsLookup::Unknown(_)), "{code}: {found:?}");
    }
    // Someone else's zone in the authority section is no answer about this one.
    let referral = serve(|_, _, reply| {
        reply.add_name_server(ns("test.", "ns.test."));
        true
    });
    assert!(matches!(
        name_servers("site.test", Some(referral), LIMIT),
        NsLookup::Unknown(_)
    ));
    let silent = serve(|_, _, _| false);
    assert!(matches!(
        name_servers("site.test", Some(silent), LIMIT),
        NsLookup::Unknown(_)
    ));
}

#[test]
fn a_name_server_that_is_no_hosts_name_is_not_repeated() {
    let server = serve(|_, _, reply| {
        let odd = hickory_resolver::proto::rr::Name::from_labels([&b"$(reboot)"[..], b"test"]).unwrap();
        reply.add_answer(Record::from_rdata(name("site.test."), 60, RData::NS(NS(odd))));
        true
    });
    let NsLookup::Unknown(reason) = name_servers("site.test", Some(server), LIMIT) else {
        panic!("an odd name was taken");
    };
    assert!(!reason.contains("reboot"), "{reason}");
}
