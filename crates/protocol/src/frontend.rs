//! What a client says: start-up packets and messages, borrowed from the input buffer.

use error::{Result, Severity, bail, error};

use crate::{Format, ProtocolVersion};

/// The body of a start-up packet.
#[derive(Debug, PartialEq, Eq)]
pub enum Startup<'a> {
    SslRequest,
    GssEncryptionRequest,
    Cancel { process_id: u32, key: &'a [u8] },
    Session { version: ProtocolVersion, parameters: Vec<(&'a str, &'a str)> },
}

const CANCEL_CODE: u32 = 1234 << 16 | 5678;
const SSL_CODE: u32 = 1234 << 16 | 5679;
const GSS_CODE: u32 = 1234 << 16 | 5680;

/// Reads the body of a start-up packet.
/// # Errors
/// 08P01 for a malformed packet, 0A000 for an unknown major version.
pub fn parse_startup(body: &[u8]) -> Result<Startup<'_>> {
    let mut reader = Reader { rest: body };
    let layout =
        || error!(PROTOCOL_VIOLATION, "invalid startup packet layout: expected terminator as last byte");
    match reader.u32()? {
        SSL_CODE => Ok(Startup::SslRequest),
        GSS_CODE => Ok(Startup::GssEncryptionRequest),
        CANCEL_CODE => {
            // Whoever cancels awaits no answer; only the log hears of it.
            let invalid = || {
                error!(PROTOCOL_VIOLATION, "invalid length of cancel request packet")
                    .with_severity(Severity::Log)
            };
            let process_id = reader.u32().map_err(|_| invalid())?;
            if !(4..=256).contains(&reader.rest.len()) {
                return Err(invalid());
            }
            Ok(Startup::Cancel { process_id, key: reader.rest })
        }
        code => {
            let version = ProtocolVersion(code);
            if version.major() != 3 {
                bail!(
                    FEATURE_NOT_SUPPORTED,
                    "unsupported frontend protocol {}.{}: server supports 3.0 to 3.2",
                    version.major(),
                    version.minor()
                );
            }
            let mut parameters = Vec::new();
            if reader.rest.last() != Some(&0) {
                return Err(layout());
            }
            loop {
                let name = reader.string()?;
                if name.is_empty() {
                    break;
                }
                parameters.push((name, reader.string()?));
            }
            if !reader.rest.is_empty() {
                return Err(layout());
            }
            Ok(Startup::Session { version, parameters })
        }
    }
}

