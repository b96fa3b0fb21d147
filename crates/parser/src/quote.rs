//! Names back into SQL text.

use std::borrow::Cow;
use std::cell::Cell;

use crate::keyword::{Keyword, KeywordClass};

thread_local! {
    static QUOTES_ALL: Cell<bool> = const { Cell::new(false) };
}

/// From now on the calling thread quotes identifiers that would not need it, too.
pub fn quote_all_identifiers(quotes: bool) {
    QUOTES_ALL.set(quotes);
}

/// `name` as it must be written in SQL: quoted when it would not be read back as the same name.
pub fn quote_identifier(name: &str) -> Cow<'_, str> {
    let is_start = |byte: u8| byte.is_ascii_lowercase() || byte == b'_';
    let is_plain = name.bytes().next().is_some_and(is_start)
        && name.bytes().all(|byte| is_start(byte) || byte.is_ascii_digit())
        && Keyword::lookup(name.as_bytes()).is_none_or(|keyword| keyword.class() == KeywordClass::Unreserved);
    if is_plain && !QUOTES_ALL.get() {
        return Cow::Borrowed(name);
    }
    Cow::Owned(format!("\"{}\"", name.replace('"', "\"\"")))
}
