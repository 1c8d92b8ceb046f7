//go:build race

package flow

// raced tells whether the race detector looks on, which makes everything ten times slower.
const raced = true
