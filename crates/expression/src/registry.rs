//! The registry: every built-in function, operator, cast, aggregate and operator class, found by identifier or name.
//!
//! Assembled once in the binary, before the first fork, from the slices that the crates with code offer.

use common::Oid;
use hashbrown::HashMap;

use crate::aggregate::AggregateDeclaration;
use crate::function::FunctionDeclaration;
use crate::operator::{
    CastDeclaration, FamilyFunction, FamilyOperator, OperatorClassDeclaration, OperatorDeclaration,
    OperatorFamilyDeclaration,
};

type Map<K, V> = HashMap<K, V, foldhash::fast::FixedState>;

/// What one crate offers.
#[derive(Clone, Copy, Default)]
pub struct Declarations {
    pub functions: &'static [&'static [FunctionDeclaration]],
    pub operators: &'static [OperatorDeclaration],
    pub casts: &'static [CastDeclaration],
    pub aggregates: &'static [AggregateDeclaration],
    pub families: &'static [OperatorFamilyDeclaration],
    pub classes: &'static [OperatorClassDeclaration],
    pub family_operators: &'static [FamilyOperator],
    pub family_functions: &'static [FamilyFunction],
}

/// All built-ins.
pub struct Registry {
    functions: Vec<&'static FunctionDeclaration>,
    functions_by_oid: Map<Oid, u32>,
    functions_by_name: Map<&'static str, Vec<u32>>,
    operators: Vec<&'static OperatorDeclaration>,
    operators_by_oid: Map<Oid, u32>,
    operators_by_name: Map<&'static str, Vec<u32>>,
    casts: Map<(Oid, Oid), &'static CastDeclaration>,
    aggregates: Map<Oid, &'static AggregateDeclaration>,
    families: Vec<&'static OperatorFamilyDeclaration>,
    classes: Vec<&'static OperatorClassDeclaration>,
    family_operators: Vec<&'static FamilyOperator>,
    family_functions: Vec<&'static FamilyFunction>,
}

impl Registry {
    /// Assembles the registry. An identifier that is declared twice is a defect: the first one counts, and
    /// [`Registry::duplicates`] tells, for the test that guards against it.
    pub fn new(sources: &[Declarations]) -> Registry {
        let mut registry = Registry {
            functions: Vec::new(),
            functions_by_oid: Map::default(),
            functions_by_name: Map::default(),
            operators: Vec::new(),
            operators_by_oid: Map::default(),
            operators_by_name: Map::default(),
            casts: Map::default(),
            aggregates: Map::default(),
            families: Vec::new(),
            classes: Vec::new(),
            family_operators: Vec::new(),
            family_functions: Vec::new(),
        };
        for source in sources {
            for function in source.functions.iter().copied().flatten() {
                let index = registry.functions.len() as u32;
                let known = registry.functions_by_oid.insert(function.oid, index);
                assert!(known.is_none(), "function {} {} is declared twice", function.oid, function.name);
                registry.functions_by_name.entry(function.name).or_default().push(index);
                registry.functions.push(function);
            }
            for operator in source.operators {
                let index = registry.operators.len() as u32;
                registry.operators_by_oid.entry(operator.oid).or_insert(index);
                registry.operators_by_name.entry(operator.name).or_default().push(index);
                registry.operators.push(operator);
            }
            for cast in source.casts {
                registry.casts.entry((cast.source, cast.target)).or_insert(cast);
            }
            for aggregate in source.aggregates {
                registry.aggregates.entry(aggregate.function).or_insert(aggregate);
            }
            registry.families.extend(source.families);
            registry.classes.extend(source.classes);
            registry.family_operators.extend(source.family_operators);
            registry.family_functions.extend(source.family_functions);
        }
        registry
    }

    /// Identifiers of functions and operators that are declared more than once.
    pub fn duplicates(&self) -> Vec<Oid> {
        let functions = self.functions.iter().enumerate();
        let functions = functions.filter(|(at, found)| self.functions_by_oid[&found.oid] != *at as u32);
        let operators = self.operators.iter().enumerate();
        let operators = operators.filter(|(at, found)| self.operators_by_oid[&found.oid] != *at as u32);
        functions.map(|(_, found)| found.oid).chain(operators.map(|(_, found)| found.oid)).collect()
    }

    pub fn function(&self, oid: Oid) -> Option<&'static FunctionDeclaration> {
        self.functions_by_oid.get(&oid).map(|index| self.functions[*index as usize])
    }

    pub fn functions_named(&self, name: &str) -> impl Iterator<Item = &'static FunctionDeclaration> + '_ {
        let found = self.functions_by_name.get(name);
        found.into_iter().flatten().map(|index| self.functions[*index as usize])
    }

    pub fn functions(&self) -> &[&'static FunctionDeclaration] {
        &self.functions
    }

    pub fn operator(&self, oid: Oid) -> Option<&'static OperatorDeclaration> {
        self.operators_by_oid.get(&oid).map(|index| self.operators[*index as usize])
    }

    pub fn operators_named(&self, name: &str) -> impl Iterator<Item = &'static OperatorDeclaration> + '_ {
        let found = self.operators_by_name.get(name);
        found.into_iter().flatten().map(|index| self.operators[*index as usize])
    }

    pub fn operators(&self) -> &[&'static OperatorDeclaration] {
        &self.operators
    }

    pub fn cast(&self, source: Oid, target: Oid) -> Option<&'static CastDeclaration> {
        self.casts.get(&(source, target)).copied()
    }

    pub fn casts(&self) -> impl Iterator<Item = &'static CastDeclaration> + '_ {
        self.casts.values().copied()
    }

    pub fn aggregate(&self, function: Oid) -> Option<&'static AggregateDeclaration> {
        self.aggregates.get(&function).copied()
    }

    pub fn aggregates(&self) -> impl Iterator<Item = &'static AggregateDeclaration> + '_ {
        self.aggregates.values().copied()
    }

    pub fn families(&self) -> &[&'static OperatorFamilyDeclaration] {
        &self.families
    }

    pub fn classes(&self) -> &[&'static OperatorClassDeclaration] {
        &self.classes
    }

    pub fn family_operators(&self) -> &[&'static FamilyOperator] {
        &self.family_operators
    }

    pub fn family_functions(&self) -> &[&'static FamilyFunction] {
        &self.family_functions
    }

    /// The default operator class of a type for an access method.
    pub fn default_class(&self, method: Oid, input: Oid) -> Option<&'static OperatorClassDeclaration> {
        let mut classes = self.classes.iter().copied();
        classes.find(|class| class.is_default && class.method == method && class.input == input)
    }

    /// The operator of a family for two types and a strategy (btree: 1 `<` to 5 `>`; hash: 1 `=`).
    pub fn family_operator(&self, family: Oid, left: Oid, right: Oid, strategy: i16) -> Option<Oid> {
        let mut members = self.family_operators.iter();
        members
            .find(|member| {
                member.family == family
                    && member.left == left
                    && member.right == right
                    && member.strategy == strategy
            })
            .map(|member| member.operator)
    }
}
