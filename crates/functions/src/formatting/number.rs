//! Templates of numbers: `9990D00MI`, `RN`, `9.99EEEE`.

use error::{Error, Result, error};
use types::Numeric;

use super::ordinal;

/// One element of a template.
#[derive(Clone, PartialEq, Debug)]
enum Part {
    /// A digit; the flag is set for the ones that are zero filled.
    Digit(bool),
    Point,
    Group,
    /// `S`: the sign beside the number.
    Sign,
    Minus,
    Plus,
    SignHere,
    Brackets,
    Currency,
    Ordinal(bool),
    /// `RN`; the flag is set for upper case.
    Roman(bool),
    Shift,
    Exponent,
    Literal(char),
}

/// A template taken apart.
#[derive(Default)]
struct Template {
    parts: Vec<Part>,
    fill: bool,
    /// Digits before and behind the point, and behind `V`.
    before: usize,
    behind: usize,
    shift: usize,
    /// Digits before the point from the first zero on, and behind it up to the last.
    zeros_before: usize,
    zeros_behind: usize,
}

#[cold]
fn bad(message: String) -> Error {
    Error::new(error::sqlstate::SYNTAX_ERROR, message)
}

const KEYWORDS: &[(&str, Part)] = &[
    ("EEEE", Part::Exponent),
    ("MI", Part::Minus),
    ("PL", Part::Plus),
    ("PR", Part::Brackets),
    ("SG", Part::SignHere),
    ("S", Part::Sign),
    ("V", Part::Shift),
    ("9", Part::Digit(false)),
    ("0", Part::Digit(true)),
    (".", Part::Point),
    ("D", Part::Point),
    (",", Part::Group),
    ("G", Part::Group),
    ("L", Part::Currency),
];

fn starts_with(text: &str, keyword: &str) -> bool {
    text.get(..keyword.len()).is_some_and(|start| start.eq_ignore_ascii_case(keyword))
}

fn parse(format: &str) -> Result<Template> {
    let mut template = Template::default();
    let mut rest = format;
    while let Some(letter) = rest.chars().next() {
        if starts_with(rest, "FM") {
            template.fill = true;
            rest = &rest[2..];
        } else if starts_with(rest, "TH") {
            template.parts.push(Part::Ordinal(letter == 'T'));
            rest = &rest[2..];
        } else if starts_with(rest, "RN") {
            template.parts.push(Part::Roman(letter == 'R'));
            rest = &rest[2..];
        } else if letter.eq_ignore_ascii_case(&'B') {
            rest = &rest[1..];
        } else if let Some((keyword, part)) = KEYWORDS.iter().find(|(keyword, _)| starts_with(rest, keyword))
        {
            template.add(part.clone())?;
            rest = &rest[keyword.len()..];
        } else if letter == '"' {
            let mut letters = rest[1..].char_indices();
            rest = "";
            let body = &format[format.len() - letters.as_str().len()..];
            while let Some((at, letter)) = letters.next() {
                match letter {
                    '"' => {
                        rest = &body[at + 1..];
                        break;
                    }
                    '\\' => {
                        if let Some((_, next)) = letters.next() {
                            template.parts.push(Part::Literal(next));
                        }
                    }
                    _ => template.parts.push(Part::Literal(letter)),
                }
            }
        } else if letter == '\\' && rest[1..].starts_with('"') {
            template.parts.push(Part::Literal('"'));
            rest = &rest[2..];
        } else {
            template.parts.push(Part::Literal(letter));
            rest = &rest[letter.len_utf8()..];
        }
    }
    Ok(template)
}

impl Template {
    fn has(&self, part: &Part) -> bool {
        self.parts.contains(part)
    }

    fn add(&mut self, part: Part) -> Result<()> {
        if self.has(&Part::Exponent) && part != Part::Exponent {
            return Err(bad("\"EEEE\" must be the last pattern used".to_owned()));
        }
        match &part {
            Part::Digit(_) if self.has(&Part::Brackets) => {
                return Err(bad("\"9\" must be ahead of \"PR\"".to_owned()));
            }
            Part::Digit(is_zero) => {
                if self.has(&Part::Shift) {
                    self.shift += 1;
                } else if self.has(&Part::Point) {
                    self.behind += 1;
                    if *is_zero {
                        self.zeros_behind = self.behind;
                    }
                } else {
                    self.before += 1;
                    if *is_zero || self.zeros_before > 0 {
                        self.zeros_before += 1;
                    }
                }
            }
            Part::Point if self.has(&Part::Point) => return Err(bad("multiple decimal points".to_owned())),
            Part::Point | Part::Shift
                if self.has(&Part::Shift) || part == Part::Shift && self.has(&Part::Point) =>
            {
                return Err(bad("cannot use \"V\" and decimal point together".to_owned()));
            }
            Part::Sign if self.has(&Part::Sign) => return Err(bad("cannot use \"S\" twice".to_owned())),
            Part::Sign
                if [Part::Plus, Part::Minus, Part::SignHere, Part::Brackets]
                    .iter()
                    .any(|sign| self.has(sign)) =>
            {
                return Err(bad("cannot use \"S\" and \"PL\"/\"MI\"/\"SG\"/\"PR\" together".to_owned()));
            }
            Part::Minus | Part::Plus | Part::SignHere | Part::Brackets if self.has(&Part::Sign) => {
                let name = match part {
                    Part::Minus => "MI",
                    Part::Plus => "PL",
                    Part::SignHere => "SG",
                    _ => "PR",
                };
                return Err(bad(format!("cannot use \"S\" and \"{name}\" together")));
            }
            Part::Exponent if self.has(&Part::Exponent) => {
                return Err(bad("cannot use \"EEEE\" twice".to_owned()));
            }
            _ => {}
        }
        self.parts.push(part);
        Ok(())
    }
}

