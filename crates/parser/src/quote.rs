//! Names back into SQL text.

use std::borrow::Cow;

use crate::keyword::{Keyword, KeywordClass};

/// `name` as it must be written in SQL: quoted when it would not be read back as the same name.
pub fn quote_identifier(name: &str) -> Cow<'_, str> {
    let is_start = |byte: u8| byte.is_ascii_lowercase() || byte == b'_';
    let is_plain = name.bytes().next().is_some_and(is_start)
        && name.bytes().all(|byte| is_start(byte) || byte.is_ascii_digit())
        && Keyword::lookup(name.as_bytes()).is_none_or(|keyword| keyword.class() == KeywordClass::Unreserved);
    if is_plain {
        return Cow::Borrowed(name);
    }
    Cow::Owned(format!("\"{}\"", name.replace('"', "\"\"")))
}
