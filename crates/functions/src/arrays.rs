//! Functions of arrays.

use std::cmp::Ordering;

use common::Oid;
use error::{Error, Result, error};
use expression::sql::*;
use expression::{CallContext, RowSource};
use types::array::{MAX_DIMENSIONS, MAX_ELEMENTS};
use types::compare::row_comparator;
use types::io;
use types::{Array, Column, Dimension, Rows, Value, oid};

use crate::sets::Ready;
use crate::text::quote::text_array;

/// The element type of an argument, by what was declared for the call.
fn element_type(context: &CallContext<'_>) -> Result<Oid> {
    if let Some(found) = Some(oid::element_of(context.result_type)).filter(|found| found.is_valid()) {
        return Ok(found);
    }
    let of_array = |array: &Oid| match context.session.catalog().user_type(*array) {
        Some(io::UserType::Array(element, _)) => Some(element),
        _ => Some(oid::element_of(*array)).filter(|found| found.is_valid()),
    };
    std::iter::once(&context.result_type)
        .chain(context.argument_types)
        .find_map(of_array)
        .ok_or_else(|| error!(DATATYPE_MISMATCH, "could not determine element type of the array"))
}

fn element_column(context: &CallContext<'_>, element: Oid) -> Result<Column> {
    io::physical_type(element, context.session.catalog())
        .map(Column::new)
        .ok_or_else(|| error!(UNDEFINED_OBJECT, "type with OID {element} does not exist"))
}

fn dimension(array: &Array, number: i32) -> Option<Dimension> {
    usize::try_from(number).ok()?.checked_sub(1).and_then(|at| array.dimensions.get(at)).copied()
}

#[cold]
fn too_many() -> Error {
    error!(PROGRAM_LIMIT_EXCEEDED, "array size exceeds the maximum allowed ({MAX_ELEMENTS})")
}

fn one_dimensional(array: &Array, message: &'static str) -> Result<()> {
    if array.dimensions.len() > 1 {
        return Err(Error::new(error::sqlstate::DATA_EXCEPTION, message));
    }
    Ok(())
}

/// A one-dimensional array with an element before the first or behind the last.
fn with_element(
    context: &CallContext<'_>,
    array: Option<&Array>,
    element: Option<AnyValue<'_>>,
    at_end: bool,
) -> Result<Array> {
    if let Some(array) = array {
        one_dimensional(array, "argument must be empty or one-dimensional array")?;
        if array.len() + 1 > MAX_ELEMENTS {
            return Err(too_many());
        }
    }
    let element_type = match array {
        Some(array) if array.element_type.is_valid() => array.element_type,
        _ => element_type(context)?,
    };
    let mut elements = element_column(context, element_type)?;
    let push = |elements: &mut Column| match element {
        Some(value) => elements.push_row(value.column, value.row),
        None => elements.push_null(),
    };
    if !at_end {
        push(&mut elements);
    }
    if let Some(array) = array {
        elements.append_selected(&array.elements, Rows::all(array.len()));
    }
    if at_end {
        push(&mut elements);
    }
    let lower = array.and_then(|array| array.dimensions.first()).map_or(1, |first| first.lower_bound);
    Ok(Array::with_lower_bound(element_type, elements, lower))
}

/// Two arrays joined along the outer dimension.
fn concatenate(a: &Array, b: &Array) -> Result<Array> {
    if a.is_empty() {
        return Ok(b.clone());
    }
    if b.is_empty() {
        return Ok(a.clone());
    }
    let incompatible = |detail: String| {
        error!(ARRAY_SUBSCRIPT_ERROR, "cannot concatenate incompatible arrays").detail(detail)
    };
    let (n, m) = (a.dimensions.len(), b.dimensions.len());
    let inner = "Arrays with differing element dimensions are not compatible for concatenation.";
    let lengths = |dimensions: &[Dimension]| dimensions.iter().map(|d| d.length).collect::<Vec<_>>();
    let mut dimensions;
    if n == m {
        if lengths(&a.dimensions[1..]) != lengths(&b.dimensions[1..]) {
            return Err(incompatible(inner.to_owned()));
        }
        dimensions = a.dimensions.clone();
        dimensions[0].length += b.dimensions[0].length;
    } else if n == m + 1 {
        if lengths(&a.dimensions[1..]) != lengths(&b.dimensions) {
            return Err(incompatible(inner.replace("element dimensions", "dimensions")));
        }
        dimensions = a.dimensions.clone();
        dimensions[0].length += 1;
    } else if m == n + 1 {
        if lengths(&b.dimensions[1..]) != lengths(&a.dimensions) {
            return Err(incompatible(inner.replace("element dimensions", "dimensions")));
        }
        dimensions = b.dimensions.clone();
        dimensions[0].length += 1;
    } else {
        return Err(incompatible(format!(
            "Arrays of {n} and {m} dimensions are not compatible for concatenation."
        )));
    }
    if a.len() + b.len() > MAX_ELEMENTS {
        return Err(too_many());
    }
    let mut elements = a.elements.clone();
    for row in 0..b.len() {
        elements.push_row(&b.elements, row);
    }
    Ok(Array { element_type: a.element_type, dimensions, elements })
}

