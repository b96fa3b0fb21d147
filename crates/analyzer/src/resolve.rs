//! Looking up relations, operators and functions by name, and choosing among overloaded ones.

use std::rc::Rc;

use catalog::CatalogView;
use catalog::tables::{PgOperator, PgProc};
use common::Oid;
use error::{Result, error};
use parser::ast::{OperatorName, QualifiedName, RelationName};
use types::oid;

use crate::coerce::{CastContext, base_type, can_coerce_all, category, is_binary_coercible};

/// The relation of this name, if there is one.
///
/// # Errors
/// 0A000 for another database's relation.
pub fn resolve_relation_name(
    name: &RelationName,
    database: &str,
    catalog: &dyn CatalogView,
) -> Result<Option<Oid>> {
    if let Some(other) = name.catalog.as_ref().filter(|other| *other != database) {
        let schema = name.schema.as_deref().unwrap_or_default();
        return Err(error!(
            FEATURE_NOT_SUPPORTED,
            "cross-database references are not implemented: \"{other}.{schema}.{}\"", name.name
        ));
    }
    match &name.schema {
        Some(schema) => match catalog.namespace_by_name(schema)? {
            Some(schema) => catalog.relation_by_name(schema, &name.name),
            None => Ok(None),
        },
        None => find_in_path(&name.name, catalog),
    }
}

pub(crate) fn find_in_path(name: &str, catalog: &dyn CatalogView) -> Result<Option<Oid>> {
    for schema in catalog.search_path()?.iter() {
        if let Some(found) = catalog.relation_by_name(*schema, name)? {
            return Ok(Some(found));
        }
    }
    Ok(None)
}

pub(crate) fn schema_of(name: &str, catalog: &dyn CatalogView) -> Result<Oid> {
    let found = catalog.namespace_by_name(name)?;
    found.ok_or_else(|| error!(INVALID_SCHEMA_NAME, "schema \"{name}\" does not exist"))
}

/// A function or operator that a call may mean.
#[derive(Clone, Debug)]
pub struct Candidate {
    pub oid: Oid,
    /// The types that the arguments are converted to, one for each argument of the call.
    pub arguments: Vec<Oid>,
    /// Arguments that were gathered into a VARIADIC array, whose element type this is.
    pub variadic: Option<Oid>,
    /// For a call with named arguments: which parameter each argument is for.
    pub order: Option<Vec<usize>>,
    /// How many defaults fill up the call.
    pub defaults: usize,
    /// Place of the schema in the search path.
    path: usize,
}

/// What came of choosing.
#[derive(Debug)]
pub enum Choice<T> {
    One(T),
    None,
    Ambiguous,
}

/// The operator that a name and operand types mean: exact matches first, then the best by PostgreSQL's rules.
pub fn resolve_operator(
    name: &OperatorName,
    left: Option<Oid>,
    right: Oid,
    catalog: &dyn CatalogView,
) -> Result<Choice<Rc<PgOperator>>> {
    let path = visible_schemas(&name.qualifier, catalog)?;
    let all = catalog.operators_by_name(&name.symbol)?;
    let kind = if left.is_some() { b'b' } else { b'l' };
    let place = |row: &PgOperator| path.iter().position(|schema| *schema == row.oprnamespace);
    let exact = |left: Oid, right: Oid| {
        let hits = all.iter().filter(|row| (row.oprkind, row.oprleft, row.oprright) == (kind, left, right));
        let hits = hits.filter_map(|row| Some((place(row)?, row)));
        hits.min_by_key(|(place, _)| *place).map(|(_, row)| row.clone())
    };
    let mut hit = exact(left.unwrap_or(Oid::INVALID), right);
    // An unknown literal is first taken for the type of the other side.
    let other = match left {
        Some(oid::UNKNOWN) if right != oid::UNKNOWN => Some(right),
        Some(left) if right == oid::UNKNOWN && left != oid::UNKNOWN => Some(left),
        _ => None,
    };
    if let (None, Some(other)) = (&hit, other) {
        hit = exact(other, other);
        if hit.is_none() {
            let base = base_type(other, catalog)?;
            hit = exact(base, base);
        }
    }
    if let Some(row) = hit {
        return Ok(Choice::One(row));
    }
    let mut candidates: Vec<Candidate> = Vec::new();
    for row in all.iter().filter(|row| row.oprkind == kind) {
        let Some(place) = place(row) else { continue };
        let arguments = if left.is_some() { vec![row.oprleft, row.oprright] } else { vec![row.oprright] };
        keep_nearest(&mut candidates, Candidate::new(row.oid, arguments, place));
    }
    let inputs: Vec<Oid> = left.into_iter().chain([right]).collect();
    Ok(match choose(&inputs, candidates, catalog)? {
        Choice::One(candidate) => {
            let row = all.iter().find(|row| row.oid == candidate.oid);
            row.map_or(Choice::None, |row| Choice::One(row.clone()))
        }
        Choice::None => Choice::None,
        Choice::Ambiguous => Choice::Ambiguous,
    })
}

