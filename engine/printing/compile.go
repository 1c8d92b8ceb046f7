package printing

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"formwork/engine/def"
	"formwork/engine/expr"
)

// compiled is a print of one catalog in one language, made ready to be filled in.
type compiled struct {
	catalog    *def.Catalog
	definition *def.Print
	lang       string
	entity     *def.Entity // nil for a print of a dataset
	each       *def.Field  // the sub-table it makes a document of each row of; nil = none
	shape      *def.Entity // of the rows of the dataset
	blocks     []*block
	far        [][]string // paths that lead behind references, from the record on
	trail      bool       // a block shows how the approval went
}

type block struct {
	*def.PrintBlock
	title   string
	when    *text
	text    *text
	table   *def.Field
	columns []*part
	items   []*part
	boxes   []*box
}

// text is a template or a condition with the paths it reads, from the record (or dataset row) on.
type text struct {
	program *expr.Program
	reads   [][]string
}

// part is a column or an item: a field with its path from the record (or dataset row) on, a text, or neither.
type part struct {
	name  string
	title string
	field *def.Field
	path  []string
	text  *text
	span  int
	width int
	align string
	total bool
}

type box struct {
	*def.PrintBox
	title string
	when  *text
	value *part // nil = no field
}

type cacheKey struct {
	catalog *def.Catalog
	print   string
	lang    string
}

// cache keeps compiled prints; when there are too many, all are dropped and made again as needed.
type cache struct {
	mu      sync.Mutex
	entries map[cacheKey]*compiled
}

const maxCompiled = 1000

func (s *Service) compiled(catalog *def.Catalog, name, lang string) (*compiled, error) {
	key := cacheKey{catalog, name, lang}
	s.cache.mu.Lock()
	defer s.cache.mu.Unlock()
	if known := s.cache.entries[key]; known != nil {
		return known, nil
	}
	made, err := compile(catalog, catalog.Prints[name], lang)
	if err != nil {
		return nil, fmt.Errorf("compile print %s: %w", name, err)
	}
	if len(s.cache.entries) >= maxCompiled {
		clear(s.cache.entries)
	}
	s.cache.entries[key] = made
	return made, nil
}

// compile prepares a print. Publishing has checked it, so a failure is a damaged catalog.
func compile(catalog *def.Catalog, p *def.Print, lang string) (*compiled, error) {
	c := &compiled{catalog: catalog, definition: p, lang: lang}
	if p.Dataset != "" {
		dataset := catalog.Datasets[p.Dataset]
		if dataset == nil {
			return nil, fmt.Errorf("no dataset %q", p.Dataset)
		}
		c.shape = catalog.ResultEntity(dataset)
	} else if c.entity = catalog.Entities[p.Entity]; c.entity == nil {
		return nil, fmt.Errorf("no entity %q", p.Entity)
	} else {
		c.each = c.entity.Properties[p.Each]
	}
	scope := catalog.PrintScope(p)
	for _, definition := range p.Blocks {
		b, err := c.block(definition, scope)
		if err != nil {
			return nil, fmt.Errorf("block %s: %w", definition.Name, err)
		}
		c.blocks = append(c.blocks, b)
		c.trail = c.trail || b.Type == def.BlockTrail
	}
	return c, nil
}

func (c *compiled) block(definition *def.PrintBlock, scope expr.Scope) (*block, error) {
	b := &block{PrintBlock: definition, title: definition.Label(c.lang)}
	var err error
	if b.when, err = c.condition(definition.When, scope); err != nil {
		return nil, err
	}
	if b.text, err = c.template(definition.Words(c.lang), scope, nil); err != nil {
		return nil, err
	}
	for _, item := range definition.Items {
		p := &part{name: item.Name, title: item.Label(c.lang), span: max(item.Span, 1)}
		if err := c.content(p, item.Field, item.Words(c.lang), scope); err != nil {
			return nil, fmt.Errorf("item %s: %w", item.Name, err)
		}
		b.items = append(b.items, p)
	}
	for _, definition := range definition.Boxes {
		made := &box{PrintBox: definition, title: definition.Label(c.lang)}
		if made.when, err = c.condition(definition.When, scope); err != nil {
			return nil, err
		}
		if definition.Field != "" {
			made.value = &part{name: definition.Name}
			if err := c.content(made.value, definition.Field, "", scope); err != nil {
				return nil, fmt.Errorf("box %s: %w", definition.Name, err)
			}
		}
		b.boxes = append(b.boxes, made)
	}
	return b, c.addColumns(b)
}

