\d
\d customer
\d+ customer
\d orders
\d+ orders
\d counter
\d+ app.small
\d orders_id_seq
\d app.ident
\d+ app.ident
\d+ app.keys
\d nothing
\d+ "Odd Name"
\d rich
\d+ rich
\d+ app.joined
\d+ app.over_view
\d orders_customer
\d+ orders_note
\d customer_pkey
\dt app.*
\di
\ds
\dv
\dn
\dn+
\dp
\dg clerk
\dg boss
\df int4pl
\df pg_get_viewdef
\dd
\ddp
\dD
\des
\dew
\deu
\det
\dRp
\dRs
\dX
\dy
\dP
\drds
\dconfig work_mem
\dconfig+ statement_timeout
\sv rich
\dAc btree int4
