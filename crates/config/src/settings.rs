//! The current values of one process, with their sources and the memory that ROLLBACK needs.

use std::collections::HashMap;
use std::rc::Rc;

use error::{Result, bail, error};

use crate::declaration::{Context, Setting};
use crate::table::{Id, TABLE};
use crate::value::{self, Value};

/// Where a value comes from; a later kind overrules an earlier one.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Source {
    Default,
    File {
        file: Rc<str>,
        line: u32,
    },
    CommandLine,
    Database,
    User,
    DatabaseUser,
    Client,
    /// The server itself; nobody overrules it.
    Override,
    Session,
}

impl Source {
    /// As `pg_settings.source` has it.
    pub fn as_str(&self) -> &'static str {
        match self {
            Source::Default => "default",
            Source::File { .. } => "configuration file",
            Source::CommandLine => "command line",
            Source::Database => "database",
            Source::User => "user",
            Source::DatabaseUser => "database user",
            Source::Client => "client",
            Source::Override => "override",
            Source::Session => "session",
        }
    }
}

/// Whether a SET lasts for the session or for the transaction.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Scope {
    Session,
    Transaction,
}

#[derive(Clone, PartialEq, Debug)]
struct Slot {
    value: Value,
    source: Source,
}

/// What a transaction must be able to undo.
#[derive(Clone, Debug)]
struct Saved {
    level: u32,
    name: Key,
    before: Option<Slot>,
    /// What stays after COMMIT; `None` when only SET LOCAL was used.
    lasting: Option<Slot>,
}

#[derive(Clone, PartialEq, Eq, Hash, Debug)]
enum Key {
    Known(Id),
    /// A name with a dot, which belongs to an extension or to the user.
    Custom(Rc<str>),
}

/// The values of all settings in this process.
#[derive(Clone, Debug)]
pub struct Settings {
    current: Vec<Slot>,
    reset: Vec<Slot>,
    custom: HashMap<Rc<str>, Slot>,
    saved: Vec<Saved>,
    /// The files have values for these that only a restart brings into force.
    pending: Vec<Id>,
    /// Grows with each change, so that readers can keep what they derived.
    generation: u64,
}

impl Settings {
    pub fn new() -> Settings {
        let defaults: Vec<Slot> = TABLE
            .iter()
            .map(|setting| Slot { value: value::default_value(setting), source: Source::Default })
            .collect();
        Settings {
            current: defaults.clone(),
            reset: defaults,
            custom: HashMap::new(),
            saved: Vec::new(),
            pending: Vec::new(),
            generation: 0,
        }
    }

    pub fn generation(&self) -> u64 {
        self.generation
    }

    pub fn value(&self, id: Id) -> &Value {
        &self.current[id as usize].value
    }

    pub fn source(&self, id: Id) -> &Source {
        &self.current[id as usize].source
    }

    /// The value that RESET would bring back.
    pub fn reset_value(&self, id: Id) -> &Value {
        &self.reset[id as usize].value
    }

    /// The value of a Boolean setting; asking for another kind is a defect of the caller.
    pub fn bool(&self, id: Id) -> bool {
        matches!(self.value(id), Value::Bool(true))
    }

    /// The value of an integer setting, in its unit; asking for another kind is a defect of the caller.
    pub fn integer(&self, id: Id) -> i64 {
        match self.value(id) {
            Value::Integer(number) => *number,
            other => unreachable!("{id:?} is {other:?}"),
        }
    }

    pub fn real(&self, id: Id) -> f64 {
        match self.value(id) {
            Value::Real(number) => *number,
            other => unreachable!("{id:?} is {other:?}"),
        }
    }

    /// The value of a text or choice setting.
    pub fn text(&self, id: Id) -> &str {
        match self.value(id) {
            Value::Text(text) => text,
            Value::Choice(word) => word,
            other => unreachable!("{id:?} is {other:?}"),
        }
    }

    /// What SHOW prints for a name.
    /// # Errors
    /// 42704 for a name that is not known.
    pub fn show(&self, name: &str) -> Result<String> {
        match self.key(name)? {
            Key::Known(id) => Ok(value::show(&TABLE[id as usize], self.value(id))),
            Key::Custom(name) => match self.custom.get(&name) {
                Some(slot) => Ok(value::plain(&slot.value)),
                None => Err(unrecognized(&name)),
            },
        }
    }