/// The function that a name, argument types and argument names mean.
///
/// `variadic`: the call says VARIADIC before its last argument.
pub fn resolve_function(
    name: &QualifiedName,
    inputs: &[Oid],
    names: &[Option<String>],
    variadic: bool,
    catalog: &dyn CatalogView,
) -> Result<Choice<(Rc<PgProc>, Candidate)>> {
    let Some((function, qualifier)) = name.parts.split_last() else { return Ok(Choice::None) };
    let path = visible_schemas(qualifier, catalog)?;
    let all = catalog.functions_by_name(function)?;
    let mut candidates: Vec<Candidate> = Vec::new();
    for row in all.iter() {
        let Some(place) = path.iter().position(|schema| *schema == row.pronamespace) else { continue };
        if let Some(candidate) = fit(row, inputs.len(), names, variadic, place) {
            keep_nearest(&mut candidates, candidate);
        }
    }
    let found = |candidate: Candidate| -> Result<_> {
        let row = all.iter().find(|row| row.oid == candidate.oid).cloned();
        Ok(row.map_or(Choice::None, |row| Choice::One((row, candidate))))
    };
    let mut exact = candidates.iter().filter(|candidate| candidate.arguments == inputs);
    if let Some(hit) = exact.next() {
        // With defaults several may fit exactly; the one that needs fewest wins.
        let best = exact.chain([hit]).min_by_key(|candidate| candidate.defaults);
        if let Some(best) = best.cloned() {
            return found(best);
        }
    }
    match choose(inputs, candidates, catalog)? {
        Choice::One(candidate) => found(candidate),
        Choice::None => Ok(Choice::None),
        Choice::Ambiguous => Ok(Choice::Ambiguous),
    }
}

/// The ways in which a function takes so many arguments.
fn fit(
    row: &PgProc,
    count: usize,
    names: &[Option<String>],
    variadic: bool,
    place: usize,
) -> Option<Candidate> {
    let declared = &row.proargtypes;
    let defaults = usize::try_from(row.pronargdefaults).unwrap_or(0);
    let candidate = |arguments| Candidate::new(row.oid, arguments, place);
    if names.iter().any(Option::is_some) {
        return fit_named(row, names, defaults, place);
    }
    if row.provariadic.is_valid() && !variadic && row.provariadic != oid::ANY && count >= declared.len() {
        let mut arguments = declared[..declared.len() - 1].to_vec();
        arguments.resize(count, row.provariadic);
        return Some(Candidate { variadic: Some(row.provariadic), ..candidate(arguments) });
    }
    if row.provariadic == oid::ANY && !variadic && count >= declared.len() {
        let mut arguments = declared.clone();
        arguments.resize(count, oid::ANY);
        return Some(candidate(arguments));
    }
    if variadic && !row.provariadic.is_valid() {
        return None;
    }
    if count == declared.len() {
        return Some(candidate(declared.clone()));
    }
    if count < declared.len() && count + defaults >= declared.len() {
        let missing = declared.len() - count;
        return Some(Candidate { defaults: missing, ..candidate(declared[..count].to_vec()) });
    }
    None
}

