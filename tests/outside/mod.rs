//! What stands outside of the tools, for tests: nothing, or a site that answers as it should.
#![allow(dead_code, missing_docs)] // each test file uses a part of it

use lakehouse::clients::dns::Lookup;
use lakehouse::clients::site::{Certificate, Chain, Outside, Reply, Secure, Unreached};
use std::net::IpAddr;

/// Nobody answers.
pub struct Nowhere;

impl Outside for Nowhere {
    fn look_up(&self, _name: &str) -> Lookup {
        Lookup::Unknown("the test has no DNS".to_owned())
    }

    fn https(&self, _host: &str, _at: &[IpAddr], _path: &str) -> Result<Secure, Unreached> {
        Err(Unreached::NoAddress)
    }

    fn http(&self, _host: &str, _at: &[IpAddr], _path: &str) -> Result<Reply, Unreached> {
        Err(Unreached::NoAddress)
    }
}

/// Every name has one address, and the site there answers as it should.
pub struct Well;

pub const ADDRESS: &str = "192.0.2.7";

pub fn reply(status: u16, location: Option<&str>) -> Reply {
    Reply {
        status,
        location: location.map(str::to_owned),
        from: ADDRESS.parse().unwrap(),
    }
}

pub fn secure(status: u16) -> Secure {
    Secure {
        reply: reply(status, None),
        certificate: Certificate {
            fits_name: true,
            chain: Chain::Holds,
        },
    }
}

impl Outside for Well {
    fn look_up(&self, _name: &str) -> Lookup {
        Lookup::Present(vec![ADDRESS.parse().unwrap()])
    }

    fn https(&self, _host: &str, at: &[IpAddr], _path: &str) -> Result<Secure, Unreached> {
        assert_eq!(at, [ADDRESS.parse::<IpAddr>().unwrap()]);
        Ok(secure(200))
    }

    fn http(&self, host: &str, _at: &[IpAddr], path: &str) -> Result<Reply, Unreached> {
        Ok(reply(301, Some(&format!("https://{host}{path}"))))
    }
}
