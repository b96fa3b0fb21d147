//! Natural numbers of any size in limbs of nine decimal digits, lowest first.
//!
//! The base makes shifts by decimal places and text cheap, and keeps decimal rounding exact. No sign, no scale.

use std::cmp::Ordering;

const BASE: u64 = 1_000_000_000;
const LIMB_DIGITS: u32 = 9;
const SMALL_POWERS: [u32; 9] = [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000];

/// A natural number. No limb on top is zero; zero has none.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Default)]
pub struct Digits(Vec<u32>);

impl Digits {
    pub const ZERO: Digits = Digits(Vec::new());

    pub fn from_u128(mut value: u128) -> Digits {
        let mut limbs = Vec::new();
        while value > 0 {
            limbs.push((value % u128::from(BASE)) as u32);
            value /= u128::from(BASE);
        }
        Digits(limbs)
    }

    /// 10^exponent.
    pub fn power_of_ten(exponent: u32) -> Digits {
        let mut limbs = vec![0; (exponent / LIMB_DIGITS) as usize];
        limbs.push(SMALL_POWERS[(exponent % LIMB_DIGITS) as usize]);
        Digits(limbs)
    }

    /// The number that these decimal digits (`0..=9`) spell, highest first.
    pub fn from_decimal(digits: &[u8]) -> Digits {
        let mut limbs: Vec<u32> = digits
            .rchunks(LIMB_DIGITS as usize)
            .map(|chunk| chunk.iter().fold(0, |limb, digit| limb * 10 + u32::from(*digit)))
            .collect();
        trim(&mut limbs);
        Digits(limbs)
    }

    /// Appends the decimal digits as ASCII; nothing for zero.
    pub fn write_decimal(&self, out: &mut Vec<u8>) {
        for (at, limb) in self.0.iter().rev().enumerate() {
            let mut buffer = [b'0'; LIMB_DIGITS as usize];
            let mut rest = *limb;
            for digit in buffer.iter_mut().rev() {
                *digit = b'0' + (rest % 10) as u8;
                rest /= 10;
            }
            let skip = if at == 0 { buffer.iter().take_while(|digit| **digit == b'0').count() } else { 0 };
            out.extend_from_slice(&buffer[skip..]);
        }
    }

    /// The limbs of nine digits, lowest first.
    pub fn limbs(&self) -> &[u32] {
        &self.0
    }

    /// `None` unless the limbs are canonical.
    pub fn from_limbs(limbs: Vec<u32>) -> Option<Digits> {
        let valid = limbs.last() != Some(&0) && limbs.iter().all(|limb| u64::from(*limb) < BASE);
        valid.then_some(Digits(limbs))
    }

    pub fn is_zero(&self) -> bool {
        self.0.is_empty()
    }

    pub fn is_odd(&self) -> bool {
        self.0.first().is_some_and(|limb| limb % 2 == 1)
    }

    pub fn to_u64(&self) -> Option<u64> {
        self.to_u128().and_then(|value| u64::try_from(value).ok())
    }

    pub fn to_u128(&self) -> Option<u128> {
        let mut value = 0u128;
        for limb in self.0.iter().rev() {
            value = value.checked_mul(u128::from(BASE))?.checked_add(u128::from(*limb))?;
        }
        Some(value)
    }

    /// How many decimal digits the number has; 0 for zero.
    pub fn count(&self) -> u32 {
        match self.0.last() {
            None => 0,
            Some(top) => (self.0.len() as u32 - 1) * LIMB_DIGITS + top.ilog10() + 1,
        }
    }

    /// The decimal digit at 10^place.
    pub fn digit(&self, place: u32) -> u32 {
        match self.0.get((place / LIMB_DIGITS) as usize) {
            None => 0,
            Some(limb) => limb / SMALL_POWERS[(place % LIMB_DIGITS) as usize] % 10,
        }
    }

    pub fn memory(&self) -> usize {
        self.0.capacity() * 4
    }

    /// Multiplies by 10^places.
    pub fn scale_up(&mut self, places: u32) {
        if self.is_zero() || places == 0 {
            return;
        }
        self.multiply_small(SMALL_POWERS[(places % LIMB_DIGITS) as usize]);
        let limbs = (places / LIMB_DIGITS) as usize;
        self.0.splice(0..0, std::iter::repeat_n(0, limbs));
    }

    /// Divides by 10^places, towards zero; true if something was cut off that is not zero.
    pub fn scale_down(&mut self, places: u32) -> bool {
        let limbs = (places / LIMB_DIGITS) as usize;
        if limbs >= self.0.len() {
            let inexact = !self.is_zero();
            self.0.clear();
            return inexact;
        }
        let mut inexact = self.0.drain(..limbs).any(|limb| limb != 0);
        inexact |= self.divide_small(SMALL_POWERS[(places % LIMB_DIGITS) as usize]) != 0;
        inexact
    }

