//! What the server says, written into a buffer that its owner sends when it likes.

use error::{Report, Severity};

use crate::{Format, ProtocolVersion};

/// The transaction's state as ReadyForQuery tells it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum TransactionStatus {
    Idle = b'I',
    InTransaction = b'T',
    Failed = b'E',
}

/// A column of a RowDescription.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FieldDescription<'a> {
    pub name: &'a str,
    pub table: u32,
    pub column: i16,
    pub data_type: u32,
    pub type_length: i16,
    pub type_modifier: i32,
}

/// Output messages in the order in which they will be sent.
#[derive(Default)]
pub struct Output {
    bytes: Vec<u8>,
}

impl Output {
    pub fn with_capacity(bytes: usize) -> Output {
        Output { bytes: Vec::with_capacity(bytes) }
    }

    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub fn len(&self) -> usize {
        self.bytes.len()
    }

    pub fn clear(&mut self) {
        self.bytes.clear();
    }

    /// Forgets everything after the first `length` bytes; for an answer that turned into an error.
    pub fn truncate(&mut self, length: usize) {
        self.bytes.truncate(length);
    }

    /// Forgets the first `count` bytes, which have been sent.
    pub fn consume(&mut self, count: usize) {
        self.bytes.drain(..count);
    }

    /// Writes one message: `body` appends what follows the length.
    pub fn message(&mut self, kind: u8, body: impl FnOnce(&mut Vec<u8>)) {
        self.bytes.push(kind);
        let start = self.bytes.len();
        self.bytes.extend_from_slice(&[0; 4]);
        body(&mut self.bytes);
        self.patch_length(start);
    }

    /// Like [`Output::message`], but takes everything back when `body` fails.
    pub fn try_message<E>(
        &mut self,
        kind: u8,
        body: impl FnOnce(&mut Vec<u8>) -> Result<(), E>,
    ) -> Result<(), E> {
        let before = self.bytes.len();
        self.bytes.push(kind);
        self.bytes.extend_from_slice(&[0; 4]);
        match body(&mut self.bytes) {
            Ok(()) => {
                self.patch_length(before + 1);
                Ok(())
            }
            Err(error) => {
                self.bytes.truncate(before);
                Err(error)
            }
        }
    }

    fn patch_length(&mut self, start: usize) {
        let length = (self.bytes.len() - start) as u32;
        self.bytes[start..start + 4].copy_from_slice(&length.to_be_bytes());
    }

    /// A single byte outside any message: the answer to an SSL or GSS request.
    pub fn raw_byte(&mut self, byte: u8) {
        self.bytes.push(byte);
    }

    pub fn authentication_ok(&mut self) {
        self.message(b'R', |out| put_i32(out, 0));
    }

    pub fn authentication_cleartext_password(&mut self) {
        self.message(b'R', |out| put_i32(out, 3));
    }

    pub fn authentication_sasl(&mut self, mechanisms: &[&str]) {
        self.message(b'R', |out| {
            put_i32(out, 10);
            mechanisms.iter().for_each(|name| put_string(out, name));
            out.push(0);
        });
    }

    pub fn authentication_sasl_continue(&mut self, data: &[u8]) {
        self.message(b'R', |out| {
            put_i32(out, 11);
            out.extend_from_slice(data);
        });
    }

    pub fn authentication_sasl_final(&mut self, data: &[u8]) {
        self.message(b'R', |out| {
            put_i32(out, 12);
            out.extend_from_slice(data);
        });
    }

    /// Tells which version and which unknown options (`_pq_.`) the server does not have.
    pub fn negotiate_protocol_version(&mut self, newest: ProtocolVersion, unknown_options: &[&str]) {
        self.message(b'v', |out| {
            put_i32(out, newest.0 as i32);
            put_i32(out, unknown_options.len() as i32);
            unknown_options.iter().for_each(|name| put_string(out, name));
        });
    }

    pub fn parameter_status(&mut self, name: &str, value: &str) {
        self.message(b'S', |out| {
            put_string(out, name);
            put_string(out, value);
        });
    }

    pub fn backend_key_data(&mut self, process_id: u32, key: &[u8]) {
        self.message(b'K', |out| {
            put_i32(out, process_id as i32);
            out.extend_from_slice(key);
        });
    }

    pub fn ready_for_query(&mut self, status: TransactionStatus) {
        self.message(b'Z', |out| out.push(status as u8));
    }

    pub fn command_complete(&mut self, tag: &str) {
        self.message(b'C', |out| put_string(out, tag));
    }

    pub fn empty_query_response(&mut self) {
        self.message(b'I', |_| ());
    }

