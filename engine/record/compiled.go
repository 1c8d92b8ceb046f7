package record

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"

	"formwork/engine/access"
	"formwork/engine/def"
	"formwork/engine/form"
	"formwork/engine/query"
)

// compiled is what an entity of one catalog needs at every write, made once.
type compiled struct {
	lookups  lookups
	choices  map[string]*query.Filter // x-filter by field path
	wheres   map[string]*query.Filter // filters of unique keys, by their text
	catalog  *def.Catalog
	entity   *def.Entity
	mu       sync.Mutex
	forms    map[string]*form.Form // by name of the form, "" = the entity alone
	numbered []*def.Field          // automatic numbers
	plan     []planned             // the fields in their order
	named    []planned             // those that name other records, and sub-tables with such columns, by name
	rollups  []*rollup             // fields of parents that sum this entity's records up
	follow   []*def.Field          // fields that follow from the entity's own rollups
	// readsNumbers: something may be computed from an automatic number, so that giving one means computing again.
	readsNumbers bool
}

// cache keeps what was compiled. A catalog that is no longer active stays while its instances are worked on; when
// there is too much, everything is dropped and made again as needed.
type cache struct {
	mu      sync.Mutex
	entries map[cacheKey]*compiled
}

type cacheKey struct {
	catalog *def.Catalog
	entity  string
}

const maxCompiled = 2000

// compiled gives what is compiled for an entity.
func (s *Service) compiled(catalog *def.Catalog, entity *def.Entity) (*compiled, error) {
	key := cacheKey{catalog, entity.Name}
	s.cache.mu.Lock()
	known := s.cache.entries[key]
	s.cache.mu.Unlock()
	if known != nil {
		return known, nil
	}
	made, err := compile(catalog, entity)
	if err != nil {
		return nil, fmt.Errorf("compile %s: %w", entity.Name, err)
	}
	s.cache.mu.Lock()
	defer s.cache.mu.Unlock()
	if first := s.cache.entries[key]; first != nil {
		return first, nil // another request was faster; its forms are warm
	}
	if len(s.cache.entries) >= maxCompiled {
		clear(s.cache.entries)
	}
	s.cache.entries[key] = made
	return made, nil
}

func compile(catalog *def.Catalog, entity *def.Entity) (*compiled, error) {
	c := &compiled{
		catalog: catalog, entity: entity, choices: map[string]*query.Filter{}, wheres: map[string]*query.Filter{},
		forms: map[string]*form.Form{}, plan: planOf(entity),
	}
	c.named = namedOf(c.plan)
	var err error
	if c.lookups, err = compileLookups(catalog, entity); err != nil {
		return nil, err
	}
	if c.rollups, err = compileRollups(catalog, entity); err != nil {
		return nil, err
	}
	c.follow = catalog.FollowRollups(entity)
	for _, field := range entity.AllFields() {
		if field.Number != nil && field.Parent == nil {
			c.numbered = append(c.numbered, field)
		}
		if len(field.Filter) == 0 || catalog.Entities[field.Target()] == nil {
			continue
		}
		if c.choices[field.Path], err = access.ParseFilter(field.Filter, catalog, field.Target(), "record", "row"); err != nil {
			return nil, fmt.Errorf("x-filter of %s: %w", field.Path, err)
		}
	}
	c.readsNumbers = readsNumbers(catalog, entity, c.numbered)
	for name, key := range entity.Keys() {
		if len(key.Where) == 0 {
			continue
		}
		where, err := access.ParseFilter(key.Where, catalog, entity.Name, "record")
		if err != nil {
			return nil, fmt.Errorf("x-unique %s: %w", name, err)
		}
		c.wheres[string(key.Where)] = where
	}
	return c, nil
}

// planned is a field of the header with its columns, if it is a sub-table; sorted once, not at every write.
type planned struct {
	*def.Field
	columns []*def.Field
}

func planOf(entity *def.Entity) []planned {
	var plan []planned
	for _, field := range entity.Fields() {
		plan = append(plan, planned{field, field.Columns()})
	}
	return plan
}

// namedOf keeps the fields and columns that name other records.
func namedOf(plan []planned) []planned {
	var all []planned
	for _, field := range plan {
		columns := slices.DeleteFunc(slices.Clone(field.columns), func(c *def.Field) bool { return named(c) == "" })
		if named(field.Field) != "" || len(columns) > 0 {
			all = append(all, planned{field.Field, columns})
		}
	}
	slices.SortFunc(all, func(a, b planned) int { return strings.Compare(a.Name, b.Name) })
	return all
}

// readsNumbers tells whether the name of an automatic number stands in any formula, rule or form of the entity.
func readsNumbers(catalog *def.Catalog, entity *def.Entity, numbers []*def.Field) bool {
	if len(numbers) == 0 {
		return false
	}
	texts := ruleTexts(entity.Rules)
	for _, field := range entity.AllFields() {
		texts = append(texts, field.Compute, field.DefaultExpr)
		for _, source := range field.Lookup {
			texts = append(texts, source.When, string(source.Where))
		}
		if field.IsTable() {
			texts = append(texts, ruleTexts(field.Items.Rules)...)
		}
	}
	for _, layout := range catalog.FormsOf(entity.Name) {
		texts = append(texts, layoutTexts(layout)...)
	}
	return slices.ContainsFunc(numbers, func(number *def.Field) bool {
		word := regexp.MustCompile(`\b` + regexp.QuoteMeta(number.Name) + `\b`)
		return slices.ContainsFunc(texts, word.MatchString)
	})
}

func ruleTexts(rules map[string]*def.Rule) []string {
	var texts []string
	for _, rule := range rules {
		texts = append(texts, rule.Must, rule.When, rule.Message)
	}
	return texts
}

func layoutTexts(layout *def.Form) []string {
	var texts []string
	for _, section := range layout.Sections {
		texts = append(texts, section.Visible)
		for _, item := range section.Items {
			texts = append(texts, item.Visible, item.Required, item.ReadOnly)
			for _, column := range item.Columns {
				texts = append(texts, column.Visible, column.Required, column.ReadOnly)
			}
		}
	}
	return texts
}

// keyFilter gives the compiled filter of a unique key.
func (c *compiled) keyFilter(raw json.RawMessage) (*query.Filter, error) {
	where := c.wheres[string(raw)]
	if where == nil {
		return nil, fmt.Errorf("filter of a key of %s: %w", c.entity.Name, ErrNotFound)
	}
	return where, nil
}

// form gives the record logic of the entity with a form's layout; "" = the one for any device, "-" = none (imports).
func (c *compiled) form(name string) (*form.Form, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if known := c.forms[name]; known != nil {
		return known, nil
	}
	layout := form.Layout{}
	switch name {
	case "":
		if found, ok := c.catalog.FormFor(c.entity.Name, def.DeviceAny); ok {
			layout.Form = found
		}
	case noForm:
	default:
		layout.Form = c.catalog.Forms[name]
		if layout.Form == nil || layout.Form.Entity != c.entity.Name {
			return nil, fmt.Errorf("form %s: %w", name, ErrNotFound)
		}
	}
	made, err := form.Compile(c.catalog, c.entity.Name, layout)
	if err != nil {
		return nil, err
	}
	c.forms[name] = made
	return made, nil
}

// noForm evaluates by the entity alone.
const noForm = "-"
