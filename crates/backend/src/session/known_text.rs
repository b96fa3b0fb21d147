//! Texts of the simple protocol that differ only in their integers and strings run as one prepared statement.
//!
//! A text that comes for the second time, whatever they are, is prepared with parameters in their place. It is kept if the
//! planner asked for none of their values: then the plan is the one that each such text would get by itself. A string must be taken as
//! text: read as another type it may mean something else each time, as 'now' does.

use std::collections::HashMap;
use std::hash::BuildHasherDefault;
use std::rc::Rc;

use analyzer::{AnalyzerSettings, Parameters as ParameterTypes};
use common::{FoldingHasher, Oid};
use config::Id;
use error::{Error, Result, sqlstate};
use nodes::fingerprint::ConstantPlace;
use nodes::plan::PlannedStatement;
use parser::Tokens;
use parser::ast::RawStatement;
use parser::normalize::normalize;
use parser::skeleton::{LiteralValue, Skeleton};
use types::{Value, oid};

use super::Session;
use super::statement::Prepared;

/// What a session knows of the texts that it ran.
#[derive(Default)]
pub(crate) struct KnownTexts {
    /// Of the text that was asked for last; empty if such texts are not kept.
    skeleton: Skeleton,
    is_eligible: bool,
    texts: HashMap<Box<[u8]>, Known, BuildHasherDefault<FoldingHasher>>,
}

impl KnownTexts {
    /// How many are remembered.
    const MOST: usize = 200;

    pub fn clear(&mut self) {
        self.texts.clear();
    }
}

/// The generations of settings and catalog, which what is known holds for.
type Generations = (u64, u64);

enum Known {
    Once(Generations),
    /// It needs a plan for each of its texts.
    Unfit(Generations),
    Kept(Rc<KnownText>),
}

impl Known {
    fn since(&self) -> Generations {
        match self {
            Known::Once(since) | Known::Unfit(since) => *since,
            Known::Kept(text) => text.since,
        }
    }
}

/// A text with parameters in place of its literals.
pub(crate) struct KnownText {
    since: Generations,
    pub prepared: Rc<Prepared>,
    /// For each parameter whether it is the literal's negative.
    negated: Vec<bool>,
}

impl Session {
    fn generations(&self) -> Generations {
        (self.settings.borrow().generation(), self.catalog.generation())
    }

    /// The statement that a text stands for, with the values of its parameters. Whether its plan is still right is found out when it
    /// is run.
    pub fn known_text(&mut self, source: &str, tokens: &Tokens) -> Option<(Rc<KnownText>, Vec<Value>)> {
        let known = &mut self.known_texts;
        known.is_eligible = known.skeleton.read(source, tokens);
        if !known.is_eligible {
            return None;
        }
        let Known::Kept(text) = known.texts.get(known.skeleton.bytes())? else { return None };
        let values = known.skeleton.literals().iter().zip(&text.negated);
        let values = values.map(|(literal, negated)| match &literal.value {
            LiteralValue::Integer(value) => Value::Int4(if *negated { -value } else { *value }),
            LiteralValue::String(text) => Value::text(text),
        });
        Some((text.clone(), values.collect()))
    }

    /// The plan of a known text, if nothing has changed since it was made.
    pub fn known_plan(&mut self, known: &KnownText) -> Result<Option<Rc<PlannedStatement>>> {
        self.derive_settings()?;
        Ok(if known.since == self.generations() { known.prepared.plan() } else { None })
    }

    /// Notes that the text that was asked for last was planned by itself.
    /// # Errors
    /// Those that end a session or a wait; a text that cannot be prepared is no error.
    pub fn note_text(&mut self, raw: &RawStatement, source: &str, plan: &PlannedStatement) -> Result<()> {
        if !self.known_texts.is_eligible || self.plans_are_watched() {
            return Ok(());
        }
        let since = self.generations();
        let known = &mut self.known_texts;
        let seen = known.texts.get(known.skeleton.bytes()).filter(|seen| seen.since() == since);
        let noted = match seen {
            None => Known::Once(since),
            Some(Known::Once(_)) => match self.prepare_text(raw, source, plan) {
                Ok(Some(text)) => Known::Kept(Rc::new(text)),
                Ok(None) => Known::Unfit(since),
                Err(error) if error.sqlstate() == sqlstate::QUERY_CANCELED => return Err(error),
                Err(error) if error.sqlstate() == sqlstate::ADMIN_SHUTDOWN => return Err(error),
                Err(_) => Known::Unfit(since),
            },
            Some(Known::Unfit(_) | Known::Kept(_)) => return Ok(()),
        };
        let known = &mut self.known_texts;
        if known.texts.len() >= KnownTexts::MOST {
            known.clear();
        }
        known.texts.insert(known.skeleton.bytes().into(), noted);
        Ok(())
    }