/// The digits to print.
enum Digits {
    Number {
        integer: String,
        fraction: String,
    },
    /// Too large for the template.
    Overflow,
    NotANumber,
}

/// Writes a number by a template.
///
/// # Errors
/// 42601 for templates that make no sense.
pub fn to_char(value: &Numeric, format: &str) -> Result<String> {
    let template = parse(format)?;
    if let Some(Part::Roman(is_upper)) = template.parts.iter().find(|part| matches!(part, Part::Roman(_))) {
        return roman(value, *is_upper, template.fill);
    }
    if template.has(&Part::Exponent) {
        return exponent(value, &template);
    }
    let scaled = if template.shift > 0 {
        value.multiply(&Numeric::from(10).power(&Numeric::from(template.shift as i64))?)?
    } else {
        value.clone()
    };
    let is_negative = value.signum() < 0;
    let before = template.before + template.shift;
    let digits = digits_of(&scaled, &template, before)?;
    Ok(Writer::new(&template, digits, is_negative, before).run())
}

fn digits_of(value: &Numeric, template: &Template, before: usize) -> Result<Digits> {
    if value.is_nan() {
        return Ok(Digits::NotANumber);
    }
    if !value.is_finite() {
        return Ok(Digits::Overflow);
    }
    let text = value.round(template.behind as i32)?.absolute().to_string();
    let (integer, fraction) = text.split_once('.').unwrap_or((&text, ""));
    if integer.len() > before && (before > 0 || template.behind > 0) {
        return Ok(Digits::Overflow);
    }
    let mut fraction = fraction.to_owned();
    while fraction.len() < template.behind {
        fraction.push('0');
    }
    let mut integer = integer.to_owned();
    if template.fill {
        // Zeros at the end are kept as far as the template has zeros.
        while fraction.len() > template.zeros_behind && fraction.ends_with('0') {
            fraction.pop();
        }
    }
    // A zero before the point is blank where a digit follows.
    if integer == "0" && !fraction.is_empty() {
        integer.clear();
    }
    Ok(Digits::Number { integer, fraction })
}

fn exponent(value: &Numeric, template: &Template) -> Result<String> {
    if !value.is_finite() {
        let blank = "#".repeat(template.before) + "." + &"#".repeat(template.behind) + "####";
        let sign = if value.signum() < 0 && !value.is_nan() { '-' } else { ' ' };
        return Ok(format!("{sign}{blank}"));
    }
    let plain = value.absolute().to_string();
    let digits: String = plain.chars().filter(char::is_ascii_digit).collect();
    let point = plain.find('.').unwrap_or(plain.len()) as i32;
    let leading = digits.find(|digit| digit != '0');
    let mut power = leading.map_or(0, |leading| point - 1 - leading as i32);
    let mantissa = |power: i32| -> Result<String> {
        let shift = Numeric::from(10).power(&Numeric::from(power.abs()))?;
        let scaled = if power >= 0 {
            value.absolute().divide_to_scale(&shift, template.behind as u32)?
        } else {
            value.absolute().multiply(&shift)?
        };
        Ok(scaled.round(template.behind as i32)?.to_string())
    };
    let mut text = mantissa(power)?;
    // Rounding may have carried into another digit.
    if text.split('.').next().is_some_and(|integer| integer.len() > 1) {
        power += 1;
        text = mantissa(power)?;
    }
    let sign = if value.signum() < 0 {
        "-"
    } else if template.fill {
        ""
    } else {
        " "
    };
    let power_sign = if power < 0 { '-' } else { '+' };
    Ok(format!("{sign}{text}e{power_sign}{:02}", power.abs()))
}

/// Prints the parts of a template.
struct Writer<'a> {
    template: &'a Template,
    digits: Digits,
    is_negative: bool,
    out: String,
    /// Digit positions before the point: how many there are and how many have been written.
    before: usize,
    written: usize,
    behind: usize,
    has_started: bool,
    sign_is_written: bool,
}

