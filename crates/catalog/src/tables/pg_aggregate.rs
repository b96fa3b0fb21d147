//! `pg_aggregate`: what makes a function an aggregate.

use common::Oid;

use crate::declaration::catalog;
use crate::field::RegProc;

catalog! {
    /// What makes a function an aggregate.
    PgAggregate = 2600 "pg_aggregate", row type 10027, shared false, toast 4159 4160 {
        aggfnoid: RegProc,
        aggkind: u8,
        aggnumdirectargs: i16,
        aggtransfn: RegProc,
        aggfinalfn: RegProc,
        aggcombinefn: RegProc,
        aggserialfn: RegProc,
        aggdeserialfn: RegProc,
        aggmtransfn: RegProc,
        aggminvtransfn: RegProc,
        aggmfinalfn: RegProc,
        aggfinalextra: bool,
        aggmfinalextra: bool,
        aggfinalmodify: u8,
        aggmfinalmodify: u8,
        aggsortop: Oid,
        aggtranstype: Oid,
        aggtransspace: i32,
        aggmtranstype: Oid,
        aggmtransspace: i32,
        agginitval: Option<String>,
        aggminitval: Option<String>,
    }
    indexes {
        BY_FNOID = 2650 "pg_aggregate_fnoid_index" primary (aggfnoid) constraint 10167;
    }
}
