//! PostgreSQL's frontend/backend protocol, versions 3.0 and 3.2, as pure byte codecs.
//!
//! Nothing here reads a socket: [`frame`] cuts a byte buffer into messages, [`frontend`] gives them meaning, [`backend`]
//! writes answers into a buffer that its owner sends.
#![forbid(unsafe_code)]

pub mod backend;
pub mod frame;
pub mod frontend;

/// The protocol's major version in the high half, the minor one in the low.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct ProtocolVersion(pub u32);

impl ProtocolVersion {
    pub const V3_0: ProtocolVersion = ProtocolVersion(3 << 16);
    /// Adds cancel keys of more than four bytes.
    pub const V3_2: ProtocolVersion = ProtocolVersion(3 << 16 | 2);
    pub const NEWEST: ProtocolVersion = Self::V3_2;

    pub fn major(self) -> u32 {
        self.0 >> 16
    }

    pub fn minor(self) -> u32 {
        self.0 & 0xffff
    }
}

/// How a value is written in a Bind, RowDescription or DataRow message.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[repr(i16)]
pub enum Format {
    #[default]
    Text = 0,
    Binary = 1,
}
