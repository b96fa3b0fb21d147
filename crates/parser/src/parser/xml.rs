//! SQL/XML functions.

use error::Result;

use super::Parser;
use crate::ast::*;
use crate::keyword::Keyword as K;
use crate::lexer::TokenKind as T;

impl Parser<'_> {
    pub(super) fn xml_function(&mut self, keyword: K) -> Result<ExpressionKind> {
        let kind = self.inside(|this| match keyword {
            K::Xmlconcat => this.expression_list().map(XmlExpression::Concat),
            K::Xmlelement => this.xml_element(),
            K::Xmlexists => {
                let path = this.primary()?;
                let document = this.xml_passing()?;
                Ok(XmlExpression::Exists { path, document })
            }
            K::Xmlforest => this.comma_list(Self::xml_attribute).map(XmlExpression::Forest),
            K::Xmlparse => {
                let is_document = this.xml_document_or_content()?;
                let text = this.expression()?;
                let preserve_whitespace = this.xml_whitespace()?;
                Ok(XmlExpression::Parse { is_document, text, preserve_whitespace })
            }
            K::Xmlpi => {
                this.expect_keyword(K::Name)?;
                let name = this.label()?;
                let content = if this.eat(T::Comma) { Some(this.expression()?) } else { None };
                Ok(XmlExpression::ProcessingInstruction { name, content })
            }
            K::Xmlroot => this.xml_root(),
            _ => {
                let is_document = this.xml_document_or_content()?;
                let value = this.expression()?;
                this.expect_keyword(K::As)?;
                let type_name = this.type_name()?;
                let indent = this.eat_keyword(K::Indent);
                if !indent && this.eat_keyword(K::No) {
                    this.expect_keyword(K::Indent)?;
                }
                Ok(XmlExpression::Serialize { is_document, value, type_name, indent })
            }
        })?;
        Ok(ExpressionKind::Xml(Box::new(kind)))
    }

    fn xml_element(&mut self) -> Result<XmlExpression> {
        self.expect_keyword(K::Name)?;
        let name = self.label()?;
        let (mut attributes, mut content) = (Vec::new(), Vec::new());
        if self.eat(T::Comma) {
            if self.eat_keyword(K::Xmlattributes) {
                attributes = self.parenthesized_list(Self::xml_attribute)?;
                if self.eat(T::Comma) {
                    content = self.expression_list()?;
                }
            } else {
                content = self.expression_list()?;
            }
        }
        Ok(XmlExpression::Element { name, attributes, content })
    }

    fn xml_attribute(&mut self) -> Result<XmlAttribute> {
        let location = self.location();
        let value = self.expression()?;
        let name = if self.eat_keyword(K::As) { Some(self.label()?) } else { None };
        Ok(XmlAttribute { value, name, location })
    }

    fn xml_document_or_content(&mut self) -> Result<bool> {
        let is_document = self.eat_keyword(K::Document);
        if !is_document {
            self.expect_keyword(K::Content)?;
        }
        Ok(is_document)
    }

    fn xml_whitespace(&mut self) -> Result<bool> {
        let preserve = self.eat_keyword(K::Preserve);
        if preserve || self.eat_keyword(K::Strip) {
            self.expect_keyword(K::Whitespace)?;
        }
        Ok(preserve)
    }

    fn xml_root(&mut self) -> Result<XmlExpression> {
        let document = self.expression()?;
        self.expect(T::Comma)?;
        self.expect_keyword(K::Version)?;
        let version = if self.eat_keywords(&[K::No, K::Value]) { None } else { Some(self.expression()?) };
        let mut standalone = XmlStandalone::Omitted;
        if self.eat(T::Comma) {
            self.expect_keyword(K::Standalone)?;
            standalone = if self.eat_keyword(K::Yes) {
                XmlStandalone::Yes
            } else {
                self.expect_keyword(K::No)?;
                if self.eat_keyword(K::Value) { XmlStandalone::NoValue } else { XmlStandalone::No }
            };
        }
        Ok(XmlExpression::Root { document, version, standalone })
    }

    /// `PASSING [BY REF | BY VALUE] document [BY REF | BY VALUE]`.
    fn xml_passing(&mut self) -> Result<Expression> {
        self.expect_keyword(K::Passing)?;
        self.xml_mechanism()?;
        let document = self.primary()?;
        self.xml_mechanism()?;
        Ok(document)
    }

    fn xml_mechanism(&mut self) -> Result<()> {
        if self.eat_keyword(K::By) && !self.eat_keyword(K::Ref) {
            self.expect_keyword(K::Value)?;
        }
        Ok(())
    }

    /// `XMLTABLE ( ... )` in FROM, without its alias.
    pub(super) fn xml_table(&mut self, is_lateral: bool) -> Result<XmlTable> {
        let location = self.location();
        self.inside(|this| {
            let mut namespaces = Vec::new();
            if this.eat_keyword(K::Xmlnamespaces) {
                namespaces = this.parenthesized_list(|this| {
                    if this.eat_keyword(K::Default) {
                        return Ok((None, this.restricted_expression()?));
                    }
                    let uri = this.restricted_expression()?;
                    this.expect_keyword(K::As)?;
                    Ok((Some(this.label()?), uri))
                })?;
                this.expect(T::Comma)?;
            }
            let row_path = this.primary()?;
            let document = this.xml_passing()?;
            this.expect_keyword(K::Columns)?;
            let columns = this.comma_list(Self::xml_table_column)?;
            Ok(XmlTable { is_lateral, namespaces, row_path, document, columns, alias: None, location })
        })
    }

    fn xml_table_column(&mut self) -> Result<XmlTableColumn> {
        let location = self.location();
        let name = self.name()?;
        let mut column =
            XmlTableColumn { name, type_name: None, path: None, default: None, is_not_null: false, location };
        if self.eat_phrase(K::For, &[K::Ordinality])? {
            return Ok(column);
        }
        column.type_name = Some(self.type_name()?);
        loop {
            let at = self.location();
            match self.peek_keyword() {
                Some(K::Default) => {
                    self.advance();
                    let value = self.restricted_expression()?;
                    if column.default.replace(value).is_some() {
                        return Err(self.error_at("only one DEFAULT value is allowed", at));
                    }
                }
                Some(K::Path) => {
                    self.advance();
                    let value = self.restricted_expression()?;
                    if column.path.replace(value).is_some() {
                        return Err(self.error_at("only one PATH value per column is allowed", at));
                    }
                }
                Some(K::Not) => {
                    self.advance();
                    self.expect_keyword(K::Null)?;
                    column.is_not_null = true;
                }
                Some(K::Null) => self.advance(),
                _ => return Ok(column),
            }
        }
    }
}
