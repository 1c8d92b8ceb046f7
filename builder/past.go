package builder

import (
	"context"
	"encoding/json"
	"time"

	"formwork/engine/def"
)

// Past is a definition as one publish put it in force.
type Past struct {
	Number     int64           `json:"number"`
	At         time.Time       `json:"at"`
	By         string          `json:"by"` // id of the user, or "system"
	Note       string          `json:"note,omitempty"`
	Definition json.RawMessage `json:"definition"` // null: it was removed
}

// maxPast is how many publishes the history of one definition looks at.
const maxPast = 50

// Past gives the publishes that changed one definition, newest first, among the last ones of the company.
func (b *Builder) Past(ctx context.Context, tenantName string, ref def.Ref) ([]Past, error) {
	history, err := b.config.Catalogs.History(ctx, tenantName)
	if err != nil {
		return nil, err
	}
	history = history[:min(len(history), maxPast)]
	past := []Past{}
	for _, published := range history {
		definitions, err := b.config.Catalogs.Definitions(ctx, tenantName, published.Version)
		if err != nil {
			return nil, err
		}
		one := Past{Number: published.Number, At: published.At, By: published.By, Note: published.Note, Definition: json.RawMessage("null")}
		if definition, ok := definitions[ref]; ok {
			if one.Definition, err = def.Encode(definition); err != nil {
				return nil, err
			}
		}
		if n := len(past); n > 0 && string(past[n-1].Definition) == string(one.Definition) {
			past[n-1] = one // the older publish already had it
			continue
		}
		past = append(past, one)
	}
	if n := len(past); n > 0 && string(past[n-1].Definition) == "null" {
		past = past[:n-1] // it did not exist yet
	}
	return past, nil
}
