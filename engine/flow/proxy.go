package flow

import (
	"slices"
	"time"
)

// Proxy lets somebody act for a principal from Start until before End. Flows is its scope, empty for every flow.
type Proxy struct {
	Principal string    `json:"principal"`
	To        string    `json:"to"`
	Flows     []string  `json:"flows,omitempty"`
	Start     time.Time `json:"start"`
	End       time.Time `json:"end"`
}

// covers tells whether the proxy acts in a flow at an instant.
func (p Proxy) covers(flow string, at time.Time) bool {
	inScope := len(p.Flows) == 0 || slices.Contains(p.Flows, flow)
	return inScope && !at.Before(p.Start) && at.Before(p.End)
}

// sharesScope tells whether two proxies of one principal could act in one flow.
func (p Proxy) sharesScope(other Proxy) bool {
	if p.Principal != other.Principal {
		return false
	}
	both := func(flow string) bool { return slices.Contains(other.Flows, flow) }
	return len(p.Flows) == 0 || len(other.Flows) == 0 || slices.ContainsFunc(p.Flows, both)
}

// CheckProxy refuses a proxy to oneself, and one that overlaps another of the same scope.
func CheckProxy(existing []Proxy, p Proxy) error {
	if p.Principal == p.To {
		return refuse(CodeSelfTarget)
	}
	for _, other := range existing {
		if p.sharesScope(other) && p.Start.Before(other.End) && other.Start.Before(p.End) {
			return refuse(CodeProxyOverlap)
		}
	}
	return nil
}

// Principals gives those for whom somebody may act in a flow at an instant.
func Principals(proxies []Proxy, to, flow string, at time.Time) []string {
	var ids []string
	for _, p := range proxies {
		if p.To == to && p.covers(flow, at) && !slices.Contains(ids, p.Principal) {
			ids = append(ids, p.Principal)
		}
	}
	return ids
}
