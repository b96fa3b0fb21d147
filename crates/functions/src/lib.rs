//! The built-in functions, operators, casts, aggregates and operator classes.
//!
//! Each function is declared beside its code; the tables of operators and classes only refer to functions. Knows
//! neither catalog nor storage: what needs the server goes through the call's session.
//! Entry point: [`declarations`].
#![forbid(unsafe_code)]

pub mod aggregate;
mod arrays;
mod casts;
mod classes;
mod compare;
mod datetime;
mod enums;
mod float;
mod formatting;
mod hash;
mod identifiers;
mod input_output;
mod integer;
mod json;
mod modifiers;
mod numeric;
mod operators;
mod rows;
mod session;
mod sets;
mod text;
mod window;

use expression::{Declarations, FunctionDeclaration};

/// Everything that this crate declares.
pub fn declarations() -> Vec<Declarations> {
    let tables = |tables: &'static [&'static [FunctionDeclaration]]| Declarations {
        functions: tables,
        ..Declarations::default()
    };
    vec![
        Declarations {
            functions: FUNCTIONS,
            operators: operators::OPERATORS,
            casts: casts::CASTS,
            aggregates: aggregate::table::AGGREGATES,
            families: classes::FAMILIES,
            classes: classes::CLASSES,
            family_operators: classes::FAMILY_OPERATORS,
            family_functions: classes::FAMILY_FUNCTIONS,
        },
        tables(compare::TABLES),
        tables(hash::TABLE),
        tables(input_output::TABLES),
        tables(text::regexp::OPERATORS),
    ]
}

static FUNCTIONS: &[&[FunctionDeclaration]] = &[
    arrays::FUNCTIONS,
    arrays::ORDERED,
    datetime::casts::CASTS,
    datetime::fields::FUNCTIONS,
    datetime::make::FUNCTIONS,
    datetime::shift::FUNCTIONS,
    identifiers::FUNCTIONS,
    integer::ARITHMETIC,
    integer::CASTS,
    json::FUNCTIONS,
    json::VARIADIC,
    enums::FUNCTIONS,
    float::ARITHMETIC,
    formatting::functions::FUNCTIONS,
    float::CASTS,
    modifiers::FUNCTIONS,
    numeric::ARITHMETIC,
    text::case::FUNCTIONS,
    text::casts::CASTS,
    text::like::FUNCTIONS,
    text::quote::FUNCTIONS,
    text::quote::VARIADIC,
    sets::SETS,
    text::regexp::FUNCTIONS,
    text::regexp::SETS,
    text::string::FUNCTIONS,
    window::FUNCTIONS,
    aggregate::table::FUNCTIONS,
    session::acl::FUNCTIONS,
    session::acl::SETS,
    session::administration::FUNCTIONS,
    session::definitions::FUNCTIONS,
    session::environment::FUNCTIONS,
    session::locks::FUNCTIONS,
    session::privileges::FUNCTIONS,
    session::input::FUNCTIONS,
    session::input::SETS,
    session::replication::FUNCTIONS,
    session::replication::SETS,
    session::reports::FUNCTIONS,
    session::reports::SETS,
    session::statistics::FUNCTIONS,
    session::statistics::SETS,
    session::sequences::FUNCTIONS,
    session::sizes::FUNCTIONS,
    session::verification::FUNCTIONS,
    session::verification::SETS,
];