    /// Sets a value from a file, the command line, a role or the client's start-up packet; it becomes the reset value
    /// unless a stronger source has spoken.
    /// # Errors
    /// 42704, 22023; the value stays as it was.
    pub fn set_from(&mut self, name: &str, text: &str, source: Source) -> Result<()> {
        match self.key(name)? {
            Key::Known(id) => {
                let slot = Slot { value: value::parse(&TABLE[id as usize], text)?, source };
                self.set_base(id, slot);
            }
            Key::Custom(name) => {
                self.custom.insert(name, Slot { value: Value::Text(text.into()), source });
            }
        }
        Ok(())
    }

    fn set_base(&mut self, id: Id, slot: Slot) {
        let index = id as usize;
        if slot.source < self.reset[index].source {
            return;
        }
        if self.current[index].source != Source::Session {
            self.current[index] = slot.clone();
        }
        self.reset[index] = slot;
        self.generation += 1;
    }

    /// Puts every value that came from a file back to its default; the first step of a reload.
    pub fn forget_files(&mut self) {
        for (index, setting) in TABLE.iter().enumerate() {
            let from_file = |slot: &Slot| matches!(slot.source, Source::File { .. });
            let default = Slot { value: value::default_value(setting), source: Source::Default };
            if from_file(&self.current[index]) {
                self.current[index] = default.clone();
            }
            if from_file(&self.reset[index]) {
                self.reset[index] = default;
            }
        }
        self.generation += 1;
    }

    /// Notes whether the files have a value that only a restart brings into force.
    pub fn note_pending(&mut self, id: Id, is_pending: bool) {
        self.pending.retain(|other| *other != id);
        if is_pending {
            self.pending.push(id);
        }
    }

    /// Whether a restart would change the value.
    pub fn is_pending(&self, id: Id) -> bool {
        self.pending.contains(&id)
    }

    /// Sets a value that the server itself knows best; it is also the reset value.
    pub fn set_override(&mut self, id: Id, value: Value) {
        let slot = Slot { value, source: Source::Override };
        self.current[id as usize] = slot.clone();
        self.reset[id as usize] = slot;
        self.generation += 1;
    }

    /// SET and SET LOCAL inside transaction nesting `level` (1 is the transaction itself). `text` of `None` is DEFAULT.
    /// # Errors
    /// 42704, 22023, 55P02 for a setting that cannot be changed now, 42501 for one that only superusers change.
    pub fn set(
        &mut self,
        name: &str,
        text: Option<&str>,
        scope: Scope,
        level: u32,
        superuser: bool,
    ) -> Result<()> {
        let key = self.key(name)?;
        let slot = match &key {
            Key::Known(id) => {
                let setting = &TABLE[*id as usize];
                check_changeable(setting, superuser)?;
                match text {
                    Some(text) => Some(Slot { value: value::parse(setting, text)?, source: Source::Session }),
                    None => Some(self.reset[*id as usize].clone()),
                }
            }
            Key::Custom(_) => {
                text.map(|text| Slot { value: Value::Text(text.into()), source: Source::Session })
            }
        };
        self.remember(&key, level, (scope == Scope::Session).then_some(slot.clone()).flatten());
        self.put(&key, slot);
        Ok(())
    }

    /// RESET ALL.
    pub fn reset_all(&mut self, level: u32) {
        for setting in TABLE {
            let changeable = matches!(setting.context, Context::User | Context::Superuser);
            let transactional = setting.name.starts_with("transaction_");
            let index = setting.id as usize;
            if changeable && !transactional && self.current[index] != self.reset[index] {
                let slot = self.reset[index].clone();
                self.remember(&Key::Known(setting.id), level, Some(slot.clone()));
                self.put(&Key::Known(setting.id), Some(slot));
            }
        }
    }