fn fit_named(row: &PgProc, names: &[Option<String>], defaults: usize, place: usize) -> Option<Candidate> {
    let parameter_names = row.proargnames.as_ref()?;
    // Only input parameters can be given.
    let inputs: Vec<&String> = match &row.proargmodes {
        Some(modes) => parameter_names
            .iter()
            .zip(&modes.0)
            .filter(|(_, mode)| matches!(mode, b'i' | b'b' | b'v'))
            .map(|(name, _)| name)
            .collect(),
        None => parameter_names.iter().collect(),
    };
    let declared = &row.proargtypes;
    let mut order = Vec::new();
    for (at, name) in names.iter().enumerate() {
        let parameter = match name {
            Some(name) => inputs.iter().position(|input| *input == name)?,
            None => at,
        };
        if parameter >= declared.len() || order.contains(&parameter) {
            return None;
        }
        order.push(parameter);
    }
    let first_default = declared.len() - defaults.min(declared.len());
    if (0..first_default).any(|parameter| !order.contains(&parameter)) {
        return None;
    }
    let arguments = order.iter().map(|parameter| declared[*parameter]).collect();
    let missing = declared.len() - order.len();
    Some(Candidate { order: Some(order), defaults: missing, ..Candidate::new(row.oid, arguments, place) })
}

/// Of candidates with the same argument types, the one first in the path stays, and plain ones beat variadic ones.
fn keep_nearest(candidates: &mut Vec<Candidate>, newcomer: Candidate) {
    let rank = |candidate: &Candidate| (candidate.path, candidate.variadic.is_some(), candidate.defaults);
    match candidates.iter_mut().find(|candidate| candidate.arguments == newcomer.arguments) {
        Some(found) if rank(&newcomer) < rank(found) => *found = newcomer,
        Some(_) => {}
        None => candidates.push(newcomer),
    }
}

fn visible_schemas(qualifier: &[String], catalog: &dyn CatalogView) -> Result<Rc<[Oid]>> {
    match qualifier.last() {
        Some(schema) => Ok([schema_of(schema, catalog)?].into()),
        None => catalog.search_path(),
    }
}

/// The rules of the manual's chapter 10 for choosing among candidates none of which matches exactly.
fn choose(
    inputs: &[Oid],
    candidates: Vec<Candidate>,
    catalog: &dyn CatalogView,
) -> Result<Choice<Candidate>> {
    let mut left = Vec::new();
    for candidate in candidates {
        if can_coerce_all(inputs, &candidate.arguments, CastContext::Implicit, catalog)? {
            left.push(candidate);
        }
    }
    if left.len() <= 1 {
        return Ok(left.pop().map_or(Choice::None, Choice::One));
    }
    let mut bases = Vec::new();
    for input in inputs {
        bases.push(base_type(*input, catalog)?);
    }
    let known = |at: &usize| bases[*at] != oid::UNKNOWN;
    let positions: Vec<usize> = (0..inputs.len()).collect();

    keep_best(&mut left, |candidate| {
        Ok(positions.iter().filter(|at| known(at) && candidate.arguments[**at] == bases[**at]).count())
    })?;
    if left.len() == 1 {
        return Ok(Choice::One(left.remove(0)));
    }
    keep_best(&mut left, |candidate| {
        let mut count = 0;
        for at in positions.iter().filter(|at| known(at)) {
            let target = candidate.arguments[*at];
            let (input_category, _) = category(bases[*at], catalog)?;
            let (target_category, is_preferred) = category(target, catalog)?;
            if target == bases[*at] || (is_preferred && target_category == input_category) {
                count += 1;
            }
        }
        Ok(count)
    })?;
    if left.len() == 1 {
        return Ok(Choice::One(left.remove(0)));
    }
    let unknown: Vec<usize> = positions.iter().copied().filter(|at| !known(at)).collect();
    if unknown.is_empty() {
        return Ok(Choice::Ambiguous);
    }
    by_category(&mut left, &unknown, catalog)?;
    if left.len() == 1 {
        return Ok(Choice::One(left.remove(0)));
    }
    // All known arguments alike: perhaps the unknown ones are meant to be like them.
    let mut known_types = positions.iter().filter(|at| known(at)).map(|at| bases[*at]);
    if let Some(first) = known_types.next() {
        if known_types.all(|other| other == first) {
            let mut hits = Vec::new();
            for candidate in left {
                // Polymorphic parameters must fit together, so all are asked at once.
                let mut assumed = inputs.to_vec();
                unknown.iter().for_each(|at| assumed[*at] = first);
                if can_coerce_all(&assumed, &candidate.arguments, CastContext::Implicit, catalog)? {
                    hits.push(candidate);
                }
            }
            if hits.len() == 1 {
                return Ok(Choice::One(hits.remove(0)));
            }
        }
    }
    Ok(Choice::Ambiguous)
}

