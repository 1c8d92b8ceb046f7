package def

import (
	"embed"
	"fmt"
	"path"
	"strings"
	"sync"
)

// The system entities. Templates may extend user and department (x-extend); task and file belong to the engine alone.
const (
	EntityUser       = "user"
	EntityDepartment = "department"
	EntityTask       = "task"     // projection of the event log: what waits for whom
	EntityProxy      = "proxy"    // who may act for whom, from when until when
	EntityFile       = "file"     // what is known of an upload; its bytes are elsewhere
	EntityRun        = "flow_run" // a run of a flow without people: it is not part of the record it is about
	EntityPrinting   = "printing" // how often a record was printed; its events say who did
)

//go:embed system/*.json
var systemFiles embed.FS

// systemEntities decodes the embedded definitions once; the result is only ever cloned.
var systemEntities = sync.OnceValues(func() ([]*Entity, error) {
	files, err := systemFiles.ReadDir("system")
	if err != nil {
		return nil, fmt.Errorf("system entities: %w", err)
	}
	var entities []*Entity
	for _, file := range files {
		raw, err := systemFiles.ReadFile(path.Join("system", file.Name()))
		if err != nil {
			return nil, fmt.Errorf("system entities: %w", err)
		}
		canonical, problems := Canonical(raw)
		if len(problems) > 0 {
			return nil, fmt.Errorf("system entity %s: %s", file.Name(), problems[0].Code)
		}
		definition, err := Parse(KindEntity, canonical)
		if err != nil {
			return nil, err
		}
		entity, ok := definition.(*Entity)
		if !ok || entity.Name != strings.TrimSuffix(file.Name(), ".json") {
			return nil, fmt.Errorf("system entity %s has another name", file.Name())
		}
		for field, most := range systemLengths[entity.Name] {
			entity.Properties[field].MaxLength = &most
		}
		entities = append(entities, entity)
	}
	return entities, nil
})

// systemLengths are the texts of system entities that are longer than a definition may ask for. What a run was called with
// is a body of up to 256 KiB, each character of which may be written as six.
var systemLengths = map[string]map[string]int{EntityRun: {"data": 2_000_000}}

// SystemIndexes lists the indexes of a system entity that no keyword asks for, each a list of paths ("-" before a
// descending one).
func SystemIndexes(entity string) [][]string { return systemIndexes[entity] }

var systemIndexes = map[string][][]string{
	EntityTask: {
		{"user", "tab", "-arrived_at", "+kind", "+unread"}, // also all that the numbers beside the tabs ask for
		{"user", "tab", "due_at"},
		{"tab", "flow", "record_state", "+node", "+arrived_at"},
		{"tab", "flow", "due_at"},
		{"tab", "flow", "arrived_at"},
	},
	EntityProxy: {{"to", "end"}},
	EntityFile:  {{"open_at"}},
	EntityRun:   {{"record", "-started_at"}, {"status", "-started_at"}, {"-started_at"}},
}

// IsSystem tells whether an entity belongs to the engine (user, department, task, file, flow_run, printing).
func IsSystem(entity string) bool {
	return IsEngines(entity) || entity == EntityUser || entity == EntityDepartment
}

// IsEngines tells whether only the engine writes records of an entity: tasks, files, runs of automations, counts of prints.
func IsEngines(entity string) bool {
	return entity == EntityTask || entity == EntityProxy || entity == EntityFile || entity == EntityRun ||
		entity == EntityPrinting
}

// extendable tells whether templates may add fields to a system entity.
func extendable(entity string) bool { return !IsEngines(entity) }
