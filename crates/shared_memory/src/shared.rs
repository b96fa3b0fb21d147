//! What may lie in the shared region: the traits [`Shared`] and [`Plain`] and the macros that declare such types.
//!
//! `shared_struct!` makes a structure of atomics and locks; `plain_struct!` makes copyable data that a lock guards.
//! Both check every field at compile time, so that crates without unsafe code can declare their own.

use std::ops::Deref;
use std::sync::atomic::*;

use common::{
    BlockNumber, CommandId, ForkNumber, Lsn, OffsetNumber, Oid, RelationFile, TransactionId, TupleId,
};

/// A type whose values may lie in the shared region.
///
/// # Safety
/// All-zero bytes are a valid value; there is no drop glue and no pointer to private memory; everything that changes
/// does so through atomics or cells guarded by a lock that works across processes.
pub unsafe trait Shared: Sync + 'static {}

/// Copyable data that may lie in the shared region behind a lock.
///
/// # Safety
/// All-zero bytes are a valid value, and there is no pointer to private memory.
pub unsafe trait Plain: Copy + Send + Sync + 'static {}

macro_rules! implement {
    ($trait:ident: $($type:ty),* $(,)?) => {
        $(
            // SAFETY: integers and wrappers of integers: any bytes are valid, zeros included.
            unsafe impl $trait for $type {}
        )*
    };
}

implement!(Shared: AtomicBool, AtomicU8, AtomicU16, AtomicU32, AtomicU64, AtomicUsize);
implement!(Shared: AtomicI8, AtomicI16, AtomicI32, AtomicI64, AtomicIsize);
implement!(Plain: u8, u16, u32, u64, u128, usize, i8, i16, i32, i64, i128, isize, f32, f64, bool, ());
implement!(Plain: Oid, TransactionId, CommandId, Lsn, BlockNumber, OffsetNumber, TupleId, RelationFile);
// Zero is the main fork.
implement!(Plain: ForkNumber);

// SAFETY: zeroed elements make a zeroed array.
unsafe impl<T: Shared, const N: usize> Shared for [T; N] {}
// SAFETY: zeroed elements make a zeroed array.
unsafe impl<T: Plain, const N: usize> Plain for [T; N] {}

/// A value on cache lines of its own, so that its neighbours' writers do not slow it down.
#[repr(C, align(128))]
#[derive(Default)]
pub struct CacheLine<T>(pub T);

impl<T> Deref for CacheLine<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

// SAFETY: only padding is added.
unsafe impl<T: Shared> Shared for CacheLine<T> {}

/// Declares a structure that may lie in the shared region; its fields are atomics, locks and other shared structures.
#[macro_export]
macro_rules! shared_struct {
    ($($(#[$attribute:meta])* $visibility:vis struct $name:ident {
        $($(#[$field_attribute:meta])* $field_visibility:vis $field:ident: $type:ty),* $(,)?
    })*) => {$(
        $(#[$attribute])*
        #[repr(C)]
        $visibility struct $name {
            $($(#[$field_attribute])* $field_visibility $field: $type,)*
        }

        const _: () = {
            const fn is_shared<T: $crate::Shared>() {}
            $(is_shared::<$type>();)*
            assert!(!::core::mem::needs_drop::<$name>());
        };

        // SAFETY: every field is `Shared`, as checked above.
        unsafe impl $crate::Shared for $name {}
    )*};
}

/// Declares copyable data that may lie in the shared region behind a lock.
#[macro_export]
macro_rules! plain_struct {
    ($($(#[$attribute:meta])* $visibility:vis struct $name:ident {
        $($(#[$field_attribute:meta])* $field_visibility:vis $field:ident: $type:ty),* $(,)?
    })*) => {$(
        $(#[$attribute])*
        #[derive(Clone, Copy)]
        #[repr(C)]
        $visibility struct $name {
            $($(#[$field_attribute])* $field_visibility $field: $type,)*
        }

        const _: () = {
            const fn is_plain<T: $crate::Plain>() {}
            $(is_plain::<$type>();)*
        };

        // SAFETY: every field is `Plain`, as checked above.
        unsafe impl $crate::Plain for $name {}
    )*};
}