/// Decides by the categories that the candidates take where the argument is an unknown literal.
fn by_category(left: &mut Vec<Candidate>, unknown: &[usize], catalog: &dyn CatalogView) -> Result<()> {
    let mut chosen = Vec::new();
    for at in unknown {
        let mut slot: Option<(u8, bool)> = None;
        let mut conflict = false;
        let mut has_string = false;
        for candidate in left.iter() {
            let (found, is_preferred) = category(candidate.arguments[*at], catalog)?;
            has_string |= found == STRING;
            match slot {
                None => slot = Some((found, is_preferred)),
                Some((other, preferred)) if other == found => slot = Some((other, preferred || is_preferred)),
                Some(_) => conflict = true,
            }
        }
        if has_string {
            let mut preferred = false;
            for candidate in left.iter() {
                let (found, is_preferred) = category(candidate.arguments[*at], catalog)?;
                preferred |= found == STRING && is_preferred;
            }
            chosen.push((*at, STRING, preferred));
        } else if let (Some((found, preferred)), false) = (slot, conflict) {
            chosen.push((*at, found, preferred));
        } else {
            return Ok(());
        }
    }
    let mut kept = Vec::new();
    for candidate in left.iter() {
        let mut fits = true;
        for (at, wanted, wants_preferred) in &chosen {
            let (found, is_preferred) = category(candidate.arguments[*at], catalog)?;
            fits &= found == *wanted && (is_preferred || !wants_preferred);
        }
        if fits {
            kept.push(candidate.clone());
        }
    }
    if !kept.is_empty() {
        *left = kept;
    }
    Ok(())
}

fn keep_best(candidates: &mut Vec<Candidate>, score: impl Fn(&Candidate) -> Result<usize>) -> Result<()> {
    let scores = candidates.iter().map(score).collect::<Result<Vec<usize>>>()?;
    let best = scores.iter().copied().max().unwrap_or(0);
    let mut scores = scores.into_iter();
    candidates.retain(|_| scores.next() == Some(best));
    Ok(())
}

impl Candidate {
    fn new(oid: Oid, arguments: Vec<Oid>, path: usize) -> Candidate {
        Candidate { oid, arguments, variadic: None, order: None, defaults: 0, path }
    }
}

const STRING: u8 = b'S';

/// The operators that order and equate values of a type: `<`, `=`, `>`, and the type that they work on.
pub(crate) struct Ordering {
    pub less: Oid,
    pub equal: Oid,
    pub greater: Oid,
}

/// The default B-tree ordering of a type, or of one that it is binary compatible with.
pub(crate) fn ordering(data_type: Oid, catalog: &dyn CatalogView) -> Result<Option<Ordering>> {
    let base = base_type(data_type, catalog)?;
    let mut tries = vec![base];
    if let Some(row) = catalog.data_type(base)? {
        match row.typtype {
            b'e' => tries.push(oid::ANYENUM),
            b'c' => tries.push(oid::RECORD),
            _ if crate::type_name::is_array(&row) => tries.push(oid::ANYARRAY),
            _ => {}
        }
        for other in [oid::TEXT, oid::OID] {
            if other != base && is_binary_coercible(base, other, catalog)? {
                tries.push(other);
            }
        }
    }
    for tried in tries {
        let Some(class) = catalog.default_operator_class(BTREE, tried)? else { continue };
        let members = catalog.family_operators(class.opcfamily)?;
        let member = |strategy: i16| {
            members
                .iter()
                .find(|row| {
                    row.amoplefttype == class.opcintype
                        && row.amoprighttype == class.opcintype
                        && row.amopstrategy == strategy
                })
                .map(|row| row.amopopr)
        };
        if let (Some(less), Some(equal), Some(greater)) = (member(1), member(3), member(5)) {
            return Ok(Some(Ordering { less, equal, greater }));
        }
    }
    Ok(None)
}

const BTREE: Oid = Oid(403);
