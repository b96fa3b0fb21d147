//! Polymorphic parameters: `anyelement`, `anyarray`, `anycompatible` and their kin.

use catalog::CatalogView;
use common::Oid;
use error::{Error, Result, error};
use smallvec::SmallVec;
use types::oid;

use crate::coerce::{CastContext, base_type, can_coerce, category};
use crate::type_format::format_type;
use crate::type_name::{array_type, is_array};

pub(crate) fn is_polymorphic(data_type: Oid) -> bool {
    is_first_family(data_type) || is_second_family(data_type)
}

fn is_first_family(data_type: Oid) -> bool {
    matches!(data_type, oid::ANYELEMENT | oid::ANYARRAY | oid::ANYNONARRAY | oid::ANYENUM)
}

fn is_second_family(data_type: Oid) -> bool {
    matches!(data_type, oid::ANYCOMPATIBLE | oid::ANYCOMPATIBLEARRAY | oid::ANYCOMPATIBLENONARRAY)
}

/// The concrete types of a call: those of the parameters and that of the result.
pub(crate) struct Concrete {
    pub arguments: SmallVec<[Oid; 2]>,
    pub result: Oid,
}

/// Fits the parameters to the arguments; the inner error says why they do not fit.
pub(crate) fn resolve_polymorphic(
    inputs: &[Oid],
    declared: &[Oid],
    result: Oid,
    catalog: &dyn CatalogView,
) -> Result<Result<Concrete, Error>> {
    if !declared.iter().any(|wanted| is_polymorphic(*wanted)) && !is_polymorphic(result) {
        return Ok(Ok(Concrete {
            arguments: declared.iter().zip(inputs).map(|(wanted, _)| *wanted).collect(),
            result,
        }));
    }
    let first = match first_family(inputs, declared, catalog)? {
        Ok(first) => first,
        Err(error) => return Ok(Err(error)),
    };
    let second = match second_family(inputs, declared, catalog)? {
        Ok(second) => second,
        Err(error) => return Ok(Err(error)),
    };
    let concrete = |wanted: Oid| -> Result<Oid> {
        Ok(match wanted {
            oid::ANYELEMENT | oid::ANYNONARRAY | oid::ANYENUM => first,
            oid::ANYARRAY => {
                // Arrays of unknown element type occur in the statistics only.
                if first == oid::ANYELEMENT { oid::ANYARRAY } else { array_type(first, catalog)? }
            }
            oid::ANYCOMPATIBLE | oid::ANYCOMPATIBLENONARRAY => second,
            oid::ANYCOMPATIBLEARRAY => array_type(second, catalog)?,
            other => other,
        })
    };
    let mut arguments = SmallVec::new();
    for (wanted, input) in declared.iter().zip(inputs) {
        let found = concrete(*wanted)?;
        if is_polymorphic(*wanted) && !found.is_valid() && *input != oid::UNKNOWN {
            let element = format_type(catalog, if is_first_family(*wanted) { first } else { second }, -1)?;
            return Ok(Err(error!(UNDEFINED_OBJECT, "could not find array type for data type {element}")));
        }
        arguments.push(found);
    }
    let found = concrete(result)?;
    if is_polymorphic(result) && !found.is_valid() {
        return Ok(Err(error!(
            DATATYPE_MISMATCH,
            "could not determine polymorphic type because input has type unknown"
        )));
    }
    Ok(Ok(Concrete { arguments, result: found }))
}

