//! Results of `numeric` functions, with their scales, against answers recorded from PostgreSQL 18.

use error::Result;
use types::Numeric;

fn compute(function: &str, first: &str, second: &str) -> Result<Numeric> {
    let a = Numeric::parse(first)?;
    if second == "-" {
        return match function {
            "sqrt" => a.square_root(),
            "exp" => a.exponential(),
            "ln" => a.natural_logarithm(),
            "log" => a.logarithm(&Numeric::from(10)),
            "ceil" => Ok(a.ceiling()),
            "floor" => Ok(a.floor()),
            _ => Ok(a.trim_scale()),
        };
    }
    let b = Numeric::parse(second)?;
    match function {
        "+" => a.add(&b),
        "-" => a.subtract(&b),
        "*" => a.multiply(&b),
        "/" => a.divide(&b),
        "%" => a.modulo(&b),
        "log" => b.logarithm(&a),
        "power" => a.power(&b),
        "div" => a.divide_truncated(&b),
        "gcd" => a.greatest_common_divisor(&b),
        "lcm" => a.least_common_multiple(&b),
        "round" => a.round(b.to_integer("integer")?),
        _ => Ok(a.truncate(b.to_integer("integer")?)),
    }
}

#[test]
fn recorded_answers() {
    let mut wrong = Vec::new();
    for line in include_str!("numeric.txt").lines().filter(|line| !line.starts_with('#')) {
        let fields: Vec<&str> = line.split(" | ").collect();
        let [function, first, second, expected] = fields[..] else { panic!("{line}") };
        let answer = match compute(function, first, second) {
            Ok(value) => value.to_string(),
            Err(error) => format!("! {} {}", error.sqlstate(), error.message()),
        };
        if answer != expected {
            wrong.push(format!("{line}\n    we say: {answer}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
