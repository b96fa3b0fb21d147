//! Constants: with a cast unless the text alone says the type.

use error::Result;
use nodes::expression::Constant;
use types::{Value, oid};

use super::Printer;

impl Printer<'_> {
    /// `labelled`: a cast after it may be left out only where the text says the type.
    pub fn constant(&mut self, constant: &Constant, labelled: bool) -> Result<()> {
        let found = constant.data_type;
        if constant.value.is_null() {
            self.put("NULL");
            if labelled && found.oid != oid::UNKNOWN {
                let name = self.data_type(found.oid, found.modifier)?;
                self.put(&format!("::{name}"));
            }
            return Ok(());
        }
        let text = self.text.output(found.oid, &constant.value)?;
        let mut needs_label = match found.oid {
            oid::INT4 | oid::BOOL | oid::UNKNOWN => false,
            oid::NUMERIC => found.modifier >= 0,
            _ => true,
        };
        let is_plain_number = matches!(found.oid, oid::INT4 | oid::NUMERIC)
            && text.starts_with(|letter: char| letter.is_ascii_digit());
        match (&constant.value, found.oid) {
            (Value::Bool(value), oid::BOOL) => self.put(if *value { "true" } else { "false" }),
            _ if is_plain_number => {
                // Without a point it would be read as an integer.
                needs_label |= found.oid == oid::NUMERIC && !text.contains(['.', 'e', 'E']);
                self.put(&text);
            }
            _ => {
                needs_label |= matches!(found.oid, oid::INT4 | oid::NUMERIC);
                self.literal(&text);
            }
        }
        if labelled && needs_label {
            let name = self.data_type(found.oid, found.modifier)?;
            self.put(&format!("::{name}"));
        }
        Ok(())
    }

    pub fn literal(&mut self, text: &str) {
        if text.contains('\\') {
            self.put("E");
        }
        self.put("'");
        self.put(&text.replace('\\', "\\\\").replace('\'', "''"));
        self.put("'");
    }
}
