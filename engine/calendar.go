package engine

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"formwork/engine/flow"
	"formwork/engine/query"
	"formwork/engine/store"
	"formwork/engine/tenant"
)

// The entities whose records say which days are worked: a date and its day_type, workday or any other. calendarEntity is the
// company's; a company without one, and a day it says nothing of, are Monday to Friday. projectCalendarEntity says it of a
// project besides, where its site works otherwise than the company. A template brings them.
const (
	calendarEntity        = "work_calendar"
	projectCalendarEntity = "project_calendar"
)

// calendars keeps the calendars of companies in memory until a record of one changes.
type calendars struct {
	tenants  *tenant.Registry
	catalogs *tenant.Catalogs
	mu       sync.Mutex
	known    map[string]*calendar // by tenant
}

// calendar is what a company's calendars say; nobody changes it.
type calendar struct {
	days     map[string]bool            // date → does it count
	projects map[string]map[string]bool // the same by project, as far as it differs
}

// of gives what a company's calendars say.
func (c *calendars) of(ctx context.Context, tenantName string) (*calendar, error) {
	c.mu.Lock()
	known := c.known[tenantName]
	c.mu.Unlock()
	if known != nil {
		return known, nil
	}
	read, err := c.read(ctx, tenantName)
	if err != nil {
		return nil, fmt.Errorf("calendar of %s: %w", tenantName, err)
	}
	c.mu.Lock()
	c.known[tenantName] = read
	c.mu.Unlock()
	return read, nil
}

// exceptions are the days on which a company works otherwise than Monday to Friday.
func (c *calendars) exceptions(ctx context.Context, tenantName string) (map[string]bool, error) {
	known, err := c.of(ctx, tenantName)
	if err != nil {
		return nil, err
	}
	different := map[string]bool{}
	for date, works := range known.days {
		if works != flow.MondayToFriday(date) {
			different[date] = works
		}
	}
	return different, nil
}

// workday gives the test of a company's days.
func (c *calendars) workday(ctx context.Context, tenantName string) (func(date string) bool, error) {
	return c.projectWorkday(ctx, tenantName, "")
}

// projectWorkday gives the test of a project's days: what its own calendar does not say, the company's does.
func (c *calendars) projectWorkday(ctx context.Context, tenantName, project string) (func(date string) bool, error) {
	known, err := c.of(ctx, tenantName)
	if err != nil {
		return nil, err
	}
	own := known.projects[project]
	return func(date string) bool {
		if works, told := own[date]; told {
			return works
		}
		if works, told := known.days[date]; told {
			return works
		}
		return flow.MondayToFriday(date)
	}, nil
}

func (c *calendars) read(ctx context.Context, tenantName string) (*calendar, error) {
	read := &calendar{days: map[string]bool{}, projects: map[string]map[string]bool{}}
	cat, err := c.catalogs.Active(ctx, tenantName)
	if err != nil {
		return nil, err
	}
	db, err := c.tenants.Store(ctx, tenantName)
	if err != nil {
		return nil, err
	}
	for _, entity := range []string{calendarEntity, projectCalendarEntity} {
		if cat.Entities[entity] == nil {
			continue
		}
		if err := read.add(ctx, db, entity); err != nil {
			return nil, err
		}
	}
	return read, nil
}

// add reads the days of one of the entities.
func (c *calendar) add(ctx context.Context, db store.Store, entity string) error {
	q := query.Query{Collection: entity, Fields: []string{"date", "day_type", "project"}, Limit: store.MaxPage}
	if entity == calendarEntity {
		q.Fields = q.Fields[:2]
	}
	for more := true; more; more = q.After != "" {
		page, err := db.Find(ctx, q)
		if err != nil {
			return err
		}
		for _, doc := range page.Docs {
			days := c.days
			if entity == projectCalendarEntity {
				project := text(doc.Values, "project")
				if days = c.projects[project]; days == nil {
					days = map[string]bool{}
					c.projects[project] = days
				}
			}
			days[text(doc.Values, "date")] = text(doc.Values, "day_type") == "workday"
		}
		q.After = page.Next
	}
	return nil
}

// changesCalendar tells whether one of some events is about a calendar.
func changesCalendar(events []store.Event) bool {
	return slices.ContainsFunc(events, func(e store.Event) bool {
		return e.Entity == calendarEntity || e.Entity == projectCalendarEntity
	})
}

// observe drops a calendar that changed.
func (c *calendars) observe(tenantName string, events []store.Event) {
	if changesCalendar(events) {
		c.forget(tenantName)
	}
}

func (c *calendars) forget(tenantName string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.known, tenantName)
}

// recount works out the deadlines of running flows anew after the calendar has changed. It follows the log as one of
// the installation's processes, so the calendar it goes by must be read again first.
func (e *Engine) recount(ctx context.Context, tenantName string, events []store.Event) error {
	if !changesCalendar(events) {
		return nil
	}
	e.calendars.forget(tenantName)
	return e.Flows.Reschedule(ctx, tenantName)
}
