//! Arrays as text: `{1,2,NULL}`, `[0:1]={a,"b c"}`, `{{1,2},{3,4}}`; generic over the element.

use error::{Error, Result, error};

use crate::array::{Array, Dimension, MAX_DIMENSIONS};

/// An element as it stands in the literal.
pub enum Item<'a> {
    Null,
    Text(&'a str),
}

/// The dimensions of a literal, after `element` was called with each element in order.
///
/// # Errors
/// 22P02 for malformed literals, 54000 for too many dimensions, 2202E for bad bounds.
pub fn parse(
    text: &str,
    delimiter: u8,
    mut element: impl FnMut(Item<'_>) -> Result<()>,
) -> Result<Vec<Dimension>> {
    let bytes = text.as_bytes();
    let mut at = skip_blanks(bytes, 0);
    let declared = parse_bounds(text, &mut at)?;
    if bytes.get(at) != Some(&b'{') {
        return Err(malformed(
            text,
            if declared.is_empty() {
                "Array value must start with \"{\" or dimension information."
            } else {
                "Array contents must start with \"{\"."
            },
        ));
    }
    let mut reader =
        Reader { text, at, delimiter, lengths: Vec::new(), depth_of_elements: None, item: String::new() };
    reader.braces(0, &mut element)?;
    if skip_blanks(bytes, reader.at) != bytes.len() {
        return Err(malformed(text, "Junk after closing right brace."));
    }
    let lengths = reader.lengths;
    if lengths.contains(&Some(0)) || lengths.is_empty() {
        if !declared.is_empty() && declared.iter().any(|dimension| dimension.length != 0) {
            return Err(malformed(text, "Specified array dimensions do not match array contents."));
        }
        return Ok(Vec::new());
    }
    let found = lengths.iter().map(|length| length.unwrap_or(0));
    if declared.is_empty() {
        return Ok(found.map(|length| Dimension { length, lower_bound: 1 }).collect());
    }
    if !declared.iter().map(|dimension| dimension.length).eq(found) {
        return Err(malformed(text, "Specified array dimensions do not match array contents."));
    }
    Ok(declared)
}

fn malformed(text: &str, detail: &str) -> Error {
    error!(INVALID_TEXT_REPRESENTATION, "malformed array literal: \"{text}\"").detail(detail)
}

fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | 0x0b | 0x0c)
}

fn skip_blanks(bytes: &[u8], at: usize) -> usize {
    at + bytes[at..].iter().take_while(|byte| is_blank(**byte)).count()
}

/// `[1:3][0:1]=`, or nothing.
fn parse_bounds(text: &str, at: &mut usize) -> Result<Vec<Dimension>> {
    let bytes = text.as_bytes();
    let mut dimensions = Vec::new();
    let number = |at: &mut usize| -> Option<i32> {
        let start = *at;
        if matches!(bytes.get(*at), Some(b'-' | b'+')) {
            *at += 1;
        }
        while bytes.get(*at).is_some_and(u8::is_ascii_digit) {
            *at += 1;
        }
        text[start..*at].parse().ok()
    };
    while bytes.get(*at) == Some(&b'[') {
        if dimensions.len() >= MAX_DIMENSIONS {
            return Err(too_many_dimensions());
        }
        *at += 1;
        let first = number(at)
            .ok_or_else(|| malformed(text, "\"[\" must introduce explicitly-specified array dimensions."))?;
        let (lower_bound, upper) = if bytes.get(*at) == Some(&b':') {
            *at += 1;
            (first, number(at).ok_or_else(|| malformed(text, "Missing array dimension value."))?)
        } else {
            (1, first)
        };
        if bytes.get(*at) != Some(&b']') {
            return Err(malformed(text, "Missing \"]\" after array dimensions."));
        }
        *at += 1;
        if upper < lower_bound {
            return Err(error!(ARRAY_SUBSCRIPT_ERROR, "upper bound cannot be less than lower bound"));
        }
        let length = upper.checked_sub(lower_bound).and_then(|length| length.checked_add(1));
        let length =
            length.ok_or_else(|| error!(PROGRAM_LIMIT_EXCEEDED, "array size exceeds the maximum allowed"))?;
        dimensions.push(Dimension { length, lower_bound });
    }
    if !dimensions.is_empty() {
        *at = skip_blanks(bytes, *at);
        if bytes.get(*at) != Some(&b'=') {
            return Err(malformed(text, "Missing \"=\" after array dimensions."));
        }
        *at = skip_blanks(bytes, *at + 1);
    }
    Ok(dimensions)
}