/// The element type that all of the first family agree on.
fn first_family(inputs: &[Oid], declared: &[Oid], catalog: &dyn CatalogView) -> Result<Result<Oid, Error>> {
    let (mut item, mut array) = (Oid::INVALID, Oid::INVALID);
    let mut is_used = false;
    for (&input, &wanted) in inputs.iter().zip(declared) {
        if !is_first_family(wanted) {
            continue;
        }
        is_used = true;
        if input == oid::UNKNOWN {
            continue;
        }
        let slot = if wanted == oid::ANYARRAY { &mut array } else { &mut item };
        let input = if wanted == oid::ANYARRAY { base_type(input, catalog)? } else { input };
        if slot.is_valid() && *slot != input {
            let name = if wanted == oid::ANYARRAY { "anyarray" } else { "anyelement" };
            let (one, other) = (format_type(catalog, *slot, -1)?, format_type(catalog, input, -1)?);
            return Ok(Err(error!(DATATYPE_MISMATCH, "arguments declared \"{name}\" are not all alike")
                .detail(format!("{one} versus {other}"))));
        }
        *slot = input;
    }
    if !is_used {
        return Ok(Ok(Oid::INVALID));
    }
    if array.is_valid() {
        let found = match catalog.data_type(array)? {
            _ if array == oid::ANYARRAY => oid::ANYELEMENT,
            Some(row) if is_array(&row) => row.typelem,
            _ => {
                let found = format_type(catalog, array, -1)?;
                return Ok(Err(error!(
                    DATATYPE_MISMATCH,
                    "argument declared anyarray is not an array but type {found}"
                )));
            }
        };
        if item.is_valid() && item != found {
            let (one, other) = (format_type(catalog, array, -1)?, format_type(catalog, item, -1)?);
            return Ok(Err(error!(
                DATATYPE_MISMATCH,
                "argument declared anyarray is not consistent with argument declared anyelement"
            )
            .detail(format!("{one} versus {other}"))));
        }
        item = found;
    }
    if !item.is_valid() {
        return Ok(Err(error!(
            DATATYPE_MISMATCH,
            "could not determine polymorphic type because input has type unknown"
        )));
    }
    let row = catalog.data_type(item)?;
    let item_is_array = row.as_ref().is_some_and(|row| is_array(row));
    if declared.contains(&oid::ANYNONARRAY) && item_is_array {
        let found = format_type(catalog, item, -1)?;
        return Ok(Err(error!(DATATYPE_MISMATCH, "type matched to anynonarray is an array type: {found}")));
    }
    if declared.contains(&oid::ANYENUM) && row.is_none_or(|row| row.typtype != b'e') {
        let found = format_type(catalog, item, -1)?;
        return Ok(Err(error!(DATATYPE_MISMATCH, "type matched to anyenum is not an enum type: {found}")));
    }
    Ok(Ok(item))
}

/// The common type of the second family.
fn second_family(inputs: &[Oid], declared: &[Oid], catalog: &dyn CatalogView) -> Result<Result<Oid, Error>> {
    let mut candidates = Vec::new();
    let mut is_used = false;
    for (&input, &wanted) in inputs.iter().zip(declared) {
        if !is_second_family(wanted) {
            continue;
        }
        is_used = true;
        if input == oid::UNKNOWN {
            continue;
        }
        if wanted != oid::ANYCOMPATIBLEARRAY {
            candidates.push(input);
            continue;
        }
        let array = base_type(input, catalog)?;
        match catalog.data_type(array)?.filter(|row| is_array(row)) {
            Some(row) => candidates.push(row.typelem),
            None => {
                let found = format_type(catalog, input, -1)?;
                return Ok(Err(error!(
                    DATATYPE_MISMATCH,
                    "argument declared anycompatiblearray is not an array but type {found}"
                )));
            }
        }
    }
    if !is_used {
        return Ok(Ok(Oid::INVALID));
    }
    let Some(&first) = candidates.first() else { return Ok(Ok(oid::TEXT)) };
    let mut common = first;
    for &other in &candidates[1..] {
        if other == common {
            continue;
        }
        let (found, is_preferred) = category(common, catalog)?;
        let mismatch = category(other, catalog)?.0 != found;
        if !mismatch
            && !is_preferred
            && can_coerce(common, other, CastContext::Implicit, catalog)?
            && !can_coerce(other, common, CastContext::Implicit, catalog)?
        {
            common = other;
        }
    }
    for other in candidates {
        if !can_coerce(other, common, CastContext::Implicit, catalog)? {
            let (one, other) = (format_type(catalog, common, -1)?, format_type(catalog, other, -1)?);
            return Ok(Err(error!(
                DATATYPE_MISMATCH,
                "arguments of anycompatible family cannot be cast to a common type"
            )
            .detail(format!("{one} versus {other}"))));
        }
    }
    if declared.contains(&oid::ANYCOMPATIBLENONARRAY)
        && catalog.data_type(common)?.is_some_and(|row| is_array(&row))
    {
        let found = format_type(catalog, common, -1)?;
        return Ok(Err(error!(
            DATATYPE_MISMATCH,
            "type matched to anycompatiblenonarray is an array type: {found}"
        )));
    }
    Ok(Ok(common))
}
