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

// calendarEntity is the entity whose records say which days a company works: a date and its day_type, workday or any
// other. A template brings it; a company without one, and a day it says nothing of, are Monday to Friday.
const calendarEntity = "work_calendar"

// calendars keeps the calendars of companies in memory until a record of one changes.
type calendars struct {
	tenants  *tenant.Registry
	catalogs *tenant.Catalogs
	mu       sync.Mutex
	known    map[string]map[string]bool // by tenant: date → does it count
}

// days gives what a company's calendar says, by date; nobody changes it.
func (c *calendars) days(ctx context.Context, tenantName string) (map[string]bool, error) {
	c.mu.Lock()
	days, ok := c.known[tenantName]
	c.mu.Unlock()
	if ok {
		return days, nil
	}
	days, err := c.read(ctx, tenantName)
	if err != nil {
		return nil, fmt.Errorf("calendar of %s: %w", tenantName, err)
	}
	c.mu.Lock()
	c.known[tenantName] = days
	c.mu.Unlock()
	return days, nil
}

// exceptions are the days on which a company works otherwise than Monday to Friday.
func (c *calendars) exceptions(ctx context.Context, tenantName string) (map[string]bool, error) {
	days, err := c.days(ctx, tenantName)
	if err != nil {
		return nil, err
	}
	different := map[string]bool{}
	for date, works := range days {
		if works != flow.MondayToFriday(date) {
			different[date] = works
		}
	}
	return different, nil
}

// workday gives the test of a company's days.
func (c *calendars) workday(ctx context.Context, tenantName string) (func(date string) bool, error) {
	days, err := c.days(ctx, tenantName)
	if err != nil {
		return nil, err
	}
	return func(date string) bool {
		if works, told := days[date]; told {
			return works
		}
		return flow.MondayToFriday(date)
	}, nil
}

func (c *calendars) read(ctx context.Context, tenantName string) (map[string]bool, error) {
	days := map[string]bool{}
	cat, err := c.catalogs.Active(ctx, tenantName)
	if err != nil || cat.Entities[calendarEntity] == nil {
		return days, err
	}
	db, err := c.tenants.Store(ctx, tenantName)
	if err != nil {
		return nil, err
	}
	q := query.Query{Collection: calendarEntity, Fields: []string{"date", "day_type"}, Limit: store.MaxPage}
	for more := true; more; more = q.After != "" {
		page, err := db.Find(ctx, q)
		if err != nil {
			return nil, err
		}
		for _, doc := range page.Docs {
			days[text(doc.Values, "date")] = text(doc.Values, "day_type") == "workday"
		}
		q.After = page.Next
	}
	return days, nil
}

// changesCalendar tells whether one of some events is about a calendar.
func changesCalendar(events []store.Event) bool {
	return slices.ContainsFunc(events, func(e store.Event) bool { return e.Entity == calendarEntity })
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
