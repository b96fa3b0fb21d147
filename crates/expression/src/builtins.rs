//! The macro that makes declarations from typed function bodies.

/// Declares scalar functions: one typed body becomes the loop over columns, with nulls, constants and a selection.
///
/// ```
/// use error::error;
/// use expression::sql::*;
/// expression::builtins! {
///     pub static FUNCTIONS:
///     /// Absolute value.
///     1397 "abs" (value: int4) -> int4, strict immutable {
///         value.checked_abs().ok_or_else(|| error!(NUMERIC_VALUE_OUT_OF_RANGE, "integer out of range"))
///     }
///     /// Concatenation; the result is written in place.
///     1258 "textcat" (left: text, right: text) -> text as out, strict immutable {
///         out.extend_from_slice(left.as_bytes());
///         out.extend_from_slice(right.as_bytes());
///         Ok(())
///     }
/// }
/// assert_eq!(FUNCTIONS.len(), 2);
/// ```
///
/// - The types are the markers of [`crate::sql`]. The body is an expression of type `Result<impl Output<..>>`;
///   an `Option` makes NULLs.
/// - `strict` or `nullable` comes first. With `nullable` every argument is an `Option`.
/// - Then the other properties: methods of [`FunctionDeclaration`](crate::FunctionDeclaration), as `immutable`
///   or `cost(10.0)`.
/// - `(..) using context -> ..` gives the body the [`CallContext`](crate::CallContext).
/// - `-> text as out` gives it `out: &mut Vec<u8>` to append to; it then returns `Result<()>`.
#[macro_export]
macro_rules! builtins {
    ($visibility:vis static $table:ident: $($rest:tt)*) => {
        $crate::__builtins!(@parse [$visibility $table] [] $($rest)*);
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __builtins {
    (@parse [$visibility:vis $table:ident] [$($done:expr,)*]) => {
        $visibility static $table: &[$crate::FunctionDeclaration] = &[$($done),*];
    };
    (@parse $head:tt [$($done:expr,)*]
        $(#[doc = $doc:literal])*
        $oid:literal $name:literal ($($argument:ident : $type:ident),* $(,)?) $(using $context:ident)?
            -> $result:ident $(as $out:ident)?, $mode:ident $($flag:ident $(($($value:expr),*))?)* $body:block
        $($rest:tt)*
    ) => {
        $crate::__builtins!(@parse $head [$($done,)* {
            fn batch(
                __context: &mut $crate::CallContext<'_>,
                __arguments: &[&$crate::__private::Column],
                __rows: $crate::__private::Rows<'_>,
                __out: &mut $crate::__private::Column,
            ) -> $crate::__private::Result<()> {
                __out.resize(__rows.length());
                let __nulls = __arguments.iter().any(|column| column.has_nulls());
                let mut __rest = __arguments.iter();
                $(let $argument = match __rest.next() {
                    Some(column) => (*column, <$type as $crate::sql::SqlType>::reader(column)),
                    None => return Err($crate::missing_argument($oid)),
                };)*
                let _ = (&__rest, __nulls, &__context);
                __rows.try_for_each(|__row| {
                    $crate::__builtins!(@row $mode __out __row __nulls $($argument $type)*);
                    $(let $context: &mut $crate::CallContext<'_> = &mut *__context;)?
                    $crate::__builtins!(@result $result __out __row [$($out)?] $body);
                    Ok(())
                })
            }
            $crate::FunctionDeclaration::new(
                $oid, $name, &[$(<$type as $crate::sql::SqlType>::OID),*],
                <$result as $crate::sql::SqlType>::OID, $crate::Implementation::Scalar(batch),
            )
            .description(&[$($doc),*])
            .$mode()
            $(.$flag($($($value),*)?))*
        },] $($rest)*);
    };
    (@row strict $out:ident $row:ident $nulls:ident $($argument:ident $type:ident)*) => {
        if $nulls && (false $(|| $argument.0.is_null($row))*) {
            $out.set_null($row);
            return Ok(());
        }
        $(let $argument = $crate::sql::Read::get($argument.1, $row);)*
    };
    (@row nullable $out:ident $row:ident $nulls:ident $($argument:ident $type:ident)*) => {
        $(let $argument = if $nulls && $argument.0.is_null($row) {
            None
        } else {
            Some($crate::sql::Read::get($argument.1, $row))
        };)*
    };
    (@result $result:ident $column:ident $row:ident [] $body:block) => {
        let __result = (|| -> $crate::__private::Result<_> { $body })()?;
        $crate::sql::Output::<$result>::write(__result, $column, $row);
    };
    (@result $result:ident $column:ident $row:ident [$out:ident] $body:block) => {
        $column.set_bytes_with($row, |$out: &mut Vec<u8>| -> $crate::__private::Result<()> { $body })?;
    };
}