impl<'a> Writer<'a> {
    fn new(template: &'a Template, digits: Digits, is_negative: bool, before: usize) -> Writer<'a> {
        Writer {
            template,
            digits,
            is_negative,
            out: String::new(),
            before,
            written: 0,
            behind: 0,
            has_started: false,
            sign_is_written: false,
        }
    }

    fn run(mut self) -> String {
        let sign_at = self.template.parts.iter().position(|part| *part == Part::Sign);
        let first_digit =
            self.template.parts.iter().position(|part| matches!(part, Part::Digit(_) | Part::Point));
        let sign_comes_first = sign_at.is_some() && sign_at < first_digit;
        let writes_own_sign = [Part::Minus, Part::SignHere].iter().any(|sign| self.template.has(sign));
        // Without a place of its own, the sign stands before the first digit.
        self.sign_is_written = writes_own_sign || sign_at.is_some() && !sign_comes_first;
        for at in 0..self.template.parts.len() {
            let part = self.template.parts[at].clone();
            self.part(&part, sign_comes_first);
        }
        self.out
    }

    fn sign_before_digits(&mut self) {
        if self.sign_is_written {
            return;
        }
        self.sign_is_written = true;
        if self.template.has(&Part::Brackets) {
            if self.is_negative {
                self.out.push('<');
            } else {
                self.blank();
            }
        } else if self.template.has(&Part::Sign) {
            self.out.push(if self.is_negative { '-' } else { '+' });
        } else if self.is_negative {
            self.out.push('-');
        } else {
            self.blank();
        }
    }

    /// A blank that FM leaves out.
    fn blank(&mut self) {
        if !self.template.fill {
            self.out.push(' ');
        }
    }

    fn part(&mut self, part: &Part, sign_comes_first: bool) {
        match part {
            Part::Digit(_) if self.behind > 0 => self.digit_behind(),
            Part::Digit(_) => self.digit_before(),
            Part::Point => {
                if matches!(self.digits, Digits::NotANumber) {
                    self.behind = 1;
                    return;
                }
                self.sign_before_digits();
                self.has_started = true;
                if self.template.behind > 0 {
                    if let Digits::Number { integer, fraction } = &self.digits
                        && self.template.fill
                        && integer.is_empty()
                        && fraction.is_empty()
                    {
                        self.out.push('0');
                    }
                    self.out.push('.');
                }
                self.behind = 1;
            }
            Part::Group if self.has_started => self.out.push(','),
            Part::Group => self.blank(),
            Part::Sign if !sign_comes_first => self.out.push(if self.is_negative { '-' } else { '+' }),
            Part::Minus if self.is_negative => self.out.push('-'),
            Part::Minus => self.blank(),
            Part::Plus if !self.is_negative => self.out.push('+'),
            Part::Plus => self.blank(),
            Part::SignHere => self.out.push(if self.is_negative { '-' } else { '+' }),
            Part::Brackets if self.is_negative => self.out.push('>'),
            Part::Brackets => self.blank(),
            Part::Currency => self.out.push(' '),
            Part::Ordinal(is_upper) => {
                if let Digits::Number { integer, .. } = &self.digits
                    && !self.is_negative
                    && self.template.behind == 0
                {
                    let ending = ordinal(integer);
                    self.out.push_str(&if *is_upper { ending.to_uppercase() } else { ending.to_owned() });
                }
            }
            Part::Literal(letter) => self.out.push(*letter),
            Part::Sign | Part::Shift | Part::Exponent | Part::Roman(_) => {}
        }
    }

    fn digit_before(&mut self) {
        // How many positions there still are, with this one.
        let left = self.before - self.written;
        self.written += 1;
        let zero_fill =
            self.template.zeros_before + self.template.shift * usize::from(self.template.zeros_before > 0);
        let digit = match &self.digits {
            Digits::Overflow => Some('#'),
            Digits::NotANumber => "NaN".len().checked_sub(left).and_then(|at| "NaN".chars().nth(at)),
            Digits::Number { integer, .. } => match integer.len().checked_sub(left) {
                Some(at) => integer.chars().nth(at),
                None if left <= zero_fill => Some('0'),
                None => None,
            },
        };
        match digit {
            Some(digit) => {
                self.sign_before_digits();
                self.has_started = true;
                self.out.push(digit);
            }
            None => self.blank(),
        }
    }

    fn digit_behind(&mut self) {
        let at = self.behind - 1;
        self.behind += 1;
        match &self.digits {
            Digits::Overflow => self.out.push('#'),
            Digits::Number { fraction, .. } => {
                if let Some(digit) = fraction.chars().nth(at) {
                    self.out.push(digit);
                }
            }
            Digits::NotANumber => {}
        }
    }
}

const ROMAN_WIDTH: usize = 15;

/// A number in Roman numerals; `None` if they do not reach so far.
pub fn roman_numerals(mut number: i32) -> Option<String> {
    const NUMERALS: [(i32, &str); 13] = [
        (1000, "M"),
        (900, "CM"),
        (500, "D"),
        (400, "CD"),
        (100, "C"),
        (90, "XC"),
        (50, "L"),
        (40, "XL"),
        (10, "X"),
        (9, "IX"),
        (5, "V"),
        (4, "IV"),
        (1, "I"),
    ];
    if !(1..4000).contains(&number) {
        return None;
    }
    let mut out = String::new();
    for (value, numeral) in NUMERALS {
        while number >= value {
            out.push_str(numeral);
            number -= value;
        }
    }
    Some(out)
}

fn roman(value: &Numeric, is_upper: bool, fill: bool) -> Result<String> {
    let number = if value.is_finite() { value.round(0)?.to_integer::<i32>("integer").ok() } else { None };
    let text = number.and_then(roman_numerals).unwrap_or_else(|| "#".repeat(ROMAN_WIDTH));
    let text = if is_upper { text } else { text.to_lowercase() };
    Ok(if fill { text } else { format!("{text:>ROMAN_WIDTH$}") })
}

/// The number that Roman numerals stand for, written in the one proper way.
fn from_roman(text: &str) -> Result<i32> {
    let letters: String =
        text.chars().take_while(|letter| "IVXLCDM".contains(letter.to_ascii_uppercase())).collect();
    let value_of = |letter: char| match letter.to_ascii_uppercase() {
        'I' => 1,
        'V' => 5,
        'X' => 10,
        'L' => 50,
        'C' => 100,
        'D' => 500,
        _ => 1000,
    };
    let values: Vec<i32> = letters.chars().take(ROMAN_WIDTH + 1).map(value_of).collect();
    let sum = values.iter().enumerate().fold(0, |sum, (at, value)| {
        // A smaller numeral before a larger one is taken off.
        if values.get(at + 1).is_some_and(|next| next > value) { sum - value } else { sum + value }
    });
    match roman_numerals(sum) {
        Some(proper) if proper.eq_ignore_ascii_case(&letters) => Ok(sum),
        _ => Err(error!(INVALID_TEXT_REPRESENTATION, "invalid Roman numeral")),
    }
}

/// Reads a number by a template.
///
/// # Errors
/// 22P02 if there is no number.
pub fn to_number(text: &str, format: &str) -> Result<Numeric> {
    let template = parse(format)?;
    if template.has(&Part::Exponent) {
        return Err(error!(FEATURE_NOT_SUPPORTED, "\"EEEE\" not supported for input"));
    }
    let mut input = text.chars().peekable();
    if template.parts.iter().any(|part| matches!(part, Part::Roman(_))) {
        return from_roman(text.trim()).map(Numeric::from);
    }
    let (mut number, mut is_negative, mut has_point) = (String::new(), false, false);
    for part in &template.parts {
        while input.next_if(|letter| letter.is_whitespace()).is_some() {}
        match part {
            Part::Digit(_) | Part::Sign | Part::Minus | Part::Plus | Part::SignHere | Part::Brackets => {
                if let Some(sign) = input.next_if(|letter| "+-<>".contains(*letter)) {
                    is_negative |= matches!(sign, '-' | '<');
                }
                if matches!(part, Part::Digit(_)) {
                    if let Some(digit) = input.next_if(char::is_ascii_digit) {
                        number.push(digit);
                    } else if !has_point && input.next_if_eq(&'.').is_some() {
                        has_point = true;
                        number.push('.');
                    }
                }
            }
            Part::Point => {
                if !has_point && input.next_if_eq(&'.').is_some() {
                    has_point = true;
                    number.push('.');
                }
            }
            Part::Group => {
                input.next_if_eq(&',');
            }
            Part::Ordinal(_) => {
                input.next();
                input.next();
            }
            Part::Currency => {
                input.next_if(|letter| !letter.is_ascii_digit() && !"+-.<".contains(*letter));
            }
            Part::Literal(_) => {
                input.next_if(|letter| !letter.is_ascii_digit());
            }
            Part::Shift | Part::Exponent | Part::Roman(_) => {}
        }
    }
    if let Some('-' | '>') = input.next() {
        is_negative = true;
    }
    if number.trim_matches('.').is_empty() {
        return Err(error!(INVALID_TEXT_REPRESENTATION, "invalid input syntax for type numeric: \" \""));
    }
    let value = Numeric::parse(&number)?;
    let value = if template.shift > 0 {
        value.multiply(&Numeric::from(10).power(&Numeric::from(-(template.shift as i64)))?)?
    } else {
        value
    };
    Ok(if is_negative { value.negate() } else { value })
}
