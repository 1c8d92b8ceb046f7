// Package mongo keeps each tenant in one MongoDB database: the store that grows past one machine.
//
// A collection per entity, named like it, one document per record:
//
//	_id, rev, state, deleted, imported, next_due, created_by, created_at, updated_by, updated_at, chain, claim, flow
//	v            values by field name with real types: Decimal128, int64, UTC dates, texts; days and months as texts,
//	             whose order is that of time; lists as arrays, sub-tables as arrays of documents laid out like v
//	v._f         folded texts, of fields whose text differs from its folded form; contains and starts look there first
//	v._rest      values without a field, or that do not fit theirs any more, as JSON
//	_keys        unique keys (unique sparse index); absent when there are none
//	_grams       grams of the search index
//	_undeclared  paths of what v._rest holds, so that a new field finds its values
//	_wide        paths of decimals so large that Decimal128 might round their sum
//	_gen         generation of the layout of v, see Ensure
//	_events      events on their way to the log, oldest first; _pending is the id of the last (sparse index)
//
// A null is never stored. A document without "deleted" is the tombstone of a removed one whose events are still on
// their way. Beside the entities stand fw.collection (shapes), fw.event (the log) and fw.lease.
//
// Every write is one conditional update of one document (w: majority, j: true); what it causes goes into the same
// document and from there to the log (relay.go). There are no multi-document transactions, change streams, collations
// or server-side scripts; commands.go lists all that is used. MongoDB 5.0 or later has it: a replica set or sharded
// cluster in production, a single node for trying things out.
package mongo