/// What a Describe or Close message names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target<'a> {
    Statement(&'a str),
    Portal(&'a str),
}

/// A message of an established session.
#[derive(Debug)]
pub enum Message<'a> {
    Query(&'a str),
    Parse {
        statement: &'a str,
        query: &'a str,
        parameter_types: OidList<'a>,
    },
    Bind(Bind<'a>),
    Describe(Target<'a>),
    Execute {
        portal: &'a str,
        /// 0 is "all".
        row_limit: u32,
    },
    Close(Target<'a>),
    Flush,
    Sync,
    Terminate,
    CopyData(&'a [u8]),
    CopyDone,
    CopyFail(&'a str),
    /// A password or a SASL message; its meaning depends on the method that was asked for.
    Authentication(&'a [u8]),
    FunctionCall,
}

/// The object identifiers of a Parse message; 0 is "not given".
#[derive(Clone, Copy, Debug)]
pub struct OidList<'a>(&'a [u8]);

impl<'a> OidList<'a> {
    pub fn iter(self) -> impl ExactSizeIterator<Item = u32> + 'a {
        self.0.chunks_exact(4).map(|field| u32::from_be_bytes([field[0], field[1], field[2], field[3]]))
    }
}

/// A Bind message. The lists are validated when it is parsed.
#[derive(Clone, Copy, Debug)]
pub struct Bind<'a> {
    pub portal: &'a str,
    pub statement: &'a str,
    pub parameter_count: usize,
    parameter_formats: Formats<'a>,
    parameters: &'a [u8],
    pub result_formats: Formats<'a>,
}

impl<'a> Bind<'a> {
    pub fn parameter_format(&self, index: usize) -> Format {
        self.parameter_formats.of(index)
    }

    /// The parameters' bytes in order; `None` is null.
    pub fn parameters(&self) -> impl Iterator<Item = Option<&'a [u8]>> + 'a {
        let mut reader = Reader { rest: self.parameters };
        (0..self.parameter_count).map(move |_| reader.counted().ok().flatten())
    }
}

/// Format codes: none means text for all, one means that one for all, else one each.
#[derive(Clone, Copy, Debug)]
pub struct Formats<'a>(&'a [u8]);

impl Formats<'_> {
    pub fn count(&self) -> usize {
        self.0.len() / 2
    }

    pub fn of(&self, index: usize) -> Format {
        let at = match self.count() {
            0 => return Format::Text,
            1 => 0,
            _ => index,
        };
        match self.0.get(at * 2..at * 2 + 2) {
            Some([0, 1]) => Format::Binary,
            _ => Format::Text,
        }
    }
}

/// Reads the body of a message of this kind, as cut out by [`crate::frame::message_frame`].
/// # Errors
/// 08P01 for a malformed message, 22021 for text that is not UTF-8.
pub fn parse_message(kind: u8, body: &[u8]) -> Result<Message<'_>> {
    let mut reader = Reader { rest: body };
    let message = match kind {
        b'Q' => Message::Query(reader.string()?),
        b'P' => {
            let statement = reader.string()?;
            let query = reader.string()?;
            let count = reader.u16()? as usize;
            Message::Parse { statement, query, parameter_types: OidList(reader.bytes(count * 4)?) }
        }
        b'B' => {
            let portal = reader.string()?;
            let statement = reader.string()?;
            let parameter_formats = reader.formats()?;
            let parameter_count = reader.u16()? as usize;
            if parameter_formats.count() > 1 && parameter_formats.count() != parameter_count {
                bail!(
                    PROTOCOL_VIOLATION,
                    "bind message has {} parameter formats but {parameter_count} parameters",
                    parameter_formats.count()
                );
            }
            let parameters = reader.rest;
            for _ in 0..parameter_count {
                reader.counted()?;
            }
            let parameters = &parameters[..parameters.len() - reader.rest.len()];
            let result_formats = reader.formats()?;
            Message::Bind(Bind {
                portal,
                statement,
                parameter_count,
                parameter_formats,
                parameters,
                result_formats,
            })
        }
        b'D' => Message::Describe(reader.target("DESCRIBE")?),
        b'C' => Message::Close(reader.target("CLOSE")?),
        b'E' => Message::Execute { portal: reader.string()?, row_limit: reader.u32()?.min(i32::MAX as u32) },
        b'H' => Message::Flush,
        b'S' => Message::Sync,
        b'X' => Message::Terminate,
        b'd' => Message::CopyData(std::mem::take(&mut reader.rest)),
        b'c' => Message::CopyDone,
        b'f' => Message::CopyFail(reader.string()?),
        b'p' => Message::Authentication(std::mem::take(&mut reader.rest)),
        b'F' => {
            reader.rest = &[];
            Message::FunctionCall
        }
        _ => bail!(PROTOCOL_VIOLATION, "invalid frontend message type {kind}"),
    };
    if !reader.rest.is_empty() {
        bail!(PROTOCOL_VIOLATION, "invalid message format");
    }
    Ok(message)
}

/// Checks that client text is valid UTF-8 without zero bytes.
/// # Errors
/// 22021 with the offending bytes, as PostgreSQL prints them.
pub fn validate_text(bytes: &[u8]) -> Result<&str> {
    match std::str::from_utf8(bytes) {
        Ok(text) if !bytes.contains(&0) => Ok(text),
        Ok(_) => {
            Err(error!(CHARACTER_NOT_IN_REPERTOIRE, "invalid byte sequence for encoding \"UTF8\": 0x00"))
        }
        Err(cause) => {
            let at = cause.valid_up_to();
            let expected = match bytes[at] {
                0xf0..=0xf7 => 4,
                0xe0..=0xef => 3,
                0xc0..=0xdf => 2,
                _ => 1,
            };
            let shown: Vec<String> =
                bytes[at..].iter().take(expected).map(|byte| format!("0x{byte:02x}")).collect();
            Err(error!(
                CHARACTER_NOT_IN_REPERTOIRE,
                "invalid byte sequence for encoding \"UTF8\": {}",
                shown.join(" ")
            ))
        }
    }
}

struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    fn bytes(&mut self, count: usize) -> Result<&'a [u8]> {
        if self.rest.len() < count {
            bail!(PROTOCOL_VIOLATION, "insufficient data left in message");
        }
        let (taken, rest) = self.rest.split_at(count);
        self.rest = rest;
        Ok(taken)
    }

    fn u16(&mut self) -> Result<u16> {
        self.bytes(2).map(|field| u16::from_be_bytes([field[0], field[1]]))
    }

    fn u32(&mut self) -> Result<u32> {
        self.bytes(4).map(|field| u32::from_be_bytes([field[0], field[1], field[2], field[3]]))
    }

    fn string(&mut self) -> Result<&'a str> {
        let Some(end) = self.rest.iter().position(|byte| *byte == 0) else {
            bail!(PROTOCOL_VIOLATION, "invalid string in message");
        };
        let text = validate_text(&self.rest[..end])?;
        self.rest = &self.rest[end + 1..];
        Ok(text)
    }

    /// A value with a length before it; -1 is null.
    fn counted(&mut self) -> Result<Option<&'a [u8]>> {
        match self.u32()? as i32 {
            -1 => Ok(None),
            length if length < 0 => Err(error!(PROTOCOL_VIOLATION, "insufficient data left in message")),
            length => self.bytes(length as usize).map(Some),
        }
    }

    fn formats(&mut self) -> Result<Formats<'a>> {
        let count = self.u16()? as usize;
        let codes = self.bytes(count * 2)?;
        for code in codes.chunks_exact(2) {
            if !matches!(code, [0, 0 | 1]) {
                let code = i16::from_be_bytes([code[0], code[1]]);
                bail!(INVALID_PARAMETER_VALUE, "unsupported format code: {code}");
            }
        }
        Ok(Formats(codes))
    }

    fn target(&mut self, message: &str) -> Result<Target<'a>> {
        if self.rest.is_empty() {
            bail!(PROTOCOL_VIOLATION, "no data left in message");
        }
        match self.bytes(1)?[0] {
            b'S' => Ok(Target::Statement(self.string()?)),
            b'P' => Ok(Target::Portal(self.string()?)),
            other => Err(error!(PROTOCOL_VIOLATION, "invalid {message} message subtype {other}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn startup_parameters() {
        let body = b"\0\x03\0\x02user\0ada\0database\0shop\0\0";
        let Startup::Session { version, parameters } = parse_startup(body).unwrap() else { panic!() };
        assert_eq!(version, ProtocolVersion::V3_2);
        assert_eq!(parameters, [("user", "ada"), ("database", "shop")]);
        assert!(parse_startup(b"\0\x03\0\0user\0ada\0").is_err(), "no terminator");
        assert!(parse_startup(b"\0\x02\0\0").is_err(), "version 2");
    }

    #[test]
    fn bind_reads_values_and_formats() {
        let body = b"p\0s\0\0\x01\0\x01\0\x02\0\0\0\x02ab\xff\xff\xff\xff\0\0";
        let Message::Bind(bind) = parse_message(b'B', body).unwrap() else { panic!() };
        assert_eq!((bind.portal, bind.statement), ("p", "s"));
        assert_eq!(bind.parameter_format(1), Format::Binary);
        assert_eq!(bind.parameters().collect::<Vec<_>>(), [Some(&b"ab"[..]), None]);
        assert_eq!(bind.result_formats.of(7), Format::Text);
    }

    /// Whatever is cut off or added, the answer is an error and never a panic.
    #[test]
    fn damaged_messages_are_errors() {
        let body = b"p\0s\0\0\x01\0\x01\0\x02\0\0\0\x02ab\xff\xff\xff\xff\0\0";
        for cut in 0..body.len() {
            assert!(parse_message(b'B', &body[..cut]).is_err(), "cut at {cut}");
        }
        assert!(parse_message(b'S', b"x").is_err());
        let wrong = parse_message(b'Q', b"SELECT '\xff\xfe'\0").unwrap_err();
        assert_eq!(wrong.message(), "invalid byte sequence for encoding \"UTF8\": 0xff");
    }
}
