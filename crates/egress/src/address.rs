//! The special-purpose addresses that are never dialled on a name's word.
//!
//! The rows are the IANA IPv4 and IPv6 Special-Purpose Address Registries (RFC 6890) with multicast (RFC 5771,
//! RFC 4291) and the clouds' metadata services, which give credentials to whoever can reach them. More exact rows
//! stand first, so that a refusal names the reason that says most.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// A range of addresses: first address, prefix length, what it is.
struct Range<A>(A, u32, &'static str);

const V4: &[Range<Ipv4Addr>] = &[
    Range(Ipv4Addr::new(169, 254, 169, 254), 32, "a cloud's metadata service"),
    Range(Ipv4Addr::new(169, 254, 170, 2), 32, "a cloud's metadata service"),
    Range(Ipv4Addr::new(169, 254, 170, 23), 32, "a cloud's metadata service"),
    Range(Ipv4Addr::new(100, 100, 100, 200), 32, "a cloud's metadata service"),
    Range(Ipv4Addr::new(168, 63, 129, 16), 32, "a cloud's metadata service"),
    Range(Ipv4Addr::new(192, 0, 0, 192), 32, "a cloud's metadata service"),
    Range(Ipv4Addr::new(0, 0, 0, 0), 8, "an unspecified address (RFC 791)"),
    Range(Ipv4Addr::new(10, 0, 0, 0), 8, "a private address (RFC 1918)"),
    Range(
        Ipv4Addr::new(100, 64, 0, 0),
        10,
        "a carrier-grade NAT address (RFC 6598)",
    ),
    Range(Ipv4Addr::new(127, 0, 0, 0), 8, "a loopback address (RFC 1122)"),
    Range(Ipv4Addr::new(169, 254, 0, 0), 16, "a link-local address (RFC 3927)"),
    Range(Ipv4Addr::new(172, 16, 0, 0), 12, "a private address (RFC 1918)"),
    Range(
        Ipv4Addr::new(192, 0, 0, 0),
        24,
        "an IETF protocol assignment (RFC 6890)",
    ),
    Range(Ipv4Addr::new(192, 0, 2, 0), 24, "a documentation address (RFC 5737)"),
    Range(Ipv4Addr::new(192, 31, 196, 0), 24, "an AS112 address (RFC 7535)"),
    Range(Ipv4Addr::new(192, 52, 193, 0), 24, "an AMT relay address (RFC 7450)"),
    Range(Ipv4Addr::new(192, 88, 99, 0), 24, "a 6to4 relay address (RFC 7526)"),
    Range(Ipv4Addr::new(192, 168, 0, 0), 16, "a private address (RFC 1918)"),
    Range(Ipv4Addr::new(192, 175, 48, 0), 24, "an AS112 address (RFC 7534)"),
    Range(Ipv4Addr::new(198, 18, 0, 0), 15, "a benchmarking address (RFC 2544)"),
    Range(Ipv4Addr::new(198, 51, 100, 0), 24, "a documentation address (RFC 5737)"),
    Range(Ipv4Addr::new(203, 0, 113, 0), 24, "a documentation address (RFC 5737)"),
    Range(Ipv4Addr::new(224, 0, 0, 0), 4, "a multicast address (RFC 5771)"),
    Range(Ipv4Addr::BROADCAST, 32, "the broadcast address (RFC 919)"),
    Range(Ipv4Addr::new(240, 0, 0, 0), 4, "a reserved address (RFC 1112)"),
];

const fn v6(a: u16, b: u16, c: u16) -> Ipv6Addr {
    Ipv6Addr::new(a, b, c, 0, 0, 0, 0, 0)
}

const V6: &[Range<Ipv6Addr>] = &[
    Range(
        Ipv6Addr::new(0xfd00, 0x0ec2, 0, 0, 0, 0, 0, 0x254),
        128,
        "a cloud's metadata service",
    ),
    Range(
        Ipv6Addr::new(0xfd00, 0x0ec2, 0, 0, 0, 0, 0, 0x23),
        128,
        "a cloud's metadata service",
    ),
    Range(
        Ipv6Addr::new(0xfd20, 0x00ce, 0, 0, 0, 0, 0, 0x254),
        128,
        "a cloud's metadata service",
    ),
    Range(Ipv6Addr::UNSPECIFIED, 128, "an unspecified address (RFC 4291)"),
    Range(Ipv6Addr::LOCALHOST, 128, "a loopback address (RFC 4291)"),
    Range(v6(0, 0, 0), 96, "an IPv4-compatible address (RFC 4291)"),
    Range(
        Ipv6Addr::new(0, 0, 0, 0, 0xffff, 0, 0, 0),
        96,
        "an IPv4-translated address (RFC 2765)",
    ),
    Range(v6(0x0064, 0xff9b, 0), 96, "a NAT64 address (RFC 6052)"),
    Range(v6(0x0064, 0xff9b, 1), 48, "a NAT64 address (RFC 8215)"),
    Range(v6(0x0100, 0, 0), 64, "a discard-only address (RFC 6666)"),
    Range(
        Ipv6Addr::new(0x0100, 0, 0, 1, 0, 0, 0, 0),
        64,
        "a dummy address (RFC 9780)",
    ),
    Range(v6(0x2001, 0, 0), 32, "a Teredo address (RFC 4380)"),
    Range(v6(0x2001, 2, 0), 48, "a benchmarking address (RFC 5180)"),
    Range(v6(0x2001, 0x0db8, 0), 32, "a documentation address (RFC 3849)"),
    Range(v6(0x2001, 0, 0), 23, "an IETF protocol assignment (RFC 2928)"),
    Range(v6(0x2002, 0, 0), 16, "a 6to4 address (RFC 3056)"),
    Range(v6(0x2620, 0x004f, 0x8000), 48, "an AS112 address (RFC 7534)"),
    Range(v6(0x3fff, 0, 0), 20, "a documentation address (RFC 9637)"),
    Range(v6(0x5f00, 0, 0), 16, "a segment routing address (RFC 9602)"),
    Range(v6(0xfc00, 0, 0), 7, "a unique local address (RFC 4193)"),
    Range(v6(0xfe80, 0, 0), 10, "a link-local address (RFC 4291)"),
    Range(v6(0xfec0, 0, 0), 10, "a site-local address (RFC 3879)"),
    Range(v6(0xff00, 0, 0), 8, "a multicast address (RFC 4291)"),
];

/// What `address` is when it is not an ordinary public one.
///
/// An IPv4 address in IPv6 form (`::ffff:a.b.c.d`) is judged as the IPv4 address that the kernel will dial.
#[must_use]
pub fn special(address: IpAddr) -> Option<&'static str> {
    match address.to_canonical() {
        IpAddr::V4(it) => find(V4, |Range(first, len, _)| {
            it.to_bits() ^ first.to_bits() < 1 << (32 - len)
        }),
        IpAddr::V6(it) => find(V6, |Range(first, len, _)| {
            (it.to_bits() ^ first.to_bits()).checked_shr(128 - len).unwrap_or(0) == 0
        })
        // Everything that is handed out to networks is in 2000::/3 (RFC 4291, section 2.4).
        .or_else(|| (it.segments()[0] >> 13 != 1).then_some("a reserved address (RFC 4291)")),
    }
}