    /// Somebody wants to see each plan with its constants, or how long planning takes.
    fn plans_are_watched(&self) -> bool {
        let settings = self.settings.borrow();
        settings.integer(Id::AutoExplainLogMinDuration) >= 0
            || settings.bool(Id::PgStatStatementsTrackPlanning)
    }

    /// The statement with parameters, if its plan suits all values.
    fn prepare_text(
        &mut self,
        raw: &RawStatement,
        source: &str,
        plan: &PlannedStatement,
    ) -> Result<Option<KnownText>> {
        let places = self.constants_of(raw, source)?;
        let single: Vec<&ConstantPlace> = places.iter().filter(|place| place.list_length == 0).collect();
        let constants: Vec<u32> = single.iter().map(|place| place.location).collect();
        let skeleton = &self.known_texts.skeleton;
        let Some((text, starts)) = skeleton.with_parameters(source, &constants) else { return Ok(None) };
        let mut declared = Vec::with_capacity(starts.len());
        let mut negated = Vec::with_capacity(starts.len());
        for (literal, start) in skeleton.literals().iter().zip(&starts) {
            let place = single.iter().find(|place| place.location == *start);
            match (&literal.value, place.map(|place| place.data_type)) {
                (LiteralValue::Integer(_), Some(oid::INT4)) => declared.push(oid::INT4),
                (LiteralValue::String(_), Some(data_type @ (oid::TEXT | oid::VARCHAR))) => {
                    declared.push(data_type)
                }
                _ => return Ok(None),
            }
            negated.push(*start != literal.start);
        }
        let Some(statement) = parser::parse(&text)?.pop() else { return Ok(None) };
        let (mut made, found) = self.plan(&statement.statement, &text, declared.clone())?;
        if made.guesses_values || found != declared {
            return Ok(None);
        }
        // It is counted as what was written.
        Rc::make_mut(&mut made).query_id = plan.query_id;
        self.activity.set_query_id(plan.query_id);
        let since = self.generations();
        let places: Vec<(u32, u32)> =
            places.iter().map(|place| (place.location, place.list_length)).collect();
        let counted_as = normalize(source, (raw.start, raw.start + raw.length), &places);
        let prepared = Prepared::kept(counted_as.into(), statement, declared, (since.1, made));
        Ok(Some(KnownText { since, prepared: Rc::new(prepared), negated }))
    }

    /// Plans a text that is one query as it is written.
    pub fn plan_text(&mut self, source: &str) -> Result<Rc<PlannedStatement>> {
        let statement = parser::parse(source)?.pop();
        let statement = statement.ok_or_else(|| Error::internal("a known text without a statement"))?;
        Ok(self.plan_counted(&statement, source, Vec::new())?.0)
    }

    /// Forgets the text that was asked for last, as something has changed since it became known.
    pub fn forget_text(&mut self) {
        self.known_texts.texts.remove(self.known_texts.skeleton.bytes());
    }

    /// Where the constants of a query stand.
    fn constants_of(&mut self, raw: &RawStatement, source: &str) -> Result<Vec<ConstantPlace>> {
        let mut none = ParameterTypes::declared(Vec::<Oid>::new());
        let text = self.services.value_text(&self.formats);
        let transform_null_equals = self.settings.borrow().bool(Id::TransformNullEquals);
        let settings =
            AnalyzerSettings { text: &text, database: &self.start.database, transform_null_equals };
        let query = analyzer::analyze(&raw.statement, source, &*self.catalog, &mut none, &settings)?;
        let mut places = Vec::new();
        nodes::fingerprint(&query, Some(&mut places));
        Ok(places)
    }
}