/// Whether an element equals a value, where NULL equals NULL.
fn is_same(array: &Array, row: usize, value: Option<AnyValue<'_>>) -> Result<bool> {
    let is_null = array.elements.is_null(row);
    let Some(value) = value else { return Ok(is_null) };
    if is_null {
        return Ok(false);
    }
    let comparator = comparator_of(array)?;
    Ok(comparator(&array.elements, row, value.column, value.row).is_eq())
}

fn comparator_of(array: &Array) -> Result<types::compare::RowComparator> {
    row_comparator(array.element_type, array.elements.physical_type()).ok_or_else(|| {
        let name = array.element_type;
        error!(UNDEFINED_FUNCTION, "could not identify an equality operator for type {name}")
    })
}

/// The subscripts of the elements that equal a value.
fn positions(array: &Array, value: Option<AnyValue<'_>>, from: i32) -> Result<Vec<i32>> {
    one_dimensional_search(array)?;
    let lower = array.dimensions.first().map_or(1, |first| first.lower_bound);
    let mut found = Vec::new();
    for row in 0..array.len() {
        let subscript = lower + row as i32;
        if subscript >= from && is_same(array, row, value)? {
            found.push(subscript);
        }
    }
    Ok(found)
}

fn one_dimensional_search(array: &Array) -> Result<()> {
    if array.dimensions.len() > 1 {
        return Err(error!(
            FEATURE_NOT_SUPPORTED,
            "searching for elements in multidimensional arrays is not supported"
        ));
    }
    Ok(())
}

fn remove(array: &Array, value: Option<AnyValue<'_>>) -> Result<Array> {
    if array.dimensions.len() > 1 {
        return Err(error!(
            FEATURE_NOT_SUPPORTED,
            "removing elements from multidimensional arrays is not supported"
        ));
    }
    let mut elements = Column::new(array.elements.physical_type());
    for row in 0..array.len() {
        if !is_same(array, row, value)? {
            elements.push_row(&array.elements, row);
        }
    }
    let lower = array.dimensions.first().map_or(1, |first| first.lower_bound);
    Ok(Array::with_lower_bound(array.element_type, elements, lower))
}

fn replace(array: &Array, from: Option<AnyValue<'_>>, to: Option<AnyValue<'_>>) -> Result<Array> {
    let mut result = array.clone();
    for row in 0..array.len() {
        if is_same(array, row, from)? {
            match to {
                Some(value) => result.elements.copy_row(value.column, value.row, row),
                None => result.elements.set_null(row),
            }
        }
    }
    Ok(result)
}

/// The elements in text form, with a delimiter between them; NULLs only if they have a text.
fn join(
    context: &CallContext<'_>,
    array: &Array,
    delimiter: &str,
    null_text: Option<&str>,
) -> Result<String> {
    let mut out = Vec::new();
    let mut is_first = true;
    for row in 0..array.len() {
        let is_null = array.elements.is_null(row);
        if is_null && null_text.is_none() {
            continue;
        }
        if !is_first {
            out.extend_from_slice(delimiter.as_bytes());
        }
        is_first = false;
        match null_text.filter(|_| is_null) {
            Some(text) => out.extend_from_slice(text.as_bytes()),
            None => io::output_row(array.element_type, &array.elements, row, &context.io(), &mut out)?,
        }
    }
    Ok(String::from_utf8_lossy(&out).into_owned())
}

/// The parts of a text: its characters without a delimiter, nothing for an empty text.
fn parts(text: &str, delimiter: Option<&str>, null_text: Option<&str>) -> Vec<Option<String>> {
    let kept = |part: &str| (Some(part) != null_text).then(|| part.to_owned());
    match delimiter {
        _ if text.is_empty() => Vec::new(),
        None => text.chars().map(|letter| kept(letter.encode_utf8(&mut [0; 4]))).collect(),
        Some("") => vec![kept(text)],
        Some(delimiter) => text.split(delimiter).map(kept).collect(),
    }
}

