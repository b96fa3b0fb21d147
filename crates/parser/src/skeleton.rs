//! What texts have in common that differ in their integers and strings only: the *skeleton*, with which a statement can be found again.
//!
//! Looks at tokens only. Which literals are constants of the query, the caller knows from analysis. Entry points: [`Skeleton::read`],
//! [`Skeleton::with_parameters`].

use crate::Tokens;
use crate::keyword::Keyword;
use crate::lexer::TokenKind;

/// An integer or a string in a text.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Literal {
    pub value: LiteralValue,
    /// Where it begins and ends, without a sign.
    pub start: u32,
    pub end: u32,
    /// Where a minus stands that is the token before an integer. Whether that is its sign, the grammar decides by what stands further left.
    pub minus: Option<u32>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub enum LiteralValue {
    Integer(i32),
    /// With escapes and quotes undone.
    String(String),
}

/// The skeleton of a text and the literals that are not in it.
#[derive(Clone, Default, Debug)]
pub struct Skeleton {
    bytes: Vec<u8>,
    literals: Vec<Literal>,
}

/// The most literals and bytes of a text.
const MOST_LITERALS: usize = 100;
const MOST_BYTES: usize = 4000;

impl Skeleton {
    /// Equal for two texts if they differ in the values of literals, white space and comments only.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub fn literals(&self) -> &[Literal] {
        &self.literals
    }

    /// Reads the skeleton of a text that is one SELECT, INSERT, UPDATE or DELETE, has integers of four bytes or strings, and neither
    /// other literals nor parameters. False for any other text.
    pub fn read(&mut self, source: &str, tokens: &Tokens) -> bool {
        self.bytes.clear();
        self.literals.clear();
        let is_query = matches!(
            tokens.list[0].kind,
            TokenKind::Keyword(Keyword::Select | Keyword::Insert | Keyword::Update | Keyword::Delete)
        );
        if !is_query || !tokens.notices.is_empty() || source.len() > MOST_BYTES {
            return false;
        }
        let end = tokens.list.len() - 1;
        for (at, token) in tokens.list.iter().enumerate() {
            match token.kind {
                TokenKind::Keyword(keyword) => {
                    self.bytes.push(b'k');
                    self.bytes.extend((keyword as u16).to_le_bytes());
                }
                TokenKind::Identifier => {
                    self.bytes.push(b'i');
                    self.bytes.extend(tokens.text(source, *token).as_bytes());
                    self.bytes.push(0);
                }
                TokenKind::Integer => {
                    let Ok(value) = tokens.text(source, *token).parse() else { return false };
                    let before = at.checked_sub(1).map(|at| tokens.list[at]);
                    let minus = before.filter(|before| before.kind == TokenKind::Minus);
                    let minus = minus.map(|before| before.start);
                    let value = LiteralValue::Integer(value);
                    self.literals.push(Literal { value, start: token.start, end: token.end, minus });
                    self.bytes.push(b'n');
                }
                TokenKind::String => {
                    let value = LiteralValue::String(tokens.text(source, *token).to_owned());
                    self.literals.push(Literal { value, start: token.start, end: token.end, minus: None });
                    self.bytes.push(b's');
                }
                TokenKind::BitString
                | TokenKind::HexString
                | TokenKind::Number
                | TokenKind::Parameter
                | TokenKind::Unknown
                | TokenKind::Failure => return false,
                TokenKind::Semicolon if at + 1 < end => return false,
                TokenKind::Semicolon => {}
                TokenKind::End => {}
                // Operators and punctuation.
                _ => {
                    self.bytes.push(b'o');
                    self.bytes.extend(&source.as_bytes()[token.start as usize..token.end as usize]);
                }
            }
        }
        !self.literals.is_empty() && self.literals.len() <= MOST_LITERALS
    }

    /// The text with parameters in place of its literals, and for each where its constant begins: before a literal whose sign is a
    /// part of it. `constants` are the places of the query's constants. `None` if they are not just the literals.
    pub fn with_parameters(&self, source: &str, constants: &[u32]) -> Option<(String, Vec<u32>)> {
        if constants.len() != self.literals.len() {
            return None;
        }
        let mut text = String::with_capacity(source.len());
        let mut starts = Vec::with_capacity(self.literals.len());
        let mut done = 0;
        for (at, literal) in self.literals.iter().enumerate() {
            let start = match literal.minus.filter(|minus| constants.contains(minus)) {
                Some(minus) => minus,
                None if constants.contains(&literal.start) => literal.start,
                None => return None,
            };
            starts.push(start);
            text.push_str(source.get(done..start as usize)?);
            text.push_str(&format!("${}", at + 1));
            done = literal.end as usize;
        }
        text.push_str(source.get(done..)?);
        Some((text, starts))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(source: &str) -> Option<Skeleton> {
        let mut skeleton = Skeleton::default();
        skeleton.read(source, &crate::tokenize(source).unwrap()).then_some(skeleton)
    }

    /// Texts that differ in literals, case, white space and comments have one skeleton, and no others have.
    #[test]
    fn literals_make_no_difference() {
        let one = read("select A from t where b = 1 and c > -20;").unwrap();
        let other = read("SELECT a /* x */ FROM t  WHERE b=22 AND c>-3").unwrap();
        assert_eq!(one.bytes(), other.bytes());
        let values: Vec<_> = one.literals().iter().map(|literal| literal.value.clone()).collect();
        assert_eq!(values, [LiteralValue::Integer(1), LiteralValue::Integer(20)]);
        let strings = read("select 'it''s', E'\\x41' from t").unwrap();
        let values: Vec<_> = strings.literals().iter().map(|literal| literal.value.clone()).collect();
        assert_eq!(values, [LiteralValue::String("it's".into()), LiteralValue::String("A".into())]);
        assert_ne!(read("select 'x'").unwrap().bytes(), read("select 1").unwrap().bytes());
        for different in ["select b from t where b = 1 and c > -20", "select a from t where b = 1 and c > 20"]
        {
            assert_ne!(one.bytes(), read(different).unwrap().bytes());
        }
        assert_ne!(
            read("select \"select\" from 1").unwrap().bytes(),
            read("select select from 1").unwrap().bytes()
        );
        for none in [
            "select x'1f', 1",
            "select 1.5",
            "select $1, 1",
            "select 1; select 2",
            "select 99999999999",
            "select a",
            "vacuum",
            "",
            "select 1 'unterminated",
        ] {
            assert!(read(none).is_none(), "{none}");
        }
    }

    /// Parameters take the places of constants, signs included, and of nothing else.
    #[test]
    fn constants_become_parameters() {
        let source = "select a - 1, -2 from t order by 1";
        let skeleton = read(source).unwrap();
        assert_eq!(skeleton.with_parameters(source, &[11, 14]), None);
        let source = "select a - 1, -2 from t;";
        let skeleton = read(source).unwrap();
        let made = skeleton.with_parameters(source, &[11, 14]);
        assert_eq!(made, Some(("select a - $1, $2 from t;".to_string(), vec![11, 14])));
    }
}
