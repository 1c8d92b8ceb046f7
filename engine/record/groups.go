package record

import (
	"context"
	"fmt"
	"slices"
	"time"

	"formwork/engine/def"
	"formwork/engine/query"
	"formwork/engine/store"
)

// A lookup by date (the rate of a worker, the day of a calendar, the status of a month) finds few documents of a set that
// seldom changes: those of one worker, one day, one project. Such a group is read whole and kept, and answers every lookup
// in it from memory. It is forgotten with any change of its entity; who may use it follows the rules of kept.

// groupKey names all documents of an entity that have a value in a field; the recycle bin is left out.
type groupKey struct{ field, value string }

// keptGroup is a group as it was read.
type keptGroup struct {
	docs   []*store.Doc
	weight int
	until  time.Time
}

const (
	// maxGroups is how many groups are read at once: an import asks for more, and only once.
	maxGroups = 64
	// maxGrouped bounds what one reading of groups may find. Beyond it the lookup itself is asked of the store.
	maxGrouped = 500
	// worthKeeping is how many questions after its last change show that an entity is asked for more often than written.
	worthKeeping = 2
	// maxWide is how many groups are remembered as too large.
	maxWide = 10_000
)

// wideKey is a group that was too large to be kept.
type wideKey struct {
	entity string
	key    groupKey
}

// group gives a kept group.
func (d *keptDocs) group(entity string, key groupKey) ([]*store.Doc, bool) {
	now := d.clock()
	d.mu.Lock()
	defer d.mu.Unlock()
	known, ok := d.groups[entity][key]
	if !ok || !now.Before(known.until) {
		return nil, false
	}
	return known.docs, true
}

// mayRead tells whether some groups are worth reading whole, and what keepGroups must be told afterwards.
func (d *keptDocs) mayRead(entity string, keys []groupKey) (version uint64, worth bool) {
	now := d.clock()
	d.mu.Lock()
	defer d.mu.Unlock()
	d.asked[entity]++
	if d.asked[entity] < worthKeeping || len(keys) > maxGroups {
		return 0, false
	}
	for _, key := range keys {
		if until, wide := d.wide[wideKey{entity, key}]; wide && now.Before(until) {
			return 0, false
		}
	}
	return d.all + d.changes[entity], true
}

// keepGroups keeps groups that were read after mayRead, unless the entity changed meanwhile.
func (d *keptDocs) keepGroups(entity string, version uint64, groups map[groupKey][]*store.Doc) {
	now := d.clock()
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.all+d.changes[entity] != version {
		return
	}
	for key, docs := range groups {
		weight := 1
		for _, doc := range docs {
			weight += weightOf(doc.Values)
		}
		if weight > maxKeptDoc {
			d.tooWide(entity, key, now)
			continue
		}
		if d.weight+weight > maxKept {
			d.clear()
		}
		if d.groups[entity] == nil {
			d.groups[entity] = map[groupKey]keptGroup{}
		}
		d.weight += weight - d.groups[entity][key].weight
		d.groups[entity][key] = keptGroup{docs, weight, now.Add(keepDocs)}
	}
}

// tooWide remembers for a while that a group is not worth reading; a change makes it no smaller.
func (d *keptDocs) tooWide(entity string, key groupKey, now time.Time) {
	if len(d.wide) >= maxWide {
		clear(d.wide)
	}
	d.wide[wideKey{entity, key}] = now.Add(keepDocs)
}

func (d *keptDocs) remember(entity string, wide []groupKey) {
	now := d.clock()
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, key := range wide {
		d.tooWide(entity, key, now)
	}
}

// anchor is the equality of a lookup's filter that names its group: the most selective kind there is.
func anchor(where *query.Filter) (*query.Cond, bool) {
	var best *query.Cond
	for _, c := range conditions(where) {
		if anchors(c) > 0 && (best == nil || anchors(c) > anchors(best)) {
			best = c
		}
	}
	return best, best != nil && !store.NamesDeleted(where)
}