    pub fn parse_complete(&mut self) {
        self.message(b'1', |_| ());
    }

    pub fn bind_complete(&mut self) {
        self.message(b'2', |_| ());
    }

    pub fn close_complete(&mut self) {
        self.message(b'3', |_| ());
    }

    pub fn no_data(&mut self) {
        self.message(b'n', |_| ());
    }

    pub fn portal_suspended(&mut self) {
        self.message(b's', |_| ());
    }

    pub fn parameter_description(&mut self, types: impl ExactSizeIterator<Item = u32>) {
        self.message(b't', |out| {
            put_i16(out, types.len() as i16);
            types.for_each(|oid| put_i32(out, oid as i32));
        });
    }

    /// `formats` gives the format of the column with this index.
    pub fn row_description<'a>(
        &mut self,
        fields: impl ExactSizeIterator<Item = FieldDescription<'a>>,
        formats: impl Fn(usize) -> Format,
    ) {
        self.message(b'T', |out| {
            put_i16(out, fields.len() as i16);
            for (index, field) in fields.enumerate() {
                put_string(out, field.name);
                put_i32(out, field.table as i32);
                put_i16(out, field.column);
                put_i32(out, field.data_type as i32);
                put_i16(out, field.type_length);
                put_i32(out, field.type_modifier);
                put_i16(out, formats(index) as i16);
            }
        });
    }

    /// CopyInResponse (`b'G'`) or CopyOutResponse (`b'H'`).
    pub fn copy_response(&mut self, kind: u8, format: Format, columns: usize) {
        self.message(kind, |out| {
            out.push(format as u8);
            put_i16(out, columns as i16);
            (0..columns).for_each(|_| put_i16(out, format as i16));
        });
    }

    pub fn copy_done(&mut self) {
        self.message(b'c', |_| ());
    }

    pub fn notification(&mut self, process_id: u32, channel: &str, payload: &str) {
        self.message(b'A', |out| {
            put_i32(out, process_id as i32);
            put_string(out, channel);
            put_string(out, payload);
        });
    }

    /// ErrorResponse from ERROR on, NoticeResponse below.
    pub fn report(&mut self, report: &Report) {
        let kind = if report.severity >= Severity::Error { b'E' } else { b'N' };
        self.message(kind, |out| {
            let mut field = |code: u8, text: &str| {
                out.push(code);
                put_string(out, text);
            };
            field(b'S', report.severity.as_str());
            field(b'V', report.severity.as_str());
            field(b'C', report.sqlstate.as_str());
            field(b'M', &report.message);
            let optional = [
                (b'D', report.detail.as_deref()),
                (b'H', report.hint.as_deref()),
                (b'q', report.internal_query.as_deref()),
                (b'W', report.context.as_deref()),
                (b's', report.schema.as_deref()),
                (b't', report.table.as_deref()),
                (b'c', report.column.as_deref()),
                (b'd', report.data_type.as_deref()),
                (b'n', report.constraint.as_deref()),
            ];
            for (code, text) in optional {
                if let Some(text) = text {
                    field(code, text);
                }
            }
            if report.position > 0 {
                field(b'P', &report.position.to_string());
            }
            if report.internal_position > 0 {
                field(b'p', &report.internal_position.to_string());
            }
            out.push(0);
        });
    }
}

pub fn put_i16(out: &mut Vec<u8>, value: i16) {
    out.extend_from_slice(&value.to_be_bytes());
}

pub fn put_i32(out: &mut Vec<u8>, value: i32) {
    out.extend_from_slice(&value.to_be_bytes());
}

/// Writes text and its terminating zero byte; a zero inside would end the string early, so it is left out.
pub fn put_string(out: &mut Vec<u8>, text: &str) {
    out.extend(text.bytes().filter(|byte| *byte != 0));
    out.push(0);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn error_response_has_its_fields() {
        let mut output = Output::default();
        let error = error::error!(SYNTAX_ERROR, "syntax error at or near \"x\"").at(7);
        output.report(error.report());
        assert_eq!(
            output.as_bytes(),
            b"E\0\0\0\x3aSERROR\0VERROR\0C42601\0Msyntax error at or near \"x\"\0P7\0\0"
        );
    }

    #[test]
    fn a_failed_message_leaves_nothing() {
        let mut output = Output::default();
        output.ready_for_query(TransactionStatus::Idle);
        let failed = output.try_message(b'D', |out| {
            out.push(1);
            Err(())
        });
        assert_eq!(failed, Err(()));
        assert_eq!(output.as_bytes(), b"Z\0\0\0\x05I");
    }
}
