// Package def knows the definitions: what an entity, a form, a view, a flow, a role and the other kinds look like,
// and how a set of them becomes a Catalog.
//
// A definition is one JSON document of one kind with a name that never changes. Decode reads it strictly (meta-schema,
// no unknown or duplicate keys); Encode writes it in canonical form (sorted keys, no blanks) whose SHA-256 is its
// identity. A Catalog is a complete, compiled, immutable set of published definitions: references between them are
// resolved, dictionaries are folded into options, x-extend is applied. The engine only ever sees catalogs; drafts,
// templates and overlays belong to builder.
package def

//go:generate go run ./internal/gents -schemas schema -out ../../web/src/api/definitions.gen.ts
//go:generate sh -c "cd ../../web && npx biome format --write src/api/definitions.gen.ts"