    /// Divides by 10^places, rounding half away from zero.
    pub fn round_down(&mut self, places: u32) {
        if places > 0 {
            let up = self.digit(places - 1) >= 5;
            self.scale_down(places);
            if up {
                self.add_small(1);
            }
        }
    }

    /// The same number with fewer decimal places, none of the last of which is zero.
    pub fn without_trailing_zeros(mut self, mut scale: u32) -> (Digits, u32) {
        let limbs = self.0.iter().take_while(|limb| **limb == 0).count() as u32;
        let drop = (limbs.min(scale / LIMB_DIGITS)) as usize;
        self.0.drain(..drop);
        scale -= drop as u32 * LIMB_DIGITS;
        if self.is_zero() {
            return (self, 0);
        }
        while scale > 0 && self.digit(0) == 0 {
            self.divide_small(10);
            scale -= 1;
        }
        (self, scale)
    }

    pub fn add_small(&mut self, value: u32) {
        let mut carry = u64::from(value);
        for limb in &mut self.0 {
            if carry == 0 {
                return;
            }
            let sum = u64::from(*limb) + carry;
            *limb = (sum % BASE) as u32;
            carry = sum / BASE;
        }
        if carry > 0 {
            self.0.push(carry as u32);
        }
    }

    pub fn multiply_small(&mut self, factor: u32) {
        if factor == 1 {
            return;
        }
        let mut carry = 0;
        for limb in &mut self.0 {
            let product = u64::from(*limb) * u64::from(factor) + carry;
            *limb = (product % BASE) as u32;
            carry = product / BASE;
        }
        while carry > 0 {
            self.0.push((carry % BASE) as u32);
            carry /= BASE;
        }
        trim(&mut self.0);
    }

    /// Divides in place and returns the remainder.
    pub fn divide_small(&mut self, divisor: u32) -> u32 {
        if divisor == 1 {
            return 0;
        }
        let mut rest = 0;
        for limb in self.0.iter_mut().rev() {
            let value = rest * BASE + u64::from(*limb);
            *limb = (value / u64::from(divisor)) as u32;
            rest = value % u64::from(divisor);
        }
        trim(&mut self.0);
        rest as u32
    }

    pub fn add(&self, other: &Digits) -> Digits {
        let (long, short) = if self.0.len() < other.0.len() { (other, self) } else { (self, other) };
        let mut limbs = Vec::with_capacity(long.0.len() + 1);
        let mut carry = 0;
        for (at, limb) in long.0.iter().enumerate() {
            let mut sum = limb + short.0.get(at).copied().unwrap_or(0) + carry;
            carry = u32::from(u64::from(sum) >= BASE);
            sum -= carry * BASE as u32;
            limbs.push(sum);
        }
        if carry > 0 {
            limbs.push(carry);
        }
        Digits(limbs)
    }

    /// self - other, which must not be larger.
    pub fn subtract(&self, other: &Digits) -> Digits {
        debug_assert!(self >= other);
        let mut limbs = Vec::with_capacity(self.0.len());
        let mut borrow = 0i64;
        for (at, limb) in self.0.iter().enumerate() {
            let mut rest = i64::from(*limb) - i64::from(other.0.get(at).copied().unwrap_or(0)) - borrow;
            borrow = i64::from(rest < 0);
            rest += borrow * BASE as i64;
            limbs.push(rest as u32);
        }
        trim(&mut limbs);
        Digits(limbs)
    }

    pub fn multiply(&self, other: &Digits) -> Digits {
        let mut limbs = vec![0u32; self.0.len() + other.0.len()];
        for (at, a) in self.0.iter().enumerate() {
            let mut carry = 0u64;
            for (limb, b) in limbs[at..].iter_mut().zip(&other.0) {
                let sum = u64::from(*a) * u64::from(*b) + u64::from(*limb) + carry;
                *limb = (sum % BASE) as u32;
                carry = sum / BASE;
            }
            limbs[at + other.0.len()] = carry as u32;
        }
        trim(&mut limbs);
        Digits(limbs)
    }

