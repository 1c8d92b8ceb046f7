package expr

import (
	"time"
)

func dateFunctions() []*function {
	group := func(name, signature string, args int, compile func(*compiler, call) operand) *function {
		return &function{Function{name, "dates", signature}, args, args, compile}
	}
	return []*function{
		group("today", "today()", 0, clock(KindDate, today)),
		group("now", "now()", 0, clock(KindDateTime, func(f *frame, at int) any {
			if f.env.Now.IsZero() {
				return f.fail(EvalClock, at, "now")
			}
			return TimeOf(f.env.Now)
		})),
		group("as_of", "as_of()", 0, clock(KindDate, func(f *frame, at int) any {
			if IsDate(f.env.AsOf) {
				return f.env.AsOf
			}
			return today(f, at)
		})),
		group("date_of", "date_of(y, m, d)", 3, mayFail(compileDateOf)),
		group("year_of", "year_of(d)", 1, of1(aMonth, KindNumber, func(_ *frame, m Month, _ int) any {
			year, _ := MonthParts(m)
			return DecimalFromInt(int64(year))
		})),
		group("month_of", "month_of(d)", 1, of1(aMonth, KindNumber, func(_ *frame, m Month, _ int) any {
			_, month := MonthParts(m)
			return DecimalFromInt(int64(month))
		})),
		group("day_of", "day_of(d)", 1, of1(aDay, KindNumber, func(_ *frame, d Date, _ int) any {
			_, _, day := DateParts(d)
			return DecimalFromInt(int64(day))
		})),
		group("weekday_of", "weekday_of(d)", 1, of1(aDay, KindNumber, func(_ *frame, d Date, _ int) any {
			return DecimalFromInt(int64(Weekday(d)))
		})),
		group("month_key", "month_key(d)", 1, of1(aMonth, KindMonth, func(_ *frame, m Month, _ int) any { return m })),
		group("bom", "bom(m)", 1, of1(aMonth, KindDate, func(_ *frame, m Month, _ int) any {
			first, _ := MonthDays(m)
			return first
		})),
		group("eom", "eom(m)", 1, of1(aMonth, KindDate, func(_ *frame, m Month, _ int) any {
			_, last := MonthDays(m)
			return last
		})),
		group("add_days", "add_days(d, n)", 2, moved("add_days", AddDays)),
		group("add_months", "add_months(d, n)", 2, moved("add_months", AddMonths)),
		group("days", "days(a, b)", 2, of2(aDay, aDay, KindNumber, func(_ *frame, a, b Date, _ int) any {
			return DecimalFromInt(int64(DaysBetween(a, b)))
		})),
		group("hours_between", "hours_between(a, b)", 2, compileHoursBetween),
		group("add_hours", "add_hours(t, n)", 2, of2(anInstant, aWhole, KindDateTime, addHours)),
		group("workdays", "workdays(a, b)", 2, of2(aDay, aDay, KindNumber, workdays)),
		group("add_workdays", "add_workdays(d, n)", 2, of2(aDay, aWhole, KindDate, addWorkdays)),
	}
}

// clock compiles a function without arguments.
func clock(kind Kind, read func(f *frame, at int) any) func(*compiler, call) operand {
	return func(_ *compiler, call call) operand {
		return operand{typ: Type{Kind: kind}, run: func(f *frame) any { return read(f, call.at) }}
	}
}

func today(f *frame, at int) any {
	if f.env.Now.IsZero() {
		return f.fail(EvalClock, at, "today")
	}
	return DateOf(f.env.Now, f.env.Zone)
}

// compileDateOf makes a date of three numbers; missing if there is no such day.
func compileDateOf(c *compiler, call call) operand {
	y := c.argument(call.args[0], call.name, KindNumber)
	m := c.argument(call.args[1], call.name, KindNumber)
	d := c.argument(call.args[2], call.name, KindNumber)
	o := strict(KindDate, y, m, d)
	at := call.at
	o.run = func(f *frame) any {
		year, month, day := y.run(f), m.run(f), d.run(f)
		if year == nil || month == nil || day == nil {
			return nil
		}
		yy, code := wholeNumber(f, year)
		mm, codeMonth := wholeNumber(f, month)
		dd, codeDay := wholeNumber(f, day)
		if code = firstOf(code, codeMonth, codeDay); code != "" {
			return f.fail(code, at, "date_of")
		}
		if date, ok := NewDate(yy, mm, dd); ok {
			return date
		}
		return nil
	}
	return o
}

func moved(name string, move func(Date, int) (Date, bool)) func(*compiler, call) operand {
	return of2(aDay, aWhole, KindDate, func(f *frame, d Date, n, at int) any {
		date, ok := move(d, n)
		if !ok {
			return f.fail(EvalRange, at, name)
		}
		return date
	})
}

// maxHours is how far add_hours may reach: a thousand years.
const maxHours = 1000 * 366 * 24

// addHours is the instant n whole hours later; clocks that are put forward or back change nothing.
func addHours(f *frame, t Time, n, at int) any {
	if n > maxHours || n < -maxHours {
		return f.fail(EvalRange, at, "add_hours")
	}
	return Time{t.at.Add(time.Duration(n) * time.Hour)}
}

// compileHoursBetween is b − a in hours: an endless fraction for 20 minutes.
func compileHoursBetween(c *compiler, call call) operand {
	between := of2(anInstant, anInstant, KindNumber, func(f *frame, a, b Time, at int) any {
		hours, err := QuoDecimal(
			DecimalFromInt(b.at.Sub(a.at).Milliseconds()),
			DecimalFromInt(time.Hour.Milliseconds()))
		if err != nil {
			return f.fail(EvalRange, at, "hours_between")
		}
		return hours
	})
	o := between(c, call)
	o.unrounded = true
	return o
}

func (f *frame) isWorkday(d Date) bool {
	if f.env.Calendar != nil {
		return f.env.Calendar(d)
	}
	return Weekday(d) <= 5
}

// workdays counts the workdays from a to b, both counted; below zero if b lies before a.
func workdays(f *frame, a, b Date, _ int) any {
	sign := int64(1)
	if b.day < a.day {
		a, b, sign = b, a, -1
	}
	count := int64(0)
	for d := a; d.day <= b.day; d.day++ {
		if !f.spend(1) {
			return nil
		}
		if f.isWorkday(d) {
			count++
		}
	}
	return DecimalFromInt(sign * count)
}

// addWorkdays is the n-th workday after d (before d if n is negative); d itself if n is 0.
func addWorkdays(f *frame, d Date, n, at int) any {
	step := 1
	if n < 0 {
		n, step = -n, -1
	}
	for n > 0 {
		next, ok := AddDays(d, step)
		if !ok {
			return f.fail(EvalRange, at, "add_workdays")
		}
		if !f.spend(1) {
			return nil
		}
		d = next
		if f.isWorkday(d) {
			n--
		}
	}
	return d
}