/// `string_to_table`: the rows of what `string_to_array` gives.
pub fn string_to_table(_: &mut CallContext<'_>, values: &[Value]) -> Result<Box<dyn RowSource>> {
    let rows = match values.first().and_then(Value::as_str) {
        None => Vec::new(),
        Some(text) => {
            let delimiter = values.get(1).and_then(Value::as_str);
            let null_text = values.get(2).and_then(Value::as_str);
            let parts = parts(text, delimiter, null_text).into_iter();
            parts.map(|part| Value::from(part.as_deref())).collect()
        }
    };
    Ok(Ready::boxed(rows))
}

/// Whether every element of `b`, none of which may be NULL, is in `a`.
fn contains(a: &Array, b: &Array) -> Result<bool> {
    comparable(a, b)?;
    let comparator = comparator_of(a)?;
    Ok((0..b.len()).all(|row| {
        !b.elements.is_null(row)
            && (0..a.len()).any(|at| {
                !a.elements.is_null(at) && comparator(&a.elements, at, &b.elements, row) == Ordering::Equal
            })
    }))
}

fn overlaps(a: &Array, b: &Array) -> Result<bool> {
    comparable(a, b)?;
    let comparator = comparator_of(a)?;
    Ok((0..b.len()).any(|row| {
        !b.elements.is_null(row)
            && (0..a.len()).any(|at| {
                !a.elements.is_null(at) && comparator(&a.elements, at, &b.elements, row) == Ordering::Equal
            })
    }))
}

fn comparable(a: &Array, b: &Array) -> Result<()> {
    if a.element_type != b.element_type {
        return Err(error!(DATATYPE_MISMATCH, "cannot compare arrays of different element types"));
    }
    Ok(())
}

/// An array of the given shape whose elements all are one value.
fn fill(
    context: &CallContext<'_>,
    value: Option<AnyValue<'_>>,
    lengths: &Array,
    lower: Option<&Array>,
) -> Result<Array> {
    let element_type = element_type(context)?;
    if lengths.dimensions.len() > 1 || lower.is_some_and(|lower| lower.dimensions.len() > 1) {
        return Err(error!(ARRAY_SUBSCRIPT_ERROR, "wrong number of array subscripts")
            .detail("Dimension array must be one dimensional."));
    }
    if lengths.elements.has_nulls() && (0..lengths.len()).any(|row| lengths.elements.is_null(row)) {
        return Err(error!(NULL_VALUE_NOT_ALLOWED, "dimension values cannot be null"));
    }
    if lengths.len() > MAX_DIMENSIONS {
        return Err(error!(
            PROGRAM_LIMIT_EXCEEDED,
            "number of array dimensions ({}) exceeds the maximum allowed ({MAX_DIMENSIONS})",
            lengths.len()
        ));
    }
    if lower.is_some_and(|lower| lower.len() != lengths.len()) {
        return Err(error!(ARRAY_SUBSCRIPT_ERROR, "wrong number of array subscripts")
            .detail("Low bound array has different size than dimensions array."));
    }
    let mut dimensions = Vec::with_capacity(lengths.len());
    let mut count = 1usize;
    for row in 0..lengths.len() {
        let length = lengths.elements.get::<i32>(row);
        let lower_bound = lower.map_or(1, |lower| lower.elements.get::<i32>(row));
        let size = usize::try_from(length).map_err(|_| too_many())?;
        count = count.checked_mul(size).filter(|count| *count <= MAX_ELEMENTS).ok_or_else(too_many)?;
        dimensions.push(Dimension { length, lower_bound });
    }
    let mut elements = element_column(context, element_type)?;
    if dimensions.is_empty() || count == 0 {
        return Ok(Array::new(element_type, elements));
    }
    for _ in 0..count {
        match value {
            Some(value) => elements.push_row(value.column, value.row),
            None => elements.push_null(),
        }
    }
    Ok(Array { element_type, dimensions, elements })
}

fn trim(array: &Array, count: i32) -> Result<Array> {
    let outer = array.dimensions.first().map_or(0, |first| first.length);
    if count < 0 || count > outer {
        return Err(error!(ARRAY_ELEMENT_ERROR, "number of elements to trim must be between 0 and {outer}"));
    }
    let mut result = array.clone();
    if let Some(first) = result.dimensions.first_mut() {
        first.length -= count;
        let kept = array.len() / outer.max(1) as usize * first.length as usize;
        result.elements.truncate(kept);
        if kept == 0 {
            result.dimensions.clear();
        }
    }
    Ok(result)
}

fn dimensions_text(array: &Array) -> Option<String> {
    let bounds = |d: &Dimension| format!("[{}:{}]", d.lower_bound, d.upper_bound());
    (!array.dimensions.is_empty()).then(|| array.dimensions.iter().map(bounds).collect())
}

