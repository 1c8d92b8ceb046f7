// Package sqlite keeps each tenant in one SQLite file (modernc.org/sqlite, pure Go): the embedded store.
//
// One goroutine per tenant writes. It takes whatever writes are waiting, does them in one transaction and answers when
// the transaction is on disk (group commit); what it refuses it refuses before touching anything, so one refused write
// does not spoil the others. Readers use their own connections and see the last commit (WAL).
//
// Tables of a collection named sheet:
//
//	r:sheet        one row per document: system fields and every scalar field in a typed column, lists as JSON
//	b:sheet        the rest of a document, by the same number n: instance, keys, sub-tables as JSON, undeclared values
//	c:sheet.lines  one row per row of a sub-table, in typed columns, for conditions and sums
//	l:sheet.tags   (value, n) of an indexed list
//	s:sheet        full-text index of the grams of searched fields
//
// and for the tenant key (unique keys), event (the log), lease, collection (the shapes the tables have), block (how often
// each block of records was written to) and extract (columns of blocks for sums, see extract.go).
//
// Columns hold: texts and ids as text; integers, booleans as integer; dates as 20260630, months as 202606, instants as
// milliseconds since 1970, so a month is a division. Decimals are integers scaled by their field's places. A decimal
// beyond 63 bits makes its column wide: from then on all values of the column are texts whose order is that of the
// numbers (wide.go). Wide columns are as exact, but sums over them are slower.
package sqlite
