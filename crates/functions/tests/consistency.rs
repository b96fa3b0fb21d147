//! The tables must agree among each other: what an operator, cast, aggregate or class names must exist and fit.

use std::collections::HashSet;

use common::Oid;
use expression::operator::CastMethod;
use expression::{Implementation, Registry};
use types::{oid, type_description};

fn registry() -> Registry {
    Registry::new(&functions::declarations())
}

/// No identifier is used twice, and every type in a signature exists.
#[test]
fn functions_are_unique_and_typed() {
    let registry = registry();
    assert_eq!(registry.duplicates(), []);
    let mut signatures = HashSet::new();
    for function in registry.functions() {
        assert!(signatures.insert((function.name, function.arguments)), "{} is there twice", function.name);
        for type_oid in function.arguments.iter().chain([&function.result]) {
            assert!(type_description(*type_oid).is_some(), "{} uses type {type_oid}", function.name);
        }
    }
}

#[test]
fn operators_fit_their_functions() {
    let registry = registry();
    for operator in registry.operators() {
        let name = (operator.oid, operator.name);
        let function =
            registry.function(operator.function).unwrap_or_else(|| panic!("{name:?} has no function"));
        let operands: Vec<Oid> =
            [operator.left, operator.right].into_iter().filter(|operand| operand.is_valid()).collect();
        assert_eq!(function.arguments, operands, "{name:?}");
        assert_eq!(function.result, operator.result, "{name:?}");
        if operator.commutator.is_valid() {
            let other = registry.operator(operator.commutator).unwrap_or_else(|| panic!("{name:?}"));
            assert_eq!((other.left, other.right), (operator.right, operator.left), "{name:?}");
        }
        if operator.negator.is_valid() {
            let other = registry.operator(operator.negator).unwrap_or_else(|| panic!("{name:?}"));
            assert_eq!((other.left, other.right), (operator.left, operator.right), "{name:?}");
            assert_eq!(other.result, oid::BOOL);
        }
    }
}

#[test]
fn casts_fit_their_functions() {
    let registry = registry();
    for cast in registry.casts() {
        match cast.method {
            CastMethod::Function => {
                let function = registry.function(cast.function).unwrap_or_else(|| panic!("{cast:?}"));
                assert!((1..=3).contains(&function.arguments.len()), "{cast:?}");
            }
            _ => assert!(!cast.function.is_valid(), "{cast:?}"),
        }
    }
}

#[test]
fn aggregates_are_functions() {
    let registry = registry();
    for aggregate in registry.aggregates() {
        let function =
            registry.function(aggregate.function).unwrap_or_else(|| panic!("{}", aggregate.function));
        assert!(matches!(function.implementation, Implementation::Aggregate));
        if aggregate.sort_operator.is_valid() {
            let operator = registry.operator(aggregate.sort_operator);
            assert!(operator.is_some(), "{} sorts by {}", function.name, aggregate.sort_operator);
        }
    }
    let functions = registry.functions().iter();
    for function in functions.filter(|function| matches!(function.implementation, Implementation::Aggregate))
    {
        assert!(registry.aggregate(function.oid).is_some(), "{}", function.name);
    }
}

/// A class needs its comparison or hash function, and a btree family all five operators of each pair of types.
#[test]
fn classes_are_complete() {
    let registry = registry();
    let families: HashSet<Oid> = registry.families().iter().map(|family| family.oid).collect();
    for class in registry.classes() {
        assert!(families.contains(&class.family), "{class:?}");
        let mut support = registry.family_functions().iter();
        let first = support
            .find(|member| member.family == class.family && member.left == class.input && member.number == 1);
        assert!(first.is_some_and(|member| registry.function(member.function).is_some()), "{class:?}");
        let strategies = if class.method == Oid(403) { 1..=5 } else { 1..=1 };
        for strategy in strategies {
            let found = registry.family_operator(class.family, class.input, class.input, strategy);
            assert!(found.is_some_and(|found| registry.operator(found).is_some()), "{class:?} {strategy}");
        }
    }
    for member in registry.family_operators() {
        let operator = registry.operator(member.operator).unwrap_or_else(|| panic!("{member:?}"));
        assert_eq!((operator.left, operator.right), (member.left, member.right), "{member:?}");
    }
}
