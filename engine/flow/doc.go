// Package flow runs flows: approvals, and automations, which are flows without people.
//
// A flow is a tree: a list of nodes, where a branch node holds lists of its own. A run with people is part of the record
// it is about (State); it rests when each of its active nodes waits for a person (a task), a child or a time. Compile
// turns a definition into a Plan. Step is pure: it takes the state and a command, and returns the next state, a patch of
// the record's values, the events and the effects; the directory and the time are inputs (World). Service gives the
// outcome to the record's one write, so a run never moves halfway. Lint finds what is wrong with a definition before it
// is published; RunCases plays scenarios through the same Step.
//
//	         start                  approve
//	draft ──────────────▶ running ─────────────▶ approved
//	  ▲                    │ │ ▲ │
//	  └──── withdraw ──────┘ │ │ └── reject ───▶ rejected
//	                  return ▼ │ resubmit
//	                        returned
//
// The rule that keeps it right: a token (an active node) moves only in walk.go, and what a node has decided is worked out
// anew from its tasks each time (settle.go); nothing else remembers it. CheckState holds a state to the invariants.
package flow
