//! Client addresses: ranges, names, and the server's own networks.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, ToSocketAddrs, UdpSocket};

use crate::hba::Fault;

#[derive(Clone, PartialEq, Eq, Debug)]
pub enum AddressPattern {
    All,
    SameHost,
    SameNet,
    Range {
        address: IpAddr,
        mask: IpAddr,
    },
    /// A name, or with a leading dot the end of one.
    HostName(String),
}

impl AddressPattern {
    /// An address with `/length`, or `None` when a mask has to follow.
    pub fn parse(text: &str) -> Result<(AddressPattern, bool), Fault> {
        let (address, length) = match text.split_once('/') {
            Some((address, length)) => (address, Some(length)),
            None => (text, None),
        };
        match (address.parse::<IpAddr>(), length) {
            (Ok(address), Some(length)) => {
                let width = if address.is_ipv4() { 32 } else { 128 };
                let length = length
                    .parse()
                    .ok()
                    .filter(|length| *length <= width)
                    .ok_or_else(|| Fault::new(format!("invalid CIDR mask in address \"{text}\"")))?;
                Ok((AddressPattern::Range { address, mask: mask_of(address, length) }, false))
            }
            (Ok(address), None) => Ok((AddressPattern::Range { address, mask: address }, true)),
            (Err(_), Some(_)) => {
                Err(Fault::new(format!("specifying both host name and CIDR mask is invalid: \"{text}\"")))
            }
            (Err(_), None)
                if address.starts_with(|c: char| c.is_ascii_digit()) && address.contains(['.', ':']) =>
            {
                Err(Fault::new(format!("invalid IP address \"{address}\": Name or service not known")))
            }
            (Err(_), None) => Ok((AddressPattern::HostName(address.to_string()), false)),
        }
    }

    /// The range of an address and a mask that followed it.
    pub fn with_mask(address: IpAddr, text: &str) -> Result<AddressPattern, Fault> {
        let mask: IpAddr = text
            .parse()
            .map_err(|_| Fault::new(format!("invalid IP mask \"{text}\": Name or service not known")))?;
        if mask.is_ipv4() != address.is_ipv4() {
            return Err(Fault::new("IP address and mask do not match".to_string()));
        }
        Ok(AddressPattern::Range { address, mask })
    }

    pub fn matches(&self, client: IpAddr) -> bool {
        let client = unmapped(client);
        match self {
            AddressPattern::All => true,
            AddressPattern::Range { address, mask } => is_in(client, *address, *mask),
            AddressPattern::SameHost => is_own(client),
            AddressPattern::SameNet => {
                is_own(client)
                    || own_networks().into_iter().any(|(address, mask)| is_in(client, address, mask))
            }
            // The name must lead to the address; what the address claims to be called proves nothing.
            AddressPattern::HostName(name) => (name.as_str(), 0)
                .to_socket_addrs()
                .is_ok_and(|mut found| found.any(|address| unmapped(address.ip()) == client)),
        }
    }
}

/// An IPv4 address that came in over an IPv6 socket, as itself.
fn unmapped(address: IpAddr) -> IpAddr {
    address.to_canonical()
}

fn mask_of(address: IpAddr, length: u32) -> IpAddr {
    match address {
        IpAddr::V4(_) => Ipv4Addr::from(u32::MAX.checked_shl(32 - length).unwrap_or(0)).into(),
        IpAddr::V6(_) => Ipv6Addr::from(u128::MAX.checked_shl(128 - length).unwrap_or(0)).into(),
    }
}

fn is_in(client: IpAddr, address: IpAddr, mask: IpAddr) -> bool {
    match (client, address, mask) {
        (IpAddr::V4(client), IpAddr::V4(address), IpAddr::V4(mask)) => {
            (client.to_bits() ^ address.to_bits()) & mask.to_bits() == 0
        }
        (IpAddr::V6(client), IpAddr::V6(address), IpAddr::V6(mask)) => {
            (client.to_bits() ^ address.to_bits()) & mask.to_bits() == 0
        }
        _ => false,
    }
}

/// Only an address of this machine can be bound.
fn is_own(address: IpAddr) -> bool {
    address.is_loopback() || UdpSocket::bind((address, 0)).is_ok()
}

/// Networks that this machine reaches without a gateway, from the kernel's tables.
fn own_networks() -> Vec<(IpAddr, IpAddr)> {
    let mut networks = Vec::new();
    let routes = std::fs::read_to_string("/proc/net/route").unwrap_or_default();
    for line in routes.lines().skip(1) {
        let fields: Vec<&str> = line.split_whitespace().collect();
        // Interface, destination, gateway, flags, references, use, metric, mask; numbers in the machine's byte order.
        let number = |at: usize| {
            fields.get(at).and_then(|field: &&str| u32::from_str_radix(field, 16).ok()).map(u32::from_be)
        };
        if let (Some(address), Some(0), Some(mask)) = (number(1), number(2), number(7))
            && mask != 0
        {
            networks.push((Ipv4Addr::from(address).into(), Ipv4Addr::from(mask).into()));
        }
    }
    let addresses = std::fs::read_to_string("/proc/net/if_inet6").unwrap_or_default();
    for line in addresses.lines() {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let number = |at: usize| fields.get(at).and_then(|field| u128::from_str_radix(field, 16).ok());
        if let (Some(address), Some(length)) = (number(0), number(2)) {
            let address = IpAddr::from(Ipv6Addr::from(address));
            networks.push((address, mask_of(address, length as u32)));
        }
    }
    networks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges() {
        let check = |pattern: &str, client: &str, expected: bool| {
            let (pattern, _) = AddressPattern::parse(pattern).ok().unwrap();
            assert_eq!(pattern.matches(client.parse().unwrap()), expected, "{pattern:?} {client}");
        };
        check("10.1.0.0/16", "10.1.200.3", true);
        check("10.1.0.0/16", "10.2.0.1", false);
        check("0.0.0.0/0", "8.8.8.8", true);
        check("0.0.0.0/0", "::1", false);
        check("::/0", "::1", true);
        check("::1/128", "::1", true);
        check("127.0.0.1/32", "::ffff:127.0.0.1", true);
        assert!(AddressPattern::SameHost.matches("127.0.0.1".parse().unwrap()));
        assert!(!AddressPattern::SameHost.matches("192.0.2.1".parse().unwrap()));
        assert!(AddressPattern::parse("10.0.0.0/33").is_err());
        assert!(AddressPattern::parse("localhost/8").is_err());
    }
}
