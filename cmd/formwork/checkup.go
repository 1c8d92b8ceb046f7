package main

import (
	"context"
	"fmt"
	"runtime"
)

// checkup is the storetest.T of formwork doctor.
type checkup struct {
	ctx      context.Context
	failures []string
}

// Helper satisfies storetest.T.
func (c *checkup) Helper() {}

// Errorf notes a failure.
func (c *checkup) Errorf(format string, args ...any) {
	c.failures = append(c.failures, fmt.Sprintf(format, args...))
}

// Fatalf notes a failure and ends the case.
func (c *checkup) Fatalf(format string, args ...any) {
	c.Errorf(format, args...)
	runtime.Goexit()
}

// Context is that of the command.
func (c *checkup) Context() context.Context { return c.ctx }