/// Whether `address` is this machine, in IPv4 or IPv6 form.
pub(crate) fn is_loopback(address: IpAddr) -> bool {
    address.to_canonical().is_loopback()
}

fn find<A>(table: &[Range<A>], holds: impl Fn(&Range<A>) -> bool) -> Option<&'static str> {
    table.iter().find(|it| holds(it)).map(|it| it.2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_range_refuses_its_first_and_last_address() {
        for Range(first, len, name) in V4 {
            let last = Ipv4Addr::from_bits(
                first.to_bits() | u32::try_from((1_u64 << (32 - len)) - 1).expect("at most 32 bits"),
            );
            assert!(
                special((*first).into()).is_some() && special(last.into()).is_some(),
                "{name}"
            );
            assert!(special(first.to_ipv6_mapped().into()).is_some(), "{name} mapped");
        }
        for Range(first, len, name) in V6 {
            let last = Ipv6Addr::from_bits(first.to_bits() | (u128::MAX.checked_shr(*len).unwrap_or(0)));
            assert!(
                special((*first).into()).is_some() && special(last.into()).is_some(),
                "{name}"
            );
        }
    }

    #[test]
    fn neighbours_of_ranges_are_public() {
        for text in [
            "1.1.1.1",
            "8.8.8.8",
            "9.255.255.255",
            "11.0.0.0",
            "100.63.255.255",
            "100.128.0.0",
            "126.255.255.255",
            "128.0.0.0",
            "169.253.255.255",
            "169.255.0.0",
            "172.15.255.255",
            "172.32.0.0",
            "192.0.1.0",
            "192.167.255.255",
            "192.169.0.0",
            "198.17.255.255",
            "198.20.0.0",
            "223.255.255.255",
            "::ffff:1.1.1.1",
            "2001:200::1",
            "2001:4860:4860::8888",
            "2606:4700::1111",
            "2a00::1",
            "3ffe::1",
        ] {
            assert_eq!(special(text.parse().expect(text)), None, "{text}");
        }
    }

    #[test]
    fn the_known_targets_of_request_forgery_are_named() {
        for (text, name) in [
            ("169.254.169.254", "a cloud's metadata service"),
            ("169.254.170.2", "a cloud's metadata service"),
            ("100.100.100.200", "a cloud's metadata service"),
            ("168.63.129.16", "a cloud's metadata service"),
            ("192.0.0.192", "a cloud's metadata service"),
            ("fd00:ec2::254", "a cloud's metadata service"),
            ("::ffff:169.254.169.254", "a cloud's metadata service"),
            ("0.1.2.3", "an unspecified address (RFC 791)"),
            ("127.8.8.8", "a loopback address (RFC 1122)"),
            ("::1", "a loopback address (RFC 4291)"),
            ("::127.0.0.1", "an IPv4-compatible address (RFC 4291)"),
            ("64:ff9b::a9fe:a9fe", "a NAT64 address (RFC 6052)"),
            ("2002:7f00:1::", "a 6to4 address (RFC 3056)"),
            ("2001:0:4136:e378::1", "a Teredo address (RFC 4380)"),
            ("fe80::1", "a link-local address (RFC 4291)"),
            ("4000::1", "a reserved address (RFC 4291)"),
        ] {
            assert_eq!(special(text.parse().expect(text)), Some(name), "{text}");
        }
    }
}