// content gives an item its field or text.
func (c *compiled) content(p *part, field, words string, scope expr.Scope) error {
	if field == "" {
		var err error
		p.text, err = c.template(words, scope, nil)
		return err
	}
	found, ok := c.catalog.PrintField(c.definition, field)
	if !ok {
		return fmt.Errorf("no field %s", field)
	}
	p.field, p.path = found, strings.Split(field, ".")
	c.lead(p.path)
	if p.title == "" {
		p.title = found.Label(c.lang)
	}
	return nil
}

func (c *compiled) addColumns(b *block) error {
	if len(b.Columns) == 0 {
		return nil
	}
	if c.entity != nil {
		if b.table = c.entity.Properties[b.Rows]; b.table == nil {
			return fmt.Errorf("no sub-table %s", b.Rows)
		}
	}
	scope := c.catalog.PrintRowScope(c.definition, b.Rows)
	for _, column := range b.Columns {
		p := &part{
			name: column.Name, title: column.Label(c.lang), width: column.Width, align: column.Align, total: column.Total, span: 1,
		}
		switch {
		case column.Field != "":
			field, ok := c.catalog.PrintColumnField(c.definition, b.Rows, column.Field)
			if !ok {
				return fmt.Errorf("no column %s", column.Field)
			}
			p.field, p.path = field, strings.Split(column.Field, ".")
			if b.table != nil {
				p.path = append([]string{b.table.Name}, p.path...)
			}
			c.lead(p.path)
			if p.title == "" {
				p.title = field.Label(c.lang)
			}
		case column.Text != "":
			var err error
			if p.text, err = c.template(column.Words(c.lang), scope, b.table); err != nil {
				return fmt.Errorf("column %s: %w", column.Name, err)
			}
		}
		b.columns = append(b.columns, p)
	}
	return nil
}

func (c *compiled) template(words string, scope expr.Scope, table *def.Field) (*text, error) {
	if words == "" {
		return nil, nil //nolint:nilnil // no text is usual
	}
	program, err := expr.CompileTemplate(words, scope)
	if err != nil {
		return nil, err
	}
	return c.reading(program, table), nil
}

func (c *compiled) condition(source string, scope expr.Scope) (*text, error) {
	if source == "" {
		return nil, nil //nolint:nilnil // no condition is usual
	}
	program, err := expr.Compile(source, scope, expr.KindBool)
	if err != nil {
		return nil, err
	}
	return c.reading(program, nil), nil
}

// reading notes what a program reads as paths from the record on; what it knows anyway (actor, params) is left out.
func (c *compiled) reading(program *expr.Program, table *def.Field) *text {
	t := &text{program: program}
	for _, path := range program.Reads() {
		if steps := c.steps(path, table); steps != nil {
			t.reads = append(t.reads, steps)
			c.lead(steps)
		}
	}
	return t
}

// steps is a path of an expression from the record on; nil for what belongs to no record.
func (c *compiled) steps(path []string, table *def.Field) []string {
	switch {
	case c.entity == nil:
		if c.shape.Properties[path[0]] == nil {
			return nil
		}
		return path
	case table != nil && table.Items.Properties[path[0]] != nil:
		return append([]string{table.Name}, path...)
	case path[0] == "row" && c.each != nil && len(path) > 1:
		return append([]string{c.each.Name}, path[1:]...)
	case path[0] == "record":
		path = path[1:]
	}
	if len(path) == 0 {
		return nil
	}
	if _, ok := c.entity.Field(path[0]); !ok {
		return nil
	}
	return path
}

// lead notes a path that leads behind references.
func (c *compiled) lead(steps []string) {
	if c.entity == nil || len(steps) <= c.ownSteps(steps) {
		return
	}
	if !slices.ContainsFunc(c.far, func(known []string) bool { return slices.Equal(known, steps) }) {
		c.far = append(c.far, steps)
	}
}

// ownSteps is how many steps of a path lie in the record itself: two into a sub-table, else one.
func (c *compiled) ownSteps(steps []string) int {
	if field, ok := c.entity.Field(steps[0]); ok && field.IsTable() {
		return 2
	}
	return 1
}
