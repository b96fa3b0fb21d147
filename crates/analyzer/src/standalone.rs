//! Expressions that DDL stores: defaults, checks, index expressions, generation expressions.

use catalog::{CatalogView, Relation};
use error::{Result, error};
use nodes::DataType;
use nodes::expression::Expression;
use parser::ast;

use crate::coerce::CastContext;
use crate::expression::start;
use crate::{Analyzer, AnalyzerSettings, Clause, Parameters};

/// What the expression is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ExpressionKind {
    Default,
    Check,
    IndexExpression,
    IndexPredicate,
    Generated,
}

/// Reads an expression over a relation's columns, which become variables of range 0.
///
/// `target` is the column's type for defaults and generation expressions; conditions are boolean whatever it says.
pub fn analyze_expression(
    expression: &ast::Expression,
    source: &str,
    relation: &Relation,
    kind: ExpressionKind,
    target: Option<(&str, DataType)>,
    catalog: &dyn CatalogView,
    settings: &AnalyzerSettings<'_>,
) -> Result<Expression> {
    let mut parameters = Parameters::none();
    let levels = Vec::new();
    let mut analyzer = Analyzer { source, catalog, parameters: &mut parameters, settings, levels };
    analyzer.nested(|this| this.stored_expression(expression, relation, kind, target))
}

/// A default as it is stored in `pg_attrdef`; for an identity column, the next value of its sequence.
pub fn read_default(stored: &str) -> Result<Expression> {
    nodes::text::read_expression(stored)
}

impl Analyzer<'_> {
    fn stored_expression(
        &mut self,
        written: &ast::Expression,
        relation: &Relation,
        kind: ExpressionKind,
        target: Option<(&str, DataType)>,
    ) -> Result<Expression> {
        let range = self.add_relation(relation, None, false)?;
        let mut item = self.item_for(range, Some(relation.oid), true);
        item.row_type = relation.row_type;
        self.level().namespace.push(item);
        let (clause, condition) = match kind {
            ExpressionKind::Default => (Clause::Default, None),
            ExpressionKind::Check => (Clause::Check, Some("CHECK")),
            ExpressionKind::IndexExpression => (Clause::IndexExpression, None),
            ExpressionKind::IndexPredicate => (Clause::IndexPredicate, Some("WHERE")),
            ExpressionKind::Generated => (Clause::Generated, None),
        };
        let value = self.within(clause, |this| match condition {
            Some(place) => this.condition(written, place),
            None => this.expression(written),
        })?;
        if kind == ExpressionKind::Default {
            let mut place = None;
            crate::walk::variables(&value, &mut |variable, _| place = place.or(Some(variable.location)));
            if let Some(place) = place {
                let error =
                    error!(FEATURE_NOT_SUPPORTED, "cannot use column reference in DEFAULT expression");
                return self.fail(error, place);
            }
        }
        if condition.is_some() {
            return Ok(value);
        }
        let found = value.data_type().oid;
        let Some((column, target)) = target else { return self.resolve_unknown(value) };
        match self.coerce_to_target(value, target, CastContext::Assignment, start(written))? {
            Some(value) => Ok(value),
            None => {
                let (wanted, found) = (self.type_text(target.oid)?, self.type_text(found)?);
                let what = if kind == ExpressionKind::Generated { "generation" } else { "default" };
                Err(error!(
                    DATATYPE_MISMATCH,
                    "column \"{column}\" is of type {wanted} but {what} expression is of type {found}"
                )
                .hint("You will need to rewrite or cast the expression."))
            }
        }
    }
}