fn int4_array(numbers: Vec<i32>) -> Array {
    let mut column = Column::new(types::PhysicalType::Int4);
    numbers.into_iter().for_each(|number| column.push_i32(number));
    Array::new(oid::INT4, column)
}

expression::builtins! {
    pub static FUNCTIONS:
    2176 "array_length" (array: anyarray, number: int4) -> int4, strict immutable { Ok(dimension(array, number).map(|d| d.length)) }
    2091 "array_lower" (array: anyarray, number: int4) -> int4, strict immutable { Ok(dimension(array, number).map(|d| d.lower_bound)) }
    2092 "array_upper" (array: anyarray, number: int4) -> int4, strict immutable { Ok(dimension(array, number).map(Dimension::upper_bound)) }
    748 "array_ndims" (array: anyarray) -> int4, strict immutable {
        Ok(Some(array.dimensions.len() as i32).filter(|count| *count > 0))
    }
    747 "array_dims" (array: anyarray) -> text, strict immutable { Ok(dimensions_text(array)) }
    3179 "cardinality" (array: anyarray) -> int4, strict immutable { Ok(array.len() as i32) }
    378 "array_append" (array: anycompatiblearray, element: anycompatible) using context -> anycompatiblearray,
        nullable immutable {
        with_element(context, array, element, true)
    }
    379 "array_prepend" (element: anycompatible, array: anycompatiblearray) using context -> anycompatiblearray,
        nullable immutable {
        with_element(context, array, element, false)
    }
    383 "array_cat" (a: anycompatiblearray, b: anycompatiblearray) -> anycompatiblearray, nullable immutable {
        match (a, b) {
            (Some(a), Some(b)) => concatenate(a, b).map(Some),
            (one, other) => Ok(one.or(other).cloned()),
        }
    }
    3277 "array_position" (array: anycompatiblearray, element: anycompatible) -> int4, nullable immutable {
        let Some(array) = array else { return Ok(None) };
        Ok(positions(array, element, i32::MIN)?.first().copied())
    }
    3278 "array_position" (array: anycompatiblearray, element: anycompatible, start: int4) -> int4,
        nullable immutable {
        let Some(array) = array else { return Ok(None) };
        let start = start.ok_or_else(|| error!(NULL_VALUE_NOT_ALLOWED, "initial position must not be null"))?;
        Ok(positions(array, element, start)?.first().copied())
    }
    3279 "array_positions" (array: anycompatiblearray, element: anycompatible) -> int4_array, nullable immutable {
        let Some(array) = array else { return Ok(None) };
        Ok(Some(int4_array(positions(array, element, i32::MIN)?)))
    }
    3167 "array_remove" (array: anycompatiblearray, element: anycompatible) -> anycompatiblearray,
        nullable immutable {
        array.map(|array| remove(array, element)).transpose()
    }
    3168 "array_replace" (array: anycompatiblearray, from: anycompatible, to: anycompatible) -> anycompatiblearray,
        nullable immutable {
        array.map(|array| replace(array, from, to)).transpose()
    }
    395 "array_to_string" (array: anyarray, delimiter: text) using context -> text, strict stable {
        join(context, array, delimiter, None)
    }
    384 "array_to_string" (array: anyarray, delimiter: text, null_text: text) using context -> text,
        nullable stable {
        let (Some(array), Some(delimiter)) = (array, delimiter) else { return Ok(None) };
        join(context, array, delimiter, null_text).map(Some)
    }
    394 "string_to_array" (value: text, delimiter: text) -> text_array, nullable immutable {
        Ok(value.map(|value| text_array(parts(value, delimiter, None))))
    }
    376 "string_to_array" (value: text, delimiter: text, null_text: text) -> text_array, nullable immutable {
        Ok(value.map(|value| text_array(parts(value, delimiter, null_text))))
    }
    2748 "arraycontains" (a: anyarray, b: anyarray) -> bool_, strict immutable { contains(a, b) }
    2749 "arraycontained" (a: anyarray, b: anyarray) -> bool_, strict immutable { contains(b, a) }
    2747 "arrayoverlap" (a: anyarray, b: anyarray) -> bool_, strict immutable { overlaps(a, b) }
    515 "array_larger" (a: anyarray, b: anyarray) -> anyarray, strict immutable {
        Ok(if types::compare::compare_arrays(a, b).is_gt() { a } else { b })
    }
    516 "array_smaller" (a: anyarray, b: anyarray) -> anyarray, strict immutable {
        Ok(if types::compare::compare_arrays(a, b).is_lt() { a } else { b })
    }
    1193 "array_fill" (value: anyelement, lengths: int4_array) using context -> anyarray, nullable immutable {
        let lengths = lengths.ok_or_else(no_dimensions)?;
        fill(context, value, lengths, None)
    }
    1286 "array_fill" (value: anyelement, lengths: int4_array, lower_bounds: int4_array) using context -> anyarray,
        nullable immutable {
        let (lengths, lower) = (lengths.ok_or_else(no_dimensions)?, lower_bounds.ok_or_else(no_dimensions)?);
        fill(context, value, lengths, Some(lower))
    }
    6172 "trim_array" (array: anyarray, count: int4) -> anyarray, strict immutable { trim(array, count) }
}

