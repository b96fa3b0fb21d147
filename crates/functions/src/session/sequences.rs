//! Sequences.

use expression::sql::*;

expression::builtins! {
    pub static FUNCTIONS:
    1574 "nextval" (sequence: regclass) using context -> int8, strict volatile parallel_unsafe { context.session.next_value(sequence) }
    1575 "currval" (sequence: regclass) using context -> int8, strict volatile parallel_unsafe { context.session.current_value(sequence) }
    2559 "lastval" () using context -> int8, strict volatile parallel_unsafe { context.session.last_value() }
    1576 "setval" (sequence: regclass, value: int8) using context -> int8, strict volatile parallel_unsafe {
        context.session.set_value(sequence, value, true)?;
        Ok(value)
    }
    1765 "setval" (sequence: regclass, value: int8, is_called: bool_) using context -> int8,
        strict volatile parallel_unsafe {
        context.session.set_value(sequence, value, is_called)?;
        Ok(value)
    }
    1665 "pg_get_serial_sequence" (relation: text, column: text) using context -> text, strict stable {
        let relation = context.session.catalog().object_of_name(types::oid::REGCLASS, relation)?;
        context.session.serial_sequence(relation, column)
    }
}
