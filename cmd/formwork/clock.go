//go:build !virtual_clock

package main

import "time"

// clock gives the clock of an installation: that of the machine.
func (p *place) clock() func() time.Time { return time.Now }
