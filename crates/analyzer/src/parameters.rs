//! The types of `$1`, `$2` ...: as declared, or found from where they stand.

use common::Oid;
use error::{Result, error};
use types::oid;

/// The parameters of a statement.
#[derive(Clone, Debug, Default)]
pub struct Parameters {
    /// 0: unspecified, `UNKNOWN`: used, but not known yet.
    types: Vec<Oid>,
    is_fixed: bool,
}

impl Parameters {
    /// No parameters at all; using one is an error.
    pub fn none() -> Parameters {
        Parameters { types: Vec::new(), is_fixed: true }
    }

    /// Parameters as declared; `INVALID` or `UNKNOWN` ones, and any beyond, are found from their use.
    pub fn declared(types: Vec<Oid>) -> Parameters {
        Parameters { types, is_fixed: false }
    }

    /// Exactly these, as in the body of a function.
    pub fn fixed(types: Vec<Oid>) -> Parameters {
        Parameters { types, is_fixed: true }
    }

    /// The types, complete after a successful analysis.
    pub fn types(&self) -> &[Oid] {
        &self.types
    }

    /// The type of `$number` now: `UNKNOWN` while it is not known.
    pub(crate) fn reference(&mut self, number: i32) -> Result<Oid> {
        let known = self.types.len();
        let at = usize::try_from(number).ok().and_then(|number| number.checked_sub(1));
        match at.filter(|at| *at < if self.is_fixed { known } else { MAX_PARAMETERS }) {
            Some(at) => {
                if at >= known {
                    self.types.resize(at + 1, Oid::INVALID);
                }
                if !self.types[at].is_valid() {
                    self.types[at] = oid::UNKNOWN;
                }
                Ok(self.types[at])
            }
            None => Err(error!(UNDEFINED_PARAMETER, "there is no parameter ${number}")),
        }
    }

    /// Settles the type of the parameter at `index`, or returns the other type that it has already.
    pub(crate) fn deduce(&mut self, index: usize, data_type: Oid) -> Result<(), Oid> {
        match self.types.get_mut(index) {
            Some(found) if *found == oid::UNKNOWN => {
                *found = data_type;
                Ok(())
            }
            Some(found) if *found != data_type => Err(*found),
            _ => Ok(()),
        }
    }

    /// # Errors
    /// 42P18 for a parameter that was used (or skipped) without its type becoming known.
    pub(crate) fn check_all_known(&self) -> Result<()> {
        if self.is_fixed {
            return Ok(());
        }
        match self.types.iter().position(|found| *found == oid::UNKNOWN || !found.is_valid()) {
            Some(at) => {
                Err(error!(INDETERMINATE_DATATYPE, "could not determine data type of parameter ${}", at + 1))
            }
            None => Ok(()),
        }
    }
}

/// The protocol counts parameters in 16 bits.
const MAX_PARAMETERS: usize = 65535;
