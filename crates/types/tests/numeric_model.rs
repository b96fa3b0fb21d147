//! `numeric` against whole numbers as lists of decimal digits, computed as at school.

use proptest::prelude::*;
use types::Numeric;

/// A whole number: sign and digits, lowest first, without zeros at the top.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Whole {
    is_negative: bool,
    digits: Vec<u8>,
}

impl Whole {
    fn new(is_negative: bool, mut digits: Vec<u8>) -> Whole {
        while digits.last() == Some(&0) {
            digits.pop();
        }
        Whole { is_negative: is_negative && !digits.is_empty(), digits }
    }

    fn compare(&self, other: &Whole) -> std::cmp::Ordering {
        let key =
            |whole: &Whole| (whole.digits.len(), whole.digits.iter().rev().copied().collect::<Vec<_>>());
        key(self).cmp(&key(other))
    }

    fn negated(&self) -> Whole {
        Whole::new(!self.is_negative, self.digits.clone())
    }

    fn add(&self, other: &Whole) -> Whole {
        let at = |whole: &Whole, index: usize| i16::from(whole.digits.get(index).copied().unwrap_or(0));
        let length = self.digits.len().max(other.digits.len()) + 1;
        if self.is_negative == other.is_negative {
            let mut carry = 0;
            let digits = (0..length).map(|index| {
                let sum = at(self, index) + at(other, index) + carry;
                carry = sum / 10;
                (sum % 10) as u8
            });
            return Whole::new(self.is_negative, digits.collect());
        }
        let (large, small) = if self.compare(other).is_ge() { (self, other) } else { (other, self) };
        let mut borrow = 0;
        let digits = (0..length).map(|index| {
            let difference = at(large, index) - at(small, index) - borrow;
            borrow = i16::from(difference < 0);
            (difference + 10 * borrow) as u8
        });
        Whole::new(large.is_negative, digits.collect())
    }

    fn multiply(&self, other: &Whole) -> Whole {
        let mut sums = vec![0u32; self.digits.len() + other.digits.len() + 1];
        for (i, a) in self.digits.iter().enumerate() {
            for (j, b) in other.digits.iter().enumerate() {
                sums[i + j] += u32::from(*a) * u32::from(*b);
            }
        }
        let mut carry = 0;
        let digits = sums.into_iter().map(|sum| {
            let sum = sum + carry;
            carry = sum / 10;
            (sum % 10) as u8
        });
        Whole::new(self.is_negative != other.is_negative, digits.collect())
    }

    /// As text with a decimal point before the last `scale` digits.
    fn text(&self, scale: usize) -> String {
        let mut digits = self.digits.clone();
        digits.resize(digits.len().max(scale + 1), 0);
        let mut text: String = digits.iter().rev().map(|digit| char::from(b'0' + digit)).collect();
        if scale > 0 {
            text.insert(text.len() - scale, '.');
        }
        if self.is_negative { format!("-{text}") } else { text }
    }

    fn shifted(&self, places: usize) -> Whole {
        Whole::new(self.is_negative, [&vec![0; places], &self.digits[..]].concat())
    }
}

fn decimal() -> impl Strategy<Value = (Whole, usize)> {
    // Lengths around those where a machine's integer ends.
    let length = prop_oneof![0..5usize, 16..22usize, 36..42usize, 0..160usize];
    let digit = prop_oneof![2 => Just(0u8), 2 => Just(9u8), 6 => 0..10u8];
    let digits = length.prop_flat_map(move |length| prop::collection::vec(digit.clone(), length));
    (any::<bool>(), digits, 0..40usize).prop_map(|(sign, digits, scale)| (Whole::new(sign, digits), scale))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]

    #[test]
    fn computes_as_at_school((a, a_scale) in decimal(), (b, b_scale) in decimal()) {
        let (x, y) = (a.text(a_scale), b.text(b_scale));
        let (x, y) = (Numeric::parse(&x).unwrap(), Numeric::parse(&y).unwrap());
        prop_assert_eq!(x.to_string(), a.text(a_scale));
        let scale = a_scale.max(b_scale);
        let (left, right) = (a.shifted(scale - a_scale), b.shifted(scale - b_scale));
        prop_assert_eq!(x.add(&y).unwrap().to_string(), left.add(&right).text(scale));
        prop_assert_eq!(x.subtract(&y).unwrap().to_string(), left.add(&right.negated()).text(scale));
        prop_assert_eq!(x.multiply(&y).unwrap().to_string(), a.multiply(&b).text(a_scale + b_scale));
        let difference = left.add(&right.negated());
        let expected = match (difference.is_negative, difference.digits.is_empty()) {
            (_, true) => std::cmp::Ordering::Equal,
            (true, _) => std::cmp::Ordering::Less,
            (false, _) => std::cmp::Ordering::Greater,
        };
        prop_assert_eq!(x.cmp(&y), expected);
        if !b.digits.is_empty() {
            // The rest has the dividend's sign, is smaller than the divisor, and completes the product.
            let quotient = x.divide_truncated(&y).unwrap();
            let rest = x.modulo(&y).unwrap();
            prop_assert_eq!(quotient.multiply(&y).unwrap().add(&rest).unwrap(), x.clone());
            prop_assert!(rest.signum() == 0 || (rest.signum() < 0) == a.is_negative);
            prop_assert!(rest.absolute() < y.absolute());
        }
    }
}