    /// Ends a transaction (`level` 1) or subtransaction, keeping what SET set.
    pub fn commit(&mut self, level: u32) {
        let ended = self.saved.split_off(self.saved.partition_point(|saved| saved.level < level));
        for mut saved in ended {
            if level == 1 {
                self.put(&saved.name, saved.lasting.or(saved.before));
                continue;
            }
            let parent = |other: &&mut Saved| other.level == level - 1 && other.name == saved.name;
            if let Some(parent) = self.saved.iter_mut().find(parent) {
                parent.lasting = saved.lasting.or(parent.lasting.take());
            } else {
                saved.level = level - 1;
                self.saved.push(saved);
            }
        }
    }

    /// Ends a transaction or subtransaction, undoing every SET since it began.
    pub fn rollback(&mut self, level: u32) {
        while let Some(saved) = self.saved.pop_if(|saved| saved.level >= level) {
            self.put(&saved.name, saved.before);
        }
    }

    /// All custom settings with their values.
    pub fn custom(&self) -> impl Iterator<Item = (&str, String)> {
        self.custom.iter().map(|(name, slot)| (&**name, value::plain(&slot.value)))
    }

    fn key(&self, name: &str) -> Result<Key> {
        if let Some(setting) = find(name) {
            return Ok(Key::Known(setting.id));
        }
        let parts_ok = |name: &str| {
            name.split('.').all(|part| {
                part.starts_with(|c: char| c.is_alphabetic() || c == '_')
                    && part.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '$')
            })
        };
        if !name.contains('.') {
            return Err(unrecognized(name));
        }
        if !parts_ok(name) {
            bail!(INVALID_NAME, "invalid configuration parameter name \"{name}\"");
        }
        Ok(Key::Custom(name.to_ascii_lowercase().into()))
    }

    fn remember(&mut self, key: &Key, level: u32, lasting: Option<Slot>) {
        let known = self
            .saved
            .iter_mut()
            .rev()
            .take_while(|saved| saved.level == level)
            .find(|saved| saved.name == *key);
        if let Some(saved) = known {
            saved.lasting = lasting.or(saved.lasting.take());
            return;
        }
        let before = match key {
            Key::Known(id) => Some(self.current[*id as usize].clone()),
            Key::Custom(name) => self.custom.get(name).cloned(),
        };
        self.saved.push(Saved { level, name: key.clone(), before, lasting });
    }

    fn put(&mut self, key: &Key, slot: Option<Slot>) {
        self.generation += 1;
        match (key, slot) {
            (Key::Known(id), Some(slot)) => self.current[*id as usize] = slot,
            (Key::Known(id), None) => self.current[*id as usize] = self.reset[*id as usize].clone(),
            (Key::Custom(name), Some(slot)) => {
                self.custom.insert(name.clone(), slot);
            }
            (Key::Custom(name), None) => {
                self.custom.remove(name);
            }
        }
    }
}

/// The table's row for a name, in any case.
pub fn find(name: &str) -> Option<&'static Setting> {
    TABLE.iter().find(|setting| setting.name.eq_ignore_ascii_case(name))
}

fn unrecognized(name: &str) -> error::Error {
    error!(UNDEFINED_OBJECT, "unrecognized configuration parameter \"{name}\"")
}

fn check_changeable(setting: &Setting, superuser: bool) -> Result<()> {
    let name = setting.name;
    match setting.context {
        Context::Internal => {
            bail!(CANT_CHANGE_RUNTIME_PARAM, "parameter \"{name}\" cannot be changed")
        }
        Context::Postmaster => {
            bail!(
                CANT_CHANGE_RUNTIME_PARAM,
                "parameter \"{name}\" cannot be changed without restarting the server"
            )
        }
        Context::Sighup => {
            bail!(CANT_CHANGE_RUNTIME_PARAM, "parameter \"{name}\" cannot be changed now")
        }
        Context::Backend | Context::SuperuserBackend => {
            bail!(CANT_CHANGE_RUNTIME_PARAM, "parameter \"{name}\" cannot be set after connection start")
        }
        Context::Superuser if !superuser => {
            bail!(INSUFFICIENT_PRIVILEGE, "permission denied to set parameter \"{name}\"")
        }
        Context::Superuser | Context::User => Ok(()),
    }
}