expression::builtins! {
    pub static ORDERED:
    6381 "array_reverse" (array: anyarray) -> anyarray, strict immutable { Ok(permuted(array, |order| order.reverse())) }
    6388 "array_sort" (array: anyarray) -> anyarray, strict immutable { sorted(array, false, false) }
    6389 "array_sort" (array: anyarray, descending: bool_) -> anyarray,
        strict immutable argument_names(&["array", "descending"]) { sorted(array, descending, descending) }
    6390 "array_sort" (array: anyarray, descending: bool_, nulls_first: bool_) -> anyarray,
        strict immutable argument_names(&["array", "descending", "nulls_first"]) {
        sorted(array, descending, nulls_first)
    }
    6215 "array_shuffle" (array: anyarray) using context -> anyarray, strict volatile {
        Ok(permuted(array, |order| shuffle(context, order)))
    }
    3218 "width_bucket" (operand: anycompatible, thresholds: anycompatiblearray) -> int4, strict immutable {
        bucket(operand, thresholds)
    }
}

/// An array with its outer elements in another order.
fn permuted(array: &Array, change: impl FnOnce(&mut Vec<usize>)) -> Array {
    let outer = array.dimensions.first().map_or(0, |first| first.length) as usize;
    let width = array.len().checked_div(outer).unwrap_or(0);
    let mut order: Vec<usize> = (0..outer).collect();
    change(&mut order);
    let mut elements = Column::new(array.elements.physical_type());
    for at in order {
        for row in at * width..(at + 1) * width {
            elements.push_row(&array.elements, row);
        }
    }
    Array { element_type: array.element_type, dimensions: array.dimensions.clone(), elements }
}

fn sorted(array: &Array, is_descending: bool, nulls_first: bool) -> Result<Array> {
    let comparator = comparator_of(array)?;
    let outer = array.dimensions.first().map_or(0, |first| first.length) as usize;
    let width = array.len().checked_div(outer).unwrap_or(0);
    let elements = &array.elements;
    let compare = |a: usize, b: usize| match (elements.is_null(a), elements.is_null(b)) {
        (true, true) => Ordering::Equal,
        (true, false) => {
            if nulls_first {
                Ordering::Less
            } else {
                Ordering::Greater
            }
        }
        (false, true) => {
            if nulls_first {
                Ordering::Greater
            } else {
                Ordering::Less
            }
        }
        (false, false) => {
            let order = comparator(elements, a, elements, b);
            if is_descending { order.reverse() } else { order }
        }
    };
    Ok(permuted(array, |order| {
        order.sort_by(|a, b| {
            let mut pairs = (0..width).map(|column| compare(a * width + column, b * width + column));
            pairs.find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
        });
    }))
}

fn shuffle(context: &mut CallContext<'_>, order: &mut [usize]) {
    for last in (1..order.len()).rev() {
        let picked = (u128::from(context.session.random()) * (last as u128 + 1)) >> 64;
        order.swap(last, picked as usize);
    }
}

/// How many of the thresholds, which rise, are not above the operand.
fn bucket(operand: AnyValue<'_>, thresholds: &Array) -> Result<i32> {
    if thresholds.dimensions.len() > 1 {
        return Err(error!(ARRAY_SUBSCRIPT_ERROR, "thresholds must be one-dimensional array"));
    }
    let elements = &thresholds.elements;
    if (0..thresholds.len()).any(|row| elements.is_null(row)) {
        return Err(error!(NULL_VALUE_NOT_ALLOWED, "thresholds array must not contain NULLs"));
    }
    let comparator = comparator_of(thresholds)?;
    let (mut low, mut high) = (0, thresholds.len());
    while low < high {
        let middle = (low + high) / 2;
        if comparator(operand.column, operand.row, elements, middle).is_lt() {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    Ok(low as i32)
}

#[cold]
fn no_dimensions() -> Error {
    error!(NULL_VALUE_NOT_ALLOWED, "dimension array or low bound array cannot be null")
}
