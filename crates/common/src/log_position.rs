//! Positions in the write-ahead log.

use std::fmt;
use std::str::FromStr;

/// A log sequence number: a byte position in the endless write-ahead log; 0 is "none".
///
/// As text: two hexadecimal halves with a slash, as PostgreSQL writes them.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Lsn(pub u64);

impl Lsn {
    pub const INVALID: Lsn = Lsn(0);
    pub const MAX: Lsn = Lsn(u64::MAX);

    pub fn is_valid(self) -> bool {
        self.0 != 0
    }
}

impl fmt::Display for Lsn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:X}/{:X}", self.0 >> 32, self.0 as u32)
    }
}

impl fmt::Debug for Lsn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Lsn {
    type Err = ();

    fn from_str(text: &str) -> Result<Lsn, ()> {
        let (high, low) = text.split_once('/').ok_or(())?;
        let half = |part: &str| {
            let hexadecimal = (1..=8).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_hexdigit());
            if hexadecimal { u64::from_str_radix(part, 16).map_err(|_| ()) } else { Err(()) }
        };
        Ok(Lsn(half(high)? << 32 | half(low)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Text and number must convert without loss in both directions.
    #[test]
    fn text_round_trip() {
        for lsn in [Lsn(0), Lsn(0x16B374D848), Lsn(u64::MAX)] {
            assert_eq!(lsn.to_string().parse(), Ok(lsn));
        }
        for wrong in ["", "1", "/", "1/", "x/1", "123456789/1", "+1/1"] {
            assert_eq!(wrong.parse::<Lsn>(), Err(()), "{wrong}");
        }
    }
}