// anchors ranks a condition as an anchor; 0 = none.
func anchors(c *query.Cond) int {
	if _, isText := c.Value.(string); !isText || c.Op != query.Eq || len(c.Path) != 1 || c.List || c.Rows || c.Refs > 0 {
		return 0
	}
	switch {
	case c.Path[0] == def.FieldID:
		return 3
	case c.Type == def.TypeReference, c.Type == def.TypeUser, c.Type == def.TypeDepartment:
		return 2
	case c.Type == def.TypeDate, c.Type == def.TypeMonth:
		return 1
	}
	return 0
}

func keyOf(c *query.Cond) groupKey {
	value, _ := c.Value.(string)
	return groupKey{c.Path[0], value}
}

// groups tells whether documents of an entity may be kept as groups. Records with an approval are what is written all day.
func (o *others) groups(entity *def.Entity) bool {
	return o.kept != nil && keepable(entity.Name) && !entity.Approval
}

// fromGroup gives the documents a question must look at, if its group is kept.
func (o *others) fromGroup(q *question) bool {
	if !o.groups(q.lookup.entity) {
		return false
	}
	c, ok := anchor(q.where)
	if !ok {
		return false
	}
	q.docs, q.ready = o.kept.group(q.lookup.entity.Name, keyOf(c))
	return q.ready
}

// readGroups answers questions of one lookup from their groups, which are read if that is worth it. It gives those that
// must be asked of the store.
func (o *others) readGroups(ctx context.Context, questions []*question) ([]*question, error) {
	entity := questions[0].lookup.entity
	open := slices.DeleteFunc(slices.Clone(questions), o.fromGroup)
	if len(open) == 0 || !o.groups(entity) {
		return open, nil
	}
	missing := map[groupKey][]*store.Doc{}
	var first *query.Cond
	for _, q := range open {
		c, ok := anchor(q.where)
		if !ok || first != nil && c.Path[0] != first.Path[0] {
			return open, nil
		}
		first = c
		missing[keyOf(c)] = nil
	}
	whole, err := o.readWhole(ctx, entity.Name, first, missing)
	if err != nil || !whole {
		return open, err
	}
	for _, q := range open {
		c, _ := anchor(q.where)
		q.docs, q.ready = missing[keyOf(c)], true
	}
	return nil, nil
}

// readWhole fills in groups by one query and keeps them; false if they are not worth it or too large.
func (o *others) readWhole(ctx context.Context, entity string, field *query.Cond, groups map[groupKey][]*store.Doc) (bool, error) {
	keys := make([]groupKey, 0, len(groups))
	values := make([]string, 0, len(groups))
	for key := range groups {
		keys, values = append(keys, key), append(values, key.value)
	}
	version, worth := o.kept.mayRead(entity, keys)
	if !worth {
		return false, nil
	}
	slices.Sort(values)
	where := in(field.Path[0], field.Type, values)
	page, err := o.store.Find(ctx, query.Query{Collection: entity, Where: where, Limit: maxGrouped})
	if err != nil {
		return false, fmt.Errorf("related %s: %w", entity, err)
	}
	if page.Next != "" {
		o.kept.remember(entity, keys)
		return false, nil
	}
	for i := range page.Docs {
		doc := &page.Docs[i]
		doc.Flow, doc.Keys = nil, nil // nobody asks for these of another record
		value, _ := doc.Record().Get(field.Path[0]).(string)
		key := groupKey{field.Path[0], value}
		groups[key] = append(groups[key], doc)
	}
	o.kept.keepGroups(entity, version, groups)
	return true, nil
}

// atHand gives a document that can be had without reading; nil if it is known not to exist.
func (o *others) atHand(entity, id string) (doc *store.Doc, known bool) {
	if doc, known = o.docs[entity][id]; known || o.kept == nil || !keepable(entity) {
		return doc, known
	}
	found, _, _ := o.kept.take(entity, []string{id})
	if len(found) == 0 {
		return nil, false
	}
	o.known(entity, nil)[id] = found[0]
	return found[0], true
}
