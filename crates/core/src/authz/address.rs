//! Ranges of network addresses in CIDR form (RFC 4632, RFC 4291).

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A range such as `10.0.0.0/8` or `2001:db8::/32`; an address without a length is a range of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct AddressRange {
    first: IpAddr,
    len: u8,
}

impl AddressRange {
    /// Whether `address` is in the range. An IPv4 address that arrived on an IPv6 socket counts as the IPv4 address.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        masked(address.to_canonical(), self.len) == Some(self.first)
    }

    /// Whether every address of this range is in `other`.
    #[must_use]
    pub fn is_within(&self, other: &Self) -> bool {
        self.len >= other.len && other.contains(self.first)
    }
}

/// The first address of the range of this length; nothing where the family has no such length.
fn masked(address: IpAddr, len: u8) -> Option<IpAddr> {
    match address {
        IpAddr::V4(it) => {
            let host_bits = 32_u32.checked_sub(len.into())?;
            let mask = u32::MAX.checked_shl(host_bits).unwrap_or(0);
            Some(Ipv4Addr::from_bits(it.to_bits() & mask).into())
        }
        IpAddr::V6(it) => {
            let host_bits = 128_u32.checked_sub(len.into())?;
            let mask = u128::MAX.checked_shl(host_bits).unwrap_or(0);
            Some(Ipv6Addr::from_bits(it.to_bits() & mask).into())
        }
    }
}

impl FromStr for AddressRange {
    type Err = AddressRangeError;

    fn from_str(text: &str) -> Result<Self, AddressRangeError> {
        let (address, len) = match text.split_once('/') {
            Some((address, len)) => (address, Some(len)),
            None => (text, None),
        };
        let first: IpAddr = address.parse().map_err(|_| AddressRangeError::Text)?;
        if first != first.to_canonical() {
            return Err(AddressRangeError::Mapped);
        }
        let whole = if first.is_ipv4() { 32 } else { 128 };
        let len = match len {
            None => whole,
            Some(digits)
                if digits.bytes().all(|b| b.is_ascii_digit()) && !(digits.len() > 1 && digits.starts_with('0')) =>
            {
                digits.parse().map_err(|_| AddressRangeError::Text)?
            }
            Some(_) => return Err(AddressRangeError::Text),
        };
        match masked(first, len) {
            None => Err(AddressRangeError::Text),
            Some(begin) if begin != first => Err(AddressRangeError::HostBits {
                suggested: Self { first: begin, len },
            }),
            Some(_) => Ok(Self { first, len }),
        }
    }
}

impl fmt::Display for AddressRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{}/{}", self.first, self.len))
    }
}

impl TryFrom<String> for AddressRange {
    type Error = AddressRangeError;

    fn try_from(text: String) -> Result<Self, AddressRangeError> {
        text.parse()
    }
}

impl From<AddressRange> for String {
    fn from(range: AddressRange) -> Self {
        range.to_string()
    }
}

/// Text that is no range of addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressRangeError {
    /// Neither an address nor an address and a length.
    #[error("a range of addresses is written like `10.0.0.0/8`, `2001:db8::/32` or `192.0.2.7`")]
    Text,
    /// The address has bits beyond the length: what was meant is not clear.
    #[error("the address of a range is its first one: `{suggested}`")]
    HostBits {
        /// The range that has this address in it.
        suggested: AddressRange,
    },
    /// `::ffff:192.0.2.7` and the like.
    #[error("write an IPv4 address as such: it is recognised on IPv6 sockets too")]
    Mapped,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_has_exactly_its_addresses() {
        let cases = [
            ("10.0.0.0/8", "10.255.0.1", true),
            ("10.0.0.0/8", "11.0.0.0", false),
            ("10.0.0.0/8", "::ffff:10.1.2.3", true),
            ("10.0.0.0/8", "a00::", false),
            ("0.0.0.0/0", "203.0.113.9", true),
            ("0.0.0.0/0", "2001:db8::1", false),
            ("::/0", "2001:db8::1", true),
            ("::/0", "203.0.113.9", false),
            ("::/0", "::ffff:203.0.113.9", false),
            ("192.0.2.7", "192.0.2.7", true),
            ("192.0.2.7", "192.0.2.6", false),
            ("2001:db8::/33", "2001:db8:7fff::", true),
            ("2001:db8::/33", "2001:db8:8000::", false),
        ];
        for (range, address, expected) in cases {
            let range: AddressRange = range.parse().expect(range);
            let address: IpAddr = address.parse().expect(address);
            assert_eq!(range.contains(address), expected, "{range} {address}");
        }
    }

    #[test]
    fn what_is_not_clear_is_refused() {
        for text in [
            "",
            "10",
            "10.0.0.0/",
            "10.0.0.0/33",
            "10.0.0.0/08",
            "10.0.0.0/+8",
            "10.0.0.0/-1",
            "::/129",
            "x/8",
        ] {
            assert_eq!(text.parse::<AddressRange>(), Err(AddressRangeError::Text), "{text}");
        }
        assert_eq!(
            "::ffff:10.0.0.0/104".parse::<AddressRange>(),
            Err(AddressRangeError::Mapped)
        );
        let error = "10.1.0.0/8".parse::<AddressRange>().expect_err("has host bits");
        assert_eq!(
            error.to_string(),
            "the address of a range is its first one: `10.0.0.0/8`"
        );
    }

    #[test]
    fn ranges_nest() {
        let range = |text: &str| text.parse::<AddressRange>().expect(text);
        assert!(range("10.1.0.0/16").is_within(&range("10.0.0.0/8")));
        assert!(!range("10.0.0.0/8").is_within(&range("10.1.0.0/16")));
        assert!(!range("::/0").is_within(&range("0.0.0.0/0")));
    }
}