    /// Quotient and remainder by a divisor that is not zero: long division, limb by limb (Knuth, algorithm D).
    pub fn divide(&self, divisor: &Digits) -> (Digits, Digits) {
        let (Some(top), true) = (divisor.0.last(), *self >= *divisor) else {
            return (Digits::ZERO, self.clone());
        };
        let size = divisor.0.len();
        if size == 1 {
            let mut quotient = self.clone();
            let rest = quotient.divide_small(*top);
            return (quotient, Digits::from_u128(rest.into()));
        }
        // Scaling both makes the divisor's top limb at least half the base: each guess is then off by two at most.
        let factor = (BASE / (u64::from(*top) + 1)) as u32;
        let (mut rest, mut scaled) = (self.clone(), divisor.clone());
        rest.multiply_small(factor);
        scaled.multiply_small(factor);
        let mut rest = rest.0;
        rest.resize(self.0.len() + 1, 0);
        let (high, next) = (u64::from(scaled.0[size - 1]), u64::from(scaled.0[size - 2]));
        let mut quotient = vec![0; rest.len() - size];
        for at in (0..quotient.len()).rev() {
            let two = u64::from(rest[at + size]) * BASE + u64::from(rest[at + size - 1]);
            let (mut guess, mut left) = (two / high, two % high);
            while guess >= BASE || guess * next > left * BASE + u64::from(rest[at + size - 2]) {
                guess -= 1;
                left += high;
                if left >= BASE {
                    break;
                }
            }
            let (mut borrow, mut carry) = (0i64, 0u64);
            for (limb, part) in rest[at..at + size].iter_mut().zip(&scaled.0) {
                let product = guess * u64::from(*part) + carry;
                carry = product / BASE;
                let mut difference = i64::from(*limb) - (product % BASE) as i64 - borrow;
                borrow = i64::from(difference < 0);
                difference += borrow * BASE as i64;
                *limb = difference as u32;
            }
            let mut last = i64::from(rest[at + size]) - carry as i64 - borrow;
            if last < 0 {
                guess -= 1;
                let mut carry = 0;
                for (limb, part) in rest[at..at + size].iter_mut().zip(&scaled.0) {
                    let sum = *limb + part + carry;
                    carry = u32::from(u64::from(sum) >= BASE);
                    *limb = sum - carry * BASE as u32;
                }
                last += i64::from(carry);
            }
            rest[at + size] = last as u32;
            quotient[at] = guess as u32;
        }
        trim(&mut quotient);
        trim(&mut rest);
        let mut rest = Digits(rest);
        rest.divide_small(factor);
        (Digits(quotient), rest)
    }

    /// The largest number whose square is not larger than this one: Newton's iteration from above.
    pub fn square_root(&self) -> Digits {
        if self.is_zero() {
            return Digits::ZERO;
        }
        let mut root = Digits::power_of_ten(self.count().div_ceil(2));
        loop {
            let mut next = root.add(&self.divide(&root).0);
            next.divide_small(2);
            if next >= root {
                return root;
            }
            root = next;
        }
    }
}

impl Ord for Digits {
    fn cmp(&self, other: &Digits) -> Ordering {
        self.0.len().cmp(&other.0.len()).then_with(|| self.0.iter().rev().cmp(other.0.iter().rev()))
    }
}

impl PartialOrd for Digits {
    fn partial_cmp(&self, other: &Digits) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

fn trim(limbs: &mut Vec<u32>) {
    while limbs.last() == Some(&0) {
        limbs.pop();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// Arithmetic must agree with the machine's where that is exact.
        #[test]
        fn like_u128(a in any::<u128>(), b in 1u128.., shift in 0u32..128) {
            let (a, b) = (a >> shift, (b >> (shift / 2)).max(1));
            let (x, y) = (Digits::from_u128(a), Digits::from_u128(b));
            let (quotient, rest) = x.divide(&y);
            prop_assert_eq!(quotient.to_u128(), Some(a / b));
            prop_assert_eq!(rest.to_u128(), Some(a % b));
            prop_assert_eq!(x.cmp(&y), a.cmp(&b));
            prop_assert_eq!(x.square_root().to_u128(), Some(a.isqrt()));
            if let Some(sum) = a.checked_add(b) {
                prop_assert_eq!(x.add(&y).to_u128(), Some(sum));
                prop_assert_eq!(x.add(&y).subtract(&y), x.clone());
            }
        }

        /// Division must undo multiplication beyond the machine's size.
        #[test]
        fn division_undoes_multiplication(a in proptest::collection::vec(0u8..10, 1..200),
                b in proptest::collection::vec(0u8..10, 1..200), c in any::<u32>()) {
            let (x, y, z) = (Digits::from_decimal(&a), Digits::from_decimal(&b), Digits::from_u128(c.into()));
            prop_assume!(y > z);
            let (quotient, rest) = x.multiply(&y).add(&z).divide(&y);
            prop_assert_eq!(quotient, x);
            prop_assert_eq!(rest, z);
        }
    }
}