fn too_many_dimensions() -> Error {
    error!(
        PROGRAM_LIMIT_EXCEEDED,
        "number of array dimensions exceeds the maximum allowed ({MAX_DIMENSIONS})"
    )
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    delimiter: u8,
    /// Elements found in each dimension, once the first brace of that depth is closed.
    lengths: Vec<Option<i32>>,
    depth_of_elements: Option<usize>,
    item: String,
}

impl Reader<'_> {
    /// From one opening brace to its closing one.
    fn braces(&mut self, depth: usize, element: &mut impl FnMut(Item<'_>) -> Result<()>) -> Result<()> {
        let bytes = self.text.as_bytes();
        if depth >= MAX_DIMENSIONS {
            return Err(too_many_dimensions());
        }
        if self.lengths.len() <= depth {
            self.lengths.push(None);
        }
        let mismatch = "Multidimensional arrays must have sub-arrays with matching dimensions.";
        self.at += 1;
        let mut count = 0;
        loop {
            self.at = skip_blanks(bytes, self.at);
            match bytes.get(self.at) {
                None => return Err(malformed(self.text, "Unexpected end of input.")),
                Some(b'}') if count == 0 => {
                    self.at += 1;
                    break;
                }
                Some(b'{') => {
                    if self.depth_of_elements.is_some_and(|found| found <= depth) {
                        return Err(malformed(self.text, mismatch));
                    }
                    self.braces(depth + 1, element)?;
                }
                Some(b'}') => return Err(malformed(self.text, "Unexpected \"}\" character.")),
                Some(byte) if *byte == self.delimiter => {
                    let detail = format!("Unexpected \"{}\" character.", self.delimiter as char);
                    return Err(malformed(self.text, &detail));
                }
                Some(_) => {
                    if *self.depth_of_elements.get_or_insert(depth) != depth || self.lengths.len() > depth + 1
                    {
                        return Err(malformed(self.text, mismatch));
                    }
                    self.element(element)?;
                }
            }
            count += 1;
            self.at = skip_blanks(bytes, self.at);
            match bytes.get(self.at) {
                Some(b'}') => {
                    self.at += 1;
                    break;
                }
                Some(byte) if *byte == self.delimiter => {
                    self.at += 1;
                    if bytes.get(skip_blanks(bytes, self.at)) == Some(&b'}') {
                        return Err(malformed(self.text, "Unexpected \"}\" character."));
                    }
                }
                None => return Err(malformed(self.text, "Unexpected end of input.")),
                Some(_) => return Err(malformed(self.text, "Unexpected array element.")),
            }
        }
        match self.lengths[depth] {
            None => self.lengths[depth] = Some(count),
            Some(length) if length != count => return Err(malformed(self.text, mismatch)),
            Some(_) => {}
        }
        Ok(())
    }

    fn element(&mut self, element: &mut impl FnMut(Item<'_>) -> Result<()>) -> Result<()> {
        let bytes = self.text.as_bytes();
        self.item.clear();
        if bytes[self.at] == b'"' {
            self.at += 1;
            let mut start = self.at;
            loop {
                match bytes.get(self.at) {
                    None => return Err(malformed(self.text, "Unexpected end of input.")),
                    Some(b'"') => break,
                    Some(b'\\') => {
                        self.item.push_str(&self.text[start..self.at]);
                        start = self.at + 1;
                        self.at += 1 + self.text[start..].chars().next().map_or(0, char::len_utf8);
                    }
                    Some(_) => self.at += 1,
                }
            }
            self.item.push_str(&self.text[start..self.at]);
            self.at += 1;
            let next = skip_blanks(bytes, self.at);
            if !matches!(bytes.get(next), None | Some(b'}')) && bytes[next] != self.delimiter {
                return Err(malformed(self.text, "Incorrectly quoted array element."));
            }
            return element(Item::Text(&self.item));
        }
        let mut start = self.at;
        let (mut escaped, mut solid) = (false, 0);
        while let Some(byte) = bytes.get(self.at) {
            match byte {
                b'"' => return Err(malformed(self.text, "Incorrectly quoted array element.")),
                b'{' => return Err(malformed(self.text, "Unexpected \"{\" character.")),
                b'}' => break,
                byte if *byte == self.delimiter => break,
                b'\\' => {
                    self.item.push_str(&self.text[start..self.at]);
                    start = self.at + 1;
                    let width = self.text[start..].chars().next().map_or(0, char::len_utf8);
                    self.at += 1 + width;
                    escaped = true;
                    solid = self.item.len() + width;
                }
                byte => {
                    self.at += 1;
                    if !is_blank(*byte) {
                        solid = self.item.len() + self.at - start;
                    }
                }
            }
        }
        if self.at > bytes.len() {
            return Err(malformed(self.text, "Unexpected end of input."));
        }
        self.item.push_str(&self.text[start..self.at]);
        // Blanks behind an element do not belong to it.
        self.item.truncate(solid);
        if !escaped && self.item.eq_ignore_ascii_case("null") {
            return element(Item::Null);
        }
        element(Item::Text(&self.item))
    }
}

/// Appends the text form; `element` appends that of a row.
pub fn write(
    array: &Array,
    delimiter: u8,
    out: &mut Vec<u8>,
    mut element: impl FnMut(usize, &mut Vec<u8>) -> Result<()>,
) -> Result<()> {
    if array.dimensions.is_empty() {
        out.extend_from_slice(b"{}");
        return Ok(());
    }
    if array.dimensions.iter().any(|dimension| dimension.lower_bound != 1) {
        for dimension in &array.dimensions {
            let bounds = format!("[{}:{}]", dimension.lower_bound, dimension.upper_bound());
            out.extend_from_slice(bounds.as_bytes());
        }
        out.push(b'=');
    }
    let mut row = 0;
    write_level(array, 0, &mut row, delimiter, out, &mut element)
}

fn write_level(
    array: &Array,
    depth: usize,
    row: &mut usize,
    delimiter: u8,
    out: &mut Vec<u8>,
    element: &mut impl FnMut(usize, &mut Vec<u8>) -> Result<()>,
) -> Result<()> {
    out.push(b'{');
    for at in 0..array.dimensions[depth].length {
        if at > 0 {
            out.push(delimiter);
        }
        if depth + 1 < array.dimensions.len() {
            write_level(array, depth + 1, row, delimiter, out, element)?;
            continue;
        }
        if array.elements.is_null(*row) {
            out.extend_from_slice(b"NULL");
        } else {
            let start = out.len();
            element(*row, out)?;
            quote_from(out, start, delimiter);
        }
        *row += 1;
    }
    out.push(b'}');
    Ok(())
}

/// Quotes what was appended from `start` on, where it could be misread.
fn quote_from(out: &mut Vec<u8>, start: usize, delimiter: u8) {
    let special =
        |byte: u8| matches!(byte, b'"' | b'\\' | b'{' | b'}') || byte == delimiter || is_blank(byte);
    let text = &out[start..];
    if !text.is_empty() && !text.eq_ignore_ascii_case(b"null") && !text.iter().any(|byte| special(*byte)) {
        return;
    }
    let text = out.split_off(start);
    out.push(b'"');
    for byte in text {
        if matches!(byte, b'"' | b'\\') {
            out.push(b'\\');
        }
        out.push(byte);
    }
    out.push(b'"');
}
